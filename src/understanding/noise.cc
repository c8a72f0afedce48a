#include "understanding/noise.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/text.h"
#include "understanding/numbers.h"
#include "understanding/sample_pools.h"

namespace deepcabin::understanding {

struct Noise::Line {
  std::u32string text;
  std::vector<std::uint16_t> span;  // of each character: 1 + the span it belongs to, 0 = free

  bool IsFree(std::size_t at) const { return span[at] == 0; }
  bool IsFree(std::size_t begin, std::size_t end) const {
    return std::all_of(span.begin() + static_cast<std::ptrdiff_t>(begin), span.begin() + static_cast<std::ptrdiff_t>(end),
                       [](std::uint16_t s) { return s == 0; });
  }
  // A place between characters that lies in no span.
  bool IsGap(std::size_t at) const { return at == 0 || at == text.size() || span[at] == 0 || span[at] != span[at - 1]; }
  void Replace(std::size_t begin, std::size_t end, std::u32string_view with) {
    text.replace(begin, end - begin, with);
    span.erase(span.begin() + static_cast<std::ptrdiff_t>(begin), span.begin() + static_cast<std::ptrdiff_t>(end));
    span.insert(span.begin() + static_cast<std::ptrdiff_t>(begin), with.size(), 0);
  }
};

namespace {

constexpr char32_t kFirst = 0x4E00;
constexpr char32_t kLast = 0x9FFF;
constexpr double kAgainShare = 0.3;  // damaged once more, and again
// Characters whose loss or exchange would make it another wish: numbers, sides, yes and no.
constexpr std::u32string_view kMeaning = U"零一二三四五六七八九十百千两半点不没别勿未关开左右前后上下主副高低大小冷热增减加升降停暂取消最";

bool IsMeaning(char32_t c) { return kMeaning.find(c) != std::u32string_view::npos; }
bool IsHanCharacter(char32_t c) { return c >= kFirst && c <= kLast; }
bool IsPunctuation(char32_t c) { return c == U'，' || c == U',' || c == U'。' || c == U'？' || c == U'?' || c == U'\'' || c == U'、'; }
bool IsLetter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }

struct Heard {
  std::u32string_view said, heard;
};
// English words that recognisers take for one another, where the sentence still tells what was meant.
constexpr std::array<Heard, 40> kHeard{{{U"seat", U"seed"},
                                        {U"seats", U"seeds"},
                                        {U"heating", U"heeding"},
                                        {U"heat", U"heed"},
                                        {U"heater", U"heather"},
                                        {U"window", U"windo"},
                                        {U"windows", U"windose"},
                                        {U"sunroof", U"son roof"},
                                        {U"mirror", U"mirrow"},
                                        {U"mirrors", U"mirrows"},
                                        {U"trunk", U"trunck"},
                                        {U"boot", U"boots"},
                                        {U"wipers", U"vipers"},
                                        {U"wiper", U"viper"},
                                        {U"lights", U"lites"},
                                        {U"light", U"lite"},
                                        {U"brake", U"break"},
                                        {U"volume", U"volum"},
                                        {U"temperature", U"temprature"},
                                        {U"degrees", U"decrees"},
                                        {U"ambient", U"ambiant"},
                                        {U"the", U"da"},
                                        {U"please", U"pleas"},
                                        {U"would", U"wood"},
                                        {U"for", U"four"},
                                        {U"their", U"there"},
                                        {U"your", U"you're"},
                                        {U"it's", U"its"},
                                        {U"weather", U"whether"},
                                        {U"route", U"root"},
                                        {U"radio", U"raido"},
                                        {U"camera", U"camra"},
                                        {U"fan", U"van"},
                                        {U"screen", U"scream"},
                                        {U"door", U"dor"},
                                        {U"doors", U"dores"},
                                        {U"steering", U"stearing"},
                                        {U"wheel", U"weel"},
                                        {U"passenger", U"passanger"},
                                        {U"driver", U"drivers"}}};
constexpr std::array<std::u32string_view, 8> kFillersZh{U"嗯", U"呃", U"那个", U"就是", U"额", U"嗯那个", U"啊", U"这个"};
constexpr std::array<std::u32string_view, 5> kFillersEn{U"um ", U"uh ", U"er ", U"uhm ", U"like "};
constexpr std::u32string_view kUnits = U"度档级挡分秒%小个号公迈厘毫格倍安";

// A place among those of the line for which `fits` holds, or npos.
template <typename Fits>
std::size_t Pick(std::size_t size, Random& random, Fits fits) {
  constexpr int kTries = 8;
  for (int i = 0; size > 0 && i < kTries; ++i) {
    const std::size_t at = random.Below(size);
    if (fits(at)) return at;
  }
  return std::u32string::npos;
}

}  // namespace

Noise::Noise(const Grammar& grammar) : sound_of_(kLast - kFirst + 1) {
  const Trie& lexicon = grammar.lexicon();
  std::set<char32_t> used;
  for (std::uint32_t node = 0; node < lexicon.node_count(); ++node) {
    const char32_t c = lexicon.label(node);
    if (IsHanCharacter(c)) used.insert(c);
  }
  for (const char32_t c : used) {
    const std::uint16_t sound = IsMeaning(c) ? std::uint16_t{0} : grammar.sounds().Of(c);
    if (sound == 0) continue;
    sound_of_[c - kFirst] = sound;
    if (same_sounding_.size() <= sound) same_sounding_.resize(sound + std::size_t{1});
    same_sounding_[sound].push_back(c);
  }
}

bool Noise::Homophone(Line& line, Random& random) const {
  const auto at = Pick(line.text.size(), random, [&](std::size_t i) {
    const char32_t c = line.text[i];
    return line.IsFree(i) && IsHanCharacter(c) && sound_of_[c - kFirst] != 0 && same_sounding_[sound_of_[c - kFirst]].size() > 1;
  });
  if (at == std::u32string::npos) return false;
  const auto& others = same_sounding_[sound_of_[line.text[at] - kFirst]];
  const char32_t other = others[random.Below(others.size())];
  if (other == line.text[at]) return false;
  line.text[at] = other;
  return true;
}

namespace {

template <typename Line>
bool DropOne(Line& line, Random& random) {
  if (line.text.size() < 5) return false;
  const auto at = Pick(line.text.size(), random, [&](std::size_t i) {
    const char32_t c = line.text[i];
    const bool droppable = (IsHanCharacter(c) && !IsMeaning(c)) || IsLetter(c);
    return line.IsFree(i) && droppable;
  });
  if (at == std::u32string::npos) return false;
  line.Replace(at, at + 1, U"");
  return true;
}

template <typename Line>
bool DoubleOne(Line& line, Random& random) {
  const auto at = Pick(line.text.size(), random, [&](std::size_t i) {
    const char32_t c = line.text[i];
    return line.IsFree(i) && ((IsHanCharacter(c) && kMeaning.substr(0, 16).find(c) == std::u32string_view::npos) || IsLetter(c));
  });
  if (at == std::u32string::npos) return false;
  const char32_t c = line.text[at];
  line.Replace(at, at + 1, std::u32string(2, c));
  return true;
}

template <typename Line>
bool Hesitate(Line& line, Language language, Random& random) {
  const bool zh = language == Language::kChinese;
  const auto at = Pick(line.text.size(), random, [&](std::size_t i) {
    return line.IsGap(i) &&
           (zh ? !IsLetter(line.text[i]) && (i == 0 || IsHanCharacter(line.text[i - 1])) : i == 0 || line.text[i - 1] == U' ');
  });
  if (at == std::u32string::npos) return false;
  line.Replace(at, at, zh ? kFillersZh[random.Below(kFillersZh.size())] : kFillersEn[random.Below(kFillersEn.size())]);
  return true;
}

// All punctuation goes; in English sometimes a space instead.
template <typename Line>
bool Unpunctuate(Line& line, Language language, Random& random) {
  bool changed = false;
  for (std::size_t i = line.text.size(); i-- > 0;) {
    if (!line.IsFree(i) || !IsPunctuation(line.text[i])) continue;
    line.Replace(i, i + 1, U"");
    changed = true;
  }
  if (changed || language == Language::kChinese) return changed;
  const auto at = Pick(line.text.size(), random, [&](std::size_t i) { return line.IsFree(i) && line.text[i] == U' '; });
  if (at == std::u32string::npos) return false;
  line.Replace(at, at + 1, U"");
  return true;
}

// 二十六度 ↔ 26度, level two ↔ level 2.
template <typename Line>
bool SwapDigits(Line& line, Language language, Random& random) {
  const bool zh = language == Language::kChinese;
  for (std::size_t at = 0; at < line.text.size(); ++at) {
    if (!line.IsFree(at)) continue;
    const auto number = ReadNumber(line.text, at);
    if (!number) continue;
    const bool whole = number->value >= 2 && number->value < 1000 && number->value == static_cast<double>(static_cast<int>(number->value));
    const bool has_unit = !zh || (number->end < line.text.size() && kUnits.find(line.text[number->end]) != std::u32string_view::npos);
    const bool is_time = number->end < line.text.size() && line.text[number->end] == U':';
    if (whole && has_unit && !is_time && line.IsFree(at, number->end) && random.Chance(0.8)) {
      const std::string said =
          number->has_digits_only ? NumberInWords(number->value, language) : std::to_string(static_cast<int>(number->value));
      line.Replace(at, number->end, DecodeUtf8(said));
      return true;
    }
    at = number->end;
  }
  return false;
}

template <typename Line>
bool Mishear(Line& line, Random& random) {
  const auto at = Pick(line.text.size(), random, [&](std::size_t i) { return i == 0 || line.text[i - 1] == U' '; });
  if (at == std::u32string::npos) return false;
  std::size_t end = at;
  while (end < line.text.size() && line.text[end] != U' ' && line.text[end] != U',') ++end;
  if (!line.IsFree(at, end)) return false;
  const std::u32string_view word = std::u32string_view(line.text).substr(at, end - at);
  for (const Heard& row : kHeard) {
    if (row.said != word) continue;
    line.Replace(at, end, row.heard);
    return true;
  }
  return false;
}

}  // namespace

bool Noise::Once(Line& line, Language language, Random& random) const {
  const bool zh = language == Language::kChinese;
  switch (random.Below(zh ? 8 : 7)) {
    case 0: return DropOne(line, random);
    case 1: return DoubleOne(line, random);
    case 2: return Hesitate(line, language, random);
    case 3: return Unpunctuate(line, language, random);
    case 4: return SwapDigits(line, language, random);
    default: return zh ? Homophone(line, random) : Mishear(line, random);
  }
}

void Noise::Damage(std::string& text, std::vector<TextSpan>& spans, Language language, Random& random) const {
  Line line;
  line.text.reserve(text.size());
  std::size_t in = 0;
  for (std::size_t byte = 0; byte < text.size();) {  // text is well-formed
    const auto lead = static_cast<unsigned char>(text[byte]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) c = (c << 6) | (static_cast<unsigned char>(text[byte + i]) & 0x3Fu);
    while (in < spans.size() && spans[in].end <= byte) ++in;
    const bool inside = in < spans.size() && spans[in].begin <= byte;
    line.text.push_back(c);
    line.span.push_back(inside ? static_cast<std::uint16_t>(in + 1) : std::uint16_t{0});
    byte += length;
  }
  constexpr int kTries = 4;
  for (int i = 0; i < kTries; ++i) {
    if (Once(line, language, random) && !random.Chance(kAgainShare)) break;
  }
  text.clear();
  std::size_t open = 0;
  for (std::size_t i = 0; i < line.text.size(); ++i) {
    const std::size_t span = line.span[i];
    if (span != open && span != 0) spans[span - 1].begin = static_cast<std::uint32_t>(text.size());
    open = span;
    AppendUtf8(line.text[i], text);
    if (span != 0) spans[span - 1].end = static_cast<std::uint32_t>(text.size());
  }
}

}  // namespace deepcabin::understanding
