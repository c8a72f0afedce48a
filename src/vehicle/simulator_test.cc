// Actuators, faults and requests from outside. What the world does by itself is tested in simulator_world_test.cc.

#include "vehicle/simulator.h"

#include <thread>

#include <gtest/gtest.h>

#include "vehicle/vehicle_for_test.h"

namespace deepcabin::vehicle {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kDoorOpen = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen";
constexpr std::string_view kDoorPosition = "Vehicle.Cabin.Door.Row1.DriverSide.Position";
constexpr std::string_view kDoorLocked = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked";
constexpr std::string_view kSeatHeating = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling";
constexpr std::string_view kGear = "Vehicle.Powertrain.Transmission.SelectedGear";
constexpr std::string_view kBrake = "Vehicle.Chassis.ParkingBrake.IsEngaged";
constexpr std::string_view kMoving = "Vehicle.IsMoving";

Value Int(std::int64_t number) { return Value(number); }

class SimulatorTest : public testing::Test {
 protected:
  void Step(int count, milliseconds dt = milliseconds(20)) {
    for (int i = 0; i < count; ++i) {
      t_.clock.Advance(dt);
      simulator_.Step(dt);
    }
  }

  TestStore t_;
  Simulator simulator_{t_.store};
};

TEST_F(SimulatorTest, StartsAsTheDefaultVehicleParked) {
  EXPECT_EQ(simulator_.scenario(), "parked");
  EXPECT_EQ(t_.Number(kSpeedPath), 0);
  EXPECT_EQ(t_.Number(kGear), 126);
  EXPECT_EQ(t_.Number(kBrake), 1);
  EXPECT_EQ(t_.Number("Vehicle.Cabin.HVAC.AmbientAirTemperature"), 24);
  EXPECT_EQ(t_.Number("Vehicle.Powertrain.TractionBattery.Range"), 350000);
  EXPECT_FALSE(t_.Get(kWindowPath).target);
}

TEST_F(SimulatorTest, WhatNeedsNoTravelFollowsAtTheNextStep) {
  ASSERT_TRUE(t_.Actuate(kSeatHeating, Int(67)));
  EXPECT_EQ(t_.Number(kSeatHeating), 0);
  Step(1);
  EXPECT_EQ(t_.Number(kSeatHeating), 67);
}

TEST_F(SimulatorTest, AWindowTravelsInFourSeconds) {
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(100)));
  Step(50);
  EXPECT_NEAR(t_.Number(kWindowPath), 25, 1);
  Step(50);
  EXPECT_NEAR(t_.Number(kWindowPath), 50, 1);
  Step(98);
  EXPECT_LT(t_.Number(kWindowPath), 100);
  Step(2);
  EXPECT_EQ(t_.Number(kWindowPath), 100);
}

TEST_F(SimulatorTest, AWindowStopsWhereItIsWhenTold) {
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(100)));
  Step(73);
  const Value here = *t_.Get(kWindowPath).current;
  ASSERT_TRUE(t_.Actuate(kWindowPath, here));
  Step(100);
  EXPECT_EQ(t_.Get(kWindowPath).current, here);
  EXPECT_EQ(simulator_.Settle(t_.clock, seconds(5)), Nanos(0));
}

TEST_F(SimulatorTest, AWindowTurnsRoundOnItsWay) {
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(100)));
  Step(100);
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(20)));
  Step(1);
  EXPECT_LE(t_.Number(kWindowPath), 50);
  Step(60);
  EXPECT_EQ(t_.Number(kWindowPath), 20);
}

TEST_F(SimulatorTest, EveryKindTravelsAtItsOwnSpeed) {
  ASSERT_TRUE(t_.Actuate("Vehicle.DeepCabin.Sunroof.TargetPosition", Int(100)));
  ASSERT_TRUE(t_.Actuate("Vehicle.Cabin.Seat.Row1.DriverSide.Position", Int(220)));
  Step(100);
  EXPECT_NEAR(t_.Number("Vehicle.DeepCabin.Sunroof.TargetPosition"), 33, 1);
  EXPECT_NEAR(t_.Number("Vehicle.Cabin.Seat.Row1.DriverSide.Position"), 160, 1);
}

TEST_F(SimulatorTest, SettleWaitsForAllOnSimulatedTime) {
  const Nanos begin = t_.clock.Now();
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(100)));
  ASSERT_TRUE(t_.Actuate("Vehicle.Cabin.Door.Row2.PassengerSide.Window.Position", Int(50)));
  ASSERT_TRUE(t_.Actuate(kSeatHeating, Int(33)));
  EXPECT_EQ(simulator_.Settle(t_.clock, seconds(30)), seconds(4));
  EXPECT_EQ(t_.clock.Now() - begin, seconds(4));
  EXPECT_EQ(t_.Number(kWindowPath), 100);
  EXPECT_EQ(t_.Number("Vehicle.Cabin.Door.Row2.PassengerSide.Window.Position"), 50);
  EXPECT_EQ(t_.Number(kSeatHeating), 33);
  EXPECT_EQ(t_.Get(kSpeedPath).current_at, t_.clock.Now());  // the car was alive all the time
}

TEST_F(SimulatorTest, SettleKeepsItsLimit) {
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(100)));
  EXPECT_EQ(simulator_.Settle(t_.clock, seconds(1)), seconds(1));
  EXPECT_EQ(t_.Number(kWindowPath), 25);
}

TEST_F(SimulatorTest, ABlockedWindowSticksFromBothSidesUntilFreed) {
  ASSERT_TRUE(simulator_.SetSensor(kWindowPath, Int(100)));
  ASSERT_TRUE(simulator_.Block(kWindowPath, 40));
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(0)));
  const Nanos passed = simulator_.Settle(t_.clock, seconds(30));
  EXPECT_LT(passed, seconds(4));  // does not wait for what is stuck
  EXPECT_EQ(t_.Number(kWindowPath), 40);
  EXPECT_EQ(t_.Get(kWindowPath).target, Int(0));
  ASSERT_TRUE(simulator_.Unblock(kWindowPath));
  simulator_.Settle(t_.clock, seconds(30));
  EXPECT_EQ(t_.Number(kWindowPath), 0);
  ASSERT_TRUE(simulator_.Block(kWindowPath, 40));
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(100)));
  simulator_.Settle(t_.clock, seconds(30));
  EXPECT_EQ(t_.Number(kWindowPath), 40);
  EXPECT_FALSE(simulator_.Block("Vehicle.Nothing", 1));
}

TEST_F(SimulatorTest, ABlockedSwitchDoesNotFollow) {
  ASSERT_TRUE(simulator_.Block(kSeatHeating, 0));
  ASSERT_TRUE(t_.Actuate(kSeatHeating, Int(67)));
  Step(5);
  EXPECT_EQ(t_.Number(kSeatHeating), 0);
  ASSERT_TRUE(simulator_.Unblock(kSeatHeating));
  EXPECT_EQ(t_.Number(kSeatHeating), 67);
}

TEST_F(SimulatorTest, ALockedDoorRefusesToOpen) {
  ASSERT_TRUE(t_.Actuate(kDoorLocked, Value(true)));
  Step(1);
  ASSERT_TRUE(t_.Actuate(kDoorOpen, Value(true)));
  ASSERT_TRUE(t_.Actuate(kDoorPosition, Int(60)));
  EXPECT_EQ(simulator_.Settle(t_.clock, seconds(30)), Nanos(0));
  EXPECT_EQ(t_.Number(kDoorOpen), 0);
  EXPECT_EQ(t_.Number(kDoorPosition), 0);
  EXPECT_EQ(t_.Get(kDoorOpen).target, Value(true));  // what was asked can be told from what happened
  ASSERT_TRUE(t_.Actuate(kDoorLocked, Value(false)));
  Step(100);
  EXPECT_EQ(t_.Number(kDoorOpen), 0);  // unlocking does not make it jump open
  ASSERT_TRUE(t_.Actuate(kDoorOpen, Value(true)));
  simulator_.Settle(t_.clock, seconds(30));
  EXPECT_EQ(t_.Number(kDoorOpen), 1);
}

TEST_F(SimulatorTest, ALockedDoorWithoutAMotorRefusesAsWellAndStillCloses) {
  constexpr std::string_view kOpen = "Vehicle.Cabin.Door.Row1.PassengerSide.IsOpen";
  ASSERT_TRUE(simulator_.SetState(Json{{kOpen, true}, {"Vehicle.Cabin.Door.Row1.PassengerSide.IsLocked", true}}));
  ASSERT_TRUE(t_.Actuate(kOpen, Value(false)));
  Step(1);
  EXPECT_EQ(t_.Number(kOpen), 0);
  ASSERT_TRUE(t_.Actuate(kOpen, Value(true)));
  Step(10);
  EXPECT_EQ(t_.Number(kOpen), 0);
}

TEST_F(SimulatorTest, ADoorToldToOpenMovesItsPosition) {
  ASSERT_TRUE(t_.Actuate(kDoorOpen, Value(true)));
  Step(50);
  EXPECT_NEAR(t_.Number(kDoorPosition), 25, 1);
  EXPECT_EQ(t_.Number(kDoorOpen), 1);
  EXPECT_EQ(t_.Get(kDoorPosition).target, Int(100));
  ASSERT_TRUE(t_.Actuate(kDoorPosition, Int(0)));
  Step(100);
  EXPECT_EQ(t_.Number(kDoorOpen), 0);
  EXPECT_EQ(t_.Get(kDoorOpen).target, Value(false));
}

TEST_F(SimulatorTest, ASpeedFromOutsideMakesTheCarDrive) {
  ASSERT_TRUE(simulator_.SetSensor(kSpeedPath, Value(80.0)));
  EXPECT_EQ(t_.Number(kMoving), 1);
  EXPECT_EQ(t_.Number(kGear), 127);
  EXPECT_EQ(t_.Number(kBrake), 0);
  Step(100);
  EXPECT_EQ(t_.Number(kSpeedPath), 80);  // the parked scenario does not take it back
  ASSERT_TRUE(simulator_.SetSensor(kSpeedPath, Value(0.0)));
  EXPECT_EQ(t_.Number(kMoving), 0);
  EXPECT_EQ(t_.Number(kGear), 126);
  EXPECT_EQ(t_.Number(kBrake), 1);
}

TEST_F(SimulatorTest, WhatWasSetItselfIsNotMadeConsistent) {
  ASSERT_TRUE(simulator_.SetState(Json{{kSpeedPath, 80}, {kGear, 126}, {kMoving, false}}));
  EXPECT_EQ(t_.Number(kGear), 126);
  EXPECT_EQ(t_.Number(kMoving), 0);
  EXPECT_EQ(t_.Number(kBrake), 0);
  Step(10);
  EXPECT_EQ(t_.Number(kGear), 126);
  EXPECT_EQ(t_.Number(kMoving), 0);
}

TEST_F(SimulatorTest, AScenarioEndsWhatWasSetFromOutside) {
  ASSERT_TRUE(simulator_.SetState(Json{{kSpeedPath, 80}, {"Vehicle.Exterior.AirTemperature", -7.5}}));
  Step(10);
  EXPECT_EQ(t_.Number("Vehicle.Exterior.AirTemperature"), -7.5);
  ASSERT_TRUE(simulator_.SelectScenario("parked"));
  EXPECT_EQ(t_.Number(kSpeedPath), 0);
  EXPECT_EQ(t_.Number(kGear), 126);
  EXPECT_EQ(t_.Number("Vehicle.Exterior.AirTemperature"), 22);
}

TEST_F(SimulatorTest, AStateIsAllOrNothing) {
  const std::vector<std::pair<Json, ErrorCode>> cases{
      {Json::array({1}), ErrorCode::kInvalidArgument},
      {Json{{kSpeedPath, 30}, {"Vehicle.Nothing", 1}}, ErrorCode::kNotFound},
      {Json{{kSpeedPath, 30}, {kWindowPath, 101}}, ErrorCode::kOutOfRange},
      {Json{{kSpeedPath, 30}, {kWindowPath, "open"}}, ErrorCode::kInvalidArgument},
      {Json{{kSpeedPath, 999}}, ErrorCode::kOutOfRange},
  };
  for (const auto& [state, code] : cases) {
    const Status status = simulator_.SetState(state);
    ASSERT_FALSE(status) << state;
    EXPECT_EQ(status.error().code, code) << status.error().message;
    EXPECT_EQ(t_.Number(kSpeedPath), 0) << state;
  }
}

TEST_F(SimulatorTest, AnActuatorSetFromOutsideStaysUntilActuated) {
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(100)));
  Step(10);
  ASSERT_TRUE(simulator_.SetSensor(kWindowPath, Int(40)));
  Step(100);
  EXPECT_EQ(t_.Number(kWindowPath), 40);
  EXPECT_FALSE(t_.Get(kWindowPath).target);
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(60)));
  simulator_.Settle(t_.clock, seconds(30));
  EXPECT_EQ(t_.Number(kWindowPath), 60);
}

TEST_F(SimulatorTest, ADoorSetOpenFromOutsideStandsOpen) {
  ASSERT_TRUE(simulator_.SetSensor(kDoorOpen, Value(true)));
  EXPECT_EQ(t_.Number(kDoorPosition), 100);
  ASSERT_TRUE(t_.Actuate(kDoorOpen, Value(false)));
  simulator_.Settle(t_.clock, seconds(30));
  EXPECT_EQ(t_.Number(kDoorPosition), 0);
  EXPECT_EQ(t_.Number(kDoorOpen), 0);
}

TEST_F(SimulatorTest, SignalsStayFreshUnlessFrozen) {
  constexpr auto kStale = milliseconds(500);
  Step(200);
  for (SignalId id = 0; id < t_.catalogue.signals().size(); ++id) {
    EXPECT_LT(t_.clock.Now() - t_.store.Get(id).current_at, kStale) << t_.catalogue.signal(id).path;
  }
  ASSERT_TRUE(simulator_.SelectScenario("city"));
  ASSERT_TRUE(simulator_.Freeze(kSpeedPath));
  const double frozen_at = t_.Number(kSpeedPath);
  Step(500);
  EXPECT_GT(t_.clock.Now() - t_.Get(kSpeedPath).current_at, kStale);
  EXPECT_EQ(t_.Number(kSpeedPath), frozen_at);
  EXPECT_LT(t_.clock.Now() - t_.Get(kMoving).current_at, kStale);
  ASSERT_TRUE(simulator_.Thaw(kSpeedPath));
  Step(1);
  EXPECT_LT(t_.clock.Now() - t_.Get(kSpeedPath).current_at, kStale);
}

TEST_F(SimulatorTest, ResetForgetsEverything) {
  ASSERT_TRUE(simulator_.SelectScenario("highway"));
  ASSERT_TRUE(simulator_.SetSensor("Vehicle.Exterior.AirTemperature", Value(-5.0)));
  ASSERT_TRUE(simulator_.Freeze(kMoving));
  ASSERT_TRUE(simulator_.Block(kWindowPath, 40));
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(100)));
  Step(20);
  ASSERT_TRUE(t_.Actuate(kSeatHeating, Int(100)));
  simulator_.Reset();
  TestStore fresh;
  Simulator fresh_simulator(fresh.store);
  Step(50);
  fresh.clock.Advance(seconds(1));
  for (int i = 0; i < 50; ++i) fresh_simulator.Step(milliseconds(20));
  for (SignalId id = 0; id < t_.catalogue.signals().size(); ++id) {
    EXPECT_EQ(t_.store.Get(id).current, fresh.store.Get(id).current) << t_.catalogue.signal(id).path;
    EXPECT_EQ(t_.store.Get(id).target, fresh.store.Get(id).target) << t_.catalogue.signal(id).path;
    EXPECT_EQ(t_.store.Get(id).current_at, t_.clock.Now()) << t_.catalogue.signal(id).path;
  }
  ASSERT_TRUE(t_.Actuate(kWindowPath, Int(100)));
  simulator_.Settle(t_.clock, seconds(30));
  EXPECT_EQ(t_.Number(kWindowPath), 100);  // nothing blocks it any more
}

// The real-time thread, a person who asks, one who sets signals and one who watches; ends when the window has arrived.
TEST(SimulatorThread, RunsBesideEverybodyElse) {
  const Catalogue catalogue = SmallCatalogue();
  const SystemClock clock;
  SignalStore store(catalogue, clock);
  Simulator simulator(store);
  const SignalId window = *catalogue.FindSignal(kWindowPath);
  auto subscription = store.Subscribe({&window, 1});
  SimulatorThread thread(simulator);
  std::jthread outside([&] {
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(simulator.SetSensor(kSpeedPath, Value(static_cast<double>(i % 90))));
      ASSERT_TRUE(simulator.SelectScenario(i % 2 == 0 ? "city" : "night_rain"));
    }
  });
  const Actuation actuation{window, Int(10)};
  ASSERT_TRUE(safety::GuardedActuator::Of(store).Actuate({&actuation, 1}));
  std::vector<Update> updates;
  std::optional<Value> seen;
  while (seen != Int(10)) {
    ASSERT_TRUE((*subscription)->Take(updates, std::chrono::minutes(1)));
    if (!updates.empty()) seen = updates.back().datapoint.current;
  }
}

}  // namespace
}  // namespace deepcabin::vehicle
