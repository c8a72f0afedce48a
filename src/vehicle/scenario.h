#pragma once
// Driving scenarios: what is outside the car and how it is driven. A scenario and a seed replay exactly.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/random.h"

namespace deepcabin::vehicle {

enum class Driving : std::uint8_t { kParked, kCity, kCountryRoad, kHighway };

struct Scenario {
  std::string_view name;
  Driving driving = Driving::kParked;
  std::optional<double> outside_celsius{};  // nothing: as in the default vehicle
  std::optional<double> cabin_celsius{};    // at the start; nothing: as it is
  double light_percent = 80;
  double rain_percent = 0;      // the mean; it comes in gusts
  double sun_gain_celsius = 2;  // how much warmer than the air outside a closed, standing cabin becomes
  double speed_limit_kmh = 60;
  bool night = false;
};

std::span<const Scenario> Scenarios();                // the first is "parked", the default
const Scenario* FindScenario(std::string_view name);  // nullptr for an unknown name

// The speed of a drive: a chain of "go towards this speed, then keep it for so long", drawn from the seed.
class DriveProfile {
 public:
  DriveProfile(Driving driving, std::uint64_t seed);
  // Goes on by `seconds` and returns the speed in km/h.
  double Step(double seconds);
  double speed_kmh() const { return speed_kmh_; }

 private:
  void NextLeg();

  Driving driving_;
  Random random_;
  double speed_kmh_ = 0, goal_kmh_ = 0, hold_seconds_ = 0;
};

// Rain in gusts around a mean.
class RainProfile {
 public:
  RainProfile(double mean_percent, std::uint64_t seed) : mean_(mean_percent), random_(seed), now_(mean_percent), goal_(mean_percent) {}
  double Step(double seconds);  // percent

 private:
  double mean_;
  Random random_;
  double now_, goal_, hold_seconds_ = 0;
};

}  // namespace deepcabin::vehicle
