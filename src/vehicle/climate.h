#pragma once
// The air in the cabin: it drifts towards the air outside (warmer by the sun), faster through open windows, and towards what the climate
// system blows.

#include <vector>

#include "vehicle/reporter.h"

namespace deepcabin::vehicle {

// What acts on the cabin's air. Temperatures in Celsius, shares 0 to 1.
struct CabinAir {
  double outside = 22;
  double sun_gain = 0;    // what the sun adds to a closed, standing cabin
  double open_share = 0;  // of all windows and the roof
  double speed_kmh = 0;
  double fan_share = 0;  // 0: the climate system is off
  double wanted = 22;
  bool cooling = false;  // the compressor may run: without it the cabin cannot become colder than outside
};

// The cabin's temperature `seconds` later; exact for constant conditions, so any step is stable.
double NextCabinTemperature(double now, const CabinAir& air, double seconds);

// Reads the climate system and the windows of the car and reports the cabin's temperature. Not thread-safe.
class Climate {
 public:
  explicit Climate(Reporter& reporter);

  void Start(double sun_gain_celsius, std::optional<double> cabin_celsius);
  void Step(double seconds);
  double fan_share() const { return fan_share_; }

 private:
  struct Station {
    SignalId is_on = kNoId, temperature = kNoId, fan = kNoId;
  };

  double ReadStations(CabinAir& air) const;

  Reporter& reporter_;
  SignalId cabin_, outside_, speed_, ac_;
  std::vector<Station> stations_;
  std::vector<SignalId> openings_;
  double sun_gain_ = 0, fan_share_ = 0;
  double temperature_ = 0;  // finer than what is reported
};

}  // namespace deepcabin::vehicle
