#include "llm/race.h"

#include <gtest/gtest.h>

#include <set>

#include <fmt/format.h>

#include "base/random.h"

namespace deepcabin::llm {
namespace {

using std::chrono::milliseconds;

// The host writes down what the race tells it, as words; the test is the clock.
class RaceTest : public testing::Test, public RaceHost {
 protected:
  void Begin(std::size_t candidates) {
    race_.emplace(*this, std::vector<Nanos>(candidates, milliseconds(1'200)), RaceTimes{});
    race_->Begin(now_);
  }
  void After(std::int64_t ms) {
    now_ += milliseconds(ms);
    race_->OnTime(now_);
  }
  void Piece(std::size_t lane) { race_->OnPiece(lane, now_); }
  void Fails(std::size_t lane, FaultKind kind = FaultKind::kServerFault, std::optional<milliseconds> retry_after = {}) {
    race_->OnFault(lane, {kind, 0, retry_after, ""}, now_);
  }
  std::string Said() { return std::exchange(said_, ""); }

  Permit MayStart(std::size_t candidate, StartKind kind) override {
    if (barred_.contains(candidate)) return Permit::kNo;
    if (no_hedges_ && kind == StartKind::kHedge) return Permit::kNotNow;
    if (no_retries_ && kind == StartKind::kRetry) return Permit::kNotNow;
    return Permit::kYes;
  }
  void Start(std::size_t lane, std::size_t candidate, StartKind kind) override {
    said_ += fmt::format("start{}@{}{} ", lane, candidate, kind == StartKind::kHedge ? "h" : kind == StartKind::kRetry ? "r" : "");
  }
  void Cancel(std::size_t lane, CancelReason reason) override {
    said_ += fmt::format("cancel{}{} ", lane, reason == CancelReason::kBeaten ? "b" : reason == CancelReason::kSilent ? "s" : "g");
  }
  void Lead(std::size_t lane, bool restart) override { said_ += fmt::format("lead{}{} ", lane, restart ? "again" : ""); }
  bool IsCommitted() const override { return committed_; }

  Nanos now_ = std::chrono::hours(1);
  std::optional<Race> race_;
  std::string said_;
  std::set<std::size_t> barred_;
  bool no_hedges_ = false, no_retries_ = false, committed_ = false;
};

TEST_F(RaceTest, OneAnswerNoSecondExchange) {
  Begin(2);
  EXPECT_EQ(Said(), "start0@0 ");
  Piece(0);
  EXPECT_TRUE(race_->OnDone(0, now_));
  EXPECT_EQ(Said(), "lead0 ");
  EXPECT_EQ(race_->end(), Race::End::kWon);
}

TEST_F(RaceTest, AReplyWithoutPiecesWins) {
  Begin(1);
  EXPECT_TRUE(race_->OnDone(0, now_));
  EXPECT_EQ(race_->end(), Race::End::kWon);
}

TEST_F(RaceTest, HedgesWhenTheFirstWordIsLateAndNotBefore) {
  Begin(2);
  Said();
  After(1'199);
  EXPECT_EQ(Said(), "");
  EXPECT_EQ(race_->NextTime(), now_ + milliseconds(1));
  After(1);
  EXPECT_EQ(Said(), "start1@1h ");
  Piece(1);
  EXPECT_EQ(Said(), "cancel0b lead1 ");
  Piece(0);  // too late: what it says is ignored
  EXPECT_EQ(Said(), "");
}

TEST_F(RaceTest, TheFirstMayStillWinAgainstItsHedge) {
  Begin(2);
  After(1'200);
  Said();
  Piece(0);
  EXPECT_EQ(Said(), "cancel1b lead0 ");
}

TEST_F(RaceTest, WithoutAHedgeTheSecondIsAskedAtTheDeadlineOfTheFirstToken) {
  no_hedges_ = true;
  Begin(2);
  After(1'200);
  EXPECT_EQ(Said(), "start0@0 ");
  EXPECT_EQ(race_->NextTime(), now_ + milliseconds(1'300));
  After(1'300);
  EXPECT_EQ(Said(), "start1@1r ");
}

TEST_F(RaceTest, AFaultBeforeTheFirstTokenGoesToTheNextAtOnce) {
  Begin(3);
  Fails(0);
  EXPECT_EQ(Said(), "start0@0 start1@1r ");
  Fails(1);  // two tries are over; what is left is the hedge
  EXPECT_EQ(Said(), "start2@2h ");
  Fails(2);
  EXPECT_EQ(race_->end(), Race::End::kFailed);
  EXPECT_EQ(Said(), "");
}

TEST_F(RaceTest, NeverMoreThanThreeExchanges) {
  Begin(9);
  for (int i = 0; i < 20; ++i) After(1'300);
  EXPECT_EQ(Said(), "start0@0 start1@1h start2@2r ");
  EXPECT_EQ(race_->end(), Race::End::kRunning);
}

TEST_F(RaceTest, AFaultBesideARunningHedgeStartsNothing) {
  Begin(3);
  After(1'200);
  Said();
  Fails(0);
  EXPECT_EQ(Said(), "");
  EXPECT_EQ(race_->end(), Race::End::kRunning);
  Piece(1);
  EXPECT_EQ(Said(), "lead1 ");
}

TEST_F(RaceTest, AfterTheFirstTokenAnotherOneTakesOver) {
  Begin(2);
  Piece(0);
  Said();
  Fails(0, FaultKind::kCut);
  EXPECT_EQ(Said(), "start1@1r ");
  Piece(1);
  EXPECT_EQ(Said(), "lead1again ");
}

TEST_F(RaceTest, NobodyTakesOverWhatWasSpoken) {
  Begin(2);
  Piece(0);
  committed_ = true;
  Said();
  After(5'000);  // a stall
  EXPECT_EQ(Said(), "");
  Fails(0, FaultKind::kCut);
  EXPECT_EQ(Said(), "");
  EXPECT_EQ(race_->end(), Race::End::kFailed);
}

TEST_F(RaceTest, AStallInTheMiddleIsHedged) {
  Begin(2);
  Piece(0);
  After(1'399);
  EXPECT_EQ(Said(), "start0@0 lead0 ");
  After(1);
  EXPECT_EQ(Said(), "start1@1h ");
  Piece(1);
  EXPECT_EQ(Said(), "cancel0s lead1again ");
}

TEST_F(RaceTest, AStallThatEndsBeatsItsHedge) {
  Begin(2);
  Piece(0);
  After(1'400);
  Said();
  Piece(0);
  EXPECT_EQ(Said(), "cancel1b ");
}

TEST_F(RaceTest, OneThatWasBeatenMayStillTakeOver) {
  Begin(2);
  Piece(0);
  After(1'400);
  Piece(0);
  Said();
  Fails(0, FaultKind::kBroken);
  EXPECT_EQ(Said(), "start2@1r ");
  Piece(2);
  EXPECT_EQ(Said(), "lead2again ");
}

TEST_F(RaceTest, SpokenDuringAStallTheHedgeIsTooLate) {
  Begin(2);
  Piece(0);
  After(1'400);
  committed_ = true;
  Said();
  Piece(1);
  EXPECT_EQ(Said(), "cancel1b ");
  Piece(0);
  EXPECT_TRUE(race_->OnDone(0, now_));
}

TEST_F(RaceTest, OneEndpointAloneIsAskedAgainAfterABackOff) {
  Begin(1);
  Fails(0);
  EXPECT_EQ(Said(), "start0@0 ");
  EXPECT_EQ(race_->NextTime(), now_ + milliseconds(200));
  After(200);
  EXPECT_EQ(Said(), "start1@0r ");
  Fails(1);
  EXPECT_EQ(race_->end(), Race::End::kFailed);
}

TEST_F(RaceTest, RetryAfterIsKeptOrTheRequestFails) {
  Begin(1);
  Fails(0, FaultKind::kBusy, milliseconds(1'500));
  After(1'499);
  EXPECT_EQ(Said(), "start0@0 ");
  After(1);
  EXPECT_EQ(Said(), "start1@0r ");

  Begin(1);
  Fails(0, FaultKind::kBusy, milliseconds(2'001));
  EXPECT_EQ(race_->end(), Race::End::kFailed);
}

TEST_F(RaceTest, WhatCannotPassIsNotTriedAgainAtTheSamePlace) {
  for (const FaultKind kind : {FaultKind::kBadRequest, FaultKind::kBadKey, FaultKind::kNoFunds, FaultKind::kNotFound, FaultKind::kSilent}) {
    Begin(1);
    Fails(0, kind);
    EXPECT_EQ(race_->end(), Race::End::kFailed) << FaultKindName(kind);
  }
}

TEST_F(RaceTest, WaitsAShortWhileForTheRetryBudget) {
  no_retries_ = true;
  Begin(2);
  Fails(0);
  EXPECT_EQ(race_->end(), Race::End::kRunning);
  After(100);
  EXPECT_EQ(Said(), "start0@0 ");
  no_retries_ = false;
  After(100);
  EXPECT_EQ(Said(), "start1@1r ");

  no_retries_ = true;
  Begin(2);
  Fails(0);
  for (int i = 0; i < 15; ++i) After(100);
  EXPECT_EQ(race_->end(), Race::End::kFailed);
}

TEST_F(RaceTest, GoesPastCandidatesThatMayNotBeAsked) {
  barred_ = {0, 2};
  Begin(4);
  EXPECT_EQ(Said(), "start0@1 ");
  Fails(0);
  EXPECT_EQ(Said(), "start1@3r ");
  barred_ = {0, 1};
  Begin(2);
  EXPECT_EQ(race_->end(), Race::End::kNobody);
}

TEST_F(RaceTest, EndsAtTheDeadline) {
  Begin(1);
  Piece(0);
  Said();
  After(119'999);
  EXPECT_EQ(race_->end(), Race::End::kRunning);
  After(1);
  EXPECT_EQ(race_->end(), Race::End::kLate);
  EXPECT_EQ(Said(), "cancel0g ");
}

// The number of docs/models.md: whatever the first does, and whenever, the second is asked early enough that the word which counts comes at
// most 1.5 s later than without the fault.
TEST_F(RaceTest, NoFaultCostsMoreThanOneAndAHalfSeconds) {
  for (const bool first_token : {false, true}) {
    for (int fails_after_ms = 0; fails_after_ms <= 8'000; fails_after_ms += 50) {
      Begin(2);
      const Nanos began = now_;
      if (first_token) Piece(0);
      Said();
      Nanos asked{0};
      for (int ms = 0; ms <= 8'000 && asked == Nanos(0); ms += 10) {
        if (ms == fails_after_ms) Fails(0, FaultKind::kUnreachable);
        else After(0);
        if (Said().find("start1@1") != std::string::npos) asked = now_;
        now_ += milliseconds(10);
      }
      ASSERT_GT(asked, Nanos(0));
      EXPECT_LE(asked - began, milliseconds(1'500)) << fails_after_ms;
    }
  }
}

// Any order of events: it ends, within its three exchanges, and says at most one answer.
TEST_F(RaceTest, RandomEventsNeverBreakIt) {
  Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    barred_.clear();
    for (std::size_t c = 0; c < 4; ++c) {
      if (random.Chance(0.2)) barred_.insert(c);
    }
    no_hedges_ = random.Chance(0.3);
    committed_ = false;
    Begin(1 + random.Below(4));
    std::size_t lanes = 0;
    int won = 0;
    std::string all;
    for (int step = 0; step < 400 && race_->end() == Race::End::kRunning; ++step) {
      no_retries_ = random.Chance(0.3);
      all += Said();
      lanes = 0;
      for (std::size_t at = all.find("start"); at != std::string::npos; at = all.find("start", at + 1)) ++lanes;
      ASSERT_LE(lanes, 3u) << all;
      const std::size_t lane = random.Below(std::max<std::size_t>(1, lanes));
      switch (random.Below(6)) {
        case 0: Piece(lane); break;
        case 1: won += race_->OnDone(lane, now_); break;
        case 2: Fails(lane, static_cast<FaultKind>(random.Below(11))); break;
        case 3: committed_ = committed_ || all.find("lead") != std::string::npos; break;
        default:
          After(static_cast<std::int64_t>(random.Below(2'000)));
          if (race_->end() == Race::End::kRunning) {
            ASSERT_GT(race_->NextTime(), now_);  // else its host would spin
          }
      }
    }
    ASSERT_NE(race_->end(), Race::End::kRunning);
    ASSERT_EQ(won, race_->end() == Race::End::kWon);
  }
}

}  // namespace
}  // namespace deepcabin::llm
