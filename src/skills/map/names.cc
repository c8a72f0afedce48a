#include "skills/map/names.h"

#include "base/text.h"

namespace deepcabin::skills {

bool IsHarmfulInName(char32_t c) {
  const bool is_control = c < 0x20 || (c >= 0x7F && c < 0xA0);
  const bool is_hidden = c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
                         c == 0xFEFF || (c >= 0xFFF0 && c <= 0xFFFF) || (c >= 0xE0000 && c <= 0xE0FFF);
  return is_control || is_hidden || c == U'<' || c == U'>' || c == U'`';
}

std::string CleanName(std::string_view text, std::size_t characters_max) {
  // Bounded before it is decoded: a name of megabytes costs what a long name costs.
  std::u32string kept;
  for (const char32_t c : DecodeUtf8(text.substr(0, characters_max * 16))) {
    const bool is_space = c == U' ' || c == U'\t' || c == U'\n' || c == U'\r' || c == 0x3000 || c == 0xA0;
    if (is_space ? kept.empty() || kept.back() == U' ' : IsHarmfulInName(c)) continue;
    kept.push_back(is_space ? U' ' : c);
    if (kept.size() > characters_max) break;
  }
  if (kept.size() > characters_max) {
    kept.resize(characters_max - 1);
    kept.push_back(U'…');
  }
  while (!kept.empty() && kept.back() == U' ') kept.pop_back();
  return EncodeUtf8(kept);
}

}  // namespace deepcabin::skills
