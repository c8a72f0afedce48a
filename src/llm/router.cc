#include "llm/router.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

#include "llm/meter.h"

namespace deepcabin::llm {
namespace {

constexpr double kUnmeasuredSeconds = 0.8;
constexpr double kSecondsForMoney = 100;  // 0.01 of the currency for a request weighs as much as one second of waiting
constexpr double kShaky = 0.3;            // share of errors from which others are asked first

std::optional<Refusal> Refuse(const Models& models, const Endpoint& e, const EndpointState& state, const RouteQuery& query, double cost) {
  if (const auto off = models.off.find(e.name); off != models.off.end()) return Refusal{0, off->second, ErrorCode::kFailedPrecondition};
  if (e.url.empty()) return Refusal{0, "its server does not run", ErrorCode::kUnavailable};
  if (query.privacy == Privacy::kPersonal && e.outbound == Outbound::kNothing) {
    return Refusal{0, "nothing personal may be sent to it", ErrorCode::kPermissionDenied};
  }
  if (query.input_tokens + query.output_tokens > e.context_tokens) {
    const std::int64_t tokens = query.input_tokens + query.output_tokens;
    return Refusal{0, fmt::format("about {} tokens, it holds {}", tokens, e.context_tokens), ErrorCode::kInvalidArgument};
  }
  if (e.budget_per_day > 0 && state.spent_today + cost > e.budget_per_day) {
    return Refusal{0, fmt::format("its budget of {} {} for today is used up", e.budget_per_day, models.currency),
                   ErrorCode::kResourceExhausted};
  }
  if (state.health.breaker == Breaker::kOpen) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(state.health.pause_left).count();
    return Refusal{0, fmt::format("left alone for {} s more: {}", std::max<std::int64_t>(1, seconds), state.health.why),
                   ErrorCode::kUnavailable};
  }
  return std::nullopt;
}

// For each endpoint named in the task's rule its place, from 0. Weights become an order by a draw in which each is first as often as its
// share says (exponential waiting times, the shortest first).
std::map<std::string, std::size_t> Preferred(const Models& models, const RouteQuery& query) {
  std::map<std::string, std::size_t> places;
  const auto rule = models.routing.find(query.task);
  if (rule == models.routing.end()) return places;
  std::vector<std::pair<double, std::string>> order;
  Random random(query.draw);
  for (const auto& [name, weight] : rule->second.places) {
    const double wait = -std::log(1 - random.Uniform()) / weight;
    order.emplace_back(rule->second.weighted ? wait : static_cast<double>(order.size()), name);
  }
  std::sort(order.begin(), order.end());
  for (const auto& [key, name] : order) places.emplace(name, places.size());
  return places;
}

struct Candidate {
  Place place;
  // Compared in this order; smaller is better.
  std::tuple<bool, std::size_t, bool, double> rank;
};

}  // namespace

Route PlanRoute(const Models& models, const std::map<std::string, EndpointState>& states, const RouteQuery& query) {
  Route route;
  std::vector<Candidate> candidates;
  const auto preferred = Preferred(models, query);
  for (std::size_t i = 0; i < models.endpoints.size(); ++i) {
    const Endpoint& e = models.endpoints[i];
    if (!query.only.empty() && e.name != query.only) continue;
    const auto known = states.find(e.name);
    const EndpointState state = known == states.end() ? EndpointState{} : known->second;
    const double input_cost = Cost(e.price, {.input_tokens = query.input_tokens});
    if (auto refusal = Refuse(models, e, state, query, input_cost)) {
      refusal->endpoint = i;
      route.refused.push_back(*std::move(refusal));
      continue;
    }
    const double cost = Cost(e.price, {.input_tokens = query.input_tokens, .output_tokens = query.output_tokens});
    const bool shaky = state.health.error_share > kShaky;
    const bool good = e.good_at.empty() || std::find(e.good_at.begin(), e.good_at.end(), query.task) != e.good_at.end();
    const auto place = preferred.find(e.name);
    const std::size_t choice = place == preferred.end() ? preferred.size() : place->second;
    const double seconds = state.health.first_token_ms > 0 ? state.health.first_token_ms / 1e3 : kUnmeasuredSeconds;

    std::string why = place != preferred.end() ? fmt::format("choice {} for {}", choice + 1, TaskName(query.task))
                      : good                   ? fmt::format("good at {}", TaskName(query.task))
                                               : fmt::format("not made for {}", TaskName(query.task));
    why += state.health.first_token_ms > 0 ? fmt::format("; {:.0f} ms to the first token", state.health.first_token_ms) : "; not measured";
    if (cost > 0) why += fmt::format("; {:.4f} {} at most", cost, models.currency);
    if (shaky) why += fmt::format("; {:.0f} % errors lately", state.health.error_share * 100);
    if (state.health.breaker == Breaker::kProbe) why += "; to see whether it is back";
    candidates.push_back({{i, std::move(why), input_cost}, {shaky, choice, !good, seconds + cost * kSecondsForMoney}});
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) { return a.rank < b.rank; });
  for (Candidate& candidate : candidates) route.order.push_back(std::move(candidate.place));
  return route;
}

}  // namespace deepcabin::llm
