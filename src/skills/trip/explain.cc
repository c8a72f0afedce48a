#include "skills/trip/explain.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace deepcabin::skills {
namespace {

// What several reasons become: joined, "且" before the last.
struct Reasons {
  std::vector<std::string> zh, en;
  void Add(std::string chinese, std::string english) { zh.push_back(std::move(chinese)), en.push_back(std::move(english)); }
};

std::string Join(const std::vector<std::string>& parts, std::string_view comma, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) text += std::string(i == 0 ? "" : i + 1 == parts.size() ? last : comma) + parts[i];
  return text;
}

std::size_t LocationOf(const TripRequest& request, const Place& place) {
  const std::vector<Place> places = TripPlaces(request);
  const auto it =
      std::find_if(places.begin(), places.end(), [&](const Place& p) { return p.id == place.id && p.position == place.position; });
  return static_cast<std::size_t>(it - places.begin()) + 1;
}

// Of the way from the stop before, over the place, to the stop behind.
struct Detour {
  bool possible = false;
  double metres = 0, seconds = 0;
};
Detour DetourOver(const TripRequest& request, const LegTable& legs, const TripPlan& plan, std::size_t planned_stop, const Place& place) {
  const std::size_t before = planned_stop == 0 ? 0 : LocationOf(request, plan.stops[planned_stop - 1].place);
  const std::size_t at = LocationOf(request, place);
  if (at > legs.to_count) return {};
  Detour detour{true, 0, 0};
  const auto add = [&](const Leg& leg) { detour.possible &= leg.reachable, detour.metres += leg.metres, detour.seconds += leg.seconds; };
  add(legs.At(before, at - 1));
  if (planned_stop + 1 < plan.stops.size()) add(legs.At(at, LocationOf(request, plan.stops[planned_stop + 1].place) - 1));
  return detour;
}

// The place that one would have expected: least time on the road and least to dislike, the chosen one apart.
const Place* FindRival(const TripRequest& request, const LegTable& legs, const TripPlan& plan, std::size_t planned_stop) {
  const PlannedStop& stop = plan.stops[planned_stop];
  const StopWish as_charger{.category = Category::kCharger, .candidates = {}};
  const StopWish& wish = stop.wish ? request.stops[*stop.wish] : as_charger;
  const std::vector<Place>& candidates = stop.wish ? wish.candidates : request.chargers;  // what is returned lies in the request
  const Place* rival = nullptr;
  double least = 0;
  for (const Place& place : candidates) {
    if (place.position == stop.place.position) continue;
    const Detour detour = DetourOver(request, legs, plan, planned_stop, place);
    const double cost = detour.seconds + Dislike(request.preferences, wish, place);
    if (!detour.possible || (rival != nullptr && cost >= least)) continue;
    rival = &place;
    least = cost;
  }
  return rival;
}

Reasons Compare(const TripRequest& request, const PlannedStop& stop, const Place& rival, const Detour& ours, const Detour& theirs) {
  Reasons reasons;
  const double nearer = theirs.metres - ours.metres;
  if (theirs.possible && nearer >= 300) {
    reasons.Add(fmt::format("比{}近 {} 公里", rival.name_zh, KilometreText(nearer)),
                fmt::format("{} km nearer than {}", KilometreText(nearer), rival.name_en));
  }
  if (stop.place.category == Category::kCharger) {
    const double target = std::max(stop.battery_leave, stop.battery_arrival + 1);
    const auto minutes = [&](const Place& p) {
      return ChargeSeconds(request.car, request.conditions, stop.battery_arrival, target, p.power_kw > 0 ? p.power_kw : kUnknownChargerKw) /
             60;
    };
    const double saved = minutes(rival) - minutes(stop.place);
    if (saved >= 3) reasons.Add(fmt::format("充电快 {:.0f} 分钟", saved), fmt::format("charges {:.0f} minutes faster", saved));
    if (stop.place.free_plugs > 0 && rival.free_plugs == 0) {
      reasons.Add(fmt::format("有 {} 个空桩，{}没有", stop.place.free_plugs, rival.name_zh),
                  fmt::format("{} plugs are free and none at {}", stop.place.free_plugs, rival.name_en));
    } else if (stop.place.free_plugs > 0) {
      reasons.Add(fmt::format("有 {} 个空桩", stop.place.free_plugs), fmt::format("{} plugs are free", stop.place.free_plugs));
    }
  } else if (stop.place.rating > rival.rating && rival.rating > 0) {
    reasons.Add(fmt::format("评分 {:.1f}（{} {:.1f}）", stop.place.rating, rival.name_zh, rival.rating),
                fmt::format("rated {:.1f} ({} {:.1f})", stop.place.rating, rival.name_en, rival.rating));
  }
  if (OpeningHours::Parse(rival.opening_hours).At(stop.arrival) == OpenState::kClosed) {
    reasons.Add(fmt::format("{}到达时不营业", rival.name_zh), fmt::format("{} is closed at arrival", rival.name_en));
  }
  return reasons;
}

Spoken Unreachable(const StopWish& wish, const TripRequest& request) {
  const Place& place = wish.candidates.front();
  const std::string km = KilometreText(DistanceM(request.start, place.position));
  const bool one = wish.candidates.size() == 1;
  return {fmt::format("没有路能到{}，直线距离 {} 公里{}。", one ? place.name_zh : std::string(CategoryName(wish.category).zh), km,
                      request.route.avoid_tolls ? "（不走收费路）" : ""),
          fmt::format("No road leads to {}, {} km as the crow flies{}.", one ? place.name_en : std::string(CategoryName(wish.category).en),
                      km, request.route.avoid_tolls ? " (without toll roads)" : "")};
}

Spoken BatteryFailure(const TripRequest& request, const LegTable& legs, const TripPlan& without_battery) {
  const double range_km = RangeKm(request.car, request.conditions, request.battery_percent - request.reserve_percent);
  std::vector<Place> chargers = request.chargers;
  for (const StopWish& wish : request.stops) {
    if (wish.charge_to_percent) chargers.insert(chargers.end(), wish.candidates.begin(), wish.candidates.end());
  }
  const Place* nearest = nullptr;
  double metres = 0;
  for (const Place& place : chargers) {
    const Leg& leg = legs.At(0, LocationOf(request, place) - 1);
    if (!leg.reachable || (nearest != nullptr && leg.metres >= metres)) continue;
    nearest = &place;
    metres = leg.metres;
  }
  Spoken said{fmt::format("电量 {:.0f}%，留 {:.0f}% 余量还能跑约 {:.0f} 公里，全程 {} 公里，", request.battery_percent,
                          request.reserve_percent, range_km, KilometreText(without_battery.metres)),
              fmt::format("Battery {:.0f}%: about {:.0f} km with {:.0f}% left, the trip has {} km, ", request.battery_percent, range_km,
                          request.reserve_percent, KilometreText(without_battery.metres))};
  if (nearest == nullptr) return {said.zh + "附近没有充电桩。", said.en + "and there is no charger near."};
  return {said.zh + fmt::format("最近的充电桩{}在 {} 公里外，沿途充电也到不了。", nearest->name_zh, KilometreText(metres)),
          said.en + fmt::format("the nearest charger, {}, is {} km away, and charging on the way is not enough.", nearest->name_en,
                                KilometreText(metres))};
}

}  // namespace

std::string ClockText(LocalTime time) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(time - std::chrono::floor<std::chrono::days>(time)).count();
  return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}

std::string KilometreText(double metres) {
  const double km = metres / 1000;
  if (km >= 9.5 || std::abs(km - std::round(km)) < 0.15) return fmt::format("{:.0f}", std::max(km, km > 0.5 ? 1.0 : 0.0));
  return fmt::format("{:.1f}", km);
}

Spoken ExplainChoice(const TripRequest& request, const LegTable& legs, const TripPlan& plan, std::size_t planned_stop,
                     const Place* earlier) {
  const PlannedStop& stop = plan.stops[planned_stop];
  const bool is_new = earlier != nullptr && earlier->position != stop.place.position;
  const Place* rival = is_new ? earlier : FindRival(request, legs, plan, planned_stop);
  if (rival == nullptr) return {};
  const Reasons reasons = Compare(request, stop, *rival, DetourOver(request, legs, plan, planned_stop, stop.place),
                                  DetourOver(request, legs, plan, planned_stop, *rival));
  const bool is_charger = stop.place.category == Category::kCharger;
  const Spoken head{
      fmt::format("{}{}{}",
                  is_new       ? "改在"
                  : is_charger ? "在"
                               : "选",
                  stop.place.name_zh, is_charger ? "充电" : ""),
      fmt::format("{}{}{}", is_new ? "Now " : "", is_charger ? is_new ? "charging at " : "Charging at " : "", stop.place.name_en)};
  if (reasons.zh.empty()) return {head.zh + "：总用时最短。", head.en + ": the shortest trip in all."};
  return {fmt::format("{}：{}。", head.zh, Join(reasons.zh, "，", "，且")),
          fmt::format("{}: {}.", head.en, Join(reasons.en, ", ", ", and "))};
}

Spoken ExplainFailure(const TripRequest& request, const LegTable& legs) {
  for (const StopWish& wish : request.stops) {
    if (wish.candidates.empty()) {
      const SpokenName name = CategoryName(wish.category);
      return {fmt::format("附近没有找到合适的{}。", name.zh), fmt::format("No {} that fits was found near here.", name.en)};
    }
    const bool any = std::any_of(wish.candidates.begin(), wish.candidates.end(),
                                 [&](const Place& p) { return legs.At(0, LocationOf(request, p) - 1).reachable; });
    if (!any) return Unreachable(wish, request);
  }
  const auto anything = SolveTrip(request, legs, {.battery = true, .deadlines = true, .hours = true, .budgets = true});
  if (!anything)
    return {"这些要求的先后顺序互相矛盾，排不出路线。", "The order that was asked for contradicts itself: no trip can keep it."};
  if (const auto plan = SolveTrip(request, legs, {.hours = true}); plan.has_value()) {
    for (const PlannedStop& stop : plan->stops) {
      if (OpeningHours::Parse(stop.place.opening_hours).At(stop.arrival) != OpenState::kClosed) continue;
      return {fmt::format("{} 到{}时不营业（{}）。", ClockText(stop.arrival), stop.place.name_zh, stop.place.opening_hours),
              fmt::format("{} is closed at {}, when we could be there ({}).", stop.place.name_en, ClockText(stop.arrival),
                          stop.place.opening_hours)};
    }
    return {"到达时都已不营业，或留不够时间。", "Everything is closed when we could be there, or closes too soon."};
  }
  if (const auto plan = SolveTrip(request, legs, {.deadlines = true}); plan.has_value()) {
    for (const PlannedStop& stop : plan->stops) {
      const auto by = stop.wish ? request.stops[*stop.wish].arrive_by : std::nullopt;
      if (!by || stop.arrival <= *by) continue;
      const auto late = std::chrono::ceil<std::chrono::minutes>(stop.arrival - *by).count();
      return {fmt::format("最早 {} 到{}，比要求的 {} 晚 {} 分钟。", ClockText(stop.arrival), stop.place.name_zh, ClockText(*by), late),
              fmt::format("{} cannot be reached before {}, {} minutes after {}.", stop.place.name_en, ClockText(stop.arrival), late,
                          ClockText(*by))};
    }
  }
  if (const auto plan = SolveTrip(request, legs, {.budgets = true}); plan.has_value()) {
    const double minutes = static_cast<double>((plan->stops.back().leave - request.depart).count()) / 60;
    return {fmt::format("全程至少要 {:.0f} 分钟，其中行驶 {:.0f} 分钟，超出了给的时间。", minutes, plan->drive_minutes),
            fmt::format("The trip takes at least {:.0f} minutes, {:.0f} of them driving: more than was allowed.", minutes,
                        plan->drive_minutes)};
  }
  if (const auto plan = SolveTrip(request, legs, {.battery = true}); plan.has_value()) return BatteryFailure(request, legs, *plan);
  return {"这几个要求不能同时满足：时间、营业时间和电量合在一起不够。",
          "These wishes cannot be kept together: time, opening hours and battery are too short in sum."};
}

}  // namespace deepcabin::skills
