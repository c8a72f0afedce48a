#pragma once
// Finds what must not leave in a text: by its shape, and by a dictionary.

#include <string>
#include <vector>

#include "llm/redaction.h"
#include "llm/units.h"

namespace deepcabin::llm {

// Units [begin, end) are one secret. kind "position": not hidden but written shorter, as `coarse`.
struct Found {
  std::size_t begin = 0, end = 0;
  std::string kind, coarse;
};

// In order, not overlapping.
std::vector<Found> FindSecrets(std::string_view text, const std::vector<Unit>& units, const SecretDictionary& dictionary);

// Letters and digits alone, folded: two ways of writing one number are one secret.
std::u32string FoldedText(const std::vector<Unit>& units, std::size_t begin, std::size_t end);

}  // namespace deepcabin::llm
