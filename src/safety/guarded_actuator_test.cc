#include "safety/guarded_actuator.h"

#include <gtest/gtest.h>

#include "safety/car_for_test.h"

namespace deepcabin::safety {
namespace {

class GuardedActuatorTest : public testing::Test {
 protected:
  GuardedActuatorTest() { Park(broker_); }

  Attempt Do(Request request) { return actuator_.Actuate({&request, 1}, {.session = "s", .turn = "s-1", .utterance = "…"}).front(); }
  Request Window(std::int64_t position, Op op = Op::kSet) {
    return {.interface = InterfaceOf("window", Zone::kRow1Left), .op = op, .target = Value(position), .speaker = Zone::kRow1Left};
  }
  Request Trunk() {
    return {.interface = InterfaceOf("trunk"), .op = Op::kOpen, .target = Value(std::int64_t{100}), .speaker = Zone::kRow1Left};
  }

  SimulatedClock clock_;
  FakeBroker broker_{RealCatalogue(), clock_};
  std::unique_ptr<AuditLog> audit_ = AuditLog::InMemory(clock_);
  GuardedActuator actuator_{broker_, RealGuard(), clock_, audit_.get()};
};

TEST_F(GuardedActuatorTest, SendsWhatIsAllowedAndLogsIt) {
  const Attempt attempt = Do(Window(50));
  EXPECT_TRUE(attempt.sent);
  EXPECT_EQ(attempt.decision.rule, "P07.slow");
  ASSERT_EQ(broker_.wire.size(), 1u);
  EXPECT_EQ(broker_.wire[0].value, Value(std::int64_t{50}));
  const auto records = audit_->Tail(10);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]["rule"], "P07.slow");
  EXPECT_EQ(records[0]["sent"], true);
  EXPECT_EQ(records[0]["capability"], "window");
  EXPECT_EQ(records[0]["value"], 50);
  EXPECT_EQ(records[0]["session"], "s");
  EXPECT_EQ(records[0]["motion"], "parked");
}

TEST_F(GuardedActuatorTest, DeniedAndUnconfirmedNeverReachTheWire) {
  EXPECT_EQ(Do(Trunk()).decision.kind, DecisionKind::kConfirmTouch);
  Request confirmed = Trunk();
  confirmed.confirmed = true;  // a spoken yes is not a touch
  EXPECT_EQ(Do(confirmed).decision.kind, DecisionKind::kConfirmTouch);
  EXPECT_TRUE(broker_.wire.empty());
  confirmed.touched = true;
  EXPECT_TRUE(Do(confirmed).sent);
  EXPECT_EQ(audit_->Tail(10).size(), 3u);
}

TEST_F(GuardedActuatorTest, AYesNeverOvercomesANo) {
  Drive(broker_, 30);
  Request request = Trunk();
  request.confirmed = request.touched = true;
  EXPECT_EQ(Do(request).decision.rule, "P09.moving");
  EXPECT_TRUE(broker_.wire.empty());
}

// T40: judged while parked; the car drives off before it is sent.
TEST_F(GuardedActuatorTest, StateIsReadAgainAtTheMomentOfSending) {
  Request request = Trunk();
  request.touched = true;
  EXPECT_EQ(actuator_.Judge(request).kind, DecisionKind::kAllow);
  Drive(broker_, 3);
  EXPECT_EQ(Do(request).decision.rule, "P09.moving");
  EXPECT_TRUE(broker_.wire.empty());
}

TEST_F(GuardedActuatorTest, EachOfABatchSeesTheStateOfItsOwnMoment) {
  // The car starts to roll right after the first of two requests was sent.
  const SignalId speed = *RealCatalogue().FindSignal("Vehicle.Speed");
  broker_.before_get = [&](SignalId signal) {
    if (signal == speed && broker_.wire.size() == 1) Drive(broker_, 10);
  };
  Request door{.interface = InterfaceOf("door", Zone::kRow1Left),
               .op = Op::kOpen,
               .target = Value(true),
               .speaker = Zone::kRow1Left,
               .confirmed = true};
  Request other = door;
  other.interface = InterfaceOf("door", Zone::kRow1Right);
  other.touched = true;
  const Request both[] = {door, other};
  const auto attempts = actuator_.Actuate(both, {});
  EXPECT_TRUE(attempts[0].sent);
  EXPECT_FALSE(attempts[1].sent);
  EXPECT_EQ(attempts[1].decision.rule, "P09.moving");
}

TEST_F(GuardedActuatorTest, StaleMotionCountsAsMoving) {
  clock_.Advance(std::chrono::milliseconds(500));
  Request request = Trunk();
  request.touched = true;
  EXPECT_EQ(actuator_.Judge(request).kind, DecisionKind::kAllow);  // exactly 500 ms is fresh
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(Do(request).decision.rule, "P09.moving");
}

TEST_F(GuardedActuatorTest, StopTakesThePositionReadWhenItIsSent) {
  Drive(broker_, 150);
  broker_.Report(*RealCatalogue().FindSignal("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"), Value(std::int64_t{37}));
  const Attempt attempt = Do(Window(100, Op::kStop));  // whatever target came along
  EXPECT_TRUE(attempt.sent);
  EXPECT_EQ(attempt.decision.rule, "P07.stop");
  EXPECT_EQ(broker_.wire.at(0).value, Value(std::int64_t{37}));
}

TEST_F(GuardedActuatorTest, APersonMayCorrectHimselfButNotFlood) {
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Do(Window(10 * (i + 1))).sent) << i;
  EXPECT_EQ(Do(Window(90)).decision.rule, "S06.rate");
  Request other = Window(50);
  other.interface = InterfaceOf("window", Zone::kRow1Right);
  EXPECT_TRUE(Do(other).sent);  // limits are per actuator
  clock_.Advance(std::chrono::seconds(4));
  Park(broker_);
  EXPECT_TRUE(Do(Window(60)).sent);
}

TEST_F(GuardedActuatorTest, AtMostTenAMinute) {
  int sent = 0;
  for (int i = 0; i < 55; ++i) {
    sent += Do(Window(50 + i)).sent ? 1 : 0;
    clock_.Advance(std::chrono::seconds(1));
    Park(broker_);
  }
  EXPECT_EQ(sent, 10);
  EXPECT_EQ(Do(Window(90)).decision.rule, "S06.rate");
  // Stopping still works.
  EXPECT_TRUE(Do(Window(0, Op::kStop)).sent);
  actuator_.StartOver();
  EXPECT_TRUE(Do(Window(60)).sent);
}

TEST_F(GuardedActuatorTest, ABatchIsBounded) {
  const std::vector<Request> many(GuardedActuator::kBatchMax + 3,
                                  Request{.interface = InterfaceOf("window", Zone::kRow1Left), .op = Op::kQuery});
  const auto attempts = actuator_.Actuate(many, {});
  ASSERT_EQ(attempts.size(), many.size());
  EXPECT_EQ(attempts[GuardedActuator::kBatchMax - 1].decision.kind, DecisionKind::kAllow);
  EXPECT_EQ(attempts[GuardedActuator::kBatchMax].decision.rule, "S06.batch");
}

TEST_F(GuardedActuatorTest, ABrokerThatRefusesIsReported) {
  broker_.fault = FakeBroker::Fault::kRefuses;
  broker_.refusal = Unavailable("gone");
  const Attempt attempt = Do(Window(50));
  EXPECT_EQ(attempt.decision.kind, DecisionKind::kAllow);
  EXPECT_FALSE(attempt.sent);
  EXPECT_EQ(attempt.error, "unavailable: gone");
  EXPECT_EQ(audit_->Tail(1)[0]["error"], "unavailable: gone");
}

TEST_F(GuardedActuatorTest, PresentIsWhereAThingIsHeading) {
  broker_.fault = FakeBroker::Fault::kLies;  // takes the target, never gets there
  const SignalId window = *RealCatalogue().FindSignal("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position");
  broker_.Report(window, Value(std::int64_t{0}));
  EXPECT_TRUE(Do(Window(50)).sent);
  EXPECT_EQ(actuator_.Present(window), Value(std::int64_t{50}));
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(actuator_.Present(window), Value(std::int64_t{0}));
}

TEST_F(GuardedActuatorTest, ServicesAreJudgedAndLoggedButNothingIsSent) {
  const Attempt attempt = Do({.interface = InterfaceOf("navi.route"), .op = Op::kStart, .speaker = Zone::kRow1Left});
  EXPECT_EQ(attempt.decision.rule, "P19.driver");
  EXPECT_FALSE(attempt.sent);
  EXPECT_TRUE(broker_.wire.empty());
  EXPECT_EQ(audit_->Tail(10).size(), 1u);
}

}  // namespace
}  // namespace deepcabin::safety
