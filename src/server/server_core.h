#pragma once
// What all sessions of one server share. Internal to this room.

#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "server/access.h"
#include "server/chat_desk.h"
#include "server/connections.h"
#include "server/events.h"
#include "server/http_server.h"
#include "server/metrics.h"
#include "server/routes.h"
#include "server/worker_pool.h"

namespace deepcabin::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// Members are destroyed bottom up: workers before the network they post to, the network before what its handlers touch.
struct SessionContext {
  SessionContext(const ServerOptions& server_options, const Services& services, std::string version)
      : options(server_options), limits(server_options.limits), hosts(server_options.allow_hosts),
        hub(limits.events, std::move(version), &metrics), api(services, hub, metrics),
        connections({limits.connections_max, limits.connections_per_peer_max, limits.evict_after}, metrics),
        reads(limits.read_threads, limits.read_queue_max), turns(limits.turn_threads, limits.turn_queue_max) {
    if (services.chat == nullptr) return;
    chat.emplace(*services.chat, clients, limits.chat, services.clock);
    api.chat = &*chat;
  }

  const ServerOptions options;
  const ServerLimits limits;
  const HostPolicy hosts;
  std::optional<AccessToken> token;
  ClientKeys clients;  // complete before anything is served
  Metrics metrics;
  EventHub hub;
  Api api;
  Connections connections;
  bool stopping = false;     // network thread only
  int handlers_running = 0;  // on workers; counted on the network thread
  asio::io_context io{1};
  std::optional<ChatDesk> chat;
  WorkerPool reads, turns;
};

// Serves one connection, which owns itself, until it is closed.
void BeginSession(PlainStream stream, SessionContext& context, std::string peer, std::string local_address);
void BeginSession(TlsStream stream, SessionContext& context, std::string peer, std::string local_address);

}  // namespace deepcabin::server
