// Routines over a restart.

#include "agent/routines.h"

#include <gtest/gtest.h>

namespace deepcabin::agent {
namespace {

Catalogue SmallCatalogue() {
  auto catalogue = Catalogue::Parse({{"test.yaml", R"(
area: test
capabilities:
  - capability: lights
    signal: Vehicle.Lights
    ops: [on, off, query]
    names: {zh: [灯], en: [lights]}
    safety: visibility
    about: Lights.
)"}});
  if (!catalogue) CheckFailed(__FILE__, __LINE__, catalogue.error().message.c_str());
  return std::move(*catalogue);
}

Routine Make(When when) {
  Routine routine;
  routine.session = "s";
  routine.speaker = Zone::kRow1Right;
  routine.language = Language::kEnglish;
  routine.call = {.capability = 0, .op = Op::kOn, .value = {}, .unit = {}, .text = "now", .to = {}, .for_seconds = {}, .when = {}};
  routine.when = std::move(when);
  return routine;
}

TEST(RoutinesRestart, WhatWaitsComesBackAndFiresAtItsTime) {
  const Catalogue catalogue = SmallCatalogue();
  SimulatedClock clock;
  Routines before(clock);
  When once{.kind = WhenKind::kOnce, .seconds = 0, .time = {}, .day = {}, .repeat = {}, .condition = {}};
  once.condition.signal = "Vehicle.Lights";
  once.condition.comparison = "==";
  once.condition.value = 1.0;
  ASSERT_TRUE(before.Add(Make({.kind = WhenKind::kAfter, .seconds = 600, .time = {}, .day = {}, .repeat = {}, .condition = {}})));
  ASSERT_TRUE(before.Add(Make(once)));
  const auto saved = ParseJson(DumpJson(before.Save(catalogue)));
  ASSERT_TRUE(saved);

  clock.Advance(std::chrono::minutes(5));  // switched off
  Routines after(clock);
  const auto missed = after.Load(*saved, catalogue);
  ASSERT_TRUE(missed) << missed.error().message;
  EXPECT_TRUE(missed->empty());
  ASSERT_EQ(after.List("s").size(), 2u);
  const auto never = [](const Condition&) { return false; };
  EXPECT_TRUE(after.Due(never).empty());
  clock.Advance(std::chrono::minutes(5));
  const auto due = after.Due(never);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].speaker, Zone::kRow1Right);
  EXPECT_EQ(due[0].language, Language::kEnglish);
  EXPECT_EQ(due[0].call.op, Op::kOn);
  EXPECT_EQ(due[0].call.text, "now");
  EXPECT_FALSE(due[0].call.when);
  const auto by_condition = after.Due([](const Condition& c) { return c.signal == "Vehicle.Lights"; });
  ASSERT_EQ(by_condition.size(), 1u);
  EXPECT_TRUE(after.List("s").empty());
}

TEST(RoutinesRestart, WhatFellDueMeanwhileIsToldNotDone) {
  const Catalogue catalogue = SmallCatalogue();
  SimulatedClock clock;
  Routines before(clock);
  ASSERT_TRUE(before.Add(Make({.kind = WhenKind::kAfter, .seconds = 600, .time = {}, .day = {}, .repeat = {}, .condition = {}})));
  ASSERT_TRUE(before.Add(Make({.kind = WhenKind::kAt, .seconds = 0, .time = "09:00", .day = {}, .repeat = "daily", .condition = {}})));
  const Json saved = before.Save(catalogue);
  clock.Advance(std::chrono::hours(48));
  Routines after(clock);
  const auto missed = after.Load(saved, catalogue);
  ASSERT_TRUE(missed);
  ASSERT_EQ(missed->size(), 1u);
  EXPECT_EQ((*missed)[0].when.kind, WhenKind::kAfter);
  ASSERT_EQ(after.List("s").size(), 1u);  // the daily one waits for its next time
  EXPECT_GT(after.List("s")[0].due, clock.WallTime());
  EXPECT_TRUE(after.Due([](const Condition&) { return false; }).empty());
}

TEST(RoutinesRestart, WhatCannotBeReadIsRefusedWhole) {
  const Catalogue catalogue = SmallCatalogue();
  SimulatedClock clock;
  Routines before(clock);
  ASSERT_TRUE(before.Add(Make({.kind = WhenKind::kAfter, .seconds = 600, .time = {}, .day = {}, .repeat = {}, .condition = {}})));
  const Json good = before.Save(catalogue)[0];
  std::vector<Json> broken{Json::object(), Json(7), good, good, good, good, good};
  broken[2]["call"]["capability"] = "rocket";
  broken[3]["call"].erase("when");
  broken[4]["due"] = "soon";
  broken[5].erase("armed");
  broken[6]["speaker"] = "roof";
  for (const Json& one : broken) {
    Routines after(clock);
    EXPECT_EQ(after.Load(Json::array({good, one}), catalogue).error().code, ErrorCode::kInvalidArgument) << one;
    EXPECT_TRUE(after.List("s").empty());
  }
  Json many = Json::array();
  for (std::size_t i = 0; i <= kRoutinesMax; ++i) many.push_back(good);
  Routines after(clock);
  EXPECT_EQ(after.Load(many, catalogue).error().code, ErrorCode::kResourceExhausted);
  EXPECT_FALSE(after.Load(Json::object(), catalogue));
}

}  // namespace
}  // namespace deepcabin::agent
