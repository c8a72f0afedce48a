#pragma once
// Names from maps are strangers' text. They are made short and harmless before they are kept: one line, no control characters, none of the
// characters that turn the direction of writing or hide, no angle brackets.

#include <string>
#include <string_view>

namespace deepcabin::skills {

inline constexpr std::size_t kNameCharactersMax = 60;
inline constexpr std::size_t kHoursBytesMax = 200;

// At most `characters_max` characters of valid UTF-8; what was cut ends with "…".
std::string CleanName(std::string_view text, std::size_t characters_max = kNameCharactersMax);

// True for what CleanName never lets through (in UTF-8, after decoding).
bool IsHarmfulInName(char32_t c);

}  // namespace deepcabin::skills
