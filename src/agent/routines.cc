#include "agent/routines.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <utility>

#include <fmt/format.h>

namespace deepcabin::agent {
namespace {

using TimePoint = std::chrono::system_clock::time_point;

constexpr std::array<std::string_view, 7> kWeekdays{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 7> kWeekdaysZh{"周日", "周一", "周二", "周三", "周四", "周五", "周六"};

int WeekdayOf(std::string_view name) {
  for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
    if (kWeekdays[i] == name) return static_cast<int>(i);
  }
  return -1;
}

// The names of the days from today on.
struct DayName {
  std::string_view id, zh, en;
};
constexpr auto kDays = std::to_array<DayName>({{"today", "今天", "today"},
                                               {"tomorrow", "明天", "tomorrow"},
                                               {"day_after_tomorrow", "后天", "the day after tomorrow"},
                                               {"in_three_days", "大后天", "in three days"}});

std::tm Local(TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  return local;
}

bool DayFits(const When& when, const std::tm& day, int days_ahead) {
  const int wday = day.tm_wday;
  const bool weekend = wday == 0 || wday == 6;
  if (when.repeat == "weekday") return !weekend;
  if (when.repeat == "weekend" || when.day == "weekend") return weekend;
  if (const int wanted = WeekdayOf(when.repeat.empty() ? when.day : when.repeat); wanted >= 0) return wday == wanted;
  const auto named = std::find_if(kDays.begin(), kDays.end(), [&](const DayName& name) { return name.id == when.day; });
  return named == kDays.end() || days_ahead == named - kDays.begin();
}

// The first moment after `now` that has the wanted time of day on a fitting day.
Result<TimePoint> NextAt(const When& when, TimePoint now) {
  int hour = 0;
  int minute = 0;
  if (std::sscanf(when.time.c_str(), "%d:%d", &hour, &minute) != 2 || hour < 0 || hour > 24 || minute < 0 || minute > 59) {
    return InvalidArgument(fmt::format("\"{:.20}\" is no time of day", when.time));
  }
  constexpr int kDaysMax = 15;
  for (int ahead = 0; ahead < kDaysMax; ++ahead) {
    std::tm day = Local(now);
    day.tm_mday += ahead;
    day.tm_hour = hour % 24;
    day.tm_min = minute;
    day.tm_sec = 0;
    day.tm_isdst = -1;
    const TimePoint at = std::chrono::system_clock::from_time_t(std::mktime(&day));  // normalises the day and its weekday
    if (at > now && DayFits(when, day, ahead)) return at;
  }
  return InvalidArgument("that time has passed");
}

}  // namespace

Result<Routine> Routines::Add(Routine routine) {
  const TimePoint now = clock_.WallTime();
  switch (routine.when.kind) {
    case WhenKind::kAfter:
      routine.due = now + std::chrono::duration_cast<TimePoint::duration>(std::chrono::duration<double>(routine.when.seconds));
      break;
    case WhenKind::kAt: {
      DC_ASSIGN_OR_RETURN(routine.due, NextAt(routine.when, now));
      break;
    }
    case WhenKind::kBeforeArrival: return FailedPrecondition("there is no route");
    case WhenKind::kIf:
    case WhenKind::kOnce: break;
  }
  const std::lock_guard lock(mutex_);
  if (routines_.size() >= kRoutinesMax) return ResourceExhausted(fmt::format("{} routines are waiting already", kRoutinesMax));
  routine.id = next_id_++;
  routines_.push_back(routine);
  return routine;
}

std::vector<Routine> Routines::Due(const std::function<bool(const Condition&)>& holds) {
  const TimePoint now = clock_.WallTime();
  std::vector<Routine> due;
  const std::lock_guard lock(mutex_);
  for (auto it = routines_.begin(); it != routines_.end();) {
    const bool timed = it->when.kind == WhenKind::kAfter || it->when.kind == WhenKind::kAt;
    bool fires = timed && it->due <= now;
    if (!timed) {
      const bool now_true = holds(it->when.condition);
      fires = now_true && it->armed;
      if (!now_true) it->armed = true;
    }
    if (!fires) {
      ++it;
      continue;
    }
    due.push_back(*it);
    const auto next = it->when.repeat.empty() ? Result<TimePoint>(Internal("once")) : NextAt(it->when, now);
    if (next) {
      it->due = *next;
      ++it;
    } else {
      it = routines_.erase(it);
    }
  }
  return due;
}

std::size_t Routines::Cancel(const std::string& session, CapabilityId capability) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(routines_, [&](const Routine& r) { return r.session == session && r.call.capability == capability; });
}

std::vector<Routine> Routines::List(const std::string& session) const {
  const std::lock_guard lock(mutex_);
  std::vector<Routine> found;
  std::copy_if(routines_.begin(), routines_.end(), std::back_inserter(found), [&](const Routine& r) { return r.session == session; });
  return found;
}

Json Routines::Save(const Catalogue& catalogue) const {
  const std::lock_guard lock(mutex_);
  Json json = Json::array();
  for (const Routine& routine : routines_) {
    Call call = routine.call;
    call.when = routine.when;
    json.push_back({{"session", routine.session},
                    {"speaker", ZoneName(routine.speaker)},
                    {"language", LanguageName(routine.language)},
                    {"call", Json::parse(DumpJson(CallToJson(call, catalogue)))},
                    {"due", std::chrono::system_clock::to_time_t(routine.due)},
                    {"armed", routine.armed}});
  }
  return json;
}

Result<std::vector<Routine>> Routines::Load(const Json& json, const Catalogue& catalogue) {
  if (!json.is_array()) return InvalidArgument("routines are a list");
  const TimePoint now = clock_.WallTime();
  std::vector<Routine> waiting, missed;
  for (const Json& entry : json) {
    const auto text = [&](const char* key) { return entry.contains(key) && entry[key].is_string() ? entry[key].get<std::string>() : ""; };
    if (!entry.is_object() || !entry.contains("call")) return InvalidArgument("a routine without its call");
    Routine routine;
    DC_ASSIGN_OR_RETURN(routine.call, CallFromJson(entry["call"], catalogue));
    const auto speaker = ParseZone(text("speaker"));
    const bool has_rest =
        entry.contains("due") && entry["due"].is_number_integer() && entry.contains("armed") && entry["armed"].is_boolean();
    if (!routine.call.when || !speaker || !has_rest) return InvalidArgument("a routine lacks `when`, `speaker`, `due` or `armed`");
    routine.when = *std::exchange(routine.call.when, std::nullopt);
    routine.session = text("session");
    routine.speaker = *speaker;
    routine.language = text("language") == "en" ? Language::kEnglish : Language::kChinese;
    routine.due = std::chrono::system_clock::from_time_t(entry["due"].get<std::int64_t>());
    routine.armed = entry["armed"].get<bool>();
    const bool timed = routine.when.kind == WhenKind::kAfter || routine.when.kind == WhenKind::kAt;
    if (timed && routine.due <= now) {
      const auto next = routine.when.repeat.empty() ? Result<TimePoint>(Internal("once")) : NextAt(routine.when, now);
      if (!next) {
        missed.push_back(std::move(routine));
        continue;
      }
      routine.due = *next;
    }
    waiting.push_back(std::move(routine));
  }
  const std::lock_guard lock(mutex_);
  if (routines_.size() + waiting.size() > kRoutinesMax) return ResourceExhausted(fmt::format("more than {} routines", kRoutinesMax));
  for (Routine& routine : waiting) {
    routine.id = next_id_++;
    routines_.push_back(std::move(routine));
  }
  return missed;
}

std::string DescribeWhen(const When& when, Language language) {
  const bool zh = language == Language::kChinese;
  switch (when.kind) {
    case WhenKind::kAfter: {
      const long seconds = std::lround(when.seconds);
      if (seconds % 3600 == 0) return zh ? fmt::format("{}小时后", seconds / 3600) : fmt::format("in {} h", seconds / 3600);
      if (seconds % 60 == 0) return zh ? fmt::format("{}分钟后", seconds / 60) : fmt::format("in {} min", seconds / 60);
      return zh ? fmt::format("{}秒后", seconds) : fmt::format("in {} s", seconds);
    }
    case WhenKind::kAt: {
      std::string day = when.repeat.empty() ? when.day : when.repeat;
      for (const DayName& name : kDays) {
        if (day == name.id) day = zh ? name.zh : name.en;
      }
      if (zh) {
        if (day == "daily") day = "每天";
        else if (day == "weekday") day = "工作日";
        else if (day == "weekend") day = "周末";
        else if (const int w = WeekdayOf(day); w >= 0) day = kWeekdaysZh[static_cast<std::size_t>(w)];
        return day + when.time;
      }
      return (day.empty() ? "" : day + " ") + "at " + when.time;
    }
    case WhenKind::kBeforeArrival: return zh ? "到达前" : "before arrival";
    case WhenKind::kIf:
    case WhenKind::kOnce: return when.condition.text.empty() ? (zh ? "条件满足时" : "when the condition holds") : when.condition.text;
  }
  return {};
}

}  // namespace deepcabin::agent
