// The WebSocket half, over real sockets.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "server/server_test_support.h"

namespace deepcabin::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using ::testing::HasSubstr;

class Listener {
 public:
  Listener(std::uint16_t port, const std::string& target = "/v1/events", const std::string& origin = "", int receive_buffer_bytes = 0)
      : socket_(io_) {
    auto& tcp = beast::get_lowest_layer(socket_);
    tcp.open(asio::ip::tcp::v4());
    if (receive_buffer_bytes > 0) tcp.set_option(asio::socket_base::receive_buffer_size(receive_buffer_bytes));
    tcp.connect({asio::ip::address_v4::loopback(), port});
    socket_.set_option(beast::websocket::stream_base::decorator([origin](beast::websocket::request_type& request) {
      if (!origin.empty()) request.set(beast::http::field::origin, origin);
    }));
    socket_.read_message_max(64u << 20);
    socket_.handshake(response_, fmt::format("localhost:{}", port), target, error_);
  }

  bool open() const { return !error_; }
  unsigned status() const { return response_.result_int(); }

  // Null when the connection has ended.
  Json Next() {
    beast::flat_buffer buffer;
    socket_.read(buffer, error_);
    if (error_) return nullptr;
    const auto parsed = ParseJson(beast::buffers_to_string(buffer.data()), {.bytes_max = 64u << 20});
    EXPECT_TRUE(parsed);
    return parsed ? *parsed : Json();
  }
  Json NextOfType(const std::string& type) {
    for (;;) {
      Json event = Next();
      if (event.is_null() || event["type"] == type) return event;
    }
  }
  void Say(std::string_view text) { socket_.write(asio::buffer(text), error_); }
  unsigned close_code() const { return socket_.reason().code; }

 private:
  asio::io_context io_;
  beast::websocket::stream<asio::ip::tcp::socket> socket_;
  beast::websocket::response_type response_;
  beast::error_code error_;
};

class WebSocketTest : public ServerTest {
 protected:
  void SetSpeed(double speed) {
    const vehicle::Publication publication{Id(kSpeed), Value(speed)};
    ASSERT_TRUE(store_.Publish({&publication, 1}));
  }
};

TEST_F(WebSocketTest, TellsOfSignalsTurnsAndScenarios) {
  StartServer();
  Listener listener(port());
  const Json hello = listener.Next();
  EXPECT_EQ(hello["type"], "hello");
  EXPECT_EQ(hello["seq"], 0);
  EXPECT_EQ(hello["version"], "0.1.0");
  EXPECT_EQ(hello["run"].get<std::string>().size(), 16u);
  SetSpeed(50);
  const Json signals = listener.Next();
  EXPECT_EQ(signals, Json::parse(R"({"seq":1,"type":"signals","changes":[{"path":"Vehicle.Speed","current":50.0}]})"));
  server_->Publish({{"type", "turn.started"}, {"text", "把窗打开"}});
  const Json started = listener.Next();
  EXPECT_EQ(started["seq"], 2);
  EXPECT_EQ(started["text"], "把窗打开");
  Send("POST", "/v1/scenario", R"({"name":"city"})");
  EXPECT_EQ(listener.Next()["name"], "city");
}

TEST_F(WebSocketTest, ReplaysWhatWasMissed) {
  ServerOptions options = LoopbackOptions();
  options.limits.events.ring_events = 200;
  StartServer(options);
  for (int i = 1; i <= 300; ++i) server_->Publish({{"type", "scenario"}, {"name", std::to_string(i)}});
  Listener complete(port(), "/v1/events?since=150");
  EXPECT_EQ(complete.Next()["seq"], 150);
  for (int i = 151; i <= 300; ++i) {
    const Json event = complete.Next();
    ASSERT_EQ(event["seq"], i);
    ASSERT_EQ(event["name"], std::to_string(i));
  }
  server_->Publish({{"type", "scenario"}, {"name", "live"}});
  EXPECT_EQ(complete.Next()["seq"], 301);

  Listener oldest(port(), "/v1/events?since=101");
  EXPECT_EQ(oldest.Next()["type"], "hello");
  EXPECT_EQ(oldest.Next()["seq"], 102);
  // Too old, and from another run of the server.
  for (const char* since : {"100", "5000", "18446744073709551615"}) {
    Listener late(port(), std::string("/v1/events?since=") + since);
    const Json hello = late.Next();
    EXPECT_EQ(hello["seq"], 301) << since;
    EXPECT_EQ(late.Next(), Json({{"seq", 301}, {"type", "gap"}})) << since;
  }
  Listener fresh(port());
  EXPECT_EQ(fresh.Next()["seq"], 301);
}

TEST_F(WebSocketTest, ASlowReaderStillGetsTheNewestOfEachSignal) {
  ServerOptions options = LoopbackOptions();
  options.limits.send_buffer_bytes = 4096;
  StartServer(options);
  Listener slow(port(), "/v1/events", "", 2048);
  ASSERT_EQ(slow.Next()["type"], "hello");
  // Large texts fill the socket; signals published meanwhile have to be merged.
  const std::string filler(60'000, 'x');
  for (int i = 0; i < 10; ++i) server_->Publish({{"type", "turn.reply"}, {"reply", filler}});
  Listener quick(port());
  quick.Next();
  for (int speed = 1; speed <= 100; ++speed) {
    SetSpeed(speed);
    Json change;
    do {
      change = quick.NextOfType("signals");
    } while (change["changes"][0]["current"] != speed);
  }
  std::size_t message_count = 0;
  double newest = 0;
  std::uint64_t last_seq = 0;
  while (newest != 100) {
    const Json event = slow.Next();
    ASSERT_FALSE(event.is_null());
    EXPECT_GT(event["seq"].get<std::uint64_t>(), last_seq);
    last_seq = event["seq"];
    if (event["type"] != "signals") continue;
    ++message_count;
    newest = event["changes"][0]["current"];
  }
  EXPECT_LT(message_count, 100u);
  EXPECT_THAT(Get("/metrics").body, ::testing::Not(HasSubstr("deepcabin_signal_updates_merged_total 0\n")));
}

TEST_F(WebSocketTest, RefusesForeignPagesBadQueriesAndBadTokens) {
  StartServer();
  EXPECT_EQ(Listener(port(), "/v1/events", "http://evil.example").status(), 403u);
  EXPECT_EQ(Listener(port(), "/v1/events", "null").status(), 403u);
  EXPECT_TRUE(Listener(port(), "/v1/events", fmt::format("http://localhost:{}", port())).open());
  EXPECT_EQ(Listener(port(), "/v1/events?since=-1").status(), 400u);
  EXPECT_EQ(Listener(port(), "/v1/events?since=").status(), 400u);
  EXPECT_EQ(Listener(port(), "/v1/events?from=1").status(), 400u);
  EXPECT_EQ(Listener(port(), "/v1/scenario").status(), 200u);  // an answer, no WebSocket
}

TEST_F(WebSocketTest, ClosesOnHugeMessagesAndFloods) {
  StartServer();
  Listener huge(port());
  huge.Next();
  huge.Say(std::string(65'537, 'x'));
  EXPECT_TRUE(huge.Next().is_null());
  EXPECT_EQ(huge.close_code(), beast::websocket::close_code::too_big);
  Listener talkative(port());
  talkative.Next();
  for (int i = 0; i < 101 && talkative.open(); ++i) talkative.Say("hello?");
  EXPECT_TRUE(talkative.Next().is_null());
  EXPECT_EQ(talkative.close_code(), beast::websocket::close_code::policy_error);
}

TEST_F(WebSocketTest, ClientsThatVanishAreForgotten) {
  StartServer();
  {
    Listener gone(port());
    gone.Next();
    EXPECT_THAT(Get("/metrics").body, HasSubstr("deepcabin_websocket_clients 1\n"));
  }
  std::string metrics;
  do {  // the server hears of it on its own thread
    server_->Publish({{"type", "scenario"}, {"name", "x"}});
    metrics = Get("/metrics").body;
  } while (metrics.find("deepcabin_websocket_clients 0\n") == std::string::npos);
}

TEST_F(WebSocketTest, SaysGoodbyeWhenTheServerStops) {
  StartServer();
  Listener listener(port());
  listener.Next();
  server_->Stop();
  EXPECT_TRUE(listener.Next().is_null());
  EXPECT_EQ(listener.close_code(), beast::websocket::close_code::going_away);
  EXPECT_TRUE(StopServer());
}

}  // namespace
}  // namespace deepcabin::server
