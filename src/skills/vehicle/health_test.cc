#include "skills/vehicle/health.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/yaml.h"

namespace deepcabin::health {
namespace {

using ::testing::HasSubstr;

constexpr char kPressure[] = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure";
constexpr char kRearPressure[] = "Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure";

Check One(const std::string& path, std::optional<double> value) {
  const auto read = [&](std::string_view asked) { return asked == path ? value : std::nullopt; };
  const auto checks = CheckUp({.front_kpa = 200, .rear_kpa = 300, .items = {}}, read, path);
  EXPECT_EQ(checks.size(), 1u);
  return checks.empty() ? Check{} : checks[0];
}

TEST(HealthTest, TyresAreJudgedAgainstThePlacard) {
  EXPECT_EQ(One(kPressure, 200).ok, true);
  EXPECT_EQ(One(kPressure, 180).ok, true);
  EXPECT_EQ(One(kPressure, 179).ok, false);
  EXPECT_EQ(One(kPressure, 250).ok, true);
  EXPECT_EQ(One(kPressure, 251).ok, false);
  EXPECT_EQ(One(kRearPressure, 200).ok, false) << "fine in front, too low behind";
  EXPECT_EQ(One(kPressure, 185).value, "1.85 bar");
}

TEST(HealthTest, UnknownIsNeitherGoodNorBad) {
  EXPECT_EQ(One(kPressure, std::nullopt).ok, std::nullopt);
  EXPECT_EQ(One(kPressure, std::nullopt).value, "");
  for (const Check& check : CheckUp({}, [](std::string_view) { return std::optional<double>(); })) EXPECT_FALSE(check.ok) << check.en;
}

TEST(HealthTest, WarningsAreNoticed) {
  EXPECT_EQ(One("Vehicle.Diagnostics.DTCCount", 0).ok, true);
  EXPECT_EQ(One("Vehicle.Diagnostics.DTCCount", 2).ok, false);
  EXPECT_EQ(One("Vehicle.Diagnostics.DTCCount", 2).value, "2");
  EXPECT_EQ(One("Vehicle.LowVoltageBattery.CurrentVoltage", 11.5).ok, false);
}

Result<Plan> Read(const std::string& text) {
  auto files = ParseYaml({{"maintenance.yaml", text}});
  if (!files) return files.error();
  return ReadPlan("maintenance.yaml", files->begin()->second);
}

TEST(HealthTest, WhatComesFirstByDistanceOrDate) {
  const auto plan = Read(R"(
items:
  - {zh: 机油, en: oil, every_km: 10000, every_days: 3650, last_km: 5000, last: [2026, 1, 1]}
  - {zh: 滤芯, en: filter, every_km: 900000, every_days: 30, last_km: 0, last: [2026, 1, 1]}
)");
  ASSERT_TRUE(plan) << plan.error().message;
  const auto on = [](int year, int month, int day) { return std::chrono::sys_days(std::chrono::year(year) / month / day); };
  const auto first = NextService(*plan, 6000, on(2026, 1, 2));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->item.en, "filter");
  EXPECT_EQ(first->days, 29);
  const auto oil = NextService(*plan, 15500, on(2026, 1, 2));
  EXPECT_EQ(oil->item.en, "oil");
  EXPECT_DOUBLE_EQ(oil->km, -500);
  EXPECT_LT(NextService(*plan, 6000, on(2027, 1, 1))->days, 0);
  EXPECT_FALSE(NextService({}, 0, on(2026, 1, 1)));
}

TEST(HealthTest, DamagedPlansAreRefusedWithTheirLine) {
  EXPECT_THAT(Read("items:\n  - {zh: x, en: y, last: [2026, 2, 30]}\n").error().message,
              HasSubstr("maintenance.yaml:2: `last` is [year, month, day]"));
  EXPECT_THAT(Read("items:\n  - {zh: x, en: y, last: [2026]}\n").error().message, HasSubstr("maintenance.yaml:2:"));
  EXPECT_THAT(Read("items:\n  - {zh: x, en: y, every_km: 5, last: [2026, 1, 1]}\n").error().message, HasSubstr("5 is beyond 100 to"));
  EXPECT_THAT(Read("front_kpa: 9000\nitems: []\n").error().message, HasSubstr("maintenance.yaml:1: 9000 is beyond"));
  EXPECT_THAT(Read("items: x\n").error().message, HasSubstr("maintenance.yaml:1:"));
}

}  // namespace
}  // namespace deepcabin::health
