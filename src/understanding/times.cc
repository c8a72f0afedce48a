// Spans and points of time: the part of numbers.h that has units of time.

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "understanding/numbers.h"

namespace deepcabin::understanding {
namespace {

using View = std::u32string_view;

std::size_t SkipSpace(View text, std::size_t at) { return at < text.size() && text[at] == U' ' ? at + 1 : at; }

bool IsLetter(char32_t c) { return c >= U'a' && c <= U'z'; }

// The end of `word` when it stands at `at` as a whole word; npos otherwise.
std::size_t After(View text, std::size_t at, View word) {
  if (at > text.size() || text.substr(at, word.size()) != word) return View::npos;
  const std::size_t end = at + word.size();
  if (IsLetter(word.back()) && end < text.size() && IsLetter(text[end])) return View::npos;
  return end;
}

template <std::size_t N>
std::size_t AfterAny(View text, std::size_t at, const std::array<View, N>& words) {
  for (const View word : words) {
    if (const std::size_t end = After(text, at, word); end != View::npos) return end;
  }
  return View::npos;
}

struct SpanUnit {
  View word;
  double seconds;
};
constexpr std::array<SpanUnit, 21> kSpanUnits{
    {{U"秒钟", 1},    {U"秒", 1},     {U"分钟", 60},  {U"个钟头", 3600}, {U"个钟", 3600}, {U"个小时", 3600}, {U"小时", 3600},
     {U"钟头", 3600}, {U"刻钟", 900}, {U"天", 86400}, {U"seconds", 1},   {U"second", 1},  {U"secs", 1},      {U"minutes", 60},
     {U"minute", 60}, {U"mins", 60},  {U"min", 60},   {U"hours", 3600},  {U"hour", 3600}, {U"days", 86400},  {U"分", 60}}};

// One number and one unit of time.
std::optional<DurationRead> ReadSpan(View text, std::size_t begin) {
  constexpr std::array<std::pair<View, double>, 16> kFixed{{{U"一个半小时", 5400},
                                                            {U"一个半钟头", 5400},
                                                            {U"半个钟头", 1800},
                                                            {U"个半小时", 5400},
                                                            {U"半个小时", 1800},
                                                            {U"半小时", 1800},
                                                            {U"半个钟", 1800},
                                                            {U"半分钟", 30},
                                                            {U"an hour and a half", 5400},
                                                            {U"half an hour", 1800},
                                                            {U"a half hour", 1800},
                                                            {U"half a minute", 30},
                                                            {U"quarter of an hour", 900},
                                                            {U"a quarter of an hour", 900},
                                                            {U"an hour", 3600},
                                                            {U"a minute", 60}}};
  for (const auto& [word, seconds] : kFixed) {
    if (const std::size_t end = After(text, begin, word); end != View::npos) return DurationRead{end, seconds};
  }
  const auto number = ReadNumber(text, begin);
  if (!number) return std::nullopt;
  // 两个半小时
  if (After(text, number->end, U"个半小时") != View::npos) return DurationRead{number->end + 4, (number->value + 0.5) * 3600};
  const std::size_t at = SkipSpace(text, number->end);
  for (const SpanUnit& unit : kSpanUnits) {
    const std::size_t end = After(text, at, unit.word);
    if (end == View::npos) continue;
    if (end < text.size() && text[end] == U'半' && unit.seconds == 60) return DurationRead{end + 1, number->value * 60 + 30};
    return DurationRead{end, number->value * unit.seconds};
  }
  return std::nullopt;
}

struct ClockRead {
  std::size_t end;
  int hour, minute;
  bool exact_half;
};

// 七点, 七点半, 七点一刻, 七点二十, 19:30, 7:30 pm, 7 o'clock.
std::optional<ClockRead> ReadClock(View text, std::size_t begin, bool bare_hour_allowed) {
  const auto hour = ReadNumber(text, begin);
  if (!hour || hour->value < 0 || hour->value > 24) return std::nullopt;
  ClockRead read{hour->end, static_cast<int>(hour->value), 0, false};
  std::size_t at = hour->end;
  const bool colon = at < text.size() && (text[at] == U':' || text[at] == U',') && at + 2 < text.size();
  if (hour->value != read.hour && text[begin] >= U'0' && text[begin] <= U'9') {
    // 7.30 written with a point
    read.minute = static_cast<int>(std::lround((hour->value - read.hour) * 100));
  } else if (colon) {
    const auto minute = ReadNumber(text, at + 1);
    if (!minute || minute->end != at + 3 || minute->value > 59) return std::nullopt;
    read.minute = static_cast<int>(minute->value);
    read.end = minute->end;
  } else if (at < text.size() && text[at] == U'点') {
    at = After(text, at, U"点钟") != View::npos ? at + 2 : at + 1;
    read.end = at;
    if (at < text.size() && text[at] == U'半') {
      read.minute = 30;
      read.end = at + 1;
    } else if (const std::size_t quarter = After(text, at, U"一刻"); quarter != View::npos) {
      read.minute = 15;
      read.end = quarter;
    } else if (const std::size_t three = After(text, at, U"三刻"); three != View::npos) {
      read.minute = 45;
      read.end = three;
    } else if (const auto minute = ReadNumber(text, at); minute && minute->value < 60) {
      read.minute = static_cast<int>(minute->value);
      read.end = minute->end < text.size() && text[minute->end] == U'分' ? minute->end + 1 : minute->end;
    }
  } else if (const std::size_t clock = After(text, SkipSpace(text, at), U"o'clock"); clock != View::npos) {
    read.end = clock;
  } else {
    const std::size_t space = SkipSpace(text, at);
    const bool am_pm = AfterAny(text, space, std::array<View, 4>{U"am", U"pm", U"a.m.", U"p.m."}) != View::npos;

    if (!am_pm) {
      const auto minute = space > at ? ReadNumber(text, space) : std::nullopt;  // "seven thirty"
      if (minute && minute->value >= 10 && minute->value < 60 && !hour->has_digits_only) {
        read.minute = static_cast<int>(minute->value);
        read.end = minute->end;
      } else if (!bare_hour_allowed) {
        return std::nullopt;
      }
    }
  }
  return read;
}

struct DayWord {
  View word;
  std::string_view day, repeat;
};
constexpr auto kDays = std::to_array<DayWord>({{U"今儿晚上", "today", ""},
                                               {U"今儿", "today", ""},
                                               {U"明儿早上", "tomorrow", ""},
                                               {U"明儿", "tomorrow", ""},
                                               {U"明日", "tomorrow", ""},
                                               {U"大后天", "in_three_days", ""},
                                               {U"后儿", "day_after_tomorrow", ""},
                                               {U"每晚", "", "daily"},
                                               {U"每早", "", "daily"},
                                               {U"每天早上", "", "daily"},
                                               {U"平日", "", "weekday"},
                                               {U"今天", "today", ""},
                                               {U"今晚", "today", ""},
                                               {U"今早", "today", ""},
                                               {U"明天", "tomorrow", ""},
                                               {U"明早", "tomorrow", ""},
                                               {U"明晚", "tomorrow", ""},
                                               {U"后天", "day_after_tomorrow", ""},
                                               {U"每天", "", "daily"},
                                               {U"天天", "", "daily"},
                                               {U"每个工作日", "", "weekday"},
                                               {U"工作日", "", "weekday"},
                                               {U"每个周末", "", "weekend"},
                                               {U"每周末", "", "weekend"},
                                               {U"周末", "weekend", ""},
                                               {U"周一到周五", "", "weekday"},
                                               {U"today", "today", ""},
                                               {U"tonight", "today", ""},
                                               {U"tomorrow", "tomorrow", ""},
                                               {U"every day", "", "daily"},
                                               {U"every weekday", "", "weekday"},
                                               {U"on weekdays", "", "weekday"},
                                               {U"every weekend", "", "weekend"},
                                               {U"every morning", "", "daily"},
                                               {U"every evening", "", "daily"},
                                               {U"every night", "", "daily"},
                                               {U"daily", "", "daily"},
                                               {U"this evening", "today", ""},
                                               {U"this afternoon", "today", ""},
                                               {U"day after tomorrow", "day_after_tomorrow", ""},
                                               {U"the day after tomorrow", "day_after_tomorrow", ""}});

// 周三, 下礼拜天, 每星期五; monday, on friday, next tuesday, every sunday.
std::optional<std::pair<std::size_t, DayWord>> ReadWeekday(View text, std::size_t begin) {
  constexpr auto kNames = std::to_array<std::string_view>({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"});
  constexpr View kHan = U"一二三四五六日天";
  for (const View week : {U"每个星期", U"每星期", U"每个周", U"每周", U"每个礼拜", U"每礼拜", U"下个星期", U"下星期", U"下周", U"下个礼拜",
                          U"下礼拜", U"这个星期", U"这星期", U"这周", U"本周", U"星期", U"礼拜", U"周"}) {
    const std::size_t at = begin + week.size();
    if (text.substr(begin, week.size()) != week || at >= text.size()) continue;
    const std::size_t day = kHan.find(text[at]);
    if (day == View::npos) continue;
    const std::string_view name = kNames[std::min<std::size_t>(day, 6)];
    return std::pair{at + 1, week[0] == U'每' ? DayWord{{}, "", name} : DayWord{{}, name, ""}};
  }
  for (const View lead : {U"on ", U"next ", U"this ", U"every ", U""}) {
    if (text.substr(begin, lead.size()) != lead) continue;
    for (const std::string_view name : kNames) {
      const std::u32string word(name.begin(), name.end());
      const std::size_t end = After(text, begin + lead.size(), word);
      if (end == View::npos) continue;
      return std::pair{end, lead == U"every " ? DayWord{{}, "", name} : DayWord{{}, name, ""}};
    }
  }
  return std::nullopt;
}

// The longest day that stands at `begin`, and where it ends.
std::optional<std::pair<std::size_t, DayWord>> ReadDayWord(View text, std::size_t begin) {
  auto best = ReadWeekday(text, begin);
  for (const DayWord& row : kDays) {
    const std::size_t end = After(text, begin, row.word);
    if (end != View::npos && (!best || end > best->first)) best = std::pair{end, row};
  }
  return best;
}

enum class Part { kNone, kMorning, kNoon, kAfternoon, kEvening };
struct PartWord {
  View word;
  Part part;
};
constexpr auto kParts = std::to_array<PartWord>({{U"一早", Part::kMorning},
                                                 {U"一大早", Part::kMorning},
                                                 {U"半夜", Part::kMorning},
                                                 {U"tonight", Part::kEvening},
                                                 {U"早上", Part::kMorning},
                                                 {U"上午", Part::kMorning},
                                                 {U"早晨", Part::kMorning},
                                                 {U"清晨", Part::kMorning},
                                                 {U"凌晨", Part::kMorning},
                                                 {U"中午", Part::kNoon},
                                                 {U"下午", Part::kAfternoon},
                                                 {U"傍晚", Part::kAfternoon},
                                                 {U"晚上", Part::kEvening},
                                                 {U"夜里", Part::kEvening},
                                                 {U"早", Part::kMorning},
                                                 {U"晚", Part::kEvening},
                                                 {U"in the morning", Part::kMorning},
                                                 {U"this morning", Part::kMorning},
                                                 {U"morning", Part::kMorning},
                                                 {U"in the afternoon", Part::kAfternoon},
                                                 {U"afternoon", Part::kAfternoon},
                                                 {U"in the evening", Part::kEvening},
                                                 {U"evening", Part::kEvening},
                                                 {U"at night", Part::kEvening}});

int HourOfDay(int hour, Part part) {
  if (hour >= 12 || part == Part::kNone) return hour % 24;
  if (part == Part::kAfternoon || part == Part::kEvening) return hour + 12;
  if (part == Part::kNoon && hour < 11) return hour + 12;
  return hour;
}

Part ReadPart(View text, std::size_t& at) {
  for (const PartWord& row : kParts) {
    if (const std::size_t end = After(text, SkipSpace(text, at), row.word); end != View::npos) {
      at = end;
      return row.part;
    }
  }
  return Part::kNone;
}

// half past six, quarter to seven, ten past eight, noon.
std::optional<ClockRead> ReadSpokenClock(View text, std::size_t begin) {
  for (const auto& [word, hour] : {std::pair{View(U"noon"), 12}, {View(U"midday"), 12}, {View(U"midnight"), 0}}) {
    if (const std::size_t end = After(text, begin, word); end != View::npos) return ClockRead{end, hour, 0, false};
  }
  int minutes = -1;
  std::size_t at = View::npos;
  for (const auto& [word, value] : {std::pair{View(U"half"), 30}, {View(U"a quarter"), 15}, {View(U"quarter"), 15}}) {
    if (const std::size_t end = After(text, begin, word); end != View::npos && at == View::npos) {
      at = end;
      minutes = value;
    }
  }
  if (at == View::npos) {
    const auto number = ReadNumber(text, begin);
    if (!number || number->value < 1 || number->value > 29 || number->value != static_cast<int>(number->value)) return std::nullopt;
    minutes = static_cast<int>(number->value);
    at = number->end;
  }
  const bool is_past = After(text, at, U" past") != View::npos;
  const bool is_to = After(text, at, U" to") != View::npos;
  if (!is_past && !is_to) return std::nullopt;
  const auto hour = ReadNumber(text, at + (is_past ? 6 : 4));
  if (!hour || hour->value < 1 || hour->value > 12) return std::nullopt;
  const int h = static_cast<int>(hour->value);
  return is_past ? ClockRead{hour->end, h, minutes, false} : ClockRead{hour->end, h - 1, 60 - minutes, false};
}

// [day] [part of day] clock, in either language's order.
std::optional<WhenRead> ReadPoint(View text, std::size_t begin) {
  When when;
  when.kind = WhenKind::kAt;
  std::size_t at = begin;
  Part part = Part::kNone;
  if (const auto day = ReadDayWord(text, at)) {
    when.day = day->second.day;
    when.repeat = day->second.repeat;
    const View said = text.substr(at, day->first - at);
    if (said.find(U'晚') != View::npos || said == U"tonight" || said == U"this evening" || said == U"every evening") part = Part::kEvening;
    if (said.find(U'早') != View::npos || said == U"every morning") part = Part::kMorning;
    if (said == U"this afternoon") part = Part::kAfternoon;
    at = day->first;
  }
  const bool has_day = at != begin;
  at = SkipSpace(text, at);
  const Part early = ReadPart(text, at);
  if (early != Part::kNone) part = early;
  bool marked = has_day || early != Part::kNone;
  at = SkipSpace(text, at);
  for (const View word : {View(U"at "), View(U"by "), View(U"到"), View(U"等到"), View(U"在")}) {
    if (text.substr(at, word.size()) == word) {
      at += word.size();
      marked = marked || word == U"at " || word == U"到" || word == U"等到";  // "up by three" is no time
      break;
    }
  }
  auto clock = ReadSpokenClock(text, at);
  if (!clock) clock = ReadClock(text, at, marked && at < text.size() && text[at] < 128);
  if (!clock) return std::nullopt;
  at = clock->end;
  int hour = clock->hour;
  if (const std::size_t am = AfterAny(text, SkipSpace(text, at), std::array<View, 2>{U"a.m.", U"am"}); am != View::npos) at = am;
  if (const std::size_t pm = AfterAny(text, SkipSpace(text, at), std::array<View, 2>{U"p.m.", U"pm"}); pm != View::npos) {
    at = pm;
    part = Part::kAfternoon;
  }
  const Part late = ReadPart(text, at);
  if (late != Part::kNone) part = late;
  hour = HourOfDay(hour, part);
  when.time = fmt::format("{:02d}:{:02d}", hour, clock->minute);
  if (!has_day) {
    if (const auto day = ReadDayWord(text, SkipSpace(text, at))) {  // "at seven tomorrow"
      when.day = day->second.day;
      when.repeat = day->second.repeat;
      at = day->first;
      const Part later = ReadPart(text, at);  // "seven fifteen tomorrow morning"
      if (later != Part::kNone) when.time = fmt::format("{:02d}:{:02d}", HourOfDay(clock->hour, later), clock->minute);
    }
  }
  for (const View tail : {View(U"的时候"), View(U"时")}) {
    if (const std::size_t end = After(text, at, tail); end != View::npos) at = end;
  }
  return WhenRead{at, std::move(when)};
}

std::optional<WhenRead> ReadDelay(View text, std::size_t begin) {
  constexpr std::array<View, 9> kAfterWords{U"之后", U"以后", U"过后", U"后", U"from now", U"later", U"后再", U"以后再", U"之后再"};
  std::size_t at = begin;
  bool marked = false;
  for (const View lead : {View(U"in "), View(U"after "), View(U"过"), View(U"等"), View(U"再过"), View(U"等个")}) {
    if (text.substr(at, lead.size()) == lead) {
      at += lead.size();
      marked = lead != U"等个";
      break;
    }
  }
  const auto span = ReadDuration(text, at);
  if (!span) return std::nullopt;
  const std::size_t end = AfterAny(text, SkipSpace(text, span->end), kAfterWords);
  if (end == View::npos && !marked) return std::nullopt;
  When when;
  when.kind = WhenKind::kAfter;
  when.seconds = span->seconds;
  return WhenRead{end == View::npos ? span->end : end, std::move(when)};
}

std::optional<WhenRead> ReadBeforeArrival(View text, std::size_t begin) {
  When when;
  when.kind = WhenKind::kBeforeArrival;
  constexpr std::array<View, 9> kArrive{U"到家前",   U"到达前",   U"到目的地前", U"到公司前", U"到之前",
                                        U"快到家前", U"到家之前", U"到达之前",   U"到前"};
  if (const std::size_t end = AfterAny(text, begin, kArrive); end != View::npos) {
    const auto span = ReadDuration(text, end);
    when.seconds = span ? span->seconds : 600;
    return WhenRead{span ? span->end : end, std::move(when)};
  }
  const auto span = ReadDuration(text, begin);
  if (!span) return std::nullopt;
  constexpr std::array<View, 5> kBefore{U"before we arrive", U"before arrival", U"before i arrive", U"before we get there",
                                        U"before we get home"};
  const std::size_t end = AfterAny(text, SkipSpace(text, span->end), kBefore);
  if (end == View::npos) return std::nullopt;
  when.seconds = span->seconds;
  return WhenRead{end, std::move(when)};
}

}  // namespace

std::optional<DurationRead> ReadDuration(View text, std::size_t begin) {
  auto first = ReadSpan(text, begin);
  if (!first) return std::nullopt;
  // 一小时二十分钟, an hour and ten minutes
  for (const View join : {View(U""), View(U" and "), View(U" "), View(U"零")}) {
    if (text.substr(first->end, join.size()) != join) continue;
    const auto second = ReadSpan(text, first->end + join.size());
    if (second && second->seconds < first->seconds) return DurationRead{second->end, first->seconds + second->seconds};
  }
  return first;
}

std::optional<WhenRead> ReadDay(View text, std::size_t begin) {
  if (begin > 0 && begin < text.size() && IsLetter(text[begin]) && IsLetter(text[begin - 1])) return std::nullopt;
  const auto day = ReadDayWord(text, begin);
  if (!day) return std::nullopt;
  When when;
  when.kind = WhenKind::kAt;
  when.day = day->second.day;
  when.repeat = day->second.repeat;
  return WhenRead{day->first, std::move(when)};
}

bool NamesPartOfDay(std::u32string_view text) {
  const auto said = [&](View word) { return text.find(word) != View::npos; };
  constexpr std::array<View, 6> kOthers{U" am", U" pm", U"noon", U"midnight", U"a.m", U"p.m"};
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const bool is_digit = text[i] >= U'0' && text[i] <= U'9';
    if (is_digit && text[i + 2] == U'm' && (text[i + 1] == U'a' || text[i + 1] == U'p')) return true;
  }
  return std::any_of(kParts.begin(), kParts.end(), [&](const PartWord& row) { return said(row.word); }) ||
         std::any_of(kOthers.begin(), kOthers.end(), said);
}

std::optional<WhenRead> ReadWhen(View text, std::size_t begin) {
  if (begin >= text.size()) return std::nullopt;
  if (begin > 0 && IsLetter(text[begin]) && IsLetter(text[begin - 1])) return std::nullopt;
  if (auto before = ReadBeforeArrival(text, begin)) return before;
  if (auto delay = ReadDelay(text, begin)) return delay;
  return ReadPoint(text, begin);
}

}  // namespace deepcabin::understanding
