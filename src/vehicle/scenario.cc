#include "vehicle/scenario.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace deepcabin::vehicle {
namespace {

constexpr std::array<Scenario, 5> kScenarios{{
    {.name = "parked"},
    {.name = "city", .driving = Driving::kCity},
    {.name = "highway", .driving = Driving::kHighway, .speed_limit_kmh = 120},
    {.name = "parked_in_sun", .outside_celsius = 34, .cabin_celsius = 45, .light_percent = 100, .sun_gain_celsius = 26},
    {.name = "night_rain",
     .driving = Driving::kCountryRoad,
     .outside_celsius = 12,
     .light_percent = 3,
     .rain_percent = 60,
     .sun_gain_celsius = 0,
     .speed_limit_kmh = 80,
     .night = true},
}};

constexpr double kSpeedUpKmhPerSecond = 7;   // 2 m/s²
constexpr double kSlowDownKmhPerSecond = 9;  // 2.5 m/s²

}  // namespace

std::span<const Scenario> Scenarios() { return kScenarios; }

const Scenario* FindScenario(std::string_view name) {
  const auto* it = std::find_if(kScenarios.begin(), kScenarios.end(), [&](const Scenario& s) { return s.name == name; });
  return it == kScenarios.end() ? nullptr : it;
}

DriveProfile::DriveProfile(Driving driving, std::uint64_t seed) : driving_(driving), random_(seed) {
  switch (driving_) {  // a drive begins on the road, not in a garage
    case Driving::kParked: break;
    case Driving::kCity: speed_kmh_ = 30; break;
    case Driving::kCountryRoad: speed_kmh_ = 60; break;
    case Driving::kHighway: speed_kmh_ = 110; break;
  }
  goal_kmh_ = speed_kmh_;
  hold_seconds_ = 3;
}

void DriveProfile::NextLeg() {
  const auto between = [&](double low, double high) { return low + (high - low) * random_.Uniform(); };
  switch (driving_) {
    case Driving::kParked: break;
    case Driving::kCity: {
      const bool red_light = goal_kmh_ > 0 && random_.Chance(0.4);
      goal_kmh_ = red_light ? 0 : between(20, 55);
      hold_seconds_ = red_light ? between(5, 25) : between(8, 30);
      break;
    }
    case Driving::kCountryRoad:
      goal_kmh_ = between(45, 75);
      hold_seconds_ = between(10, 40);
      break;
    case Driving::kHighway:
      goal_kmh_ = between(100, 120);
      hold_seconds_ = between(15, 60);
      break;
  }
}

double DriveProfile::Step(double seconds) {
  if (driving_ == Driving::kParked) return 0;
  while (seconds > 0) {
    const double rate = goal_kmh_ > speed_kmh_ ? kSpeedUpKmhPerSecond : kSlowDownKmhPerSecond;
    const double to_goal = std::abs(goal_kmh_ - speed_kmh_) / rate;
    const double changing = std::min(seconds, to_goal);
    speed_kmh_ = changing == to_goal ? goal_kmh_ : speed_kmh_ + std::copysign(rate * changing, goal_kmh_ - speed_kmh_);
    seconds -= changing;
    const double holding = std::min(seconds, hold_seconds_);
    seconds -= holding;
    hold_seconds_ -= holding;
    if (hold_seconds_ <= 0) NextLeg();
  }
  return speed_kmh_;
}

double RainProfile::Step(double seconds) {
  if (mean_ == 0) return 0;
  hold_seconds_ -= seconds;
  if (hold_seconds_ <= 0) {
    hold_seconds_ = 5 + 10 * random_.Uniform();
    goal_ = mean_ * (0.6 + 0.8 * random_.Uniform());
  }
  now_ += (goal_ - now_) * -std::expm1(-seconds / 4);
  return now_;
}

}  // namespace deepcabin::vehicle
