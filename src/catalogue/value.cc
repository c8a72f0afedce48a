#include "catalogue/value.h"

#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace deepcabin {
namespace {

struct TypeRow {
  DataType type;
  std::string_view name;
  double min, max;
};

constexpr double kInt64Limit = 9007199254740992.0;  // 2^53: past it a double no longer holds every integer

constexpr std::array<TypeRow, 13> kTypes{{
    {DataType::kBoolean, "boolean", 0, 1},
    {DataType::kInt8, "int8", -128, 127},
    {DataType::kInt16, "int16", -32768, 32767},
    {DataType::kInt32, "int32", -2147483648.0, 2147483647.0},
    {DataType::kInt64, "int64", -kInt64Limit, kInt64Limit},
    {DataType::kUint8, "uint8", 0, 255},
    {DataType::kUint16, "uint16", 0, 65535},
    {DataType::kUint32, "uint32", 0, 4294967295.0},
    {DataType::kUint64, "uint64", 0, kInt64Limit},
    {DataType::kFloat, "float", std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max()},
    {DataType::kDouble, "double", std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()},
    {DataType::kString, "string", 0, 0},
    {DataType::kStringArray, "string[]", 0, 0},
}};

const TypeRow& Row(DataType type) { return kTypes[static_cast<std::size_t>(type)]; }

}  // namespace

std::string_view DataTypeName(DataType type) { return Row(type).name; }

std::optional<DataType> ParseDataType(std::string_view name) {
  for (const TypeRow& row : kTypes) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

bool IsNumeric(DataType type) { return type > DataType::kBoolean && type < DataType::kString; }
bool IsInteger(DataType type) { return type > DataType::kBoolean && type < DataType::kFloat; }
double TypeMin(DataType type) { return Row(type).min; }
double TypeMax(DataType type) { return Row(type).max; }

Result<Value> ValueFromJson(const Json& json, DataType type) {
  const auto wrong = [&] { return InvalidArgument(fmt::format("{:.80} is not a {}", DumpJson(json), DataTypeName(type))); };
  if (type == DataType::kBoolean) {
    if (!json.is_boolean()) return wrong();
    return Value(json.get<bool>());
  }
  if (type == DataType::kString) {
    if (!json.is_string()) return wrong();
    return Value(json.get<std::string>());
  }
  if (type == DataType::kStringArray) {
    if (!json.is_array()) return wrong();
    std::vector<std::string> items;
    for (const Json& item : json) {
      if (!item.is_string()) return wrong();
      items.push_back(item.get<std::string>());
    }
    return Value(std::move(items));
  }
  if (!json.is_number()) return wrong();
  const double number = json.get<double>();
  if (!std::isfinite(number) || number < TypeMin(type) || number > TypeMax(type)) {
    return OutOfRange(fmt::format("{:.40} does not fit {}", DumpJson(json), DataTypeName(type)));
  }
  if (IsInteger(type) && number != std::floor(number)) return wrong();
  return NumberToValue(number, type);
}

Json ValueToJson(const Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

std::string ValueToString(const Value& value) {
  struct Visitor {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const { return fmt::format("{:.6g}", v); }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const std::vector<std::string>& v) const { return fmt::format("[{}]", fmt::join(v, ",")); }
  };
  return std::visit(Visitor{}, value);
}

std::optional<double> AsNumber(const Value& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b ? 1.0 : 0.0;
  if (const auto* i = std::get_if<std::int64_t>(&value)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&value)) return *d;
  return std::nullopt;
}

Value NumberToValue(double number, DataType type) {
  if (type == DataType::kBoolean) return Value(number != 0);
  if (IsInteger(type)) return Value(static_cast<std::int64_t>(std::llround(number)));
  return Value(number);
}

}  // namespace deepcabin
