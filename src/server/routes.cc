#include "server/routes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "server/api_handlers.h"
#include "server/api_json.h"
#include "server/events.h"
#include "server/static_files.h"

namespace deepcabin::server {
namespace {

constexpr std::size_t kAuditCountDefault = 100;
constexpr std::size_t kAuditCountMax = 1000;
constexpr std::size_t kSearchHitsMax = 20;
constexpr std::size_t kSearchBytesMax = 256;
constexpr int kTooLarge = 413;

Status CheckQuery(const Request& request, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.target.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return InvalidArgument(fmt::format("unknown query field `{:.64}`", name));
    }
  }
  return {};
}

std::string QueryOr(const Request& request, const std::string& name, std::string fallback) {
  const auto it = request.target.query.find(name);
  if (it == request.target.query.end()) return fallback;
  return it->second;
}

// Errors of the request itself: what is too much of it is "too large", not "too many requests".
Response RequestError(const Error& error) { return ErrorResponse(error, error.code == ErrorCode::kResourceExhausted ? kTooLarge : 0); }

// The worst that came of the turn's calls; else its escalation.
std::string OutcomeOf(const OrderedJson& turn) {
  constexpr std::array<std::string_view, 5> kWorstFirst{"failed", "denied", "confirm", "scheduled", "done"};
  std::size_t worst = kWorstFirst.size();
  for (const auto& call : turn.value("calls", OrderedJson::array())) {
    const std::string outcome = call.value("outcome", "");
    const auto at = static_cast<std::size_t>(std::find(kWorstFirst.begin(), kWorstFirst.end(), outcome) - kWorstFirst.begin());
    worst = std::min(worst, at);
  }
  if (worst < kWorstFirst.size()) return std::string(kWorstFirst[worst]);
  const auto escalation = turn.find("escalation");
  return escalation != turn.end() && escalation->is_string() ? escalation->get<std::string>() : "none";
}

void CountTurn(Metrics& metrics, const OrderedJson& turn) {
  const auto latency = turn.find("latency_ms");
  const double total_ms = latency != turn.end() && latency->is_object() ? latency->value("total", 0.0) : 0.0;
  metrics.CountTurn(turn.value("route", "none"), OutcomeOf(turn), total_ms);
}

Response PostTurn(Api& api, const Request& http) {
  const auto body = ParseJson(http.body);
  if (!body) return RequestError(body.error());
  const auto request = TurnRequestFromJson(*body);
  if (!request) return RequestError(request.error());
  auto turn = api.services.turns.Run(*request);
  if (!turn) {
    api.metrics.CountTurn("none", "error", 0);
    return ErrorResponse(turn.error());
  }
  OrderedJson answer = {{"session", request->session}, {"turn", ""}, {"text", request->text}, {"lang", nullptr}};
  answer.update(*turn);
  answer["offer"] = api.services.turns.OpenOffer(request->session);
  CountTurn(api.metrics, answer);
  return JsonResponse(DumpJson(answer));
}

Response GetSignals(Api& api, const Request& request) {
  if (const Status status = CheckQuery(request, {"prefix", "changed"}); !status) return ErrorResponse(status.error());
  const std::string prefix = QueryOr(request, "prefix", "");
  const std::string changed = QueryOr(request, "changed", "false");
  if (changed != "true" && changed != "false") return ErrorResponse(InvalidArgument("`changed` is true or false"));
  const Catalogue& catalogue = api.services.catalogue;
  OrderedJson signals = OrderedJson::array();
  for (SignalId id = 0; id < catalogue.signals().size(); ++id) {
    const SignalSpec& spec = catalogue.signal(id);
    if (!spec.path.starts_with(prefix)) continue;
    const vehicle::Datapoint datapoint = api.services.signals.Get(id);
    if (changed == "true" && !datapoint.current && !datapoint.target) continue;
    signals.push_back(SignalToJson(spec, datapoint, api.services.clock.Now()));
  }
  return JsonResponse(DumpJson(OrderedJson{{"signals", std::move(signals)}}));
}

Response OneSignal(Api& api, SignalId id) {
  return JsonResponse(DumpJson(SignalToJson(api.services.catalogue.signal(id), api.services.signals.Get(id), api.services.clock.Now())));
}

Error NoSuchSignal(std::string_view path) { return NotFound(fmt::format("no signal \"{:.200}\"", path)); }

Response GetSignal(Api& api, const Request& request) {
  if (const Status status = CheckQuery(request, {}); !status) return ErrorResponse(status.error());
  const auto id = api.services.catalogue.FindSignal(request.argument);
  return id ? OneSignal(api, *id) : ErrorResponse(NoSuchSignal(request.argument));
}

Status SetSensor(Api& api, SignalId id, const Json& body) {
  DC_RETURN_IF_ERROR(CheckFields(body, {"value"}));
  if (!body.contains("value")) return InvalidArgument("`value` is missing");
  const SignalSpec& spec = api.services.catalogue.signal(id);
  if (spec.node != NodeType::kSensor) {
    return PermissionDenied(fmt::format("{} is not a sensor; actuators move by turns alone", spec.path));
  }
  DC_ASSIGN_OR_RETURN(const Value value, ValueFromJson(body["value"], spec.type));
  return api.services.set_sensor(id, value);
}

Response PutSignal(Api& api, const Request& request) {
  if (const Status status = CheckQuery(request, {}); !status) return ErrorResponse(status.error());
  const auto id = api.services.catalogue.FindSignal(request.argument);
  if (!id) return ErrorResponse(NoSuchSignal(request.argument));
  const auto body = ParseJson(request.body);
  if (!body) return RequestError(body.error());
  const Status status = SetSensor(api, *id, *body);
  return status ? OneSignal(api, *id) : RequestError(status.error());
}

Response GetScenario(Api& api, const Request&) { return JsonResponse(DumpJson(api.services.scenario())); }

Status SetScenario(Api& api, const Json& body) {
  DC_RETURN_IF_ERROR(CheckFields(body, {"name", "seed"}));
  const auto name = body.find("name");
  if (name == body.end() || !name->is_string()) return InvalidArgument("`name` is missing or not a text");
  std::optional<std::uint64_t> seed;
  if (const auto it = body.find("seed"); it != body.end()) {
    if (!it->is_number_unsigned()) return InvalidArgument("`seed` is not a whole number from 0");
    seed = it->get<std::uint64_t>();
  }
  const Status status = api.services.set_scenario(name->get<std::string>(), seed);
  // The address is right, a word in the body is not: 400, whatever the simulator calls it.
  if (!status && status.error().code == ErrorCode::kNotFound) return InvalidArgument(status.error().message);
  DC_RETURN_IF_ERROR(status);
  api.hub.Publish({{"type", "scenario"}, {"name", name->get<std::string>()}});
  return {};
}

Response PostScenario(Api& api, const Request& request) {
  const auto body = ParseJson(request.body);
  if (!body) return RequestError(body.error());
  const Status status = SetScenario(api, *body);
  return status ? GetScenario(api, request) : RequestError(status.error());
}

Response GetCatalogue(Api& api, const Request& request) {
  if (const Status status = CheckQuery(request, {"search"}); !status) return ErrorResponse(status.error());
  const auto search = request.target.query.find("search");
  if (search == request.target.query.end()) {
    Response response;
    response.body = api.CatalogueText();
    return response;
  }
  if (search->second.size() > kSearchBytesMax) {
    return ErrorResponse(InvalidArgument(fmt::format("`search` has {} bytes, at most {}", search->second.size(), kSearchBytesMax)));
  }
  std::vector<CapabilityId> found;
  for (const Catalogue::Hit& hit : api.services.catalogue.Search(search->second, kSearchHitsMax)) found.push_back(hit.capability);
  return JsonResponse(DumpJson(CatalogueToJson(api.services.catalogue, found)));
}

Response GetAudit(Api& api, const Request& request) {
  if (const Status status = CheckQuery(request, {"count"}); !status) return ErrorResponse(status.error());
  const std::string text = QueryOr(request, "count", std::to_string(kAuditCountDefault));
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1 || count > kAuditCountMax) {
    return ErrorResponse(InvalidArgument(fmt::format("`count` is a number in 1..{}", kAuditCountMax)));
  }
  return JsonResponse(DumpJson(Json{{"records", api.services.audit.Tail(count)}}));
}

Response GetMemory(Api& api, const Request&) {
  if (!api.services.memory) return JsonResponse(R"({"facts":[],"habits":[]})");
  const auto memory = api.services.memory();
  return memory ? JsonResponse(DumpJson(*memory)) : ErrorResponse(memory.error());
}

Response DeleteMemory(Api& api, const Request& request) {
  std::int64_t id = 0;
  const std::string& text = request.argument;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return ErrorResponse(InvalidArgument("a fact's id is a number"));
  if (!api.services.forget) return ErrorResponse(NotFound("nothing is remembered"));
  const Status status = api.services.forget(id);
  return status ? GetMemory(api, request) : ErrorResponse(status.error());
}

// "west,south,east,north" in degrees.
Result<std::array<double, 4>> ParseBox(std::string_view text) {
  std::array<double, 4> box{};
  const auto wrong = [&] { return InvalidArgument(fmt::format("bbox is west,south,east,north in degrees, not \"{:.80}\"", text)); };
  const char *at = text.data(), *const all = text.data() + text.size();
  for (std::size_t i = 0; i < box.size(); ++i) {
    if (i > 0 && (at == all || *at++ != ',')) return wrong();
    const auto [end, error] = std::from_chars(at, all, box[i]);
    if (error != std::errc() || !(std::abs(box[i]) <= (i % 2 == 0 ? 180 : 90))) return wrong();
    at = end;
  }
  if (at != all || box[0] > box[2] || box[1] > box[3]) return wrong();
  return box;
}

Response GetRoads(Api& api, const Request& request) {
  if (const Status status = CheckQuery(request, {"bbox"}); !status) return ErrorResponse(status.error());
  const auto box = ParseBox(QueryOr(request, "bbox", ""));
  if (!box) return ErrorResponse(box.error());
  return JsonResponse(api.services.roads ? DumpJson(api.services.roads(*box)) : R"({"type":"FeatureCollection","features":[]})");
}

Response GetTrip(Api& api, const Request&) {
  return JsonResponse(api.services.trip ? DumpJson(api.services.trip()) : R"({"active":false})");
}

// Open to whoever knows the address, which cannot be guessed: the page shows it in an <img>, and that brings no token.
Response GetPicture(Api& api, const Request& request) {
  const auto picture = api.services.picture ? api.services.picture(request.argument) : std::nullopt;
  if (!picture) return ErrorResponse(NotFound("there is no such picture (any more)"));
  Response response;
  response.content_type = picture->content_type;
  response.body = picture->bytes;
  response.headers = {{"Cache-Control", "private, max-age=3600, immutable"}};
  return response;
}

Response GetFaults(Api& api, const Request& request) {
  if (const Status status = CheckQuery(request, {}); !status) return ErrorResponse(status.error());
  return api.services.faults ? JsonResponse(DumpJson(api.services.faults())) : ErrorResponse(NotFound("this car is not simulated"));
}

Status SetFault(Api& api, const Json& body) {
  DC_RETURN_IF_ERROR(CheckFields(body, {"name", "on"}));
  const auto name = body.find("name"), on = body.find("on");
  if (name == body.end() || !name->is_string()) return InvalidArgument("`name` is missing or not a text");
  if (on == body.end() || !on->is_boolean()) return InvalidArgument("`on` is missing or neither true nor false");
  Status status = api.services.set_fault(name->get<std::string>(), on->get<bool>());
  if (!status && status.error().code == ErrorCode::kNotFound) return InvalidArgument(status.error().message);  // the address is right
  return status;
}

Response PostFault(Api& api, const Request& request) {
  if (!api.services.faults || !api.services.set_fault) return ErrorResponse(NotFound("this car is not simulated"));
  const auto body = ParseJson(request.body);
  if (!body) return RequestError(body.error());
  if (const Status status = SetFault(api, *body); !status) return ErrorResponse(status.error());
  const OrderedJson faults = api.services.faults();
  OrderedJson event = {{"type", "simulation"}};
  event.update(faults);
  api.hub.Publish(event);
  return JsonResponse(DumpJson(faults));
}

Response GetHealth(Api&, const Request&) { return JsonResponse(R"({"status":"ok"})"); }

Response GetMetrics(Api& api, const Request&) {
  Response response = JsonResponse(api.metrics.Text());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

Response GetFile(Api&, const Request& request) {
  const StaticFile* file = FindStaticFile(request.target.path);
  if (file == nullptr) return ErrorResponse(NotFound("there is nothing at this address"));
  Response response;
  response.static_body = file->bytes;
  response.content_type = std::string(ContentTypeOf(file->path));
  response.headers = {{"Content-Security-Policy", std::string(kContentSecurityPolicy)},
                      {"X-Frame-Options", "DENY"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Permissions-Policy", "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"},
                      {"Cache-Control", IsImmutable(file->path) ? "public, max-age=31536000, immutable" : "no-cache"}};
  return response;
}

constexpr std::array<Route, 27> kRoutes{{
    {"POST", "/v1/turns", true, false, Lane::kTurns, PostTurn},
    {"GET", "/v1/signals", true, false, Lane::kReads, GetSignals},
    {"GET", "/v1/signals/{path}", true, false, Lane::kReads, GetSignal},
    {"PUT", "/v1/signals/{path}", true, false, Lane::kReads, PutSignal},
    {"GET", "/v1/scenario", true, false, Lane::kReads, GetScenario},
    {"POST", "/v1/scenario", true, false, Lane::kReads, PostScenario},
    {"GET", "/v1/catalogue", true, false, Lane::kReads, GetCatalogue},
    {"GET", "/v1/audit", true, false, Lane::kReads, GetAudit},
    {"POST", "/v1/chat/completions", true, false, Lane::kReads, PostChatCompletions, true},
    {"GET", "/v1/models", true, false, Lane::kReads, GetModels, true},
    {"GET", "/v1/models/usage", true, false, Lane::kReads, GetModelUsage},
    {"GET", "/v1/memory", true, false, Lane::kReads, GetMemory},
    {"DELETE", "/v1/memory/{id}", true, false, Lane::kReads, DeleteMemory},
    {"GET", "/v1/trip", true, false, Lane::kReads, GetTrip},
    {"GET", "/v1/map/roads", true, false, Lane::kReads, GetRoads},
    {"GET", "/v1/pictures/{id}", false, false, Lane::kReads, GetPicture},
    {"GET", "/v1/audio", true, false, Lane::kReads, GetAudio},
    {"POST", "/v1/audio/transcriptions", true, false, Lane::kTurns, PostTranscription},
    {"POST", "/v1/audio/speech", true, false, Lane::kTurns, PostSpeech},
    {"GET", "/v1/simulation/faults", true, false, Lane::kReads, GetFaults},
    {"POST", "/v1/simulation/faults", true, false, Lane::kReads, PostFault},
    {"GET", "/v1/events", true, false, Lane::kWebSocket, nullptr},
    {"GET", "/healthz", false, false, Lane::kNetwork, GetHealth},
    {"GET", "/metrics", true, false, Lane::kReads, GetMetrics},
    {"GET", "/", false, true, Lane::kNetwork, GetFile},
    {"GET", "/assets/{file}", false, true, Lane::kNetwork, GetFile},
    {"GET", "/{file}", false, true, Lane::kNetwork, GetFile},
}};

// The text in the braces, or nothing when `path` does not fit `pattern`.
std::optional<std::string_view> Match(std::string_view pattern, std::string_view path) {
  const std::size_t brace = pattern.find('{');
  if (brace == std::string_view::npos) return pattern == path ? std::optional<std::string_view>("") : std::nullopt;
  if (!path.starts_with(pattern.substr(0, brace)) || path.size() == brace) return std::nullopt;
  const std::string_view argument = path.substr(brace);
  const bool takes_rest = pattern.substr(brace) == "{file}";
  if (!takes_rest && argument.find('/') != std::string_view::npos) return std::nullopt;
  return argument;
}

}  // namespace

std::shared_ptr<const std::string> Api::CatalogueText() {
  std::call_once(catalogue_once_, [this] {
    std::vector<CapabilityId> all(services.catalogue.capabilities().size());
    for (CapabilityId id = 0; id < all.size(); ++id) all[id] = id;
    catalogue_text_ = std::make_shared<const std::string>(DumpJson(CatalogueToJson(services.catalogue, all)));
  });
  return catalogue_text_;
}

std::span<const Route> Routes() { return kRoutes; }

RouteMatch FindRoute(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  RouteMatch match;
  for (const Route& route : kRoutes) {
    const auto argument = Match(route.pattern, path);
    if (!argument) continue;
    // The page's catch-all knows no path that it has no file for.
    if (route.is_page && FindStaticFile(path) == nullptr) continue;
    if (route.method == method) {
      match.route = &route;
      match.argument = *argument;
      return match;
    }
    if (!match.allowed.empty()) match.allowed += ", ";
    match.allowed += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  return match;
}

}  // namespace deepcabin::server
