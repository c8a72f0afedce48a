// Turns from end to end on simulated time: what is said, what the car does, what is answered. And the command line's own parts.

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/dialogue.h"
#include "cli/knowledge_for_test.h"
#include "cli/score.h"

namespace deepcabin::cli {
namespace {

using ::testing::HasSubstr;

class Turns : public KnowledgeTest {
 protected:
  void SetUp() override { car_ = std::make_unique<SimulatedCar>(*knowledge_); }

  agent::TurnResult Say(const std::string& text, Zone speaker = Zone::kRow1Left, bool touched = false) {
    auto result = car_->cockpit().Run({"", text, speaker, std::nullopt, touched});
    EXPECT_TRUE(result) << result.error().message;
    return result ? std::move(*result) : agent::TurnResult{};
  }
  double Number(const std::string& path) {
    const auto id = knowledge_->catalogue.FindSignal(path);
    EXPECT_TRUE(id) << path;
    const auto point = car_->store().Get(*id);
    return point.current ? AsNumber(*point.current).value_or(-1) : -1;
  }
  void Set(const Json& state) {
    const Status status = car_->SetState(state);
    ASSERT_TRUE(status) << status.error().message;
  }
  static std::string Outcomes(const agent::TurnResult& result) {
    std::string out;
    for (const auto& call : result.results) out += std::string(out.empty() ? "" : " ") + std::string(agent::OutcomeName(call.outcome));
    return out;
  }

  std::unique_ptr<SimulatedCar> car_;
};

constexpr char kRearLeftWindow[] = "Vehicle.Cabin.Door.Row2.DriverSide.Window.Position";
constexpr char kDriverWindow[] = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position";

TEST_F(Turns, TheSentenceOfTheReadme) {
  Set({{kRearLeftWindow, 60}});
  const auto result = Say("我有点冷，副驾座椅加热开到二档，再把后面的窗关上");
  ASSERT_EQ(result.results.size(), 2u) << result.reply;  // the cold is the reason: the closing windows meet it
  EXPECT_EQ(Outcomes(result), "done done");
  EXPECT_EQ(Number("Vehicle.Cabin.Seat.Row1.PassengerSide.HeatingCooling"), 67);
  EXPECT_EQ(Number(kRearLeftWindow), 0);
  EXPECT_THAT(result.reply, HasSubstr("副驾座椅加热已经是2档"));
}

TEST_F(Turns, ReceiptsTellWhatWasReadBack) {
  const auto result = Say("把主驾车窗打开一半");
  EXPECT_EQ(Number(kDriverWindow), 50);
  EXPECT_THAT(result.reply, HasSubstr("50%"));
}

TEST_F(Turns, TheGuardDecidesByStateAndSeat) {
  Set({{"Vehicle.Speed", 80}});
  for (const char* text : {"打开主驾车门", "打开后备箱", "关闭大灯", "open the trunk"}) {
    const auto result = Say(text);
    ASSERT_FALSE(result.results.empty()) << text;
    EXPECT_EQ(Outcomes(result), "denied") << text;
    EXPECT_FALSE(result.results[0].reason.empty()) << text;
  }
  EXPECT_EQ(Outcomes(Say("打开大灯")), "done");
}

TEST_F(Turns, AYesBindsToTheOpenQuestionOnly) {
  EXPECT_EQ(Say("好").results.size(), 0u);
  const auto asked = Say("打开后备箱");
  ASSERT_EQ(Outcomes(asked), "confirm") << asked.reply;
  EXPECT_LT(Number("Vehicle.Body.Trunk.Rear.Position"), 5);
  const auto yes = Say("好", Zone::kRow1Left, true);
  EXPECT_EQ(Outcomes(yes), "done") << yes.reply;
  EXPECT_GT(Number("Vehicle.Body.Trunk.Rear.Position"), 95);
  EXPECT_EQ(Say("好").results.size(), 0u);
}

TEST_F(Turns, ANoLeavesEverythingAsItIs) {
  ASSERT_EQ(Outcomes(Say("打开后备箱")), "confirm");
  Say("不用了");
  EXPECT_EQ(Say("好", Zone::kRow1Left, true).results.size(), 0u);
  EXPECT_LT(Number("Vehicle.Body.Trunk.Rear.Position"), 5);
}

TEST_F(Turns, UndoBringsBackWhatWas) {
  Say("把主驾车窗打开一半");
  ASSERT_EQ(Number(kDriverWindow), 50);
  const auto undone = Say("撤销");
  EXPECT_EQ(undone.frame.escalation, Escalation::kCancel);
  EXPECT_EQ(Number(kDriverWindow), 0);
}

TEST_F(Turns, FollowUpsGoOnWhereTheLastTurnEnded) {
  Say("副驾座椅加热开到一档");
  Say("三档");
  EXPECT_EQ(Number("Vehicle.Cabin.Seat.Row1.PassengerSide.HeatingCooling"), 100);
}

TEST_F(Turns, OutOfRangeIsExplained) {
  const auto result = Say("空调调到四十度");
  EXPECT_EQ(Outcomes(result), "failed");
  EXPECT_THAT(result.reply, HasSubstr("16到32度"));
}

TEST_F(Turns, WhatIsPutOffIsToldWithItsDay) {
  EXPECT_EQ(Say("后天早上八点提醒我交房租").reply, "记下了，后天08:00 提醒 交房租。");
  EXPECT_EQ(Say("十分钟后关空调").reply, "记下了，10分钟后关掉空调。");
  EXPECT_EQ(Say("明早七点的闹钟").reply, "记下了，明天07:00 闹钟。");
  EXPECT_EQ(Say("设个五分钟的倒计时").reply, "倒计时5分钟后响。");
}

TEST_F(Turns, ToBeWithoutLightsIsNotOffered) {
  const auto result = Say("turn everything off except the headlights");
  EXPECT_TRUE(result.results.empty()) << result.reply;
}

TEST_F(Turns, QuestionsChangeNothing) {
  const double before = Number("Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature");
  const auto result = Say("空调温度是多少");
  ASSERT_EQ(result.results.size(), 1u) << result.reply;
  EXPECT_EQ(result.results[0].call.op, Op::kQuery);
  EXPECT_EQ(Number("Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"), before);
}

// The conversation that this project began with, by way of words, map, battery and memory; no network, no large model.
TEST_F(Turns, TheFoundingDialogue) {
  EXPECT_EQ(Say("我爱吃川菜").reply, "记住了：川菜。");
  EXPECT_EQ(Say("我有些饿。").reply, "根据您的饮食习惯，推荐附近一家评分很高的川菜馆，需要导航过去吗？");
  const auto charge = Say("可以，但我想先把电充满。");
  EXPECT_EQ(charge.reply, "好的，前方2公里有充电桩，充满后我会带您去餐厅。");
  ASSERT_EQ(charge.results.size(), 1u);
  EXPECT_EQ(Outcomes(charge), "done");
}

TEST_F(Turns, AYesToAPlaceIsTheOrderToGoThere) {
  ASSERT_EQ(Say("我有些饿").frame.calls.size(), 1u);
  const auto yes = Say("好");
  ASSERT_EQ(yes.frame.calls.size(), 1u);
  EXPECT_EQ(knowledge_->catalogue.capability(yes.frame.calls[0].capability).name, "navi.route");
  EXPECT_EQ(Outcomes(yes), "done");
  EXPECT_TRUE(Say("好").frame.calls.empty()) << "a yes counts once";
}

TEST_F(Turns, ATripHasATimeAndPlacesOnTheWay) {
  EXPECT_EQ(Outcomes(Say("六点前要到")), "failed") << "there is no trip yet";
  const auto trip = Say("先去菜市场然后去医院最后回家");
  ASSERT_EQ(trip.frame.calls.size(), 3u) << trip.reply;
  const auto name = [&](std::size_t i) { return knowledge_->catalogue.capability(trip.frame.calls[i].capability).name; };
  EXPECT_EQ(name(0) + " " + trip.frame.calls[0].text, "navi.waypoint 菜市场");
  EXPECT_EQ(name(1) + " " + trip.frame.calls[1].text, "navi.waypoint 医院");
  EXPECT_EQ(name(2) + " " + trip.frame.calls[2].text, "navi.route 家");
  ASSERT_TRUE(car_->services().Trip()["active"].get<bool>());
  EXPECT_EQ(car_->services().Trip()["stops"].size(), 3u) << car_->services().Trip()["stops"].dump();
  Say("导航去公司");
  EXPECT_THAT(Say("六点前要到").reply, HasSubstr("来得及"));
  const auto late = Say("我们一定要在一分钟后赶到");  // no time of day: nothing is promised
  EXPECT_THAT(late.reply, ::testing::Not(HasSubstr("来得及")));
}

TEST_F(Turns, ANoToAPlaceGoesNowhere) {
  Say("我有些饿");
  EXPECT_EQ(Say("不用了").frame.escalation, Escalation::kCancel);
  EXPECT_TRUE(Say("好").frame.calls.empty());
}

TEST_F(Turns, WhatIsForgottenIsNotToldAgain) {
  Say("记住我不吃香菜");
  EXPECT_NE(Say("你都记住了我什么").reply.find("香菜"), std::string::npos);
  Say("忘掉我不吃香菜");
  EXPECT_EQ(Say("你都记住了我什么").reply.find("香菜"), std::string::npos);
}

TEST_F(Turns, WhatWasToldIsTold) {
  EXPECT_EQ(Say("我女儿叫什么").reply, "这个您还没有告诉过我。");
  Say("我女儿叫小满");
  EXPECT_EQ(Say("你记得我女儿叫什么吗").reply, "小满，您说过：我女儿叫小满。");
}

// Sentences that may be looked at: commands of lessons, one a line.
std::vector<std::string> LessonSentences() {
  std::vector<std::string> sentences;
  for (const char* name : {"needs_zh", "hints_zh", "lights_comfort_zh"}) {
    std::ifstream file(fmt::format("{}/distill/lessons/{}.txt", DEEPCABIN_SOURCE_DIR, name));
    for (std::string line; std::getline(file, line);) {
      const bool is_sentence =
          !line.empty() && std::string_view("#=@~ ").find(line[0]) == std::string_view::npos && !line.starts_with("id ");
      if (is_sentence && line.find("//") == std::string::npos && line.find("[[") == std::string::npos) sentences.push_back(line);
    }
  }
  return sentences;
}

// The first of them of which the student is half sure: which one that is changes with the weights.
std::optional<std::string> HalfUnderstood(const Knowledge& knowledge, const understanding::Context& context) {
  const understanding::Understander understander(*knowledge.phrasebook, knowledge.student_or_null());
  for (const std::string& text : LessonSentences()) {
    const auto read = understander.Understand(text, context);
    if (!read || !read->guess || read->guess->calls.size() != 1) continue;
    const Capability& capability = knowledge.catalogue.capability(read->guess->calls[0].capability);
    if (capability.safety == SafetyClass::kComfort && !capability.is_service()) return text;
  }
  return std::nullopt;
}

TEST_F(Turns, WhatIsHalfUnderstoodIsAskedAndDoneAfterAYes) {
  if (!knowledge_->student) GTEST_SKIP() << "no weights";
  understanding::Context context;
  context.state = [&](SignalId signal) { return car_->store().Get(signal).current; };
  const auto text = HalfUnderstood(*knowledge_, context);
  ASSERT_TRUE(text);
  const auto asked = Say(*text);
  ASSERT_EQ(asked.results.size(), 1u) << *text;
  EXPECT_EQ(asked.results[0].outcome, agent::Outcome::kConfirm);
  EXPECT_TRUE(asked.results[0].rule.starts_with("S04")) << asked.results[0].rule;
  EXPECT_TRUE(asked.reply.find("您是要") != std::string::npos || asked.reply.find("Do you want me to") != std::string::npos) << asked.reply;
  const auto done = Say("好");
  ASSERT_EQ(done.results.size(), 1u);
  EXPECT_NE(done.results[0].outcome, agent::Outcome::kConfirm) << done.reply;
  Say(*text);
  EXPECT_TRUE(Say("不用了").results.empty());
}

TEST_F(Turns, BadInputIsAnswered) {
  EXPECT_EQ(car_->cockpit().Run({"", "", Zone::kRow1Left, std::nullopt, false}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(car_->cockpit().Run({"", "\xff", Zone::kRow1Left, std::nullopt, false}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(car_->cockpit().Run({"", std::string(1 << 20, 'x'), Zone::kRow1Left, std::nullopt, false}).error().code,
            ErrorCode::kResourceExhausted);
  EXPECT_FALSE(car_->SetState({{"Vehicle.Speed", "fast"}}));
  EXPECT_FALSE(car_->SetState({{"Vehicle.NoSuch", 1}}));
  EXPECT_FALSE(Dialogue::FromJson(Json::parse(R"({"turns":[]})")));
  EXPECT_FALSE(Dialogue::FromJson(Json::parse(R"({"turns":["x"],"speaker":"roof"})")));
  EXPECT_FALSE(Dialogue::FromJson(Json::parse(R"({"turns":[5]})")));
}

struct ScoreCase {
  const char* said;
  const char* gold;
  bool right;
};

TEST_F(Turns, ScoringReadsAsTheCoverageRulesSay) {
  for (const ScoreCase& c : {
           ScoreCase{"打开座椅加热", R"([{"capability":"seat.heating","op":"on","natural_zone":"row1.left"}])", true},
           {"打开座椅加热", R"([{"capability":"seat.heating","op":"on","zone":"row1.right"}])", false},
           {"打开主驾和副驾的座椅加热", R"([{"capability":"seat.heating","op":"on","zone":"front"}])", true},
           {"把主驾车窗打开一半", R"([{"capability":"window","op":"set","value":50,"unit":"percent","zone":"row1.left"}])", true},
           {"把主驾车窗打开一半", R"([{"capability":"window","op":"set","value":"mid","zone":"row1.left"}])", true},
           {"把主驾车窗打开一半", R"([{"capability":"window","op":"set","value":80,"unit":"percent","zone":"row1.left"}])", false},
           {"空调调到二十三度", R"([{"capability":"hvac.temperature","op":"set","value":73.4,"unit":"F"}])", true},
           {"打开空调", R"([{"escalation":"chat"}])", false},
           {"讲个笑话", R"([{"escalation":"chat"}])", true},
       }) {
    const auto gold = Gold::FromJson(Json::parse(c.gold), knowledge_->catalogue);
    ASSERT_TRUE(gold) << c.gold;
    car_->StartOver();
    EXPECT_EQ(Matches(*gold, Say(c.said), knowledge_->catalogue, Zone::kRow1Left), c.right) << c.said << " against " << c.gold;
  }
}

}  // namespace
}  // namespace deepcabin::cli
