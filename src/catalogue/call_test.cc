#include "catalogue/call.h"

#include <gtest/gtest.h>

namespace deepcabin {
namespace {

constexpr char kYaml[] = R"(area: t
capabilities:
  - {capability: seat.heating, signal: "Vehicle.Cabin.Seat.{row}.{side}.HeatingCooling", zones: [row1.left, row1.right], value: {type: int8, min: 0, max: 100, levels: 3}, ops: [set], names: {zh: [座椅加热], en: [seat heating]}, safety: comfort}
)";

TEST(Call, GoesToJsonAndBack) {
  const auto catalogue = Catalogue::Parse({{"t.yaml", kYaml}});
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  const Json json = Json::parse(R"({"capability":"seat.heating","zone":"row1.right","op":"set","value":2,"unit":"level",
      "when":{"kind":"after","seconds":600}})");
  const auto call = CallFromJson(json, *catalogue);
  ASSERT_TRUE(call) << call.error().message;
  const OrderedJson back = CallToJson(*call, *catalogue);
  EXPECT_EQ(back["value"], 2);
  EXPECT_EQ(back["when"]["seconds"], 600);
  EXPECT_EQ(back["interface"], "Vehicle.Cabin.Seat.Row1.PassengerSide.HeatingCooling");
}

TEST(Call, RefusesWhatItDoesNotKnow) {
  const auto catalogue = Catalogue::Parse({{"t.yaml", kYaml}});
  ASSERT_TRUE(catalogue);
  for (const char* text :
       {R"({"capability":"seat.cooling","op":"set"})", R"({"capability":"seat.heating","op":"melt"})",
        R"({"capability":"seat.heating","op":"set","zone":"roof"})", R"({"capability":"seat.heating","op":"set","speed":1})",
        R"({"capability":"seat.heating","op":"set","when":{"kind":"someday"}})", R"([])", R"({"op":5})"}) {
    EXPECT_FALSE(CallFromJson(Json::parse(text), *catalogue)) << text;
  }
}

}  // namespace
}  // namespace deepcabin
