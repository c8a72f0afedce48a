#include "cli/journey.h"

#include <algorithm>
#include <cmath>

namespace deepcabin::cli {
namespace {

constexpr double kArrivedMetres = 25;
constexpr double kStepSecondsMax = 2;  // a program that slept does not leap
constexpr double kUsualKmh = 30;       // where the car stands: for the time that is left

}  // namespace

bool Journey::Step() {
  const Nanos now = clock_.Now();
  const double seconds = std::min(kStepSecondsMax, std::chrono::duration<double>(now - last_).count());
  last_ = now;
  const double kmh = car_.Number("Vehicle.Speed").value_or(0);
  const auto next = navigation_.Further(car_.Here(), std::max(0.0, kmh) / 3.6 * seconds);
  if (!next) {
    if (std::exchange(guiding_, false)) {
      (void)simulator_.SetState({{"Vehicle.DeepCabin.Navigation.IsGuiding", false},
                                 {"Vehicle.DeepCabin.Navigation.DistanceLeft", 0},
                                 {"Vehicle.DeepCabin.Navigation.TimeLeft", 0}});
    }
    return false;
  }
  guiding_ = true;
  const auto guidance = navigation_.GuidanceAt(next->position);
  const double left = guidance ? guidance->metres_left : 0;
  (void)simulator_.SetState({{"Vehicle.CurrentLocation.Latitude", next->position.lat},
                             {"Vehicle.CurrentLocation.Longitude", next->position.lon},
                             {"Vehicle.CurrentLocation.Heading", next->heading},
                             {"Vehicle.DeepCabin.Navigation.IsGuiding", true},
                             {"Vehicle.DeepCabin.Navigation.DistanceLeft", std::lround(left)},
                             {"Vehicle.DeepCabin.Navigation.TimeLeft", std::lround(left * 3.6 / std::max(kmh, kUsualKmh))}});
  if (left > kArrivedMetres) return false;
  navigation_.Stop();
  return true;
}

}  // namespace deepcabin::cli
