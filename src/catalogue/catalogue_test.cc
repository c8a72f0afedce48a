#include "catalogue/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcabin {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kSeat[] = R"(area: seats
capabilities:
  - capability: seat.heating
    signal: Vehicle.Cabin.Seat.{row}.{side}.HeatingCooling
    zones: [row1.left, row1.right, row2.left, row2.right]
    value: {type: int8, min: 0, max: 100, unit: percent, levels: 3, on: 67, vss_min: -100}
    ops: [on, off, set, increase, decrease, query]
    names: {zh: [座椅加热], en: [seat heating]}
    safety: comfort
)";

std::string ErrorOf(const std::string& text) {
  const auto result = Catalogue::Parse({{"t.yaml", text}});
  return result ? "" : result.error().message;
}

std::string With(const std::string& from, const std::string& to) {
  std::string text = kSeat;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Catalogue, ExpandsACapabilityIntoInterfaces) {
  const auto catalogue = Catalogue::Parse({{"t.yaml", kSeat}});
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  EXPECT_EQ(catalogue->interfaces().size(), 4u);
  const Capability* heating = catalogue->FindCapability("seat.heating");
  ASSERT_NE(heating, nullptr);
  const InterfaceId id = catalogue->FindInterface(heating->id, Zone::kRow1Right);
  EXPECT_EQ(catalogue->interface(id).path, "Vehicle.Cabin.Seat.Row1.PassengerSide.HeatingCooling");
  const SignalSpec& signal = catalogue->signal(catalogue->interface(id).signal);
  EXPECT_EQ(signal.min, -100);
  EXPECT_EQ(signal.max, 100);
}

TEST(Catalogue, RefusesWhatIsBrokenWithFileLineAndReason) {
  EXPECT_THAT(ErrorOf(With("unit: percent", "unit: parsec")), StartsWith("t.yaml:6: unknown unit `parsec`"));
  EXPECT_THAT(ErrorOf(With("max: 100", "max: 300")), HasSubstr("outside what int8 can hold"));
  EXPECT_THAT(ErrorOf(With("ops: [on,", "ops: [on, fly,")), StartsWith("t.yaml:7: unknown op `fly`"));
  EXPECT_THAT(ErrorOf(With("safety: comfort", "about: x")), HasSubstr("no safety class"));
  EXPECT_THAT(ErrorOf(With("safety: comfort", "safety: cosy")), StartsWith("t.yaml:9: unknown safety class"));
  EXPECT_THAT(ErrorOf(With("row1.left,", "row9.left,")), HasSubstr("unknown leaf zone `row9.left`"));
  EXPECT_THAT(ErrorOf(With("row1.left,", "row1.right,")), HasSubstr("stands twice"));
  EXPECT_THAT(ErrorOf(With("on: 67", "on: 170")), HasSubstr("outside"));
  EXPECT_THAT(ErrorOf(With("{row}", "{seat}")), HasSubstr("unknown placeholder"));
  EXPECT_THAT(ErrorOf(With("int8", "int7")), HasSubstr("unknown type"));
  EXPECT_THAT(ErrorOf(With("names:", "nmaes:")), StartsWith("t.yaml:8: unknown key `nmaes`"));
  EXPECT_THAT(ErrorOf(With("{type: int8, min: 0, max: 100, unit: percent, levels: 3, on: 67, vss_min: -100}", "{type: boolean}")),
              HasSubstr("cannot be done"));
  EXPECT_THAT(ErrorOf(With("safety:", "states: {zh: [关, 开], en: [off]}\n    safety:")), StartsWith("t.yaml:9: `states` has in each"));
  EXPECT_THAT(ErrorOf(With("safety:", "states: {zh: [关, 开]}\n    safety:")), StartsWith("t.yaml:9: "));
  EXPECT_THAT(ErrorOf("capabilities: [" + std::string(1000, '[')), StartsWith("t.yaml:"));
}

TEST(Catalogue, RefusesDuplicateInterfacesAndNames) {
  const std::string twin = std::string(kSeat) + R"(  - capability: seat.warmer
    signal: Vehicle.Cabin.Seat.{row}.{side}.HeatingCooling
    zones: [row1.left]
    value: {type: int8, min: 0, max: 100}
    ops: [set]
    names: {zh: [暖座], en: [seat warmer]}
    safety: comfort
)";
  EXPECT_THAT(ErrorOf(twin), HasSubstr("interface `Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling` stands twice"));
  const std::string same_name = std::string(kSeat) + R"(  - capability: floor.heating
    signal: Vehicle.DeepCabin.FloorHeating.{row}.{side}
    zones: [row1.left]
    ops: [on, off]
    names: {zh: [座椅加热], en: [floor heating]}
    safety: comfort
)";
  EXPECT_THAT(ErrorOf(same_name), HasSubstr("already claimed by `seat.heating`"));
}

TEST(Catalogue, ResolvesZonesForTheSpeaker) {
  const auto catalogue = Catalogue::Parse({{"t.yaml", kSeat}});
  ASSERT_TRUE(catalogue);
  const Capability& heating = catalogue->capability(0);
  const auto zones = [&](Zone zone, Zone speaker) {
    std::string out;
    for (const InterfaceId id : catalogue->Resolve(heating, zone, speaker))
      out += std::string(ZoneName(catalogue->interface(id).zone)) + " ";
    return out;
  };
  EXPECT_EQ(zones(Zone::kWhole, Zone::kRow2Right), "row2.right ");
  EXPECT_EQ(zones(Zone::kRear, Zone::kRow1Left), "row2.left row2.right ");
  EXPECT_EQ(zones(Zone::kLeft, Zone::kRow1Left), "row1.left row2.left ");
  EXPECT_EQ(zones(Zone::kAll, Zone::kRow1Left), "row1.left row1.right row2.left row2.right ");
  EXPECT_EQ(zones(Zone::kWhole, Zone::kRow2Middle), "row2.left row2.right ");
  EXPECT_EQ(zones(Zone::kRow3Left, Zone::kRow1Left), "");
}

TEST(Catalogue, TheShippedCatalogueIsWholeAndLarge) {
  const auto catalogue = Catalogue::Load(DEEPCABIN_SOURCE_DIR "/catalogue");
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  EXPECT_GE(catalogue->capabilities().size(), 350u);
  EXPECT_GE(catalogue->interfaces().size(), 2000u);
}

TEST(Catalogue, FindsByWords) {
  const auto catalogue = Catalogue::Load(DEEPCABIN_SOURCE_DIR "/catalogue");
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  for (const auto& [text, name] : {std::pair{"座椅加热", "seat.heating"}, {"seat heating", "seat.heating"}, {"后备箱", "trunk"}}) {
    const auto hits = catalogue->Search(text, 5);
    ASSERT_FALSE(hits.empty()) << text;
    EXPECT_EQ(catalogue->capability(hits.front().capability).name, name);
  }
}

TEST(Catalogue, ExportsATreeWithEverySignal) {
  const auto catalogue = Catalogue::Parse({{"t.yaml", kSeat}});
  ASSERT_TRUE(catalogue);
  const Json tree = catalogue->ExportVssJson();
  const Json& leaf =
      tree["Vehicle"]["children"]["Cabin"]["children"]["Seat"]["children"]["Row1"]["children"]["DriverSide"]["children"]["HeatingCooling"];
  EXPECT_EQ(leaf["type"], "actuator");
  EXPECT_EQ(leaf["datatype"], "int8");
  EXPECT_EQ(leaf["min"], -100);
}

}  // namespace
}  // namespace deepcabin
