#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "skills/trip/explain.h"
#include "skills/trip/planner.h"

namespace deepcabin::skills {
namespace {

// 2026-03-02 is a Monday.
LocalTime At(int hour, int minute = 0) {
  return std::chrono::local_days(std::chrono::year(2026) / 3 / 2) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

Leg Drive(double km, double minutes) {
  const double speed = km * 1000 / (minutes * 60);
  return {.reachable = true, .metres = km * 1000, .seconds = minutes * 60, .metres_speed2 = km * 1000 * speed * speed};
}

// ---- energy ---------------------------------------------------------------------------------------------------------------------------

TEST(Energy, AgreesWithHandComputedNumbers) {
  const CarModel car;
  // 100 km at 100 km/h and 20 °C without climate: rolling 2100 × 9.81 × 0.01 = 206 N, air 0.5 × 1.2 × 0.62 × 27.78² = 287 N; 493 N × 100 km
  // / 0.88 = 15.56 kWh, and 0.3 kW for an hour.
  EXPECT_NEAR(LegKwh(car, {.outside_celsius = 20, .climate_on = false}, Drive(100, 60)), 15.86, 0.05);
  // 100 m up: 2100 × 9.81 × 100 / 0.88 = 0.650 kWh more; down again gives 0.372 back.
  Leg hill = Drive(10, 10);
  const double flat = LegKwh(car, {}, hill);
  hill.climb_metres = hill.ascent_metres = 100;
  EXPECT_NEAR(LegKwh(car, {}, hill) - flat, 0.650, 0.002);
  hill.climb_metres = 0;
  EXPECT_NEAR(LegKwh(car, {}, hill) - flat, 0.650 - 0.372, 0.002);
}

TEST(Energy, ColdAndSpeedCostRange) {
  const CarModel car;
  EXPECT_GT(LegPercent(car, {.outside_celsius = -10}, Drive(50, 40)), 1.2 * LegPercent(car, {.outside_celsius = 20}, Drive(50, 40)));
  EXPECT_GT(LegKwh(car, {}, Drive(50, 25)), LegKwh(car, {}, Drive(50, 40)));
  EXPECT_GT(RangeKm(car, {}, 50), 200);
  EXPECT_EQ(RangeKm(car, {}, -5), 0);
}

TEST(Energy, ChargingSlowsDownTowardsFull) {
  const CarModel car;
  EXPECT_NEAR(ChargeSeconds(car, {}, 20, 40, 60) / 60, 0.2 * 75, 0.1) << "60 kW: one minute for a kWh";
  EXPECT_GT(ChargeSeconds(car, {}, 80, 100, 240), 1.5 * ChargeSeconds(car, {}, 20, 40, 240));
  EXPECT_EQ(ChargeSeconds(car, {}, 90, 80, 60), 0);
  EXPECT_GT(ChargeSeconds(car, {.outside_celsius = -10}, 20, 80, 240), ChargeSeconds(car, {}, 20, 80, 240));
  EXPECT_TRUE(std::isfinite(ChargeSeconds(car, {}, 0, 100, 0)));
}

// ---- the planner against brute force --------------------------------------------------------------------------------------------------

struct Case {
  TripRequest request;
  LegTable legs;
};

Case RandomCase(Random& random, bool low_battery) {
  Case c;
  TripRequest& r = c.request;
  r.depart = At(10 + static_cast<int>(random.Below(10)), static_cast<int>(random.Below(60)));
  r.battery_percent = low_battery ? 14 + random.Uniform() * 10 : 40 + random.Uniform() * 60;
  r.conditions = {.outside_celsius = -10 + random.Uniform() * 45};
  if (random.Chance(0.5)) r.preferences.favourite_cuisines = {"sichuan"};
  const std::size_t stops = 1 + random.Below(3);
  std::uint32_t id = 0;
  const auto place = [&](Category category) {
    Place p{.id = id, .position = {30 + id * 0.001, 120}, .category = category};
    p.name_zh = p.name_en = fmt::format("p{}", id++);
    p.rating = random.Chance(0.8) ? 3 + random.Uniform() * 2 : 0;
    p.cuisine = random.Chance(0.5) ? "sichuan" : "cantonese";
    constexpr std::array<const char*, 5> kHours{"24/7", "Mo-Su 10:00-14:00,16:30-22:00", "Mo-Su 11:00-19:00", "", "Mo-Su 18:00-02:00"};
    p.opening_hours = kHours[random.Below(5)];
    p.power_kw = static_cast<int>(random.Below(4)) * 60;
    p.free_plugs = static_cast<int>(random.Below(4)) - 1;
    return p;
  };
  for (std::size_t i = 0; i < stops; ++i) {
    const bool is_charge = i == 0 && random.Chance(0.3);
    StopWish wish{
        .category = is_charge ? Category::kCharger : Category::kRestaurant, .candidates = {}, .stay_minutes = random.Uniform() * 60};
    for (std::size_t n = 1 + random.Below(3); n > 0; --n) wish.candidates.push_back(place(wish.category));
    if (is_charge) wish.charge_to_percent = 60 + random.Uniform() * 40;
    if (random.Chance(0.25)) wish.arrive_by = r.depart + std::chrono::minutes(30 + static_cast<int>(random.Below(200)));
    r.stops.push_back(std::move(wish));
  }
  if (stops > 1 && random.Chance(0.4)) r.stops[1].after = 1;
  if (stops > 2 && random.Chance(0.3)) r.stops[0].after = 4;
  for (std::size_t n = random.Below(3); n > 0; --n) r.chargers.push_back(place(Category::kCharger));
  if (random.Chance(0.3)) r.minutes_max = 60 + random.Uniform() * 300;
  if (random.Chance(0.2)) r.detour_minutes_max = random.Uniform() * 60;
  const std::size_t places = TripPlaces(r).size();
  c.legs.to_count = places;
  for (std::size_t i = 0; i < places * (places + 1); ++i) {
    Leg leg = Drive(2 + random.Uniform() * (low_battery ? 50 : 40), 3 + random.Uniform() * 40);
    if (random.Chance(0.1)) leg.toll_metres = leg.metres;
    leg.reachable = !random.Chance(0.05);
    c.legs.legs.push_back(leg);
  }
  return c;
}

// Tries everything: every next stop, every candidate, every charger and level, as deep as it goes. Written from the description of the
// problem, not from the solver.
class BruteForce {
 public:
  explicit BruteForce(const Case& c, std::size_t added_max)
      : r_(c.request), legs_(c.legs), places_(TripPlaces(c.request)), added_max_(added_max) {
    std::size_t first = 1;
    for (const StopWish& wish : r_.stops) first_.push_back(first), first += wish.candidates.size();
    first_.push_back(first);
    for (std::size_t at = first_[r_.stops.size() - 1]; at < first_[r_.stops.size()]; ++at) {
      const Leg& leg = legs_.At(0, at - 1);
      if (leg.reachable) straight_ = std::min(straight_, leg.seconds);
    }
  }
  double Best() {
    Try(0, 0, 0, r_.battery_percent, 0, 0, 0);
    return best_;
  }

 private:
  void Try(std::size_t at, std::uint32_t done, double seconds, double battery, double dislike, double driven, std::size_t added) {
    if (done == (1U << r_.stops.size()) - 1) {
      best_ = std::min(best_, seconds + dislike);
      return;
    }
    for (std::size_t stop = 0; stop < r_.stops.size(); ++stop) {
      const StopWish& wish = r_.stops[stop];
      if ((done >> stop & 1) != 0 || (wish.after & ~done) != 0) continue;
      for (std::size_t i = 0; i < wish.candidates.size(); ++i) {
        const std::size_t to = first_[stop] + i;
        const Leg& leg = legs_.At(at, to - 1);
        const double left = battery - LegPercent(r_.car, r_.conditions, leg);
        if (!leg.reachable || left < r_.reserve_percent) continue;
        double now = seconds + leg.seconds;
        const LocalTime arrival = r_.depart + std::chrono::seconds(std::llround(now));
        if (wish.arrive_by && arrival > *wish.arrive_by) continue;
        const OpeningHours hours = OpeningHours::Parse(places_[to - 1].opening_hours);
        if (hours.is_known()) {
          LocalTime opens = arrival;
          if (!hours.OpensWithin(arrival, std::chrono::seconds(std::llround(wish.stay_minutes * 60)), std::chrono::hours(24), opens))
            continue;
          if (opens != arrival) now = std::max(now, static_cast<double>((opens - r_.depart).count()));
        }
        double after = left;
        if (wish.charge_to_percent) {
          const double kw = places_[to - 1].power_kw > 0 ? places_[to - 1].power_kw : kUnknownChargerKw;
          now += ChargeSeconds(r_.car, r_.conditions, left, *wish.charge_to_percent, kw);
          after = std::max(left, *wish.charge_to_percent);
        } else now += wish.stay_minutes * 60;
        if (r_.minutes_max && now > *r_.minutes_max * 60) continue;
        if (r_.detour_minutes_max && driven + leg.seconds > straight_ + *r_.detour_minutes_max * 60) continue;
        Try(to, done | 1U << stop, now, after,
            dislike + leg.toll_metres / 1000 * r_.preferences.per_toll_km + Dislike(r_.preferences, wish, places_[to - 1]),
            driven + leg.seconds, added);
      }
    }
    if (added >= added_max_) return;
    for (std::size_t to = first_.back(); to <= places_.size(); ++to) {
      const Leg& leg = legs_.At(at, to - 1);
      const double left = battery - LegPercent(r_.car, r_.conditions, leg);
      if (to == at || !leg.reachable || left < r_.reserve_percent) continue;
      const Place& place = places_[to - 1];
      for (const double level : kChargeLevels) {
        if (level <= left) continue;
        const double kw = place.power_kw > 0 ? place.power_kw : kUnknownChargerKw;
        Try(to, done, seconds + leg.seconds + ChargeSeconds(r_.car, r_.conditions, left, level, kw), level,
            dislike + leg.toll_metres / 1000 * r_.preferences.per_toll_km + (place.free_plugs == 0 ? r_.preferences.no_free_plug : 0),
            driven + leg.seconds, added + 1);
      }
    }
  }

  const TripRequest& r_;
  const LegTable& legs_;
  const std::vector<Place> places_;
  const std::size_t added_max_;
  std::vector<std::size_t> first_;
  double straight_ = std::numeric_limits<double>::infinity();
  double best_ = std::numeric_limits<double>::infinity();
};

void CheckAgainstBruteForce(bool low_battery, int cases, int solved_min, int unsolved_min, int added_min) {
  Random random(low_battery ? 21 : 20);
  int solved = 0, unsolved = 0, with_added = 0;
  for (int i = 0; i < cases; ++i) {
    const Case c = RandomCase(random, low_battery);
    const auto plan = SolveTrip(c.request, c.legs);
    // Chargers are added only where it does not work without.
    double best = BruteForce(c, 0).Best();
    if (!std::isfinite(best)) best = BruteForce(c, kAddedChargesMax).Best();
    ASSERT_EQ(plan.has_value(), std::isfinite(best)) << "case " << i;
    if (!plan) {
      ++unsolved;
      EXPECT_EQ(plan.error().code, ErrorCode::kNotFound);
      const Spoken why = ExplainFailure(c.request, c.legs);
      EXPECT_FALSE(why.zh.empty() || why.en.empty());
      continue;
    }
    ++solved;
    EXPECT_NEAR(plan->cost_seconds, best, 0.01) << "case " << i;
    std::uint32_t done = 0;
    double battery = c.request.battery_percent;
    LocalTime time = c.request.depart;
    for (const PlannedStop& stop : plan->stops) {
      EXPECT_GE(stop.battery_arrival, c.request.reserve_percent - 1e-9);
      EXPECT_LE(stop.battery_arrival, battery + 1e-9);
      EXPECT_GE(stop.arrival, time);
      EXPECT_GE(stop.leave, stop.arrival);
      battery = stop.battery_leave, time = stop.leave;
      if (!stop.wish) ++with_added;
      if (!stop.wish) continue;
      EXPECT_EQ(c.request.stops[*stop.wish].after & ~done, 0u);
      done |= 1U << *stop.wish;
    }
    for (std::size_t s = 0; s < plan->stops.size(); ++s) static_cast<void>(ExplainChoice(c.request, c.legs, *plan, s));
  }
  EXPECT_GT(solved, solved_min);
  EXPECT_GT(unsolved, unsolved_min);
  EXPECT_GE(with_added, added_min);
}

TEST(Planner, CostsWhatBruteForceFinds) { CheckAgainstBruteForce(false, 600, 250, 50, 0); }
TEST(Planner, CostsWhatBruteForceFindsWithLittleCharge) { CheckAgainstBruteForce(true, 300, 40, 40, 20); }

// ---- what is said ---------------------------------------------------------------------------------------------------------------------

Place Restaurant(std::uint32_t id, const std::string& name, double rating, const std::string& hours = "24/7") {
  return {.id = id,
          .position = {30 + id * 0.01, 120},
          .category = Category::kRestaurant,
          .name_zh = name,
          .name_en = name,
          .opening_hours = hours,
          .rating = rating};
}
Place Charger(std::uint32_t id, const std::string& name, int kw, int free) {
  return {.id = id,
          .position = {30 + id * 0.01, 120},
          .category = Category::kCharger,
          .name_zh = name,
          .name_en = name,
          .opening_hours = "24/7",
          .power_kw = kw,
          .free_plugs = free};
}

LegTable Table(std::size_t places, const std::function<Leg(std::size_t, std::size_t)>& leg) {
  LegTable table{.to_count = places};
  for (std::size_t from = 0; from <= places; ++from) {
    for (std::size_t to = 1; to <= places; ++to) table.legs.push_back(leg(from, to));
  }
  return table;
}

TEST(Explanations, SayWhatSpeaksForTheChoice) {
  TripRequest r{.battery_percent = 60, .depart = At(12)};
  r.stops.push_back(
      {.category = Category::kCharger, .candidates = {Charger(1, "A", 120, 4), Charger(2, "B", 120, 0)}, .charge_to_percent = 80});
  const LegTable legs = Table(2, [](std::size_t, std::size_t to) { return to == 1 ? Drive(2, 4) : Drive(5, 9); });
  const auto plan = SolveTrip(r, legs);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->stops[0].place.name_zh, "A");
  EXPECT_EQ(ExplainChoice(r, legs, *plan, 0).zh, "在A充电：比B近 3 公里，且有 4 个空桩，B没有。");
  const Place earlier = r.stops[0].candidates[1];
  EXPECT_EQ(ExplainChoice(r, legs, *plan, 0, &earlier).zh, "改在A充电：比B近 3 公里，且有 4 个空桩，B没有。");
  EXPECT_EQ(ExplainChoice(r, legs, *plan, 0, &earlier).en, "Now charging at A: 3 km nearer than B, and 4 plugs are free and none at B.");
}

TEST(Explanations, SayHowLateItWouldBe) {
  TripRequest r{.battery_percent = 60, .depart = At(17)};
  r.stops.push_back({.category = Category::kRestaurant, .candidates = {Restaurant(1, "甲", 4)}, .arrive_by = At(18)});
  const LegTable legs = Table(1, [](std::size_t, std::size_t) { return Drive(60, 84); });
  EXPECT_FALSE(SolveTrip(r, legs).has_value());
  EXPECT_EQ(ExplainFailure(r, legs).zh, "最早 18:24 到甲，比要求的 18:00 晚 24 分钟。");
}

TEST(Explanations, SayHowFarTheChargerIs) {
  TripRequest r{.battery_percent = 12, .depart = At(12)};
  r.stops.push_back({.category = Category::kRestaurant, .candidates = {Restaurant(1, "甲", 4)}});
  r.chargers = {Charger(2, "远站", 60, 2)};
  const LegTable legs = Table(2, [](std::size_t, std::size_t to) { return to == 1 ? Drive(80, 60) : Drive(41, 30); });
  EXPECT_FALSE(SolveTrip(r, legs).has_value());
  const Spoken why = ExplainFailure(r, legs);
  EXPECT_NE(why.zh.find("电量 12%"), std::string::npos) << why.zh;
  EXPECT_NE(why.zh.find("最近的充电桩远站在 41 公里外"), std::string::npos) << why.zh;
  EXPECT_NE(why.en.find("80 km"), std::string::npos) << why.en;
}

TEST(Explanations, SayWhatElseIsInTheWay) {
  TripRequest r{.battery_percent = 80, .depart = At(15)};
  r.stops.push_back({.category = Category::kRestaurant, .candidates = {Restaurant(1, "甲", 4, "Mo-Su 18:00-22:00")}, .stay_minutes = 60});
  const LegTable legs = Table(1, [](std::size_t, std::size_t) { return Drive(5, 10); });
  ASSERT_TRUE(SolveTrip(r, legs).has_value()) << "one waits";
  EXPECT_NEAR(SolveTrip(r, legs)->stops[0].wait_minutes, 170, 0.1);
  r.minutes_max = 120;
  EXPECT_FALSE(SolveTrip(r, legs).has_value());
  EXPECT_EQ(ExplainFailure(r, legs).zh, "15:10 到甲时不营业（Mo-Su 18:00-22:00）。");
  r.stops[0].at_any_hour = true;
  EXPECT_TRUE(SolveTrip(r, legs).has_value());
  r.stops[0].at_any_hour = false;
  r.stops[0].candidates[0].opening_hours = "24/7";
  r.minutes_max = 30;
  EXPECT_EQ(ExplainFailure(r, legs).en, "The trip takes at least 70 minutes, 10 of them driving: more than was allowed.");
  r.minutes_max.reset();
  r.stops[0].after = 1;  // after itself
  EXPECT_NE(ExplainFailure(r, legs).zh.find("矛盾"), std::string::npos);
  r.stops[0].candidates.clear();
  EXPECT_NE(ExplainFailure(r, {}).en.find("No restaurant"), std::string::npos);
}

TEST(Planner, ABoundedAndSaneRequestIsAsked) {
  const LegTable legs = Table(1, [](std::size_t, std::size_t) { return Drive(5, 10); });
  TripRequest r{.battery_percent = 80, .depart = At(15)};
  EXPECT_EQ(SolveTrip(r, legs).error().code, ErrorCode::kOutOfRange) << "no stops";
  r.stops.push_back({.category = Category::kRestaurant, .candidates = {Restaurant(1, "甲", 4)}});
  EXPECT_TRUE(SolveTrip(r, legs).has_value());
  r.battery_percent = std::nan("");
  EXPECT_EQ(SolveTrip(r, legs).error().code, ErrorCode::kOutOfRange);
  r.battery_percent = 80;
  r.stops[0].after = 1U << 7;
  EXPECT_EQ(SolveTrip(r, legs).error().code, ErrorCode::kOutOfRange);
  r.stops[0].after = 0;
  r.stops[0].candidates.assign(300, Restaurant(1, "甲", 4));
  EXPECT_EQ(SolveTrip(r, legs).error().code, ErrorCode::kOutOfRange);
  r.stops[0].candidates.resize(2);
  EXPECT_EQ(SolveTrip(r, legs).error().code, ErrorCode::kInvalidArgument) << "a table of another size";
}

}  // namespace
}  // namespace deepcabin::skills
