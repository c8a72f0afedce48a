// What the page shows of a trip.

#include <algorithm>

#include <fmt/format.h>

#include "skills/navigation.h"

namespace deepcabin::skills {
namespace {

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

}  // namespace deepcabin::skills
