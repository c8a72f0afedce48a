// What the cockpit knows beyond its signals: the places of its people, what lies ahead, habits; and the simulated car on its way.

#include "agent/foresight.h"

#include <gtest/gtest.h>

#include "agent/proposals/proposer.h"
#include "cli/journey.h"
#include "cli/knowledge_for_test.h"

namespace deepcabin::cli {
namespace {

class ForesightTest : public KnowledgeTest {
 protected:
  ForesightTest()
      : store_(knowledge_->catalogue, clock_), simulator_(store_), audit_(safety::AuditLog::InMemory(clock_)),
        actuator_(store_, *knowledge_->guard, clock_, audit_.get()), memory_(std::move(*memory::Memory::Open({}, clock_))),
        services_(*knowledge_, store_, actuator_, clock_, memory_.get()) {}

  void PutAt(const skills::Position& position) {
    ASSERT_TRUE(
        simulator_.SetState({{"Vehicle.CurrentLocation.Latitude", position.lat}, {"Vehicle.CurrentLocation.Longitude", position.lon}}));
  }
  skills::Position Here() {
    const auto number = [&](std::string_view path) { return *AsNumber(*store_.Get(*knowledge_->catalogue.FindSignal(path)).current); };
    return {number("Vehicle.CurrentLocation.Latitude"), number("Vehicle.CurrentLocation.Longitude")};
  }
  skills::Position Home() { return *knowledge_->navigation.home; }
  std::string Text(const std::string& fact) {
    const auto value = services_.foresight().Facts()[fact];
    return value ? ValueToString(*value) : "unknown";
  }
  double Number(const std::string& fact) {
    const auto value = services_.foresight().Facts()[fact];
    return value ? AsNumber(*value).value_or(-1) : -1;
  }
  agent::ServiceAnswer Go(const std::string& where) { return services_.desk().Run(Route(where), Zone::kRow1Left, Language::kChinese); }
  Call Route(const std::string& where) {
    Call call;
    call.capability = knowledge_->catalogue.FindCapability("navi.route")->id;
    call.op = Op::kStart;
    call.text = where;
    return call;
  }
  void Learn(const Call& call, agent::Outcome outcome = agent::Outcome::kDone) {
    agent::TurnResult turn;
    turn.results.push_back({.call = call, .outcome = outcome, .reason = "", .rule = "", .interfaces = {}});
    services_.foresight().Learn(turn);
  }

  SimulatedClock clock_;
  vehicle::SignalStore store_;
  vehicle::Simulator simulator_;
  std::unique_ptr<safety::AuditLog> audit_;
  safety::GuardedActuator actuator_;
  std::unique_ptr<memory::Memory> memory_;
  ServiceSet services_;
};

TEST_F(ForesightTest, KnowsThePlacesOfItsPeople) {
  PutAt(skills::kDemoStart);
  EXPECT_EQ(Text("place"), "road");
  PutAt(Home());
  EXPECT_EQ(Text("place"), "home");
  ASSERT_TRUE(memory_->Remember(
      {.occupant = "owner", .kind = memory::FactKind::kPlace, .key = "学校", .value = "云帆大厦", .source = "", .at = {}}));
  PutAt(*knowledge_->navigation.company);
  EXPECT_EQ(Text("place"), "company") << "where one works goes before a label";
}

TEST_F(ForesightTest, LooksAheadAlongTheWayAndBehindItNot) {
  PutAt(skills::kDemoStart);
  ASSERT_TRUE(simulator_.SetState({{"Vehicle.CurrentLocation.Heading", 0}}));
  const double north = Number("charger_ahead");
  ASSERT_TRUE(simulator_.SetState({{"Vehicle.CurrentLocation.Heading", 180}}));
  EXPECT_NE(north, Number("charger_ahead"));
  ASSERT_TRUE(Go("公司").done);
  EXPECT_EQ(Text("heading_for"), "company");
  const double first = Number("restaurant_ahead");
  ASSERT_GT(first, 0);
  // A hundred metres before the place it is near; at the end of the way nothing lies ahead any more.
  const auto near = services_.navigation().Further(skills::kDemoStart, first * 1000 - 100);
  ASSERT_TRUE(near);
  PutAt(near->position);
  EXPECT_NEAR(Number("restaurant_ahead"), 0.1, 0.06);
  PutAt(services_.navigation().Further(skills::kDemoStart, 1e6)->position);
  EXPECT_EQ(Text("restaurant_ahead"), "unknown");
}

TEST_F(ForesightTest, HabitsNeedEvidenceAndOnlyWhatWasDoneCounts) {
  Call warm;
  warm.capability = knowledge_->catalogue.FindCapability("hvac.temperature")->id;
  warm.op = Op::kSet;
  warm.value = 23.5;
  for (int day = 0; day < 2; ++day) Learn(warm);
  EXPECT_EQ(Text("usual_temperature"), "unknown") << "twice is no habit";
  for (int day = 0; day < 4; ++day) Learn(warm, agent::Outcome::kDenied);
  EXPECT_EQ(Text("usual_temperature"), "unknown");
  for (int day = 0; day < 2; ++day) Learn(warm);
  EXPECT_EQ(Number("usual_temperature"), 23.5);

  PutAt(Home());
  ASSERT_TRUE(Go("公司").done);
  for (int day = 0; day < 4; ++day) Learn(Route("公司"));
  services_.navigation().Stop();
  EXPECT_EQ(Text("heading_for"), "company") << "at this hour one goes to work";
  clock_.Advance(std::chrono::hours(9));
  EXPECT_EQ(Text("heading_for"), "unknown");
}

TEST_F(ForesightTest, ARuleThatRestsOnAFactSpeaks) {
  std::vector<std::string> said;
  agent::Proposer proposer(*knowledge_->proposals, clock_, [&](const agent::Proposal& proposal, agent::ProposalEvent event) {
    if (event == agent::ProposalEvent::kMade) said.push_back(proposal.rule);
  });
  PutAt(skills::kDemoStart);
  ASSERT_TRUE(simulator_.SetState({{"Vehicle.Speed", 50},
                                   {"Vehicle.LowVoltageSystemState", "ON"},
                                   {"Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", 12}}));
  std::vector<vehicle::Update> all;
  for (const SignalId signal : proposer.signals()) all.push_back({signal, store_.Get(signal)});
  proposer.OnSignals(all);
  const auto is_about_charging = [](const std::string& rule) { return rule == "low_charge_charger"; };
  EXPECT_TRUE(std::none_of(said.begin(), said.end(), is_about_charging));
  ASSERT_TRUE(Go("公司").done);
  services_.foresight().Tell(proposer);
  for (int second = 0; second < 120; ++second) clock_.Advance(std::chrono::seconds(1)), proposer.Tick();
  EXPECT_TRUE(std::any_of(said.begin(), said.end(), is_about_charging)) << ::testing::PrintToString(said);
}

TEST_F(ForesightTest, TheSimulatedCarDrivesItsWayAndArrives) {
  PutAt(Home());
  ASSERT_TRUE(simulator_.SetState({{"Vehicle.Speed", 72}}));
  Journey journey(services_.navigation(), services_.navigation_service(), simulator_, clock_);
  EXPECT_FALSE(journey.Step()) << "no trip";
  ASSERT_TRUE(Go("公司").done);
  const auto left = [&] {
    return AsNumber(*store_.Get(*knowledge_->catalogue.FindSignal("Vehicle.DeepCabin.Navigation.DistanceLeft")).current).value_or(-1);
  };
  EXPECT_FALSE(journey.Step());
  const double before = left();
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_FALSE(journey.Step());
  EXPECT_NEAR(before - left(), 20, 2);  // 72 km/h
  int steps = 0;
  while (!journey.Step() && ++steps < 5'000) clock_.Advance(std::chrono::seconds(1));
  EXPECT_LT(skills::DistanceM(*knowledge_->navigation.company, Here()), 400);
  EXPECT_FALSE(services_.navigation().is_active());
  EXPECT_FALSE(journey.Step());
  EXPECT_EQ(left(), 0);
}

}  // namespace
}  // namespace deepcabin::cli
