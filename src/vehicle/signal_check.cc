#include "vehicle/signal_check.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::vehicle {
namespace {

bool HoldsType(const Value& value, DataType type) {
  if (type == DataType::kBoolean) return std::holds_alternative<bool>(value);
  if (IsInteger(type)) return std::holds_alternative<std::int64_t>(value);
  if (IsNumeric(type)) return std::holds_alternative<double>(value);
  if (type == DataType::kString) return std::holds_alternative<std::string>(value);
  return std::holds_alternative<std::vector<std::string>>(value);
}

Status CheckNumber(const SignalSpec& spec, const Value& value) {
  const double number = *AsNumber(value);
  if (!std::isfinite(number)) return InvalidArgument(fmt::format("{}: not a finite number", spec.path));
  const double low = std::max(spec.min.value_or(TypeMin(spec.type)), TypeMin(spec.type));
  const double high = std::min(spec.max.value_or(TypeMax(spec.type)), TypeMax(spec.type));
  if (number >= low && number <= high) return {};
  return OutOfRange(fmt::format("{}: {} is outside {}..{}", spec.path, ShortText(value), low, high));
}

Status CheckText(const SignalSpec& spec, const std::string& text) {
  if (text.size() > kTextBytesMax) {
    return ResourceExhausted(fmt::format("{}: {} bytes of text, at most {}", spec.path, text.size(), kTextBytesMax));
  }
  if (!IsValidUtf8(text)) return InvalidArgument(fmt::format("{}: not UTF-8", spec.path));
  if (spec.allowed.empty() || std::find(spec.allowed.begin(), spec.allowed.end(), text) != spec.allowed.end()) return {};
  return InvalidArgument(fmt::format("{}: \"{}\" is not one of {}", spec.path, ShortText(Value(text)), fmt::join(spec.allowed, " ")));
}

}  // namespace

std::string ShortText(const Value& value) {
  constexpr std::size_t kBytesMax = 80;
  std::string text = ValueToString(value);
  if (text.size() <= kBytesMax) return text;
  text.resize(kBytesMax);
  return ReplaceInvalidUtf8(text) + "…";  // the cut may have split a character
}

Status CheckValue(const SignalSpec& spec, const Value& value) {
  if (!HoldsType(value, spec.type)) {
    return InvalidArgument(fmt::format("{}: {} is not a {}", spec.path, ShortText(value), DataTypeName(spec.type)));
  }
  if (spec.type == DataType::kBoolean) return {};
  if (IsNumeric(spec.type)) return CheckNumber(spec, value);
  if (const auto* text = std::get_if<std::string>(&value)) return CheckText(spec, *text);
  const auto& items = std::get<std::vector<std::string>>(value);
  if (items.size() > kTextItemsMax) {
    return ResourceExhausted(fmt::format("{}: {} texts, at most {}", spec.path, items.size(), kTextItemsMax));
  }
  for (const std::string& item : items) DC_RETURN_IF_ERROR(CheckText(spec, item));
  return {};
}

}  // namespace deepcabin::vehicle
