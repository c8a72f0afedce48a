#pragma once
// Opening hours in the syntax of OSM's tag opening_hours: the part of it that most places use. What is not understood, to the last
// character, is unknown; it is never guessed. Public holidays are not known to us: rules for PH and SH are left out.

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace deepcabin::skills {

// Seconds of the local clock: what the people there call the time.
using LocalTime = std::chrono::local_seconds;

enum class OpenState : std::uint8_t { kUnknown, kOpen, kClosed };

// Thread-safe once parsed.
class OpeningHours {
 public:
  static OpeningHours Parse(std::string_view text);

  bool is_known() const { return known_; }
  OpenState At(LocalTime time) const;
  // From when on it is open until `time + stay`, at the latest `time + wait_max`: `time` itself where it is open then. False: not known, or
  // not within that time.
  bool OpensWithin(LocalTime time, std::chrono::seconds stay, std::chrono::seconds wait_max, LocalTime& opens) const;
  // Minute of the day of `time` at which it closes, past midnight beyond 1440; -1 where unknown, closed, or never closing.
  int ClosesAtMinute(LocalTime time) const;

 private:
  struct Span {
    int from = 0, to = 0;  // minutes after midnight; `to` may lie beyond 1440
  };
  struct Rule;

  bool OpenAtMinute(int weekday, int minute) const;
  // From yesterday to the day after tomorrow, in minutes since today's midnight; spans that touch are one.
  std::vector<Span> SpansAround(LocalTime time) const;

  bool known_ = false;
  std::array<std::vector<Span>, 7> days_;  // Monday first
};

}  // namespace deepcabin::skills
