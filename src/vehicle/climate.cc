#include "vehicle/climate.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace deepcabin::vehicle {
namespace {

// Rates per second. A closed cabin takes about 20 minutes to follow the weather, all windows open about 1 minute, a full fan about 1.5.
constexpr double kBodyRate = 1.0 / 1200;
constexpr double kOpenRate = 1.0 / 60;
constexpr double kFanRate = 1.0 / 90;
constexpr double kWindShare = 1.0 / 60;  // at 60 km/h twice as much air comes through an open window

}  // namespace

double NextCabinTemperature(double now, const CabinAir& air, double seconds) {
  const double open_rate = kOpenRate * air.open_share * (1 + air.speed_kmh * kWindShare);
  const double fan_rate = kFanRate * air.fan_share;
  // To hold what is wanted against the sun the system blows colder than that, as far as it can: a controller, not a pipe.
  double blown = air.wanted + (air.wanted - (air.outside + air.sun_gain)) * (air.fan_share > 0 ? kBodyRate / fan_rate : 0);
  blown = std::clamp(blown, 2.0, 65.0);
  if (!air.cooling) blown = std::max(blown, air.outside);
  const double rate = kBodyRate + open_rate + fan_rate;
  const double rest = (kBodyRate * (air.outside + air.sun_gain) + open_rate * air.outside + fan_rate * blown) / rate;
  return rest + (now - rest) * std::exp(-rate * seconds);
}

Climate::Climate(Reporter& reporter)
    : reporter_(reporter), cabin_(reporter.Find("Vehicle.Cabin.HVAC.AmbientAirTemperature")),
      outside_(reporter.Find("Vehicle.Exterior.AirTemperature")), speed_(reporter.Find("Vehicle.Speed")),
      ac_(reporter.Find("Vehicle.Cabin.HVAC.IsAirConditioningActive")) {
  for (const std::string_view row : {"Row1", "Row2", "Row3"}) {
    for (const std::string_view seat : {"Driver", "Passenger"}) {
      Station station;
      station.is_on = reporter.Find(fmt::format("Vehicle.DeepCabin.HVAC.{}.{}.IsOn", row, seat));
      station.temperature = reporter.Find(fmt::format("Vehicle.Cabin.HVAC.Station.{}.{}.Temperature", row, seat));
      station.fan = reporter.Find(fmt::format("Vehicle.Cabin.HVAC.Station.{}.{}.FanSpeed", row, seat));
      if (station.temperature != kNoId && station.fan != kNoId) stations_.push_back(station);
    }
    for (const std::string_view side : {"DriverSide", "PassengerSide"}) {
      const SignalId window = reporter.Find(fmt::format("Vehicle.Cabin.Door.{}.{}.Window.Position", row, side));
      if (window != kNoId) openings_.push_back(window);
    }
  }
  for (const std::string_view roof : {"Vehicle.DeepCabin.Sunroof.TargetPosition", "Vehicle.Cabin.Sunroof.Position"}) {
    if (const SignalId id = reporter.Find(roof); id != kNoId) openings_.push_back(id);
  }
}

void Climate::Start(double sun_gain_celsius, std::optional<double> cabin_celsius) {
  sun_gain_ = sun_gain_celsius;
  temperature_ = cabin_celsius.value_or(reporter_.Number(cabin_, 22));
  reporter_.Report(cabin_, temperature_);
}

double Climate::ReadStations(CabinAir& air) const {
  double fans = 0, wanted = 0;
  for (const Station& station : stations_) {
    // A station with its own switch blows when that is on, even before a fan speed was chosen; one without blows when its fan turns.
    const bool on = station.is_on == kNoId || reporter_.Number(station.is_on, 0) != 0;
    double fan = on ? reporter_.Number(station.fan, 0) / 100 : 0;
    if (on && station.is_on != kNoId) fan = std::max(fan, 0.3);
    fans += fan;
    wanted += fan * reporter_.Number(station.temperature, 22);
  }
  if (fans > 0) air.wanted = wanted / fans;
  // Two stations at full blast move all the air that the blower can give.
  return std::min(1.0, fans / 2);
}

void Climate::Step(double seconds) {
  if (cabin_ == kNoId) return;
  CabinAir air;
  air.outside = reporter_.Number(outside_, 22);
  air.sun_gain = sun_gain_;
  air.speed_kmh = reporter_.Number(speed_, 0);
  air.fan_share = fan_share_ = ReadStations(air);
  air.cooling = reporter_.Number(ac_, 0) != 0;
  for (const SignalId opening : openings_) air.open_share += std::abs(reporter_.Number(opening, 0)) / 100;
  if (!openings_.empty()) air.open_share /= static_cast<double>(openings_.size());
  if (reporter_.IsHeld(cabin_)) temperature_ = reporter_.Number(cabin_, temperature_);
  else temperature_ = NextCabinTemperature(temperature_, air, seconds);
  // A sensor of this kind tells tenths; finer would be a change to every subscriber at every step.
  reporter_.Report(cabin_, std::round(temperature_ * 10) / 10);
}

}  // namespace deepcabin::vehicle
