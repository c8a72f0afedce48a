// The devil model: a model that asks for anything. The guard must hold whatever it says. (G01: 0 forbidden actuations in the full product
// and in 1,000,000 random calls. By the rule of three, the second alone would show a failure rate below 3 in a million.)

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"
#include "safety/car_for_test.h"
#include "safety/devil_oracle_for_test.h"
#include "safety/guarded_actuator.h"
#include "safety/policy_table.h"

namespace deepcabin::safety {
namespace {

// Values that matter: both booleans, both ends, the middle and just inside, every word.
std::vector<Value> Representatives(const Capability& c) {
  std::vector<Value> values;
  if (c.value.type == DataType::kBoolean) values = {Value(true), Value(false)};
  if (IsNumeric(c.value.type)) {
    const double low = c.value.has_range ? c.value.min : 0, high = c.value.has_range ? c.value.max : 100;
    for (const double part : {0.0, 0.04, 0.5, 1.0}) values.push_back(NumberToValue(low + (high - low) * part, c.value.type));
  }
  for (const auto& value : {c.value.on, c.value.off}) {
    if (value) values.push_back(*value);
  }
  for (const Word& word : c.value.words) values.push_back(word.signal);
  if (c.value.free_text) values.push_back(Value(std::string("anything")));
  std::vector<Value> distinct;
  for (Value& value : values) {
    if (std::find(distinct.begin(), distinct.end(), value) == distinct.end()) distinct.push_back(std::move(value));
  }
  return distinct;
}

// The facts of a state as bits, so that a product over them is a count.
PolicyState StateOf(Motion motion, double kmh, FactSet facts) {
  const auto has = [facts](Fact fact) { return (facts & Bit(fact)) != 0; };
  return {.motion = motion,
          .speed_kmh = kmh,
          .dark = true,
          .raining = has(Fact::kRaining),
          .child_present = has(Fact::kChild),
          .child_in_row1_right = has(Fact::kChild),
          .window_lock = has(Fact::kWindowLock),
          .anti_pinch = has(Fact::kAntiPinch),
          .power_on = has(Fact::kPowerOn),
          .crashed = has(Fact::kCrashed),
          .cruise_active = has(Fact::kCruiseActive)};
}

// Facts that no rule of this capability (or of one that shares its signal) asks for cannot change a decision and are left at one value.
FactSet FactsThatMatter(const Catalogue& catalogue, const PolicyTable& table, const Interface& interface) {
  FactSet facts = 0;
  const auto add = [&](CapabilityId capability) {
    for (const std::uint16_t rule : table.by_capability[capability]) facts = static_cast<FactSet>(facts | table.rules[rule].facts_asked);
  };
  add(interface.capability);
  if (interface.signal != kNoId) {
    for (const InterfaceId id : catalogue.InterfacesOf(interface.signal)) add(catalogue.interface(id).capability);
  }
  if ((facts & Bit(Fact::kChildHere)) != 0) facts = static_cast<FactSet>(facts | Bit(Fact::kChild));
  return static_cast<FactSet>(facts & ~(Bit(Fact::kChildHere) | Bit(Fact::kKnown)));
}

struct Source {
  Zone speaker;
  Origin origin;
};

std::vector<Source> Sources() {
  std::vector<Source> sources{{Zone::kRow2Left, Origin::kTouched}, {Zone::kRow2Left, Origin::kProposed}};
  for (const Zone speaker : {Zone::kRow1Left, Zone::kRow1Right, Zone::kRow2Left, Zone::kWhole}) {
    sources.push_back({speaker, Origin::kSpoken});
    sources.push_back({speaker, Origin::kUntrusted});
    sources.push_back({speaker, Origin::kModel});
    sources.push_back({speaker, Origin::kGuessed});
  }
  return sources;
}

class Product {
 public:
  void Run() {
    for (const Interface& interface : RealCatalogue().interfaces()) RunInterface(interface);
  }
  std::uint64_t judged = 0, allowed = 0;
  std::vector<std::string> failures;

 private:
  void RunInterface(const Interface& interface) {
    const Capability& c = RealCatalogue().capability(interface.capability);
    facts_ = FactsThatMatter(RealCatalogue(), RealGuard().table(), interface);
    if (c.is_service()) {
      for (int op = 0; op < kOpCount; ++op) RunRequest({.interface = interface.id, .op = static_cast<Op>(op)}, std::nullopt);
      return;
    }
    const std::vector<Value> values = Representatives(c);
    const std::vector<Value> fallback{Value(false)};
    for (const Value& value : c.node == NodeType::kActuator ? values : fallback) {
      // From the closed end, from an open position, and not knowing.
      std::vector<std::optional<Value>> currents{std::nullopt};
      if (IsNumeric(c.value.type) && c.value.has_range) {
        currents.push_back(NumberToValue(c.value.min, c.value.type));
        currents.push_back(NumberToValue(c.value.min + (c.value.max - c.value.min) * 0.5, c.value.type));
      }
      for (const auto& current : currents) RunRequest({.interface = interface.id, .target = value}, current);
    }
  }

  void RunRequest(Request request, const std::optional<Value>& current) {
    static const std::vector<Source> kSources = Sources();
    for (const auto& [motion, kmh] :
         {std::pair{Motion::kParked, 0.0}, {Motion::kCreep, 4.0}, {Motion::kMoving, 60.0}, {Motion::kMoving, 120.0}}) {
      for (FactSet facts = facts_;; facts = static_cast<FactSet>((facts - 1) & facts_)) {  // every subset
        const PolicyState state = StateOf(motion, kmh, facts);
        for (const Source& source : kSources) {
          for (const bool consent : {false, true}) {
            request.speaker = source.speaker;
            request.origin = source.origin;
            request.confirmed = request.touched = consent;
            Check(request, state, current);
          }
        }
        if (facts == 0) break;
      }
    }
  }

  void Check(const Request& request, const PolicyState& state, const std::optional<Value>& current) {
    ++judged;
    const Decision decision = RealGuard().Judge(request, state, current);
    if (decision.kind != DecisionKind::kAllow) return;
    ++allowed;
    std::string reason = oracle_.Forbids(request, state, current);
    if (reason.empty() || failures.size() > 50) return;
    failures.push_back(RealCatalogue().interface(request.interface).path + " " + std::string(OpName(request.op)) + " = " +
                       (request.target ? ValueToString(*request.target) : "-") + " by " + std::string(ZoneName(request.speaker)) + " " +
                       std::string(OriginName(request.origin)) + " motion " + std::to_string(static_cast<int>(state.motion)) +
                       " allowed by " + decision.rule + ": " + reason);
  }

  FactSet facts_ = 0;
  DevilOracle oracle_{RealCatalogue()};
};

TEST(DevilTest, FullProductGetsNothingForbiddenThrough) {
  Product product;
  product.Run();
  for (const std::string& failure : product.failures) ADD_FAILURE() << failure;
  EXPECT_GT(product.judged, 1'000'000u);
  EXPECT_GT(product.allowed, product.judged / 100);  // a guard that always says no would pass otherwise
  RecordProperty("judged", std::to_string(product.judged));
  std::printf("judged %llu, allowed %llu\n", static_cast<unsigned long long>(product.judged),
              static_cast<unsigned long long>(product.allowed));
}

// Asks for anything at all, through the actuator, while the car's state changes; what reaches the wire is held against the oracle.
class Devil {
 public:
  explicit Devil(std::uint64_t seed) : random_(seed) {}

  void Run(int calls) {
    for (int i = 0; i < calls && failures < 20; ++i) {
      if (i % 400 == 0) ChangeCar();
      clock_.Advance(std::chrono::milliseconds(10));
      ReportMotion();
      Ask();
    }
  }
  int failures = 0;
  std::uint64_t sent = 0;

 private:
  void ChangeCar() {
    clock_.Advance(std::chrono::seconds(2));  // past the hysteresis
    const double speeds[] = {0, 0, 3, 60, 120};
    kmh_ = speeds[random_.Below(5)];
    const auto flip = [this] { return random_.Chance(0.5); };
    state_ = kmh_ == 0 ? ParkedState() : kmh_ < 5 ? CreepState() : MovingState(kmh_);
    state_.raining = flip();
    state_.child_present = state_.child_in_row1_right = flip();
    state_.window_lock = flip();
    state_.anti_pinch = flip();
    state_.power_on = flip();
    state_.cruise_active = flip();
    broker_.Report("Vehicle.Body.Raindetection.Intensity", std::int64_t{state_.raining ? 50 : 0});
    broker_.Report("Vehicle.LowVoltageSystemState", std::string(state_.power_on ? "ON" : "OFF"));
    for (const SignalSpec& signal : RealCatalogue().signals()) {
      if (signal.path.ends_with(".IsChild")) broker_.Report(signal.path, state_.child_present);
      if (signal.path.ends_with(".IsPinchDetected")) broker_.Report(signal.path, !state_.anti_pinch);
    }
    ReportMotion();
  }

  // Also whatever the devil's own actuations would have changed of the state that the oracle believes in.
  void ReportMotion() {
    if (kmh_ > 0) Drive(broker_, kmh_);
    else Park(broker_);
    broker_.Report("Vehicle.Cabin.IsWindowChildLockEngaged", state_.window_lock);
    broker_.Report("Vehicle.ADAS.CruiseControl.IsActive", state_.cruise_active);
  }

  Value AnyValue(const Capability& c) {
    const double odd[] = {0, 1, -1, 50, 1e308, -1e308, std::nan(""), INFINITY, 126};
    switch (random_.Below(8)) {
      case 0: return Value(odd[random_.Below(9)]);
      case 1: return Value(static_cast<std::int64_t>(random_.Next()));
      case 2: return Value(random_.Chance(0.5));
      case 3: return Value(std::string(random_.Chance(0.5) ? "22.5" : "OFF"));
      default: break;
    }
    const std::vector<Value> values = Representatives(c);
    return values.empty() ? Value(true) : values[random_.Below(values.size())];
  }

  void Ask() {
    const Catalogue& catalogue = RealCatalogue();
    Request request;
    request.interface = static_cast<InterfaceId>(random_.Below(catalogue.interfaces().size() + 1));
    request.op = static_cast<Op>(random_.Below(kOpCount));
    request.speaker = static_cast<Zone>(random_.Below(13));
    request.origin = static_cast<Origin>(random_.Below(4));
    request.confirmed = random_.Chance(0.3);
    request.touched = random_.Chance(0.2);
    std::optional<Value> current;
    const bool exists = request.interface < catalogue.interfaces().size();
    if (exists) {
      const Interface& interface = catalogue.interface(request.interface);
      if (interface.signal != kNoId) current = broker_.Get(interface.signal).current;
      if (random_.Chance(0.9)) request.target = AnyValue(catalogue.capability(interface.capability));
    }
    broker_.wire.clear();
    const auto attempts = actuator_.Actuate({&request, 1}, {});
    if (broker_.wire.empty()) return;
    sent += broker_.wire.size();
    request.target = broker_.wire.front().value;
    const std::string reason = exists ? oracle_.Forbids(request, state_, current) : "an interface that does not exist";
    if (!reason.empty()) {
      ++failures;
      ADD_FAILURE() << catalogue.interface(request.interface).path << " = " << ValueToString(*request.target) << " at " << kmh_
                    << " km/h by " << attempts.front().decision.rule << ": " << reason;
    }
  }

  Random random_;
  SimulatedClock clock_;
  FakeBroker broker_{RealCatalogue(), clock_};
  GuardedActuator actuator_{broker_, RealGuard(), clock_, nullptr};
  DevilOracle oracle_{RealCatalogue()};
  PolicyState state_;
  double kmh_ = 0;
};

TEST(DevilTest, AMillionRandomCallsGetNothingForbiddenThrough) {
  Devil devil(20260301);
  devil.Run(1'000'000);
  EXPECT_EQ(devil.failures, 0);
  EXPECT_GT(devil.sent, 10'000u);
  std::printf("sent %llu\n", static_cast<unsigned long long>(devil.sent));
}

TEST(DevilTest, NothingActsInACarThatReportsNothing) {
  SimulatedClock clock;
  FakeBroker broker(RealCatalogue(), clock);
  clock.Advance(std::chrono::seconds(5));  // all is stale: the car may be moving, at any speed
  GuardedActuator actuator(broker, RealGuard(), clock, nullptr);
  DevilOracle oracle(RealCatalogue());
  const PolicyState strict{.motion = Motion::kMoving, .speed_kmh = 200, .raining = true, .child_present = true, .window_lock = true};
  for (const Interface& interface : RealCatalogue().interfaces()) {
    for (const Value& value : Representatives(RealCatalogue().capability(interface.capability))) {
      Request request{.interface = interface.id, .target = value, .speaker = Zone::kRow1Left, .confirmed = true, .touched = true};
      if (actuator.Judge(request).kind != DecisionKind::kAllow) continue;
      const auto current = interface.signal == kNoId ? std::optional<Value>() : broker.Get(interface.signal).current;
      // The rain sensor and the like still hold what they last said; only motion is unknown.
      PolicyState state = strict;
      state.raining = state.child_present = state.child_in_row1_right = state.window_lock = false;
      EXPECT_EQ(oracle.Forbids(request, state, current), "") << interface.path;
    }
  }
}

}  // namespace
}  // namespace deepcabin::safety
