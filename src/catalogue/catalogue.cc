#include "catalogue/catalogue.h"

#include <array>

namespace deepcabin {
namespace {

constexpr std::array<std::string_view, kOpCount> kOps{"set",    "on",    "off",    "open",    "close",   "increase", "decrease", "toggle",
                                                      "play",   "pause", "next",   "prev",    "start",   "stop",     "call",     "send",
                                                      "search", "query", "cancel", "clarify", "confirm", "chat",     "answer",   "refuse"};

constexpr std::array<std::string_view, 20> kSafety{"comfort",     "driver_control", "seat_motion",   "visibility",   "signalling",
                                                   "opening",     "closure",        "lock",          "child_safety", "powertrain",
                                                   "drive_style", "assistance",     "communication", "emergency",    "purchase",
                                                   "navigation",  "screen_content", "privacy",       "charging",     "read_only"};

template <typename Enum, std::size_t N>
std::optional<Enum> Lookup(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

// Where the speaker is, for a thing of which the speaker has one: the own place, else the own row, else everywhere.
ZoneSet OwnPlace(Zone speaker, ZoneSet placed) {
  const ZoneSet own = ExpandZone(IsSeat(speaker) ? speaker : Zone::kAll, placed);
  if (!own.empty()) return own;
  const bool is_front = speaker == Zone::kRow1Left || speaker == Zone::kRow1Right;
  const ZoneSet row = ExpandZone(is_front ? Zone::kFront : Zone::kRear, placed);
  return row.empty() ? placed : row;
}

}  // namespace

std::string_view CallSlotName(CallSlot slot) { return slot == CallSlot::kText ? "text" : slot == CallSlot::kTo ? "to" : "when"; }

std::string_view OpName(Op op) { return kOps[static_cast<std::size_t>(op)]; }
std::optional<Op> ParseOp(std::string_view name) { return Lookup<Op>(kOps, name); }
std::string_view SafetyClassName(SafetyClass safety) { return kSafety[static_cast<std::size_t>(safety)]; }
std::optional<SafetyClass> ParseSafetyClass(std::string_view name) { return Lookup<SafetyClass>(kSafety, name); }
std::string_view LanguageName(Language language) { return language == Language::kChinese ? "zh" : "en"; }

const Word* Capability::FindWord(std::string_view word) const {
  for (const Word& w : value.words) {
    if (w.name == word) return &w;
  }
  return nullptr;
}

const Capability* Catalogue::FindCapability(std::string_view name) const {
  const auto it = capability_by_name_.find(std::string(name));
  return it == capability_by_name_.end() ? nullptr : &capabilities_[it->second];
}

std::optional<SignalId> Catalogue::FindSignal(std::string_view path) const {
  const auto it = signal_by_path_.find(std::string(path));
  if (it == signal_by_path_.end()) return std::nullopt;
  return it->second;
}

InterfaceId Catalogue::FindInterface(CapabilityId capability, Zone zone) const {
  for (const InterfaceId id : interfaces_by_capability_[capability]) {
    if (interfaces_[id].zone == zone) return id;
  }
  return kNoId;
}

const std::vector<InterfaceId>& Catalogue::InterfacesOf(SignalId signal) const { return interfaces_by_signal_[signal]; }

std::vector<InterfaceId> Catalogue::Resolve(const Capability& capability, Zone zone, Zone speaker) const {
  if (capability.zones.empty()) return {interfaces_by_capability_[capability.id].front()};
  ZoneSet wanted;
  if (zone != Zone::kWhole) {
    wanted = ExpandZone(zone, capability.zones);
  } else if (capability.shared) {
    wanted = capability.zones;
  } else if (capability.zones.Has(Zone::kFront) && capability.zones.Has(Zone::kRear)) {
    wanted = ZoneSet{Zone::kFront};  // washing, defrosting: the windscreen is meant
  } else {
    wanted = OwnPlace(speaker, capability.zones);
  }
  std::vector<InterfaceId> found;
  for (const InterfaceId id : interfaces_by_capability_[capability.id]) {
    if (wanted.Has(interfaces_[id].zone)) found.push_back(id);
  }
  return found;
}

}  // namespace deepcabin
