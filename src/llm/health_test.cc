#include "llm/health.h"

#include <gtest/gtest.h>

namespace deepcabin::llm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HealthTest : public testing::Test {
 protected:
  void Fail(int times, FaultKind kind = FaultKind::kServerFault) {
    for (int i = 0; i < times; ++i) health_.Failed("a", {kind, 500, {}, ""});
  }
  Breaker State() { return health_.View("a").breaker; }

  SimulatedClock clock_;
  Health health_{clock_, 1};
};

TEST_F(HealthTest, OpensAtTheFifthFailureInARow) {
  Fail(4);
  EXPECT_EQ(State(), Breaker::kClosed);
  EXPECT_EQ(health_.Enter("a"), Health::Entry::kYes);
  Fail(1);
  EXPECT_EQ(State(), Breaker::kOpen);
  EXPECT_EQ(health_.Enter("a"), Health::Entry::kNo);
  EXPECT_EQ(health_.Enter("b"), Health::Entry::kYes);
}

TEST_F(HealthTest, ASuccessBetweenBeginsTheRowAnew) {
  Fail(4);
  health_.Succeeded("a");
  Fail(4);
  EXPECT_EQ(State(), Breaker::kClosed);
}

TEST_F(HealthTest, OpensWhenHalfOfTheLastTwentyFailed) {
  for (int i = 0; i < 9; ++i) {
    health_.Succeeded("a");
    Fail(1);
  }
  health_.Succeeded("a");
  EXPECT_EQ(State(), Breaker::kClosed);
  Fail(1);  // the twentieth, the tenth that failed
  EXPECT_EQ(State(), Breaker::kOpen);
  EXPECT_EQ(health_.View("a").why, "10 of its last 20 answers failed");
}

TEST_F(HealthTest, OneProbeAfterFiveSecondsThenLongerUpToAMinute) {
  Fail(5);
  Nanos before{0};
  for (int round = 0; round < 8; ++round) {
    const Nanos pause = health_.View("a").pause_left;
    const Nanos base = std::min<Nanos>(seconds(60), seconds(5) * (1 << round));
    EXPECT_GE(pause, base) << round;
    EXPECT_LE(pause, std::min<Nanos>(seconds(60), base * 6 / 5)) << round;
    EXPECT_GE(pause, before);
    before = pause;
    clock_.Advance(pause - milliseconds(1));
    EXPECT_EQ(health_.Enter("a"), Health::Entry::kNo);
    clock_.Advance(milliseconds(1));
    EXPECT_EQ(State(), Breaker::kProbe);
    EXPECT_EQ(health_.Enter("a"), Health::Entry::kProbe);
    EXPECT_EQ(health_.Enter("a"), Health::Entry::kNo);  // one
    Fail(1);
  }
}

TEST_F(HealthTest, AGoodProbeClosesItAndOldFailuresAreForgotten) {
  Fail(5);
  clock_.Advance(seconds(7));
  ASSERT_EQ(health_.Enter("a"), Health::Entry::kProbe);
  health_.Succeeded("a");
  EXPECT_EQ(State(), Breaker::kClosed);
  Fail(4);
  EXPECT_EQ(State(), Breaker::kClosed);
  Fail(1);
  EXPECT_LE(health_.View("a").pause_left, seconds(6));  // the doubling began anew too
}

TEST_F(HealthTest, AnAbandonedProbeLeavesItsPlaceToTheNext) {
  Fail(5);
  clock_.Advance(seconds(7));
  ASSERT_EQ(health_.Enter("a"), Health::Entry::kProbe);
  health_.Abandoned("a");
  EXPECT_EQ(health_.Enter("a"), Health::Entry::kProbe);
}

TEST_F(HealthTest, ABadKeyOpensForTenMinutesOrUntilTheSettingsChange) {
  for (const FaultKind kind : {FaultKind::kBadKey, FaultKind::kNoFunds}) {
    Fail(1, kind);
    clock_.Advance(seconds(599));
    EXPECT_EQ(State(), Breaker::kOpen);
    health_.ForgetFaultsOfSettings();
    EXPECT_EQ(State(), Breaker::kClosed);
    Fail(1, kind);
    clock_.Advance(seconds(600));
    EXPECT_EQ(State(), Breaker::kProbe);
    health_.Succeeded("a");
  }
  Fail(5);
  health_.ForgetFaultsOfSettings();
  EXPECT_EQ(State(), Breaker::kOpen);  // new settings do not repair a server
}

TEST_F(HealthTest, RetryAfterIsRespectedAndBounded) {
  health_.Failed("a", {FaultKind::kBusy, 429, milliseconds(30'000), ""});
  clock_.Advance(milliseconds(29'999));
  EXPECT_EQ(State(), Breaker::kOpen);
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(State(), Breaker::kProbe);
  health_.Failed("a", {FaultKind::kBusy, 429, std::chrono::hours(1'000), ""});
  EXPECT_EQ(health_.View("a").pause_left, std::chrono::minutes(10));
  health_.Failed("b", {FaultKind::kBusy, 429, milliseconds(-5), ""});
  EXPECT_EQ(health_.View("b").breaker, Breaker::kProbe);
}

TEST_F(HealthTest, PatienceIsP95WithinItsBounds) {
  EXPECT_EQ(health_.View("a").patience, milliseconds(1'200));
  for (int i = 0; i < 19; ++i) health_.FirstToken("a", milliseconds(300));
  EXPECT_EQ(health_.View("a").patience, milliseconds(1'200));
  health_.FirstToken("a", milliseconds(300));
  EXPECT_EQ(health_.View("a").patience, milliseconds(1'000));
  for (int i = 0; i < 10; ++i) health_.FirstToken("a", milliseconds(1'250));
  EXPECT_EQ(health_.View("a").patience, milliseconds(1'250));
  for (int i = 0; i < 10; ++i) health_.Late("a", milliseconds(9'000));
  EXPECT_EQ(health_.View("a").patience, milliseconds(1'400));
}

TEST_F(HealthTest, ProvenIsAGoodAnswerOfTheLastMinute) {
  EXPECT_FALSE(health_.View("a").proven);
  health_.Succeeded("a");
  EXPECT_TRUE(health_.View("a").proven);
  clock_.Advance(seconds(61));
  EXPECT_FALSE(health_.View("a").proven);
  health_.Succeeded("a");
  Fail(1);
  EXPECT_FALSE(health_.View("a").proven);
}

TEST_F(HealthTest, ErrorsAndLatenciesFade) {
  Fail(4);
  const double share = health_.View("a").error_share;
  EXPECT_NEAR(share, 0.3439, 1e-9);
  clock_.Advance(seconds(60));
  EXPECT_NEAR(health_.View("a").error_share, share / 2, 1e-9);
  health_.FirstToken("a", milliseconds(400));
  health_.FirstToken("a", milliseconds(900));
  EXPECT_NEAR(health_.View("a").first_token_ms, 500, 1e-6);
  clock_.Advance(std::chrono::minutes(11));
  EXPECT_EQ(health_.View("a").first_token_ms, 0);
}

TEST(TryBudgetTest, NoStormWhenEverythingFails) {
  SimulatedClock clock;
  TryBudget budget(clock);
  int requests = 0, extra = 0;
  for (int i = 0; i < 1'000; ++i) {
    budget.Request();
    ++requests;
    for (int j = 0; j < 5; ++j) extra += budget.Extra(false) ? 1 : 0;
    for (int j = 0; j < 5; ++j) extra += budget.Hedge() ? 1 : 0;
    ASSERT_LE(extra, 0.1 * requests + kExtraFloor);
    clock.Advance(milliseconds(50));
  }
  EXPECT_GE(extra, 0.1 * requests + kExtraFloor - 1);
}

TEST(TryBudgetTest, TheWindowMovesOn) {
  SimulatedClock clock;
  TryBudget budget(clock);
  for (int i = 0; i < kExtraFloor; ++i) EXPECT_TRUE(budget.Extra(false));
  EXPECT_FALSE(budget.Extra(false));
  EXPECT_TRUE(budget.Extra(true));  // the way round a fault is open
  clock.Advance(seconds(60));
  EXPECT_TRUE(budget.Extra(false));
}

TEST(TryBudgetTest, HedgesAreAtMostFivePercentInTheLongRun) {
  SimulatedClock clock;
  TryBudget budget(clock);
  int hedges = 0;
  for (int i = 0; i < 10'000; ++i) {
    budget.Request();
    hedges += budget.Hedge() ? 1 : 0;
    clock.Advance(seconds(10));  // few requests: the floor of each minute would let all of them through
  }
  EXPECT_LE(hedges, 0.05 * 10'000 + kExtraFloor);
  EXPECT_GE(hedges, 0.05 * 10'000);
}

}  // namespace
}  // namespace deepcabin::llm
