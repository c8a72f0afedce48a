#pragma once
// One listener of /v1/events. Internal to this room; all on the network thread.

#include <boost/asio/post.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>

#include "server/server_core.h"

namespace deepcabin::server {

template <typename Stream>
class WebSocketSession final : public Connection {
 public:
  using HttpRequest = beast::http::request<beast::http::string_body>;

  WebSocketSession(Stream stream, SessionContext& context, std::string peer, HttpRequest request, std::optional<std::uint64_t> since)
      : Connection(std::move(peer)), socket_(std::move(stream)), context_(context), request_(std::move(request)), since_(since) {
    context_.connections.Add(this);
    context_.metrics.AddWebSocketClients(1);
  }

  ~WebSocketSession() override {
    if (mailbox_) context_.hub.Unsubscribe(mailbox_);
    context_.metrics.AddWebSocketClients(-1);
    context_.connections.Remove(this);
  }

  void Start() {
    namespace websocket = beast::websocket;
    beast::get_lowest_layer(socket_).expires_never();  // the WebSocket has its own timers
    socket_.set_option(websocket::stream_base::timeout{
        .handshake_timeout = std::chrono::seconds(2), .idle_timeout = context_.limits.websocket_idle_timeout, .keep_alive_pings = true});
    socket_.read_message_max(context_.limits.websocket_message_bytes_max);
    socket_.text(true);
    socket_.async_accept(request_, [self = Self()](beast::error_code error) {
      if (!error) self->OnOpen();
    });
  }

  // A client that does not read is closed by the server's drain timeout.
  void CloseGently() override {
    if (!mailbox_) return CloseNow();  // still opening
    Close(beast::websocket::close_code::going_away);
  }

  void CloseNow() override {
    beast::get_lowest_layer(socket_).close();
    context_.connections.Remove(this);
  }

  std::optional<SteadyTime> WaitingSince() const override { return std::nullopt; }

 private:
  std::shared_ptr<WebSocketSession> Self() { return std::static_pointer_cast<WebSocketSession>(shared_from_this()); }

  void OnOpen() {
    mailbox_ = context_.hub.Subscribe(since_, [weak = std::weak_ptr(Self()), executor = context_.io.get_executor()] {
      asio::post(executor, [weak] {
        if (const auto self = weak.lock()) self->WriteNext();
      });
    });
    Read();
    WriteNext();
  }

  // Nothing that a client says means anything yet, but reading answers pings and notices that it has gone.
  void Read() {
    socket_.async_read(buffer_, [self = Self()](beast::error_code error, std::size_t) {
      if (error && self->is_closing_) return;  // ended by our own goodbye, which must still get out
      if (error) return self->CloseNow();
      self->buffer_.consume(self->buffer_.size());
      if (self->IsFlooding()) return self->Close(beast::websocket::close_code::policy_error);
      self->Read();
    });
  }

  bool IsFlooding() {
    const auto now = std::chrono::steady_clock::now();
    if (now - window_start_ > std::chrono::seconds(10)) {
      window_start_ = now;
      messages_in_window_ = 0;
    }
    return ++messages_in_window_ > context_.limits.websocket_messages_per_10s_max;
  }

  void WriteNext() {
    if (is_writing_ || is_closing_ || !mailbox_) return;
    sending_ = mailbox_->Take();
    if (!sending_) return;
    is_writing_ = true;
    socket_.async_write(asio::buffer(sending_->text), [self = Self()](beast::error_code error, std::size_t) {
      self->is_writing_ = false;
      if (error) return self->CloseNow();
      if (self->is_closing_) return self->SendClose();
      self->WriteNext();
    });
  }

  // After the message that is on its way, if there is one.
  void Close(beast::websocket::close_code code) {
    if (is_closing_) return;
    is_closing_ = true;
    close_code_ = code;
    if (!is_writing_) SendClose();
  }

  void SendClose() {
    socket_.async_close(close_code_, [self = Self()](beast::error_code) { self->CloseNow(); });
  }

  beast::websocket::stream<Stream> socket_;
  SessionContext& context_;
  const HttpRequest request_;
  const std::optional<std::uint64_t> since_;
  beast::flat_buffer buffer_;
  std::shared_ptr<Mailbox> mailbox_;
  EventPtr sending_;
  bool is_writing_ = false;
  bool is_closing_ = false;
  beast::websocket::close_code close_code_ = beast::websocket::close_code::normal;
  SteadyTime window_start_{};
  std::size_t messages_in_window_ = 0;
};

}  // namespace deepcabin::server
