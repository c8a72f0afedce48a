#pragma once
// The HTTP and WebSocket server (docs/api.md). One network thread, a few workers for turns and reads, so that no turn ever holds up the
// network, and named limits on everything that comes from outside.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "server/chat_clients.h"
#include "server/events.h"
#include "server/services.h"

namespace deepcabin::server {

struct ServerLimits {
  std::size_t header_bytes_max = 16u << 10;
  std::size_t header_fields_max = 100;
  std::size_t body_bytes_max = 1u << 20;
  std::chrono::milliseconds header_timeout{5'000};  // whole header, TLS handshake included
  std::chrono::milliseconds body_timeout{30'000};   // whole body
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds keep_alive_timeout{30'000};  // between requests
  std::size_t connections_max = 256;
  std::size_t connections_per_peer_max = 32;  // an IPv6 peer is its /64
  // When a limit is reached, a connection that has waited for a request this long makes room for the newcomer; otherwise the newcomer
  // is refused. So idle and deliberately slow connections cannot lock others out.
  std::chrono::milliseconds evict_after{100};
  std::size_t requests_per_connection_max = 1000;
  std::size_t websocket_message_bytes_max = 64u << 10;
  std::size_t websocket_messages_per_10s_max = 100;
  std::chrono::milliseconds websocket_idle_timeout{60'000};
  int turn_threads = 4;
  std::size_t turn_queue_max = 64;
  int read_threads = 2;
  std::size_t read_queue_max = 128;
  std::chrono::milliseconds drain_timeout{3'000};  // for turns still running when the server stops
  int send_buffer_bytes = 0;                       // of sockets; 0: the system's
  EventLimits events;
  ChatLimits chat;
};

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";  // IP literal (IPv6 in brackets) or localhost, and a port; 0: any free one
  std::filesystem::path token_file;       // empty: no token
  std::filesystem::path tls_certificate_file, tls_key_file;
  std::filesystem::path client_keys_file;  // empty: none (chat_clients.h)
  std::vector<std::string> allow_hosts;    // further names that Host and Origin may have
  bool stop_on_signals = false;            // SIGTERM and SIGINT stop the server
  ServerLimits limits;
};

class Server {
 public:
  // Binds and listens; nothing is answered before Run. kInvalidArgument: a bad address, token or certificate; kFailedPrecondition: an
  // address other than loopback without token and TLS, or a secret file that others may read; kUnavailable: the address is taken.
  static Result<std::unique_ptr<Server>> Create(const ServerOptions& options, const Services& services);
  ~Server();  // waits for turns still running

  // "http://127.0.0.1:8080", with the port really bound.
  std::string Url() const;
  std::uint16_t port() const;

  // Serves until Stop, then lets running requests end. kDeadlineExceeded: some did not within the drain timeout. Call once.
  Status Run();
  // Thread-safe; returns at once.
  void Stop();

  // For Cockpit::SetEventSink; take the sink out again before the server goes. Thread-safe; never blocks on a client.
  void Publish(const OrderedJson& event);

 private:
  struct Core;
  explicit Server(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace deepcabin::server
