#include "understanding/remedies.h"

#include <algorithm>
#include <cmath>

namespace deepcabin::understanding {
namespace {

bool Compare(double left, std::string_view sign, double right) {
  if (sign == "<") return left < right;
  if (sign == "<=") return left <= right;
  if (sign == ">") return left > right;
  if (sign == ">=") return left >= right;
  if (sign == "==") return left == right;
  return left != right;
}

// The value a condition compares with, as the signal would hold it: 3 levels of heating are 100 percent.
std::optional<Value> Wanted(const StateCondition& condition, const Capability* capability) {
  if (const auto* number = std::get_if<double>(&condition.value)) return Value(*number);
  const auto* word = std::get_if<std::string>(&condition.value);
  if (word == nullptr) return std::nullopt;
  if (*word == "true" || *word == "false") return Value(*word == "true");
  if (capability != nullptr) {
    const Op op = *word == "off" || *word == "closed" ? Op::kOff : *word == "on" || *word == "open" ? Op::kOn : Op::kSet;
    const auto target = op == Op::kSet ? TargetValue(*capability, op, condition.value, "", std::nullopt)
                                       : TargetValue(*capability, op, {}, "", std::nullopt);
    if (target) return *target;
  }
  return Value(*word);
}

bool HoldsFor(SignalId signal, const StateCondition& condition, const Value& wanted, const Context& context) {
  const auto present = context.state ? context.state(signal) : std::nullopt;
  if (!present) return false;
  const auto left = AsNumber(*present);
  const auto right = AsNumber(wanted);
  if (left && right) return Compare(*left, condition.comparison, *right);
  if (condition.comparison == "==") return *present == wanted;
  if (condition.comparison == "!=") return *present != wanted;
  return false;
}

}  // namespace

bool Holds(const StateCondition& condition, const Catalogue& catalogue, const Context& context, Zone near) {
  const Capability* capability = condition.capability == kNoId ? nullptr : &catalogue.capability(condition.capability);
  const auto wanted = Wanted(condition, capability);
  if (!wanted) return false;
  if (capability == nullptr) return HoldsFor(condition.signal, condition, *wanted, context);
  const Zone zone = condition.zone_is_speaker ? near : condition.zone;
  const auto interfaces = catalogue.Resolve(*capability, zone, context.speaker);
  return std::any_of(interfaces.begin(), interfaces.end(),
                     [&](InterfaceId id) { return HoldsFor(catalogue.interface(id).signal, condition, *wanted, context); });
}

const Remedy* ChooseRemedy(const Need& need, const Catalogue& catalogue, const Context& context, Zone near) {
  for (const Remedy& remedy : need.remedies) {
    const bool all = std::all_of(remedy.conditions.begin(), remedy.conditions.end(),
                                 [&](const StateCondition& c) { return Holds(c, catalogue, context, near); });
    if (all) return &remedy;
  }
  return nullptr;
}

std::vector<Call> CallsOf(const Remedy& remedy, const Catalogue& catalogue, Zone near, const Whereabouts& whereabouts) {
  std::vector<Call> calls;
  for (const RemedyCall& wanted : remedy.calls) {
    Draft draft;
    draft.capability = wanted.capability;
    draft.op = wanted.op;
    draft.value = wanted.value;
    draft.unit = wanted.unit;
    draft.text = wanted.text;
    if (wanted.zone_is_speaker && near != whereabouts.speaker) draft.zones.push_back({.zone = near});
    else if (wanted.zone != Zone::kWhole) draft.zones.push_back({.zone = wanted.zone});
    for (Call& call : PlaceDraft(draft, catalogue, whereabouts)) calls.push_back(std::move(call));
  }
  return calls;
}

Escalation EscalationOf(const Remedy& remedy) {
  if (!remedy.clarify.zh.empty()) return Escalation::kClarify;
  if (remedy.escalation != Escalation::kNone) return remedy.escalation;
  return remedy.calls.empty() ? Escalation::kAnswer : Escalation::kNone;
}

namespace {

// A number that stands in this relation to `wanted`, within the signal's range.
std::optional<double> NumberFor(const SignalSpec& signal, std::string_view sign, double wanted, Random& random) {
  constexpr double kReach = 20;  // where the signal has no end of its own
  const double low = signal.min.value_or(std::max(wanted - kReach, IsNumeric(signal.type) ? TypeMin(signal.type) : 0.0));
  const double high = signal.max.value_or(std::min(wanted + kReach, IsNumeric(signal.type) ? TypeMax(signal.type) : 1.0));
  if (sign == "==") return wanted;
  if (sign == "!=") return wanted + 1 <= high ? wanted + 1 : wanted - 1;
  const bool above = sign.front() == '>';
  const double room = std::floor(std::min(above ? high - wanted : wanted - low, 60.0));
  if (room < 1) {
    if (sign.size() == 2) return wanted;
    return std::nullopt;
  }
  const double away = 1 + static_cast<double>(random.Below(static_cast<std::size_t>(room)));
  return above ? wanted + away : wanted - away;
}

}  // namespace

std::optional<std::pair<SignalId, Value>> StateFor(const StateCondition& condition, const Catalogue& catalogue, Zone speaker, Zone near,
                                                   Random& random) {
  const Capability* capability = condition.capability == kNoId ? nullptr : &catalogue.capability(condition.capability);
  SignalId signal = condition.signal;
  if (capability != nullptr) {
    const auto interfaces = catalogue.Resolve(*capability, condition.zone_is_speaker ? near : condition.zone, speaker);
    if (interfaces.empty()) return std::nullopt;
    signal = catalogue.interface(interfaces.front()).signal;
  }
  const auto wanted = Wanted(condition, capability);
  if (!wanted || signal == kNoId) return std::nullopt;
  const SignalSpec& spec = catalogue.signal(signal);
  if (spec.type == DataType::kBoolean) {
    const bool is_equal = condition.comparison == "==" || condition.comparison == ">=" || condition.comparison == "<=";
    const auto number = AsNumber(*wanted);
    if (!number) return std::nullopt;
    return std::pair{signal, Value((*number != 0) == is_equal)};
  }
  if (const auto number = AsNumber(*wanted); number && IsNumeric(spec.type)) {
    const auto chosen = NumberFor(spec, condition.comparison, *number, random);
    if (!chosen) return std::nullopt;
    return std::pair{signal, NumberToValue(*chosen, spec.type)};
  }
  if (condition.comparison == "==") return std::pair{signal, *wanted};
  for (const std::string& other : spec.allowed) {
    if (Value(other) != *wanted) return std::pair{signal, Value(other)};
  }
  return std::nullopt;
}

}  // namespace deepcabin::understanding
