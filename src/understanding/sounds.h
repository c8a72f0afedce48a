#pragma once
// What Chinese characters sound like, for words that a speech recogniser wrote down wrongly: 导行 for 导航. Sounds that accents do not
// keep apart (zh and z, ang and an) count as one, tones do not count.

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "understanding/trie.h"

namespace deepcabin::understanding {

class Sounds {
 public:
  // Reads the pronunciations of ICU. kUnavailable when ICU's data lack them.
  static Result<Sounds> Create();

  // A number for how `c` sounds; 0 for what has no Chinese sound.
  std::uint16_t Of(char32_t c) const { return c >= kFirst && c <= kLast ? syllables_[c - kFirst] : std::uint16_t{0}; }

  void Save(ByteWriter& out) const { out.Array(syllables_); }
  static Result<Sounds> Load(ByteReader& in);

 private:
  static constexpr char32_t kFirst = 0x4E00;
  static constexpr char32_t kLast = 0x9FFF;
  std::vector<std::uint16_t> syllables_ = std::vector<std::uint16_t>(kLast - kFirst + 1, 0);
};

// Every Chinese word of `lexicon` (two characters or more) by how it sounds; the values are the word's nodes in `lexicon`.
Trie LexiconBySound(const Trie& lexicon, const Sounds& sounds);

}  // namespace deepcabin::understanding
