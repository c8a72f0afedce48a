#include "catalogue/value.h"

#include <gtest/gtest.h>

namespace deepcabin {
namespace {

TEST(Value, JsonMustHaveExactlyTheType) {
  EXPECT_TRUE(ValueFromJson(Json(200), DataType::kUint8));
  EXPECT_FALSE(ValueFromJson(Json(256), DataType::kUint8));
  EXPECT_FALSE(ValueFromJson(Json(-1), DataType::kUint8));
  EXPECT_FALSE(ValueFromJson(Json(1.5), DataType::kUint8));
  EXPECT_TRUE(ValueFromJson(Json(1.5), DataType::kFloat));
  EXPECT_FALSE(ValueFromJson(Json(1e308 * 10), DataType::kDouble));
  EXPECT_FALSE(ValueFromJson(Json(1), DataType::kBoolean));
  EXPECT_FALSE(ValueFromJson(Json("22.5"), DataType::kFloat));
  EXPECT_FALSE(ValueFromJson(Json::array({1}), DataType::kStringArray));
}

TEST(Value, EveryTypeNameParsesBack) {
  for (int i = 0; i <= static_cast<int>(DataType::kStringArray); ++i) {
    const auto type = static_cast<DataType>(i);
    EXPECT_EQ(ParseDataType(DataTypeName(type)), type);
  }
  EXPECT_FALSE(ParseDataType("int7"));
}

TEST(Value, NumbersRoundIntoIntegerTypes) {
  EXPECT_EQ(NumberToValue(66.7, DataType::kUint8), Value(std::int64_t{67}));
  EXPECT_EQ(NumberToValue(0, DataType::kBoolean), Value(false));
  EXPECT_EQ(ValueToString(Value(21.5)), "21.5");
}

}  // namespace
}  // namespace deepcabin
