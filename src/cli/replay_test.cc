// Days on the real catalogue, rules and policy.

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/replay.h"

namespace deepcabin::cli {
namespace {

const std::filesystem::path kHome = DEEPCABIN_SOURCE_DIR;

struct Parts {
  Catalogue catalogue;
  std::optional<safety::Guard> guard;
  std::optional<agent::Rulebook> book;
};

const Parts& TheParts() {
  static const Parts* parts = [] {
    auto* made = new Parts;
    made->catalogue = std::move(*Catalogue::Load(kHome / "catalogue"));
    made->guard.emplace(std::move(*safety::Guard::Load(kHome / "policy", made->catalogue)));
    made->book.emplace(std::move(*agent::Rulebook::Load(kHome / "proposals", made->catalogue)));
    return made;
  }();
  return *parts;
}

Result<Day> Parse(const std::string& text) { return Day::Parse("day.yaml", text, *TheParts().book); }

DayScore Score(const std::string& text) {
  const auto day = Parse(text);
  if (!day) CheckFailed(__FILE__, __LINE__, day.error().message.c_str());
  auto score = ReplayDay(*day, *TheParts().book, *TheParts().guard);
  if (!score) CheckFailed(__FILE__, __LINE__, score.error().message.c_str());
  return std::move(*score);
}

constexpr std::string_view kRainy = R"(
day: rainy
answers: {default: yes}
steps:
  - {at: "07:00", set: {ignition: ON, light_switch: AUTO, climate_on: true, wiper_mode: RAIN_SENSOR, windows: 40}}
  - {at: "08:00", set: {speed: 40, driver_belt: true}}
  - {at: "08:10", set: {rain: 50}}
)";

TEST(Replay, SaysWhatALabelExpectsAndAYesIsCarriedOut) {
  const DayScore score = Score(std::string(kRainy) + "expect: [{say: rain_windows, from: '08:10', to: '08:11'}]\n");
  EXPECT_EQ(score.right, 1);
  EXPECT_EQ(score.recall(), 1);
  const auto it = std::find_if(score.said.begin(), score.said.end(), [](const Said& s) { return s.proposal.rule == "rain_windows"; });
  ASSERT_NE(it, score.said.end());
  EXPECT_EQ(it->outcome, "yes: done");
  EXPECT_EQ(it->verdict, "right");
}

TEST(Replay, CountsWhatIsMissedAndWhatMustNot) {
  const DayScore score = Score(std::string(kRainy) + R"(
expect: [{say: [ice, fatigue], from: '08:10', to: '09:00'}]
never: [{say: rain_windows}]
)");
  EXPECT_EQ(score.met, 0);
  ASSERT_EQ(score.missed.size(), 1u);
  EXPECT_EQ(score.missed[0].say[0], "ice");
  EXPECT_EQ(score.must_not, 1);
  EXPECT_LT(score.precision(), 1);
}

TEST(Replay, RefusesBrokenDays) {
  const std::vector<std::pair<std::string, std::string>> kBroken{{"day: x\n", "`day` and `steps`"},
                                                                 {"day: x\nsteps: [{set: {speed: 1}}]\n", "`at` is missing"},
                                                                 {"day: x\nsteps: [{at: noon}]\n", "a time is"},
                                                                 {"day: x\nsteps: [{at: '09:00'}, {at: '08:00'}]\n", "forward"},
                                                                 {"day: x\nsteps: [{at: '09:00', set: {sped: 1}}]\n", "no signal"},
                                                                 {"day: x\nsteps: [{at: '09:00', set: {speed: fast}}]\n", "number"},
                                                                 {"day: x\nsteps: [{at: '09:00', facts: {speed: 1}}]\n", "no such fact"},
                                                                 {"day: x\nsteps: []\nexpect: [{say: nothing_like_it}]\n", "no proposal"},
                                                                 {"day: x\nsteps: []\nanswers: {default: perhaps}\n", "yes, no or ignore"},
                                                                 {"day: x\nsteps: []\nweekday: someday\n", "no weekday"}};
  for (const auto& [text, reason] : kBroken) {
    const auto day = Parse(text);
    ASSERT_FALSE(day) << text;
    EXPECT_THAT(day.error().message, testing::StartsWith("day.yaml:"));
    EXPECT_THAT(day.error().message, testing::HasSubstr(reason));
  }
}

TEST(Replay, TheLabelledDaysStayAsGoodAsTheyAre) {
  int right = 0, met = 0, expected = 0, days = 0;
  std::size_t said = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kHome / "eval" / "days")) {
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    const DayScore score = Score(text.str());
    EXPECT_EQ(score.must_not, 0) << entry.path();
    for (const Said& one : score.said) EXPECT_THAT(one.outcome, testing::Not(testing::HasSubstr("deny"))) << one.proposal.rule;
    ++days;
    right += score.right;
    met += score.met;
    expected += score.expected;
    said += score.said.size();
  }
  EXPECT_GE(days, 10);
  EXPECT_GE(right, 0.9 * static_cast<double>(said));
  EXPECT_GE(met, 0.9 * expected);
}

}  // namespace
}  // namespace deepcabin::cli
