#pragma once
// Reads OpenStreetMap extracts, .osm.pbf and .osm XML, and hands over nodes and ways. Files come from outside: every length is bounded, and
// a broken one is refused with the place where it broke.
//
// libosmium would do this, but Debian 12 has it only beside Boost 1.74, which cannot be installed together with the Boost 1.81 that the
// server needs; so the two formats are read with protozero, zlib and expat, and only what roads and places need of them.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "skills/map/geo.h"

namespace deepcabin::skills {

using OsmTag = std::pair<std::string_view, std::string_view>;
using OsmTags = std::vector<OsmTag>;  // valid during the call only

inline constexpr std::size_t kTagBytesMax = 1024;  // OSM's own limit is 255 characters; what is longer is left out
inline constexpr std::size_t kTagsMax = 200;       // of one node or way; further ones are left out
inline constexpr std::size_t kWayNodesMax = 2000;  // OSM's own limit

std::string_view FindTag(const OsmTags& tags, std::string_view key);  // empty where there is none

class OsmHandler {
 public:
  virtual ~OsmHandler() = default;
  virtual void Node(std::int64_t id, const Position& position, const OsmTags& tags) = 0;
  virtual void Way(const std::vector<std::int64_t>& nodes, const OsmTags& tags) = 0;
};

// By how the bytes begin: XML with "<", else PBF. kDataLoss, kInvalidArgument with what is wrong and where.
Status ReadOsm(std::string_view bytes, OsmHandler& handler);
Status ReadOsmPbf(std::string_view bytes, OsmHandler& handler);
Status ReadOsmXml(std::string_view bytes, OsmHandler& handler);

}  // namespace deepcabin::skills
