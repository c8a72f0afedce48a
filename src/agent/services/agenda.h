#pragma once
// What the calendar holds: told when somebody asks what is planned, and to the proposer what lies ahead.

#include <chrono>
#include <vector>

#include "agent/service.h"
#include "base/clock.h"
#include "skills/calendar/calendar.h"

namespace deepcabin::agent {

// Thread-safe. What it refers to outlives it.
class Agenda {
 public:
  struct Parts {
    const skills::CalendarSource* source = nullptr;  // null: no calendar is set up
    const Clock& clock;
    std::chrono::minutes utc_offset{480};
  };
  explicit Agenda(const Parts& parts) : parts_(parts) {}

  std::chrono::sys_seconds Now() const;
  bool has_calendar() const { return parts_.source != nullptr; }
  // Of the days that are named in `said`, of the next appointment ("what's next"), else of what is left of today. Asks the calendar.
  ServiceAnswer Told(std::string_view said, Language language) const;
  // Those with a place that begin within the next day. Asks the calendar; empty where it does not answer.
  std::vector<skills::Appointment> WithPlace() const;

 private:
  std::string Describe(const skills::Appointment& one, Language language) const;

  const Parts parts_;
};

}  // namespace deepcabin::agent
