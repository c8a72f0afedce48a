#include "skills/navigation.h"

#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "skills/map/embedded_map.h"

namespace deepcabin::skills {
namespace {

const EmbeddedMap& City() {
  static const auto map = EmbeddedMap::Open(std::string(DEEPCABIN_SOURCE_DIR) + "/data/demo_city.osm");
  EXPECT_TRUE(map.has_value()) << (map ? "" : map.error().message);
  return **map;
}

// 2026-03-02 is a Monday.
LocalTime At(int hour, int minute = 0) {
  return std::chrono::local_days(std::chrono::year(2026) / 3 / 2) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

Place Named(const std::string& text) { return City().Search({.text = text, .near = {30.63, 124.05}, .radius_m = 100'000})->front(); }

Situation Noon(double battery = 42) { return {.position = kDemoStart, .battery_percent = battery, .now = At(11, 40), .conditions = {}}; }

NavigationSettings LikesSichuan() {
  NavigationSettings settings;
  settings.preferences.favourite_cuisines = {"sichuan"};
  settings.home = Named("竹溪花园").position;
  settings.company = Named("云帆大厦").position;
  return settings;
}

TEST(FoundingDialogue, WordForWord) {
  Navigation navigation(City(), LikesSichuan());
  // 「我有些饿。」
  const Answer hungry = navigation.Suggest({}, Noon());
  ASSERT_TRUE(hungry.done) << hungry.said.zh;
  EXPECT_EQ(hungry.said.zh, "根据您的饮食习惯，推荐附近一家评分很高的川菜馆，需要导航过去吗？");
  EXPECT_EQ(hungry.said.en, "Going by what you like to eat, a highly rated Sichuan restaurant is near. Shall I take you there?");
  EXPECT_TRUE(hungry.asks);
  EXPECT_NE(hungry.details.zh.find("蜀巷人家 · 川菜馆 · 4.8 分"), std::string::npos) << hungry.details.zh;
  EXPECT_FALSE(navigation.is_active());
  // 「可以，但我想先把电充满。」
  const Answer charge = navigation.ChargeFirst(Noon());
  ASSERT_TRUE(charge.done) << charge.said.zh;
  EXPECT_EQ(charge.said.zh, "好的，前方2公里有充电桩，充满后我会带您去餐厅。");
  EXPECT_EQ(charge.said.en, "All right, there is a charger 2 km ahead. Once full, I will take you to the restaurant.");
  // What stands behind the words.
  const OrderedJson plan = navigation.PlanJson();
  ASSERT_TRUE(plan["active"].get<bool>());
  ASSERT_EQ(plan["stops"].size(), 2u);
  EXPECT_EQ(plan["stops"][0]["kind"], "charger");
  EXPECT_NEAR(plan["stops"][0]["distance_m"].get<double>(), 2000, 200);
  EXPECT_EQ(plan["stops"][0]["battery_leave"], 100.0);
  EXPECT_LT(plan["stops"][0]["battery_arrival"].get<double>(), 42);
  EXPECT_GT(plan["stops"][0]["charge_minutes"].get<double>(), 10);
  EXPECT_GT(plan["stops"][0]["price_yuan"].get<double>(), 10);
  EXPECT_TRUE(plan["stops"][0].contains("explanation"));
  EXPECT_EQ(plan["stops"][1]["name"]["zh"], "蜀巷人家");
  EXPECT_EQ(plan["route"]["type"], "LineString");
  EXPECT_GT(plan["route"]["coordinates"].size(), 5u);
}

TEST(Navigation, AYesTakesTheSuggestionAndAsksNoMore) {
  Navigation navigation(City(), LikesSichuan());
  EXPECT_FALSE(navigation.AcceptSuggestion(Noon()).done) << "nothing was suggested";
  ASSERT_TRUE(navigation.Suggest({}, Noon()).done);
  const Answer yes = navigation.AcceptSuggestion(Noon());
  ASSERT_TRUE(yes.done) << yes.said.zh;
  EXPECT_NE(yes.said.zh.find("去蜀巷人家"), std::string::npos) << yes.said.zh;
  EXPECT_FALSE(navigation.AcceptSuggestion(Noon()).done) << "a yes counts once";
  EXPECT_EQ(navigation.PlanJson()["stops"].size(), 1u);
}

TEST(Navigation, AskedAgainItSuggestsAnother) {
  Navigation navigation(City(), LikesSichuan());
  const Answer first = navigation.Suggest({}, Noon()), second = navigation.Suggest({}, Noon());
  EXPECT_NE(first.details.zh, second.details.zh);
  navigation.DropSuggestion();
  EXPECT_EQ(navigation.Suggest({}, Noon()).details.zh, first.details.zh);
}

TEST(Navigation, DislikesAndWordsAreKept) {
  NavigationSettings settings = LikesSichuan();
  settings.not_spicy = true;
  settings.disliked_cuisines = {"japanese"};
  Navigation navigation(City(), settings);
  const Answer mild = navigation.Suggest({}, Noon());
  ASSERT_TRUE(mild.done);
  EXPECT_EQ(mild.details.zh.find("川菜"), std::string::npos) << mild.details.zh;
  const Answer asked = navigation.Suggest(ReadWish("川菜馆"), Noon());
  ASSERT_TRUE(asked.done);
  EXPECT_NE(asked.details.zh.find("川菜"), std::string::npos) << "who asks for it gets it";
  EXPECT_EQ(asked.said.zh.find("饮食习惯"), std::string::npos);
  EXPECT_FALSE(navigation.Suggest(ReadWish("汉堡"), Noon()).done) << "there is none in this city";
}

TEST(Navigation, NothingClosedIsSuggested) {
  Navigation navigation(City(), LikesSichuan());
  Situation night = Noon();
  night.now = At(23, 50);
  const Answer answer = navigation.Suggest({}, night);
  ASSERT_TRUE(answer.done) << answer.said.zh;
  EXPECT_TRUE(answer.details.zh.find("老火锅") != std::string::npos || answer.details.zh.find("深夜食堂") != std::string::npos ||
              answer.details.zh.find("邻里小厨") != std::string::npos)
      << answer.details.zh;
}

TEST(Navigation, RoutesToNamesKindsAndSavedPlacesOverOthers) {
  Navigation navigation(City(), LikesSichuan());
  EXPECT_NE(navigation.RouteTo("望云塔", {}, Noon()).said.zh.find("去望云塔"), std::string::npos);
  EXPECT_NE(navigation.RouteTo("家", {}, Noon()).said.zh.find("去家"), std::string::npos);
  ASSERT_TRUE(navigation.RouteTo("nearest toilet", {}, Noon()).done);
  EXPECT_EQ(navigation.PlanJson()["stops"][0]["kind"], "toilet");
  ASSERT_TRUE(navigation.RouteTo("公司", {"青禾小学", "超市"}, Noon()).done);
  const OrderedJson plan = navigation.PlanJson();
  ASSERT_EQ(plan["stops"].size(), 3u);
  EXPECT_EQ(plan["stops"][0]["name"]["zh"], "青禾小学");
  EXPECT_EQ(plan["stops"][1]["kind"], "supermarket");
  EXPECT_EQ(plan["stops"][2]["kind"], "company");
  const Answer nowhere = navigation.RouteTo("霍格沃茨", {}, Noon());
  EXPECT_FALSE(nowhere.done);
  EXPECT_NE(nowhere.said.zh.find("霍格沃茨"), std::string::npos);
  EXPECT_EQ(navigation.PlanJson()["stops"].size(), 3u) << "what fails changes nothing";
}

TEST(Navigation, EditsChangeTheTrip) {
  Navigation navigation(City(), LikesSichuan());
  EXPECT_FALSE(navigation.Edit({.kind = TripEdit::Kind::kAvoidTolls}, Noon()).done) << "no trip";
  navigation.Suggest({}, Noon());
  ASSERT_TRUE(navigation.AcceptSuggestion(Noon()).done);
  // 「换一家不辣的」
  const Answer mild = navigation.Edit({.kind = TripEdit::Kind::kReplace, .not_spicy = true}, Noon());
  ASSERT_TRUE(mild.done) << mild.said.zh;
  const std::string name = navigation.PlanJson()["destination"]["zh"];
  EXPECT_FALSE(IsSpicy(Named(name).cuisine)) << name;
  // 「先去接孩子」
  const Answer child = navigation.Edit({.kind = TripEdit::Kind::kAddFirst, .text = "青禾小学"}, Noon());
  ASSERT_TRUE(child.done) << child.said.zh;
  EXPECT_EQ(navigation.PlanJson()["stops"][0]["name"]["zh"], "青禾小学");
  EXPECT_EQ(navigation.PlanJson()["destination"]["zh"], name);
  ASSERT_TRUE(navigation.Edit({.kind = TripEdit::Kind::kChargeFirst, .percent = 80}, Noon()).done);
  EXPECT_EQ(navigation.PlanJson()["stops"].size(), 3u);
  ASSERT_TRUE(navigation.Edit({.kind = TripEdit::Kind::kRemove, .text = "学校"}, Noon()).done);
  EXPECT_EQ(navigation.PlanJson()["stops"].size(), 2u);
  EXPECT_FALSE(navigation.Edit({.kind = TripEdit::Kind::kRemove, .text = "加油站"}, Noon()).done);
  const Answer late = navigation.Edit({.kind = TripEdit::Kind::kArriveBy, .by = At(11, 45)}, Noon());
  EXPECT_FALSE(late.done);
  EXPECT_NE(late.said.zh.find("分钟"), std::string::npos) << late.said.zh;
}

TEST(Navigation, TheFarTownNeedsAChargerWhenTheBatteryIsLow) {
  Navigation navigation(City(), LikesSichuan());
  const Answer full = navigation.RouteTo("渔港海鲜", {}, Noon(90));
  ASSERT_TRUE(full.done) << full.said.zh;
  EXPECT_EQ(navigation.PlanJson()["stops"].size(), 1u);
  EXPECT_GT(navigation.PlanJson()["toll_km"].get<double>(), 30);
  const Answer low = navigation.RouteTo("渔港海鲜", {}, Noon(17));
  ASSERT_TRUE(low.done) << low.said.zh;
  const OrderedJson plan = navigation.PlanJson();
  ASSERT_EQ(plan["stops"].size(), 2u);
  EXPECT_TRUE(plan["stops"][0]["added"].get<bool>());
  EXPECT_NE(low.said.zh.find("途中在"), std::string::npos) << low.said.zh;
  ASSERT_TRUE(navigation.Edit({.kind = TripEdit::Kind::kAvoidTolls}, Noon(90)).done);
  EXPECT_EQ(navigation.PlanJson()["toll_km"], 0.0);
  const Answer empty = navigation.RouteTo("渔港海鲜", {}, Noon(0.4));
  EXPECT_FALSE(empty.done);
  EXPECT_NE(empty.said.zh.find("公里"), std::string::npos) << empty.said.zh;
  const Answer isle = navigation.RouteTo("孤屿灯塔", {}, Noon());
  EXPECT_FALSE(isle.done);
  EXPECT_NE(isle.said.zh.find("没有路能到孤屿灯塔，直线距离"), std::string::npos) << isle.said.zh;
}

TEST(Navigation, ReplansWhenBatteryOrTrafficChange) {
  Navigation navigation(City(), LikesSichuan());
  EXPECT_FALSE(navigation.Replan(Noon()).done);
  ASSERT_TRUE(navigation.RouteTo("渔港海鲜", {}, Noon(90)).done);
  const double minutes = navigation.PlanJson()["drive_minutes"];
  const Answer jam = navigation.Replan(Noon(90), {{{30.637, 124.34}, 1200, 20}});
  ASSERT_TRUE(jam.done);
  EXPECT_GT(navigation.PlanJson()["drive_minutes"].get<double>(), minutes);
  ASSERT_TRUE(navigation.Replan(Noon(17)).done);
  EXPECT_EQ(navigation.PlanJson()["stops"].size(), 2u) << "a charger came in";
  Situation there = Noon(50);
  there.position = Named("渔港海鲜").position;
  ASSERT_TRUE(navigation.RouteTo("渔港海鲜", {}, Noon(90)).done);
  EXPECT_TRUE(navigation.Replan(there).done);
  EXPECT_FALSE(navigation.is_active()) << "arrived";
}

TEST(Navigation, GuidanceCountsDown) {
  Navigation navigation(City(), LikesSichuan());
  EXPECT_FALSE(navigation.GuidanceAt(kDemoStart).has_value());
  ASSERT_TRUE(navigation.RouteTo("望云塔", {}, Noon()).done);
  const OrderedJson line = navigation.PlanJson()["route"]["coordinates"];
  double left = 1e9;
  for (const OrderedJson& point : line) {
    const auto guidance = navigation.GuidanceAt({point[1], point[0]});
    ASSERT_TRUE(guidance.has_value());
    EXPECT_FALSE(guidance->off_route);
    EXPECT_LE(guidance->metres_left, left + 1);
    left = guidance->metres_left;
    EXPECT_FALSE(guidance->said.zh.empty() || guidance->said.en.empty());
  }
  EXPECT_LT(left, 20);
  EXPECT_TRUE(navigation.GuidanceAt({30.70, 124.0})->off_route);
  navigation.Stop();
  EXPECT_EQ(navigation.PlanJson(), OrderedJson({{"active", false}}));
}

TEST(Navigation, ManyThreadsMayUseIt) {
  Navigation navigation(City(), LikesSichuan());
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        if (t % 2 == 0) static_cast<void>(navigation.RouteTo("望云塔", {}, Noon()));
        else static_cast<void>(navigation.PlanJson());
        static_cast<void>(navigation.GuidanceAt(kDemoStart));
      }
    });
  }
  threads.clear();
  EXPECT_TRUE(navigation.is_active());
}

}  // namespace
}  // namespace deepcabin::skills
