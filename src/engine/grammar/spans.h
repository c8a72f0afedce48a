#pragma once
// Copying from a text: which tokens spell a stretch of it, token after token. For automata with free text that must have been said.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer.h"

namespace deepcabin::engine {

// Made once for a text (microseconds). Thread-safe afterwards.
class Spans {
 public:
  // What has been copied: the bytes [start, start + length) of the text. Where the same stretch stands several times, all count.
  struct Copied {
    std::uint32_t start = 0;
    std::uint32_t length = 0;
    bool operator==(const Copied&) const = default;
  };

  // The text is cut as given; invalid UTF-8 counts as characters of one byte.
  Spans(const Tokenizer& tokenizer, std::string_view text);

  // Sets the bits of all tokens that start a span (nothing copied yet) or continue it.
  void Allow(const Copied& copied, std::span<std::uint64_t> mask) const;
  // `token` is one that Allow allows.
  Copied Advance(const Copied& copied, TokenId token) const;
  // Something was copied, and no character is cut through.
  bool MayEnd(const Copied& copied) const;

  std::string_view Text(const Copied& copied) const { return std::string_view(text_).substr(copied.start, copied.length); }

 private:
  bool IsBoundary(std::size_t at) const { return at >= text_.size() || (static_cast<unsigned char>(text_[at]) & 0xC0) != 0x80; }
  // Calls body(position after the copy) for each place where the copied stretch stands.
  template <typename Body>
  void ForPlaces(const Copied& copied, const Body& body) const;

  const Tokenizer& tokenizer_;
  std::string text_;
  std::vector<std::vector<TokenId>> tokens_at_;  // that spell the text from this byte on
};

}  // namespace deepcabin::engine
