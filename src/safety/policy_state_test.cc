#include <gtest/gtest.h>

#include "safety/car_for_test.h"

namespace deepcabin::safety {
namespace {

using std::chrono::milliseconds;

class PolicyStateTest : public testing::Test {
 protected:
  PolicyStateTest() { Park(broker_); }
  Motion Seen() const { return reader_.Read().motion; }
  void Wait(int ms) {
    clock_.Advance(milliseconds(ms));
    broker_.Refresh();
  }

  SimulatedClock clock_;
  FakeBroker broker_{RealCatalogue(), clock_};
  PolicyStateReader reader_{broker_, clock_};
};

TEST_F(PolicyStateTest, TheDefaultCarIsParkedAndHealthy) {
  const PolicyState state = reader_.Read();
  EXPECT_EQ(state.motion, Motion::kParked);
  EXPECT_EQ(state.speed_kmh, 0);
  EXPECT_TRUE(state.power_on);
  EXPECT_TRUE(state.anti_pinch);
  EXPECT_FALSE(state.child_present);
  EXPECT_FALSE(state.window_lock);
  EXPECT_FALSE(state.raining);
  EXPECT_FALSE(state.dark);
  EXPECT_FALSE(state.crashed);
}

TEST_F(PolicyStateTest, MotionFromSpeedAndGear) {
  struct Case {
    double kmh;
    bool is_moving;
    int current, selected;
    bool brake;
    Motion expected;
  };
  const Case cases[] = {
      {0, false, 0, 126, true, Motion::kParked},   {0, false, 0, 126, false, Motion::kParked},  {0, false, 0, 0, true, Motion::kParked},
      {0, false, 0, 0, false, Motion::kCreep},     {0, false, 1, 127, false, Motion::kCreep},   {0, false, 0, 127, true, Motion::kCreep},
      {0, false, -1, -1, false, Motion::kCreep},   {4, true, 1, 127, false, Motion::kCreep},    {5, true, 1, 127, false, Motion::kCreep},
      {5.1, true, 1, 127, false, Motion::kMoving}, {-30, true, -1, -1, false, Motion::kMoving}, {80, false, 0, 126, true, Motion::kMoving},
      {0, true, 0, 126, true, Motion::kMoving},    // wheels turn, speed is stuck at zero (F31)
      {3, true, 0, 126, true, Motion::kMoving},    // rolls in park
      {3, false, 1, 127, false, Motion::kMoving},  // has speed, does not move
      {0, false, 1, 126, false, Motion::kMoving},  // in first gear and in park
  };
  for (const Case& c : cases) {
    FakeBroker broker(RealCatalogue(), clock_);
    broker.Report("Vehicle.Speed", c.kmh);
    broker.Report("Vehicle.IsMoving", c.is_moving);
    broker.Report("Vehicle.Powertrain.Transmission.CurrentGear", std::int64_t{c.current});
    broker.Report("Vehicle.Powertrain.Transmission.SelectedGear", std::int64_t{c.selected});
    broker.Report("Vehicle.Chassis.ParkingBrake.IsEngaged", c.brake);
    EXPECT_EQ(PolicyStateReader(broker, clock_).Read().motion, c.expected) << c.kmh << " km/h, gear " << c.current << "/" << c.selected;
  }
}

TEST_F(PolicyStateTest, MissingOrStaleMotionIsMovingAtUnknownSpeed) {
  for (const char* path : {"Vehicle.Speed", "Vehicle.IsMoving"}) {
    FakeBroker broker(RealCatalogue(), clock_);
    Park(broker);
    broker.Forget(path);
    EXPECT_EQ(PolicyStateReader(broker, clock_).Read().motion, Motion::kMoving) << path;
  }
  clock_.Advance(milliseconds(501));
  EXPECT_EQ(Seen(), Motion::kMoving);
  EXPECT_GT(reader_.Read().speed_kmh, 1000);
  broker_.Refresh();
  EXPECT_EQ(Seen(), Motion::kParked);  // silence is no evidence of movement: no second of calm is needed
}

TEST_F(PolicyStateTest, OneSecondOfCalmBeforeParkedNoneBeforeMoving) {
  Drive(broker_, 60);
  EXPECT_EQ(Seen(), Motion::kMoving);
  Park(broker_);
  EXPECT_EQ(Seen(), Motion::kMoving);
  Wait(999);
  EXPECT_EQ(Seen(), Motion::kMoving);
  Wait(1);
  EXPECT_EQ(Seen(), Motion::kParked);
  Drive(broker_, 3);
  EXPECT_EQ(Seen(), Motion::kCreep);
  Park(broker_);
  EXPECT_EQ(Seen(), Motion::kCreep);
  reader_.Forget();
  EXPECT_EQ(Seen(), Motion::kParked);
}

// F31: the gear flaps between P and D ten times a second; nobody may take a lucky moment for parked.
TEST_F(PolicyStateTest, FlappingNeverReadsParked) {
  Drive(broker_, 0);
  EXPECT_NE(Seen(), Motion::kParked);
  for (int i = 0; i < 50; ++i) {
    if (i % 2 == 0) Park(broker_);
    else Drive(broker_, 0);
    EXPECT_NE(Seen(), Motion::kParked) << i;
    Wait(100);
  }
}

TEST_F(PolicyStateTest, UnknownReadsStrict) {
  for (const SignalSpec& signal : RealCatalogue().signals()) broker_.Forget(signal.path);
  const PolicyState state = reader_.Read();
  EXPECT_EQ(state.motion, Motion::kMoving);
  EXPECT_TRUE(state.dark);
  EXPECT_TRUE(state.raining);
  EXPECT_TRUE(state.child_present);
  EXPECT_TRUE(state.child_in_row1_right);
  EXPECT_TRUE(state.window_lock);
  EXPECT_FALSE(state.anti_pinch);
  EXPECT_FALSE(state.power_on);
  EXPECT_FALSE(state.cruise_active);
}

TEST_F(PolicyStateTest, ReadsTheCabin) {
  broker_.Report("Vehicle.DeepCabin.Occupant.Row2.Middle.IsChild", true);
  broker_.Report("Vehicle.DeepCabin.Window.Row2.DriverSide.IsPinchDetected", true);
  broker_.Report("Vehicle.Exterior.LightIntensity", 5.0);
  broker_.Report("Vehicle.Body.Raindetection.Intensity", std::int64_t{30});
  broker_.Report("Vehicle.LowVoltageSystemState", std::string("OFF"));
  broker_.Report("Vehicle.ADAS.CruiseControl.IsActive", true);
  const PolicyState state = reader_.Read();
  EXPECT_TRUE(state.child_present);
  EXPECT_FALSE(state.child_in_row1_right);
  EXPECT_FALSE(state.anti_pinch);
  EXPECT_TRUE(state.dark);
  EXPECT_TRUE(state.raining);
  EXPECT_FALSE(state.power_on);
  EXPECT_TRUE(state.cruise_active);
}

}  // namespace
}  // namespace deepcabin::safety
