#include "server/http_session.h"

#include <exception>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "server/openai_json.h"

namespace deepcabin::server {
namespace {

namespace http = beast::http;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

Status CheckFraming(const HttpRequest& http) {
  for (const auto field : {http::field::host, http::field::origin, http::field::authorization}) {
    if (http.count(field) > 1) return InvalidArgument(fmt::format("header {} stands twice", View(http::to_string(field))));
  }
  return {};
}

// On routes that take the keys of clients: whose key it is, in `client`.
Status CheckToken(const HttpRequest& http, const Route& route, const Target& target, const SessionContext& context, std::string& client) {
  if (!route.needs_token) return {};
  const bool takes_keys = route.takes_client_key && !context.clients.keys().empty();
  if (!context.token && !takes_keys) return {};
  std::string_view presented = View(http[http::field::authorization]);
  constexpr std::string_view kScheme = "Bearer ";
  if (presented.size() > kScheme.size() && beast::iequals(presented.substr(0, kScheme.size()), kScheme)) {
    presented.remove_prefix(kScheme.size());
  } else if (const auto it = target.query.find("access_token"); route.lane == Lane::kWebSocket && it != target.query.end()) {
    presented = it->second;  // browsers cannot set headers of a WebSocket
  } else {
    return Error{ErrorCode::kUnauthenticated, "an access token is needed: Authorization: Bearer …"};
  }
  if (context.token && context.token->Matches(presented)) return {};
  if (const ClientKey* key = takes_keys ? context.clients.Find(presented) : nullptr) {
    client = key->name;
    return {};
  }
  return Error{ErrorCode::kUnauthenticated, "the access token is wrong"};
}

Status ReadWebSocketQuery(const Target& target, std::optional<std::uint64_t>& since) {
  for (const auto& [name, value] : target.query) {
    if (name == "access_token") continue;
    if (name != "since") return InvalidArgument(fmt::format("unknown query field `{:.64}`", name));
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || value.empty()) {
      return InvalidArgument("`since` is the number of an event");
    }
    since = number;
  }
  return {};
}

Response NoRoute(const RouteMatch& match) {
  if (match.allowed.empty()) return ErrorResponse(NotFound("there is nothing at this address"));
  Response response = ErrorResponse(InvalidArgument(fmt::format("this address takes {} only", match.allowed)), 405);
  response.headers.emplace_back("Allow", match.allowed);
  return response;
}

Response WantsUpgrade() {
  Response response = ErrorResponse(InvalidArgument("this address is a WebSocket"), 426);
  response.headers.emplace_back("Upgrade", "websocket");
  return response;
}

Provenance ProvenanceOf(const HttpRequest& http, std::string_view local_address, bool is_tls) {
  return {.host = View(http[http::field::host]),
          .origin = View(http[http::field::origin]),
          .fetch_site = View(http["Sec-Fetch-Site"]),
          .local_address = local_address,
          .is_tls = is_tls};
}

}  // namespace

HeaderVerdict JudgeHeader(const HttpRequest& http, const SessionContext& context, std::string_view local_address, bool is_tls) {
  HeaderVerdict verdict;
  verdict.request.method = std::string(View(http.method_string()));
  if (http.method() == http::verb::unknown) verdict.request.method = "other";
  const auto refuse = [&verdict](Response response) {
    verdict.refusal = std::move(response);
    return std::move(verdict);
  };
  const auto field_count = static_cast<std::size_t>(std::distance(http.begin(), http.end()));
  if (field_count > context.limits.header_fields_max) {
    return refuse(
        ErrorResponse(ResourceExhausted(fmt::format("{} header fields, at most {}", field_count, context.limits.header_fields_max)), 431));
  }
  if (const Status status = CheckFraming(http); !status) return refuse(ErrorResponse(status.error()));
  auto target = ParseTarget(View(http.target()));
  if (!target) return refuse(ErrorResponse(target.error()));
  RouteMatch match = FindRoute(verdict.request.method, target->path);
  const bool is_page = match.route != nullptr && match.route->is_page;
  const Status is_ours = context.hosts.Check(ProvenanceOf(http, local_address, is_tls), is_page);
  if (!is_ours) return refuse(ErrorResponse(is_ours.error()));
  if (match.route == nullptr) return refuse(NoRoute(match));
  verdict.pattern = match.route->pattern;
  const Status may_pass = CheckToken(http, *match.route, *target, context, verdict.request.client);
  if (!may_pass) return refuse(match.route->takes_client_key ? OpenAiError(may_pass.error()) : ErrorResponse(may_pass.error()));
  if (match.route->lane == Lane::kWebSocket) {
    if (!beast::websocket::is_upgrade(http)) return refuse(WantsUpgrade());
    if (const Status status = ReadWebSocketQuery(*target, verdict.since); !status) return refuse(ErrorResponse(status.error()));
  }
  verdict.route = match.route;
  verdict.request.target = std::move(*target);
  verdict.request.argument = std::move(match.argument);
  return verdict;
}

std::optional<Response> AnswerToBrokenRequest(beast::error_code error, const ServerLimits& limits) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return ErrorResponse(ResourceExhausted(fmt::format("the header has more than {} bytes", limits.header_bytes_max)), 431);
  }
  if (error == http::error::body_limit) {
    return ErrorResponse(ResourceExhausted(fmt::format("the body has more than {} bytes", limits.body_bytes_max)), 413);
  }
  if (error.category() == http::make_error_code(http::error::end_of_stream).category()) {
    return ErrorResponse(InvalidArgument("this is not a well-formed HTTP request"));
  }
  return std::nullopt;
}

Response CallHandler(const Route& route, Api& api, const Request& request) {
  try {
    return route.handler(api, request);
  } catch (const std::exception& e) {
    return ErrorResponse(Internal(fmt::format("{} {}: {}", route.method, route.pattern, e.what())));
  }
}

}  // namespace deepcabin::server
