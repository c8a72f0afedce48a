// Calendars: any bytes are refused, or become appointments within the limits, in order, with clean titles, inside what was asked for.

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "skills/calendar/calendar.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::chrono::sys_days kFrom = std::chrono::year(2026) / 3 / 2;
  const std::string text(fuzz::Text(data, size));
  const auto read = skills::ReadCalendar(text, kFrom, kFrom + std::chrono::days(30), std::chrono::minutes(480));
  if (!read) return 0;
  fuzz::Promise(read->size() <= skills::kAppointmentsMax, "appointments within the limit");
  std::chrono::sys_seconds last{std::chrono::seconds::min()};
  for (const skills::Appointment& one : *read) {
    fuzz::Promise(one.start >= last, "in order");
    last = one.start;
    fuzz::Promise(one.start < kFrom + std::chrono::days(30) && one.end >= kFrom && one.end >= one.start, "inside what was asked for");
    fuzz::Promise(!one.title.empty() && IsValidUtf8(one.title) && IsValidUtf8(one.place), "titles are text");
  }
  return 0;
}
