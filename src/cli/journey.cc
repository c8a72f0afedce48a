#include "cli/journey.h"

#include <algorithm>
#include <cmath>

namespace deepcabin::cli {
namespace {

constexpr double kArrivedMetres = 25;
constexpr double kStepSecondsMax = 2;  // a program that slept does not leap
constexpr double kUsualKmh = 30;       // where the car stands: for the time that is left
constexpr std::string_view kLat = "Vehicle.CurrentLocation.Latitude", kLon = "Vehicle.CurrentLocation.Longitude";

}  // namespace

bool Journey::Step() {
  const Nanos now = clock_.Now();
  const double seconds = std::min(kStepSecondsMax, std::chrono::duration<double>(now - last_).count());
  last_ = now;
  const skills::Position here{Number(kLat, skills::kDemoStart.lat), Number(kLon, skills::kDemoStart.lon)};
  const double kmh = Number("Vehicle.Speed", 0);
  const auto next = navigation_.Further(here, std::max(0.0, kmh) / 3.6 * seconds);
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
  (void)simulator_.SetState({{std::string(kLat), next->position.lat},
                             {std::string(kLon), next->position.lon},
                             {"Vehicle.CurrentLocation.Heading", next->heading},
                             {"Vehicle.DeepCabin.Navigation.IsGuiding", true},
                             {"Vehicle.DeepCabin.Navigation.DistanceLeft", std::lround(left)},
                             {"Vehicle.DeepCabin.Navigation.TimeLeft", std::lround(left * 3.6 / std::max(kmh, kUsualKmh))}});
  if (left > kArrivedMetres) return false;
  navigation_.Stop();
  return true;
}

double Journey::Number(std::string_view path, double otherwise) const {
  const auto signal = catalogue_.FindSignal(path);
  const auto value = signal ? signals_.Get(*signal).current : std::nullopt;
  return value ? AsNumber(*value).value_or(otherwise) : otherwise;
}

}  // namespace deepcabin::cli
