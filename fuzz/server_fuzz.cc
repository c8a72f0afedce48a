// Bytes sent to a listening server over a real connection: as HTTP when the first byte is even, else as WebSocket frames after a good
// handshake. Whatever comes, the server answers or closes, and goes on.

#include <memory>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "fuzz/fuzz.h"
#include "server/api_json.h"
#include "server/http_server.h"
#include "server/http_types.h"
#include "vehicle/signal_store.h"

using namespace deepcabin;

namespace {

constexpr std::string_view kHandshake =
    "GET /v1/events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

class NoTurns final : public server::TurnRunner {
 public:
  Result<OrderedJson> Run(const agent::TurnRequest&) override { return OrderedJson{{"reply", ""}}; }
  OrderedJson OpenOffer(const std::string&) override { return nullptr; }
};

// A server over a small car, running until the process ends.
class Running {
 public:
  Running() : store_(fuzz::SmallCar(), clock_), audit_(safety::AuditLog::InMemory(clock_)) {
    const server::Services services{.catalogue = fuzz::SmallCar(),
                                    .signals = store_,
                                    .turns = turns_,
                                    .audit = *audit_,
                                    .clock = clock_,
                                    .set_sensor = [](SignalId, const Value&) { return Status(); },
                                    .set_scenario = [](const std::string&, std::optional<std::uint64_t>) { return Status(); },
                                    .scenario = [] { return OrderedJson::object(); }};
    server::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.limits.connections_per_peer_max = options.limits.connections_max;
    auto made = server::Server::Create(options, services);
    fuzz::Promise(made.has_value(), made ? "" : made.error().message.c_str());
    server_ = std::move(*made);
    thread_ = std::thread([this] { static_cast<void>(server_->Run()); });
  }
  ~Running() {
    server_->Stop();
    thread_.join();
  }
  std::uint16_t port() const { return server_->port(); }

 private:
  SystemClock clock_;
  vehicle::SignalStore store_;
  NoTurns turns_;
  std::unique_ptr<safety::AuditLog> audit_;
  std::unique_ptr<server::Server> server_;
  std::thread thread_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace asio = boost::asio;
  if (size == 0) return 0;
  static Running running;
  const std::string_view bytes = fuzz::Text(data + 1, size - 1);
  static_cast<void>(server::ParseTarget(bytes));
  if (const auto json = ParseJson(bytes)) static_cast<void>(server::TurnRequestFromJson(*json));

  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  boost::system::error_code error;
  socket.connect({asio::ip::address_v4::loopback(), running.port()}, error);
  fuzz::Promise(!error, "the server still listens");
  if (data[0] % 2 == 1) asio::write(socket, asio::buffer(kHandshake), error);
  asio::write(socket, asio::buffer(bytes), error);
  socket.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), error);  // until the server closes; the fuzzer's timeout is the alarm
  return 0;
}
