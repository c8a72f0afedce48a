// The catalogue's tree as VSS JSON: nested branches with the fields an Eclipse KUKSA databroker reads.

#include "base/text.h"
#include "catalogue/catalogue.h"

namespace deepcabin {
namespace {

std::string_view NodeName(NodeType node) {
  switch (node) {
    case NodeType::kSensor: return "sensor";
    case NodeType::kActuator: return "actuator";
    case NodeType::kAttribute: return "attribute";
  }
  return "sensor";
}

// A limit in the signal's own kind of number: VSS wants 100, not 100.0, for a uint8.
Json Limit(double number, DataType type) { return ValueToJson(NumberToValue(number, type)); }

Json Leaf(const SignalSpec& signal) {
  Json leaf = {{"type", NodeName(signal.node)}, {"datatype", DataTypeName(signal.type)}};
  leaf["description"] = signal.about.empty() ? signal.path : signal.about;
  if (!signal.unit.empty()) leaf["unit"] = signal.unit;
  if (signal.min) leaf["min"] = Limit(*signal.min, signal.type);
  if (signal.max) leaf["max"] = Limit(*signal.max, signal.type);
  if (!signal.allowed.empty()) leaf["allowed"] = signal.allowed;
  if (signal.initial && signal.node == NodeType::kAttribute) leaf["default"] = ValueToJson(*signal.initial);
  return leaf;
}

}  // namespace

Json Catalogue::ExportVssJson() const {
  Json root = Json::object();
  for (const SignalSpec& signal : signals_) {
    Json* children = &root;
    const auto parts = Split(signal.path, '.');
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      Json& branch = (*children)[std::string(parts[i])];
      if (branch.is_null()) branch = {{"type", "branch"}, {"description", parts[i]}, {"children", Json::object()}};
      children = &branch["children"];
    }
    (*children)[std::string(parts.back())] = Leaf(signal);
  }
  return root;
}

}  // namespace deepcabin
