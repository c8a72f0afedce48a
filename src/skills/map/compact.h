#pragma once
// The compact map: one read-only file with everything that search and routing need, used in place as it lies in memory.
//
//   header    magic "DCMAP", version, size of the file, table of sections with a checksum each, checksum of the header
//   sections  arrays of the records below, aligned to 8 bytes, each of a known element size
//
// The file may come from anywhere. Open() checks checksums, then every number that is used as an index, once; after that nothing is checked
// again. Little endian, as the machines have it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "skills/map/geo.h"

namespace deepcabin::skills {

inline constexpr std::uint32_t kMapVersion = 1;
inline constexpr std::size_t kLandmarks = 8;
inline constexpr std::uint32_t kUnreachable = 0xFFFF'FFFF;
inline constexpr std::uint64_t kMapFileBytesMax = 4ULL << 30;
inline constexpr std::uint32_t kMapNodesMax = 1U << 26, kMapSegmentsMax = 1U << 27, kMapPlacesMax = 1U << 23;
inline constexpr std::uint32_t kArcMillisecondsMax = 36'000'000;  // ten hours on one piece of road: more is an error
inline constexpr std::int16_t kNoElevation = -32768;

// Coordinates are 1e-7 degrees, as OSM has them.
struct FixedPoint {
  std::int32_t lat, lon;
};
inline Position ToPosition(FixedPoint p) { return {p.lat * 1e-7, p.lon * 1e-7}; }

// A crossing or an end. The last record is none: it closes the list of arcs.
struct NodeRecord {
  FixedPoint point;
  std::uint32_t first_arc;
  std::int16_t elevation_m;
  std::uint16_t unused;
};

// Driving along a segment in one direction.
struct ArcRecord {
  std::uint32_t to;
  std::uint32_t ms;
  std::uint32_t decimetres;
  std::uint32_t segment_and_flags;

  std::uint32_t segment() const { return segment_and_flags & (kMapSegmentsMax - 1); }
  bool backward() const { return (segment_and_flags & kBackward) != 0; }
  bool toll() const { return (segment_and_flags & kToll) != 0; }
  bool motorway() const { return (segment_and_flags & kMotorway) != 0; }

  static constexpr std::uint32_t kBackward = 1U << 31, kToll = 1U << 30, kMotorway = 1U << 29;
};

// A piece of road between two nodes. Its inner points end where the next one's begin; the last record is none.
struct SegmentRecord {
  std::uint32_t a, b;
  std::uint32_t first_point;
  std::uint32_t name_zh, name_en;  // offsets into the strings
};

struct PlaceRecord {
  FixedPoint point;
  std::uint32_t name_zh, name_en, cuisine, opening_hours;
  std::uint32_t price_milli_yuan_per_kwh;
  std::uint16_t power_kw;
  std::uint8_t category, rating_tenths, plugs;
  std::int8_t free_plugs;
  std::uint16_t unused;
};

// Cells of equal size over the whole map; lists of what lies in them.
struct GridRecord {
  FixedPoint corner;  // south west
  std::int32_t cell_lat, cell_lon;
  std::uint32_t rows, columns;
};

// From the landmark to a node, and from the node to the landmark, in milliseconds; kUnreachable where there is no way.
struct LandmarkTimes {
  std::array<std::uint32_t, kLandmarks> from, to;
};

// The sections of a file: as vectors while it is made, as spans while it is used.
template <template <typename> typename Array>
struct MapArrays {
  Array<NodeRecord> nodes;  // with the closing record
  Array<ArcRecord> arcs;
  Array<SegmentRecord> segments;  // with the closing record
  Array<FixedPoint> points;
  Array<char> strings;  // each ends with a zero; offset 0 is the empty one
  Array<LandmarkTimes> landmarks;
  Array<PlaceRecord> places;  // in the order of their cells
  Array<std::uint64_t> gram_keys;
  Array<std::uint32_t> gram_starts, gram_places;
  Array<GridRecord> grid;
  Array<std::uint32_t> segment_cell_starts, segment_cells, place_cell_starts;
};
template <typename T>
using MapVector = std::vector<T>;
template <typename T>
using MapSpan = std::span<const T>;

// Needs no further checks. The bytes must outlive it.
class CompactMap : public MapArrays<MapSpan> {
 public:
  // kDataLoss, kInvalidArgument: what is wrong and where. Reads all bytes once (checksums).
  static Result<CompactMap> Open(std::span<const std::byte> bytes);

  std::uint32_t node_count() const { return static_cast<std::uint32_t>(nodes.size() - 1); }
  std::uint32_t segment_count() const { return static_cast<std::uint32_t>(segments.size() - 1); }
  Position NodePosition(std::uint32_t node) const { return ToPosition(nodes[node].point); }
  std::span<const ArcRecord> ArcsOf(std::uint32_t node) const {
    return arcs.subspan(nodes[node].first_arc, nodes[node + 1].first_arc - nodes[node].first_arc);
  }
  // From a to b, both included.
  std::vector<Position> Shape(std::uint32_t segment) const;
  std::string_view Text(std::uint32_t offset) const { return strings.data() + offset; }
  // Can be reached and left: part of the network that the landmarks see.
  bool IsConnected(std::uint32_t node) const { return landmarks[node].from[0] != kUnreachable && landmarks[node].to[0] != kUnreachable; }
};

// Row and column of a point, moved to the border where it lies outside.
struct Cell {
  std::uint32_t row, column;
};
Cell CellOf(const GridRecord& grid, FixedPoint point);
FixedPoint ToFixed(const Position& position);

// The bytes of a file.
std::string WriteMap(const MapArrays<MapVector>& map);

}  // namespace deepcabin::skills
