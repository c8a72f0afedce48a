#pragma once
// Who is asked, in which order, and why. A pure function of the settings, of how the endpoints are, and of what is asked.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "llm/health.h"
#include "llm/models_file.h"

namespace deepcabin::llm {

struct RouteQuery {
  Task task = Task::kQuestion;
  Privacy privacy = Privacy::kPersonal;
  std::int64_t input_tokens = 0, output_tokens = 0;  // about; the output at most
  std::string only{};                                // this endpoint or none; "" = any
  std::uint64_t draw = 0;                            // decides between weights
};

struct EndpointState {
  EndpointHealth health{};
  double spent_today = 0;
};

struct Place {
  std::size_t endpoint = 0;  // index into Models::endpoints
  std::string why{};         // for people: "first choice for tools; 420 ms to the first token; 0.0012 USD at most"
  double input_cost = 0;     // estimate
};

struct Refusal {
  std::size_t endpoint = 0;
  std::string why{};
  ErrorCode code = ErrorCode::kUnavailable;
};

struct Route {
  std::vector<Place> order{};
  std::vector<Refusal> refused{};
};

Route PlanRoute(const Models& models, const std::map<std::string, EndpointState>& states, const RouteQuery& query);

}  // namespace deepcabin::llm
