#pragma once
// How the car is: every check in one table, tyres against what the maker prescribes, and what the service plan says is due next. Reads
// numbers by signal path through a function; what cannot be read is unknown, never fine.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "base/result.h"

namespace deepcabin::health {

struct ServiceItem {
  std::string zh, en;
  double every_km = 0, last_km = 0;
  int every_days = 0;
  std::chrono::sys_days last{};
};

struct Plan {
  double front_kpa = 240, rear_kpa = 245;  // as the placard in the door says
  std::vector<ServiceItem> items;
};
// kInvalidArgument "file:line: reason".
Result<Plan> ReadPlan(const std::string& file, const YAML::Node& root);

struct Due {
  ServiceItem item;
  double km = 0;  // left; negative: overdue
  int days = 0;
};
// What comes first, by distance or by date; nothing where the plan is empty.
std::optional<Due> NextService(const Plan& plan, double odometer_km, std::chrono::sys_days today);

// The number in a signal; words that mean "as it should be" read as 0.
using Read = std::function<std::optional<double>(std::string_view path)>;

struct Check {
  std::string zh, en, value;  // value "" where there is no reading
  std::optional<bool> ok;     // nothing: unknown
};
// Every check, or those whose signal's path holds `part`.
std::vector<Check> CheckUp(const Plan& plan, const Read& read, std::string_view part = {});

}  // namespace deepcabin::health
