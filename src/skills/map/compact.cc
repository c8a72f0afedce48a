#include "skills/map/compact.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include <fmt/format.h>
#include <zlib.h>

#include "base/text.h"
#include "skills/map/categories.h"
#include "skills/map/names.h"

namespace deepcabin::skills {
namespace {

constexpr std::size_t kSectionCount = 14;
constexpr std::array<char, 8> kMagic{'D', 'C', 'M', 'A', 'P', '\0', '\r', '\n'};

struct SectionHead {
  std::uint32_t kind, element_bytes;
  std::uint64_t offset, count;
  std::uint32_t crc, unused;
};

struct Header {
  std::array<char, 8> magic;
  std::uint32_t version, section_count;
  std::uint64_t file_bytes;
  std::array<SectionHead, kSectionCount> sections;
  std::uint32_t unused, crc;  // of everything before it
};
static_assert(sizeof(Header) == 24 + kSectionCount * 32 + 8 && sizeof(NodeRecord) == 16 && sizeof(PlaceRecord) == 36);

constexpr std::array<std::string_view, kSectionCount> kSectionNames{"nodes",         "arcs",
                                                                    "segments",      "points",
                                                                    "strings",       "landmarks",
                                                                    "places",        "gram keys",
                                                                    "gram starts",   "gram places",
                                                                    "grid",          "segment cell starts",
                                                                    "segment cells", "place cell starts"};

std::uint32_t Crc(const void* data, std::size_t size) {
  return static_cast<std::uint32_t>(crc32_z(0, static_cast<const Bytef*>(data), size));
}

Error Damaged(std::string what) { return {ErrorCode::kDataLoss, "the map file is damaged: " + std::move(what)}; }

// Calls visit(number, span or vector) for every section, in the order of the file.
template <typename Map, typename Visit>
void ForEachSection(Map& m, Visit visit) {
  std::size_t number = 0;
  std::apply([&](auto&... arrays) { (visit(number++, arrays), ...); },
             std::tie(m.nodes, m.arcs, m.segments, m.points, m.strings, m.landmarks, m.places, m.gram_keys, m.gram_starts, m.gram_places,
                      m.grid, m.segment_cell_starts, m.segment_cells, m.place_cell_starts));
}

template <typename T>
using ElementOf = std::remove_cvref_t<decltype(*std::declval<T>().data())>;

Result<Header> ReadHeader(std::span<const std::byte> bytes) {
  Header header;
  if (bytes.size() < sizeof(Header))
    return Damaged(fmt::format("{} bytes are no map; its header alone has {}", bytes.size(), sizeof(Header)));
  std::memcpy(&header, bytes.data(), sizeof(Header));
  if (header.magic != kMagic) return InvalidArgument("this is no map file of ours: it does not begin with DCMAP");
  if (header.version != kMapVersion) {
    return FailedPrecondition(fmt::format("map version {}, this program reads {}: import the map again", header.version, kMapVersion));
  }
  if (header.crc != Crc(bytes.data(), sizeof(Header) - sizeof(header.crc))) return Damaged("checksum of the header");
  if (header.section_count != kSectionCount || header.file_bytes != bytes.size() || bytes.size() > kMapFileBytesMax) {
    return Damaged(fmt::format("{} sections and {} bytes announced, {} and {} there", header.section_count, header.file_bytes,
                               kSectionCount, bytes.size()));
  }
  return header;
}

template <typename T>
Status ReadSection(std::span<const std::byte> bytes, const SectionHead& head, std::size_t number, std::span<const T>& into) {
  const std::string_view name = kSectionNames[number];
  if (head.kind != number || head.element_bytes != sizeof(T)) return Damaged(fmt::format("kind of {}", name));
  const bool fits = head.offset % 8 == 0 && head.offset >= sizeof(Header) && head.offset <= bytes.size() &&
                    head.count <= (bytes.size() - head.offset) / sizeof(T);
  if (!fits) return Damaged(fmt::format("{} of {} elements at {} reach beyond the end", name, head.count, head.offset));
  const std::byte* at = bytes.data() + head.offset;
  if (head.crc != Crc(at, head.count * sizeof(T))) return Damaged(fmt::format("checksum of {}", name));
  into = {reinterpret_cast<const T*>(at), head.count};
  return {};
}

// A list of starts: begins with 0, never falls, ends with `end`.
bool IsStarts(std::span<const std::uint32_t> starts, std::size_t count, std::size_t end) {
  return starts.size() == count + 1 && starts.front() == 0 && starts.back() == end && std::is_sorted(starts.begin(), starts.end());
}

bool AllBelow(std::span<const std::uint32_t> values, std::size_t limit) {
  return std::all_of(values.begin(), values.end(), [limit](std::uint32_t value) { return value < limit; });
}

bool IsOnEarth(FixedPoint p) { return std::abs(static_cast<double>(p.lat)) <= 90e7 && std::abs(static_cast<double>(p.lon)) <= 180e7; }

// Offsets at which a string begins are those behind a zero.
bool IsString(std::span<const char> strings, std::uint32_t offset) {
  return offset < strings.size() && (offset == 0 || strings[offset - 1] == '\0');
}

Status CheckStrings(std::span<const char> strings) {
  if (strings.empty() || strings.front() != '\0' || strings.back() != '\0') return Damaged("strings without an end");
  const std::string_view all(strings.data(), strings.size());
  if (!IsValidUtf8(all)) return Damaged("strings that are not UTF-8");
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\0', at);
    if (end - at > kNameCharactersMax * 4)
      return Damaged(fmt::format("a string of {} bytes, at most {}", end - at, kNameCharactersMax * 4));
    for (const char32_t c : DecodeUtf8(all.substr(at, end - at))) {
      if (IsHarmfulInName(c)) return Damaged(fmt::format("character U+{:04X} in a string", static_cast<std::uint32_t>(c)));
    }
    at = end + 1;
  }
  return {};
}

Status CheckGrid(const CompactMap& map) {
  if (map.grid.size() != 1) return Damaged("number of grids");
  const GridRecord& g = map.grid[0];
  constexpr std::uint32_t kSideMax = 1U << 14;
  if (!IsOnEarth(g.corner) || g.cell_lat <= 0 || g.cell_lon <= 0 || g.rows == 0 || g.columns == 0 || g.rows > kSideMax ||
      g.columns > kSideMax) {
    return Damaged("the grid");
  }
  const std::size_t cells = static_cast<std::size_t>(g.rows) * g.columns;
  if (!IsStarts(map.segment_cell_starts, cells, map.segment_cells.size()) || !AllBelow(map.segment_cells, map.segment_count())) {
    return Damaged("segment cells");
  }
  if (!IsStarts(map.place_cell_starts, cells, map.places.size())) return Damaged("place cells");
  return {};
}

Status CheckRoads(const CompactMap& map) {
  if (map.nodes.empty() || map.segments.empty()) return Damaged("no closing record");
  if (map.node_count() > kMapNodesMax || map.segment_count() > kMapSegmentsMax) return Damaged("too many nodes or segments");
  const std::uint32_t nodes = map.node_count(), segments = map.segment_count();
  if (map.landmarks.size() != nodes) return Damaged("number of landmark times");
  for (std::size_t i = 0; i <= nodes; ++i) {
    const std::uint32_t next = i < nodes ? map.nodes[i + 1].first_arc : static_cast<std::uint32_t>(map.arcs.size());
    if (map.nodes[i].first_arc > next || !IsOnEarth(map.nodes[i].point)) return Damaged(fmt::format("node {}", i));
  }
  if (map.nodes[0].first_arc != 0 || map.nodes[nodes].first_arc != map.arcs.size()) return Damaged("arcs that belong to no node");
  for (std::size_t i = 0; i <= segments; ++i) {
    const SegmentRecord& s = map.segments[i];
    const std::size_t next = i < segments ? map.segments[i + 1].first_point : map.points.size();
    if (s.first_point > next || (i < segments && (s.a >= nodes || s.b >= nodes)) || !IsString(map.strings, s.name_zh) ||
        !IsString(map.strings, s.name_en)) {
      return Damaged(fmt::format("segment {}", i));
    }
  }
  if (map.segments[segments].first_point != map.points.size()) return Damaged("points that belong to no segment");
  for (std::uint32_t node = 0; node < nodes; ++node) {
    for (const ArcRecord& arc : map.ArcsOf(node)) {
      if (arc.segment() >= segments || arc.ms == 0 || arc.ms > kArcMillisecondsMax) return Damaged(fmt::format("an arc of node {}", node));
      const SegmentRecord& s = map.segments[arc.segment()];
      if ((arc.backward() ? s.b : s.a) != node || (arc.backward() ? s.a : s.b) != arc.to) {
        return Damaged(fmt::format("an arc of node {}: not the ends of its segment", node));
      }
    }
  }
  if (!std::all_of(map.points.begin(), map.points.end(), [](FixedPoint p) { return IsOnEarth(p); }))
    return Damaged("a point off the earth");
  return {};
}

Status CheckPlaces(const CompactMap& map) {
  if (map.places.size() > kMapPlacesMax) return Damaged(fmt::format("{} places, at most {}", map.places.size(), kMapPlacesMax));
  for (std::size_t i = 0; i < map.places.size(); ++i) {
    const PlaceRecord& p = map.places[i];
    if (!IsOnEarth(p.point) || p.category >= kCategoryCount || p.rating_tenths > 50 || !IsString(map.strings, p.name_zh) ||
        !IsString(map.strings, p.name_en) || !IsString(map.strings, p.cuisine) || !IsString(map.strings, p.opening_hours)) {
      return Damaged(fmt::format("place {}", i));
    }
  }
  if (!std::is_sorted(map.gram_keys.begin(), map.gram_keys.end()) ||
      !IsStarts(map.gram_starts, map.gram_keys.size(), map.gram_places.size()) || !AllBelow(map.gram_places, map.places.size())) {
    return Damaged("the index of names");
  }
  return {};
}

Status Validate(const CompactMap& map) {
  DC_RETURN_IF_ERROR(CheckStrings(map.strings));
  DC_RETURN_IF_ERROR(CheckRoads(map));
  DC_RETURN_IF_ERROR(CheckPlaces(map));
  return CheckGrid(map);
}

}  // namespace

Result<CompactMap> CompactMap::Open(std::span<const std::byte> bytes) {
  DC_ASSIGN_OR_RETURN(const Header header, ReadHeader(bytes));
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0) return Internal("map bytes are not aligned");
  CompactMap map;
  Status status;
  ForEachSection(map, [&](std::size_t number, auto& span) {
    if (status) status = ReadSection(bytes, header.sections[number], number, span);
  });
  DC_RETURN_IF_ERROR(status);
  DC_RETURN_IF_ERROR(Validate(map));
  return map;
}

std::vector<Position> CompactMap::Shape(std::uint32_t segment) const {
  const SegmentRecord& s = segments[segment];
  const std::size_t inner = segments[segment + 1].first_point - s.first_point;
  std::vector<Position> shape;
  shape.reserve(inner + 2);
  shape.push_back(NodePosition(s.a));
  for (const FixedPoint p : points.subspan(s.first_point, inner)) shape.push_back(ToPosition(p));
  shape.push_back(NodePosition(s.b));
  return shape;
}

Cell CellOf(const GridRecord& grid, FixedPoint point) {
  const auto index = [](std::int32_t value, std::int32_t corner, std::int32_t size, std::uint32_t count) {
    const std::int64_t cell = (static_cast<std::int64_t>(value) - corner) / size;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(cell, 0, count - 1));
  };
  return {index(point.lat, grid.corner.lat, grid.cell_lat, grid.rows), index(point.lon, grid.corner.lon, grid.cell_lon, grid.columns)};
}

FixedPoint ToFixed(const Position& position) {
  return {static_cast<std::int32_t>(std::lround(position.lat * 1e7)), static_cast<std::int32_t>(std::lround(position.lon * 1e7))};
}

std::string WriteMap(const MapArrays<MapVector>& map) {
  Header header{};
  header.magic = kMagic;
  header.version = kMapVersion;
  header.section_count = kSectionCount;
  std::uint64_t offset = sizeof(Header);
  ForEachSection(map, [&](std::size_t number, const auto& array) {
    using T = ElementOf<decltype(array)>;
    const std::uint64_t size = array.size() * sizeof(T);
    header.sections[number] = {static_cast<std::uint32_t>(number), sizeof(T), offset, array.size(), Crc(array.data(), size), 0};
    offset += (size + 7) / 8 * 8;
  });
  header.file_bytes = offset;
  header.crc = Crc(&header, sizeof(Header) - sizeof(header.crc));
  std::string bytes(offset, '\0');
  std::memcpy(bytes.data(), &header, sizeof(Header));
  ForEachSection(map, [&](std::size_t number, const auto& array) {
    if (array.empty()) return;
    std::memcpy(bytes.data() + header.sections[number].offset, array.data(), array.size() * sizeof(array[0]));
  });
  return bytes;
}

}  // namespace deepcabin::skills
