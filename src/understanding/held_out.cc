#include "understanding/held_out.h"

#include <charconv>
#include <fstream>
#include <string>

#include <fmt/format.h>

namespace deepcabin::understanding {

std::uint64_t HeldOut::HashOf(std::string_view text) {
  constexpr std::uint64_t kBasis = 0xCBF29CE484222325ULL;
  constexpr std::uint64_t kPrime = 0x100000001B3ULL;
  std::uint64_t hash = kBasis;
  const auto take = [&](unsigned char byte) { hash = (hash ^ byte) * kPrime; };
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      const bool is_capital = lead >= 'A' && lead <= 'Z';
      if (is_capital || (lead >= 'a' && lead <= 'z') || (lead >= '0' && lead <= '9'))
        take(is_capital ? static_cast<unsigned char>(lead + 32) : lead);
      ++i;
      continue;
    }
    // Han characters lie in U+4000 to U+9FFF: three bytes from E4 to E9. Punctuation, Chinese too, lies outside.
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const bool is_han = lead >= 0xE4 && lead <= 0xE9;
    for (std::size_t k = 0; is_han && k < length && i + k < text.size(); ++k) take(static_cast<unsigned char>(text[i + k]));
    i += length;
  }
  return hash;
}

Result<HeldOut> HeldOut::Load(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return NotFound(fmt::format("no held-out sentences at {}: tests/leak_check.py --write makes the file", file.string()));
  HeldOut out;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    std::uint64_t hash = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), hash, 16);
    if (read.ec != std::errc() || read.ptr != line.data() + line.size())
      return InvalidArgument(fmt::format("{}:{}: not a hash in hexadecimal", file.string(), number));
    out.hashes_.insert(hash);
  }
  return out;
}

}  // namespace deepcabin::understanding
