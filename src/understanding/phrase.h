#pragma once
// The phrase language of docs/phrasebook.md: "[把] @things <on> (吧|啊)" → a tree, and the tree → the sequences it stands for.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deepcabin::understanding {

enum class Slot : std::uint8_t { kThings, kZone, kValue, kWord, kDuration, kText, kTo, kWhen, kAny };

struct Part {
  enum class Kind : std::uint8_t { kLiteral, kList, kSlot, kSequence, kChoice };
  Kind kind = Kind::kSequence;
  std::string text;           // kLiteral: the word; kList: the list's name
  Slot slot = Slot::kThings;  // kSlot
  std::vector<Part> parts;    // kSequence: in order; kChoice: alternatives (an empty sequence among them = optional)
};

// kInvalidArgument: unbalanced brackets, unknown @slot, empty phrase, nesting past 8.
Result<Part> ParsePhrase(std::string_view text);

// Every sequence of literals, lists and slots the phrase stands for, at most `limit` (kResourceExhausted past it).
// The pointers point into `phrase`.
Result<std::vector<std::vector<const Part*>>> ExpandPhrase(const Part& phrase, std::size_t limit);

}  // namespace deepcabin::understanding
