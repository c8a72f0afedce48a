#include "skills/service/workshop.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcabin::aftersales {
namespace {

using std::chrono::days;
using std::chrono::hours;
using ::testing::HasSubstr;

// A Monday.
const LocalTime kMonday = LocalTime(std::chrono::sys_days(std::chrono::year(2026) / 3 / 2).time_since_epoch());

TEST(WorkshopTest, SlotsLieInOpeningHours) {
  SimulatedWorkshop workshop;
  LocalTime from = kMonday;
  for (int i = 0; i < 100; ++i) {
    const auto slot = workshop.FirstFree(from);
    ASSERT_TRUE(slot);
    EXPECT_GE(*slot, from);
    const auto day = std::chrono::floor<days>(*slot);
    EXPECT_NE(std::chrono::weekday(day), std::chrono::Sunday);
    EXPECT_GE(*slot - day, hours(9));
    EXPECT_LT(*slot - day, hours(17));
    from = *slot + std::chrono::seconds(1);
  }
}

TEST(WorkshopTest, BooksQueriesCancels) {
  SimulatedWorkshop workshop;
  EXPECT_FALSE(workshop.Current());
  EXPECT_EQ(workshop.Book({kMonday + hours(3), "x"}).error().code, ErrorCode::kFailedPrecondition);
  const auto slot = workshop.FirstFree(kMonday);
  ASSERT_TRUE(slot);
  ASSERT_TRUE(workshop.Book({*slot, "保养"}));
  EXPECT_EQ(workshop.Current()->at, *slot);
  workshop.Cancel();
  EXPECT_FALSE(workshop.Current());
}

TEST(ClaimTest, IsKeptAsDataAndAsText) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "claims_test";
  std::filesystem::remove_all(folder);
  const Claim claim{.is_accident = true, .at = kMonday, .facts = {{"车速", "speed", "30 km/h"}, {"位置", "place", "?"}}};
  const auto first = claim.Save(folder, false), second = claim.Save(folder, true);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_NE(*first, *second) << "two of one second";
  std::ifstream in(*first);
  const auto json = ParseJson(std::string(std::istreambuf_iterator<char>(in), {}));
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ((*json)["what"], "accident");
  EXPECT_FALSE((*json)["exchange"].empty());
  EXPECT_EQ(std::filesystem::status(*first).permissions() & std::filesystem::perms::others_all, std::filesystem::perms::none);
  EXPECT_THAT(claim.ToText(false), HasSubstr("speed: 30 km/h"));
  EXPECT_THAT(claim.ToText(true), HasSubstr("2026-03-02 00:00:00"));
  EXPECT_EQ(claim.Save("/proc/nowhere", true).error().code, ErrorCode::kUnavailable);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace deepcabin::aftersales
