// What the page shows of a trip, and what is said on the way.

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "skills/navigation.h"

namespace deepcabin::skills {
namespace {

constexpr double kOffRouteMetres = 80;
constexpr std::size_t kShapePointsMax = 20'000;

OrderedJson PointJson(const Position& p) { return OrderedJson::array({std::round(p.lon * 1e6) / 1e6, std::round(p.lat * 1e6) / 1e6}); }
OrderedJson TextJson(const std::string& zh, const std::string& en) { return {{"zh", zh}, {"en", en}}; }
double Tenths(double value) { return std::round(value * 10) / 10; }

OrderedJson StopJson(const PlannedStop& stop, const Spoken& reason, bool is_added) {
  OrderedJson json = {{"kind", CategoryId(stop.place.category)},
                      {"name", TextJson(stop.place.name_zh, stop.place.name_en)},
                      {"position", PointJson(stop.place.position)},
                      {"arrival", ClockText(stop.arrival)},
                      {"leave", ClockText(stop.leave)},
                      {"distance_m", std::round(stop.leg.metres)},
                      {"battery_arrival", Tenths(stop.battery_arrival)},
                      {"battery_leave", Tenths(stop.battery_leave)}};
  if (stop.charge_minutes > 0) json["charge_minutes"] = Tenths(stop.charge_minutes);
  if (stop.wait_minutes > 0) json["wait_minutes"] = Tenths(stop.wait_minutes);
  if (stop.price_yuan > 0) json["price_yuan"] = Tenths(stop.price_yuan);
  if (stop.place.rating > 0) json["rating"] = stop.place.rating;
  if (stop.place.free_plugs >= 0) json["free_plugs"] = stop.place.free_plugs;
  json["added"] = is_added;
  if (!reason.zh.empty()) json["explanation"] = TextJson(reason.zh, reason.en);
  return json;
}

struct TurnWords {
  std::string_view zh, en;
};
TurnWords WordsOf(Turn turn) {
  switch (turn) {
    case Turn::kStart: return {"出发", "start"};
    case Turn::kStraight: return {"直行", "go straight on"};
    case Turn::kSlightLeft: return {"靠左", "keep left"};
    case Turn::kLeft: return {"左转", "turn left"};
    case Turn::kSlightRight: return {"靠右", "keep right"};
    case Turn::kRight: return {"右转", "turn right"};
    case Turn::kUTurn: return {"掉头", "make a U-turn"};
    case Turn::kArrive: return {"到达", "arrive"};
  }
  return {};
}

}  // namespace

OrderedJson Navigation::PlanJson() const {
  const std::lock_guard lock(mutex_);
  if (!trip_) return {{"active", false}};
  const Trip& trip = *trip_;
  const PlannedStop& last = trip.plan.stops.back();
  OrderedJson line = OrderedJson::array();
  const std::size_t step = trip.way.shape.size() / kShapePointsMax + 1;
  for (std::size_t i = 0; i < trip.way.shape.size(); i += step) line.push_back(PointJson(trip.way.shape[i]));
  OrderedJson json = {{"active", true},
                      {"destination", TextJson(last.place.name_zh, last.place.name_en)},
                      {"distance_m", std::round(trip.plan.metres)},
                      {"drive_minutes", Tenths(trip.plan.drive_minutes)},
                      {"arrival", ClockText(last.arrival)},
                      {"battery_arrival", Tenths(last.battery_arrival)},
                      {"toll_km", Tenths(trip.plan.toll_metres / 1000)}};
  json["stops"] = OrderedJson::array();
  for (std::size_t i = 0; i < trip.plan.stops.size(); ++i)
    json["stops"].push_back(StopJson(trip.plan.stops[i], trip.reasons[i], !trip.plan.stops[i].wish));
  json["route"] = {{"type", "LineString"}, {"coordinates", std::move(line)}};
  return json;
}

Result<Guidance> Navigation::GuidanceAt(const Position& position) const {
  const std::lock_guard lock(mutex_);
  if (!trip_) return FailedPrecondition("no trip is under way");
  const std::vector<Position>& shape = trip_->way.shape;
  double nearest = std::numeric_limits<double>::infinity(), at = 0, metres = 0;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) {
    const double share = ClosestShare(position, shape[i], shape[i + 1]), length = DistanceM(shape[i], shape[i + 1]);
    const double away = DistanceM(position, Between(shape[i], shape[i + 1], share));
    if (away < nearest) nearest = away, at = metres + length * share;
    metres += length;
  }
  Guidance guidance{.step = {}, .said = {}};
  const auto& steps = trip_->way.steps;
  auto next =
      std::find_if(steps.begin(), steps.end(), [&](const RouteStep& step) { return step.turn != Turn::kStart && step.at_metre > at + 5; });
  if (next == steps.end()) --next;
  guidance.step = *next;
  guidance.metres_to_step = std::max(0.0, next->at_metre - at);
  guidance.metres_left = std::max(0.0, trip_->way.total.metres - at);
  guidance.off_route = nearest > kOffRouteMetres;
  const auto words = WordsOf(next->turn);
  const double rounded = guidance.metres_to_step < 1000 ? std::round(guidance.metres_to_step / 10) * 10 : guidance.metres_to_step;
  const std::string far_zh = rounded < 1000 ? fmt::format("{:.0f} 米", rounded) : fmt::format("{} 公里", KilometreText(rounded));
  const std::string far_en = rounded < 1000 ? fmt::format("{:.0f} m", rounded) : fmt::format("{} km", KilometreText(rounded));
  guidance.said = {fmt::format("前方 {}{}{}。", far_zh, words.zh, next->road_zh.empty() ? "" : "，进入" + next->road_zh),
                   fmt::format("In {} {}{}.", far_en, words.en, next->road_en.empty() ? "" : " into " + next->road_en)};
  return guidance;
}

}  // namespace deepcabin::skills
