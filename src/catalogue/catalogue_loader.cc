// Catalogue::Load: reads the YAML, refuses what is broken (with file, line and reason), expands capabilities into interfaces and signals.

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/yaml.h"
#include "catalogue/catalogue.h"

namespace deepcabin {
namespace {

constexpr std::size_t kFileBytesMax = 4u << 20;

// Thrown inside this file only, caught in Catalogue::Parse.
struct Broken {
  std::string message;
};

[[noreturn]] void Fail(const std::string& file, const YAML::Node& node, const std::string& reason) {
  throw Broken{fmt::format("{}:{}: {}", file, node.Mark().line + 1, reason)};
}

const std::set<std::string, std::less<>> kUnits{
    "percent",   "degrees",   "celsius",   "mm",  "cm",     "m",     "km",  "s",      "min",    "h",         "km/h",
    "V",         "A",         "kW",        "W",   "kWh",    "Pa",    "kPa", "bar",    "psi",    "ratio",     "rpm",
    "mg/m^3",    "ppm",       "dB",        "MHz", "kHz",    "mm/h",  "lux", "ug/m^3", "l",      "Nm",        "m/s^2",
    "g/km",      "kWh/100km", "l/100km",   "Hz",  "days",   "weeks", "Ah",  "x",      "kg",     "g",         "bpm",
    "degrees/s", "iso8601",   "l/h",       "cpm", "ml",     "km/l",  "mg",  "ms",     "months", "kWh/100km", "mm/s",
    "m/s",       "VA",        "unix-time", "lm",  "cd/m^2", "K",     "N",   "hPa",    "mbar",   "Wh/km",     "ug/m3"};

// VSS writes "Celsius"; people and code use one spelling.
std::string CanonicalUnit(const std::string& unit) { return unit == "Celsius" ? "celsius" : unit; }

bool AllPlaceholdersKnown(std::string_view pattern) {
  for (std::size_t at = pattern.find('{'); at != std::string_view::npos; at = pattern.find('{', at + 1)) {
    const std::size_t end = pattern.find('}', at);
    if (end == std::string_view::npos) return false;
    const std::string_view name = pattern.substr(at + 1, end - at - 1);
    if (name != "row" && name != "side" && name != "station" && name != "end" && name != "hand") return false;
  }
  return true;
}

struct Placement {
  std::string_view row, side, station, end, hand;
};

Placement PlacementOf(Zone zone) {
  switch (zone) {
    case Zone::kRow1Left: return {"Row1", "DriverSide", "Driver", "Front", "Left"};
    case Zone::kRow1Right: return {"Row1", "PassengerSide", "Passenger", "Front", "Right"};
    case Zone::kRow2Left: return {"Row2", "DriverSide", "Driver", "Rear", "Left"};
    case Zone::kRow2Middle: return {"Row2", "Middle", "Middle", "Rear", "Middle"};
    case Zone::kRow2Right: return {"Row2", "PassengerSide", "Passenger", "Rear", "Right"};
    case Zone::kRow3Left: return {"Row3", "DriverSide", "Driver", "Rear", "Left"};
    case Zone::kRow3Right: return {"Row3", "PassengerSide", "Passenger", "Rear", "Right"};
    case Zone::kFront: return {"Row1", "", "", "Front", ""};
    case Zone::kRear: return {"Row2", "", "", "Rear", ""};
    case Zone::kLeft: return {"", "DriverSide", "Driver", "", "Left"};
    case Zone::kRight: return {"", "PassengerSide", "Passenger", "", "Right"};
    default: return {};
  }
}

std::string ExpandPath(std::string pattern, Zone zone) {
  const Placement p = PlacementOf(zone);
  const std::pair<std::string_view, std::string_view> slots[] = {
      {"{row}", p.row}, {"{side}", p.side}, {"{station}", p.station}, {"{end}", p.end}, {"{hand}", p.hand}};
  for (const auto& [slot, text] : slots) {
    if (!text.empty()) pattern = ReplaceAll(std::move(pattern), slot, text);
  }
  return pattern;
}

}  // namespace

class CatalogueBuilder {
 public:
  void Read(const std::string& file, const YAML::Node& root) {
    file_ = file;
    if (!root.IsMap()) Fail(file_, root, "a catalogue file is a map with `area` and `capabilities`, or `signals`");
    AllowKeys(root, {"area", "capabilities", "signals"});
    if (const YAML::Node area = root["area"]) area_ = String(area);
    else area_ = file.substr(0, file.find('.'));
    if (const YAML::Node list = root["capabilities"]) {
      for (const YAML::Node& node : Sequence(list)) AddCapability(node);
    }
    if (const YAML::Node list = root["signals"]) {
      for (const YAML::Node& node : Sequence(list)) AddPlainSignal(node);
    }
  }

  Catalogue Finish() && {
    CheckNames();
    out_.interfaces_by_signal_.resize(out_.signals_.size());
    for (const Interface& interface : out_.interfaces_) {
      if (interface.signal != kNoId) out_.interfaces_by_signal_[interface.signal].push_back(interface.id);
    }
    return std::move(out_);
  }

 private:
  YAML::Node Sequence(const YAML::Node& node) const {
    if (!node.IsSequence()) Fail(file_, node, "a list is expected here");
    return node;
  }
  std::string String(const YAML::Node& node) const {
    if (!node.IsScalar()) Fail(file_, node, "a word is expected here");
    return node.as<std::string>();
  }
  double Number(const YAML::Node& node) const {
    double number = 0;
    if (!node.IsScalar() || !YAML::convert<double>::decode(node, number) || !std::isfinite(number)) {
      Fail(file_, node, "a number is expected here");
    }
    return number;
  }
  bool Bool(const YAML::Node& node) const {
    bool value = false;
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value)) Fail(file_, node, "true or false is expected here");
    return value;
  }
  std::vector<std::string> Strings(const YAML::Node& node) const {
    std::vector<std::string> out;
    for (const YAML::Node& item : Sequence(node)) {
      std::string text(Trim(String(item)));
      if (text.empty()) Fail(file_, item, "an empty text");
      if (!IsValidUtf8(text)) Fail(file_, item, "not UTF-8");
      out.push_back(std::move(text));
    }
    return out;
  }
  void AllowKeys(const YAML::Node& node, const std::set<std::string, std::less<>>& allowed) const {
    if (!node.IsMap()) Fail(file_, node, "a map is expected here");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = String(entry.first);
      if (!allowed.contains(key)) Fail(file_, entry.first, fmt::format("unknown key `{}`", key));
      if (!seen.insert(key).second) Fail(file_, entry.first, fmt::format("key `{}` stands twice", key));
    }
  }
  DataType Type(const YAML::Node& node) const {
    const auto type = ParseDataType(String(node));
    if (!type) Fail(file_, node, fmt::format("unknown type `{}`", String(node)));
    return *type;
  }
  NodeType Node(const YAML::Node& node) const {
    const std::string name = String(node);
    if (name == "sensor") return NodeType::kSensor;
    if (name == "actuator") return NodeType::kActuator;
    if (name == "attribute") return NodeType::kAttribute;
    Fail(file_, node, fmt::format("unknown node type `{}`", name));
  }
  std::string Unit(const YAML::Node& node) const {
    std::string unit = CanonicalUnit(String(node));
    if (!kUnits.contains(unit)) Fail(file_, node, fmt::format("unknown unit `{}`", unit));
    return unit;
  }

  Value Scalar(const YAML::Node& node, DataType type) const {
    if (type == DataType::kBoolean) return Bool(node);
    if (type == DataType::kString) return String(node);
    if (type == DataType::kStringArray) return Strings(node);
    const double number = Number(node);
    if (number < TypeMin(type) || number > TypeMax(type)) {
      Fail(file_, node, fmt::format("{} is outside what {} can hold", number, DataTypeName(type)));
    }
    if (IsInteger(type) && number != std::floor(number)) Fail(file_, node, fmt::format("{} is not a whole number", number));
    return NumberToValue(number, type);
  }

  ZoneSet Zones(const YAML::Node& node) const {
    ZoneSet zones;
    for (const YAML::Node& item : Sequence(node)) {
      const auto zone = ParseZone(String(item));
      if (!zone || *zone == Zone::kAll) Fail(file_, item, fmt::format("unknown leaf zone `{}`", String(item)));
      if (zones.Has(*zone)) Fail(file_, item, fmt::format("zone `{}` stands twice", String(item)));
      zones.Add(*zone);
    }
    return zones;
  }

  void ReadWords(const YAML::Node& node, ValueSpec& spec) {
    if (!node.IsMap()) Fail(file_, node, "`words` is a map of word → {signal, zh, en}");
    for (const auto& entry : node) {
      Word word;
      word.name = String(entry.first);
      if (spec.type == DataType::kString) word.signal = word.name;
      const YAML::Node& body = entry.second;
      if (body.IsMap()) {
        AllowKeys(body, {"signal", "zh", "en"});
        if (body["signal"]) word.signal = Scalar(body["signal"], spec.type);
        else if (spec.type != DataType::kString) Fail(file_, body, fmt::format("word `{}` needs `signal`", word.name));
        if (body["zh"]) word.zh = Strings(body["zh"]);
        if (body["en"]) word.en = Strings(body["en"]);
      } else {
        Fail(file_, body, fmt::format("word `{}` needs {{signal, zh, en}}", word.name));
      }
      for (const Word& other : spec.words) {
        if (other.name == word.name) Fail(file_, entry.first, fmt::format("word `{}` stands twice", word.name));
      }
      spec.words.push_back(std::move(word));
    }
  }

  void ReadRange(const YAML::Node& node, ValueSpec& spec) {
    if (!node["min"] && !node["max"]) return;
    if (!node["min"] || !node["max"]) {
      if (node_["node"]) return;  // a reported value may be bounded on one side only
      Fail(file_, node, "`min` and `max` go together");
    }
    if (!IsNumeric(spec.type)) Fail(file_, node, fmt::format("a {} has no range", DataTypeName(spec.type)));
    spec.min = Number(node["min"]);
    spec.max = Number(node["max"]);
    spec.has_range = true;
    if (spec.min >= spec.max) Fail(file_, node, fmt::format("min {} is not below max {}", spec.min, spec.max));
    if (spec.min < TypeMin(spec.type) || spec.max > TypeMax(spec.type)) {
      Fail(file_, node, fmt::format("range {}..{} is outside what {} can hold", spec.min, spec.max, DataTypeName(spec.type)));
    }
  }

  void ReadLevels(const YAML::Node& node, ValueSpec& spec) {
    if (node["levels"]) {
      spec.levels = static_cast<int>(Number(node["levels"]));
      if (!spec.has_range) Fail(file_, node["levels"], "levels need a range");
      if (spec.levels < 1 || spec.levels > 100) Fail(file_, node["levels"], "levels are 1 to 100");
    }
    if (node["first_level"]) spec.first_level = static_cast<int>(Number(node["first_level"]));
    if (spec.first_level != 0 && (spec.levels < 2 || spec.first_level != 1)) {
      Fail(file_, node, "first_level is 0 or 1, and needs at least two levels");
    }
    const double range = spec.max - spec.min;
    if (node["step"]) spec.step = Number(node["step"]);
    else if (spec.levels > 0) spec.step = range / (spec.first_level == 1 ? spec.levels - 1 : spec.levels);
    else spec.step = range / 10;
    if (spec.has_range && (spec.step <= 0 || spec.step > range))
      Fail(file_, node, fmt::format("step {} does not fit the range", spec.step));
  }

  // Returns the default (if given) and the tree's own range through `signal`.
  ValueSpec ReadValue(const YAML::Node& node, SignalSpec& signal) {
    ValueSpec spec;
    if (!node) return spec;
    AllowKeys(node, {"type", "min", "max", "vss_min", "vss_max", "unit", "levels", "first_level", "step", "on", "off", "inverted", "words",
                     "text", "default"});
    if (!node["type"]) Fail(file_, node, "`value` needs a `type`");
    spec.type = Type(node["type"]);
    if (node["unit"]) spec.unit = Unit(node["unit"]);
    if (node["text"]) spec.free_text = Bool(node["text"]);
    if (node["inverted"]) spec.inverted = Bool(node["inverted"]);
    ReadRange(node, spec);
    ReadLevels(node, spec);
    if (node["words"]) ReadWords(node["words"], spec);
    if (node["on"]) spec.on = InRange(node["on"], spec);
    if (node["off"]) spec.off = InRange(node["off"], spec);
    if (node["default"]) signal.initial = InRange(node["default"], spec);
    if (spec.has_range) {
      signal.min = node["vss_min"] ? Number(node["vss_min"]) : spec.min;
      signal.max = node["vss_max"] ? Number(node["vss_max"]) : spec.max;
      if (*signal.min > spec.min || *signal.max < spec.max)
        Fail(file_, node, "the signal's own range (vss_min, vss_max) is narrower than min, max");
    }
    return spec;
  }

  Value InRange(const YAML::Node& node, const ValueSpec& spec) {
    Value value = Scalar(node, spec.type);
    const auto number = AsNumber(value);
    if (spec.has_range && number && (*number < spec.min || *number > spec.max)) {
      const bool is_word = std::any_of(spec.words.begin(), spec.words.end(), [&](const Word& w) { return w.signal == value; });
      if (!is_word) Fail(file_, node, fmt::format("{} is outside the range {}..{}", *number, spec.min, spec.max));
    }
    return value;
  }

  void ReadOps(const YAML::Node& node, Capability& c) {
    if (!node) Fail(file_, node_, "`ops` is missing");
    for (const YAML::Node& item : Sequence(node)) {
      const auto op = ParseOp(String(item));
      if (!op) Fail(file_, item, fmt::format("unknown op `{}`", String(item)));
      if (c.Can(*op)) Fail(file_, item, fmt::format("op `{}` stands twice", String(item)));
      c.ops |= 1u << static_cast<unsigned>(*op);
      CheckOpFits(item, *op, c);
    }
    if (c.ops == 0) Fail(file_, node, "no ops");
  }

  // An op that the type cannot do is a mistake in the file, better found here than in the car.
  void CheckOpFits(const YAML::Node& node, Op op, const Capability& c) const {
    if (c.is_service()) return;
    const ValueSpec& v = c.value;
    const bool is_text = v.type == DataType::kString;
    const auto refuse = [&](std::string_view why) { Fail(file_, node, fmt::format("op `{}` cannot be done: {}", OpName(op), why)); };
    if (c.node != NodeType::kActuator && op != Op::kQuery) refuse("the signal is no actuator");
    if ((op == Op::kIncrease || op == Op::kDecrease) && !v.has_range) refuse("the value has no range");
    if (op == Op::kSet && v.type == DataType::kBoolean && v.words.empty()) refuse("a boolean without words is switched, not set");
    if ((op == Op::kOn || op == Op::kOpen) && is_text && !v.on) refuse("a text value needs `on`");
    if ((op == Op::kOff || op == Op::kClose) && is_text && !v.off) refuse("a text value needs `off`");
    if ((op == Op::kNext || op == Op::kPrev) && v.words.empty() && !v.free_text && !v.has_range) refuse("there is nothing to step through");
  }

  void AddCapability(const YAML::Node& node) {
    node_ = node;
    AllowKeys(node, {"capability", "signal", "skill", "node", "zones", "value", "ops", "slots", "needs", "names", "states", "shared",
                     "safety", "about", "shares"});
    Capability c;
    c.id = static_cast<CapabilityId>(out_.capabilities_.size());
    c.area = area_;
    c.file = fmt::format("{}:{}", file_, node.Mark().line + 1);
    if (!node["capability"]) Fail(file_, node, "`capability` is missing");
    c.name = String(node["capability"]);
    if (out_.capability_by_name_.contains(c.name)) Fail(file_, node["capability"], fmt::format("capability `{}` stands twice", c.name));
    if (bool(node["signal"]) == bool(node["skill"])) Fail(file_, node, "exactly one of `signal` and `skill` is needed");
    if (node["signal"]) c.signal_pattern = String(node["signal"]);
    if (node["skill"]) c.skill = String(node["skill"]);
    if (!AllPlaceholdersKnown(c.signal_pattern)) Fail(file_, node["signal"], "unknown placeholder; known are row side station end hand");
    if (node["node"]) c.node = Node(node["node"]);
    if (node["zones"]) c.zones = Zones(node["zones"]);
    if (node["shared"]) c.shared = Bool(node["shared"]);
    if (node["about"]) c.about = String(node["about"]);
    SignalSpec signal;
    c.value = ReadValue(node["value"], signal);
    ReadOps(node["ops"], c);
    ReadSlots(node["slots"], c);
    ReadNeeds(node["needs"], c);
    ReadNames(node["names"], c);
    if (!node["safety"]) Fail(file_, node, fmt::format("capability `{}` has no safety class", c.name));
    const auto safety = ParseSafetyClass(String(node["safety"]));
    if (!safety) Fail(file_, node["safety"], fmt::format("unknown safety class `{}`", String(node["safety"])));
    c.safety = *safety;
    const std::string shares = node["shares"] ? String(node["shares"]) : "";
    Place(c, signal, shares);
    out_.capability_by_name_[c.name] = c.id;
    out_.capabilities_.push_back(std::move(c));
  }

  void ReadSlots(const YAML::Node& node, Capability& c) const {
    if (!node) return;
    for (const YAML::Node& item : Sequence(node)) {
      const std::string slot = String(item);
      if (slot == "text") c.slot_text = true;
      else if (slot == "to") c.slot_to = true;
      else if (slot == "for") c.slot_for = true;
      else if (slot != "when") Fail(file_, item, fmt::format("unknown slot `{}`; known are text to for when", slot));
    }
  }

  void ReadNeeds(const YAML::Node& node, Capability& c) const {
    if (!node) return;
    if (!node.IsMap()) Fail(file_, node, "`needs` is a map from ops to slots");
    for (const auto& entry : node) {
      const auto op = ParseOp(String(entry.first));
      if (!op || !c.Can(*op)) Fail(file_, entry.first, fmt::format("`needs`: `{}` is no op of this capability", String(entry.first)));
      for (const YAML::Node& item : Sequence(entry.second)) {
        const std::string slot = String(item);
        const bool has = (slot == "text" && c.slot_text) || (slot == "to" && c.slot_to) || slot == "when";
        if (!has) Fail(file_, item, fmt::format("`needs`: `{}` is no slot of this capability", slot));
        c.needs[*op].push_back(slot == "text" ? CallSlot::kText : slot == "to" ? CallSlot::kTo : CallSlot::kWhen);
      }
    }
  }

  void ReadNames(const YAML::Node& node, Capability& c) const {
    if (!node) Fail(file_, node_, fmt::format("capability `{}` has no names", c.name));
    AllowKeys(node, {"zh", "en"});
    if (node["zh"]) c.names_zh = Strings(node["zh"]);
    if (node["en"]) c.names_en = Strings(node["en"]);
    if (c.names_zh.empty() || c.names_en.empty())
      Fail(file_, node, fmt::format("capability `{}` needs a Chinese and an English name", c.name));
    const YAML::Node& states = node_["states"];
    if (!states) return;
    AllowKeys(states, {"zh", "en"});
    if (states["zh"]) c.states_zh = Strings(states["zh"]);
    if (states["en"]) c.states_en = Strings(states["en"]);
    if (c.states_zh.size() != 2 || c.states_en.size() != 2)
      Fail(file_, states, "`states` has in each language what it is when off, and when on");
  }

  void Place(const Capability& c, const SignalSpec& signal, const std::string& shares) {
    std::vector<InterfaceId> mine;
    const auto add = [&](Zone zone) {
      Interface interface;
      interface.id = static_cast<InterfaceId>(out_.interfaces_.size());
      interface.capability = c.id;
      interface.zone = zone;
      if (c.is_service()) {
        interface.path = "Service." + c.name + (zone == Zone::kWhole ? "" : "." + std::string(ZoneName(zone)));
      } else {
        interface.path = ExpandPath(c.signal_pattern, zone);
        if (interface.path.find('{') != std::string::npos) {
          Fail(file_, node_["signal"], fmt::format("`{}` has no meaning in zone `{}`", c.signal_pattern, ZoneName(zone)));
        }
        interface.signal = SignalFor(c, interface.path, signal, shares);
      }
      mine.push_back(interface.id);
      out_.interfaces_.push_back(std::move(interface));
    };
    if (c.zones.empty()) add(Zone::kWhole);
    else c.zones.ForEach(add);
    out_.interfaces_by_capability_.push_back(std::move(mine));
  }

  SignalId SignalFor(const Capability& c, const std::string& path, const SignalSpec& range, const std::string& shares) {
    SignalSpec spec = range;
    spec.path = path;
    spec.node = c.node;
    spec.type = c.value.type;
    spec.unit = c.value.unit;
    spec.about = c.about;
    if (spec.type == DataType::kString && !c.value.free_text) {
      for (const Word& word : c.value.words) spec.allowed.push_back(std::get<std::string>(word.signal));
      for (const auto* extra : {&c.value.on, &c.value.off}) {
        if (*extra && !spec.allowed.empty()) AddOnce(spec.allowed, std::get<std::string>(**extra));
      }
      if (!spec.initial && c.value.off) spec.initial = c.value.off;  // what can be off is off until somebody turns it on
      if (spec.initial && !spec.allowed.empty()) AddOnce(spec.allowed, std::get<std::string>(*spec.initial));
    }
    const auto known = out_.signal_by_path_.find(path);
    if (known == out_.signal_by_path_.end()) {
      CheckTreePath(node_["signal"], path);
      owner_[path] = c.name;
      const auto id = static_cast<SignalId>(out_.signals_.size());
      out_.signal_by_path_[path] = id;
      out_.signals_.push_back(std::move(spec));
      return id;
    }
    if (shares.empty() || owner_[path] != shares) {
      Fail(file_, node_,
           fmt::format("interface `{}` stands twice: it belongs to `{}` (say `shares: {}` if that is meant)", path, owner_[path],
                       owner_[path]));
    }
    MergeShared(out_.signals_[known->second], spec);
    return known->second;
  }

  static void AddOnce(std::vector<std::string>& words, const std::string& word) {
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }

  void MergeShared(SignalSpec& signal, const SignalSpec& other) const {
    if (signal.type != other.type) Fail(file_, node_, fmt::format("`{}` is shared with another type", signal.path));
    if (signal.min && other.min) signal.min = std::min(*signal.min, *other.min);
    if (signal.max && other.max) signal.max = std::max(*signal.max, *other.max);
    for (const std::string& word : other.allowed) {
      AddOnce(signal.allowed, word);
    }
    if (!signal.initial) signal.initial = other.initial;
  }

  void CheckTreePath(const YAML::Node& node, const std::string& path) const {
    if (!path.starts_with("Vehicle.")) Fail(file_, node, fmt::format("`{}` is not under Vehicle", path));
    for (const char ch : path) {
      const bool ok = (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '.' || ch == '_';
      if (!ok) Fail(file_, node, fmt::format("`{}` has a character that VSS paths do not have", path));
    }
  }

  void AddPlainSignal(const YAML::Node& node) {
    AllowKeys(node, {"path", "node", "type", "unit", "min", "max", "allowed", "default", "about"});
    if (!node["path"] || !node["type"]) Fail(file_, node, "a signal needs `path` and `type`");
    SignalSpec signal;
    signal.path = String(node["path"]);
    CheckTreePath(node["path"], signal.path);
    if (out_.signal_by_path_.contains(signal.path)) Fail(file_, node["path"], fmt::format("signal `{}` stands twice", signal.path));
    signal.node = node["node"] ? Node(node["node"]) : NodeType::kSensor;
    signal.type = Type(node["type"]);
    if (node["unit"]) signal.unit = Unit(node["unit"]);
    if (node["min"]) signal.min = Number(node["min"]);
    if (node["max"]) signal.max = Number(node["max"]);
    if (signal.min && signal.max && *signal.min >= *signal.max) Fail(file_, node, "min is not below max");
    if ((signal.min || signal.max) && !IsNumeric(signal.type))
      Fail(file_, node, fmt::format("a {} has no range", DataTypeName(signal.type)));
    if (node["allowed"]) signal.allowed = Strings(node["allowed"]);
    if (node["default"]) signal.initial = Scalar(node["default"], signal.type);
    if (node["about"]) signal.about = String(node["about"]);
    out_.signal_by_path_[signal.path] = static_cast<SignalId>(out_.signals_.size());
    out_.signals_.push_back(std::move(signal));
  }

  // A name may belong to two capabilities only when their zones tell them apart.
  void CheckNames() const {
    std::map<std::string, const Capability*> owner;
    for (const Capability& c : out_.capabilities_) {
      for (const auto* names : {&c.names_zh, &c.names_en}) {
        std::set<std::string> own;
        for (const std::string& name : *names) {
          const std::string key = ToLowerAscii(name);
          if (!own.insert(key).second) throw Broken{fmt::format("{}: name `{}` stands twice", c.file, name)};
          const auto [it, is_new] = owner.emplace(key, &c);
          if (is_new) continue;
          const Capability& other = *it->second;
          const bool told_apart = c.zones.empty() != other.zones.empty() || (!c.zones.empty() && (c.zones & other.zones).empty());
          if (other.id != c.id && !told_apart) {
            throw Broken{fmt::format("{}: name `{}` is already claimed by `{}` ({})", c.file, name, other.name, other.file)};
          }
        }
      }
    }
  }

  std::string file_, area_;
  YAML::Node node_;                           // the capability being read
  std::map<std::string, std::string> owner_;  // signal path → the capability that owns it
  Catalogue out_;
};

Result<Catalogue> Catalogue::Parse(const std::map<std::string, std::string>& files) {
  DC_ASSIGN_OR_RETURN(const auto roots, ParseYaml(files));
  std::string file;
  try {
    CatalogueBuilder builder;
    for (const auto& [name, root] : roots) {
      file = name;
      builder.Read(name, root);
    }
    Catalogue catalogue = std::move(builder).Finish();
    catalogue.fingerprint_ = HashFiles(files);
    return catalogue;
  } catch (const Broken& broken) {
    return InvalidArgument(broken.message);
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("{}:{}: {}", file, e.mark.line + 1, e.msg));
  }
}

Result<Catalogue> Catalogue::Load(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return Unavailable(fmt::format("cannot read {}", entry.path().string()));
    if (text.str().size() > kFileBytesMax)
      return ResourceExhausted(fmt::format("{} exceeds {} bytes", entry.path().string(), kFileBytesMax));
    files.emplace(entry.path().filename().string(), text.str());
  }
  if (error) return NotFound(fmt::format("no catalogue at {}: {}", directory.string(), error.message()));
  if (files.empty()) return NotFound(fmt::format("no catalogue at {}: no *.yaml there", directory.string()));
  return Parse(files);
}

}  // namespace deepcabin
