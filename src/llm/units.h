#pragma once
// A text as a row of units for finding numbers in it: digits of every script and spoken digits, letters, what may stand between, the rest.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace deepcabin::llm {

enum class UnitKind : std::uint8_t { kDigit, kLetter, kSeparator, kOther };

struct Unit {
  UnitKind kind = UnitKind::kOther;
  char32_t c = 0;         // folded: upper case, half width; of a spoken word its digit
  bool is_space = false;  // a separator that is only a space
  std::uint8_t digits = 0;
  std::size_t begin = 0, end = 0;  // bytes

  bool is_word() const { return kind == UnitKind::kDigit || kind == UnitKind::kLetter; }
};

// `text` is well-formed UTF-8.
std::vector<Unit> UnitsOf(std::string_view text);

// Without ill-formed bytes, control, bidi, zero-width and other invisible characters; ⟦⟧ become [].
std::string WithoutInvisible(std::string_view text);

}  // namespace deepcabin::llm
