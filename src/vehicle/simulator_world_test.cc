// The world around and inside the simulated car: air, energy, drives, weather; and the real catalogue.

#include <filesystem>

#include <gtest/gtest.h>

#include "vehicle/vehicle_for_test.h"

namespace deepcabin::vehicle {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kCabin = "Vehicle.Cabin.HVAC.AmbientAirTemperature";
constexpr std::string_view kCharge = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current";
constexpr std::string_view kRange = "Vehicle.Powertrain.TractionBattery.Range";
constexpr std::string_view kFan = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed";
constexpr std::string_view kWanted = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature";
constexpr std::string_view kAc = "Vehicle.Cabin.HVAC.IsAirConditioningActive";

struct Car : TestStore {
  explicit Car(std::uint64_t seed = 1) : simulator(store, seed) {}
  void Run(Nanos time) { simulator.Run(clock, time); }
  Simulator simulator;
};

TEST(CabinTemperature, GoesTowardsTheWeatherAndThere) {
  const CabinAir winter{.outside = -10};
  EXPECT_LT(NextCabinTemperature(22, winter, 60), 22);
  EXPECT_GT(NextCabinTemperature(22, winter, 60), -10);
  EXPECT_NEAR(NextCabinTemperature(22, winter, 1e6), -10, 0.01);
}

TEST(CabinTemperature, DoesNotDependOnTheStep) {
  const CabinAir air{.outside = 35, .sun_gain = 10, .open_share = 0.2, .fan_share = 0.5, .wanted = 21, .cooling = true};
  double fine = 40;
  for (int i = 0; i < 600; ++i) fine = NextCabinTemperature(fine, air, 0.1);
  EXPECT_NEAR(fine, NextCabinTemperature(40, air, 60), 1e-9);
}

TEST(CabinTemperature, ReachesWhatIsWantedAgainstSunAndFrost) {
  const CabinAir summer{.outside = 35, .sun_gain = 15, .fan_share = 1, .wanted = 21, .cooling = true};
  EXPECT_NEAR(NextCabinTemperature(45, summer, 3600), 21, 0.5);
  const CabinAir frost{.outside = -15, .fan_share = 1, .wanted = 23};
  EXPECT_NEAR(NextCabinTemperature(-15, frost, 3600), 23, 0.5);
}

TEST(CabinTemperature, WithoutCompressorNeverColderThanOutside) {
  const CabinAir air{.outside = 30, .fan_share = 1, .wanted = 18};
  EXPECT_GE(NextCabinTemperature(40, air, 3600), 30);
}

TEST(World, OpenWindowsBringTheWeatherIn) {
  Car closed, open;
  for (Car* car : {&closed, &open}) ASSERT_TRUE(car->simulator.SetSensor("Vehicle.Exterior.AirTemperature", Value(0.0)));
  ASSERT_TRUE(open.Actuate(kWindowPath, Value(std::int64_t{100})));
  for (Car* car : {&closed, &open}) car->Run(minutes(3));
  EXPECT_LT(open.Number(kCabin), closed.Number(kCabin) - 3);
  EXPECT_LT(closed.Number(kCabin), 24);
}

TEST(World, ParkedInTheSunGetsHotAndTheAirConditioningCools) {
  Car car;
  ASSERT_TRUE(car.simulator.SelectScenario("parked_in_sun"));
  const double begin = car.Number(kCabin);
  EXPECT_GE(begin, 40);
  car.Run(minutes(10));
  const double hot = car.Number(kCabin);
  EXPECT_GT(hot, begin);
  ASSERT_TRUE(car.Actuate(kAc, Value(true)));
  ASSERT_TRUE(car.Actuate(kFan, Value(std::int64_t{100})));
  ASSERT_TRUE(car.Actuate(kWanted, Value(20.0)));
  car.Run(minutes(3));
  EXPECT_LT(car.Number(kCabin), hot - 5);
  car.Run(minutes(30));
  EXPECT_NEAR(car.Number(kCabin), 20, 4);
}

TEST(World, TheDefaultVehicleChangesNothingWhileItWaits) {
  Car car;
  auto subscription = car.store.Subscribe({});
  car.Run(minutes(10));
  std::vector<Update> updates;
  ASSERT_TRUE((*subscription)->Take(updates, milliseconds(0)));
  for (const Update& update : updates)
    ADD_FAILURE() << car.catalogue.signal(update.signal).path << " " << ValueToString(*update.datapoint.current);
}

TEST(World, DrivingTakesChargeAndRangeAndCountsMetres) {
  Car car;
  ASSERT_TRUE(car.simulator.SetSensor(kSpeedPath, Value(120.0)));
  const double charge = car.Number(kCharge), range = car.Number(kRange), odometer = car.Number("Vehicle.TraveledDistance");
  car.Run(minutes(30));
  EXPECT_NEAR(car.Number("Vehicle.TraveledDistance") - odometer, 60000, 100);
  EXPECT_LT(car.Number(kCharge), charge - 10);
  EXPECT_GT(car.Number(kCharge), charge - 25);
  EXPECT_LT(car.Number(kRange), range - 40000);
}

TEST(World, ConsumersShortenTheRange) {
  Car car;
  ASSERT_TRUE(car.Actuate(kFan, Value(std::int64_t{100})));
  ASSERT_TRUE(car.Actuate("Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling", Value(std::int64_t{100})));
  car.Run(seconds(1));
  EXPECT_LT(car.Number(kRange), 340000);
}

TEST(World, RangeFollowsAChargeSetFromOutside) {
  Car car;
  ASSERT_TRUE(car.simulator.SetSensor(kCharge, Value(33.0)));
  EXPECT_EQ(car.Number(kRange), 175000);
  EXPECT_EQ(car.Number("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"), 32);
  Car other;
  ASSERT_TRUE(other.simulator.SetSensor("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", Value(32.0)));
  EXPECT_EQ(other.Number(kCharge), 33);
}

TEST(World, ChargesOnlyWithTheCableIn) {
  constexpr std::string_view kCommand = "Vehicle.Powertrain.TractionBattery.Charging.StartStopCharging";
  constexpr std::string_view kCharging = "Vehicle.Powertrain.TractionBattery.Charging.IsCharging";
  Car car;
  ASSERT_TRUE(car.Actuate(kCommand, Value(std::string("START"))));
  car.Run(seconds(1));
  EXPECT_EQ(car.Number(kCharging), 0);
  ASSERT_TRUE(car.simulator.SetSensor("Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.AnyPosition.IsChargingCableConnected",
                                      Value(true)));
  car.Run(minutes(60));
  EXPECT_EQ(car.Number(kCharging), 1);
  EXPECT_NEAR(car.Number(kCharge), 66 + 11.0 / 78 * 100, 0.5);
}

TEST(Scenarios, AreTheOnesPromised) {
  EXPECT_EQ(Simulator::ScenarioNames(), (std::vector<std::string>{"parked", "city", "highway", "parked_in_sun", "night_rain"}));
  Car car;
  const Status status = car.simulator.SelectScenario("moon");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(car.simulator.scenario(), "parked");
}

TEST(Scenarios, TheCityStopsAndTheHighwayDoesNot) {
  Car city, highway;
  ASSERT_TRUE(city.simulator.SelectScenario("city"));
  ASSERT_TRUE(highway.simulator.SelectScenario("highway"));
  bool city_stood = false;
  double city_fastest = 0, highway_slowest = 1000, highway_fastest = 0;
  for (int i = 0; i < 1200; ++i) {
    city.Run(milliseconds(500));
    highway.Run(milliseconds(500));
    const double speed = city.Number(kSpeedPath);
    if (speed == 0) {
      city_stood = true;
      EXPECT_EQ(city.Number("Vehicle.Powertrain.Transmission.SelectedGear"), 127);  // at a red light, not parked
    }
    EXPECT_EQ(city.Number("Vehicle.IsMoving"), speed > 0 ? 1 : 0);
    city_fastest = std::max(city_fastest, speed);
    highway_slowest = std::min(highway_slowest, highway.Number(kSpeedPath));
    highway_fastest = std::max(highway_fastest, highway.Number(kSpeedPath));
  }
  EXPECT_TRUE(city_stood);
  EXPECT_GT(city_fastest, 35);
  EXPECT_LE(city_fastest, 55);
  EXPECT_GE(highway_slowest, 99);
  EXPECT_LE(highway_fastest, 120);
}

TEST(Scenarios, NightAndRainAreDarkAndWet) {
  Car car;
  ASSERT_TRUE(car.simulator.SelectScenario("night_rain"));
  double wettest = 0, driest = 100;
  for (int i = 0; i < 300; ++i) {
    car.Run(seconds(1));
    wettest = std::max(wettest, car.Number("Vehicle.Body.Raindetection.Intensity"));
    driest = std::min(driest, car.Number("Vehicle.Body.Raindetection.Intensity"));
  }
  EXPECT_LT(car.Number("Vehicle.Exterior.LightIntensity"), 10);
  EXPECT_EQ(car.Number("Vehicle.DeepCabin.Time.IsNight"), 1);
  EXPECT_GT(driest, 20);
  EXPECT_GT(wettest, driest + 10);
  ASSERT_TRUE(car.simulator.SelectScenario("parked"));
  EXPECT_EQ(car.Number("Vehicle.Body.Raindetection.Intensity"), 0);
  EXPECT_EQ(car.Number("Vehicle.DeepCabin.Time.IsNight"), 0);
}

std::vector<std::string> Replay(std::string_view scenario, std::uint64_t seed) {
  Car car;
  EXPECT_TRUE(car.simulator.SelectScenario(scenario, seed));
  std::vector<std::string> log;
  for (int i = 0; i < 300; ++i) {
    car.Run(seconds(1));
    if (i == 100) {
      EXPECT_TRUE(car.Actuate(kWindowPath, Value(std::int64_t{70})));
    }
    std::string line;
    for (SignalId id = 0; id < car.catalogue.signals().size(); ++id) line += ValueToString(*car.store.Get(id).current) + " ";
    log.push_back(line);
  }
  return log;
}

TEST(Scenarios, ReplayExactlyWithTheirSeed) {
  for (const std::string& name : Simulator::ScenarioNames()) {
    const auto once = Replay(name, 7);
    EXPECT_EQ(once, Replay(name, 7)) << name;
    if (name == "city" || name == "highway" || name == "night_rain") {
      EXPECT_NE(once, Replay(name, 8)) << name;
    }
  }
}

TEST(RealCatalogue, MakesACarThatMoves) {
  auto catalogue = Catalogue::Load(std::filesystem::path(DEEPCABIN_SOURCE_DIR) / "catalogue");
  if (!catalogue) GTEST_SKIP() << catalogue.error().message;
  SimulatedClock clock;
  SignalStore store(*catalogue, clock);
  Simulator simulator(store);
  for (SignalId id = 0; id < catalogue->signals().size(); ++id) {
    ASSERT_TRUE(store.Get(id).current) << catalogue->signal(id).path;
    // What the catalogue gives as default must be legal in its own tree.
    const auto& initial = catalogue->signal(id).initial;
    if (initial) {
      EXPECT_TRUE(store.Publish(std::vector<Publication>{{id, *initial}})) << catalogue->signal(id).path;
    }
  }
  // Whatever can be said through a word of a capability can be written to its signal.
  for (const Interface& interface : catalogue->interfaces()) {
    if (interface.signal == kNoId || catalogue->signal(interface.signal).node != NodeType::kActuator) continue;
    for (const Word& word : catalogue->capability(interface.capability).value.words) {
      const Actuation actuation{interface.signal, word.signal};
      const Status status = safety::GuardedActuator::Of(store).Actuate({&actuation, 1});
      EXPECT_TRUE(status) << status.error().message;
    }
  }
  simulator.Reset();
  const auto window = catalogue->FindSignal(kWindowPath);
  ASSERT_TRUE(window);
  const Actuation actuation{*window, Value(std::int64_t{100})};
  ASSERT_TRUE(safety::GuardedActuator::Of(store).Actuate({&actuation, 1}));
  EXPECT_EQ(simulator.Settle(clock, seconds(30)), seconds(4));
  EXPECT_EQ(store.Number(*window), 100);
  for (const std::string& name : Simulator::ScenarioNames()) {
    ASSERT_TRUE(simulator.SelectScenario(name));
    simulator.Run(clock, minutes(1));
  }
}

}  // namespace
}  // namespace deepcabin::vehicle
