// .osm XML, with expat.

#include <charconv>
#include <memory>
#include <string>

#include <expat.h>
#include <fmt/format.h>

#include "base/text.h"
#include "skills/map/osm.h"

namespace deepcabin::skills {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;

template <typename T>
bool ReadNumber(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

struct Reading {
  XML_Parser parser;
  OsmHandler& handler;
  std::string wrong{};  // the first thing that is wrong; reading ends
  enum class In { kNothing, kNode, kWay } in = In::kNothing;
  std::int64_t id = 0;
  Position position{};
  std::vector<std::int64_t> nodes{};
  std::vector<std::pair<std::string, std::string>> tags{};

  void Stop(std::string what) {
    wrong = std::move(what);
    XML_StopParser(parser, XML_FALSE);
  }
  OsmTags Tags() const { return {tags.begin(), tags.end()}; }
};

std::string_view Attribute(const XML_Char** attributes, std::string_view name) {
  for (; attributes[0] != nullptr; attributes += 2) {
    if (attributes[0] == name) return attributes[1];
  }
  return {};
}

void Begin(void* data, const XML_Char* name_text, const XML_Char** attributes) {
  Reading& r = *static_cast<Reading*>(data);
  const std::string_view name = name_text;
  if (name == "node" || name == "way") {
    r.in = name == "node" ? Reading::In::kNode : Reading::In::kWay;
    r.tags.clear();
    r.nodes.clear();
    if (!ReadNumber(Attribute(attributes, "id"), r.id)) return r.Stop(fmt::format("a {} without a number as its id", name));
    const bool is_placed = name == "way" || (ReadNumber(Attribute(attributes, "lat"), r.position.lat) &&
                                             ReadNumber(Attribute(attributes, "lon"), r.position.lon) && IsOnEarth(r.position));
    if (!is_placed) r.Stop(fmt::format("node {}: no latitude and longitude on the earth", r.id));
  } else if (name == "relation") {
    r.in = Reading::In::kNothing;
  } else if (name == "nd" && r.in == Reading::In::kWay) {
    std::int64_t node = 0;
    if (!ReadNumber(Attribute(attributes, "ref"), node)) return r.Stop(fmt::format("way {}: a node that is no number", r.id));
    if (r.nodes.size() >= kWayNodesMax) return r.Stop(fmt::format("way {}: more than {} nodes", r.id, kWayNodesMax));
    r.nodes.push_back(node);
  } else if (name == "tag" && r.in != Reading::In::kNothing && r.tags.size() < kTagsMax) {
    const std::string_view key = Attribute(attributes, "k"), value = Attribute(attributes, "v");
    if (key.size() <= kTagBytesMax && value.size() <= kTagBytesMax) r.tags.emplace_back(key, value);
  }
}

void End(void* data, const XML_Char* name_text) {
  Reading& r = *static_cast<Reading*>(data);
  const std::string_view name = name_text;
  if (name == "node" && r.in == Reading::In::kNode) r.handler.Node(r.id, r.position, r.Tags());
  if (name == "way" && r.in == Reading::In::kWay) r.handler.Way(r.nodes, r.Tags());
  if (name == "node" || name == "way") r.in = Reading::In::kNothing;
}

// An extract has no document type; one that declares entities wants to grow in memory.
void Doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  static_cast<Reading*>(data)->Stop("a document type has no place in an extract");
}

}  // namespace

std::string_view FindTag(const OsmTags& tags, std::string_view key) {
  for (const auto& [name, value] : tags) {
    if (name == key) return value;
  }
  return {};
}

Status ReadOsmXml(std::string_view bytes, OsmHandler& handler) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate("UTF-8"), &XML_ParserFree);
  if (parser == nullptr) return ResourceExhausted("no memory for an XML parser");
  Reading reading{.parser = parser.get(), .handler = handler};
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), Begin, End);
  XML_SetStartDoctypeDeclHandler(parser.get(), Doctype);
  for (std::size_t at = 0; at == 0 || at < bytes.size(); at += kChunkBytes) {
    const std::string_view chunk = bytes.substr(at, kChunkBytes);
    const bool is_last = at + kChunkBytes >= bytes.size();
    if (XML_Parse(parser.get(), chunk.data(), static_cast<int>(chunk.size()), is_last) == XML_STATUS_OK) continue;
    const std::string what = reading.wrong.empty() ? XML_ErrorString(XML_GetErrorCode(parser.get())) : reading.wrong;
    return InvalidArgument(fmt::format("OSM XML, line {}: {}", XML_GetCurrentLineNumber(parser.get()), what));
  }
  return {};
}

Status ReadOsm(std::string_view bytes, OsmHandler& handler) {
  return Trim(bytes.substr(0, 64)).starts_with("<") || bytes.starts_with("\xEF\xBB\xBF<") ? ReadOsmXml(bytes, handler)
                                                                                          : ReadOsmPbf(bytes, handler);
}

}  // namespace deepcabin::skills
