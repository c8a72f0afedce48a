#include "safety/guard.h"

#include <array>
#include <cmath>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

#include "safety/policy_table.h"

namespace deepcabin::safety {
namespace {

constexpr std::uintmax_t kFileBytesMax = 1u << 20;

// Decisions that no file can change.
Decision Fixed(DecisionKind kind, std::string rule, std::string zh, std::string en) {
  return {.kind = kind, .rule = std::move(rule), .reason = {std::move(zh), std::move(en)}};
}
Decision NoSuchInterface() { return Fixed(DecisionKind::kDeny, "S00.unknown", "没有这个功能", "There is no such function"); }
Decision NotAnActuator() { return Fixed(DecisionKind::kDeny, "S00.no_actuator", "这个只能看，不能改", "This can be read, not changed"); }
Decision IllegalValue() { return Fixed(DecisionKind::kDeny, "S00.value", "超出可以设置的范围", "Outside what can be set"); }
Decision NoRule() { return Fixed(DecisionKind::kDeny, "S00.no_rule", "没有允许这样做的规则", "No rule allows this"); }
Decision OnlyAsking() { return Fixed(DecisionKind::kAllow, "P23.query", "只是查看", "Only looking"); }

Place PlaceOf(Zone zone) {
  if (zone == Zone::kRow1Left) return Place::kDriver;
  if (zone == Zone::kRow1Right) return Place::kFrontPassenger;
  return IsSeat(zone) ? Place::kRear : Place::kWhole;
}

// A comfort that everybody shares (ambient light, music) belongs to the whole car, even where each seat has a part of it.
Zone OwnerZone(const Capability& capability, Zone zone) {
  return capability.shared && capability.safety == SafetyClass::kComfort ? Zone::kWhole : zone;
}

// What is touched on the driver's display counts as the driver's, and so do the cockpit's own ideas (which never act unasked, rule S02).
Speaker SpeakerOf(const Request& request, Zone thing) {
  if (request.origin == Origin::kTouched || request.origin == Origin::kProposed) return Speaker::kDriver;
  if (request.speaker == Zone::kRow1Left) return Speaker::kDriver;
  if (!IsSeat(request.speaker)) return Speaker::kUnknown;
  if (request.speaker == thing) return Speaker::kOwn;
  return PlaceOf(thing) == Place::kWhole ? Speaker::kShared : Speaker::kOther;
}

FactSet FactsOf(const PolicyState& state, Place place, bool known) {
  FactSet facts = 0;
  const auto add = [&facts](bool is_true, Fact fact) {
    if (is_true) facts = static_cast<FactSet>(facts | Bit(fact));
  };
  const bool child_here = place == Place::kFrontPassenger ? state.child_in_row1_right : place != Place::kDriver && state.child_present;
  add(state.child_present || state.child_in_row1_right, Fact::kChild);
  add(child_here, Fact::kChildHere);
  add(state.raining, Fact::kRaining);
  add(state.dark, Fact::kDark);
  add(state.window_lock, Fact::kWindowLock);
  add(state.anti_pinch, Fact::kAntiPinch);
  add(state.power_on, Fact::kPowerOn);
  add(state.crashed, Fact::kCrashed);
  add(state.cruise_active, Fact::kCruiseActive);
  add(known, Fact::kKnown);
  return facts;
}

// Everything that rules may ask for, worked out once per request.
struct Situation {
  ActSet acts = 0;
  std::uint8_t motion = 0, speaker = 0, place = 0, origin = 0, within = 0;
  FactSet facts = 0;
  double kmh = 0, reach = 100, step = 100;
};

template <typename Enum>
std::uint8_t BitOf(Enum value) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(value));
}

bool FitsWords(const Rule& rule, const Capability& capability, const std::optional<Value>& target) {
  if (rule.words.empty() || !target) return true;  // an unknown value may be any word
  for (const std::string& name : rule.words) {
    const Word* word = capability.FindWord(name);
    if (word != nullptr && word->signal == *target) return true;
  }
  return false;
}

bool Fits(const Rule& rule, const Situation& s, ActSet act) {
  return (rule.acts & act) != 0 && (rule.motions & s.motion) != 0 && (rule.speakers & s.speaker) != 0 && (rule.places & s.place) != 0 &&
         (rule.origins & s.origin) != 0 && (s.facts & rule.facts_asked) == rule.facts_wanted && (rule.within & ~s.within) == 0 &&
         (rule.beyond & s.within) == 0 && rule.kmh.Has(s.kmh) && rule.reach.Has(s.reach) && rule.step.Has(s.step);
}

// A yes or a touch that was given for exactly this request turns the question into permission. It never turns a "no" into anything.
void ApplyConsent(const Request& request, Decision& decision) {
  const bool yes = request.confirmed || request.touched || request.origin == Origin::kTouched;
  if (decision.kind == DecisionKind::kConfirm && yes) decision.kind = DecisionKind::kAllow;
  if (decision.kind == DecisionKind::kConfirmTouch && request.touched) decision.kind = DecisionKind::kAllow;
}

Result<std::map<std::string, std::string>> ReadFiles(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  std::error_code failure;
  for (std::filesystem::directory_iterator it(directory, failure), end; !failure && it != end; it.increment(failure)) {
    if (it->path().extension() != ".yaml") continue;
    const std::string name = it->path().filename().string();
    std::error_code size_failure;
    if (std::filesystem::file_size(it->path(), size_failure) > kFileBytesMax || size_failure) {
      return InvalidArgument(fmt::format("{}:1: not a readable file of at most {} bytes", name, kFileBytesMax));
    }
    std::ifstream in(it->path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return InvalidArgument(fmt::format("{}:1: cannot be read", name));
    files[name] = std::move(text).str();
  }
  if (failure || files.empty()) return NotFound(fmt::format("no policy (*.yaml) in {}", directory.string()));
  return files;
}

}  // namespace

std::string_view DecisionKindName(DecisionKind kind) {
  constexpr std::array<std::string_view, 4> kNames{"allow", "confirm", "confirm_touch", "deny"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view OriginName(Origin origin) {
  constexpr std::array<std::string_view, 6> kNames{"spoken", "touched", "proposed", "untrusted", "model", "guessed"};
  return kNames[static_cast<std::size_t>(origin)];
}

Guard::Guard(std::shared_ptr<const PolicyTable> table, const Catalogue& catalogue)
    : table_(std::move(table)), catalogue_(&catalogue), policy_hash_(table_->hash) {}

Result<Guard> Guard::Load(const std::filesystem::path& directory, const Catalogue& catalogue) {
  DC_ASSIGN_OR_RETURN(const auto files, ReadFiles(directory));
  return Parse(files, catalogue);
}

Result<Guard> Guard::Parse(const std::map<std::string, std::string>& files, const Catalogue& catalogue) {
  DC_ASSIGN_OR_RETURN(PolicyTable table, ParsePolicy(files, catalogue));
  return Guard(std::make_shared<const PolicyTable>(std::move(table)), catalogue);
}

Decision Guard::JudgeAs(const Interface& interface, const Request& request, const PolicyState& state,
                        const std::optional<Value>& current) const {
  const Capability& capability = catalogue_->capability(interface.capability);
  const Sense& sense = table_->senses[capability.id];
  Situation s;
  s.acts = ActsOf(capability, sense, table_->words, request.op, request.target, current);
  s.motion = BitOf(state.motion);
  const Zone zone = OwnerZone(capability, interface.zone);
  s.speaker = BitOf(SpeakerOf(request, zone));
  s.place = BitOf(PlaceOf(zone));
  s.origin = BitOf(request.origin);
  s.facts = FactsOf(state, PlaceOf(zone), request.known);
  s.kmh = std::isfinite(state.speed_kmh) ? std::abs(state.speed_kmh) : std::numeric_limits<double>::max();
  s.reach = ReachPercent(sense, request.target);
  s.step = StepPercent(capability, request.target, current);
  for (std::size_t i = 0; i < table_->limits.size(); ++i) {
    if (table_->limits[i].Within(capability.id, request.target)) s.within = static_cast<std::uint8_t>(s.within | (1u << i));
  }
  const Rule* strictest = nullptr;
  bool by_driver = false;
  for (int i = 0; i < kActCount; ++i) {
    const ActSet act = static_cast<ActSet>(s.acts & (1u << i));
    if (act == 0) continue;
    bool is_covered = false;
    for (const std::uint16_t index : table_->by_capability[capability.id]) {
      const Rule& rule = table_->rules[index];
      if (!Fits(rule, s, act) || !FitsWords(rule, capability, request.target)) continue;
      is_covered = is_covered || !rule.is_broad;
      by_driver = by_driver || (rule.by_driver && rule.then == DecisionKind::kConfirm);
      if (strictest == nullptr || rule.then > strictest->then) strictest = &rule;
    }
    if (!is_covered) return NoRule();
  }
  return {
      .kind = strictest->then, .rule = strictest->id, .reason = strictest->why, .by_driver = by_driver, .safe_direction = strictest->safe};
}

Decision Guard::Judge(const Request& request, const PolicyState& state, const std::optional<Value>& current) const {
  if (request.interface >= catalogue_->interfaces().size()) return NoSuchInterface();
  const Interface& interface = catalogue_->interface(request.interface);
  const Capability& capability = catalogue_->capability(interface.capability);
  if (!request.target && request.op == Op::kQuery) return OnlyAsking();
  if (request.target) {
    if (interface.signal == kNoId || catalogue_->signal(interface.signal).node != NodeType::kActuator) return NotAnActuator();
    if (!IsLegal(capability, *request.target)) return IllegalValue();
  }
  Decision decision = JudgeAs(interface, request, state, current);
  if (interface.signal != kNoId) {
    // Another capability may own the same signal and be judged more strictly; the lax name must not be a way round.
    for (const InterfaceId id : catalogue_->InterfacesOf(interface.signal)) {
      const Interface& other = catalogue_->interface(id);
      if (other.capability == capability.id || catalogue_->capability(other.capability).safety == capability.safety) continue;
      Decision as_other = JudgeAs(other, request, state, current);
      if (as_other.kind > decision.kind) decision = std::move(as_other);
    }
  }
  ApplyConsent(request, decision);
  return decision;
}

}  // namespace deepcabin::safety
