#pragma once
// Writes OSM PBF for tests and benchmarks: dense nodes and ways, packed with zlib, blocks of a few thousand.

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>
#include <protozero/pbf_writer.hpp>

#include "skills/map/geo.h"

namespace deepcabin::skills {

using WrittenTags = std::vector<std::pair<std::string, std::string>>;

class PbfWriterForTest {
 public:
  PbfWriterForTest() {
    std::string header;
    protozero::pbf_writer writer(header);
    writer.add_string(4, "OsmSchema-V0.6");
    writer.add_string(4, "DenseNodes");
    AddBlob("OSMHeader", header);
  }

  void Node(std::int64_t id, const Position& p, const WrittenTags& tags = {}) {
    if (!ways_.empty()) Flush();
    nodes_.push_back({id, std::llround(p.lat * 1e7), std::llround(p.lon * 1e7), tags});
    if (nodes_.size() >= 8000) Flush();
  }
  void Way(const std::vector<std::int64_t>& nodes, const WrittenTags& tags) {
    if (!nodes_.empty()) Flush();
    ways_.push_back({nodes, tags});
    if (ways_.size() >= 4000) Flush();
  }
  const std::string& Finish() {
    Flush();
    return bytes_;
  }
  // Any message as a blob of this kind.
  void AddBlob(const std::string& type, const std::string& message) {
    std::string packed(compressBound(message.size()), '\0');
    uLongf size = packed.size();
    compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(message.data()), message.size(), 1);
    packed.resize(size);
    std::string blob, header;
    protozero::pbf_writer blob_writer(blob);
    blob_writer.add_int32(2, static_cast<std::int32_t>(message.size()));
    blob_writer.add_bytes(3, packed);
    protozero::pbf_writer header_writer(header);
    header_writer.add_string(1, type);
    header_writer.add_int32(3, static_cast<std::int32_t>(blob.size()));
    for (int shift = 24; shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(header.size() >> shift & 0xFF));
    bytes_ += header + blob;
  }

 private:
  struct WrittenNode {
    std::int64_t id, lat, lon;
    WrittenTags tags;
  };
  struct WrittenWay {
    std::vector<std::int64_t> nodes;
    WrittenTags tags;
  };

  std::uint32_t StringNumber(const std::string& text) {
    const auto [it, is_new] = numbers_.try_emplace(text, static_cast<std::uint32_t>(strings_.size()));
    if (is_new) strings_.push_back(text);
    return it->second;
  }

  void Flush() {
    if (nodes_.empty() && ways_.empty()) return;
    strings_.assign(1, "");
    numbers_.clear();
    std::string group;
    protozero::pbf_writer group_writer(group);
    if (!nodes_.empty()) {
      std::vector<std::int64_t> ids, lats, lons;
      std::vector<std::int32_t> keys_values;
      WrittenNode last{};
      for (const WrittenNode& node : nodes_) {
        ids.push_back(node.id - last.id), lats.push_back(node.lat - last.lat), lons.push_back(node.lon - last.lon);
        last.id = node.id, last.lat = node.lat, last.lon = node.lon;
        for (const auto& [key, value] : node.tags) {
          keys_values.push_back(static_cast<std::int32_t>(StringNumber(key)));
          keys_values.push_back(static_cast<std::int32_t>(StringNumber(value)));
        }
        keys_values.push_back(0);
      }
      std::string dense;
      protozero::pbf_writer writer(dense);
      writer.add_packed_sint64(1, ids.begin(), ids.end());
      writer.add_packed_sint64(8, lats.begin(), lats.end());
      writer.add_packed_sint64(9, lons.begin(), lons.end());
      writer.add_packed_int32(10, keys_values.begin(), keys_values.end());
      group_writer.add_message(2, dense);
    }
    for (const WrittenWay& way : ways_) {
      std::vector<std::int64_t> steps;
      std::int64_t last = 0;
      for (const std::int64_t node : way.nodes) steps.push_back(node - last), last = node;
      std::vector<std::uint32_t> keys, values;
      for (const auto& [key, value] : way.tags) keys.push_back(StringNumber(key)), values.push_back(StringNumber(value));
      std::string message;
      protozero::pbf_writer writer(message);
      writer.add_int64(1, 1);
      writer.add_packed_uint32(2, keys.begin(), keys.end());
      writer.add_packed_uint32(3, values.begin(), values.end());
      writer.add_packed_sint64(8, steps.begin(), steps.end());
      group_writer.add_message(3, message);
    }
    std::string table, block;
    protozero::pbf_writer table_writer(table);
    for (const std::string& text : strings_) table_writer.add_bytes(1, text);
    protozero::pbf_writer block_writer(block);
    block_writer.add_message(1, table);
    block_writer.add_message(2, group);
    AddBlob("OSMData", block);
    nodes_.clear();
    ways_.clear();
  }

  std::string bytes_;
  std::vector<WrittenNode> nodes_;
  std::vector<WrittenWay> ways_;
  std::vector<std::string> strings_;
  std::map<std::string, std::uint32_t> numbers_;
};

}  // namespace deepcabin::skills
