#include "engine/tokenizer.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include "base/text.h"

namespace deepcabin::engine {
namespace {

constexpr std::string_view kSeparatorPiece = "<sep>";
constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581, what pieces write for a space
constexpr std::size_t kTextBytesMax = 64 * 1024;

}  // namespace

Tokenizer::Tokenizer() : processor_(std::make_unique<sentencepiece::SentencePieceProcessor>()) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::Load(const Gguf& file) {
  DC_ASSIGN_OR_RETURN(const GgufArray* proto, file.Array("deepcabin.sentencepiece"));
  if (proto->bytes.size() != proto->count) return InvalidArgument("GGUF: deepcabin.sentencepiece is no array of bytes");
  Tokenizer tokenizer;
  const std::string_view serialized(reinterpret_cast<const char*>(proto->bytes.data()), proto->bytes.size());
  try {
    const auto status = tokenizer.processor_->LoadFromSerializedProto(serialized);
    if (!status.ok()) return InvalidArgument(fmt::format("GGUF: deepcabin.sentencepiece: {:.200}", status.ToString()));
  } catch (const std::exception& e) {
    return InvalidArgument(fmt::format("GGUF: deepcabin.sentencepiece: {:.200}", e.what()));
  }
  DC_RETURN_IF_ERROR(tokenizer.ReadPieces(file));
  return tokenizer;
}

// The pieces stand in the file twice, for us and for other engines; they must be the same.
Status Tokenizer::ReadPieces(const Gguf& file) {
  const auto& processor = *processor_;
  DC_ASSIGN_OR_RETURN(const GgufArray* tokens, file.Array("tokenizer.ggml.tokens"));
  const int count = processor.GetPieceSize();
  if (count <= 0 || tokens->strings.size() != static_cast<std::size_t>(count)) {
    return InvalidArgument(fmt::format("GGUF: {} tokens, but the tokenizer has {} pieces", tokens->strings.size(), count));
  }
  texts_.resize(tokens->strings.size());
  bytes_.fill(kNoToken);
  for (TokenId id = 0; id < count; ++id) {
    const std::string& piece = processor.IdToPiece(id);
    if (piece != tokens->strings[static_cast<std::size_t>(id)]) {
      return InvalidArgument(fmt::format("GGUF: token {} is not the tokenizer's piece {}", id, id));
    }
    std::string& text = texts_[static_cast<std::size_t>(id)];
    if (processor.IsByte(id)) {
      unsigned byte = 256;  // "<0x41>"
      if (piece.size() == 6) std::from_chars(piece.data() + 3, piece.data() + 5, byte, 16);
      if (byte > 255) return InvalidArgument(fmt::format("GGUF: token {} is no byte", id));
      text = static_cast<char>(byte);
      bytes_[byte] = id;
    } else if (processor.IsControl(id)) {
      const bool is_frame = id == processor.bos_id() || id == processor.eos_id() || piece == kSeparatorPiece;
      if (is_frame) continue;
      text = piece;
      symbols_.emplace(piece, id);
      symbol_bytes_max_ = std::max(symbol_bytes_max_, piece.size());
    } else if (!processor.IsUnknown(id)) {
      text = ReplaceAll(piece, kSpace, " ");
      pieces_.emplace(text, id);
      piece_bytes_max_ = std::max(piece_bytes_max_, text.size());
    }
  }
  bos_ = processor.bos_id();
  eos_ = processor.eos_id();
  separator_ = processor.PieceToId(kSeparatorPiece);
  if (bos_ < 0 || eos_ < 0 || !processor.IsControl(separator_)) {
    return InvalidArgument("GGUF: the tokenizer lacks a begin, an end or a separator token");
  }
  return {};
}

Result<std::vector<TokenId>> Tokenizer::Encode(std::string_view text) const {
  if (text.size() > kTextBytesMax) return ResourceExhausted(fmt::format("text of {} bytes, at most {}", text.size(), kTextBytesMax));
  if (!IsValidUtf8(text) || text.find('\0') != std::string_view::npos) return InvalidArgument("text is not UTF-8 without zero bytes");
  std::vector<int> ids;
  try {
    const auto status = processor_->Encode(text, &ids);
    if (!status.ok()) return InvalidArgument(fmt::format("text cannot be cut into tokens: {:.200}", status.ToString()));
  } catch (const std::exception& e) {
    return Internal(fmt::format("text cannot be cut into tokens: {:.200}", e.what()));
  }
  return ids;
}

std::optional<std::pair<TokenId, std::size_t>> Tokenizer::SymbolAt(std::string_view text) const {
  for (std::size_t length = std::min(symbol_bytes_max_, text.size()); length > 0; --length) {
    const auto found = symbols_.find(text.substr(0, length));
    if (found != symbols_.end()) return std::pair{found->second, length};
  }
  return std::nullopt;
}

Result<std::vector<TokenId>> Tokenizer::EncodeWithSymbols(std::string_view text) const {
  std::vector<TokenId> tokens;
  std::size_t plain = 0;  // where text without symbols begins
  std::size_t at = 0;
  const auto flush = [&]() -> Status {
    DC_ASSIGN_OR_RETURN(const std::vector<TokenId> ids, Encode(text.substr(plain, at - plain)));
    tokens.insert(tokens.end(), ids.begin(), ids.end());
    return {};
  };
  while (at < text.size()) {
    const auto symbol = SymbolAt(text.substr(at));
    if (!symbol) {
      ++at;
      continue;
    }
    DC_RETURN_IF_ERROR(flush());
    tokens.push_back(symbol->first);
    at += symbol->second;
    plain = at;
  }
  DC_RETURN_IF_ERROR(flush());
  return tokens;
}

std::string Tokenizer::Decode(std::span<const TokenId> tokens) const {
  std::string text;
  for (const TokenId token : tokens) text += Text(token);
  return text;
}

std::string_view Tokenizer::Text(TokenId token) const {
  return token >= 0 && static_cast<std::size_t>(token) < texts_.size() ? std::string_view(texts_[static_cast<std::size_t>(token)]) : "";
}

std::optional<TokenId> Tokenizer::Symbol(std::string_view name) const {
  const auto found = symbols_.find(name);
  return found == symbols_.end() ? std::nullopt : std::optional(found->second);
}

TokenId Tokenizer::Piece(std::string_view text) const {
  const auto found = pieces_.find(text);
  return found == pieces_.end() ? kNoToken : found->second;
}

bool Tokenizer::IsSymbol(TokenId token) const {
  const auto found = symbols_.find(Text(token));
  return found != symbols_.end() && found->second == token;
}

}  // namespace deepcabin::engine
