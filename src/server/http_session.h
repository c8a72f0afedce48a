#pragma once
// One HTTP connection: header, checks, body, handler, answer, again. Internal to this room; all on the network thread but the handlers.

#include <charconv>
#include <ctime>
#include <type_traits>

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
    beast::get_lowest_layer(stream_).close();
    context_.connections.Remove(this);
  }
  std::optional<SteadyTime> WaitingSince() const override { return waiting_since_; }

 private:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;
  static constexpr std::size_t kLingerBytesMax = 2u << 20;
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
    outgoing_ = std::make_unique<Outgoing>(std::move(response));
    const bool is_head = parser_->get().method() == beast::http::verb::head;
    ++served_;
    const bool keep_alive = !must_close_ && !context_.stopping && parser_->is_done() && parser_->get().keep_alive() &&
                            served_ < context_.limits.requests_per_connection_max;
    must_close_ = !keep_alive;
    FillReply(is_head, keep_alive);
    const std::string& method = verdict_.request.method;
    context_.metrics.CountRequest(method.empty() ? "other" : method, verdict_.pattern, outgoing_->response.status);
    ExpireAfter(context_.limits.write_timeout);
    beast::http::async_write(stream_, outgoing_->serializer, [self = Self()](beast::error_code error, std::size_t) {
      self->verdict_ = {};
      if (error) return self->CloseNow();
      if (self->must_close_) return self->Finish();
      self->AwaitNextRequest();
    });
  }

  void FillReply(bool is_head, bool keep_alive) {
    namespace http = beast::http;
    Reply& reply = outgoing_->message;
    const Response& response = outgoing_->response;
    const std::string_view body = response.text();
    reply.version(11);
    reply.result(static_cast<unsigned>(response.status));
    reply.set(http::field::content_type, response.content_type);
    reply.set(http::field::cache_control, "no-store");
    reply.set("X-Content-Type-Options", "nosniff");
    reply.set("Referrer-Policy", "no-referrer");
    reply.set("Cross-Origin-Resource-Policy", "same-origin");
    for (const auto& [name, value] : response.headers) reply.set(name, value);
    reply.content_length(body.size());
    reply.keep_alive(keep_alive);
    if (!is_head) reply.body() = beast::span<const char>(body.data(), body.size());
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
  std::optional<SteadyTime> waiting_since_;
  std::size_t served_ = 0;
  std::size_t lingered_bytes_ = 0;
  bool must_close_ = false;
  bool is_lingering_ = false;
};

}  // namespace deepcabin::server
