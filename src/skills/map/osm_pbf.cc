// .osm.pbf, with protozero and zlib. The format: https://wiki.openstreetmap.org/wiki/PBF_Format

#include <string>

#include <fmt/format.h>
#include <zlib.h>
#include <protozero/pbf_message.hpp>

#include "skills/map/osm.h"

namespace deepcabin::skills {
namespace {

constexpr std::size_t kBlobHeaderBytesMax = 64 << 10;  // the format's own limits
constexpr std::size_t kBlobBytesMax = 32 << 20;

using protozero::data_view;
using protozero::pbf_reader;

// A field of another wire type than ours is somebody's mistake and is skipped as unknown: reading it as ours would misread what follows.
constexpr std::uint32_t Bytes(std::uint32_t tag) { return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited); }
constexpr std::uint32_t Varint(std::uint32_t tag) { return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint); }

std::string_view View(data_view view) { return {view.data(), view.size()}; }

Result<std::string> Inflate(std::string_view packed, std::size_t raw_bytes) {
  if (raw_bytes > kBlobBytesMax) return ResourceExhausted(fmt::format("a block of {} bytes, at most {}", raw_bytes, kBlobBytesMax));
  std::string raw(raw_bytes, '\0');
  uLongf size = raw_bytes;
  const int status = uncompress(reinterpret_cast<Bytef*>(raw.data()), &size, reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (status != Z_OK || size != raw_bytes)
    return Error{ErrorCode::kDataLoss, fmt::format("a block does not unpack to {} bytes", raw_bytes)};
  return raw;
}

Result<std::string> UnpackBlob(std::string_view blob) {
  pbf_reader reader(data_view(blob.data(), blob.size()));
  std::int32_t raw_bytes = 0;
  std::string_view packed;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Bytes(1): return std::string(View(reader.get_view()));
      case Varint(2): raw_bytes = reader.get_int32(); break;
      case Bytes(3): packed = View(reader.get_view()); break;
      case Bytes(4):
      case Bytes(5):
      case Bytes(6):
      case Bytes(7): return InvalidArgument("a block is packed with something else than zlib");
      default: reader.skip();
    }
  }
  if (packed.empty() || raw_bytes < 0) return Error{ErrorCode::kDataLoss, "a block without data"};
  return Inflate(packed, static_cast<std::size_t>(raw_bytes));
}

Status CheckHeaderBlock(std::string_view block) {
  pbf_reader reader(data_view(block.data(), block.size()));
  while (reader.next()) {
    if (reader.tag_and_type() != Bytes(4)) {
      reader.skip();
      continue;
    }
    const std::string_view feature = View(reader.get_view());
    if (feature != "OsmSchema-V0.6" && feature != "DenseNodes") {
      return InvalidArgument(fmt::format("the extract needs \"{:.40}\", which is not supported", feature));
    }
  }
  return {};
}

class BlockReader {
 public:
  explicit BlockReader(OsmHandler& handler) : handler_(handler) {}

  Status Read(std::string_view block) {
    std::vector<data_view> groups;
    pbf_reader reader(data_view(block.data(), block.size()));
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Bytes(1): ReadStrings(reader.get_message()); break;
        case Bytes(2): groups.push_back(reader.get_view()); break;
        case Varint(17): granularity_ = reader.get_int32(); break;
        case Varint(19): lat_offset_ = reader.get_int64(); break;
        case Varint(20): lon_offset_ = reader.get_int64(); break;
        default: reader.skip();
      }
    }
    for (const data_view group_view : groups) {
      pbf_reader group(group_view);
      while (group.next()) {
        switch (group.tag_and_type()) {
          case Bytes(1): DC_RETURN_IF_ERROR(ReadNode(group.get_message())); break;
          case Bytes(2): DC_RETURN_IF_ERROR(ReadDense(group.get_message())); break;
          case Bytes(3): DC_RETURN_IF_ERROR(ReadWay(group.get_message())); break;
          default: group.skip();
        }
      }
    }
    return {};
  }

 private:
  void ReadStrings(pbf_reader table) {
    while (table.next(1, protozero::pbf_wire_type::length_delimited)) strings_.push_back(View(table.get_view()));
  }

  Status AddTag(std::uint64_t key, std::uint64_t value) {
    if (key >= strings_.size() || value >= strings_.size()) {
      return Error{ErrorCode::kDataLoss, fmt::format("string {} of {}", std::max(key, value), strings_.size())};
    }
    const bool fits = tags_.size() < kTagsMax && strings_[key].size() <= kTagBytesMax && strings_[value].size() <= kTagBytesMax;
    if (fits) tags_.emplace_back(strings_[key], strings_[value]);
    return {};
  }

  Status AddTags(const auto& keys, const auto& values) {
    tags_.clear();
    auto value = values.begin();
    for (const auto key : keys) {
      if (value == values.end()) return Error{ErrorCode::kDataLoss, "a key without a value"};
      DC_RETURN_IF_ERROR(AddTag(key, *value++));
    }
    return {};
  }

  Status HandOverNode(std::int64_t id, std::int64_t lat, std::int64_t lon) {
    const auto degrees = [&](std::int64_t offset, std::int64_t value) {
      return 1e-9 * (static_cast<double>(offset) + static_cast<double>(granularity_) * static_cast<double>(value));
    };
    const Position position{degrees(lat_offset_, lat), degrees(lon_offset_, lon)};
    if (!IsOnEarth(position)) return Error{ErrorCode::kDataLoss, fmt::format("node {} at {}, {}", id, position.lat, position.lon)};
    handler_.Node(id, position, tags_);
    return {};
  }

  Status ReadNode(pbf_reader node) {
    std::int64_t id = 0, lat = 0, lon = 0;
    protozero::iterator_range<pbf_reader::const_uint32_iterator> keys, values;
    while (node.next()) {
      switch (node.tag_and_type()) {
        case Varint(1): id = node.get_sint64(); break;
        case Bytes(2): keys = node.get_packed_uint32(); break;
        case Bytes(3): values = node.get_packed_uint32(); break;
        case Varint(8): lat = node.get_sint64(); break;
        case Varint(9): lon = node.get_sint64(); break;
        default: node.skip();
      }
    }
    DC_RETURN_IF_ERROR(AddTags(keys, values));
    return HandOverNode(id, lat, lon);
  }

  // Ids and coordinates as differences; keys and values of all nodes in one row, a zero behind each node's.
  Status ReadDense(pbf_reader dense) {
    protozero::iterator_range<pbf_reader::const_sint64_iterator> ids, lats, lons;
    protozero::iterator_range<pbf_reader::const_int32_iterator> keys_values;
    while (dense.next()) {
      switch (dense.tag_and_type()) {
        case Bytes(1): ids = dense.get_packed_sint64(); break;
        case Bytes(8): lats = dense.get_packed_sint64(); break;
        case Bytes(9): lons = dense.get_packed_sint64(); break;
        case Bytes(10): keys_values = dense.get_packed_int32(); break;
        default: dense.skip();
      }
    }
    std::uint64_t id = 0, lat = 0, lon = 0;  // unsigned: a hostile sum wraps, it does not overflow
    auto lat_at = lats.begin(), lon_at = lons.begin();
    auto tag_at = keys_values.begin();
    for (const std::int64_t id_step : ids) {
      if (lat_at == lats.end() || lon_at == lons.end()) return Error{ErrorCode::kDataLoss, "more nodes than coordinates"};
      id += static_cast<std::uint64_t>(id_step), lat += static_cast<std::uint64_t>(*lat_at++), lon += static_cast<std::uint64_t>(*lon_at++);
      tags_.clear();
      while (tag_at != keys_values.end()) {
        const std::int32_t key = *tag_at++;
        if (key == 0) break;
        if (tag_at == keys_values.end() || key < 0) return Error{ErrorCode::kDataLoss, "a key without a value"};
        const std::int32_t value = *tag_at++;
        DC_RETURN_IF_ERROR(AddTag(static_cast<std::uint64_t>(key), static_cast<std::uint64_t>(value)));
      }
      DC_RETURN_IF_ERROR(HandOverNode(static_cast<std::int64_t>(id), static_cast<std::int64_t>(lat), static_cast<std::int64_t>(lon)));
    }
    return {};
  }

  Status ReadWay(pbf_reader way) {
    protozero::iterator_range<pbf_reader::const_uint32_iterator> keys, values;
    nodes_.clear();
    while (way.next()) {
      switch (way.tag_and_type()) {
        case Bytes(2): keys = way.get_packed_uint32(); break;
        case Bytes(3): values = way.get_packed_uint32(); break;
        case Bytes(8): {
          std::uint64_t node = 0;
          for (const std::int64_t step : way.get_packed_sint64()) {
            if (nodes_.size() >= kWayNodesMax) return ResourceExhausted(fmt::format("a way of more than {} nodes", kWayNodesMax));
            nodes_.push_back(static_cast<std::int64_t>(node += static_cast<std::uint64_t>(step)));
          }
          break;
        }
        default: way.skip();
      }
    }
    DC_RETURN_IF_ERROR(AddTags(keys, values));
    handler_.Way(nodes_, tags_);
    return {};
  }

  OsmHandler& handler_;
  std::vector<std::string_view> strings_;
  std::int32_t granularity_ = 100;
  std::int64_t lat_offset_ = 0, lon_offset_ = 0;
  OsmTags tags_;
  std::vector<std::int64_t> nodes_;
};

// The length and the kind of the next blob. Moves `at` behind the blob's header.
struct BlobHead {
  std::string type;
  std::size_t bytes = 0;
};
Result<BlobHead> ReadBlobHead(std::string_view bytes, std::size_t& at) {
  if (bytes.size() - at < 4) return Error{ErrorCode::kDataLoss, "it ends within a length"};
  std::size_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(bytes[at++]);
  if (size > kBlobHeaderBytesMax) return InvalidArgument(fmt::format("a header of {} bytes, at most {}", size, kBlobHeaderBytesMax));
  if (bytes.size() - at < size) return Error{ErrorCode::kDataLoss, "it ends within a header"};
  BlobHead head;
  pbf_reader reader(data_view(bytes.data() + at, size));
  while (reader.next()) {
    if (reader.tag_and_type() == Bytes(1)) head.type = View(reader.get_view());
    else if (reader.tag_and_type() == Varint(3)) head.bytes = static_cast<std::size_t>(std::max(0, reader.get_int32()));
    else reader.skip();
  }
  at += size;
  if (head.bytes > kBlobBytesMax) return ResourceExhausted(fmt::format("a block of {} bytes, at most {}", head.bytes, kBlobBytesMax));
  if (bytes.size() - at < head.bytes) return Error{ErrorCode::kDataLoss, "it ends within a block"};
  return head;
}

Status ReadBlobs(std::string_view bytes, std::size_t& at, OsmHandler& handler) {
  if (bytes.empty()) return InvalidArgument("it is empty");
  for (bool is_first = true; at < bytes.size(); is_first = false) {
    DC_ASSIGN_OR_RETURN(const BlobHead head, ReadBlobHead(bytes, at));
    if (is_first && head.type != "OSMHeader") return InvalidArgument("it does not begin as an extract begins");
    const std::string_view blob = bytes.substr(at, head.bytes);
    if (head.type == "OSMHeader" || head.type == "OSMData") {
      DC_ASSIGN_OR_RETURN(const std::string block, UnpackBlob(blob));
      DC_RETURN_IF_ERROR(head.type == "OSMHeader" ? CheckHeaderBlock(block) : BlockReader(handler).Read(block));
    }
    at += head.bytes;
  }
  return {};
}

}  // namespace

Status ReadOsmPbf(std::string_view bytes, OsmHandler& handler) {
  std::size_t at = 0;
  Status status;
  try {
    status = ReadBlobs(bytes, at, handler);
  } catch (const protozero::exception& e) {
    status = Error{ErrorCode::kDataLoss, e.what()};
  }
  if (status) return {};
  return Error{status.error().code, fmt::format("OSM PBF, at byte {}: {}", at, status.error().message)};
}

}  // namespace deepcabin::skills
