#pragma once
// Where the energy goes and what is left: charge, range, distance, charging.

#include <vector>

#include "vehicle/reporter.h"

namespace deepcabin::vehicle {

// Power at the battery for driving at a steady speed: rolling resistance and air of a two-ton car, in kW.
double DrivingPowerKw(double speed_kmh);

// Not thread-safe.
class Energy {
 public:
  explicit Energy(Reporter& reporter);

  // Takes up from what the signals say now. Call when the vehicle was reset or someone set a signal.
  void Start();
  // `fan_share`: how hard the climate system works, 0 to 1.
  void Step(double seconds, double speed_kmh, double fan_share);

 private:
  double ConsumersKw(double fan_share) const;
  void StepCharging(double seconds, double speed_kmh);
  void StepDistance(double seconds, double speed_kmh);
  void ReportCharge();

  Reporter& reporter_;
  SignalId charge_, displayed_, energy_, range_, car_range_, fuel_range_, capacity_, power_;
  SignalId start_stop_, cable_, is_charging_, charging_power_, charge_limit_, time_to_complete_;
  SignalId odometer_, trip_distance_, trip_seconds_;
  std::vector<SignalId> heaters_;
  double displayed_below_ = 0;     // the display shows this much less than the physical charge
  double metres_per_percent_ = 0;  // of the default vehicle
  double capacity_kwh_ = 75;
  double percent_ = 0, odometer_m_ = 0, trip_m_ = 0, trip_s_ = 0;
};

}  // namespace deepcabin::vehicle
