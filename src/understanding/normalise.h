#pragma once
// Brings what was said or typed into one form before anything is recognised in it: NFKC, lower case, half width, simplified characters,
// one kind of punctuation, no control or zero-width characters, no spaces between Han characters. Every position keeps its place in the
// original, so that free text (a song, a place) is given back as it was spoken. Polite words and fillers stay: the grammar skips them.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalogue/catalogue.h"

namespace deepcabin::understanding {

struct Normalised {
  std::u32string text;
  std::vector<std::uint32_t> offsets;  // offsets[i]: byte in `original` where text[i] began; one past the end is original.size()
  std::string original;
  Language language = Language::kChinese;  // by the script of most of the text

  // The original bytes behind text[begin, end).
  std::string Original(std::size_t begin, std::size_t end) const;
};

class Normaliser {
 public:
  // kUnavailable when the conversion tables (ICU, OpenCC) are not installed.
  static Result<Normaliser> Create();
  // kInvalidArgument for ill-formed UTF-8. Thread-safe.
  Result<Normalised> Run(std::string_view utf8) const;

 private:
  struct Tables;
  std::shared_ptr<const Tables> tables_;
};

}  // namespace deepcabin::understanding
