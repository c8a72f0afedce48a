#include "agent/services/days.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::agent {
namespace {

constexpr std::size_t kTextBytesMax = 400;
constexpr std::array<std::string_view, 7> kWeekdaysZh{"一", "二", "三", "四", "五", "六", "日"};
constexpr std::array<std::string_view, 7> kWeekdaysEn{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

struct DayWords {
  std::string_view words;
  int first, last;
};
constexpr auto kDayWords = std::to_array<DayWords>({{"大后天|in three days|in_three_days", 3, 3},
                                                    {"后天|后儿|day after tomorrow|day_after_tomorrow", 2, 2},
                                                    {"明天|明儿|明日|明早|明晚|明上午|明下午|tomorrow", 1, 1},
                                                    {"今天|今儿|今日|今晚|今早|今夜|现在|today|tonight|this evening|now", 0, 0},
                                                    {"这几天|几天|三天|3天|最近|next few days|coming days|next days", 0, 2},
                                                    {"这周|本周|这星期|这礼拜|一周|七天|7天|this week|all week|ten days", 0, 6}});

bool IsLatin(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::size_t FindWord(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !IsLatin(word.front()) || !IsLatin(text[at - 1]);
    const bool ends = end >= text.size() || !IsLatin(word.back()) || !IsLatin(text[end]);
    if (begins && ends) return at;
  }
  return std::string_view::npos;
}

int WeekdayOf(std::chrono::sys_days day) { return static_cast<int>(std::chrono::weekday(day).iso_encoding()) - 1; }

std::string DayName(int day, int weekday, Language language) {
  constexpr std::array<std::string_view, 3> kZh{"今天", "明天", "后天"}, kEn{"today", "tomorrow", "the day after tomorrow"};
  if (day < 3) return Either(language, kZh[static_cast<std::size_t>(day)], kEn[static_cast<std::size_t>(day)]);
  const auto of_week = static_cast<std::size_t>((weekday + day) % 7);
  return Either(language, fmt::format("{}周{}", weekday + day > 6 ? "下" : "", kWeekdaysZh[of_week]), kWeekdaysEn[of_week]);
}

std::optional<DaysMeant> ReadDays(std::string_view text, int weekday) {
  // 下周天气 names no Sunday (下周天). The length stays, for `begin`.
  const std::string lower = ReplaceAll(ToLowerAscii(text.substr(0, kTextBytesMax)), "天气", "      ");
  std::optional<DaysMeant> best;  // the first that is said, as much of it as there is
  const auto look = [&](std::string_view word, int first, int last) {
    const std::size_t at = FindWord(lower, word);
    const bool is_better = !best || at < best->begin || (at == best->begin && word.size() > best->size);
    if (at != std::string::npos && is_better) best = DaysMeant{first, last, at, word.size()};
  };
  for (const DayWords& row : kDayWords) {
    for (const std::string_view word : Split(row.words, '|')) look(word, row.first, row.last);
  }
  const int monday = 7 - weekday;  // the next
  const auto before = std::to_array<std::pair<std::string_view, int>>(
      {{"", 0}, {"这", 0}, {"这个", 0}, {"本", 0}, {"this ", 0}, {"下", monday}, {"下个", monday}, {"next ", monday}});
  for (const auto& [lead, shift] : before) {
    const auto word = [lead = lead](std::string_view name) { return std::string(lead) + std::string(name); };
    const int saturday = shift > 0 ? shift + 5 : std::max(0, 5 - weekday), sunday = shift > 0 ? shift + 6 : 6 - weekday;
    for (const std::string_view name : {"周末", "weekend"}) look(word(name), saturday, sunday);
    for (std::size_t i = 0; i < 7; ++i) {
      const int of_week = static_cast<int>(i), day = shift > 0 ? shift + of_week : (of_week - weekday + 7) % 7;
      for (const std::string_view of : {"周", "星期", "礼拜"}) {
        look(word(of) + std::string(kWeekdaysZh[i]), day, day);
        if (i == 6) look(word(of) + "天", day, day);
      }
      look(word(ToLowerAscii(kWeekdaysEn[i])), day, day);
    }
    if (shift == 0) continue;
    for (const std::string_view name : {"周", "星期", "礼拜", "week"}) look(word(name), shift, shift + 6);
  }
  return best;
}

}  // namespace deepcabin::agent
