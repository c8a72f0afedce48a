#include "safety/direction.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace deepcabin::safety {
namespace {

constexpr double kSameValue = 1e-6;
constexpr std::size_t kTextBytesMax = 4096;
constexpr ActSet kUnknownDirection = Bit(Act::kOn) | Bit(Act::kOff) | Bit(Act::kLess);

double NumberOrNan(const std::optional<Value>& value) {
  return (value ? AsNumber(*value) : std::nullopt).value_or(std::numeric_limits<double>::quiet_NaN());
}

Act Reversed(Act act) {
  if (act == Act::kOn) return Act::kOff;
  return act == Act::kOff || act == Act::kLess ? Act::kOn : act;
}

ActSet Turned(const Sense& sense, Act act) { return Bit(sense.reversed ? Reversed(act) : act); }

// The direction that the policy file gives to a value or to the word that stands for it.
std::optional<Act> StatedAct(const Capability& capability, const WordActs& words, const Value& target) {
  if (words.empty()) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&target)) {
    if (const auto it = words.find(*text); it != words.end()) return it->second;
  }
  for (const Word& word : capability.value.words) {
    if (word.signal != target) continue;
    if (const auto it = words.find(word.name); it != words.end()) return it->second;
  }
  return std::nullopt;
}

ActSet NumberActs(const Capability& capability, const Sense& sense, double target, const std::optional<double>& current) {
  const ValueSpec& v = capability.value;
  const bool is_known = current && std::isfinite(*current);
  if (sense.travels && is_known && std::abs(*current - target) < kSameValue) return Bit(Act::kStop);
  if (v.has_range && (target < v.min || target > v.max)) return kUnknownDirection;  // a word like "auto" written as a number
  if (std::abs(target - sense.off) < kSameValue) return Turned(sense, Act::kOff);
  if (!is_known) return std::abs(target - sense.full) < kSameValue && !sense.reversed ? Bit(Act::kOn) : kUnknownDirection;
  const double more = (target - *current) * (sense.full > sense.off ? 1 : -1);
  if (more >= 0) return sense.reversed && more > 0 ? Bit(Act::kLess) : Bit(Act::kOn);
  return sense.reversed ? Bit(Act::kOn) : Bit(Act::kLess);
}

ActSet OpActs(Op op, const Sense& sense) {
  switch (op) {
    case Op::kOff:
    case Op::kClose:
    case Op::kStop:
    case Op::kPause:
    case Op::kCancel: return Turned(sense, Act::kOff);
    case Op::kDecrease: return Turned(sense, Act::kLess);
    case Op::kToggle: return kUnknownDirection;
    case Op::kSend: return Bit(Act::kSend);
    case Op::kSearch: return Bit(Act::kSearch);
    case Op::kCall: return Bit(Act::kCall);
    default: return Turned(sense, Act::kOn);
  }
}

}  // namespace

Sense SenseOf(const Capability& capability, bool reversed) {
  const ValueSpec& v = capability.value;
  Sense sense;
  sense.reversed = reversed;
  sense.is_number = IsNumeric(v.type);
  sense.on_value = v.on;
  sense.off_value = v.off;
  if (v.type == DataType::kBoolean) {
    if (!sense.on_value) sense.on_value = Value(!(v.off && *v.off == Value(true)));
    sense.off_value = Value(!(*sense.on_value == Value(true)));
  }
  const SafetyClass safety = capability.safety;
  sense.travels = safety == SafetyClass::kOpening || safety == SafetyClass::kClosure || safety == SafetyClass::kSeatMotion ||
                  safety == SafetyClass::kDriverControl;
  if (sense.is_number) {
    const double low = v.has_range ? v.min : TypeMin(v.type), high = v.has_range ? v.max : TypeMax(v.type);
    const auto on = v.on ? AsNumber(*v.on) : std::nullopt;
    const auto off = v.off ? AsNumber(*v.off) : std::nullopt;
    const bool downwards = on && off ? *on < *off : v.inverted;
    sense.off = off ? *off : (downwards ? high : low);
    sense.full = downwards ? low : high;
  }
  return sense;
}

ActSet ActsOf(const Capability& capability, const Sense& sense, const WordActs& words, Op op, const std::optional<Value>& target,
              const std::optional<Value>& current) {
  if (!target) return OpActs(op, sense);
  if (const auto stated = StatedAct(capability, words, *target)) {
    return Turned(sense, *stated == Act::kStop && !sense.travels ? Act::kOff : *stated);
  }
  if (sense.is_number) {
    const auto number = AsNumber(*target);
    if (!number || !std::isfinite(*number)) return kUnknownDirection;
    return NumberActs(capability, sense, *number, current ? AsNumber(*current) : std::nullopt);
  }
  if (sense.off_value && *target == *sense.off_value) return Turned(sense, Act::kOff);
  if (sense.on_value && *target == *sense.on_value) return Turned(sense, Act::kOn);
  return kUnknownDirection;
}

double ReachPercent(const Sense& sense, const std::optional<Value>& target) {
  if (!target) return 100;
  if (!sense.is_number) return sense.off_value && *target == *sense.off_value ? 0 : 100;
  const auto number = AsNumber(*target);
  if (!number || !std::isfinite(*number) || sense.full == sense.off) return 100;
  return std::clamp(100 * (*number - sense.off) / (sense.full - sense.off), 0.0, 100.0);
}

double StepPercent(const Capability& capability, const std::optional<Value>& target, const std::optional<Value>& current) {
  const ValueSpec& v = capability.value;
  const double step = std::abs(NumberOrNan(target) - NumberOrNan(current));
  return v.has_range && std::isfinite(step) ? step / (v.max - v.min) * 100 : 100;
}

bool IsLegal(const Capability& capability, const Value& target) {
  const ValueSpec& v = capability.value;
  const auto is_target = [&](const std::optional<Value>& value) { return value && *value == target; };
  if (is_target(v.on) || is_target(v.off)) return true;
  if (std::any_of(v.words.begin(), v.words.end(), [&](const Word& word) { return word.signal == target; })) return true;
  if (v.type == DataType::kBoolean) return std::holds_alternative<bool>(target);
  if (v.type == DataType::kString) {
    const auto* text = std::get_if<std::string>(&target);
    return text != nullptr && v.free_text && text->size() <= kTextBytesMax;
  }
  if (!IsNumeric(v.type)) return false;
  if (IsInteger(v.type) ? !std::holds_alternative<std::int64_t>(target) : !std::holds_alternative<double>(target)) return false;
  const double number = *AsNumber(target);
  const double low = v.has_range ? v.min : TypeMin(v.type), high = v.has_range ? v.max : TypeMax(v.type);
  return std::isfinite(number) && number >= low - kSameValue && number <= high + kSameValue;
}

}  // namespace deepcabin::safety
