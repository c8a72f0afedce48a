#include "understanding/remedies.h"

#include <algorithm>

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

}  // namespace deepcabin::understanding
