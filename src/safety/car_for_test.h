#pragma once
// What the tests of this room share: the real catalogue and policy, loaded once, and a parked, healthy car.

#include <gtest/gtest.h>

#include "safety/broker_for_test.h"
#include "safety/guard.h"

namespace deepcabin::safety {

inline const Catalogue& RealCatalogue() {
  static const Catalogue catalogue = [] {
    auto loaded = Catalogue::Load(DEEPCABIN_SOURCE_DIR "/catalogue");
    if (!loaded) ADD_FAILURE() << loaded.error().message;
    return std::move(loaded).value();
  }();
  return catalogue;
}

inline const Guard& RealGuard() {
  static const Guard guard = [] {
    auto loaded = Guard::Load(DEEPCABIN_SOURCE_DIR "/policy", RealCatalogue());
    if (!loaded) ADD_FAILURE() << loaded.error().message;
    return std::move(loaded).value();
  }();
  return guard;
}

// Parked, in daylight and dry, no child, everything known.
inline PolicyState ParkedState() {
  return {.motion = Motion::kParked,
          .speed_kmh = 0,
          .dark = false,
          .raining = false,
          .child_present = false,
          .child_in_row1_right = false,
          .window_lock = false,
          .anti_pinch = true,
          .power_on = true,
          .crashed = false,
          .cruise_active = false};
}
inline PolicyState CreepState() {
  PolicyState state = ParkedState();
  state.motion = Motion::kCreep;
  state.speed_kmh = 3;
  return state;
}
inline PolicyState MovingState(double kmh = 60) {
  PolicyState state = ParkedState();
  state.motion = Motion::kMoving;
  state.speed_kmh = kmh;
  return state;
}

inline InterfaceId InterfaceOf(std::string_view capability, Zone zone = Zone::kWhole) {
  const Capability* found = RealCatalogue().FindCapability(capability);
  EXPECT_NE(found, nullptr) << capability;
  if (found == nullptr) return kNoId;
  const InterfaceId id = RealCatalogue().FindInterface(found->id, zone);
  EXPECT_NE(id, kNoId) << capability << " " << ZoneName(zone);
  return id;
}

inline void Drive(FakeBroker& broker, double kmh) {
  broker.Report("Vehicle.Speed", kmh);
  broker.Report("Vehicle.IsMoving", kmh > 0);
  broker.Report("Vehicle.Powertrain.Transmission.CurrentGear", std::int64_t{1});
  broker.Report("Vehicle.Powertrain.Transmission.SelectedGear", std::int64_t{127});
}
inline void Park(FakeBroker& broker) {
  broker.Report("Vehicle.Speed", 0.0);
  broker.Report("Vehicle.IsMoving", false);
  broker.Report("Vehicle.Powertrain.Transmission.CurrentGear", std::int64_t{0});
  broker.Report("Vehicle.Powertrain.Transmission.SelectedGear", std::int64_t{126});
  broker.Report("Vehicle.Chassis.ParkingBrake.IsEngaged", true);
}

}  // namespace deepcabin::safety
