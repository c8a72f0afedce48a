#include "vehicle/world.h"

#include <algorithm>
#include <cmath>

namespace deepcabin::vehicle {
namespace {

// VSS: SelectedGear counts 126 as park and 127 as drive; CurrentGear knows only neutral (0) and the gears.
constexpr double kPark = 126, kDrive = 127, kNoGear = 0, kFirstGear = 1;
constexpr double kCabinLightShare = 0.75;  // of the light outside, through the glass

}  // namespace

World::World(Reporter& reporter)
    : reporter_(reporter), climate_(reporter), energy_(reporter), scenario_(&Scenarios().front()), drive_(Driving::kParked, 0),
      rain_(0, 0) {
  const auto find = [&](std::string_view path) { return reporter.Find(path); };
  speed_ = find("Vehicle.Speed");
  is_moving_ = find("Vehicle.IsMoving");
  gear_ = find("Vehicle.Powertrain.Transmission.CurrentGear");
  selected_gear_ = find("Vehicle.Powertrain.Transmission.SelectedGear");
  park_lock_ = find("Vehicle.Powertrain.Transmission.IsParkLockEngaged");
  parking_brake_ = find("Vehicle.Chassis.ParkingBrake.IsEngaged");
  ignition_ = find("Vehicle.LowVoltageSystemState");
  belt_ = find("Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted");
  acceleration_ = find("Vehicle.Acceleration.Longitudinal");
  outside_ = find("Vehicle.Exterior.AirTemperature");
  light_ = find("Vehicle.Exterior.LightIntensity");
  cabin_light_ = find("Vehicle.Cabin.Light.PerceivedAmbientLight");
  rain_signal_ = find("Vehicle.Body.Raindetection.Intensity");
  is_night_ = find("Vehicle.DeepCabin.Time.IsNight");
  is_on_highway_ = find("Vehicle.DeepCabin.Location.IsOnHighway");
  speed_limit_ = find("Vehicle.DeepCabin.Location.SpeedLimit");
  usual_outside_ = reporter.Number(outside_, 22);
}

void World::Start(const Scenario& scenario, std::uint64_t seed) {
  scenario_ = &scenario;
  drive_ = DriveProfile(scenario.driving, seed);
  rain_ = RainProfile(scenario.rain_percent, seed + 1);
  reporter_.Report(outside_, scenario.outside_celsius.value_or(usual_outside_));
  reporter_.Report(light_, scenario.light_percent);
  reporter_.Report(rain_signal_, scenario.rain_percent);
  reporter_.Report(is_night_, scenario.night);
  reporter_.Report(is_on_highway_, scenario.driving == Driving::kHighway);
  reporter_.Report(speed_limit_, scenario.speed_limit_kmh);
  climate_.Start(scenario.sun_gain_celsius, scenario.cabin_celsius);
  energy_.Start();
  speed_before_ = drive_.speed_kmh();
  reporter_.Report(speed_, drive_.speed_kmh());
  ReportDrive(true);
  Step(0);
}

double World::Speed() const { return reporter_.Number(speed_, drive_.speed_kmh()); }

void World::ReportDrive(bool is_start) {
  const double speed = Speed();
  reporter_.Report(is_moving_, speed > 0);
  // A speed set from outside tells whether the car drives; otherwise the scenario does, which also stands at red lights in D.
  const bool scenario_drives = scenario_->driving != Driving::kParked && !reporter_.IsHeld(speed_);
  const bool in_drive = speed > 0 || scenario_drives;
  // Only at the change: the gear is an actuator, and who has the right to may move it in between.
  if (in_drive == in_drive_ && !is_start) return;
  in_drive_ = in_drive;
  reporter_.Report(gear_, in_drive ? kFirstGear : kNoGear);
  reporter_.Report(selected_gear_, in_drive ? kDrive : kPark);
  reporter_.Report(park_lock_, !in_drive);
  reporter_.Report(parking_brake_, !in_drive);
  reporter_.Report(belt_, in_drive);
  if (in_drive) reporter_.Report(ignition_, "ON");
}

void World::Adapt() {
  ReportDrive(false);
  speed_before_ = Speed();
  energy_.Start();
  Step(0);
}

void World::Step(double seconds) {
  seconds = std::clamp(seconds, 0.0, kStepSecondsMax);
  reporter_.Report(speed_, std::round(drive_.Step(seconds) * 10) / 10);
  const double speed = Speed();
  ReportDrive(false);
  if (seconds > 0) reporter_.Report(acceleration_, std::round((speed - speed_before_) / 3.6 / seconds * 10) / 10);
  speed_before_ = speed;
  if (scenario_->rain_percent > 0) reporter_.Report(rain_signal_, rain_.Step(seconds));
  reporter_.Report(cabin_light_, reporter_.Number(light_, 0) * kCabinLightShare);
  climate_.Step(seconds);
  energy_.Step(seconds, speed, climate_.fan_share());
}

}  // namespace deepcabin::vehicle
