#include "safety/offers.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "safety/car_for_test.h"

namespace deepcabin::safety {
namespace {

class OffersTest : public testing::Test {
 protected:
  OfferDraft Draft(DecisionKind kind = DecisionKind::kConfirm, Zone speaker = Zone::kRow1Left) const {
    return {.session = "s", .speaker = speaker, .safety = SafetyClass::kClosure, .kind = kind, .question = "开门吗", .binding = "door=1"};
  }
  OfferAnswer Yes(Zone speaker = Zone::kRow1Left) const { return {.session = "s", .speaker = speaker, .binding = "door=1"}; }

  SimulatedClock clock_;
  Offers offers_{clock_};
  const PolicyState parked_ = ParkedState();
};

TEST_F(OffersTest, AYesIsGoodOnce) {
  ASSERT_TRUE(offers_.Make(Draft(), parked_));
  EXPECT_TRUE(offers_.Open("s", parked_));
  EXPECT_TRUE(offers_.Accept(Yes(), parked_));
  const auto again = offers_.Accept(Yes(), parked_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kNotFound);
}

TEST_F(OffersTest, LapsesAfterFifteenSeconds) {
  ASSERT_TRUE(offers_.Make(Draft(), parked_));
  clock_.Advance(std::chrono::milliseconds(14999));
  EXPECT_TRUE(offers_.Open("s", parked_));
  clock_.Advance(std::chrono::milliseconds(1));
  const auto late = offers_.Accept(Yes(), parked_);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(offers_.Open("s", parked_));
}

TEST_F(OffersTest, AnyChangeOfStateLapsesIt) {
  const PolicyState changed[] = {CreepState(),
                                 MovingState(),
                                 [] {
                                   auto s = ParkedState();
                                   s.child_present = true;
                                   return s;
                                 }(),
                                 [] {
                                   auto s = ParkedState();
                                   s.raining = true;
                                   return s;
                                 }(),
                                 [] {
                                   auto s = ParkedState();
                                   s.crashed = true;
                                   return s;
                                 }(),
                                 [] {
                                   auto s = ParkedState();
                                   s.anti_pinch = false;
                                   return s;
                                 }()};
  for (const PolicyState& state : changed) {
    ASSERT_TRUE(offers_.Make(Draft(), parked_));
    const auto yes = offers_.Accept(Yes(), state);
    ASSERT_FALSE(yes);
    EXPECT_EQ(yes.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_FALSE(offers_.Accept(Yes(), parked_)) << "a lapsed offer must not come back";
  }
}

TEST_F(OffersTest, SpeedMayChangeWithinTheSameRules) {
  ASSERT_TRUE(offers_.Make(Draft(), MovingState(50)));
  EXPECT_TRUE(offers_.Accept(Yes(), MovingState(55)));
  ASSERT_TRUE(offers_.Make(Draft(), MovingState(79)));
  EXPECT_FALSE(offers_.Accept(Yes(), MovingState(81)));
}

TEST_F(OffersTest, OnlyFromWhereAYesCounts) {
  ASSERT_TRUE(offers_.Make(Draft(DecisionKind::kConfirm, Zone::kRow2Left), parked_));
  for (const Zone zone : {Zone::kRow1Right, Zone::kRow2Right, Zone::kWhole, Zone::kRear}) {
    const auto yes = offers_.Accept(Yes(zone), parked_);
    ASSERT_FALSE(yes) << ZoneName(zone);
    EXPECT_EQ(yes.error().code, ErrorCode::kPermissionDenied);
  }
  EXPECT_TRUE(offers_.Accept(Yes(Zone::kRow2Left), parked_)) << "a wrong voice must not close the question";
  OfferDraft by_driver = Draft(DecisionKind::kConfirm, Zone::kRow2Left);
  by_driver.by_driver = true;
  ASSERT_TRUE(offers_.Make(by_driver, parked_));
  EXPECT_FALSE(offers_.Accept(Yes(Zone::kRow2Left), parked_));
  EXPECT_TRUE(offers_.Accept(Yes(Zone::kRow1Left), parked_));
}

TEST_F(OffersTest, ATouchIsNotAVoice) {
  ASSERT_TRUE(offers_.Make(Draft(DecisionKind::kConfirmTouch), parked_));
  EXPECT_FALSE(offers_.Accept(Yes(), parked_));
  OfferAnswer touch = Yes();
  touch.touched = true;
  EXPECT_TRUE(offers_.Accept(touch, parked_));
}

TEST_F(OffersTest, OneOpenOfferPerSession) {
  const auto first = offers_.Make(Draft(), parked_);
  OfferDraft other = Draft();
  other.binding = "trunk=100";
  ASSERT_TRUE(offers_.Make(other, parked_));
  EXPECT_FALSE(offers_.Accept(Yes(), parked_)) << "the first question is gone";
  EXPECT_FALSE(offers_.Close("s"));
}

TEST_F(OffersTest, ANoClosesIt) {
  ASSERT_TRUE(offers_.Make(Draft(), parked_));
  EXPECT_TRUE(offers_.Close("s"));
  EXPECT_FALSE(offers_.Accept(Yes(), parked_));
}

// T49: no wearing down the driver with questions.
TEST_F(OffersTest, TwoPromptsAMinuteWhileMovingThenTheClassIsRefused) {
  const PolicyState moving = MovingState();
  EXPECT_TRUE(offers_.Make(Draft(), moving));
  EXPECT_TRUE(offers_.Make(Draft(), moving));
  const auto third = offers_.Make(Draft(), moving);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kResourceExhausted);
  clock_.Advance(std::chrono::seconds(59));
  EXPECT_FALSE(offers_.Make(Draft(), moving));
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_TRUE(offers_.Make(Draft(), moving));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(offers_.Make(Draft(), parked_)) << "parked, questions are free";
}

TEST_F(OffersTest, AnAllowIsNoQuestion) {
  EXPECT_FALSE(offers_.Make(Draft(DecisionKind::kAllow), parked_));
  EXPECT_FALSE(offers_.Make(Draft(DecisionKind::kDeny), parked_));
}

// G05: 0 bypasses in 10,000 mutations of a right answer.
TEST_F(OffersTest, NoMutationOfAnAnswerPasses) {
  Random random(7);
  for (int i = 0; i < 10'000; ++i) {
    OfferDraft draft = Draft(random.Chance(0.5) ? DecisionKind::kConfirm : DecisionKind::kConfirmTouch, Zone::kRow2Left);
    draft.by_driver = random.Chance(0.5);
    ASSERT_TRUE(offers_.Make(draft, parked_));
    OfferAnswer answer{.session = "s", .speaker = Zone::kRow1Left, .touched = true, .binding = draft.binding};
    PolicyState state = parked_;
    bool mutated = true;
    switch (random.Below(6)) {
      case 0: answer.session = random.Chance(0.5) ? "" : "s2"; break;
      case 1: answer.binding[random.Below(answer.binding.size())] ^= static_cast<char>(1 + random.Below(127)); break;
      case 2: answer.binding += static_cast<char>(random.Below(256)); break;
      case 3: state.motion = random.Chance(0.5) ? Motion::kCreep : Motion::kMoving; break;
      case 4: clock_.Advance(kOfferLife + Nanos(static_cast<std::int64_t>(random.Below(1000)))); break;
      default:
        answer.touched = false;
        answer.speaker = static_cast<Zone>(1 + random.Below(12));
        mutated = draft.kind == DecisionKind::kConfirmTouch || draft.by_driver || answer.speaker != draft.speaker;
    }
    EXPECT_EQ(offers_.Accept(answer, state).has_value(), !mutated) << i;
    offers_.Close("s");
  }
}

}  // namespace
}  // namespace deepcabin::safety
