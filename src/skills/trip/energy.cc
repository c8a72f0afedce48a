#include "skills/trip/energy.h"

#include <algorithm>
#include <array>

namespace deepcabin::skills {
namespace {

constexpr double kGravity = 9.81;
constexpr double kJoulesPerKwh = 3.6e6;

// Share of the greatest power by state of charge: full until half, then falling.
struct CurvePoint {
  double percent, share;
};
constexpr std::array<CurvePoint, 6> kCurve{{{0, 0.9}, {10, 1}, {50, 1}, {80, 0.5}, {90, 0.25}, {100, 0.1}}};

}  // namespace

double ClimateKw(const Conditions& conditions) {
  if (!conditions.climate_on) return 0;
  const double t = conditions.outside_celsius;
  return std::clamp(t < 20 ? (20 - t) * 0.12 : t > 24 ? (t - 24) * 0.10 : 0.0, 0.0, 4.0);
}

double UsableKwh(const CarModel& car, const Conditions& conditions) {
  return car.capacity_kwh * (1 - std::clamp((10 - conditions.outside_celsius) * 0.006, 0.0, 0.2));
}

double LegKwh(const CarModel& car, const Conditions& conditions, const Leg& leg) {
  const double air_density = 1.2 * 293 / (273 + std::clamp(conditions.outside_celsius, -50.0, 60.0));
  const double weight = car.mass_kg * kGravity;
  const double wheels = weight * car.rolling * leg.metres + 0.5 * air_density * car.drag_area_m2 * leg.metres_speed2;
  const double descent = std::max(0.0, leg.ascent_metres - leg.climb_metres);
  const double slope = weight * (leg.ascent_metres / car.driveline - descent * car.recuperation);
  const double consumers = (car.base_kw + ClimateKw(conditions)) * leg.seconds / 3600;
  return std::max(0.0, (wheels / car.driveline + slope) / kJoulesPerKwh + consumers);
}

double RangeKm(const CarModel& car, const Conditions& conditions, double percent) {
  constexpr double kSpeed = 60 / 3.6;
  const Leg km{.reachable = true, .metres = 1000, .seconds = 1000 / kSpeed, .metres_speed2 = 1000 * kSpeed * kSpeed};
  return std::max(0.0, percent) / 100 * UsableKwh(car, conditions) / LegKwh(car, conditions, km);
}

double ChargeKw(const CarModel& car, const Conditions& conditions, double percent, double charger_kw) {
  const auto* above = std::find_if(kCurve.begin(), kCurve.end() - 1, [&](const CurvePoint& p) { return p.percent >= percent; });
  double share = above->share;
  if (above != kCurve.begin()) {
    const CurvePoint& below = *(above - 1);
    share = below.share + (above->share - below.share) * std::min(1.0, (percent - below.percent) / (above->percent - below.percent));
  }
  const double cold = 1 - std::clamp((15 - conditions.outside_celsius) * 0.02, 0.0, 0.5);
  return std::min(charger_kw, car.charge_kw_max * share * cold);
}

double ChargeSeconds(const CarModel& car, const Conditions& conditions, double from_percent, double to_percent, double charger_kw) {
  double seconds = 0;
  for (double at = from_percent; at < to_percent;) {
    const double step = std::min(1.0, to_percent - at);
    seconds += step / 100 * car.capacity_kwh / std::max(1.0, ChargeKw(car, conditions, at + step / 2, charger_kw)) * 3600;
    at += step;
  }
  return seconds;
}

}  // namespace deepcabin::skills
