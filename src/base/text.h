#pragma once
// UTF-8 and small string helpers. No locale, no allocation unless a string is returned. Thread-safe.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace deepcabin {

// True when `text` is well-formed UTF-8 (no overlong forms, surrogates, or values past U+10FFFF).
bool IsValidUtf8(std::string_view text);
// Every ill-formed byte sequence replaced by U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);
// Decodes well-formed UTF-8; ill-formed bytes become U+FFFD.
std::u32string DecodeUtf8(std::string_view text);
std::string EncodeUtf8(std::u32string_view text);
void AppendUtf8(char32_t code_point, std::string& out);

std::vector<std::string_view> Split(std::string_view text, char separator);
std::string_view Trim(std::string_view text);
std::string ToLowerAscii(std::string_view text);
std::string ReplaceAll(std::string text, std::string_view from, std::string_view to);
// CJK ideographs and kana: written without spaces.
constexpr bool IsHan(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2FA1F) || (c >= 0x3040 && c <= 0x30FF);
}

}  // namespace deepcabin
