#include "skills/map/http_map.h"

#include <algorithm>

#include <fmt/format.h>

namespace deepcabin::skills {
namespace {

constexpr double kLegMetresMax = 2e7, kLegSecondsMax = 1e7;

}  // namespace

Result<std::vector<Place>> HttpMap::Search(const PlaceQuery& query) const {
  if (query.count_max == 0 || query.count_max > kPlacesMax || !(query.radius_m > 0) || !IsOnEarth(query.near))
    return OutOfRange(fmt::format("{} places within {:.0f} m: 1 to {}", query.count_max, query.radius_m, kPlacesMax));
  DC_ASSIGN_OR_RETURN(std::vector<Place> places, Find(query));
  for (Place& place : places) place.distance_m = DistanceM(query.near, place.position);
  std::erase_if(places, [&](const Place& place) {
    const bool is_other = query.category && place.category != *query.category;
    return !IsOnEarth(place.position) || place.distance_m > query.radius_m || place.name_zh.empty() || is_other;
  });
  const auto is_nearer = [](const Place& a, const Place& b) { return a.distance_m < b.distance_m; };
  if (query.text.empty()) std::stable_sort(places.begin(), places.end(), is_nearer);
  if (places.size() > query.count_max) places.resize(query.count_max);
  return places;
}

Result<Route> HttpMap::FindRoute(const Position& from, const Position& to, const RouteOptions& options) const {
  if (!IsOnEarth(from) || !IsOnEarth(to)) return OutOfRange("a route from or to a place that is not on the earth");
  DC_ASSIGN_OR_RETURN(Route route, Way(from, to, options));
  if (route.shape.empty() || !route.total.reachable) return Unavailable(outside_.url + ": no route in the answer, or a broken one");
  if (route.shape.size() > kShapePointsMax || route.steps.size() > kRouteStepsMax)
    return ResourceExhausted(fmt::format("a route of {} points and {} steps, at most {} and {}", route.shape.size(), route.steps.size(),
                                         kShapePointsMax, kRouteStepsMax));
  if (options.avoid_tolls && route.total.toll_metres > 0) return NoWay(from, to, options, "only with tolls");
  return route;
}

Result<LegTable> HttpMap::Legs(std::span<const Position> from, std::span<const Position> to, const RouteOptions& options) const {
  const auto parts = [](std::size_t count, std::size_t most) { return (count + most - 1) / most; };
  const std::size_t exchanges = parts(from.size(), from_max_) * parts(to.size(), to_max_);
  if (from.size() * to.size() > kLegTableMax || exchanges > kTableExchangesMax)
    return OutOfRange(
        fmt::format("{} × {} legs in {} exchanges, at most {} in {}", from.size(), to.size(), exchanges, kLegTableMax, kTableExchangesMax));
  if (!std::all_of(from.begin(), from.end(), IsOnEarth) || !std::all_of(to.begin(), to.end(), IsOnEarth))
    return OutOfRange("a table with a place that is not on the earth");
  LegTable table{.to_count = to.size(), .legs = std::vector<Leg>(from.size() * to.size())};
  Exchange exchange(outside_);
  for (std::size_t row = 0; row < from.size(); row += from_max_) {
    for (std::size_t column = 0; column < to.size(); column += to_max_) {
      const auto starts = from.subspan(row, std::min(from_max_, from.size() - row));
      const auto ends = to.subspan(column, std::min(to_max_, to.size() - column));
      DC_ASSIGN_OR_RETURN(std::vector<Leg> block, Block(exchange, starts, ends, options));
      block.resize(starts.size() * ends.size());
      for (std::size_t i = 0; i < block.size(); ++i) table.legs[(row + i / ends.size()) * to.size() + column + i % ends.size()] = block[i];
    }
  }
  return table;
}

Leg MakeLeg(std::optional<double> metres, std::optional<double> seconds) {
  if (!metres || !seconds || *metres < 0 || *seconds < 0 || *metres > kLegMetresMax || *seconds > kLegSecondsMax) return {};
  const double speed = *seconds > 0 ? *metres / *seconds : 0;
  return {.reachable = true, .metres = *metres, .seconds = *seconds, .metres_speed2 = *metres * speed * speed};
}

void AddStep(Route& route, RouteStep step, const Leg& stretch) {
  route.total.reachable = stretch.reachable && (route.steps.empty() || route.total.reachable);
  step.at_metre = route.total.metres;
  step.road_en = step.road_zh;
  route.steps.push_back(std::move(step));
  route.total.metres += stretch.metres;
  route.total.seconds += stretch.seconds;
  route.total.metres_speed2 += stretch.metres_speed2;
  route.total.toll_metres += stretch.toll_metres;
}

Error NoWay(const Position& from, const Position& to, const RouteOptions& options, std::string_view code) {
  return NotFound(fmt::format("no way{} to {:.5f}, {:.5f}, {:.1f} km as the crow flies ({})", options.avoid_tolls ? " without tolls" : "",
                              to.lat, to.lon, DistanceM(from, to) / 1000, code));
}

}  // namespace deepcabin::skills
