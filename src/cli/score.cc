#include "cli/score.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"

namespace deepcabin::cli {
namespace {

constexpr double kTemperatureSlack = 0.5;  // °C
constexpr double kSpeedSlack = 1.0;        // km/h

Op Canonical(Op op) {
  if (op == Op::kOpen) return Op::kOn;
  if (op == Op::kClose) return Op::kOff;
  return op;
}

std::string Plain(const std::string& text) {
  std::string out;
  for (const char32_t c : DecodeUtf8(ToLowerAscii(text))) {
    const bool letter = IsHan(c) || (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9');
    if (letter && c != U'的') AppendUtf8(c, out);
  }
  return out;
}

bool TextsAlike(const std::string& a, const std::string& b) {
  const std::string x = Plain(a);
  const std::string y = Plain(b);
  if (x.empty() || y.empty()) return x.empty() == y.empty();
  return x.find(y) != std::string::npos || y.find(x) != std::string::npos;
}

double Slack(const Capability& c) {
  if (c.value.unit == "celsius") return kTemperatureSlack;
  if (c.value.unit == "km/h") return kSpeedSlack;
  const double range = c.value.max - c.value.min;
  return c.value.levels > 0 ? range / c.value.levels * 0.34 : range * 0.011;
}

bool IsOpening(const Capability& c) { return c.Can(Op::kOpen) && c.value.unit == "percent"; }

bool OpeningsAlike(double a, double b) {
  const auto within = [&](double low, double high) { return a >= low && a <= high && b >= low && b <= high; };
  return within(5, 25) || within(10, 35);
}

// The absolute value a call asks for, as the signal would hold it; nothing for steps and for what has no range.
std::optional<double> Absolute(const Capability& c, const Call& call) {
  if (!c.value.has_range) return std::nullopt;
  const bool switching = Canonical(call.op) == Op::kOn || Canonical(call.op) == Op::kOff;
  if (call.op != Op::kSet && !switching) return std::nullopt;
  const auto target = TargetValue(c, call.op, call.value, call.unit, std::nullopt);
  return target ? AsNumber(*target) : std::nullopt;
}

bool SpokenAlike(const SpokenValue& a, const SpokenValue& b) {
  const auto* x = std::get_if<double>(&a);
  const auto* y = std::get_if<double>(&b);
  if (x != nullptr && y != nullptr) return std::abs(*x - *y) < 1e-6;
  const auto text = [](const SpokenValue& v) {
    if (const auto* s = std::get_if<std::string>(&v)) return *s;
    const auto* n = std::get_if<double>(&v);
    return n == nullptr ? std::string() : ValueToString(Value(*n));
  };
  return TextsAlike(text(a), text(b));
}

bool StepsAlike(const Capability& c, const Call& a, const Call& b) {
  const auto size = [&](const Call& call) -> double {
    const auto* number = std::get_if<double>(&call.value);
    if (number == nullptr) return c.value.step;
    const double low = c.value.min;
    Call from = call;
    from.op = c.value.inverted ? Op::kDecrease : Op::kIncrease;
    const auto moved = TargetValue(c, from.op, call.value, call.unit, NumberToValue(low, DataType::kDouble));
    return moved ? AsNumber(*moved).value_or(low) - low : *number;
  };
  if (!c.value.has_range) return SpokenAlike(a.value, b.value);
  return std::abs(size(a) - size(b)) <= Slack(c);
}

bool ValuesAlike(const Capability& c, const Call& gold, const Call& got) {
  const auto x = Absolute(c, gold);
  const auto y = Absolute(c, got);
  const bool both_set = x && y && (gold.op == Op::kSet || got.op == Op::kSet);
  if (both_set) return std::abs(*x - *y) <= Slack(c) || (IsOpening(c) && OpeningsAlike(*x, *y));
  if (gold.op == Op::kIncrease || gold.op == Op::kDecrease) return StepsAlike(c, gold, got);
  const bool gold_has = !std::holds_alternative<std::monostate>(gold.value);
  const bool got_has = !std::holds_alternative<std::monostate>(got.value);
  if (!gold_has && !got_has) return true;
  if (gold_has && !got_has && !got.text.empty())
    return TextsAlike(ValueToString(Value(std::get_if<std::string>(&gold.value) ? std::get<std::string>(gold.value) : "")), got.text);
  return gold_has == got_has && SpokenAlike(gold.value, got.value);
}

bool OpsAlike(const Capability& c, const Call& gold, const Call& got) {
  const Op a = Canonical(gold.op);
  const Op b = Canonical(got.op);
  if (a == b) return true;
  const auto zero = [&](const Call& call, Op op) {
    if (op != Op::kSet) return false;
    const auto value = Absolute(c, call);
    const auto off = TargetValue(c, Op::kOff, {}, "", std::nullopt);
    return value && off && AsNumber(*off) && *value == *AsNumber(*off);
  };
  const auto full = [&](const Call& call, Op op) {
    const auto value = op == Op::kSet ? Absolute(c, call) : std::nullopt;
    const auto on = TargetValue(c, Op::kOn, {}, "", std::nullopt);
    return value && on && AsNumber(*on) && *value == *AsNumber(*on);
  };
  return (a == Op::kOff && zero(got, b)) || (b == Op::kOff && zero(gold, a)) || (a == Op::kOn && full(got, b)) ||
         (b == Op::kOn && full(gold, a));
}

// Going to a category is a search that may start the route.
bool IsSearchOrRoute(const Capability& a, const Capability& b) {
  const auto is = [](const Capability& c) { return c.name == "navi.poi" || c.name == "navi.route"; };
  return a.id != b.id && is(a) && is(b);
}

bool CallsAlike(const Call& gold, const Call& got, const Catalogue& catalogue) {
  const Capability& c = catalogue.capability(gold.capability);
  const Capability& other = catalogue.capability(got.capability);
  if (gold.when.has_value() != got.when.has_value()) return false;
  if (gold.when && gold.when->kind != got.when->kind) return false;
  if (gold.for_seconds && (!got.for_seconds || std::abs(*gold.for_seconds - *got.for_seconds) > 1)) return false;
  if (IsSearchOrRoute(c, other)) return TextsAlike(gold.text, got.text);
  if (gold.capability != got.capability || !OpsAlike(c, gold, got) || !ValuesAlike(c, gold, got)) return false;
  if (!gold.to.empty() && !TextsAlike(gold.to, got.to)) return false;
  const bool text_may_lack = gold.op == Op::kQuery || got.text.empty() == gold.text.empty();
  if (!text_may_lack) return gold.text.empty() || std::get_if<std::string>(&got.value) != nullptr;
  return gold.text.empty() || got.text.empty() || TextsAlike(gold.text, got.text);
}

ZoneSet Places(const Capability& c, Zone zone) { return c.zones.empty() ? ZoneSet{Zone::kWhole} : ExpandZone(zone, c.zones); }

// The whole car is as right as the own place for these when no zone was spoken.
bool WholeCarIsRight(const Capability& c, Op op) {
  return c.name == "hvac.temperature" || c.name == "hvac.fan" || c.name == "hvac.airflow" ||
         (c.name == "window" && Canonical(op) == Op::kOff);
}

// Calls alike but for their zones, gathered: gold may say "front" where the turn says row1.left and row1.right.
struct Group {
  Call call;
  ZoneSet places;
  bool open_zone = false;  // no zone was spoken
  ZoneSet natural;
};

bool ZonesAlike(const Group& gold, const Group& got, const Catalogue& catalogue, Zone speaker) {
  const Capability& c = catalogue.capability(gold.call.capability);
  if (c.zones.empty() || IsSearchOrRoute(c, catalogue.capability(got.call.capability))) return true;
  if (!gold.open_zone) return gold.places == got.places;
  if (got.open_zone || got.places == gold.natural) return true;
  ZoneSet own;
  for (const InterfaceId id : catalogue.Resolve(c, Zone::kWhole, speaker)) own.Add(catalogue.interface(id).zone);
  return got.places == own || (got.places == c.zones && (c.shared || WholeCarIsRight(c, gold.call.op)));
}

void Gather(std::vector<Group>& groups, const Call& call, std::optional<Zone> natural, bool open_zone, const Catalogue& catalogue) {
  const Capability& c = catalogue.capability(call.capability);
  const ZoneSet natural_places = natural ? Places(c, *natural) : ZoneSet{};
  for (Group& group : groups) {
    if (group.open_zone != open_zone || !CallsAlike(group.call, call, catalogue)) continue;
    group.places = group.places | Places(c, call.zone);
    group.natural = group.natural | natural_places;
    return;
  }
  groups.push_back({call, Places(c, call.zone), open_zone, natural_places});
}

// An "on" beside a "set" of the same thing adds nothing.
void DropRedundantOn(std::vector<Group>& groups) {
  std::erase_if(groups, [&](const Group& group) {
    if (Canonical(group.call.op) != Op::kOn || !std::holds_alternative<std::monostate>(group.call.value)) return false;
    return std::any_of(groups.begin(), groups.end(),
                       [&](const Group& other) { return other.call.op == Op::kSet && other.call.capability == group.call.capability; });
  });
}

}  // namespace

Result<Gold> Gold::FromJson(const Json& json, const Catalogue& catalogue) {
  if (!json.is_array()) return InvalidArgument("gold is a list of calls");
  Gold gold;
  for (Json item : json) {
    if (!item.is_object()) return InvalidArgument("a gold call is an object");
    if (item.contains("escalation")) {
      gold.escalation = item["escalation"].is_string() ? ParseEscalation(item["escalation"].get<std::string>()) : std::nullopt;
      if (!gold.escalation) return InvalidArgument("unknown gold escalation " + DumpJson(item["escalation"]));
      continue;
    }
    if (item.contains("outcome") && !item.contains("capability")) {
      gold.outcome = item["outcome"].is_string() ? item["outcome"].get<std::string>() : "?";
      continue;
    }
    Entry entry;
    if (item.contains("natural_zone")) {
      const Json natural = item["natural_zone"];
      item.erase("natural_zone");
      entry.natural_zone = natural.is_string() ? ParseZone(natural.get<std::string>()) : std::nullopt;
      if (!entry.natural_zone) return InvalidArgument("unknown natural_zone " + DumpJson(natural));
    }
    if (item.contains("outcome")) {
      gold.outcome = item["outcome"].is_string() ? item["outcome"].get<std::string>() : "?";
      item.erase("outcome");
    }
    DC_ASSIGN_OR_RETURN(entry.call, CallFromJson(item, catalogue));
    entry.call.zone_spoken = item.contains("zone");
    gold.calls.push_back(std::move(entry));
  }
  return gold;
}

bool Matches(const Gold& gold, const agent::TurnResult& result, const Catalogue& catalogue, Zone speaker) {
  if (gold.escalation) return result.frame.calls.empty() && result.frame.escalation == *gold.escalation;
  if (!gold.outcome.empty()) {
    const bool met = std::any_of(result.results.begin(), result.results.end(),
                                 [&](const agent::CallResult& r) { return agent::OutcomeName(r.outcome) == gold.outcome; });
    if (!met) return false;
  }
  std::vector<Group> wanted;
  std::vector<Group> got;
  for (const auto& entry : gold.calls) Gather(wanted, entry.call, entry.natural_zone, !entry.call.zone_spoken, catalogue);
  for (const Call& call : result.frame.calls) Gather(got, call, std::nullopt, call.zone == Zone::kWhole, catalogue);
  DropRedundantOn(wanted);
  DropRedundantOn(got);
  if (wanted.size() != got.size()) return false;
  for (const Group& group : wanted) {
    const auto it = std::find_if(got.begin(), got.end(), [&](const Group& g) {
      return CallsAlike(group.call, g.call, catalogue) && ZonesAlike(group, g, catalogue, speaker);
    });
    if (it == got.end()) return false;
    got.erase(it);
  }
  return true;
}

bool IsFalseAction(const Gold& gold, const agent::TurnResult& result) {
  const auto acts = [](const Call& call) { return call.op != Op::kQuery && call.op != Op::kSearch; };
  const bool wanted = std::any_of(gold.calls.begin(), gold.calls.end(), [&](const Gold::Entry& e) { return acts(e.call); });
  if (wanted) return false;
  return std::any_of(result.frame.calls.begin(), result.frame.calls.end(), acts);
}

}  // namespace deepcabin::cli
