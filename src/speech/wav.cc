#include "speech/wav.h"

#include <cstdint>

#include <fmt/format.h>

namespace deepcabin::speech {
namespace {

constexpr std::size_t kChunkHead = 8, kFirstChunk = 12, kFormatBytes = 16;
constexpr int kPcm = 1;

std::uint32_t Read(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void Write32(std::string& bytes, std::size_t at, std::size_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>((value >> (8 * i)) & 0xFF);
}

struct Layout {
  std::uint32_t rate = 0;
  std::size_t size_at = 0;  // where the sound's size stands; the sound follows
};

Result<Layout> ReadLayout(std::string_view bytes) {
  if (bytes.size() < kFirstChunk || !bytes.starts_with("RIFF") || bytes.substr(8, 4) != "WAVE")
    return InvalidArgument("this is no WAV sound");
  Layout layout;
  std::size_t at = kFirstChunk;
  while (at + kChunkHead <= bytes.size()) {
    const std::string_view name = bytes.substr(at, 4);
    const std::size_t size = Read(bytes, at + 4, 4);
    const std::size_t body = at + kChunkHead;
    if (name == "data") {
      if (layout.rate == 0) return InvalidArgument("the WAV sound does not say how it is written");
      layout.size_at = at + 4;
      return layout;
    }
    if (size > bytes.size() - body) break;
    if (name == "fmt ") {
      if (size < kFormatBytes) break;
      const auto channels = Read(bytes, body + 2, 2);
      const auto bits = Read(bytes, body + 14, 2);
      layout.rate = Read(bytes, body + 4, 4);
      if (Read(bytes, body, 2) != kPcm || channels != 1 || bits != 16) {
        return InvalidArgument(fmt::format("the sound has {} channels of {} bits; one of 16 bits PCM is taken", channels, bits));
      }
      if (layout.rate < kRateMin || layout.rate > kRateMax) {
        return InvalidArgument(fmt::format("{} samples a second; {} to {} are taken", layout.rate, kRateMin, kRateMax));
      }
    }
    at = body + size + size % 2;
  }
  return InvalidArgument("the WAV sound is cut short");
}

}  // namespace

Result<std::chrono::milliseconds> WavLength(std::string_view bytes) {
  DC_ASSIGN_OR_RETURN(const Layout layout, ReadLayout(bytes));
  const std::size_t size = Read(bytes, layout.size_at, 4);
  if (size > bytes.size() - layout.size_at - 4) return InvalidArgument("the WAV sound is cut short");
  return std::chrono::milliseconds(static_cast<std::int64_t>(size) / 2 * 1000 / layout.rate);
}

Result<std::string> WithTrueSizes(std::string bytes) {
  DC_ASSIGN_OR_RETURN(const Layout layout, ReadLayout(bytes));
  Write32(bytes, layout.size_at, bytes.size() - layout.size_at - 4);
  Write32(bytes, 4, bytes.size() - kChunkHead);
  return bytes;
}

}  // namespace deepcabin::speech
