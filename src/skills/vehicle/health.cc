#include "skills/vehicle/health.h"

#include <algorithm>
#include <array>

#include "base/yaml_reader.h"
#include "skills/map/names.h"

namespace deepcabin::health {
namespace {

constexpr double kPressureLow = 0.9, kPressureHigh = 1.25;  // of the placard's value, cold to hot

struct Row {
  std::string_view zh, en, path, unit;
  double low, high;  // within is fine
};
constexpr std::array<Row, 28> kRows{{
    {"左前胎压", "front left tyre pressure", "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure", " bar", kPressureLow, kPressureHigh},
    {"左前胎温", "front left tyre temperature", "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.AirTemperature", "°C", -40, 80},
    {"右前胎压", "front right tyre pressure", "Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure", " bar", kPressureLow, kPressureHigh},
    {"右前胎温", "front right tyre temperature", "Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.AirTemperature", "°C", -40, 80},
    {"左后胎压", "rear left tyre pressure", "Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure", " bar", kPressureLow, kPressureHigh},
    {"左后胎温", "rear left tyre temperature", "Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.AirTemperature", "°C", -40, 80},
    {"右后胎压", "rear right tyre pressure", "Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.Pressure", " bar", kPressureLow, kPressureHigh},
    {"右后胎温", "rear right tyre temperature", "Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.AirTemperature", "°C", -40, 80},
    {"左前刹车片磨损", "front left brake pad wear", "Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.PadWear", "%", 0, 80},
    {"右前刹车片磨损", "front right brake pad wear", "Vehicle.Chassis.Axle.Row1.Wheel.Right.Brake.PadWear", "%", 0, 80},
    {"左后刹车片磨损", "rear left brake pad wear", "Vehicle.Chassis.Axle.Row2.Wheel.Left.Brake.PadWear", "%", 0, 80},
    {"右后刹车片磨损", "rear right brake pad wear", "Vehicle.Chassis.Axle.Row2.Wheel.Right.Brake.PadWear", "%", 0, 80},
    {"制动液", "brake fluid", "Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.IsFluidLevelLow", "", 0, 0},
    {"玻璃水", "washer fluid", "Vehicle.Body.Windshield.Front.WasherFluid.IsLevelLow", "", 0, 0},
    {"机油液位", "engine oil level", "Vehicle.Powertrain.CombustionEngine.EngineOil.Level", "", 0, 0},
    {"冷却液位", "coolant level", "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Level", "", 0, 0},
    {"水温", "coolant temperature", "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature", "°C", -40, 112},
    {"蓄电池电压", "12 volt battery", "Vehicle.LowVoltageBattery.CurrentVoltage", "V", 11.8, 15},
    {"动力电池最高温度", "battery temperature", "Vehicle.Powertrain.TractionBattery.Temperature.Max", "°C", -30, 55},
    {"动力电量", "battery charge", "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", "%", 10, 100},
    {"燃油", "fuel", "Vehicle.Powertrain.FuelSystem.IsFuelLevelLow", "", 0, 0},
    {"车身稳定系统", "stability control", "Vehicle.ADAS.ESC.IsError", "", 0, 0},
    {"巡航系统", "cruise control", "Vehicle.ADAS.CruiseControl.IsError", "", 0, 0},
    {"近光灯", "low beam", "Vehicle.Body.Lights.Beam.Low.IsDefect", "", 0, 0},
    {"远光灯", "high beam", "Vehicle.Body.Lights.Beam.High.IsDefect", "", 0, 0},
    {"雨刮", "wipers", "Vehicle.Body.Windshield.Front.Wiping.System.IsBlocked", "", 0, 0},
    {"故障码", "stored faults", "Vehicle.Diagnostics.DTCCount", "", 0, 0},
    {"能否继续行驶", "fit to drive", "Vehicle.IsBrokenDown", "", 0, 0},
}};

}  // namespace

Result<Plan> ReadPlan(const std::string& file, const YAML::Node& root) {
  Plan plan;
  DC_RETURN_IF_ERROR(ReadStrictly(file, [&](const YamlReader& yaml) {
    yaml.AllowKeys(root, {"front_kpa", "rear_kpa", "items"});
    plan.front_kpa = yaml.Number(root, "front_kpa", 100, 500, plan.front_kpa);
    plan.rear_kpa = yaml.Number(root, "rear_kpa", 100, 500, plan.rear_kpa);
    for (const YAML::Node& node : yaml.Sequence(root["items"])) {
      yaml.AllowKeys(node, {"zh", "en", "every_km", "every_days", "last_km", "last"});
      const auto last = node["last"].as<std::vector<int>>();
      const auto part = [&](std::size_t i) { return i < last.size() ? static_cast<unsigned>(std::clamp(last[i], 0, 9999)) : 0; };
      const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(part(0))), std::chrono::month(part(1)),
                                            std::chrono::day(part(2)));
      if (!day.ok()) yaml.Fail(node["last"], "`last` is [year, month, day]");
      plan.items.push_back({skills::CleanName(yaml.String(node["zh"])), skills::CleanName(yaml.String(node["en"])),
                            yaml.Number(node, "every_km", 100, 1e6, 1e6), yaml.Number(node, "last_km", 0, 1e7, 0),
                            static_cast<int>(yaml.Number(node, "every_days", 1, 5000, 5000)), day});
    }
  }));
  return plan;
}

std::optional<Due> NextService(const Plan& plan, double odometer_km, std::chrono::sys_days today) {
  constexpr double kKmADay = 40;  // what makes distance and date comparable
  std::optional<Due> next;
  double soonest = 0;
  for (const ServiceItem& item : plan.items) {
    const Due due{item, item.last_km + item.every_km - odometer_km, item.every_days - static_cast<int>((today - item.last).count())};
    const double days = std::min(due.km / kKmADay, static_cast<double>(due.days));
    if (next && days >= soonest) continue;
    next = due;
    soonest = days;
  }
  return next;
}

std::vector<Check> CheckUp(const Plan& plan, const Read& read, std::string_view part) {
  std::vector<Check> checks;
  for (const Row& row : kRows) {
    if (row.path.find(part) == std::string_view::npos) continue;
    Check check{std::string(row.zh), std::string(row.en), {}, {}};
    if (auto number = read(row.path)) {
      const bool is_pressure = row.high == kPressureHigh;
      const double scale = !is_pressure ? 1 : row.path.find("Row1") != std::string_view::npos ? plan.front_kpa : plan.rear_kpa;
      check.ok = *number >= row.low * scale && *number <= row.high * scale;
      if (is_pressure) *number /= 100;
      check.value = row.high > 0 ? fmt::format("{:.4g}{}", *number, row.unit) : *check.ok ? "OK" : fmt::format("{:g}", *number);
    }
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace deepcabin::health
