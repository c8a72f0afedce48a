#pragma once
// Where in the car: leaf zones (seats and ends of the car), group words, and how the speaker's own words resolve.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace deepcabin {

// The first seven are seats; then the car's ends and sides; kAll is every place; kWhole is "the car as one thing" (no zone at all).
enum class Zone : std::uint8_t {
  kRow1Left,
  kRow1Right,
  kRow2Left,
  kRow2Middle,
  kRow2Right,
  kRow3Left,
  kRow3Right,
  kFront,
  kRear,
  kLeft,
  kRight,
  kAll,
  kWhole,
};
inline constexpr int kSeatCount = 7;

// "row1.left" … "front" … "all"; kWhole is "".
std::string_view ZoneName(Zone zone);
// Accepts the names above, and "driver"/"passenger" resolved for a car whose driver sits left. Empty text is not a zone.
std::optional<Zone> ParseZone(std::string_view name);
bool IsSeat(Zone zone);

// A set of zones, one bit each.
class ZoneSet {
 public:
  constexpr ZoneSet() = default;
  constexpr ZoneSet(std::initializer_list<Zone> zones) {
    for (const Zone z : zones) Add(z);
  }
  constexpr void Add(Zone zone) { bits_ = static_cast<std::uint16_t>(bits_ | Bit(zone)); }
  constexpr bool Has(Zone zone) const { return (bits_ & Bit(zone)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const ZoneSet&) const = default;
  constexpr ZoneSet operator&(ZoneSet o) const {
    ZoneSet r;
    r.bits_ = static_cast<std::uint16_t>(bits_ & o.bits_);
    return r;
  }
  constexpr ZoneSet operator|(ZoneSet o) const {
    ZoneSet r;
    r.bits_ = static_cast<std::uint16_t>(bits_ | o.bits_);
    return r;
  }
  int size() const { return __builtin_popcount(bits_); }
  // Calls f(Zone) for each member, in order.
  template <typename F>
  void ForEach(F&& f) const {
    for (int i = 0; i < 13; ++i)
      if (Has(static_cast<Zone>(i))) f(static_cast<Zone>(i));
  }

 private:
  static constexpr std::uint16_t Bit(Zone zone) { return static_cast<std::uint16_t>(1u << static_cast<unsigned>(zone)); }
  std::uint16_t bits_ = 0;
};

// The leaf zones among `placed` that a spoken `zone` means: itself if placed there; else the group's members
// (front = row1, rear = rows 2 and 3, left/right = that side in all rows, all = everything placed; for things placed at front/rear or
// left/right ends, a seat means the end or side it is at). Empty when there is none.
ZoneSet ExpandZone(Zone zone, ZoneSet placed);

}  // namespace deepcabin
