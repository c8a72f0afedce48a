#pragma once
// What the tests of this room share: a small car, and a stand-in for the safety room, which alone can make the key to the actuators. (The
// real GuardedActuator is not linked here; a program that includes both does not compile.)

#include <string>
#include <string_view>

#include "vehicle/simulator.h"

namespace deepcabin::safety {

class GuardedActuator {
 public:
  static vehicle::RawActuator& Of(vehicle::Broker& broker) { return broker.actuator(vehicle::ActuatorKey()); }
};

}  // namespace deepcabin::safety

namespace deepcabin::vehicle {

inline Catalogue SmallCatalogue() {
  constexpr std::string_view kText = R"(
area: test
signals:
  - {path: Vehicle.Speed, type: float, unit: km/h, max: 250, default: 0}
  - {path: Vehicle.IsMoving, type: boolean}
  - {path: Vehicle.Powertrain.Transmission.CurrentGear, type: int8, default: 0}
  - {path: Vehicle.Powertrain.Transmission.SelectedGear, node: actuator, type: int8, default: 126}
  - {path: Vehicle.Chassis.ParkingBrake.IsEngaged, node: actuator, type: boolean, default: true}
  - {path: Vehicle.LowVoltageSystemState, type: string, allowed: [UNDEFINED, "OFF", "ON"], default: "ON"}
  - {path: Vehicle.Exterior.AirTemperature, type: float, unit: celsius, default: 22}
  - {path: Vehicle.Exterior.LightIntensity, type: float, unit: percent, min: 0, max: 100, default: 80}
  - {path: Vehicle.Body.Raindetection.Intensity, type: uint8, unit: percent, max: 100}
  - {path: Vehicle.DeepCabin.Time.IsNight, type: boolean}
  - {path: Vehicle.Cabin.HVAC.AmbientAirTemperature, type: float, unit: celsius, default: 24}
  - {path: Vehicle.Cabin.HVAC.IsAirConditioningActive, node: actuator, type: boolean}
  - {path: Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature, node: actuator, type: float, unit: celsius, min: 16, max: 32, default: 22}
  - {path: Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed, node: actuator, type: uint8, unit: percent, min: 0, max: 100}
  - {path: Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling, node: actuator, type: int8, unit: percent, min: -100, max: 100}
  - {path: Vehicle.Cabin.Seat.Row1.DriverSide.Position, node: actuator, type: uint16, unit: mm, min: 0, max: 250, default: 120}
  - {path: Vehicle.Cabin.Door.Row1.DriverSide.Window.Position, node: actuator, type: uint8, unit: percent, min: 0, max: 100}
  - {path: Vehicle.Cabin.Door.Row1.PassengerSide.Window.Position, node: actuator, type: uint8, unit: percent, min: 0, max: 100}
  - {path: Vehicle.Cabin.Door.Row2.DriverSide.Window.Position, node: actuator, type: uint8, unit: percent, min: 0, max: 100}
  - {path: Vehicle.Cabin.Door.Row2.PassengerSide.Window.Position, node: actuator, type: uint8, unit: percent, min: 0, max: 100}
  - {path: Vehicle.Cabin.Door.Row1.DriverSide.IsOpen, node: actuator, type: boolean}
  - {path: Vehicle.Cabin.Door.Row1.DriverSide.Position, node: actuator, type: uint8, unit: percent, min: 0, max: 100}
  - {path: Vehicle.Cabin.Door.Row1.DriverSide.IsLocked, node: actuator, type: boolean}
  - {path: Vehicle.Cabin.Door.Row1.PassengerSide.IsOpen, node: actuator, type: boolean}
  - {path: Vehicle.Cabin.Door.Row1.PassengerSide.IsLocked, node: actuator, type: boolean}
  - {path: Vehicle.DeepCabin.Sunroof.TargetPosition, node: actuator, type: int8, unit: percent, min: -100, max: 100}
  - {path: Vehicle.Powertrain.TractionBattery.StateOfCharge.Current, type: float, unit: percent, min: 0, max: 100, default: 66}
  - {path: Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed, type: float, unit: percent, min: 0, max: 100, default: 65}
  - {path: Vehicle.Powertrain.TractionBattery.Range, type: uint32, unit: m, default: 350000}
  - {path: Vehicle.Powertrain.TractionBattery.NetCapacity, type: uint16, unit: kWh, default: 78}
  - {path: Vehicle.Powertrain.TractionBattery.Charging.StartStopCharging, node: actuator, type: string, allowed: [START, STOP], default: STOP}
  - {path: Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.AnyPosition.IsChargingCableConnected, type: boolean}
  - {path: Vehicle.Powertrain.TractionBattery.Charging.IsCharging, type: boolean}
  - {path: Vehicle.TraveledDistance, type: uint32, unit: m, default: 12345000}
  - {path: Vehicle.Cabin.Light.Mode, node: actuator, type: string, allowed: [CALM, WILD]}
  - {path: Vehicle.Cabin.Sticker, node: actuator, type: string}
  - {path: Vehicle.Cabin.Names, node: attribute, type: "string[]"}
)";
  auto catalogue = Catalogue::Parse({{"test.yaml", std::string(kText)}});
  if (!catalogue) CheckFailed(__FILE__, __LINE__, catalogue.error().message.c_str());
  return std::move(*catalogue);
}

inline constexpr std::string_view kSpeedPath = "Vehicle.Speed";
inline constexpr std::string_view kWindowPath = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position";

// A store over the small catalogue on simulated time.
struct TestStore {
  Catalogue catalogue = SmallCatalogue();
  SimulatedClock clock;
  SignalStore store{catalogue, clock};

  SignalId Id(std::string_view path) const {
    const auto id = catalogue.FindSignal(path);
    if (!id) CheckFailed(__FILE__, __LINE__, std::string(path).c_str());
    return *id;
  }
  Status Publish(std::string_view path, Value value) {
    const Publication publication{Id(path), std::move(value)};
    return store.Publish({&publication, 1});
  }
  Status Actuate(std::string_view path, Value value) {
    const Actuation actuation{Id(path), std::move(value)};
    return safety::GuardedActuator::Of(store).Actuate({&actuation, 1});
  }
  double Number(std::string_view path) const { return store.Number(Id(path)).value_or(-9999); }
  Datapoint Get(std::string_view path) const { return store.Get(Id(path)); }
};

}  // namespace deepcabin::vehicle
