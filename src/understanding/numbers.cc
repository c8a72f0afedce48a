#include "understanding/numbers.h"

#include <array>
#include <cmath>

#include "base/text.h"

namespace deepcabin::understanding {
namespace {

int HanDigit(char32_t c) {
  switch (c) {
    case U'零':
    case U'〇': return 0;
    case U'一':
    case U'幺': return 1;
    case U'二':
    case U'两': return 2;
    case U'三': return 3;
    case U'四': return 4;
    case U'五': return 5;
    case U'六': return 6;
    case U'七': return 7;
    case U'八': return 8;
    case U'九': return 9;
    default: return -1;
  }
}

double HanUnit(char32_t c) {
  switch (c) {
    case U'十': return 10;
    case U'百': return 100;
    case U'千': return 1000;
    case U'万': return 10000;
    default: return 0;
  }
}

bool IsDigit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool IsLetter(char32_t c) { return c >= U'a' && c <= U'z'; }

std::optional<NumberRead> ReadDigits(std::u32string_view text, std::size_t at) {
  const std::size_t begin = at;
  double value = 0;
  while (at < text.size() && IsDigit(text[at]) && at - begin < 12) value = value * 10 + (text[at++] - U'0');
  if (at == begin) return std::nullopt;
  if (at + 1 < text.size() && text[at] == U'.' && IsDigit(text[at + 1])) {
    double scale = 0.1;
    for (++at; at < text.size() && IsDigit(text[at]); ++at, scale /= 10) value += (text[at] - U'0') * scale;
  }
  return NumberRead{at, value, true};
}

// 二十六, 一百零五, 两千, 十. Also a row of digits: 一零三点九.
std::optional<NumberRead> ReadHan(std::u32string_view text, std::size_t at) {
  const std::size_t begin = at;
  double total = 0;
  double section = 0;
  double digit = -1;
  int digits_in_row = 0;
  for (; at < text.size() && at - begin < 16; ++at) {
    if (const int d = HanDigit(text[at]); d >= 0) {
      digit = digits_in_row > 0 && digit >= 0 ? digit * 10 + d : d;
      ++digits_in_row;
      continue;
    }
    const double unit = HanUnit(text[at]);
    if (unit == 0) break;
    if (unit > 1000) {
      total = (total + section + std::max(digit, 0.0)) * unit;
      section = 0;
    } else {
      section += (digit < 0 ? 1 : digit) * unit;
    }
    digit = -1;
    digits_in_row = 0;
  }
  if (at == begin) return std::nullopt;
  double value = total + section + std::max(digit, 0.0);
  // 三百五 = 350: a digit right after 百 or 千 counts the next lower unit
  if (at - begin >= 3 && digit > 0 && digits_in_row == 1 && HanUnit(text[at - 2]) >= 100) value += digit * (HanUnit(text[at - 2]) / 10 - 1);
  if (at + 1 < text.size() && text[at] == U'点' && HanDigit(text[at + 1]) >= 0) {
    double scale = 0.1;
    std::size_t p = at + 1;
    double fraction = 0;
    for (; p < text.size() && HanDigit(text[p]) >= 0; ++p, scale /= 10) fraction += HanDigit(text[p]) * scale;
    // 七点五十: a clock time, not 7.5 ten
    if (p >= text.size() || HanUnit(text[p]) == 0) return NumberRead{p, value + fraction, false};
  }
  return NumberRead{at, value, false};
}

struct EnglishWord {
  std::u32string_view word;
  double value;
};
constexpr std::array<EnglishWord, 30> kEnglish{
    {{U"zero", 0},      {U"one", 1},       {U"two", 2},       {U"three", 3},    {U"four", 4},      {U"five", 5},
     {U"six", 6},       {U"seven", 7},     {U"eight", 8},     {U"nine", 9},     {U"ten", 10},      {U"eleven", 11},
     {U"twelve", 12},   {U"thirteen", 13}, {U"fourteen", 14}, {U"fifteen", 15}, {U"sixteen", 16},  {U"seventeen", 17},
     {U"eighteen", 18}, {U"nineteen", 19}, {U"twenty", 20},   {U"thirty", 30},  {U"forty", 40},    {U"fifty", 50},
     {U"sixty", 60},    {U"seventy", 70},  {U"eighty", 80},   {U"ninety", 90},  {U"hundred", 100}, {U"fourty", 40}}};

std::size_t WordEnd(std::u32string_view text, std::size_t at) {
  while (at < text.size() && IsLetter(text[at])) ++at;
  return at;
}

std::optional<double> EnglishValue(std::u32string_view word) {
  for (const EnglishWord& row : kEnglish) {
    if (row.word == word) return row.value;
  }
  return std::nullopt;
}

std::optional<NumberRead> ReadEnglish(std::u32string_view text, std::size_t begin) {
  std::size_t at = begin;
  std::size_t end = begin;
  double value = 0;
  double last = 0;
  bool any = false;
  while (at < text.size()) {
    const std::size_t stop = WordEnd(text, at);
    const std::u32string_view word = text.substr(at, stop - at);
    if (any && word == U"and") {
      at = stop + 1;
      continue;
    }
    if (any && word == U"point") {
      const std::size_t next = stop + 1;
      const std::size_t next_end = next < text.size() ? WordEnd(text, next) : next;
      const auto digit = next < text.size() ? EnglishValue(text.substr(next, next_end - next)) : std::nullopt;
      if (digit && *digit < 10) return NumberRead{next_end, value + *digit / 10, false};
      break;
    }
    if (!any && word == U"a" && text.substr(stop, 8) == U" hundred") {
      at = stop + 1;
      value = 1;
      last = 1;
      any = true;
      continue;
    }
    const auto number = EnglishValue(word);
    if (!number) break;
    if (*number == 100) value = (value == 0 ? 1 : value) * 100;
    else if (any && !(last >= 20 && last < 100 && *number < 10) && last != 100) break;
    else value += *number;
    last = *number;
    any = true;
    end = stop;
    if (stop >= text.size() || (text[stop] != U' ' && text[stop] != U'-')) break;
    at = stop + 1;
  }
  if (!any || end == begin) return std::nullopt;
  constexpr std::u32string_view kAndAHalf = U" and a half";
  if (text.substr(end, kAndAHalf.size()) == kAndAHalf) return NumberRead{end + kAndAHalf.size(), value + 0.5, false};
  return NumberRead{end, value, false};
}

std::optional<NumberRead> ReadCouple(std::u32string_view text, std::size_t begin) {
  for (const std::u32string_view words : {U"a couple of", U"couple of", U"a couple"}) {
    const std::size_t end = begin + words.size();
    if (text.substr(begin, words.size()) == words && (end >= text.size() || !IsLetter(text[end]))) return NumberRead{end, 2, false};
  }
  return std::nullopt;
}

struct UnitWord {
  std::u32string_view word;
  std::string_view unit;
};
// Longer words before their beginnings.
constexpr auto kUnits = std::to_array<UnitWord>({{U"摄氏度", "C"},
                                                 {U"华氏度", "F"},
                                                 {U"度半", "degree_half"},
                                                 {U"度", "degree"},
                                                 {U"档位", "level"},
                                                 {U"档", "level"},
                                                 {U"级", "level"},
                                                 {U"格", "level"},
                                                 {U"挡", "level"},
                                                 {U"个百分点", "percent"},
                                                 {U"%", "percent"},
                                                 {U"公里每小时", "kmh"},
                                                 {U"公里", "kmh"},
                                                 {U"千米", "kmh"},
                                                 {U"迈", "kmh"},
                                                 {U"码", "kmh"},
                                                 {U"英里每小时", "mph"},
                                                 {U"英里", "mph"},
                                                 {U"厘米", "cm"},
                                                 {U"公分", "cm"},
                                                 {U"毫米", "mm"},
                                                 {U"米", "m"},
                                                 {U"秒钟", "s"},
                                                 {U"秒", "s"},
                                                 {U"分钟", "min"},
                                                 {U"个小时", "h"},
                                                 {U"小时", "h"},
                                                 {U"安培", "A"},
                                                 {U"安", "A"},
                                                 {U"倍速", "x"},
                                                 {U"倍", "x"},
                                                 {U"兆赫", "MHz"},
                                                 {U"千赫", "kHz"},
                                                 {U"号", "number"},
                                                 {U"首", "count"},
                                                 {U"degrees celsius", "C"},
                                                 {U"degrees fahrenheit", "F"},
                                                 {U"degrees c", "C"},
                                                 {U"degrees f", "F"},
                                                 {U"celsius", "C"},
                                                 {U"fahrenheit", "F"},
                                                 {U"degrees", "degree"},
                                                 {U"degree", "degree"},
                                                 {U"°c", "C"},
                                                 {U"°f", "F"},
                                                 {U"°", "degree"},
                                                 {U"percent", "percent"},
                                                 {U"per cent", "percent"},
                                                 {U"levels", "level"},
                                                 {U"level", "level"},
                                                 {U"notches", "level"},
                                                 {U"notch", "level"},
                                                 {U"steps", "level"},
                                                 {U"bars", "level"},
                                                 {U"miles per hour", "mph"},
                                                 {U"mph", "mph"},
                                                 {U"kilometers per hour", "kmh"},
                                                 {U"kilometres per hour", "kmh"},
                                                 {U"km/h", "kmh"},
                                                 {U"kph", "kmh"},
                                                 {U"kmh", "kmh"},
                                                 {U"km", "kmh"},
                                                 {U"centimeters", "cm"},
                                                 {U"centimetres", "cm"},
                                                 {U"cm", "cm"},
                                                 {U"amps", "A"},
                                                 {U"miles an hour", "mph"},
                                                 {U"mile an hour", "mph"},
                                                 {U"kilometers an hour", "kmh"},
                                                 {U"kilometres an hour", "kmh"},
                                                 {U"k an hour", "kmh"},
                                                 {U"个档", "level"},
                                                 {U"clicks", "level"},
                                                 {U"click", "level"},
                                                 {U"ticks", "level"},
                                                 {U"tick", "level"},
                                                 {U"taps", "level"},
                                                 {U"stages", "level"},
                                                 {U"presses", "level"},
                                                 {U"step", "level"},
                                                 {U"bar", "level"},
                                                 {U"amp", "A"},
                                                 {U"centimeter", "cm"},
                                                 {U"centimetre", "cm"},
                                                 {U"miles", "mile"},
                                                 {U"seconds", "s"},
                                                 {U"second", "s"},
                                                 {U"sec", "s"},
                                                 {U"minutes", "min"},
                                                 {U"minute", "min"},
                                                 {U"mins", "min"},
                                                 {U"hours", "h"},
                                                 {U"hour", "h"},
                                                 {U"times", "x"},
                                                 {U"megahertz", "MHz"},
                                                 {U"mhz", "MHz"},
                                                 {U"fm", "MHz"},
                                                 {U"khz", "kHz"},
                                                 {U"mm", "mm"},
                                                 {U"meters", "m"},
                                                 {U"c", "C"}});

bool StartsAt(std::u32string_view text, std::size_t at, std::u32string_view word) {
  if (text.substr(at, word.size()) != word) return false;
  const bool latin_end = IsLetter(word.back());
  return !latin_end || at + word.size() >= text.size() || !IsLetter(text[at + word.size()]);
}

const UnitWord* UnitAt(std::u32string_view text, std::size_t at) {
  for (const UnitWord& row : kUnits) {
    if (StartsAt(text, at, row.word)) return &row;
  }
  return nullptr;
}

std::size_t SkipSpace(std::u32string_view text, std::size_t at) { return at < text.size() && text[at] == U' ' ? at + 1 : at; }

// 三分之一 = 33 percent, 百分百 = 100 percent.
std::optional<AmountRead> ReadFraction(std::u32string_view text, std::size_t begin) {
  constexpr auto kEnglishFractions = std::to_array<std::pair<std::u32string_view, double>>({{U"three quarters", 75},
                                                                                            {U"three-quarters", 75},
                                                                                            {U"two thirds", 67},
                                                                                            {U"two-thirds", 67},
                                                                                            {U"a third", 33},
                                                                                            {U"one third", 33},
                                                                                            {U"a quarter", 25},
                                                                                            {U"one quarter", 25}});
  for (const auto& [words, percent] : kEnglishFractions) {
    if (StartsAt(text, begin, words)) return AmountRead{begin + words.size(), percent, "percent"};
  }
  if (text.substr(begin, 3) == U"百分百") return AmountRead{begin + 3, 100, "percent"};
  if (begin + 4 > text.size() || text.substr(begin + 1, 2) != U"分之") return std::nullopt;
  const int parts = HanDigit(text[begin]);
  const int share = HanDigit(text[begin + 3]);
  if (parts < 2 || share < 1 || share > parts) return std::nullopt;
  return AmountRead{begin + 4, std::round(100.0 * share / parts), "percent"};
}

// "level two", "百分之五十", "第二档": the unit stands before the number.
std::optional<AmountRead> ReadUnitFirst(std::u32string_view text, std::size_t begin) {
  constexpr std::array<UnitWord, 6> kBefore{{{U"百分之", "percent"},
                                             {U"level ", "level"},
                                             {U"setting ", "level"},
                                             {U"speed ", "level"},
                                             {U"notch ", "level"},
                                             {U"number ", "number"}}};
  for (const UnitWord& row : kBefore) {
    if (text.substr(begin, row.word.size()) != row.word) continue;
    if (const auto number = ReadNumber(text, begin + row.word.size())) return AmountRead{number->end, number->value, row.unit};
  }
  if (text[begin] == U'第') {
    if (const auto number = ReadNumber(text, begin + 1)) {
      if (const UnitWord* unit = UnitAt(text, number->end)) return AmountRead{number->end + unit->word.size(), number->value, unit->unit};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<NumberRead> ReadNumber(std::u32string_view text, std::size_t begin) {
  if (begin >= text.size()) return std::nullopt;
  if (IsDigit(text[begin])) {
    auto number = ReadDigits(text, begin);
    // 2万, 3千: digits with a Han multiplier
    if (number && number->end < text.size() && HanUnit(text[number->end]) >= 100) {
      number->value *= HanUnit(text[number->end]);
      ++number->end;
    }
    return number;
  }
  if (HanDigit(text[begin]) >= 0 || text[begin] == U'十') return ReadHan(text, begin);
  if (IsLetter(text[begin]) && (begin == 0 || !IsLetter(text[begin - 1]))) {
    const auto couple = ReadCouple(text, begin);
    return couple ? couple : ReadEnglish(text, begin);
  }
  return std::nullopt;
}

std::vector<AmountRead> ReadAmounts(std::u32string_view text, std::size_t begin) {
  std::vector<AmountRead> out;
  if (begin >= text.size()) return out;
  if (const auto first = ReadUnitFirst(text, begin)) out.push_back(*first);
  if (const auto fraction = ReadFraction(text, begin)) out.push_back(*fraction);
  std::size_t start = begin;
  for (const std::u32string_view sign :
       {std::u32string_view(U"零下"), std::u32string_view(U"负"), std::u32string_view(U"minus "), std::u32string_view(U"-")}) {
    if (text.substr(begin, sign.size()) == sign) start = begin + sign.size();
  }
  const bool negative = start != begin;
  const auto number = ReadNumber(text, start);
  if (!number) return out;
  const double value = negative ? -number->value : number->value;
  // 三成 = 30 percent; 二十三度半 = 23.5 degrees
  if (number->end < text.size() && text[number->end] == U'成') {
    const int more = number->end + 1 < text.size() ? HanDigit(text[number->end + 1]) : -1;  // 八成五
    if (more > 0) out.push_back({number->end + 2, value * 10 + more, "percent"});
    out.push_back({number->end + 1, value * 10, "percent"});
  }
  const std::size_t unit_at = SkipSpace(text, number->end);
  if (const UnitWord* unit = UnitAt(text, unit_at)) {
    const bool half = unit->unit == "degree_half";
    const std::size_t after = unit_at + unit->word.size();
    const int tenths = unit->word == U"度" && after < text.size() ? HanDigit(text[after]) : -1;  // 二十六度五
    const bool ends = after + 1 >= text.size() || (HanUnit(text[after + 1]) == 0 && UnitAt(text, after + 1) == nullptr);
    if (tenths > 0 && ends) out.push_back({after + 1, value + tenths * 0.1, "degree"});
    out.push_back({unit_at + unit->word.size(), half ? value + 0.5 : value, half ? std::string_view("degree") : unit->unit});
  } else if (number->end < text.size() && text[number->end] == U'-') {
    const std::size_t after = number->end + 1;
    if (const UnitWord* hyphened = UnitAt(text, after)) out.push_back({after + hyphened->word.size(), value, hyphened->unit});
  }
  // A bare "one" or "一" is too short to be an amount when Han text goes on ("一下", "一点", "一个").
  const bool bare_one = number->value == 1 && !number->has_digits_only && number->end < text.size() && IsHan(text[number->end]);
  const bool clock = number->end < text.size() && (text[number->end] == U'点' || text[number->end] == U':');
  if (!bare_one && !clock) out.push_back({number->end, value, ""});
  return out;
}

}  // namespace deepcabin::understanding
