#pragma once
// VSS datatypes and values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace deepcabin {

enum class DataType : std::uint8_t {
  kBoolean,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kFloat,
  kDouble,
  kString,
  kStringArray,
};

// Name as in VSS ("boolean", "uint8", "string[]").
std::string_view DataTypeName(DataType type);
std::optional<DataType> ParseDataType(std::string_view name);
bool IsNumeric(DataType type);
bool IsInteger(DataType type);
// The lowest and highest number the type can hold. Numeric types only.
double TypeMin(DataType type);
double TypeMax(DataType type);

// One value of any VSS type. Integers are int64 whatever their width (uint64 above 2^63 is refused where it comes in).
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

// Converts JSON to a value of exactly `type`; refuses a wrong type, a fraction for an integer type and a number the type cannot hold.
Result<Value> ValueFromJson(const Json& json, DataType type);
Json ValueToJson(const Value& value);
// For people and logs: "true", "42", "21.5", "FACE".
std::string ValueToString(const Value& value);
// The number in a value (booleans are 0 and 1); nothing for text.
std::optional<double> AsNumber(const Value& value);
// `number` as a value of `type`: rounded for integers, not 0 for true. Numeric types and boolean only.
Value NumberToValue(double number, DataType type);

}  // namespace deepcabin
