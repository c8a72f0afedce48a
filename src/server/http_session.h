#pragma once
// One HTTP connection: header, checks, body, handler, answer, again. Internal to this room; all on the network thread but the handlers.

#include <charconv>
#include <ctime>
#include <sstream>
#include <type_traits>

#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "server/server_core.h"
#include "server/websocket_session.h"

namespace deepcabin::server {

// What a header says before its body is read: go on with a route, or an answer.
struct HeaderVerdict {
  const Route* route = nullptr;
  std::string_view pattern = "other";  // for the metrics
  Request request;
  std::optional<Response> refusal;
  std::optional<std::uint64_t> since;  // of a WebSocket
};
using HttpRequest = beast::http::request<beast::http::string_body>;
HeaderVerdict JudgeHeader(const HttpRequest& http, const SessionContext& context, std::string_view local_address, bool is_tls);

// The answer to bytes that are no HTTP, or too many; nothing when there is nobody to answer.
std::optional<Response> AnswerToBrokenRequest(beast::error_code error, const ServerLimits& limits);

// A handler may not throw; if something below it does all the same, the client hears of an internal error and the server goes on.
Response CallHandler(const Route& route, Api& api, const Request& request);

template <typename Stream>
class HttpSession final : public Connection {
 public:
  HttpSession(Stream stream, SessionContext& context, std::string peer, std::string local_address)
      : Connection(std::move(peer)), stream_(std::move(stream)), context_(context), local_address_(std::move(local_address)) {
    context_.connections.Add(this);
  }
  ~HttpSession() override { context_.connections.Remove(this); }

  void Start() {
    waiting_since_ = std::chrono::steady_clock::now();
    ExpireAfter(context_.limits.header_timeout);
    if constexpr (kIsTls) {
      stream_.async_handshake(asio::ssl::stream_base::server, [self = Self()](beast::error_code error) {
        if (!error) self->ReadHeader();
      });
    } else {
      ReadHeader();
    }
  }

  void CloseGently() override {
    if (waiting_since_ && !is_lingering_) CloseNow();
  }
  void CloseNow() override {
    if (source_) source_->Cancel();
    source_.reset();
    then_ = nullptr;
    beast::get_lowest_layer(stream_).close();
    context_.connections.Remove(this);
  }
  std::optional<SteadyTime> WaitingSince() const override { return waiting_since_; }

 private:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;
  static constexpr std::size_t kLingerBytesMax = 2u << 20;
  static constexpr std::size_t kAheadBytesMax = 32u << 10;  // of further requests, while an answer streams
  using Parser = beast::http::request_parser<beast::http::string_body>;
  using Reply = beast::http::response<beast::http::span_body<const char>>;

  // An answer on its way, with the bytes it points to.
  struct Outgoing {
    explicit Outgoing(Response from) : response(std::move(from)) {}
    Response response;
    Reply message;
    beast::http::response_serializer<beast::http::span_body<const char>> serializer{message};
  };

  std::shared_ptr<HttpSession> Self() { return std::static_pointer_cast<HttpSession>(shared_from_this()); }
  void ExpireAfter(std::chrono::milliseconds timeout) { beast::get_lowest_layer(stream_).expires_after(timeout); }

  // The wait for a further request is longer than the time to send it.
  void AwaitNextRequest() {
    if (context_.stopping) return CloseNow();
    waiting_since_ = std::chrono::steady_clock::now();
    if (buffer_.size() > 0) {
      ExpireAfter(context_.limits.header_timeout);
      return ReadHeader();
    }
    ExpireAfter(context_.limits.keep_alive_timeout);
    stream_.async_read_some(buffer_.prepare(4096), [self = Self()](beast::error_code error, std::size_t byte_count) {
      if (error) return self->CloseNow();
      self->buffer_.commit(byte_count);
      self->ExpireAfter(self->context_.limits.header_timeout);
      self->ReadHeader();
    });
  }

  void ReadHeader() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(context_.limits.header_bytes_max));
    parser_->body_limit(context_.limits.body_bytes_max);
    beast::http::async_read_header(stream_, buffer_, *parser_, [self = Self()](beast::error_code error, std::size_t) {
      if (error) return self->OnBroken(error);
      self->OnHeader();
    });
  }

  void OnBroken(beast::error_code error) {
    auto answer = AnswerToBrokenRequest(error, context_.limits);
    if (!answer) return CloseNow();
    must_close_ = true;
    Respond(std::move(*answer));
  }

  void OnHeader() {
    verdict_ = JudgeHeader(parser_->get(), context_, local_address_, kIsTls);
    if (verdict_.refusal) {
      must_close_ = !parser_->is_done();  // its body stays unread
      return Respond(std::move(*verdict_.refusal));
    }
    if (verdict_.route->lane == Lane::kWebSocket) return BecomeWebSocket();
    if (parser_->is_done()) return OnRequest();
    waiting_since_ = std::chrono::steady_clock::now();  // for its body
    ExpireAfter(context_.limits.body_timeout);
    if (beast::iequals(parser_->get()[beast::http::field::expect], "100-continue")) return InviteBody();
    ReadBody();
  }

  void InviteBody() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue), [self = Self()](beast::error_code error, std::size_t) {
      if (error) return self->CloseNow();
      self->ReadBody();
    });
  }

  void ReadBody() {
    beast::http::async_read(stream_, buffer_, *parser_, [self = Self()](beast::error_code error, std::size_t) {
      if (error) return self->OnBroken(error);
      self->OnRequest();
    });
  }

  void BecomeWebSocket() {
    if (!parser_->is_done() || buffer_.size() > 0) {
      must_close_ = true;
      return Respond(ErrorResponse(InvalidArgument("nothing may follow the request for a WebSocket before its answer")));
    }
    auto session = std::make_shared<WebSocketSession<Stream>>(std::move(stream_), context_, peer(), parser_->release(), verdict_.since);
    context_.connections.Remove(this);
    context_.metrics.CountRequest("GET", verdict_.pattern, 101);
    session->Start();
  }

  void OnRequest() {
    waiting_since_.reset();
    beast::get_lowest_layer(stream_).expires_never();  // the handler's time is its own
    verdict_.request.body = std::move(parser_->get().body());
    const Route& route = *verdict_.route;
    if (route.lane == Lane::kNetwork) return Respond(CallHandler(route, context_.api, verdict_.request));
    WorkerPool& pool = route.lane == Lane::kTurns ? context_.turns : context_.reads;
    const bool taken = pool.TryPost([self = Self(), &route, request = verdict_.request]() mutable {
      SessionContext& context = self->context_;
      auto response = std::make_shared<Response>(CallHandler(route, context.api, request));
      // Moved, not copied: the last owner must let go on the network thread, where connections are counted.
      asio::post(context.io, [self = std::move(self), response] {
        --self->context_.handlers_running;
        self->Respond(std::move(*response));
      });
    });
    if (taken) ++context_.handlers_running;
    else Respond(ErrorResponse(Unavailable("too much is waiting to be done; try again in a moment")));
  }

  void Respond(Response response) {
    waiting_since_.reset();
    if (response.stream) return Follow(std::move(response));
    outgoing_ = std::make_unique<Outgoing>(std::move(response));
    FillHeader(outgoing_->message, outgoing_->response);
    const std::string_view body = outgoing_->response.text();
    outgoing_->message.content_length(body.size());
    const bool is_head = parser_->get().method() == beast::http::verb::head;
    if (!is_head) outgoing_->message.body() = beast::span<const char>(body.data(), body.size());
    ExpireAfter(context_.limits.write_timeout);
    beast::http::async_write(stream_, outgoing_->serializer, [self = Self()](beast::error_code error, std::size_t) {
      if (error) return self->CloseNow();
      self->EndAnswer();
    });
  }

  void EndAnswer() {
    verdict_ = {};
    if (must_close_) return Finish();
    AwaitNextRequest();
  }

  // Also decides whether the connection may serve another request, and counts this one.
  template <typename Message>
  void FillHeader(Message& reply, const Response& response) {
    namespace http = beast::http;
    ++served_;
    const bool keep_alive = !must_close_ && !context_.stopping && parser_->is_done() && parser_->get().keep_alive() &&
                            served_ < context_.limits.requests_per_connection_max;
    must_close_ = !keep_alive;
    const std::string& method = verdict_.request.method;
    context_.metrics.CountRequest(method.empty() ? "other" : method, verdict_.pattern, response.status);
    reply.version(11);
    reply.result(static_cast<unsigned>(response.status));
    reply.set(http::field::content_type, response.content_type);
    reply.set(http::field::cache_control, "no-store");
    reply.set("X-Content-Type-Options", "nosniff");
    reply.set("Referrer-Policy", "no-referrer");
    reply.set("Cross-Origin-Resource-Policy", "same-origin");
    for (const auto& [name, value] : response.headers) reply.set(name, value);
    reply.keep_alive(keep_alive);
  }

  // A streamed answer. All the while the session listens too, so that it notices a client that goes away.
  void Follow(Response head) {
    source_ = std::move(head.stream);
    stream_head_.emplace(std::move(head));
    Watch();
    SendPart();
  }

  void Watch() {
    beast::get_lowest_layer(stream_).expires_never();
    stream_.async_read_some(buffer_.prepare(4096), [self = Self()](beast::error_code error, std::size_t byte_count) {
      self->buffer_.commit(byte_count);
      if (self->then_) return std::exchange(self->then_, nullptr)();
      if (error || self->buffer_.size() > kAheadBytesMax) return self->CloseNow();
      self->Watch();
    });
  }

  // Ends the listening, and goes on with `then`. Nothing may be on its way out.
  void StopWatching(std::function<void()> then) {
    then_ = std::move(then);
    source_.reset();
    beast::get_lowest_layer(stream_).cancel();
  }

  void SendPart() {
    if (!source_) return;  // closed meanwhile
    // A weak reference: whoever makes the stream must not keep the connection, and its last owner lets go on the network thread.
    ResponseStream::Part part = source_->Pull([&io = context_.io, weak = this->weak_from_this()] {
      asio::post(io, [weak] {
        if (const auto self = std::static_pointer_cast<HttpSession>(weak.lock())) self->SendPart();
      });
    });
    if (part.whole) {
      return StopWatching([this, whole = std::move(part.whole)] { Respond(std::move(*whole)); });
    }
    if (part.bytes.empty() && !part.last) return;
    WritePart(part);
  }

  void WritePart(const ResponseStream::Part& part) {
    part_.clear();
    const bool in_chunks = parser_->get().version() >= 11;
    if (stream_head_) part_ = StreamHeader(in_chunks);
    if (!in_chunks) part_ += part.bytes;
    else if (!part.bytes.empty()) part_ += fmt::format("{:x}\r\n{}\r\n", part.bytes.size(), part.bytes);
    if (in_chunks && part.last) part_ += "0\r\n\r\n";
    ExpireAfter(context_.limits.write_timeout);  // does not touch the reading that is under way
    asio::async_write(stream_, asio::buffer(part_), [self = Self(), last = part.last](beast::error_code error, std::size_t) {
      if (error || !self->source_) return self->CloseNow();
      if (!last) return self->SendPart();
      self->StopWatching([session = self.get()] { session->EndAnswer(); });
    });
  }

  std::string StreamHeader(bool in_chunks) {
    beast::http::response<beast::http::empty_body> header;
    if (!in_chunks) must_close_ = true;  // its end is the end of the body
    FillHeader(header, *stream_head_);
    if (in_chunks) header.chunked(true);
    stream_head_.reset();
    std::ostringstream text;
    text << header.base();
    return text.str();
  }

  // Says goodbye, then reads for a second what is still coming: closing at once would make the client lose the answer.
  void Finish() {
    is_lingering_ = true;
    waiting_since_ = std::chrono::steady_clock::now();  // makes room for others
    ExpireAfter(std::chrono::seconds(1));
    if constexpr (kIsTls) {
      stream_.async_shutdown([self = Self()](beast::error_code) { self->CloseNow(); });
    } else {
      beast::error_code ignored;
      stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      Linger();
    }
  }

  void Linger() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(16384), [self = Self()](beast::error_code error, std::size_t byte_count) {
      self->lingered_bytes_ += byte_count;
      if (error || self->lingered_bytes_ > kLingerBytesMax) return self->CloseNow();
      self->Linger();
    });
  }

  Stream stream_;
  SessionContext& context_;
  const std::string local_address_;
  beast::flat_buffer buffer_{64u << 10};
  std::optional<Parser> parser_;
  HeaderVerdict verdict_;
  std::unique_ptr<Outgoing> outgoing_;
  std::shared_ptr<ResponseStream> source_;  // of the answer that is streamed
  std::optional<Response> stream_head_;     // of it, until it is sent
  std::string part_;                        // on its way
  std::function<void()> then_;              // once the listening beside it has ended
  std::optional<SteadyTime> waiting_since_;
  std::size_t served_ = 0;
  std::size_t lingered_bytes_ = 0;
  bool must_close_ = false;
  bool is_lingering_ = false;
};

}  // namespace deepcabin::server
