#include "catalogue/zone.h"

namespace deepcabin {
namespace {

constexpr std::array<std::string_view, 13> kNames{"row1.left", "row1.right", "row2.left", "row2.middle", "row2.right",
                                                  "row3.left", "row3.right", "front",     "rear",        "left",
                                                  "right",     "all",        ""};

constexpr ZoneSet kRow1{Zone::kRow1Left, Zone::kRow1Right};
constexpr ZoneSet kRows23{Zone::kRow2Left, Zone::kRow2Middle, Zone::kRow2Right, Zone::kRow3Left, Zone::kRow3Right};
constexpr ZoneSet kLeftSeats{Zone::kRow1Left, Zone::kRow2Left, Zone::kRow3Left};
constexpr ZoneSet kRightSeats{Zone::kRow1Right, Zone::kRow2Right, Zone::kRow3Right};

ZoneSet SeatsOf(Zone group) {
  switch (group) {
    case Zone::kFront: return kRow1;
    case Zone::kRear: return kRows23;
    case Zone::kLeft: return kLeftSeats;
    case Zone::kRight: return kRightSeats;
    default: return {};
  }
}

}  // namespace

std::string_view ZoneName(Zone zone) { return kNames[static_cast<std::size_t>(zone)]; }

std::optional<Zone> ParseZone(std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (name == "driver") return Zone::kRow1Left;
  if (name == "passenger") return Zone::kRow1Right;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Zone>(i);
  }
  return std::nullopt;
}

bool IsSeat(Zone zone) { return static_cast<int>(zone) < kSeatCount; }

ZoneSet ExpandZone(Zone zone, ZoneSet placed) {
  if (zone == Zone::kAll || zone == Zone::kWhole) return placed;
  if (placed.Has(zone)) return ZoneSet{zone};
  if (!IsSeat(zone)) return SeatsOf(zone) & placed;
  ZoneSet ends;  // a seat asks for something that is placed at an end or a side of the car
  for (const Zone end : {Zone::kFront, Zone::kRear, Zone::kLeft, Zone::kRight}) {
    if (placed.Has(end) && SeatsOf(end).Has(zone)) ends.Add(end);
  }
  return ends;
}

}  // namespace deepcabin
