#include "skills/map/embedded_map.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "skills/map/import.h"
#include "skills/map/names.h"

namespace deepcabin::skills {
namespace {

constexpr double kRadiusMaxM = 500'000;
constexpr double kGramShareMin = 0.6;  // of the query's grams that a name must have

}  // namespace

Result<std::unique_ptr<EmbeddedMap>> EmbeddedMap::Open(const std::filesystem::path& path) {
  DC_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  if (text.starts_with("DCMAP")) return Make(std::move(file));
  DC_ASSIGN_OR_RETURN(std::string compact, ImportOsm(text));
  return Make(std::move(compact));
}

Result<std::unique_ptr<EmbeddedMap>> EmbeddedMap::FromBytes(std::string compact) { return Make(std::move(compact)); }

Result<std::unique_ptr<EmbeddedMap>> EmbeddedMap::Make(Bytes bytes) {
  std::unique_ptr<EmbeddedMap> map(new EmbeddedMap(std::move(bytes)));
  const auto* text = std::get_if<std::string>(&map->bytes_);
  DC_ASSIGN_OR_RETURN(map->map_,
                      CompactMap::Open(text != nullptr ? std::as_bytes(std::span(*text)) : std::get<MappedFile>(map->bytes_).bytes()));
  return map;
}

Place EmbeddedMap::ToPlace(std::uint32_t id, const Position& near) const {
  const PlaceRecord& r = map_.places[id];
  const auto text = [&](std::uint32_t offset) { return std::string(map_.Text(offset)); };
  Place place{.id = id,
              .position = ToPosition(r.point),
              .category = static_cast<Category>(r.category),
              .name_zh = text(r.name_zh),
              .name_en = text(r.name_en),
              .cuisine = text(r.cuisine),
              .opening_hours = text(r.opening_hours),
              .rating = r.rating_tenths / 10.0,
              .power_kw = r.power_kw,
              .plugs = r.plugs,
              .free_plugs = r.free_plugs,
              .price_per_kwh = r.price_milli_yuan_per_kwh / 1000.0};
  if (place.name_zh.empty()) place.name_zh = place.name_en.empty() ? CategoryName(place.category).zh : place.name_en;
  if (place.name_en.empty()) place.name_en = r.name_zh == 0 ? std::string(CategoryName(place.category).en) : place.name_zh;
  place.distance_m = DistanceM(near, place.position);
  return place;
}

Result<std::vector<Place>> EmbeddedMap::Search(const PlaceQuery& query) const {
  if (!IsOnEarth(query.near)) return InvalidArgument(fmt::format("{}, {} is no place on the earth", query.near.lat, query.near.lon));
  if (query.count_max == 0 || query.count_max > kPlacesMax || !(query.radius_m > 0 && query.radius_m <= kRadiusMaxM)) {
    return OutOfRange(
        fmt::format("{} places within {:.0f} m: 1 to {}, at most {:.0f} m", query.count_max, query.radius_m, kPlacesMax, kRadiusMaxM));
  }
  std::vector<Place> found = query.text.empty() ? SearchAround(query) : SearchText(query);
  if (found.size() > query.count_max) found.resize(query.count_max);
  return found;
}

std::vector<Place> EmbeddedMap::SearchText(const PlaceQuery& query) const {
  const std::string wanted = ToLowerAscii(CleanName(query.text));
  const std::vector<std::uint64_t> grams = GramsOf(wanted);
  std::vector<std::uint32_t> hits;
  for (const std::uint64_t gram : grams) {
    const auto key = std::lower_bound(map_.gram_keys.begin(), map_.gram_keys.end(), gram);
    if (key == map_.gram_keys.end() || *key != gram) continue;
    const auto at = static_cast<std::size_t>(key - map_.gram_keys.begin());
    hits.insert(hits.end(), map_.gram_places.begin() + map_.gram_starts[at], map_.gram_places.begin() + map_.gram_starts[at + 1]);
  }
  std::sort(hits.begin(), hits.end());
  std::vector<std::pair<double, Place>> scored;
  for (auto it = hits.begin(); it != hits.end();) {
    const auto next = std::upper_bound(it, hits.end(), *it);
    const double share = static_cast<double>(next - it) / static_cast<double>(grams.size());
    const std::uint32_t id = *it;
    it = next;
    if (share < kGramShareMin || (query.category && map_.places[id].category != static_cast<std::uint8_t>(*query.category))) continue;
    Place place = ToPlace(id, query.near);
    if (place.distance_m > query.radius_m || (!query.cuisine.empty() && !HasCuisine(place.cuisine, query.cuisine))) continue;
    double score = share;
    for (const std::string& name : {ToLowerAscii(place.name_zh), ToLowerAscii(place.name_en)}) {
      if (name == wanted) score = std::max(score, 3.0);
      else if (name.starts_with(wanted)) score = std::max(score, 2.0);
      else if (name.find(wanted) != std::string::npos) score = std::max(score, 1.5);
    }
    scored.emplace_back(score - place.distance_m / kRadiusMaxM / 4, std::move(place));  // of equals the nearer
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Place> found;
  for (auto& [score, place] : scored) found.push_back(std::move(place));
  return found;
}

std::vector<std::vector<Position>> EmbeddedMap::Roads(const Position& south_west, const Position& north_east, std::size_t count_max) const {
  const GridRecord& grid = map_.grid[0];
  const Cell low = CellOf(grid, ToFixed(south_west)), high = CellOf(grid, ToFixed(north_east));
  std::vector<std::uint32_t> segments;
  for (std::uint32_t row = low.row; row <= high.row && segments.size() < 4 * count_max; ++row) {
    const std::size_t first = static_cast<std::size_t>(row) * grid.columns;
    const auto begin = map_.segment_cells.begin() + map_.segment_cell_starts[first + low.column];
    const auto end = map_.segment_cells.begin() + map_.segment_cell_starts[first + high.column + 1];
    segments.insert(segments.end(), begin, end);
  }
  std::sort(segments.begin(), segments.end());
  segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
  if (segments.size() > count_max) segments.resize(count_max);
  std::vector<std::vector<Position>> roads;
  for (const std::uint32_t id : segments) {
    const SegmentRecord& segment = map_.segments[id];
    std::vector<Position> road{ToPosition(map_.nodes[segment.a].point)};
    for (std::uint32_t i = segment.first_point; i < map_.segments[id + 1].first_point; ++i) road.push_back(ToPosition(map_.points[i]));
    road.push_back(ToPosition(map_.nodes[segment.b].point));
    roads.push_back(std::move(road));
  }
  return roads;
}

std::vector<Place> EmbeddedMap::SearchAround(const PlaceQuery& query) const {
  const GridRecord& grid = map_.grid[0];
  const double dlat = query.radius_m / kMetresPerDegree, dlon = dlat / std::max(0.01, std::cos(Radians(query.near.lat)));
  const auto corner = [&](double side) {
    return CellOf(
        grid, ToFixed({std::clamp(query.near.lat + side * dlat, -90.0, 90.0), std::clamp(query.near.lon + side * dlon, -180.0, 180.0)}));
  };
  const Cell low = corner(-1), high = corner(1);
  std::vector<std::pair<double, std::uint32_t>> hits;
  for (std::uint32_t row = low.row; row <= high.row; ++row) {
    const std::size_t first = static_cast<std::size_t>(row) * grid.columns;
    for (std::uint32_t id = map_.place_cell_starts[first + low.column]; id < map_.place_cell_starts[first + high.column + 1]; ++id) {
      const PlaceRecord& place = map_.places[id];
      if (query.category && place.category != static_cast<std::uint8_t>(*query.category)) continue;
      if (!query.cuisine.empty() && !HasCuisine(map_.Text(place.cuisine), query.cuisine)) continue;
      const double metres = DistanceM(query.near, ToPosition(place.point));
      if (metres <= query.radius_m) hits.emplace_back(metres, id);
    }
  }
  const std::size_t count = std::min(hits.size(), query.count_max);
  std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(count), hits.end());
  std::vector<Place> found;
  for (std::size_t i = 0; i < count; ++i) found.push_back(ToPlace(hits[i].second, query.near));
  return found;
}

}  // namespace deepcabin::skills
