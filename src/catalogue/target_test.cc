#include <gtest/gtest.h>

#include "catalogue/call.h"

namespace deepcabin {
namespace {

constexpr char kYaml[] = R"(area: t
capabilities:
  - {capability: heat, signal: Vehicle.H, value: {type: int8, min: 0, max: 100, unit: percent, levels: 3, on: 67}, ops: [on, off, set, increase], names: {zh: [热], en: [heat]}, safety: comfort}
  - {capability: temp, signal: Vehicle.T, value: {type: float, min: 16, max: 32, unit: celsius, step: 1}, ops: [set, increase], names: {zh: [温], en: [temp]}, safety: comfort}
  - {capability: seat, signal: Vehicle.S, value: {type: uint16, min: 0, max: 250, unit: mm, step: 30, inverted: true}, ops: [set, increase], names: {zh: [座], en: [seat]}, safety: comfort}
  - {capability: massage, signal: Vehicle.M, value: {type: uint8, min: 1, max: 3, levels: 3, first_level: 1}, ops: [set], names: {zh: [揉], en: [knead]}, safety: comfort}
  - {capability: mode, signal: Vehicle.D, value: {type: string, words: {eco: {signal: ECO}, sport: {signal: SPORT}}}, ops: [set, next], names: {zh: [式], en: [mode]}, safety: comfort}
  - {capability: shade, signal: Vehicle.B, value: {type: uint8, min: 0, max: 100, unit: percent, on: 0, off: 100}, ops: [open, close, stop], names: {zh: [帘], en: [blind]}, safety: comfort}
  - {capability: lock, signal: Vehicle.L, value: {type: boolean}, ops: [on, off], names: {zh: [锁], en: [lock]}, states: {zh: [解开, 锁上], en: [unlocked, locked]}, safety: comfort}
)";

class Target : public ::testing::Test {
 protected:
  Target() : catalogue_(Catalogue::Parse({{"t.yaml", kYaml}})) { EXPECT_TRUE(catalogue_) << catalogue_.error().message; }
  Result<Value> Get(const char* name, Op op, SpokenValue value = {}, std::string_view unit = "", std::optional<Value> now = std::nullopt) {
    return TargetValue(*catalogue_->FindCapability(name), op, value, unit, now);
  }
  static Value I(std::int64_t i) { return Value(i); }
  Result<Catalogue> catalogue_;
};

TEST_F(Target, LevelsMapOntoTheRange) {
  EXPECT_EQ(*Get("heat", Op::kSet, 2.0, "level"), I(67));
  EXPECT_EQ(*Get("heat", Op::kSet, 2.0), I(67));
  EXPECT_EQ(*Get("heat", Op::kSet, 0.0, "level"), I(0));
  EXPECT_EQ(*Get("heat", Op::kSet, 50.0, "percent"), I(50));
  EXPECT_EQ(*Get("heat", Op::kSet, std::string("max")), I(100));
  EXPECT_EQ(*Get("heat", Op::kOn), I(67));
  EXPECT_EQ(*Get("massage", Op::kSet, 1.0, "level"), I(1));
  EXPECT_EQ(*Get("massage", Op::kSet, 3.0, "level"), I(3));
  EXPECT_EQ(Get("heat", Op::kSet, 5.0, "level").error().code, ErrorCode::kOutOfRange);
}

TEST_F(Target, UnitsConvert) {
  EXPECT_NEAR(*AsNumber(*Get("temp", Op::kSet, 72.0, "F")), 22.22, 0.01);
  EXPECT_EQ(*Get("temp", Op::kIncrease, 9.0, "F", Value(20.0)), Value(25.0));
  EXPECT_EQ(*Get("temp", Op::kIncrease, {}, "", Value(31.5)), Value(32.0));
  EXPECT_FALSE(Get("temp", Op::kSet, 40.0, "C"));
  EXPECT_FALSE(Get("temp", Op::kSet, 20.0, "kmh"));
  EXPECT_EQ(Get("temp", Op::kIncrease).error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(Target, InvertedCountsFromTheOtherEnd) {
  EXPECT_EQ(*Get("seat", Op::kIncrease, 5.0, "cm", I(100)), I(50));
  EXPECT_EQ(*Get("seat", Op::kSet, std::string("max")), I(0));
  EXPECT_EQ(*Get("shade", Op::kClose), I(100));
  EXPECT_EQ(*Get("shade", Op::kStop, {}, "", I(40)), I(40));
}

TEST_F(Target, WordsAndSteps) {
  EXPECT_EQ(*Get("mode", Op::kSet, std::string("sport")), Value(std::string("SPORT")));
  EXPECT_FALSE(Get("mode", Op::kSet, std::string("warp")));
  EXPECT_EQ(*Get("mode", Op::kNext, {}, "", Value(std::string("SPORT"))), Value(std::string("ECO")));
  EXPECT_FALSE(Get("mode", Op::kSet));
  EXPECT_FALSE(Get("mode", Op::kQuery));
}

TEST_F(Target, DescribesInPeoplesWords) {
  EXPECT_EQ(DescribeValue(*catalogue_->FindCapability("heat"), I(67), Language::kChinese), "2档");
  EXPECT_EQ(DescribeValue(*catalogue_->FindCapability("temp"), Value(21.5), Language::kEnglish), "21.5 °C");
  EXPECT_EQ(DescribeValue(*catalogue_->FindCapability("lock"), Value(true), Language::kChinese), "锁上");
  EXPECT_EQ(DescribeValue(*catalogue_->FindCapability("lock"), Value(false), Language::kEnglish), "unlocked");
}

}  // namespace
}  // namespace deepcabin
