#include "server/api_json.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::server {
namespace {

constexpr std::size_t kSessionBytesMax = 64;

std::string_view NodeName(NodeType node) {
  switch (node) {
    case NodeType::kSensor: return "sensor";
    case NodeType::kActuator: return "actuator";
    case NodeType::kAttribute: return "attribute";
  }
  return "sensor";
}

OrderedJson NumberJson(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) return static_cast<std::int64_t>(number);
  return number;
}

OrderedJson ValueSpecToJson(const ValueSpec& value) {
  OrderedJson json = {{"type", DataTypeName(value.type)}};
  if (value.has_range) {
    json["min"] = NumberJson(value.min);
    json["max"] = NumberJson(value.max);
  }
  if (!value.unit.empty()) json["unit"] = value.unit;
  if (value.levels > 0) json["levels"] = value.levels;
  if (value.free_text) json["text"] = true;
  if (value.words.empty()) return json;
  OrderedJson& words = json["words"] = OrderedJson::object();
  for (const Word& word : value.words) words[word.name] = {{"zh", word.zh}, {"en", word.en}};
  return json;
}

OrderedJson CapabilityToJson(const Capability& c) {
  OrderedJson json = {{"capability", c.name}, {"area", c.area}};
  if (c.is_service()) json["skill"] = c.skill;
  else json["signal"] = c.signal_pattern;
  json["node"] = c.is_service() ? "service" : NodeName(c.node);
  json["zones"] = OrderedJson::array();
  c.zones.ForEach([&](Zone zone) { json["zones"].push_back(ZoneName(zone)); });
  json["value"] = ValueSpecToJson(c.value);
  json["ops"] = OrderedJson::array();
  for (int i = 0; i < kOpCount; ++i) {
    if (c.Can(static_cast<Op>(i))) json["ops"].push_back(OpName(static_cast<Op>(i)));
  }
  json["names"] = {{"zh", c.names_zh}, {"en", c.names_en}};
  json["safety"] = SafetyClassName(c.safety);
  json["about"] = c.about;
  return json;
}

Status ReadText(const Json& json, const char* key, std::string& out) {
  const auto it = json.find(key);
  if (it == json.end()) return {};
  if (!it->is_string()) return InvalidArgument(fmt::format("`{}` is not a text", key));
  out = it->get<std::string>();
  return {};
}

Status ReadSession(const Json& json, std::string& session) {
  DC_RETURN_IF_ERROR(ReadText(json, "session", session));
  const bool plain = std::all_of(session.begin(), session.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (session.size() > kSessionBytesMax || !plain) {
    return InvalidArgument(fmt::format("`session` is at most {} characters of a-z A-Z 0-9 - _ .", kSessionBytesMax));
  }
  if (session.empty()) session = "default";
  return {};
}

Status ReadSpeaker(const Json& json, Zone& speaker) {
  std::string name;
  DC_RETURN_IF_ERROR(ReadText(json, "speaker", name));
  if (!json.contains("speaker")) return {};
  const auto zone = ParseZone(name);
  if (!zone || !IsSeat(*zone)) return InvalidArgument(fmt::format("unknown speaker zone \"{:.40}\"", ReplaceInvalidUtf8(name)));
  speaker = *zone;
  return {};
}

Status ReadLanguage(const Json& json, std::optional<Language>& language) {
  std::string name = "auto";
  DC_RETURN_IF_ERROR(ReadText(json, "lang", name));
  if (name == "zh") language = Language::kChinese;
  else if (name == "en") language = Language::kEnglish;
  else if (name != "auto") return InvalidArgument("`lang` is one of zh en auto");
  return {};
}

}  // namespace

OrderedJson SignalToJson(const SignalSpec& spec, const vehicle::Datapoint& datapoint, Nanos now) {
  OrderedJson json = {{"path", spec.path}, {"node", NodeName(spec.node)}, {"type", DataTypeName(spec.type)},
                      {"unit", nullptr},   {"current", nullptr},          {"target", nullptr},
                      {"age_ms", nullptr}};
  if (!spec.unit.empty()) json["unit"] = spec.unit;
  if (datapoint.current) {
    json["current"] = ValueToJson(*datapoint.current);
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - datapoint.current_at);
    json["age_ms"] = std::max<std::int64_t>(0, age.count());
  }
  if (datapoint.target) json["target"] = ValueToJson(*datapoint.target);
  return json;
}

OrderedJson CatalogueToJson(const Catalogue& catalogue, const std::vector<CapabilityId>& capabilities) {
  OrderedJson json = {{"capabilities", OrderedJson::array()}, {"interfaces", OrderedJson::array()}};
  std::vector<bool> wanted(catalogue.capabilities().size());
  for (const CapabilityId id : capabilities) {
    json["capabilities"].push_back(CapabilityToJson(catalogue.capability(id)));
    wanted[id] = true;
  }
  for (const Interface& interface : catalogue.interfaces()) {
    if (!wanted[interface.capability]) continue;
    OrderedJson entry = {{"interface", interface.path}, {"capability", catalogue.capability(interface.capability).name}};
    if (interface.zone != Zone::kWhole) entry["zone"] = ZoneName(interface.zone);
    json["interfaces"].push_back(std::move(entry));
  }
  return json;
}

Status CheckFields(const Json& json, std::initializer_list<std::string_view> fields) {
  if (!json.is_object()) return InvalidArgument("the body is not a JSON object");
  for (const auto& [key, value] : json.items()) {
    if (std::find(fields.begin(), fields.end(), key) == fields.end()) {
      return InvalidArgument(fmt::format("unknown field `{:.64}`; known: {}", ReplaceInvalidUtf8(key), fmt::join(fields, " ")));
    }
  }
  return {};
}

Result<agent::TurnRequest> TurnRequestFromJson(const Json& json) {
  DC_RETURN_IF_ERROR(CheckFields(json, {"text", "session", "speaker", "lang", "touched"}));
  agent::TurnRequest request;
  if (!json.contains("text")) return InvalidArgument("`text` is missing");
  DC_RETURN_IF_ERROR(ReadText(json, "text", request.text));
  if (request.text.size() > agent::kUtteranceBytesMax) {
    return ResourceExhausted(fmt::format("`text` has {} bytes, at most {}", request.text.size(), agent::kUtteranceBytesMax));
  }
  if (Trim(request.text).empty()) return InvalidArgument("`text` is empty");
  DC_RETURN_IF_ERROR(ReadSession(json, request.session));
  DC_RETURN_IF_ERROR(ReadSpeaker(json, request.speaker));
  DC_RETURN_IF_ERROR(ReadLanguage(json, request.language));
  if (const auto it = json.find("touched"); it != json.end()) {
    if (!it->is_boolean()) return InvalidArgument("`touched` is not true or false");
    request.touched = it->get<bool>();
  }
  return request;
}

}  // namespace deepcabin::server
