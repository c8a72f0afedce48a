#pragma once
// Text to tokens and back. The pieces come from the weights file, so that a model and its tokens cannot be mixed up.
//
// Symbols are the tokens of the target language (names of things to do, places, units). They are control pieces: text from outside can
// never spell one, however it is written; only EncodeWithSymbols, for text of our own, looks for them.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/file/gguf.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace deepcabin::engine {

using TokenId = std::int32_t;
inline constexpr TokenId kNoToken = -1;

// Thread-safe once loaded.
class Tokenizer {
 public:
  // kInvalidArgument where the file has no tokenizer, or one that contradicts itself.
  static Result<Tokenizer> Load(const Gguf& file);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Text from outside; what no piece covers becomes bytes. kInvalidArgument where it is not UTF-8 or holds a zero byte.
  Result<std::vector<TokenId>> Encode(std::string_view text) const;
  // Text of our own, in which names of symbols stand for symbols; the longest name wins.
  Result<std::vector<TokenId>> EncodeWithSymbols(std::string_view text) const;
  // Exactly the text of the tokens; symbols become their names, begin, end and separator nothing.
  std::string Decode(std::span<const TokenId> tokens) const;
  // What a token adds to the text ("" for an id outside the vocabulary).
  std::string_view Text(TokenId token) const;

  // The symbol of this name.
  std::optional<TokenId> Symbol(std::string_view name) const;
  bool IsSymbol(TokenId token) const;
  // The plain piece (no symbol, no byte) that adds exactly this text; kNoToken where there is none.
  TokenId Piece(std::string_view text) const;
  std::size_t piece_bytes_max() const { return piece_bytes_max_; }
  // The token that adds one byte, for what no piece covers.
  TokenId Byte(unsigned char byte) const { return bytes_[byte]; }

  std::size_t vocab_size() const { return texts_.size(); }
  TokenId bos() const { return bos_; }
  TokenId eos() const { return eos_; }
  // Stands between what was said and what it means.
  TokenId separator() const { return separator_; }

 private:
  Tokenizer();
  Status ReadPieces(const Gguf& file);
  // The longest symbol at the start of `text`.
  std::optional<std::pair<TokenId, std::size_t>> SymbolAt(std::string_view text) const;

  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
  std::vector<std::string> texts_;
  std::map<std::string, TokenId, std::less<>> symbols_;
  std::map<std::string, TokenId, std::less<>> pieces_;
  std::array<TokenId, 256> bytes_{};
  std::size_t piece_bytes_max_ = 0;
  std::size_t symbol_bytes_max_ = 0;
  TokenId bos_ = kNoToken;
  TokenId eos_ = kNoToken;
  TokenId separator_ = kNoToken;
};

}  // namespace deepcabin::engine
