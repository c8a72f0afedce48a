#pragma once
// A tokenizer made on the spot: the given symbols, a few plain pieces and all bytes. For tests of what the student may write.

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "engine/tokenizer.h"

namespace deepcabin::understanding {

class TokenizerForTest {
 public:
  explicit TokenizerForTest(const std::vector<std::string>& symbols) {
    Add("<unk>", kUnknown);
    Add("<s>", kControl);
    Add("</s>", kControl);
    Add("<sep>", kControl);
    for (const std::string& symbol : symbols) Add(symbol, kControl);
    constexpr char kHex[] = "0123456789ABCDEF";
    for (int byte = 0; byte < 256; ++byte) Add(std::string("<0x") + kHex[byte / 16] + kHex[byte % 16] + ">", kByte);
    for (const char* piece : {"\xE2\x96\x81", "a", "e", "o", "t", "周", "杰", "伦", "周杰伦"}) Add(piece, kNormal);
    Finish();
  }

  engine::Tokenizer Load() const {
    const auto file = engine::Gguf::Parse(std::as_bytes(std::span(bytes_)));
    return engine::Tokenizer::Load(file.value()).value();
  }

 private:
  enum Kind : char { kNormal = 1, kUnknown = 2, kControl = 3, kByte = 6 };

  static void Varint(std::string& out, std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
    out.push_back(static_cast<char>(number));
  }
  // A field of a protocol buffer that holds bytes, or a number.
  static void Field(std::string& out, std::uint64_t number, const std::string& bytes) {
    Varint(out, number << 3 | 2);
    Varint(out, bytes.size());
    out += bytes;
  }
  static void Field(std::string& out, std::uint64_t number, std::uint64_t value) {
    Varint(out, number << 3);
    Varint(out, value);
  }

  void Add(const std::string& piece, Kind kind) {
    pieces_.push_back(piece);
    std::string message;
    Field(message, 1, piece);
    Field(message, 3, static_cast<std::uint64_t>(kind));
    Field(model_, 1, message);
  }

  template <typename T>
  void Put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void Put(const std::string& text) {
    Put<std::uint64_t>(text.size());
    bytes_ += text;
  }

  void Finish() {
    std::string trainer;
    Field(trainer, 3, 2);   // byte pair encoding
    Field(trainer, 35, 1);  // bytes for what no piece covers
    std::string normalizer;
    Field(normalizer, 3, 0);  // no space in front
    Field(normalizer, 4, 0);  // no space taken away
    Field(model_, 2, trainer);
    Field(model_, 3, normalizer);
    constexpr std::uint32_t kU8 = 0, kString = 8, kArray = 9;
    bytes_ = "GGUF";
    Put<std::uint32_t>(3);
    Put<std::uint64_t>(0);  // tensors
    Put<std::uint64_t>(2);  // keys
    Put(std::string("deepcabin.sentencepiece"));
    Put(kArray), Put(kU8), Put<std::uint64_t>(model_.size());
    bytes_ += model_;
    Put(std::string("tokenizer.ggml.tokens"));
    Put(kArray), Put(kString), Put<std::uint64_t>(pieces_.size());
    for (const std::string& piece : pieces_) Put(piece);
  }

  std::vector<std::string> pieces_;
  std::string model_, bytes_;
};

}  // namespace deepcabin::understanding
