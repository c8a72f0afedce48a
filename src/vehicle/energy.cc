#include "vehicle/energy.h"

#include <algorithm>
#include <cmath>

namespace deepcabin::vehicle {
namespace {

constexpr double kBaseKw = 0.3;          // computers, screens, pumps
constexpr double kClimateKw = 3.0;       // compressor and fan at full power
constexpr double kHeaterKw = 0.08;       // one seat or steering wheel heater at full power
constexpr double kChargingKw = 11.0;     // a wall box
constexpr double kCruisePowerKw = 11.0;  // what the default vehicle's range was computed with

bool IsHeater(const SignalSpec& spec) {
  return spec.node == NodeType::kActuator && spec.unit == "percent" &&
         (spec.path.ends_with("HeatingCooling") || spec.path.ends_with("Heating"));
}

}  // namespace

double DrivingPowerKw(double speed_kmh) {
  const double v = speed_kmh / 3.6;
  const double newton = 0.01 * 2100 * 9.81 + 0.5 * 1.2 * 0.62 * v * v;
  return newton * v / 1000 / 0.88;
}

Energy::Energy(Reporter& reporter) : reporter_(reporter) {
  const auto find = [&](std::string_view path) { return reporter.Find(path); };
  charge_ = find("Vehicle.Powertrain.TractionBattery.StateOfCharge.Current");
  displayed_ = find("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed");
  energy_ = find("Vehicle.Powertrain.TractionBattery.StateOfCharge.CurrentEnergy");
  range_ = find("Vehicle.Powertrain.TractionBattery.Range");
  car_range_ = find("Vehicle.Powertrain.Range");
  fuel_range_ = find("Vehicle.Powertrain.FuelSystem.Range");
  capacity_ = find("Vehicle.Powertrain.TractionBattery.NetCapacity");
  power_ = find("Vehicle.Powertrain.TractionBattery.CurrentPower");
  start_stop_ = find("Vehicle.Powertrain.TractionBattery.Charging.StartStopCharging");
  cable_ = find("Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.AnyPosition.IsChargingCableConnected");
  is_charging_ = find("Vehicle.Powertrain.TractionBattery.Charging.IsCharging");
  charging_power_ = find("Vehicle.Powertrain.TractionBattery.Charging.AveragePower");
  charge_limit_ = find("Vehicle.Powertrain.TractionBattery.Charging.ChargeLimit");
  time_to_complete_ = find("Vehicle.Powertrain.TractionBattery.Charging.TimeToComplete");
  odometer_ = find("Vehicle.TraveledDistance");
  trip_distance_ = find("Vehicle.TraveledDistanceSinceStart");
  trip_seconds_ = find("Vehicle.TripDuration");
  const auto& signals = reporter.store().catalogue().signals();
  for (SignalId id = 0; id < signals.size(); ++id) {
    if (IsHeater(signals[id])) heaters_.push_back(id);
  }
  // The default vehicle's own numbers say how far one percent goes.
  const double percent = reporter.Number(charge_, 0);
  displayed_below_ = percent - reporter.Number(displayed_, percent);
  metres_per_percent_ = percent > 0 ? reporter.Number(range_, 0) / percent : 0;
  if (metres_per_percent_ == 0) metres_per_percent_ = 5000;
}

void Energy::Start() {
  const bool from_display = reporter_.IsHeld(displayed_) && !reporter_.IsHeld(charge_);
  percent_ = from_display ? reporter_.Number(displayed_, 50) + displayed_below_ : reporter_.Number(charge_, 50);
  percent_ = std::clamp(percent_, 0.0, 100.0);
  const double capacity = reporter_.Number(capacity_, 0);
  capacity_kwh_ = capacity > 0 ? capacity : 75;
  odometer_m_ = reporter_.Number(odometer_, 0);
  trip_m_ = reporter_.Number(trip_distance_, 0);
  trip_s_ = reporter_.Number(trip_seconds_, 0);
}

double Energy::ConsumersKw(double fan_share) const {
  double kw = kBaseKw + kClimateKw * fan_share;
  for (const SignalId heater : heaters_) kw += kHeaterKw * std::abs(reporter_.Number(heater, 0)) / 100;
  return kw;
}

void Energy::StepCharging(double seconds, double speed_kmh) {
  const Datapoint command = reporter_.store().Get(start_stop_);
  const double limit = reporter_.Number(charge_limit_, 100);
  const bool started = command.current == Value(std::string("START"));
  const bool charging = started && speed_kmh == 0 && reporter_.Number(cable_, 0) != 0 && percent_ < limit;
  if (charging) percent_ = std::min(limit, percent_ + kChargingKw * seconds / 3600 / capacity_kwh_ * 100);
  reporter_.Report(is_charging_, charging);
  reporter_.Report(charging_power_, charging ? kChargingKw : 0);
  reporter_.Report(time_to_complete_, charging ? std::round((limit - percent_) / 100 * capacity_kwh_ / kChargingKw * 60) * 60 : 0);
}

void Energy::StepDistance(double seconds, double speed_kmh) {
  const double metres = speed_kmh / 3.6 * seconds;
  odometer_m_ += metres;
  trip_m_ += metres;
  if (speed_kmh > 0) trip_s_ += seconds;
  reporter_.Report(odometer_, std::floor(odometer_m_));
  reporter_.Report(trip_distance_, std::floor(trip_m_));
  reporter_.Report(trip_seconds_, std::floor(trip_s_));
}

void Energy::Step(double seconds, double speed_kmh, double fan_share) {
  const double consumers_kw = ConsumersKw(fan_share);
  const double kw = consumers_kw + DrivingPowerKw(speed_kmh);
  // Standing, the base load is fed from the small battery: a default vehicle that only waits keeps its charge.
  const double drain_kw = speed_kmh > 0 ? kw : consumers_kw - kBaseKw;
  percent_ = std::max(0.0, percent_ - drain_kw * seconds / 3600 / capacity_kwh_ * 100);
  StepCharging(seconds, speed_kmh);
  StepDistance(seconds, speed_kmh);
  if (reporter_.IsHeld(charge_)) percent_ = reporter_.Number(charge_, percent_);
  reporter_.Report(power_, std::round(drain_kw * 100) * 10);
  ReportCharge();
  // Consumers shorten the range in the measure in which they add to the power of an even drive.
  const double share = kCruisePowerKw / (kCruisePowerKw + consumers_kw - kBaseKw);
  const double metres = std::round(percent_ * metres_per_percent_ * share / 1000) * 1000;
  reporter_.Report(range_, metres);
  reporter_.Report(car_range_, reporter_.Number(range_, metres) + reporter_.Number(fuel_range_, 0));
}

void Energy::ReportCharge() {
  reporter_.Report(charge_, std::round(percent_ * 100) / 100);
  reporter_.Report(displayed_, std::round(std::max(0.0, percent_ - displayed_below_)));
  reporter_.Report(energy_, std::round(percent_ / 100 * capacity_kwh_ * 10) / 10);
}

}  // namespace deepcabin::vehicle
