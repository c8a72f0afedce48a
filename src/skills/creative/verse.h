#pragma once
// Chinese couplets and regulated verse, held to their rules. Large models write them well and count badly.
//
// Characters are read as in today's Mandarin: ICU's Han-Latin knows one reading for each, a table of our own all of some hundred that
// poems use much, and then any of them counts. Old entering tones (白, 国, 笛) are read as today; rhymes are those of 中华新韵.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deepcabin::creative {

inline constexpr std::size_t kFindingsMax = 12;
inline constexpr std::size_t kVerseBytesMax = 8u << 10;  // of what is looked at

struct Form {
  bool is_couplet = false;
  std::size_t lines = 4;   // 2, 4 (绝句) or 8 (律诗)
  std::size_t length = 0;  // 5 or 7 characters a line; 0: either, and for couplets any
};

// The form that a wish names ("写一首七言绝句", "来副春联"), if it names one.
std::optional<Form> FormWanted(std::string_view wish);

// The rules in a sentence, for whoever writes.
std::string RulesOf(const Form& form);

// The lines of the work in what was written around it; empty where there is none of that form.
std::vector<std::string> LinesOf(const Form& form, std::string_view written);

// What does not hold, in Chinese, a short sentence each; empty: all holds. Couplet: equal length, upper line ends oblique and lower level,
// level against oblique at the second, fourth … character and the end of every clause, no character in both lines. Verse: equal lines;
// alternating level and oblique at the second, fourth and sixth character within a line, opposed within a pair of lines, alike between
// pairs; even lines end level and rhyme, odd ones from the third oblique; no three level characters at a line's end; no rhyming
// character twice.
std::vector<std::string> Verify(const Form& form, const std::vector<std::string>& lines);

}  // namespace deepcabin::creative
