#pragma once
// A running server over fakes and a small car, and a client that can send any bytes. For this room's tests.

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "server/http_server.h"
#include "server/services.h"
#include "vehicle/signal_store.h"

namespace deepcabin::server {

// Answers every turn with one call, or waits at a gate first.
class FakeTurns final : public TurnRunner {
 public:
  Result<OrderedJson> Run(const agent::TurnRequest& request) override;
  OrderedJson OpenOffer(const std::string& session) override;

  void CloseGate();
  void OpenGate();
  void AwaitWaiting(int count);  // until that many turns stand at the gate

  agent::TurnRequest last;  // read it only after the answer

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool gate_open_ = true;
  int waiting_ = 0;
  int turns_ = 0;
};

class FakeAudit final : public safety::AuditLog {
 public:
  void Append(Json record) override;
  std::vector<Json> Tail(std::size_t count) const override;
  bool degraded() const override { return false; }

 private:
  mutable std::mutex mutex_;
  std::vector<Json> records_;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  Json json() const;
  std::string code() const;  // of an error
};

// One TCP connection. Reads give up after ten seconds.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer_bytes = 0);

  bool Send(std::string_view bytes);
  // Reads one answer; status 0 when the server closed without one.
  Answer Receive(bool is_head = false);
  // The next chunk of an answer whose header said `chunked`, for which Receive takes no body; "" after the last.
  std::string NextChunk();
  // True when the server closes the connection before it says anything more.
  bool IsClosedByServer();
  void Close();
  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  bool ReadMore();

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string pending_;
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest();
  ~ServerTest() override { static_cast<void>(StopServer()); }

  void StartServer(const ServerOptions& options = LoopbackOptions());
  // Returns what Run returned.
  Status StopServer();
  static ServerOptions LoopbackOptions();
  virtual Services MakeServices();

  Answer Get(const std::string& target, const std::string& more_headers = "");
  Answer Send(const std::string& method, const std::string& target, const std::string& body, const std::string& more_headers = "");
  std::uint16_t port() const { return server_->port(); }
  SignalId Id(std::string_view path) const { return *catalogue_.FindSignal(path); }

  const Catalogue catalogue_;
  SystemClock clock_;
  vehicle::SignalStore store_;
  FakeTurns turns_;
  FakeAudit audit_;
  std::string scenario_ = "parked";
  std::unique_ptr<Server> server_;

 private:
  std::optional<Status> result_;
  std::thread thread_;
};

inline constexpr char kSpeed[] = "Vehicle.Speed";
inline constexpr char kWindow[] = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position";

}  // namespace deepcabin::server
