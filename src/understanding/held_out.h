#pragma once
// Sentences that must not be written for training because we are measured by them: eval/held_out.txt, known by their hashes only.

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <unordered_set>

#include "base/result.h"

namespace deepcabin::understanding {

class HeldOut {
 public:
  // One hash in hexadecimal a line, as tests/leak_check.py writes them. kNotFound without the file, kInvalidArgument "file:line: reason".
  static Result<HeldOut> Load(const std::filesystem::path& file);

  bool Has(std::string_view text) const { return hashes_.contains(HashOf(text)); }
  // FNV-1a over the letters, digits and Han characters of UTF-8 text, small letters; case, spaces and punctuation do not count.
  static std::uint64_t HashOf(std::string_view text);

 private:
  std::unordered_set<std::uint64_t> hashes_;
};

}  // namespace deepcabin::understanding
