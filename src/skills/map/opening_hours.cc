#include "skills/map/opening_hours.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "skills/map/names.h"

namespace deepcabin::skills {
namespace {

constexpr int kDayMinutes = 1440;
constexpr std::array<std::string_view, 7> kDays{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};

std::optional<int> ReadDay(std::string_view text) {
  const auto it = std::find(kDays.begin(), kDays.end(), text);
  if (it == kDays.end()) return std::nullopt;
  return static_cast<int>(it - kDays.begin());
}

// "Mo-Fr,Su": the days; holidays are read and left out. Nothing where a part is something else.
std::optional<std::array<bool, 7>> ReadDays(std::string_view text) {
  std::array<bool, 7> days{};
  for (const std::string_view part : Split(text, ',')) {
    if (part == "PH" || part == "SH") continue;
    const auto ends = Split(part, '-');
    const auto from = ReadDay(ends.front()), to = ReadDay(ends.back());
    if (!from || !to || ends.size() > 2) return std::nullopt;
    for (int day = *from;; day = (day + 1) % 7) {
      days[static_cast<std::size_t>(day)] = true;
      if (day == *to) break;
    }
  }
  return days;
}

std::optional<int> ReadMinute(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon > 2 || text.size() != colon + 3) return std::nullopt;
  int hour = 0, minute = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == colon) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    int& number = i < colon ? hour : minute;
    number = number * 10 + (text[i] - '0');
  }
  if (minute > 59 || hour > 48) return std::nullopt;
  return hour * 60 + minute;
}

}  // namespace

// One rule: "Mo-Fr 10:00-14:00,17:00-22:00", "Su off", "24/7".
struct OpeningHours::Rule {
  std::array<bool, 7> days{};
  std::vector<Span> spans;

  static std::optional<Rule> Read(std::string_view text) {
    Rule rule;
    rule.days.fill(true);
    if (text == "24/7") {
      rule.spans.push_back({0, kDayMinutes});
      return rule;
    }
    std::size_t space = text.find(' ');
    const bool has_days = !text.empty() && text.front() >= 'A' && text.front() <= 'Z';
    if (has_days) {
      const auto days = ReadDays(text.substr(0, space));
      if (!days) return std::nullopt;
      rule.days = *days;
      text = space == std::string_view::npos ? "00:00-24:00" : Trim(text.substr(space));
    }
    if (text == "off" || text == "closed") return rule;
    for (const std::string_view part : Split(text, ',')) {
      const auto ends = Split(Trim(part), '-');
      if (ends.size() != 2) return std::nullopt;
      const auto from = ReadMinute(ends[0]);
      auto to = ReadMinute(ends[1]);
      if (!from || !to || *from >= kDayMinutes) return std::nullopt;
      if (*to <= *from) *to += kDayMinutes;
      if (*to - *from > kDayMinutes) return std::nullopt;
      rule.spans.push_back({*from, *to});
    }
    return rule;
  }
};

OpeningHours OpeningHours::Parse(std::string_view text) {
  OpeningHours hours;
  if (Trim(text).empty() || text.size() > kHoursBytesMax) return hours;
  for (std::string_view part : Split(text, ';')) {
    part = Trim(part);
    if (part.empty()) continue;
    const auto rule = Rule::Read(part);
    if (!rule) return {};
    // A later rule takes the place of what earlier ones said about its days.
    for (std::size_t day = 0; day < 7; ++day) {
      if (rule->days[day]) hours.days_[day] = rule->spans;
    }
    hours.known_ |= std::find(rule->days.begin(), rule->days.end(), true) != rule->days.end();
  }
  return hours;
}

namespace {

struct WeekMinute {
  int weekday, minute;
};

WeekMinute ToWeekMinute(LocalTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const int weekday = static_cast<int>(std::chrono::weekday(day).iso_encoding()) - 1;
  return {weekday, static_cast<int>(std::chrono::floor<std::chrono::minutes>(time - day).count())};
}

}  // namespace

bool OpeningHours::OpenAtMinute(int weekday, int minute) const {
  const auto covers = [](const std::vector<Span>& spans, int at) {
    return std::any_of(spans.begin(), spans.end(), [at](const Span& span) { return at >= span.from && at < span.to; });
  };
  const auto today = static_cast<std::size_t>(weekday), yesterday = static_cast<std::size_t>((weekday + 6) % 7);
  return covers(days_[today], minute) || covers(days_[yesterday], minute + kDayMinutes);
}

OpenState OpeningHours::At(LocalTime time) const {
  if (!known_) return OpenState::kUnknown;
  const WeekMinute at = ToWeekMinute(time);
  return OpenAtMinute(at.weekday, at.minute) ? OpenState::kOpen : OpenState::kClosed;
}

std::vector<OpeningHours::Span> OpeningHours::SpansAround(LocalTime time) const {
  const int weekday = ToWeekMinute(time).weekday;
  std::vector<Span> spans;
  for (int day = -1; day <= 2; ++day) {
    for (const Span& span : days_[static_cast<std::size_t>((weekday + day + 7) % 7)]) {
      spans.push_back({span.from + day * kDayMinutes, span.to + day * kDayMinutes});
    }
  }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.from < b.from; });
  std::vector<Span> merged;
  for (const Span& span : spans) {
    if (merged.empty() || span.from > merged.back().to) merged.push_back(span);
    else merged.back().to = std::max(merged.back().to, span.to);
  }
  return merged;
}

bool OpeningHours::OpensWithin(LocalTime time, std::chrono::seconds stay, std::chrono::seconds wait_max, LocalTime& opens) const {
  if (!known_) return false;
  const LocalTime midnight = std::chrono::floor<std::chrono::days>(time);
  const WeekMinute at = ToWeekMinute(time);
  for (const Span& span : days_[static_cast<std::size_t>(at.weekday)]) {  // mostly: open, and for long enough
    if (at.minute < span.from || time + stay > midnight + std::chrono::minutes(span.to)) continue;
    opens = time;
    return true;
  }
  for (const Span& span : SpansAround(time)) {
    const LocalTime from = std::max(time, LocalTime(midnight + std::chrono::minutes(span.from)));
    if (from - time > wait_max) return false;
    if (from + stay > midnight + std::chrono::minutes(span.to)) continue;
    opens = from;
    return true;
  }
  return false;
}

int OpeningHours::ClosesAtMinute(LocalTime time) const {
  const int minute = ToWeekMinute(time).minute;
  for (const Span& span : SpansAround(time)) {
    if (known_ && span.from <= minute && minute < span.to) return span.to - minute > kDayMinutes ? -1 : span.to;
  }
  return -1;
}

}  // namespace deepcabin::skills
