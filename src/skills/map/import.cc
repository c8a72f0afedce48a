#include "skills/map/import.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"
#include "skills/map/categories.h"
#include "skills/map/landmarks.h"
#include "skills/map/names.h"
#include "skills/map/osm.h"

namespace deepcabin::skills {
namespace {

constexpr std::size_t kRoadPointsMax = 1U << 29;
constexpr std::uint32_t kCellsMax = 2'000'000;
constexpr double kCellDegrees = 0.005;         // about 500 m; larger where the map is
constexpr double kSegmentMetresMax = 200'000;  // longer is a mistake of the data
constexpr std::size_t kCellsOfSegmentMax = 4096;

// Speeds that are really driven, by the kind of road, where no sign is in the data; with one, most of what it allows.
struct RoadKind {
  std::string_view highway;
  double kmh;
};
constexpr std::array<RoadKind, 15> kRoadKinds{{{"motorway", 105},
                                               {"motorway_link", 50},
                                               {"trunk", 70},
                                               {"trunk_link", 40},
                                               {"primary", 50},
                                               {"primary_link", 35},
                                               {"secondary", 42},
                                               {"secondary_link", 30},
                                               {"tertiary", 35},
                                               {"tertiary_link", 28},
                                               {"unclassified", 30},
                                               {"residential", 25},
                                               {"road", 25},
                                               {"living_street", 12},
                                               {"service", 12}}};
constexpr double kShareOfLimit = 0.9;

// The number at the beginning of a text ("120 kW", "1.6 CNY/kWh"); 0 where there is none or it is out of [0, max].
double LeadingNumber(std::string_view text, double max) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && value >= 0 && value <= max ? value : 0;
}

struct Road {
  std::size_t first_ref = 0, ref_count = 0;
  double metres_per_second = 0;
  bool forward = true, backward = true, toll = false, motorway = false;
  std::uint32_t name_zh = 0, name_en = 0;
};

std::optional<Road> ReadRoad(const OsmTags& tags) {
  const std::string_view highway = FindTag(tags, "highway");
  const auto* kind = std::find_if(kRoadKinds.begin(), kRoadKinds.end(), [&](const RoadKind& k) { return k.highway == highway; });
  if (kind == kRoadKinds.end()) return std::nullopt;
  for (const std::string_view key : {"access", "vehicle", "motor_vehicle"}) {
    const std::string_view value = FindTag(tags, key);
    if (value == "no" || value == "private") return std::nullopt;
  }
  Road road;
  const std::string_view limit = FindTag(tags, "maxspeed");
  const double limit_kmh = LeadingNumber(limit, 200) * (limit.ends_with("mph") ? 1.609344 : 1);
  road.metres_per_second = std::max(5.0, limit_kmh > 0 ? limit_kmh * kShareOfLimit : kind->kmh) / 3.6;
  road.motorway = highway.starts_with("motorway");
  road.toll = FindTag(tags, "toll") == "yes";
  const std::string_view oneway = FindTag(tags, "oneway"), junction = FindTag(tags, "junction");
  const bool is_oneway =
      oneway == "yes" || oneway == "1" || oneway == "true" || junction == "roundabout" || (highway == "motorway" && oneway != "no");
  road.forward = oneway != "-1";
  road.backward = !is_oneway;
  return road;
}

// Bits of both numbers in turn: neighbours on the map become neighbours in memory.
std::uint64_t Interleave(FixedPoint p) {
  const auto spread = [](std::uint64_t x) {
    x = (x | x << 16) & 0x0000FFFF0000FFFF, x = (x | x << 8) & 0x00FF00FF00FF00FF, x = (x | x << 4) & 0x0F0F0F0F0F0F0F0F;
    x = (x | x << 2) & 0x3333333333333333;
    return (x | x << 1) & 0x5555555555555555;
  };
  const auto shifted = [](std::int32_t value) { return static_cast<std::uint32_t>(value) ^ 0x80000000U; };
  return spread(shifted(p.lat)) << 1 | spread(shifted(p.lon));
}

class Importer {
 public:
  Result<std::string> Run(std::string_view extract) {
    map_.strings.push_back('\0');
    // Twice over the file: ways first, so that of all nodes only those that roads use are kept.
    WayPass ways(*this);
    DC_RETURN_IF_ERROR(ReadOsm(extract, ways));
    ids_ = refs_;
    std::sort(ids_.begin(), ids_.end());
    ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
    points_.resize(ids_.size());
    elevations_.assign(ids_.size(), kNoElevation);
    is_there_.assign(ids_.size(), false);
    NodePass nodes(*this);
    DC_RETURN_IF_ERROR(ReadOsm(extract, nodes));
    if (full_) return ResourceExhausted("the extract is too large: cut it into smaller ones");
    BuildRoads();
    if (map_.segments.size() < 2) return InvalidArgument("the extract has no road that a car may use");
    if (map_.nodes.size() > kMapNodesMax || map_.segments.size() > kMapSegmentsMax || map_.places.size() > kMapPlacesMax) {
      return ResourceExhausted(fmt::format("{} crossings, {} segments, {} places: at most {}, {}, {}", map_.nodes.size(),
                                           map_.segments.size(), map_.places.size(), kMapNodesMax, kMapSegmentsMax, kMapPlacesMax));
    }
    MeasureLandmarks(map_);
    BuildPlaces();
    BuildGrid();
    BuildGrams();
    return WriteMap(map_);
  }

 private:
  struct WayPass final : OsmHandler {
    explicit WayPass(Importer& i) : importer(i) {}
    void Node(std::int64_t, const Position&, const OsmTags&) override {}
    void Way(const std::vector<std::int64_t>& nodes, const OsmTags& tags) override { importer.AddWay(nodes, tags); }
    Importer& importer;
  };
  struct NodePass final : OsmHandler {
    explicit NodePass(Importer& i) : importer(i) {}
    void Node(std::int64_t id, const Position& position, const OsmTags& tags) override { importer.AddNode(id, position, tags); }
    void Way(const std::vector<std::int64_t>&, const OsmTags&) override {}
    Importer& importer;
  };
  struct AreaPlace {
    PlaceRecord record;
    std::size_t first_ref, ref_count;
  };

  std::uint32_t Keep(std::string_view text, std::size_t characters_max = kNameCharactersMax) {
    const std::string clean = CleanName(text, characters_max);
    if (clean.empty()) return 0;
    const auto [it, is_new] = offsets_.try_emplace(clean, static_cast<std::uint32_t>(map_.strings.size()));
    if (is_new) {
      map_.strings.insert(map_.strings.end(), clean.begin(), clean.end());
      map_.strings.push_back('\0');
      full_ |= map_.strings.size() > (1U << 31);
    }
    return it->second;
  }
  void KeepNames(const OsmTags& tags, std::uint32_t& zh, std::uint32_t& en) {
    const auto first = [&](std::string_view key) { return FindTag(tags, key).empty() ? FindTag(tags, "name") : FindTag(tags, key); };
    zh = Keep(first("name:zh")), en = Keep(first("name:en"));
  }

  std::optional<PlaceRecord> ReadPlace(const OsmTags& tags) {
    std::optional<Category> category;
    PlaceRecord place{};
    for (const auto& [key, value] : tags) {
      if (!category) category = CategoryOfTag(key, value);
      if (key.starts_with("socket:") && key.ends_with(":output")) {
        place.power_kw = std::max(place.power_kw, static_cast<std::uint16_t>(LeadingNumber(value, 2000)));
      }
    }
    if (!category) return std::nullopt;
    place.category = static_cast<std::uint8_t>(*category);
    KeepNames(tags, place.name_zh, place.name_en);
    place.cuisine = Keep(FindTag(tags, "cuisine"));
    const std::string_view hours = FindTag(tags, "opening_hours");
    if (hours.size() <= kHoursBytesMax) place.opening_hours = Keep(hours, kHoursBytesMax);
    place.rating_tenths = static_cast<std::uint8_t>(std::lround(LeadingNumber(FindTag(tags, "rating"), 5) * 10));
    const std::string_view free = FindTag(tags, "capacity:free");
    place.plugs = static_cast<std::uint8_t>(LeadingNumber(FindTag(tags, "capacity"), 255));
    place.free_plugs = free.empty() ? std::int8_t{-1} : static_cast<std::int8_t>(LeadingNumber(free, 127));
    place.price_milli_yuan_per_kwh = static_cast<std::uint32_t>(LeadingNumber(FindTag(tags, "charge"), 1000) * 1000);
    return place;
  }

  void AddWay(const std::vector<std::int64_t>& nodes, const OsmTags& tags) {
    full_ |= refs_.size() > kRoadPointsMax || area_places_.size() > kMapPlacesMax;
    if (tags.empty() || nodes.size() < 2 || full_) return;
    if (auto road = ReadRoad(tags)) {
      road->first_ref = refs_.size(), road->ref_count = nodes.size();
      KeepNames(tags, road->name_zh, road->name_en);
      roads_.push_back(*road);
    } else if (const auto place = ReadPlace(tags)) {
      area_places_.push_back({*place, refs_.size(), nodes.size()});
    } else return;
    refs_.insert(refs_.end(), nodes.begin(), nodes.end());
  }

  std::size_t IndexOf(std::int64_t id) const {
    return static_cast<std::size_t>(std::lower_bound(ids_.begin(), ids_.end(), id) - ids_.begin());
  }

  void AddNode(std::int64_t id, const Position& position, const OsmTags& tags) {
    if (hint_ >= ids_.size() || ids_[hint_] != id) hint_ = IndexOf(id);  // extracts are sorted: mostly the next one
    if (hint_ < ids_.size() && ids_[hint_] == id) {
      points_[hint_] = ToFixed(position);
      is_there_[hint_] = true;
      const std::string_view elevation = FindTag(tags, "ele");
      if (!elevation.empty()) elevations_[hint_] = static_cast<std::int16_t>(LeadingNumber(elevation, 9000));
      ++hint_;
    }
    if (tags.empty()) return;
    full_ |= map_.places.size() >= kMapPlacesMax;
    auto place = full_ ? std::nullopt : ReadPlace(tags);
    if (!place) return;
    place->point = ToFixed(position);
    map_.places.push_back(*place);
  }

  // Crossings are points that several pieces of road share, and ends; what lies between two of them is a segment.
  void BuildRoads() {
    std::vector<std::uint32_t> at(refs_.size());
    for (std::size_t i = 0; i < refs_.size(); ++i) at[i] = static_cast<std::uint32_t>(IndexOf(refs_[i]));
    std::vector<std::uint8_t> uses(ids_.size(), 0);
    const auto use = [&](std::uint32_t point) { uses[point] = static_cast<std::uint8_t>(std::min(2, uses[point] + 1)); };
    for (const Road& road : roads_) {
      for (std::size_t i = 0; i < road.ref_count; ++i) use(at[road.first_ref + i]);
      use(at[road.first_ref]), use(at[road.first_ref + road.ref_count - 1]);
    }
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < uses.size(); ++i) {
      if (uses[i] >= 2 && is_there_[i]) order.push_back(i);
    }
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return Interleave(points_[a]) < Interleave(points_[b]); });
    node_of_.assign(ids_.size(), kUnreachable);
    for (const std::uint32_t point : order) {
      node_of_[point] = static_cast<std::uint32_t>(map_.nodes.size());
      map_.nodes.push_back({points_[point], 0, elevations_[point], 0});
    }
    for (const Road& road : roads_) SplitRoad(road, std::span(at).subspan(road.first_ref, road.ref_count));
    map_.segments.push_back({0, 0, static_cast<std::uint32_t>(map_.points.size()), 0, 0});
    SortArcs();
  }

  void SplitRoad(const Road& road, std::span<const std::uint32_t> at) {
    std::vector<std::uint32_t> piece;
    for (const std::uint32_t point : at) {
      if (!is_there_[point]) {  // the extract ends here
        piece.clear();
        continue;
      }
      piece.push_back(point);
      if (node_of_[point] == kUnreachable) continue;
      if (piece.size() > 1 && node_of_[piece.front()] != kUnreachable) AddSegment(road, piece);
      piece.assign(1, point);
    }
  }

  void AddSegment(const Road& road, std::span<const std::uint32_t> piece) {
    double metres = 0;
    for (std::size_t i = 1; i < piece.size(); ++i) metres += DistanceM(ToPosition(points_[piece[i - 1]]), ToPosition(points_[piece[i]]));
    if (metres > kSegmentMetresMax) return;
    const auto number = static_cast<std::uint32_t>(map_.segments.size());
    const std::uint32_t a = node_of_[piece.front()], b = node_of_[piece.back()];
    map_.segments.push_back({a, b, static_cast<std::uint32_t>(map_.points.size()), road.name_zh, road.name_en});
    for (const std::uint32_t point : piece.subspan(1, piece.size() - 2)) map_.points.push_back(points_[point]);
    const double ms = std::clamp(metres / road.metres_per_second * 1000, 1.0, static_cast<double>(kArcMillisecondsMax));
    ArcRecord arc{b, static_cast<std::uint32_t>(ms), static_cast<std::uint32_t>(metres * 10),
                  number % kMapSegmentsMax | (road.toll ? ArcRecord::kToll : 0) | (road.motorway ? ArcRecord::kMotorway : 0)};
    if (road.forward) tails_.push_back(a), map_.arcs.push_back(arc);
    arc.to = a;
    arc.segment_and_flags |= ArcRecord::kBackward;
    if (road.backward) tails_.push_back(b), map_.arcs.push_back(arc);
  }

  void SortArcs() {
    std::vector<std::uint32_t> starts(map_.nodes.size() + 1, 0);
    for (const std::uint32_t tail : tails_) ++starts[tail + 1];
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    map_.nodes.push_back({{0, 0}, 0, kNoElevation, 0});
    for (std::size_t i = 0; i < map_.nodes.size(); ++i) map_.nodes[i].first_arc = starts[i];
    std::vector<ArcRecord> sorted(map_.arcs.size());
    for (std::size_t i = 0; i < tails_.size(); ++i) sorted[starts[tails_[i]]++] = map_.arcs[i];
    map_.arcs = std::move(sorted);
  }

  void BuildPlaces() {
    for (AreaPlace& area : area_places_) {
      double lat = 0, lon = 0, count = 0;
      for (std::size_t i = 0; i < area.ref_count; ++i) {
        const std::size_t point = IndexOf(refs_[area.first_ref + i]);
        if (is_there_[point]) lat += points_[point].lat, lon += points_[point].lon, ++count;
      }
      if (count == 0) continue;
      area.record.point = {static_cast<std::int32_t>(lat / count), static_cast<std::int32_t>(lon / count)};
      map_.places.push_back(area.record);
    }
  }

  void BuildGrid() {
    FixedPoint low{INT32_MAX, INT32_MAX}, high{INT32_MIN, INT32_MIN};
    const auto include = [&](FixedPoint p) {
      low = {std::min(low.lat, p.lat), std::min(low.lon, p.lon)}, high = {std::max(high.lat, p.lat), std::max(high.lon, p.lon)};
    };
    for (std::size_t i = 0; i + 1 < map_.nodes.size(); ++i) include(map_.nodes[i].point);
    for (const PlaceRecord& place : map_.places) include(place.point);
    const double tall = (static_cast<double>(high.lat) - low.lat) * 1e-7, wide = (static_cast<double>(high.lon) - low.lon) * 1e-7;
    const double side = std::max({kCellDegrees, std::sqrt(tall * wide / kCellsMax), std::max(tall, wide) / 16'000});
    const auto cell = static_cast<std::int32_t>(side * 1e7);
    map_.grid.push_back({low, cell, cell, static_cast<std::uint32_t>(tall / side) + 1, static_cast<std::uint32_t>(wide / side) + 1});
    const GridRecord& grid = map_.grid[0];
    const auto number = [&](FixedPoint p) {
      const Cell c = CellOf(grid, p);
      return c.row * grid.columns + c.column;
    };
    const std::size_t cells = static_cast<std::size_t>(grid.rows) * grid.columns;
    std::stable_sort(map_.places.begin(), map_.places.end(),
                     [&](const auto& a, const auto& b) { return number(a.point) < number(b.point); });
    map_.place_cell_starts.assign(cells + 1, 0);
    for (const PlaceRecord& place : map_.places) ++map_.place_cell_starts[number(place.point) + 1];
    std::partial_sum(map_.place_cell_starts.begin(), map_.place_cell_starts.end(), map_.place_cell_starts.begin());
    BuildSegmentCells(number, cells);
  }

  template <typename Number>
  void BuildSegmentCells(const Number& number, std::size_t cells) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> entries;
    std::vector<FixedPoint> line;
    for (std::uint32_t segment = 0; segment + 1 < map_.segments.size(); ++segment) {
      const SegmentRecord& s = map_.segments[segment];
      line.assign(1, map_.nodes[s.a].point);
      line.insert(line.end(), map_.points.begin() + s.first_point, map_.points.begin() + map_.segments[segment + 1].first_point);
      line.push_back(map_.nodes[s.b].point);
      const std::size_t first = entries.size();
      for (std::size_t i = 0; i + 1 < line.size() && entries.size() - first < kCellsOfSegmentMax; ++i) {
        const Position a = ToPosition(line[i]), b = ToPosition(line[i + 1]);
        const double side = map_.grid[0].cell_lat * 1e-7;
        const int steps = 1 + static_cast<int>(std::min(1000.0, 2 * std::max(std::abs(a.lat - b.lat), std::abs(a.lon - b.lon)) / side));
        for (int step = 0; step <= steps; ++step)
          entries.emplace_back(number(ToFixed(Between(a, b, static_cast<double>(step) / steps))), segment);
      }
      std::sort(entries.begin() + static_cast<std::ptrdiff_t>(first), entries.end());
      entries.erase(std::unique(entries.begin() + static_cast<std::ptrdiff_t>(first), entries.end()), entries.end());
    }
    map_.segment_cell_starts.assign(cells + 1, 0);
    for (const auto& entry : entries) ++map_.segment_cell_starts[entry.first + 1];
    std::partial_sum(map_.segment_cell_starts.begin(), map_.segment_cell_starts.end(), map_.segment_cell_starts.begin());
    std::vector<std::uint32_t> next(map_.segment_cell_starts);
    map_.segment_cells.resize(entries.size());
    for (const auto& [cell, segment] : entries) map_.segment_cells[next[cell]++] = segment;
  }

  void BuildGrams() {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> entries;
    for (std::uint32_t place = 0; place < map_.places.size(); ++place) {
      for (const std::uint32_t name : {map_.places[place].name_zh, map_.places[place].name_en}) {
        for (const std::uint64_t gram : GramsOf(map_.strings.data() + name)) entries.emplace_back(gram, place);
      }
    }
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
    for (const auto& [gram, place] : entries) {
      if (map_.gram_keys.empty() || map_.gram_keys.back() != gram) {
        map_.gram_keys.push_back(gram);
        map_.gram_starts.push_back(static_cast<std::uint32_t>(map_.gram_places.size()));
      }
      map_.gram_places.push_back(place);
    }
    map_.gram_starts.push_back(static_cast<std::uint32_t>(map_.gram_places.size()));
  }

  MapArrays<MapVector> map_;
  std::unordered_map<std::string, std::uint32_t> offsets_;
  std::vector<Road> roads_;
  std::vector<AreaPlace> area_places_;
  std::vector<std::int64_t> refs_, ids_;  // nodes of all ways; without repetition, sorted
  std::vector<FixedPoint> points_;        // of ids_
  std::vector<std::int16_t> elevations_;
  std::vector<bool> is_there_;
  std::vector<std::uint32_t> node_of_, tails_;
  std::size_t hint_ = 0;
  bool full_ = false;
};

}  // namespace

Result<std::string> ImportOsm(std::string_view extract) { return Importer().Run(extract); }

std::vector<std::uint64_t> GramsOf(std::string_view text) {
  std::vector<std::uint64_t> grams;
  std::u32string word = U"^";
  const auto close_word = [&] {
    if (word.size() > 1) word.push_back(U'$');
    for (std::size_t i = 0; i + 2 < word.size(); ++i) {
      grams.push_back(static_cast<std::uint64_t>(word[i]) << 42 | static_cast<std::uint64_t>(word[i + 1]) << 21 | word[i + 2]);
    }
    word = U"^";
  };
  char32_t before = 0;
  for (const char32_t c : DecodeUtf8(ToLowerAscii(text.substr(0, kNameCharactersMax * 4)))) {
    const bool is_han = IsHan(c), is_word = !is_han && (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
    if (is_word) word.push_back(c);
    else close_word();
    if (is_han) grams.push_back(c);
    if (is_han && before != 0) grams.push_back(static_cast<std::uint64_t>(before) << 21 | c);
    before = is_han ? c : 0;
  }
  close_word();
  std::sort(grams.begin(), grams.end());
  grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
  return grams;
}

}  // namespace deepcabin::skills
