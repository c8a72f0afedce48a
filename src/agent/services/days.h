#pragma once
// Days as they are spoken of: "明天", "this weekend", "下周三".

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "agent/service.h"

namespace deepcabin::agent {

// Days counted from today; `begin` and `size`: where they stand in the text.
struct DaysMeant {
  int first = 0, last = 0;
  std::size_t begin = 0, size = 0;
};
// "明天", "this weekend", "下周三", "day_after_tomorrow"; nothing where no day is named. `weekday` of today: 0 is Monday.
std::optional<DaysMeant> ReadDays(std::string_view text, int weekday);

// 明天, 下周三, "Friday": the name of a day so many days from today.
std::string DayName(int day, int weekday, Language language);
int WeekdayOf(std::chrono::sys_days day);  // 0 is Monday

// Where `word` stands in `text` (both in lower case), Latin words as a whole; npos.
std::size_t FindWord(std::string_view text, std::string_view word);

}  // namespace deepcabin::agent
