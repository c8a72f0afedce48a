// The guard's fixed rules and the policy loader. What each policy rule decides is in rules_test.cc.

#include "safety/guard.h"

#include <cmath>

#include <gtest/gtest.h>

#include "safety/car_for_test.h"
#include "safety/policy_table.h"

namespace deepcabin::safety {
namespace {

Request Ask(std::string_view capability, Zone zone, std::optional<Value> target, Op op = Op::kSet) {
  return {.interface = InterfaceOf(capability, zone), .op = op, .target = std::move(target), .speaker = Zone::kRow1Left};
}

TEST(GuardTest, UnknownInterfaceIsDenied) {
  EXPECT_EQ(RealGuard().Judge({}, ParkedState(), {}).rule, "S00.unknown");
  EXPECT_EQ(RealGuard().Judge({.interface = static_cast<InterfaceId>(RealCatalogue().interfaces().size())}, ParkedState(), {}).kind,
            DecisionKind::kDeny);
}

// T18: wrong type, out of range, not a number.
TEST(GuardTest, IllegalValuesAreDenied) {
  const Value values[] = {Value(std::int64_t{101}), Value(std::int64_t{-1}),  Value(22.5), Value(std::nan("")),
                          Value(INFINITY),          Value(std::string("50")), Value(true), Value(std::vector<std::string>{"50"})};
  for (const Value& value : values) {
    EXPECT_EQ(RealGuard().Judge(Ask("window", Zone::kRow1Left, value), ParkedState(), {}).rule, "S00.value") << ValueToString(value);
  }
  EXPECT_EQ(RealGuard().Judge(Ask("hvac.temperature", Zone::kRow1Left, Value(1e308)), ParkedState(), {}).rule, "S00.value");
  EXPECT_EQ(RealGuard().Judge(Ask("drive.mode", Zone::kWhole, Value(std::string("22.5"))), ParkedState(), {}).rule, "S00.value");
}

TEST(GuardTest, SensorsAndServicesTakeNoValue) {
  EXPECT_EQ(RealGuard().Judge(Ask("vehicle.battery", Zone::kWhole, Value(50.0)), ParkedState(), {}).rule, "S00.no_actuator");
  EXPECT_EQ(RealGuard().Judge(Ask("navi.route", Zone::kWhole, Value(true)), ParkedState(), {}).rule, "S00.no_actuator");
}

TEST(GuardTest, AskingIsAlwaysAllowedButOnlyAsking) {
  const PolicyState strict;  // as a default: everything unknown
  EXPECT_EQ(RealGuard().Judge(Ask("drive.gear", Zone::kWhole, std::nullopt, Op::kQuery), strict, {}).kind, DecisionKind::kAllow);
  // A value in a question is no question.
  EXPECT_EQ(RealGuard().Judge(Ask("door", Zone::kRow1Left, Value(true), Op::kQuery), strict, {}).kind, DecisionKind::kDeny);
}

TEST(GuardTest, WordsDoNotMatterOnlyValues) {
  // "close" that opens, "stop" that opens.
  for (const Op op : {Op::kClose, Op::kStop, Op::kOff, Op::kQuery, Op::kCancel}) {
    EXPECT_EQ(RealGuard().Judge(Ask("trunk", Zone::kWhole, Value(std::int64_t{80}), op), MovingState(), Value(std::int64_t{0})).rule,
              "P09.moving");
  }
}

TEST(GuardTest, UnknownPresentValueIsStrict) {
  const Request half = Ask("window", Zone::kRow1Left, Value(std::int64_t{50}));
  PolicyState state = ParkedState();
  state.anti_pinch = false;
  EXPECT_EQ(RealGuard().Judge(half, state, Value(std::int64_t{0})).kind, DecisionKind::kAllow);      // opens
  EXPECT_EQ(RealGuard().Judge(half, state, Value(std::int64_t{100})).kind, DecisionKind::kConfirm);  // closes
  EXPECT_EQ(RealGuard().Judge(half, state, std::nullopt).kind, DecisionKind::kConfirm);              // may close
}

TEST(GuardTest, TheDriversYesIsAskedForWhatPassengersWant) {
  Request request = Ask("seat.heating", Zone::kRow1Left, Value(std::int64_t{67}));
  request.speaker = Zone::kRow2Left;
  const Decision decision = RealGuard().Judge(request, ParkedState(), {});
  EXPECT_EQ(decision.kind, DecisionKind::kConfirm);
  EXPECT_TRUE(decision.by_driver);
}

TEST(GuardTest, ProposalsNeedAYesExceptForComfort) {
  Request request = Ask("light.low_beam", Zone::kWhole, Value(true));
  request.origin = Origin::kProposed;
  EXPECT_EQ(RealGuard().Judge(request, MovingState(), {}).rule, "S02.proposed");
  request.confirmed = true;
  EXPECT_EQ(RealGuard().Judge(request, MovingState(), {}).kind, DecisionKind::kAllow);
  request = Ask("seat.heating", Zone::kRow2Left, Value(std::int64_t{67}));
  request.origin = Origin::kProposed;
  EXPECT_EQ(RealGuard().Judge(request, MovingState(), {}).kind, DecisionKind::kAllow);
}

// Two capabilities over one signal: the lax one is no way round the strict one.
TEST(GuardTest, ASharedSignalIsJudgedByItsStrictestOwner) {
  const auto catalogue = Catalogue::Parse({{"a.yaml", R"(
area: a
capabilities:
  - capability: door
    signal: Vehicle.Door
    ops: [open, close]
    names: {zh: [门], en: [door]}
    safety: closure
  - capability: mood
    signal: Vehicle.Door
    shares: door
    ops: [on, off]
    names: {zh: [心情], en: [mood]}
    safety: comfort
)"}});
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  const auto guard = Guard::Load(DEEPCABIN_SOURCE_DIR "/policy", *catalogue);
  ASSERT_TRUE(guard) << guard.error().message;
  const Request request{.interface = 1, .op = Op::kOn, .target = Value(true), .speaker = Zone::kRow1Left};
  EXPECT_EQ(guard->Judge(request, MovingState(), {}).rule, "P09.moving");
}

std::string Policy(std::string_view rules) {
  std::string text = "policy: test\nrules:\n";
  for (int i = 0; i < 20; ++i) {
    const std::string name(SafetyClassName(static_cast<SafetyClass>(i)));
    text += "  - {rule: base." + name + ", when: {class: " + name + "}, then: allow, why: {zh: 好, en: fine}}\n";
  }
  return text + std::string(rules);
}
std::string ErrorOf(const std::string& text) {
  const auto guard = Guard::Parse({{"p.yaml", text}}, RealCatalogue());
  return guard ? "" : guard.error().message;
}

TEST(PolicyLoaderTest, StrictestWinsWhateverTheOrder) {
  const auto guard = Guard::Parse({{"p.yaml", Policy(R"(
  - {rule: first, when: {class: comfort, motion: [moving]}, then: deny, why: {zh: 不, en: no}}
  - {rule: later, when: {class: comfort, motion: [moving]}, then: confirm, why: {zh: 好吗, en: sure}}
)")}},
                                  RealCatalogue());
  ASSERT_TRUE(guard) << guard.error().message;
  EXPECT_EQ(guard->Judge(Ask("light.dome", Zone::kWhole, Value(true)), MovingState(), {}).rule, "first");
}

TEST(PolicyLoaderTest, WhatNoRuleCoversIsDenied) {
  std::string text = Policy("");
  const std::string all = "when: {class: comfort}", some = "when: {class: comfort, motion: [parked]}";
  text.replace(text.find(all), all.size(), some);
  const auto guard = Guard::Parse({{"p.yaml", text}}, RealCatalogue());
  ASSERT_TRUE(guard) << guard.error().message;
  EXPECT_EQ(guard->Judge(Ask("light.dome", Zone::kWhole, Value(true)), MovingState(), {}).rule, "S00.no_rule");
  EXPECT_EQ(guard->Judge(Ask("light.dome", Zone::kWhole, Value(true)), ParkedState(), {}).kind, DecisionKind::kAllow);
}

TEST(PolicyLoaderTest, BroadRulesPermitNothing) {
  std::string text = Policy("  - {rule: s, when: {class: any, origin: [untrusted]}, then: confirm, why: {zh: 好吗, en: sure}}\n");
  const std::string all = "when: {class: comfort}", some = "when: {class: comfort, origin: [spoken]}";
  text.replace(text.find(all), all.size(), some);
  const auto guard = Guard::Parse({{"p.yaml", text}}, RealCatalogue());
  ASSERT_TRUE(guard) << guard.error().message;
  Request request = Ask("light.dome", Zone::kWhole, Value(true));
  request.origin = Origin::kUntrusted;
  request.confirmed = true;
  EXPECT_EQ(guard->Judge(request, ParkedState(), {}).rule, "S00.no_rule");
}

TEST(PolicyLoaderTest, ErrorsNameFileAndLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"  - {rule: x, when: {class: nonsense}, then: deny, why: {zh: 不, en: no}}\n", "p.yaml:23: unknown class `nonsense`"},
      {"  - {rule: base.lock, when: {class: lock}, then: deny, why: {zh: 不, en: no}}\n", "p.yaml:23: rule `base.lock` stands twice"},
      {"  - {rule: x, when: {class: lock}, then: maybe, why: {zh: 不, en: no}}\n",
       "p.yaml:23: `then` is allow, confirm, confirm_touch or deny"},
      {"  - {rule: x, when: {class: lock, moon: full}, then: deny, why: {zh: 不, en: no}}\n", "p.yaml:23: unknown key `moon`"},
      {"  - {rule: x, when: {class: lock, act: [fly]}, then: deny, why: {zh: 不, en: no}}\n", "p.yaml:23: `fly` is not known here"},
      {"  - {rule: x, when: {class: lock, act: []}, then: deny, why: {zh: 不, en: no}}\n", "p.yaml:23: an empty list fits nothing"},
      {"  - {rule: x, when: {class: lock, within: dream}, then: deny, why: {zh: 不, en: no}}\n", "p.yaml:23: there is no limit `dream`"},
      {"  - {rule: x, when: {class: lock, capability: [$gone]}, then: deny, why: {zh: 不, en: no}}\n",
       "p.yaml:23: there is no list `$gone`"},
      {"  - {rule: x, when: {class: lock, child: perhaps}, then: deny, why: {zh: 不, en: no}}\n",
       "p.yaml:23: true or false is expected here"},
      {"  - {rule: x, when: {class: lock, over_kmh: fast}, then: deny, why: {zh: 不, en: no}}\n", "p.yaml:23: a number is expected here"},
      {"  - {rule: x, when: {class: lock}, then: deny}\n", "p.yaml:23: `why` is missing"},
      {"  - {rule: x, when: {class: lock}, then: deny, why: {zh: 不, en: one two three four five six seven eight nine ten eleven twelve "
       "thirteen}}\n",
       "p.yaml:23: a reason has 1 to 12 words"},
      {"  - [unclosed\n", "p.yaml:24: "},
  };
  for (const auto& [rules, expected] : cases)
    EXPECT_EQ(ErrorOf(Policy(rules)).substr(0, std::string_view(expected).size()), expected) << rules;
}

TEST(PolicyLoaderTest, AClassWithoutARuleIsBroken) {
  EXPECT_EQ(ErrorOf("rules:\n  - {rule: x, when: {class: lock}, then: deny, why: {zh: 不, en: no}}\n"),
            "p.yaml:1: class `comfort` has no rule");
  EXPECT_EQ(ErrorOf("policy: x\n"), "p.yaml:1: `rules` is missing");
  EXPECT_EQ(ErrorOf("\xff\xfe"), "p.yaml:1: not UTF-8");
}

TEST(PolicyLoaderTest, MissingDirectoryIsNotFound) {
  const auto guard = Guard::Load("/nowhere/policy", RealCatalogue());
  ASSERT_FALSE(guard);
  EXPECT_EQ(guard.error().code, ErrorCode::kNotFound);
}

TEST(PolicyLoaderTest, TheHashIsOfTheText) {
  const auto a = Guard::Parse({{"p.yaml", Policy("")}}, RealCatalogue());
  const auto b = Guard::Parse({{"p.yaml", Policy("# a word\n")}}, RealCatalogue());
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->policy_hash().size(), 64u);
  EXPECT_NE(a->policy_hash(), b->policy_hash());
}

}  // namespace
}  // namespace deepcabin::safety
