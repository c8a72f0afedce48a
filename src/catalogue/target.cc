// From what was asked (op, spoken value, unit) to what is written; and back from a value to the words people use.

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "catalogue/call.h"

namespace deepcabin {
namespace {

constexpr double kFahrenheitOffset = 32.0;

// A spoken unit that means the same as a signal's unit, and how to convert: signal = spoken · factor + offset.
struct UnitRow {
  std::string_view spoken, signal;
  double factor, offset;
};
constexpr std::array<UnitRow, 22> kUnits{{
    {"C", "celsius", 1, 0},
    {"F", "celsius", 5.0 / 9, -kFahrenheitOffset * 5.0 / 9},
    {"kmh", "km/h", 1, 0},
    {"mph", "km/h", 1.609344, 0},
    {"percent", "percent", 1, 0},
    {"deg", "degrees", 1, 0},
    {"degrees", "degrees", 1, 0},
    {"cm", "mm", 10, 0},
    {"mm", "mm", 1, 0},
    {"cm", "cm", 1, 0},
    {"mm", "cm", 0.1, 0},
    {"m", "m", 1, 0},
    {"m", "mm", 1000, 0},
    {"s", "s", 1, 0},
    {"min", "s", 60, 0},
    {"min", "min", 1, 0},
    {"h", "min", 60, 0},
    {"A", "A", 1, 0},
    {"x", "x", 1, 0},
    {"MHz", "MHz", 1, 0},
    {"km", "km", 1, 0},
    {"mile", "km", 1.609344, 0},
}};

const UnitRow* FindUnit(std::string_view spoken, std::string_view signal) {
  for (const UnitRow& row : kUnits) {
    if (row.spoken == spoken && row.signal == signal) return &row;
  }
  return nullptr;
}

Error CannotDo(const Capability& c, Op op, std::string_view why) {
  return InvalidArgument(fmt::format("{} cannot {}: {}", c.name, OpName(op), why));
}

double LevelSize(const ValueSpec& v) { return (v.max - v.min) / (v.first_level == 1 ? v.levels - 1 : v.levels); }

// Raw value of the spoken direction "more": inverted capabilities count from the other end.
double Turned(const ValueSpec& v, double number) { return v.inverted ? v.max + v.min - number : number; }

// An absolute number with its unit → the signal's number.
Result<double> Absolute(const Capability& c, double number, std::string_view unit) {
  const ValueSpec& v = c.value;
  if (!v.has_range) return CannotDo(c, Op::kSet, "its value is no number");
  if (unit.empty()) {
    if (v.levels > 0 && number >= v.first_level && number <= v.levels) unit = "level";
  }
  double raw = number;
  if (unit == "level") {
    if (v.levels == 0) return CannotDo(c, Op::kSet, "it has no levels");
    if (number < 0 || number > v.levels) {
      return OutOfRange(fmt::format("{} has levels {} to {}, not {:g}", c.name, v.first_level, v.levels, number));
    }
    raw = number == 0 ? v.min : Turned(v, v.min + (number - v.first_level) * LevelSize(v));
  } else if (unit == "percent" && v.unit != "percent") {
    raw = Turned(v, v.min + number * (v.max - v.min) / 100);
  } else if (!unit.empty()) {
    const UnitRow* row = FindUnit(unit, v.unit);
    if (row == nullptr) return CannotDo(c, Op::kSet, fmt::format("unit {:.16} does not fit {}", unit, v.unit.empty() ? "it" : v.unit));
    raw = number * row->factor + row->offset;
  }
  constexpr double kSlack = 1e-6;
  if (raw < v.min - kSlack || raw > v.max + kSlack) {
    return OutOfRange(fmt::format("{} goes from {:g} to {:g} {}, not {:g}", c.name, v.min, v.max, v.unit, raw));
  }
  return std::clamp(raw, v.min, v.max);
}

Result<Value> FromWord(const Capability& c, const std::string& word) {
  const ValueSpec& v = c.value;
  if (const Word* known = c.FindWord(word)) return known->signal;
  if (v.has_range) {
    if (word == "max") return NumberToValue(Turned(v, v.max), v.type);
    if (word == "min") return NumberToValue(Turned(v, v.min), v.type);
    if (word == "mid") return NumberToValue((v.min + v.max) / 2, v.type);
  }
  if (v.type == DataType::kBoolean && (word == "max" || word == "on")) return Value(true);
  if (v.type == DataType::kBoolean && (word == "min" || word == "off")) return Value(false);
  if (v.free_text && v.type == DataType::kString) return Value(word);
  return InvalidArgument(fmt::format("{} has no setting \"{:.40}\"", c.name, word));
}

// The size of a step in the signal's unit, always positive.
Result<double> StepSize(const Capability& c, Op op, const SpokenValue& value, std::string_view unit) {
  const ValueSpec& v = c.value;
  const double* amount = std::get_if<double>(&value);
  if (amount == nullptr) return v.step;
  if (unit == "level" || (unit.empty() && v.levels > 0)) {
    if (v.levels == 0) return *amount * v.step;  // "up two": two moderate steps of a thing without levels
    return *amount * LevelSize(v);
  }
  if (unit.empty()) return *amount;
  if (unit == "percent" && v.unit != "percent") return *amount * (v.max - v.min) / 100;
  const UnitRow* row = FindUnit(unit, v.unit);
  if (row == nullptr) return CannotDo(c, op, fmt::format("unit {:.16} does not fit", unit));
  return *amount * row->factor;  // a difference: no offset
}

Result<Value> Relative(const Capability& c, Op op, const SpokenValue& value, std::string_view unit, const std::optional<Value>& current) {
  const ValueSpec& v = c.value;
  if (!v.has_range) return CannotDo(c, op, "its value is no number");
  if (const auto* word = std::get_if<std::string>(&value)) return FromWord(c, *word);
  const auto present = current ? AsNumber(*current) : std::nullopt;
  if (!present) return FailedPrecondition(fmt::format("{}: the present value is not known", c.name));
  DC_ASSIGN_OR_RETURN(const double step, StepSize(c, op, value, unit));
  const bool up = (op == Op::kIncrease) != v.inverted;
  // A present value outside what may be set (a shared signal) counts from the nearest end.
  const double from = std::clamp(*present, v.min, v.max);
  return NumberToValue(std::clamp(from + (up ? step : -step), v.min, v.max), v.type);
}

Result<Value> Switched(const Capability& c, Op op, bool on) {
  const ValueSpec& v = c.value;
  const std::optional<Value>& given = on ? v.on : v.off;
  if (given) return *given;
  if (v.type == DataType::kBoolean) return Value(on);
  if (v.has_range) return NumberToValue(on ? v.max : v.min, v.type);
  return CannotDo(c, op, "it has no such state");
}

Result<Value> Toggled(const Capability& c, const std::optional<Value>& current) {
  if (!current) return FailedPrecondition(fmt::format("{}: the present value is not known", c.name));
  DC_ASSIGN_OR_RETURN(const Value off, Switched(c, Op::kToggle, false));
  return Switched(c, Op::kToggle, *current == off);
}

Result<Value> Neighbour(const Capability& c, Op op, const std::optional<Value>& current) {
  const ValueSpec& v = c.value;
  if (v.words.empty()) return Relative(c, op == Op::kNext ? Op::kIncrease : Op::kDecrease, {}, "", current);
  if (const Word* word = c.FindWord(OpName(op))) return word->signal;  // the signal itself knows "next"
  const std::size_t count = v.words.size();
  std::size_t at = op == Op::kNext ? count - 1 : 0;
  for (std::size_t i = 0; current && i < count; ++i) {
    if (v.words[i].signal == *current) at = i;
  }
  return v.words[(op == Op::kNext ? at + 1 : at + count - 1) % count].signal;
}

// Ops that are words of the signal ("play", "start"), or switch it.
Result<Value> Named(const Capability& c, Op op, const std::optional<Value>& current) {
  if (const Word* word = c.FindWord(OpName(op))) return word->signal;
  if (op == Op::kStop && c.value.has_range && current) return *current;  // what moves stays where it is
  const bool on = op == Op::kStart || op == Op::kPlay || op == Op::kCall || op == Op::kSend;
  return Switched(c, op, on);
}

}  // namespace

Result<Value> TargetValue(const Capability& c, Op op, const SpokenValue& value, std::string_view unit,
                          const std::optional<Value>& current) {
  const bool has_value = !std::holds_alternative<std::monostate>(value);
  switch (op) {
    case Op::kIncrease:
    case Op::kDecrease: return Relative(c, op, value, unit, current);
    case Op::kToggle: return Toggled(c, current);
    case Op::kNext:
    case Op::kPrev: return Neighbour(c, op, current);
    case Op::kOff:
    case Op::kClose: return Switched(c, op, false);
    case Op::kOn:
    case Op::kOpen:
      if (!has_value) return Switched(c, op, true);
      break;
    case Op::kSet:
      if (!has_value) return CannotDo(c, op, "no value was given");
      break;
    case Op::kPlay:
    case Op::kPause:
    case Op::kStart:
    case Op::kStop:
    case Op::kCall:
    case Op::kSend:
    case Op::kCancel: return Named(c, op, current);
    default: return CannotDo(c, op, "this changes nothing");
  }
  if (const auto* word = std::get_if<std::string>(&value)) return FromWord(c, *word);
  const double number = std::get<double>(value);
  if (c.value.type == DataType::kBoolean) return Value(number != 0);
  if (!c.value.has_range) return FromWord(c, fmt::format("{:g}", number));
  DC_ASSIGN_OR_RETURN(const double raw, Absolute(c, number, unit));
  return NumberToValue(raw, c.value.type);
}

std::string DescribeValue(const Capability& c, const Value& value, Language language) {
  const ValueSpec& v = c.value;
  const bool zh = language == Language::kChinese;
  for (const Word& word : v.words) {
    if (word.signal != value) continue;
    const auto& names = zh ? word.zh : word.en;
    return names.empty() ? word.name : names.front();
  }
  if (const auto* b = std::get_if<bool>(&value)) {
    const bool opens = c.Can(Op::kOpen) && !c.Can(Op::kOn);
    const bool turned = v.on && *v.on == Value(false);
    const bool on = *b != turned;
    if (!c.states_zh.empty()) return (zh ? c.states_zh : c.states_en)[on ? 1 : 0];
    if (zh) return on ? (opens ? "打开" : "开启") : (opens ? "关上" : "关闭");
    return on ? (opens ? "open" : "on") : (opens ? "closed" : "off");
  }
  const auto number = AsNumber(value);
  if (!number && v.on && value == *v.on) return zh ? "开启" : "on";
  if (!number && v.off && value == *v.off) return zh ? "关闭" : "off";
  if (!number) return ValueToString(value);
  const double turned = Turned(v, *number);
  if (v.levels > 0 && v.has_range) {
    const double level = (turned - v.min) / LevelSize(v) + v.first_level;
    if (level <= 0) return zh ? "关闭" : "off";
    return zh ? fmt::format("{:.0f}档", level) : fmt::format("level {:.0f}", level);
  }
  if (v.unit == "celsius") return fmt::format("{:g}{}", std::round(*number * 10) / 10, zh ? "度" : " °C");
  if (v.unit == "percent") return fmt::format("{:.0f}%", turned);
  if (v.unit == "degrees") return fmt::format("{:.0f}{}", *number, zh ? "度" : "°");
  if (v.unit == "s") return fmt::format("{:g}{}", *number, zh ? "秒" : " s");
  if (v.unit == "km") return fmt::format("{:.0f}{}", *number, zh ? "公里" : " km");
  if (v.unit == "m" && std::abs(*number) >= 1000) return fmt::format("{:.0f}{}", *number / 1000, zh ? "公里" : " km");
  const std::string plain = std::abs(*number) >= 1000 ? fmt::format("{:.0f}", *number) : fmt::format("{:.4g}", *number);
  return v.unit.empty() ? plain : plain + " " + v.unit;
}

}  // namespace deepcabin
