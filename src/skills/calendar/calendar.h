#pragma once
// Appointments of a calendar outside the car: iCalendar (RFC 5545), which every calendar gives out at an address of its own. It is read and
// never written.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "skills/outside.h"

namespace deepcabin::skills {

inline constexpr std::size_t kAppointmentsMax = 500;  // of one answer, the earliest

struct Appointment {
  std::string title, place{};  // strangers' text, cleaned; a place may be ""
  std::chrono::sys_seconds start{}, end{};
  bool all_day = false;
};

// What touches [from, to), the earliest first. Repeating appointments are unrolled (RRULE, EXDATE, moved and cancelled ones; RDATE is not
// read). Times without a zone are the car's. kInvalidArgument: no calendar.
Result<std::vector<Appointment>> ReadCalendar(const std::string& text, std::chrono::sys_seconds from, std::chrono::sys_seconds to,
                                              std::chrono::minutes utc_offset);

// Thread-safe.
class CalendarSource {
 public:
  virtual ~CalendarSource() = default;
  // As ReadCalendar; errors of Exchange where it cannot be had.
  virtual Result<std::vector<Appointment>> Between(std::chrono::sys_seconds from, std::chrono::sys_seconds to) const = 0;
};

// `outside.url`: http(s), or file:/… on this machine. It is fetched at most every ten minutes; where that fails, what it held last counts
// for a day, and it is not asked again for a minute.
std::unique_ptr<CalendarSource> MakeCalendar(Outside outside);

}  // namespace deepcabin::skills
