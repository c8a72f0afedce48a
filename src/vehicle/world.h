#pragma once
// Everything of the simulated car that no actuator moves: the drive, the weather, the cabin's air, the energy.

#include <cstdint>
#include <vector>

#include "vehicle/climate.h"
#include "vehicle/energy.h"
#include "vehicle/reporter.h"
#include "vehicle/scenario.h"

namespace deepcabin::vehicle {

// Not thread-safe: the simulator holds its lock.
class World {
 public:
  explicit World(Reporter& reporter);

  // Begins `scenario` (one of Scenarios()): reports its weather, and the car as standing or driving.
  void Start(const Scenario& scenario, std::uint64_t seed);
  // Goes on by `seconds`, at most kStepSecondsMax of them at a time.
  void Step(double seconds);
  // Makes the rest consistent with what was just set from outside: a car with a speed moves, in D, with the brake released.
  void Adapt();

  static constexpr double kStepSecondsMax = 60;

 private:
  double Speed() const;
  void ReportDrive(bool is_start);

  Reporter& reporter_;
  Climate climate_;
  Energy energy_;
  const Scenario* scenario_;
  DriveProfile drive_;
  RainProfile rain_;
  double usual_outside_ = 22;  // of the default vehicle
  bool in_drive_ = false;      // D, not P
  double speed_before_ = 0;
  SignalId speed_, is_moving_, gear_, selected_gear_, park_lock_, parking_brake_, ignition_, belt_, acceleration_;
  SignalId outside_, light_, cabin_light_, rain_signal_, is_night_, is_on_highway_, speed_limit_;
};

}  // namespace deepcabin::vehicle
