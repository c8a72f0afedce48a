#pragma once
// Every route of the server in one table; docs/openapi.yaml is compared with it by a test.

#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "server/http_types.h"
#include "server/metrics.h"
#include "server/services.h"

namespace deepcabin::server {

class ChatDesk;
class EventHub;

// What handlers work with. Thread-safe; outlives every handler.
class Api {
 public:
  Api(const Services& from_below, EventHub& event_hub, Metrics& counters) : services(from_below), hub(event_hub), metrics(counters) {}

  const Services services;
  EventHub& hub;
  Metrics& metrics;
  ChatDesk* chat = nullptr;  // null: there are no large models

  // The whole catalogue as JSON, written once.
  std::shared_ptr<const std::string> CatalogueText();

 private:
  std::once_flag catalogue_once_;
  std::shared_ptr<const std::string> catalogue_text_;
};

// Which thread a handler runs on.
enum class Lane : std::uint8_t {
  kNetwork,    // at once: must not wait or compute
  kReads,      // short work
  kTurns,      // turns: may take seconds
  kWebSocket,  // no handler: becomes a stream of events
};

struct Route {
  std::string_view method, pattern;  // "/v1/signals/{path}": braces take one non-empty segment, "{file}" the whole rest
  bool needs_token = true;
  bool is_page = false;  // the page's own files: may be opened from anywhere
  Lane lane = Lane::kReads;
  Response (*handler)(Api& api, const Request& request) = nullptr;
  bool takes_client_key = false;  // in place of the token; and its errors are OpenAI's
};

std::span<const Route> Routes();

struct RouteMatch {
  const Route* route = nullptr;  // null: see `allowed`
  std::string argument;
  std::string allowed;  // "GET, PUT" when the path is known with other methods; empty when it is not
};

// HEAD is answered where GET is.
RouteMatch FindRoute(std::string_view method, std::string_view path);

}  // namespace deepcabin::server
