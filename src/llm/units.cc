#include "llm/units.h"

#include <array>
#include <utility>

#include <unicode/uchar.h>

#include "base/text.h"

namespace deepcabin::llm {
namespace {

constexpr std::u32string_view kHanDigits = U"零〇一二三四五六七八九";
constexpr std::array<std::pair<char32_t, char32_t>, 26> kOtherDigits{
    {{U'幺', U'1'}, {U'两', U'2'}, {U'洞', U'0'}, {U'拐', U'7'}, {U'勾', U'9'}, {U'壹', U'1'}, {U'贰', U'2'}, {U'叁', U'3'}, {U'肆', U'4'},
     {U'伍', U'5'}, {U'陆', U'6'}, {U'柒', U'7'}, {U'捌', U'8'}, {U'玖', U'9'}, {U'貳', U'2'}, {U'參', U'3'}, {U'叄', U'3'}, {U'陸', U'6'},
     {U'兩', U'2'}, {U'①', U'1'},  {U'②', U'2'},  {U'③', U'3'},  {U'④', U'4'},  {U'⑤', U'5'},  {U'⑥', U'6'},  {U'⑦', U'7'}}};
struct SpokenDigit {
  std::u32string_view word;
  char32_t digit;
  std::uint8_t digits;
};
constexpr std::array<SpokenDigit, 28> kSpoken{
    {{U"ZERO", U'0', 1},     {U"OH", U'0', 1},      {U"ONE", U'1', 1},     {U"TWO", U'2', 1},       {U"THREE", U'3', 1},
     {U"FOUR", U'4', 1},     {U"FIVE", U'5', 1},    {U"SIX", U'6', 1},     {U"SEVEN", U'7', 1},     {U"EIGHT", U'8', 1},
     {U"NINE", U'9', 1},     {U"TEN", U'1', 2},     {U"ELEVEN", U'1', 2},  {U"TWELVE", U'1', 2},    {U"THIRTEEN", U'1', 2},
     {U"FOURTEEN", U'1', 2}, {U"FIFTEEN", U'1', 2}, {U"SIXTEEN", U'1', 2}, {U"SEVENTEEN", U'1', 2}, {U"EIGHTEEN", U'1', 2},
     {U"TWENTY", U'2', 1},   {U"THIRTY", U'3', 1},  {U"FORTY", U'4', 1},   {U"FIFTY", U'5', 1},     {U"SIXTY", U'6', 1},
     {U"SEVENTY", U'7', 1},  {U"EIGHTY", U'8', 1},  {U"NINETY", U'9', 1}}};
// Words that stand between digits: "dash", and what says that the next digit comes twice.
constexpr std::array<std::u32string_view, 6> kBetween{U"DASH", U"DOUBLE", U"TRIPLE", U"EXT", U"EXTENSION", U"HYPHEN"};
constexpr std::u32string_view kSeparators = U"-–—−‐.·•・_/()（）,，、。+~个杠转";

char32_t Folded(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
  if (c == 0x3000) c = U' ';
  if (const int digit = u_charDigitValue(static_cast<UChar32>(c)); digit >= 0) return U'0' + static_cast<char32_t>(digit);
  return static_cast<char32_t>(u_toupper(static_cast<UChar32>(c)));
}

bool IsInvisible(char32_t c) {
  return (c < 0x20 && c != U'\n' && c != U'\t') || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x34F || c == 0x61C ||
         (c >= 0x115F && c <= 0x1160) || (c >= 0x180B && c <= 0x180F) || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0x20E3 || c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 ||
         (c >= 0xE0000 && c <= 0xE0FFF);
}

Unit UnitOf(char32_t c) {
  Unit unit;
  unit.c = Folded(c);
  if (const auto han = kHanDigits.find(c); han != std::u32string_view::npos) {
    unit.c = han == 0 ? U'0' : U'0' + static_cast<char32_t>(han - 1);
  }
  for (const auto& [written, digit] : kOtherDigits) {
    if (written == c) unit.c = digit;
  }
  if (unit.c >= U'0' && unit.c <= U'9') {
    unit.kind = UnitKind::kDigit;
    unit.digits = 1;
  } else if ((unit.c >= U'A' && unit.c <= U'Z') || (unit.c < 0x2E80 && u_isalpha(static_cast<UChar32>(unit.c)))) {
    unit.kind = UnitKind::kLetter;
  } else if (unit.c == U' ' || unit.c == U'\n' || unit.c == U'\t' || unit.c == 0xA0) {
    unit.kind = UnitKind::kSeparator;
    unit.is_space = true;
  } else if (kSeparators.find(unit.c) != std::u32string_view::npos) {
    unit.kind = UnitKind::kSeparator;
  }
  return unit;
}

// A whole Latin word that is a digit, or stands between digits, becomes one unit.
void JoinSpoken(std::vector<Unit>& units) {
  std::vector<Unit> out;
  out.reserve(units.size());
  for (std::size_t i = 0; i < units.size();) {
    std::size_t end = i;
    std::u32string word;
    while (end < units.size() && units[end].kind == UnitKind::kLetter) word.push_back(units[end++].c);
    if (word.empty()) {
      out.push_back(units[i++]);
      continue;
    }
    Unit joined = units[i];
    joined.end = units[end - 1].end;
    bool is_joined = false;
    for (const SpokenDigit& spoken : kSpoken) {
      if (spoken.word != word) continue;
      joined.kind = UnitKind::kDigit;
      joined.c = spoken.digit;
      joined.digits = spoken.digits;
      is_joined = true;
    }
    for (const std::u32string_view between : kBetween) {
      if (between != word) continue;
      joined.kind = UnitKind::kSeparator;
      is_joined = true;
    }
    if (is_joined) out.push_back(joined);
    else out.insert(out.end(), units.begin() + static_cast<std::ptrdiff_t>(i), units.begin() + static_cast<std::ptrdiff_t>(end));
    i = end;
  }
  units = std::move(out);
}

}  // namespace

std::string WithoutInvisible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : DecodeUtf8(text)) {
    if (IsInvisible(c)) continue;
    AppendUtf8(c == U'⟦' ? U'[' : c == U'⟧' ? U']' : c, out);
  }
  return out;
}

std::vector<Unit> UnitsOf(std::string_view text) {
  std::vector<Unit> units;
  std::size_t at = 0;
  for (const char32_t c : DecodeUtf8(text)) {
    Unit unit = UnitOf(c);
    unit.begin = at;
    at += c < 0x80 ? 1u : c < 0x800 ? 2u : c < 0x10000 ? 3u : 4u;
    unit.end = at;
    units.push_back(unit);
  }
  JoinSpoken(units);
  return units;
}

}  // namespace deepcabin::llm
