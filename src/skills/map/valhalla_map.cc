// Valhalla's routes and tables, Photon's places: both can be run at home, on OpenStreetMap's data.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "skills/map/http_map.h"
#include "skills/map/names.h"
#include "web/fetch.h"

namespace deepcabin::skills {
namespace {

constexpr std::size_t kTableSideMax = 50;  // what Valhalla takes as delivered: 2,500 pairs
constexpr double kReverseKmMax = 5'000;

// By the number of Valhalla's manoeuvre; what is not here goes straight on.
constexpr std::array<Turn, 27> kTurns = {
    Turn::kStraight,   Turn::kStart,    Turn::kStart,       Turn::kStart,      Turn::kArrive,      Turn::kArrive,     Turn::kArrive,
    Turn::kStraight,   Turn::kStraight, Turn::kSlightRight, Turn::kRight,      Turn::kRight,       Turn::kUTurn,      Turn::kUTurn,
    Turn::kLeft,       Turn::kLeft,     Turn::kSlightLeft,  Turn::kStraight,   Turn::kSlightRight, Turn::kSlightLeft, Turn::kSlightRight,
    Turn::kSlightLeft, Turn::kStraight, Turn::kSlightRight, Turn::kSlightLeft, Turn::kStraight,    Turn::kStraight};

// Google's polyline with six decimals; empty where it is broken.
std::vector<Position> ReadShape(std::string_view text) {
  std::vector<Position> shape;
  std::array<std::int64_t, 2> at{};
  std::size_t axis = 0;
  std::uint64_t bits = 0;
  int shift = 0;
  for (const char c : text) {
    const int chunk = c - 63;
    if (chunk < 0 || chunk > 63 || shift > 30 || shape.size() > kShapePointsMax) return {};
    bits |= static_cast<std::uint64_t>(chunk & 31) << shift;
    shift += 5;
    if ((chunk & 32) != 0) continue;
    const auto half = static_cast<std::int64_t>(bits >> 1);
    at[axis] += (bits & 1) != 0 ? ~half : half;
    if (axis == 1) {
      shape.push_back({static_cast<double>(at[0]) / 1e6, static_cast<double>(at[1]) / 1e6});
      if (!IsOnEarth(shape.back())) return {};
    }
    axis = 1 - axis;
    bits = 0, shift = 0;
  }
  return shift == 0 && axis == 0 ? shape : std::vector<Position>();
}

OrderedJson PointsOf(std::span<const Position> positions) {
  OrderedJson points = OrderedJson::array();
  for (const Position& p : positions) points.push_back({{"lat", p.lat}, {"lon", p.lon}});
  return points;
}

std::optional<double> Metres(const Json& kilometres) {
  const auto value = NumberOf(kilometres);
  return value ? std::optional(*value * 1000) : std::nullopt;
}

class ValhallaMap final : public HttpMap {
 public:
  explicit ValhallaMap(Outside outside) : HttpMap(std::move(outside), kTableSideMax, kTableSideMax) {}

 private:
  Result<std::vector<Place>> Find(const PlaceQuery& query) const override {
    const std::string words = query.text.empty() ? std::string(CuisineName(query.cuisine).zh) : CleanName(query.text);
    std::string url = outside().search_url + (words.empty() ? "/reverse?" : "/api?q=" + web::UrlEscape(words) + "&");
    url += fmt::format("lat={:.4f}&lon={:.4f}&limit={}", query.near.lat, query.near.lon, query.count_max);
    if (words.empty()) url += fmt::format("&radius={:.1f}", std::min(query.radius_m / 1000, kReverseKmMax));
    if (query.category) {
      for (const std::string_view tag : TagsOf(*query.category))
        url += fmt::format("&osm_tag={}:{}", tag.substr(0, tag.find('=')), tag.substr(tag.find('=') + 1));
    }
    DC_ASSIGN_OR_RETURN(const Json json, Exchange(outside()).Ask(url));
    std::vector<Place> places;
    for (const Json& feature : Items(At(json, "features"))) {
      const Json &found = At(feature, "properties"), &point = At(At(feature, "geometry"), "coordinates"), &extra = At(found, "extra");
      Place place{.position = {NumberOf(At(point, 1)).value_or(91), NumberOf(At(point, std::size_t{0})).value_or(0)}};
      place.category = CategoryOfTag(TextOf(At(found, "osm_key")), TextOf(At(found, "osm_value"))).value_or(Category::kOther);
      place.name_zh = place.name_en = TextOf(At(found, "name"));
      if (place.name_zh.empty()) place.name_zh = place.name_en = TextOf(At(found, "street"));
      place.cuisine = query.cuisine.empty() ? TextOf(At(extra, "cuisine")) : query.cuisine;  // it was asked for
      place.opening_hours = TextOf(At(extra, "opening_hours"), kHoursBytesMax);
      place.id = static_cast<std::uint32_t>(std::hash<std::string>()(TextOf(At(found, "osm_type")) + DumpJson(At(found, "osm_id"))));
      places.push_back(std::move(place));
    }
    return places;
  }

  Result<Route> Way(const Position& from, const Position& to, const RouteOptions& options) const override {
    OrderedJson request = {{"locations", PointsOf(std::array{from, to})}};
    Exchange exchange(outside());
    DC_ASSIGN_OR_RETURN(const Json json, Ask(exchange, "/route", std::move(request), options));
    if (const Json& code = At(json, "error_code"); !code.is_null()) return NoWay(from, to, options, "Valhalla's error " + DumpJson(code));
    const Json& leg = At(At(At(json, "trip"), "legs"), 0);
    const Json& shape = At(leg, "shape");
    Route route;
    if (shape.is_string()) route.shape = ReadShape(shape.get_ref<const std::string&>());
    for (const Json& one : Items(At(leg, "maneuvers"))) {
      const auto type = NumberOf(At(one, "type")), index = NumberOf(At(one, "begin_shape_index"));
      if (!index || *index < 0 || *index >= static_cast<double>(route.shape.size())) return Unavailable(outside().url + ": a broken route");
      Leg stretch = MakeLeg(Metres(At(one, "length")), NumberOf(At(one, "time")));
      if (At(one, "toll") == true) stretch.toll_metres = stretch.metres;
      const bool is_known = type && *type >= 0 && *type < static_cast<double>(kTurns.size());
      AddStep(route,
              {.turn = is_known ? kTurns[static_cast<std::size_t>(*type)] : Turn::kStraight,
               .position = route.shape[static_cast<std::size_t>(*index)],
               .road_zh = TextOf(At(At(one, "street_names"), 0))},
              stretch);
    }
    return route;
  }

  Result<std::vector<Leg>> Block(Exchange& exchange, std::span<const Position> from, std::span<const Position> to,
                                 const RouteOptions& options) const override {
    DC_ASSIGN_OR_RETURN(const Json json,
                        Ask(exchange, "/sources_to_targets", {{"sources", PointsOf(from)}, {"targets", PointsOf(to)}}, options));
    const Json& rows = At(json, "sources_to_targets");
    if (Items(rows).size() != from.size()) {
      return Unavailable(fmt::format("{}: {} rows of {} in the answer, error {}", outside().url, Items(rows).size(), from.size(),
                                     DumpJson(At(json, "error_code"))));
    }
    std::vector<Leg> legs;
    for (std::size_t i = 0; i < from.size() * to.size(); ++i) {
      const Json& one = At(At(rows, i / to.size()), i % to.size());
      legs.push_back(MakeLeg(Metres(At(one, "distance")), NumberOf(At(one, "time"))));
    }
    return legs;
  }

  Result<Json> Ask(Exchange& exchange, std::string_view path, OrderedJson request, const RouteOptions& options) const {
    request["costing"] = "auto";
    request["units"] = "kilometers";
    request["costing_options"]["auto"] = {{"use_tolls", options.avoid_tolls ? 0.0 : 0.5},
                                          {"use_highways", options.avoid_motorways ? 0.0 : 1.0},
                                          {"shortest", options.shortest}};
    std::vector<std::string> headers;
    if (!outside().key.empty()) headers.push_back("Authorization: Bearer " + outside().key);
    return exchange.Ask(outside().url + std::string(path), std::move(headers), DumpJson(request));
  }
};

}  // namespace

std::unique_ptr<MapSource> MakeValhallaMap(Outside outside) { return std::make_unique<ValhallaMap>(std::move(outside)); }

}  // namespace deepcabin::skills
