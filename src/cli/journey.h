#pragma once
// The simulated car on the map: while a trip is under way it drives along it as fast as the speedometer says, and reports where it is.

#include "base/clock.h"
#include "skills/navigation.h"
#include "vehicle/simulator.h"

namespace deepcabin::cli {

// One thread at a time.
class Journey {
 public:
  // All outlive it.
  Journey(skills::Navigation& navigation, vehicle::Simulator& simulator, const vehicle::SignalReader& signals, const Catalogue& catalogue,
          const Clock& clock)
      : navigation_(navigation), simulator_(simulator), signals_(signals), catalogue_(catalogue), clock_(clock), last_(clock.Now()) {}

  // Drives on to the present moment. Whoever arrives is guided no more. True when a trip ended with it.
  bool Step();

 private:
  double Number(std::string_view path, double otherwise) const;

  skills::Navigation& navigation_;
  vehicle::Simulator& simulator_;
  const vehicle::SignalReader& signals_;
  const Catalogue& catalogue_;
  const Clock& clock_;
  Nanos last_;
  bool guiding_ = false;
};

}  // namespace deepcabin::cli
