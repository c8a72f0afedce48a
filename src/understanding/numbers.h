#pragma once
// Numbers, amounts and times as people say them, Chinese and English, digits or words. Pure functions on normalised text.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/call.h"

namespace deepcabin::understanding {

struct NumberRead {
  std::size_t end;  // one past the last character read
  double value;
  bool has_digits_only;  // "26", as against "二十六"
};

// The longest number that starts at `begin`, if one does: 26.5, 二十六点五, 两百, 半, twenty three, point five.
std::optional<NumberRead> ReadNumber(std::u32string_view text, std::size_t begin);

// A number with its unit, or an amount without: "二档" {2, level}, "百分之五十" {50, percent}, "三成" {30, percent}, "70 degrees" {70,
// degree}. The unit "degree" is open between temperature and angle: the capability decides. "" = no unit was said.
struct AmountRead {
  std::size_t end;
  double value;
  std::string_view unit;
};
// Every reading that starts at `begin` (with and without the unit), longest first.
std::vector<AmountRead> ReadAmounts(std::u32string_view text, std::size_t begin);

// A span of time in seconds: 十分钟, 半小时, 一个半小时, half an hour, 90 seconds.
struct DurationRead {
  std::size_t end;
  double seconds;
};
std::optional<DurationRead> ReadDuration(std::u32string_view text, std::size_t begin);

// A point in time or a delay: 十分钟后, 明天早上七点半, 每天晚上八点, in ten minutes, tomorrow at 7:30, 到家前十分钟.
struct WhenRead {
  std::size_t end;
  When when;
};
std::optional<WhenRead> ReadWhen(std::u32string_view text, std::size_t begin);
// Whether a word says which half of the day is meant: 早上, 下午, "in the evening", "pm".
bool NamesPartOfDay(std::u32string_view text);
// A day without a time: 明天, 周六, every sunday. Most sentences mean something else by it; a reminder means the day.
std::optional<WhenRead> ReadDay(std::u32string_view text, std::size_t begin);

}  // namespace deepcabin::understanding
