// Conditions, rule files and the proposer, on a small catalogue; then the rules that ship, on the real one.

#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/proposals/proposer.h"
#include "base/random.h"
#include "safety/guard.h"

namespace deepcabin::agent {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kCatalogue = R"(
area: test
signals:
  - {path: Vehicle.Speed, type: float, unit: km/h, max: 250, default: 0}
  - {path: Vehicle.Limit, type: float, unit: km/h, max: 250, default: 60}
  - {path: Vehicle.Rain, type: uint8, unit: percent, max: 100, default: 0}
  - {path: Vehicle.Left, type: uint8, unit: percent, max: 100, default: 0}
  - {path: Vehicle.Right, type: uint8, unit: percent, max: 100, default: 0}
  - {path: Vehicle.State, type: string, allowed: ["OFF", "ON"], default: "ON"}
  - {path: Vehicle.Dark, type: boolean, default: false}
capabilities:
  - capability: hvac.temperature
    signal: Vehicle.Cabin.Temperature
    value: {type: float, min: 16, max: 32, unit: celsius, step: 1, default: 22}
    ops: [set, increase, decrease, query]
    names: {zh: [温度], en: [temperature]}
    safety: comfort
    about: Warmth.
  - capability: lights
    signal: Vehicle.Lights
    ops: [on, off, query]
    names: {zh: [灯], en: [lights]}
    safety: visibility
    about: Lights.
)";

constexpr std::string_view kNames = R"(
inputs:
  speed: Vehicle.Speed
  limit: Vehicle.Limit
  rain: Vehicle.Rain
  windows: [Vehicle.Left, Vehicle.Right]
  state: Vehicle.State
  dark: Vehicle.Dark
facts: {place: text, hungry: yes_no, wish: number}
definitions: {driving: speed > 3 until 1}
proposals:
)";

const Catalogue& SmallCatalogue() {
  static const Catalogue* catalogue = [] {
    auto parsed = Catalogue::Parse({{"test.yaml", std::string(kCatalogue)}});
    if (!parsed) CheckFailed(__FILE__, __LINE__, parsed.error().message.c_str());
    return new Catalogue(std::move(*parsed));
  }();
  return *catalogue;
}

Result<Rulebook> Parse(const std::string& rules) {
  return Rulebook::Parse({{"rules.yaml", std::string(kNames) + rules}}, SmallCatalogue());
}

std::string Rule(std::string_view name, std::string_view when, std::string_view more = "") {
  return fmt::format("  - {{proposal: {}, when: \"{}\", say: {{zh: 好吗, en: shall I}}{}{}}}\n", name, when, more.empty() ? "" : ", ",
                     more);
}

// A proposer on simulated time (Monday, 08:00) that writes down what happens.
class Bench {
 public:
  explicit Bench(const std::string& rules, ProposerOptions options = {}) {
    auto parsed = Parse(rules);
    if (!parsed) CheckFailed(__FILE__, __LINE__, parsed.error().message.c_str());
    book_ = std::make_unique<Rulebook>(std::move(*parsed));
    options.utc_offset = minutes(0);
    proposer_ = std::make_unique<Proposer>(
        *book_, clock_, [this](const Proposal& p, ProposalEvent event) { events.emplace_back(p, event); }, options);
    for (const auto& spec : SmallCatalogue().signals()) {
      if (spec.initial) Set(spec.path, *spec.initial);
    }
    proposer_->Tick();
  }

  void Set(std::string_view path, Value value) {
    const vehicle::Update update{*SmallCatalogue().FindSignal(path), {.current = std::move(value), .target = {}}};
    proposer_->OnSignals({&update, 1});
  }
  void Wait(Nanos time) {
    for (; time > seconds(0); time -= seconds(1)) {
      clock_.Advance(std::min<Nanos>(time, seconds(1)));
      proposer_->Tick();
    }
  }
  // What was made since the last call, "a b".
  std::string Made() {
    std::string names;
    for (; seen_ < events.size(); ++seen_) {
      if (events[seen_].second == ProposalEvent::kMade) names += (names.empty() ? "" : " ") + events[seen_].first.rule;
    }
    return names;
  }
  Proposer& proposer() { return *proposer_; }
  SimulatedClock& clock() { return clock_; }

  std::vector<std::pair<Proposal, ProposalEvent>> events;

 private:
  SimulatedClock clock_;
  std::unique_ptr<Rulebook> book_;
  std::unique_ptr<Proposer> proposer_;
  std::size_t seen_ = 0;
};

TEST(Condition, HoldsOnlyAfterTheTimeItMustHold) {
  Bench bench(Rule("r", "rain > 10 for 5s"));
  bench.Set("Vehicle.Rain", Value(std::int64_t{20}));
  bench.Wait(seconds(4));
  EXPECT_EQ(bench.Made(), "");
  bench.Wait(seconds(1));
  EXPECT_EQ(bench.Made(), "r");
}

TEST(Condition, ATimeThatBreaksStartsAnew) {
  Bench bench(Rule("r", "rain > 10 for 5s"));
  bench.Set("Vehicle.Rain", Value(std::int64_t{20}));
  bench.Wait(seconds(4));
  bench.Set("Vehicle.Rain", Value(std::int64_t{5}));
  bench.Set("Vehicle.Rain", Value(std::int64_t{20}));
  bench.Wait(seconds(4));
  EXPECT_EQ(bench.Made(), "");
  bench.Wait(seconds(1));
  EXPECT_EQ(bench.Made(), "r");
}

TEST(Condition, HysteresisKeepsItUntilTheOtherLimit) {
  Bench bench(Rule("r", "rain > 10 until 3", "cooldown: 1s"));
  const auto open = [&] { return bench.proposer().Open().size(); };
  bench.Set("Vehicle.Rain", Value(std::int64_t{11}));
  EXPECT_EQ(open(), 1u);
  bench.Set("Vehicle.Rain", Value(std::int64_t{4}));  // still raining
  EXPECT_EQ(open(), 1u);
  bench.Set("Vehicle.Rain", Value(std::int64_t{3}));
  EXPECT_EQ(open(), 0u);
  EXPECT_EQ(bench.events.back().second, ProposalEvent::kWithdrawn);
  bench.Set("Vehicle.Rain", Value(std::int64_t{10}));
  EXPECT_EQ(open(), 0u);
}

TEST(Condition, WithinRemembersForAWhile) {
  Bench bench(Rule("r", "rain < 1 and (rain > 10 within 1min) and not (rain > 10 within 10s)"));
  bench.Set("Vehicle.Rain", Value(std::int64_t{20}));
  bench.Wait(minutes(5));
  bench.Set("Vehicle.Rain", Value(std::int64_t{0}));
  bench.Wait(seconds(9));
  EXPECT_EQ(bench.Made(), "");
  bench.Wait(seconds(1));
  EXPECT_EQ(bench.Made(), "r");
  bench.Wait(seconds(49));  // nothing of the rain is left
  EXPECT_TRUE(bench.proposer().Open().empty());
}

TEST(Condition, AnyAndAllOfAGroupDifferencesTextAndDefinitions) {
  Bench bench(Rule("some", "any windows > 5") + Rule("every", "all windows > 5") + Rule("fast", "driving and speed - limit > 10") +
                  Rule("off", "state = OFF and not (dark or driving)"),
              {.gap = seconds(0), .per_hour_max = 100});
  bench.Set("Vehicle.Left", Value(std::int64_t{50}));
  EXPECT_EQ(bench.Made(), "some");
  bench.Wait(seconds(30));
  bench.Set("Vehicle.Right", Value(std::int64_t{50}));
  EXPECT_EQ(bench.Made(), "every");
  bench.Wait(seconds(30));
  bench.Set("Vehicle.Speed", Value(70.0));
  EXPECT_EQ(bench.Made(), "");
  bench.Set("Vehicle.Speed", Value(71.0));
  EXPECT_EQ(bench.Made(), "fast");
  bench.Wait(seconds(30));
  bench.Set("Vehicle.State", Value(std::string("OFF")));
  EXPECT_EQ(bench.Made(), "");
  bench.Set("Vehicle.Speed", Value(0.0));
  EXPECT_EQ(bench.Made(), "off");
}

TEST(Condition, WhatIsUnknownDoesNotHoldNorDoesItsOpposite) {
  Bench bench(Rule("yes", "hungry") + Rule("no", "not hungry") + Rule("either", "hungry or speed > 50") + Rule("at", "place = home"),
              {.gap = seconds(0)});
  EXPECT_EQ(bench.Made(), "");
  bench.Set("Vehicle.Speed", Value(60.0));
  EXPECT_EQ(bench.Made(), "either");
  bench.Wait(seconds(30));
  ASSERT_TRUE(bench.proposer().SetFact("hungry", Value(false)));
  EXPECT_EQ(bench.Made(), "no");
  bench.Wait(seconds(30));
  ASSERT_TRUE(bench.proposer().SetFact("place", Value(std::string("home"))));
  EXPECT_EQ(bench.Made(), "at");
  ASSERT_TRUE(bench.proposer().SetFact("place", std::nullopt));
  EXPECT_TRUE(bench.proposer().Open().empty());
  EXPECT_EQ(bench.proposer().SetFact("weather", Value(true)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.proposer().SetFact("time", Value(1.0)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.proposer().SetFact("place", Value(1.0)).error().code, ErrorCode::kInvalidArgument);
}

TEST(Condition, TimeOfDayGoesOverMidnight) {
  Bench bench(Rule("night", "time 22:00-06:00", "quiet: never") + Rule("morning", "time 08:30-09:00 and workday"));
  bench.Wait(minutes(29));
  EXPECT_EQ(bench.Made(), "");
  bench.Wait(minutes(1));
  EXPECT_EQ(bench.Made(), "morning");
  bench.Wait(std::chrono::hours(13) + minutes(29));
  EXPECT_EQ(bench.Made(), "");
  bench.Wait(minutes(1));
  EXPECT_EQ(bench.Made(), "night");
}

TEST(Proposer, CooldownCountsAndANoMakesItLonger) {
  Bench bench(Rule("r", "rain > 10", "do: [{capability: lights, op: 'on'}], cooldown: 10min, per_hour: 60"));
  const auto shower = [&] {
    bench.Set("Vehicle.Rain", Value(std::int64_t{0}));
    bench.Set("Vehicle.Rain", Value(std::int64_t{20}));
    return bench.Made();
  };
  EXPECT_EQ(shower(), "r");
  auto yes = bench.proposer().Answer(bench.proposer().Open()[0].id, ProposalAnswer::kNo);
  ASSERT_TRUE(yes);
  bench.Wait(minutes(19));
  EXPECT_EQ(shower(), "");  // ten minutes have become twenty
  bench.Set("Vehicle.Rain", Value(std::int64_t{0}));
  bench.Wait(minutes(1));
  EXPECT_EQ(shower(), "r");
  yes = bench.proposer().Answer(bench.proposer().Open()[0].id, ProposalAnswer::kYes);
  ASSERT_TRUE(yes);
  ASSERT_EQ(yes->calls.size(), 1u);
  bench.Set("Vehicle.Rain", Value(std::int64_t{0}));
  bench.Wait(minutes(10));
  EXPECT_EQ(shower(), "r");
  EXPECT_EQ(bench.proposer().Learned()["r"]["yes"], 1);
  EXPECT_EQ(bench.proposer().Learned()["r"]["no"], 1);
}

TEST(Proposer, WhatWasLearnedSurvivesARestart) {
  const std::string rules = Rule("r", "rain > 10", "cooldown: 10min, per_hour: 60") + Rule("urgent", "rain > 90", "priority: 95");
  Bench before(rules);
  before.Set("Vehicle.Rain", Value(std::int64_t{20}));
  ASSERT_TRUE(before.proposer().Answer(before.proposer().Open()[0].id, ProposalAnswer::kNo));
  Json learned = before.proposer().Learned();
  Bench after(rules);
  learned["gone"] = {{"factor", 3}};
  learned["urgent"] = {{"factor", 1000}, {"yes", "many"}};
  ASSERT_TRUE(after.proposer().SetLearned(learned));
  EXPECT_EQ(after.proposer().Learned()["r"]["factor"], 2.0);
  EXPECT_FALSE(after.proposer().SetLearned(Json::array()));
  after.Set("Vehicle.Rain", Value(std::int64_t{20}));
  EXPECT_EQ(after.Made(), "r");
  after.Set("Vehicle.Rain", Value(std::int64_t{0}));
  after.Wait(minutes(19));
  after.Set("Vehicle.Rain", Value(std::int64_t{20}));
  EXPECT_EQ(after.Made(), "");
}

TEST(Proposer, OneAtATimeHighestFirstNothingWhileBusy) {
  Bench bench(Rule("low", "dark", "priority: 20") + Rule("high", "dark", "priority: 60"));
  bench.proposer().SetBusy(true);
  bench.Set("Vehicle.Dark", Value(true));
  bench.Wait(minutes(1));
  EXPECT_EQ(bench.Made(), "");
  bench.proposer().SetBusy(false);
  EXPECT_EQ(bench.Made(), "high");
  bench.Wait(seconds(10));
  EXPECT_EQ(bench.Made(), "");  // the other is open
  bench.Wait(seconds(20));
  EXPECT_EQ(bench.Made(), "low");  // expired, and the gap is over
  EXPECT_EQ(bench.events[1].second, ProposalEvent::kExpired);
}

TEST(Proposer, UrgentOnesDoNotWaitButAreBounded) {
  std::string rules = Rule("chat", "dark");
  for (int i = 0; i < 5; ++i) rules += Rule(fmt::format("urgent{}", i), "rain > 10", fmt::format("priority: {}", 99 - i));
  rules += Rule("reaction", "speed > 50", "unasked: true, priority: 80, do: [{capability: hvac.temperature, op: set, value: 22, unit: C}]");
  Bench bench(rules, {.open_max = 3});
  bench.Set("Vehicle.Dark", Value(true));
  EXPECT_EQ(bench.Made(), "chat");
  bench.Set("Vehicle.Rain", Value(std::int64_t{50}));
  EXPECT_EQ(bench.Made(), "urgent0 urgent1");
  EXPECT_EQ(bench.proposer().Open().front().rule, "urgent0");
  EXPECT_EQ(bench.proposer().Open().size(), 3u);
  bench.Set("Vehicle.Speed", Value(60.0));  // what is done unasked needs no place among the questions, and takes none
  EXPECT_EQ(bench.Made(), "reaction");
  EXPECT_TRUE(bench.events.back().first.unasked);
  EXPECT_EQ(bench.proposer().Open().size(), 3u);
  EXPECT_FALSE(bench.proposer().Answer(bench.events.back().first.id, ProposalAnswer::kNo));  // nor can it be talked away
}

TEST(Proposer, HourlyMaximaAndQuietHours) {
  Bench bench(Rule("r", "rain > 10", "cooldown: 1s, per_hour: 2") + Rule("other", "dark", "cooldown: 1s, per_hour: 60"),
              {.gap = seconds(0), .per_hour_max = 5});
  int rainy = 0, dark = 0;
  for (int i = 0; i < 20; ++i) {
    for (const bool on : {true, false}) {
      bench.Set("Vehicle.Rain", Value(std::int64_t{on ? 20 : 0}));
      bench.Wait(seconds(5));
      bench.Set("Vehicle.Rain", Value(std::int64_t{0}));
      bench.Set("Vehicle.Dark", Value(on));
      bench.Wait(seconds(5));
      bench.Set("Vehicle.Dark", Value(false));
    }
  }
  for (const auto& [proposal, event] : bench.events) {
    if (event != ProposalEvent::kMade) continue;
    ++(proposal.rule == "r" ? rainy : dark);
  }
  EXPECT_EQ(rainy, 2);
  EXPECT_EQ(dark, 3);
  bench.Made();
  bench.Wait(std::chrono::hours(15));  // 23:00 and later
  bench.Set("Vehicle.Dark", Value(true));
  bench.Wait(minutes(60));
  EXPECT_EQ(bench.Made(), "");
  bench.Wait(std::chrono::hours(7));
  EXPECT_EQ(bench.Made(), "other");  // still dark, and morning
}

TEST(Proposer, AgainComesBackWhileTheConditionHolds) {
  Bench bench(Rule("once", "dark", "cooldown: 1min") + Rule("anew", "dark", "cooldown: 1min, again: true, per_hour: 60, priority: 90"));
  bench.Set("Vehicle.Dark", Value(true));
  bench.Wait(minutes(3) + seconds(1));
  EXPECT_EQ(bench.Made(), "anew once anew anew anew");
}

TEST(Proposer, AnswersOnlyWhatIsOpen) {
  Bench bench(Rule("r", "dark", "expires: 10s"));
  EXPECT_FALSE(bench.proposer().Answer("proposal-1", ProposalAnswer::kYes));
  bench.Set("Vehicle.Dark", Value(true));
  const std::string id = bench.proposer().Open()[0].id;
  bench.clock().Advance(seconds(10));
  EXPECT_EQ(bench.proposer().Answer(id, ProposalAnswer::kYes).error().code, ErrorCode::kNotFound);
}

TEST(Proposer, SaysValuesAndTakesThemFromMemory) {
  Bench bench(
      "  - {proposal: r, when: speed > 50, say: {zh: '{speed}，限{limit/100}', en: '{place}'}, "
      "do: [{capability: hvac.temperature, op: set, value: '{wish|24}', unit: C}]}\n");
  bench.Set("Vehicle.Speed", Value(60.26));
  ASSERT_EQ(bench.events.size(), 1u);
  EXPECT_EQ(bench.events[0].first.zh, "60.3，限0.6");
  EXPECT_EQ(bench.events[0].first.en, "?");
  EXPECT_EQ(bench.events[0].first.calls[0].value, SpokenValue(24.0));
  ASSERT_TRUE(bench.proposer().SetFact("wish", Value(26.0)));
  bench.Set("Vehicle.Speed", Value(0.0));
  bench.Wait(minutes(31));
  bench.Set("Vehicle.Speed", Value(60.0));
  EXPECT_EQ(bench.events.back().first.calls[0].value, SpokenValue(26.0));
}

TEST(Rulebook, RefusesBrokenRulesWithFileLineAndReason) {
  const std::vector<std::pair<std::string, std::string>> kBroken{
      {Rule("r", "sped > 3"), "`sped` is no input"},
      {Rule("r", "speed >"), "the end"},
      {Rule("r", "speed > fast"), "cannot be compared"},
      {Rule("r", "speed"), "not yes or no"},
      {Rule("r", "dark > 1"), "cannot be compared"},
      {Rule("r", "state = BROKEN"), "never `BROKEN`"},
      {Rule("r", "state > ON"), "only = or !="},
      {Rule("r", "any speed > 3"), "no group"},
      {Rule("r", "dark for 5 parsecs"), "no duration"},
      {Rule("r", "rain > 10 until 20"), "other side"},
      {Rule("r", "(dark"), "the end"},
      {Rule("r", "dark dark"), "not expected here"},
      {Rule("r", "time 7-9"), "not like 07:30"},
      {Rule("r", "dark and " + std::string(40, '(') + "dark"), "levels"},
      {Rule("r", "dark") + Rule("r", "dark"), "named twice"},
      {Rule("R!", "dark"), "cannot be a name"},
      {Rule("r", "dark", "priority: 101"), "0 to 100"},
      {Rule("r", "dark", "cooldown: soon"), "duration"},
      {Rule("r", "dark", "mood: good"), "unknown key"},
      {Rule("r", "dark", "to: roof"), "is a seat"},
      {Rule("r", "dark", "quiet: at night"), "22:00-07:00"},
      {Rule("r", "dark", "do: [{capability: rocket, op: 'on'}]"), "rocket"},
      {Rule("r", "dark", "do: [{capability: lights, op: set}]"), "cannot set"},
      {Rule("r", "dark", "do: [{capability: hvac.temperature, op: set, value: 90, unit: C}]"), "32"},
      {Rule("r", "dark", "do: [{capability: hvac.temperature, op: set, value: '{mood|22}', unit: C}]"), "not like"},
      {Rule("r", "dark", "do: [{capability: lights, op: 'on', colour: red}]"), "colour"},
      {Rule("r", "dark", "unasked: true, priority: 90"), "nothing to do"},
      {Rule("r", "dark", "unasked: true, priority: 90, do: [{capability: lights, op: 'on'}]"), "never done unasked"},
      {Rule("r", "dark", "unasked: true, do: [{capability: hvac.temperature, op: increase}]"), "for safety"},
      {"  - {proposal: r, when: dark, say: {zh: 好}}\n", "`en` is missing"},
      {"  - {proposal: r, when: dark, say: {zh: '{mood}', en: x}}\n", "no input or fact"},
      {"  - {proposal: r, when: dark, say: {zh: '" + std::string(41, 'x') + "', en: x}}\n", "40 characters"},
      {"  - {proposal: r, say: {zh: x, en: x}}\n", "`when` is missing"}};
  for (const auto& [rules, reason] : kBroken) {
    const auto parsed = Parse(rules);
    ASSERT_FALSE(parsed) << rules;
    EXPECT_THAT(parsed.error().message, testing::StartsWith("rules.yaml:1")) << rules;  // lines 11 and 12
    EXPECT_THAT(parsed.error().message, testing::HasSubstr(reason)) << rules;
  }
  const auto unknown = Rulebook::Parse({{"a.yaml", "inputs:\n  x: Vehicle.Nowhere\n"}}, SmallCatalogue());
  EXPECT_EQ(unknown.error().message, "a.yaml:2: no signal `Vehicle.Nowhere` in the catalogue");
  EXPECT_FALSE(Rulebook::Parse({{"a.yaml", "definitions: {a: b, b: a}\n"}}, SmallCatalogue()));  // for ever
  EXPECT_FALSE(Rulebook::Parse({{"a.yaml", "proposals: [\n"}}, SmallCatalogue()));
  EXPECT_FALSE(Rulebook::Parse({{"a.yaml", "7\n"}}, SmallCatalogue()));
}

// ---- the rules that ship ---------------------------------------------------------------------------------------------------------------

struct Real {
  Catalogue catalogue;
  std::unique_ptr<Rulebook> book;
  std::unique_ptr<safety::Guard> guard;
};

const Real& TheReal() {
  static const Real* real = [] {
    auto* made = new Real;
    const std::filesystem::path home = DEEPCABIN_SOURCE_DIR;
    auto catalogue = Catalogue::Load(home / "catalogue");
    if (!catalogue) CheckFailed(__FILE__, __LINE__, catalogue.error().message.c_str());
    made->catalogue = std::move(*catalogue);
    auto book = Rulebook::Load(home / "proposals", made->catalogue);
    if (!book) CheckFailed(__FILE__, __LINE__, book.error().message.c_str());
    made->book = std::make_unique<Rulebook>(std::move(*book));
    auto guard = safety::Guard::Load(home / "policy", made->catalogue);
    if (!guard) CheckFailed(__FILE__, __LINE__, guard.error().message.c_str());
    made->guard = std::make_unique<safety::Guard>(std::move(*guard));
    return made;
  }();
  return *real;
}

TEST(ShippedProposals, AreAtLeastSixtyAndSayShortThings) {
  EXPECT_GE(TheReal().book->rules().size(), 60u);
  std::set<std::string> used;
  for (const ProposalRule& rule : TheReal().book->rules()) {
    for (const InputIndex input : rule.inputs) used.insert(TheReal().book->inputs()[input].name);
    EXPECT_GE(rule.cooldown, seconds(60)) << rule.name;
  }
}

std::vector<safety::Decision> Decisions(const ProposalRule& rule, bool confirmed, const safety::PolicyState& state) {
  std::vector<safety::Decision> decisions;
  const Catalogue& catalogue = TheReal().catalogue;
  for (const Call& call : rule.calls) {
    const Capability& capability = catalogue.capability(call.capability);
    for (const InterfaceId id : catalogue.Resolve(capability, call.zone, rule.to)) {
      safety::Request request{
          .interface = id, .op = call.op, .speaker = rule.to, .origin = safety::Origin::kProposed, .confirmed = confirmed};
      if (const SignalId signal = catalogue.interface(id).signal; signal != kNoId && call.op != Op::kQuery) {
        const auto target = TargetValue(capability, call.op, call.value, call.unit, catalogue.signal(signal).initial);
        EXPECT_TRUE(target) << rule.name;
        if (target) request.target = *target;
      }
      decisions.push_back(TheReal().guard->Judge(request, state, std::nullopt));
    }
  }
  return decisions;
}

safety::PolicyState Parked() {
  return {.motion = safety::Motion::kParked,
          .dark = false,
          .raining = false,
          .child_present = false,
          .child_in_row1_right = false,
          .window_lock = false,
          .anti_pinch = true,
          .power_on = true};
}

TEST(ShippedProposals, WhatIsDoneUnaskedTheGuardAllowsInEveryState) {
  int unasked = 0;
  for (const ProposalRule& rule : TheReal().book->rules()) {
    if (!rule.unasked) continue;
    ++unasked;
    for (const auto motion : {safety::Motion::kParked, safety::Motion::kCreep, safety::Motion::kMoving}) {
      for (const bool child : {false, true}) {
        safety::PolicyState state = Parked();
        state.motion = motion;
        state.child_present = state.child_in_row1_right = child;
        for (const auto& decision : Decisions(rule, false, state)) {
          EXPECT_EQ(decision.kind, safety::DecisionKind::kAllow) << rule.name << ' ' << decision.rule;
        }
      }
    }
  }
  EXPECT_GT(unasked, 0);
  EXPECT_LE(unasked, 5);  // few
}

TEST(ShippedProposals, AYesIsNotInVain) {  // parked at least; what a rule offers while driving the guard may still refuse then
  for (const ProposalRule& rule : TheReal().book->rules()) {
    safety::PolicyState state = Parked();
    for (const auto& decision : Decisions(rule, true, state)) {
      EXPECT_NE(decision.kind, safety::DecisionKind::kDeny) << rule.name << ' ' << decision.rule;
    }
  }
}

TEST(ShippedProposals, NoStormOfSignalsMakesThemLoud) {  // random values for an hour: bounded, and nothing breaks
  const Rulebook& book = *TheReal().book;
  SimulatedClock clock;
  std::size_t ordinary = 0, most_open = 0;
  Proposer* self = nullptr;
  Proposer proposer(book, clock,
                    [&](const Proposal& proposal, ProposalEvent event) {
                      if (event == ProposalEvent::kMade && proposal.priority < kUrgentPriority) ++ordinary;
                      most_open = std::max(most_open, self->Open().size());
                    },
                    {.utc_offset = minutes(0)});
  self = &proposer;
  Random random(7);
  const auto signals = proposer.signals();
  for (int second = 0; second < 3599; ++second) {
    for (int i = 0; i < 20; ++i) {
      const SignalId id = signals[random.Below(signals.size())];
      const SignalSpec& spec = TheReal().catalogue.signal(id);
      Value value(std::string("x"));
      if (spec.type != DataType::kString) value = NumberToValue(std::round(random.Uniform() * 120), spec.type);
      else if (!spec.allowed.empty()) value = spec.allowed[random.Below(spec.allowed.size())];
      const vehicle::Update update{id, {.current = value, .target = {}}};
      proposer.OnSignals({&update, 1});
    }
    clock.Advance(seconds(1));
    proposer.Tick();
  }
  EXPECT_LE(ordinary, 10u);
  EXPECT_GT(ordinary, 0u);
  EXPECT_LE(most_open, 3u);
}

}  // namespace
}  // namespace deepcabin::agent
