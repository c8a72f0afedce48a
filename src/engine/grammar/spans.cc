#include "engine/grammar/spans.h"

namespace deepcabin::engine {

Spans::Spans(const Tokenizer& tokenizer, std::string_view text) : tokenizer_(tokenizer), text_(text), tokens_at_(text.size()) {
  for (std::size_t at = 0; at < text_.size(); ++at) {
    std::size_t character_end = at + 1;
    while (!IsBoundary(character_end)) ++character_end;
    if (IsBoundary(at)) {
      const std::size_t most = std::min(text_.size() - at, tokenizer_.piece_bytes_max());
      for (std::size_t length = character_end - at; length <= most; ++length) {
        if (!IsBoundary(at + length)) continue;
        if (const TokenId token = tokenizer_.Piece(std::string_view(text_).substr(at, length)); token != kNoToken) {
          tokens_at_[at].push_back(token);
        }
      }
    }
    // Characters without a piece of their own are spelt as bytes.
    if (tokens_at_[at].empty()) {
      const TokenId token = tokenizer_.Byte(static_cast<unsigned char>(text_[at]));
      if (token != kNoToken) tokens_at_[at].push_back(token);
    }
  }
}

template <typename Body>
void Spans::ForPlaces(const Copied& copied, const Body& body) const {
  const std::string_view text = text_;
  if (copied.length == 0) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (IsBoundary(at)) body(at);
    }
    return;
  }
  const std::string_view stretch = Text(copied);
  for (std::size_t at = text.find(stretch); at != std::string_view::npos; at = text.find(stretch, at + 1)) {
    if (IsBoundary(at)) body(at + stretch.size());
  }
}

void Spans::Allow(const Copied& copied, std::span<std::uint64_t> mask) const {
  ForPlaces(copied, [&](std::size_t at) {
    if (at >= tokens_at_.size()) return;
    for (const TokenId token : tokens_at_[at]) mask[static_cast<std::size_t>(token) / 64] |= 1ULL << (token % 64);
  });
}

Spans::Copied Spans::Advance(const Copied& copied, TokenId token) const {
  const std::string_view added = tokenizer_.Text(token);
  Copied next = copied;
  ForPlaces(copied, [&](std::size_t at) {
    if (next.length != copied.length || std::string_view(text_).substr(at, added.size()) != added) return;
    next = {static_cast<std::uint32_t>(at - copied.length), static_cast<std::uint32_t>(copied.length + added.size())};
  });
  return next;
}

bool Spans::MayEnd(const Copied& copied) const { return copied.length > 0 && IsBoundary(copied.start + copied.length); }

}  // namespace deepcabin::engine
