#include "llm/matrix.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "llm/turn.h"

namespace deepcabin::llm {
namespace {

// Why nobody is asked: the most hopeful reason gives the code, all of them the words.
Error NobodyToAsk(const Models& models, const Route& route, const std::string& only) {
  if (models.endpoints.empty()) return FailedPrecondition("no large model is set up");
  if (route.refused.empty()) return FailedPrecondition(fmt::format("no model `{:.40}` is set up", only));
  Error error{route.refused.front().code, "no large model can be asked: "};
  for (const Refusal& refusal : route.refused) {
    const bool hopeful =
        refusal.code == ErrorCode::kUnavailable || (refusal.code == ErrorCode::kResourceExhausted && error.code != ErrorCode::kUnavailable);
    if (hopeful) error.code = refusal.code;
    if (&refusal != &route.refused.front()) error.message += "; ";
    error.message += fmt::format("{}: {}", models.endpoints[refusal.endpoint].name, refusal.why);
  }
  return error;
}

OrderedJson RouteEvent(const Models& models, const Route& route, Task task, std::uint64_t number) {
  OrderedJson event = {{"type", "model.route"}, {"request", number}, {"task", TaskName(task)}};
  event["order"] = event["refused"] = OrderedJson::array();
  for (const Place& place : route.order)
    event["order"].push_back({{"endpoint", models.endpoints[place.endpoint].name}, {"why", place.why}});
  for (const Refusal& refusal : route.refused) {
    event["refused"].push_back({{"endpoint", models.endpoints[refusal.endpoint].name}, {"why", refusal.why}});
  }
  return event;
}

}  // namespace

Matrix::Matrix(Models models, ChatClient& client, Meter& meter, const Clock& clock, Observer observer, MatrixOptions options)
    : client_(client), meter_(meter), clock_(clock), observer_(std::move(observer)), options_(options),
      health_(clock, options.seed, options.patience), budget_(clock), models_(std::make_shared<const Models>(std::move(models))),
      random_(options.seed) {}

std::shared_ptr<const Models> Matrix::models() const {
  const std::lock_guard lock(mutex_);
  return models_;
}

void Matrix::SetModels(Models models) {
  {
    const std::lock_guard lock(mutex_);
    models_ = std::make_shared<const Models>(std::move(models));
  }
  health_.ForgetFaultsOfSettings();
}

void Matrix::SetUrl(std::string_view endpoint, const std::string& url) {
  const std::lock_guard lock(mutex_);
  Models changed = *models_;
  for (Endpoint& e : changed.endpoints) {
    if (e.name == endpoint) e.url = url;
  }
  models_ = std::make_shared<const Models>(std::move(changed));
}

void Matrix::Tell(const OrderedJson& event) const {
  if (observer_) observer_(event);
}

Route Matrix::Plan(const Models& models, const ChatRequest& request) {
  RouteQuery query{.task = request.task, .privacy = request.privacy, .input_tokens = EstimateTokens(request)};
  query.output_tokens = request.tokens_max;
  query.only = request.endpoint;
  {
    const std::lock_guard lock(mutex_);
    query.draw = random_.Next();
  }
  std::map<std::string, EndpointState> states;
  for (const Endpoint& e : models.endpoints) states[e.name] = {health_.View(e.name), meter_.SpentToday(e.name)};
  return PlanRoute(models, states, query);
}

Result<ChatReply> Matrix::Chat(const ChatRequest& request, ChatListener& listener, const std::stop_token& stop) {
  const auto models = this->models();
  const std::uint64_t number = ++requests_;
  const Route route = Plan(*models, request);
  Tell(RouteEvent(*models, route, request.task, number));
  auto result = route.order.empty() ? Result<ChatReply>(NobodyToAsk(*models, route, request.endpoint))
                                    : Turn(*this, *models, route, request, listener, number).Run(stop);
  OrderedJson event = {{"type", "model.done"}, {"request", number}};
  if (result) {
    event.update(OrderedJson{{"endpoint", result->endpoint},
                             {"model", result->model},
                             {"tries", result->tries},
                             {"first_token_ms", result->first_token_ms},
                             {"total_ms", result->total_ms},
                             {"cost", result->cost},
                             {"currency", models->currency},
                             {"input_tokens", result->usage.input_tokens},
                             {"cached_tokens", result->usage.cached_tokens},
                             {"output_tokens", result->usage.output_tokens},
                             {"reasoning_tokens", result->usage.reasoning_tokens}});
  } else {
    event["error"] = result.error().message;
  }
  Tell(event);
  return result;
}

OrderedJson Matrix::StatusJson() const {
  OrderedJson all = OrderedJson::array();
  const auto models = this->models();
  for (const Endpoint& e : models->endpoints) {
    const EndpointHealth health = health_.View(e.name);
    const auto off = models->off.find(e.name);
    std::string why = off != models->off.end() ? off->second : health.why;
    if (why.empty() && e.url.empty()) why = "its server does not run";
    const bool asked = off == models->off.end() && !e.url.empty();
    all.push_back({{"endpoint", e.name},
                   {"model", e.model},
                   {"outbound", OutboundName(e.outbound)},
                   {"state", asked ? BreakerName(health.breaker) : "off"},
                   {"why", why},
                   {"first_token_ms", health.first_token_ms},
                   {"error_share", health.error_share},
                   {"spent_today", meter_.SpentToday(e.name)},
                   {"budget_per_day", e.budget_per_day},
                   {"currency", models->currency}});
  }
  return all;
}

}  // namespace deepcabin::llm
