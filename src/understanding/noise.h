#pragma once
// What speech recognition does to a sentence: words that only sound like what was said, characters lost or doubled, hesitation, no
// punctuation, digits for words. Free text that the frame copies stays as it is.

#include <array>
#include <string>
#include <vector>

#include "base/random.h"
#include "understanding/grammar.h"

namespace deepcabin::understanding {

// Bytes [begin, end) of a text.
struct TextSpan {
  std::uint32_t begin = 0, end = 0;
};

class Noise {
 public:
  // Homophones are chosen among the characters that the phrasebook uses. Keeps nothing of `grammar`.
  explicit Noise(const Grammar& grammar);

  // Damages `text` once or a few times. What stands in `spans` (in order, apart from one another) is kept, and `spans` are moved with it.
  void Damage(std::string& text, std::vector<TextSpan>& spans, Language language, Random& random) const;

 private:
  struct Line;
  bool Once(Line& line, Language language, Random& random) const;
  bool Homophone(Line& line, Random& random) const;

  std::vector<std::uint16_t> sound_of_;               // from kFirst on; 0: none
  std::vector<std::vector<char32_t>> same_sounding_;  // by sound
};

}  // namespace deepcabin::understanding
