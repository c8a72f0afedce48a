#pragma once
// The simulated car on the map: while a trip is under way it drives along it as fast as the speedometer says, and reports where it is.

#include "agent/services/navigation.h"
#include "base/clock.h"
#include "vehicle/simulator.h"

namespace deepcabin::cli {

// One thread at a time.
class Journey {
 public:
  // All outlive it.
  Journey(skills::Navigation& navigation, const agent::NavigationService& car, vehicle::Simulator& simulator, const Clock& clock)
      : navigation_(navigation), car_(car), simulator_(simulator), clock_(clock), last_(clock.Now()) {}

  // Drives on to the present moment. Whoever arrives is guided no more. True when a trip ended with it.
  bool Step();

 private:
  skills::Navigation& navigation_;
  const agent::NavigationService& car_;  // knows where it is and how fast
  vehicle::Simulator& simulator_;
  const Clock& clock_;
  Nanos last_;
  bool guiding_ = false;
};

}  // namespace deepcabin::cli
