#include "agent/services/agenda.h"

#include <algorithm>
#include <array>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "agent/services/days.h"
#include "agent/services/say.h"
#include "base/text.h"

namespace deepcabin::agent {
namespace {

using skills::Appointment;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::size_t kToldMax = 4;  // the card shows more
constexpr std::size_t kShownMax = 12;
constexpr auto kNextWords = std::to_array<std::string_view>({"下一个", "下个", "下一场", "接下来", "next"});
constexpr days kNextWithin{14};

bool AsksForTheNext(std::string_view said) {
  const std::string lower = ToLowerAscii(said);
  return std::any_of(kNextWords.begin(), kNextWords.end(), [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

}  // namespace

sys_seconds Agenda::Now() const { return std::chrono::floor<std::chrono::seconds>(parts_.clock.WallTime()); }

// 15:00 看牙医（市一医院）
std::string Agenda::Describe(const Appointment& one, Language language) const {
  const auto local = one.start + parts_.utc_offset;
  std::string text = one.all_day ? Either(language, "全天", "all day") : fmt::format("{:%H:%M}", local);
  text += " " + one.title;
  if (!one.place.empty()) text += Say(language, "（{}）", " ({})", one.place);
  return text;
}

ServiceAnswer Agenda::Told(std::string_view said, Language language) const {
  const sys_seconds now = Now();
  const sys_days today = std::chrono::floor<days>(now + parts_.utc_offset);
  const int weekday = WeekdayOf(today);
  const auto meant = ReadDays(said, weekday);
  const bool next = !meant && AsksForTheNext(said);
  const sys_seconds from = meant ? std::max(now, sys_seconds(today + days(meant->first)) - parts_.utc_offset) : now;
  const sys_seconds to = next ? now + kNextWithin : sys_seconds(today + days(meant ? meant->last + 1 : 1)) - parts_.utc_offset;
  auto found = parts_.source->Between(from, to);
  if (!found) return NotDone(language, "日历现在没有应答", "the calendar does not answer");
  if (next) {
    std::erase_if(*found, [&](const Appointment& one) { return one.start < now || one.all_day; });
    if (found->size() > 1) found->resize(1);
  }
  const bool one_day = !next && (!meant || meant->first == meant->last);
  const std::string when = next ? "" : one_day ? DayName(meant ? meant->first : 0, weekday, language) : Either(language, "这几天", "then");
  if (found->empty()) return Done(language, "{}没有安排", "Nothing is planned {}", next ? Either(language, "接下来", "next") : when);

  OrderedJson card = {{"kind", "agenda"}, {"items", OrderedJson::array()}};
  std::string told = one_day ? when + Either(language, "：", ": ") : "";
  for (std::size_t i = 0; i < std::min(found->size(), kShownMax); ++i) {
    const Appointment& one = (*found)[i];
    const sys_days day = std::chrono::floor<days>(one.start + parts_.utc_offset);
    card["items"].push_back(
        {{"at", fmt::format("{:%m-%d}", day) + (one.all_day ? "" : fmt::format(" {:%H:%M}", one.start + parts_.utc_offset))},
         {"title", one.title},
         {"place", one.place}});
    if (i >= kToldMax) continue;
    const auto away = static_cast<int>((day - today).count());
    if (i > 0) told += Either(language, "；", "; ");
    if (!one_day) told += DayName(std::max(0, away), weekday, language) + " ";
    told += Describe(one, language);
  }
  if (found->size() > kToldMax) told += Say(language, "，一共{}项", ", {} in all", found->size());
  return {.done = true, .said = Capital(std::move(told)), .card = std::move(card)};
}

std::vector<Appointment> Agenda::WithPlace() const {
  if (parts_.source == nullptr) return {};
  auto found = parts_.source->Between(Now(), Now() + days(1));
  if (!found) return {};
  std::erase_if(*found, [](const Appointment& one) { return one.place.empty() || one.all_day; });
  return *std::move(found);
}

}  // namespace deepcabin::agent
