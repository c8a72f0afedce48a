#pragma once
// Writing and reading of flat binary files that we make ourselves (compiled phrasebook). Little endian as the machine has it: such a file
// never leaves the machine that made it.

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace deepcabin {

// FNV-1a, 64 bits: tells whether bytes are the same, not whether somebody meant harm.
inline std::uint64_t HashBytes(std::string_view bytes, std::uint64_t hash = 0xCBF29CE484222325) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

// Of named texts, in the order of their names.
inline std::uint64_t HashFiles(const std::map<std::string, std::string>& files) {
  std::uint64_t hash = HashBytes("");
  for (const auto& [name, text] : files) hash = HashBytes(text, HashBytes(name + '\0', hash));
  return hash;
}

class ByteWriter {
 public:
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void Plain(const T& value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T)); }
  void Text(std::string_view text) {
    Plain(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
  }
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void Array(const std::vector<T>& array) {
    Plain(static_cast<std::uint64_t>(array.size()));
    bytes_.append(reinterpret_cast<const char*>(array.data()), array.size() * sizeof(T));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Every read is checked against the end: kDataLoss past it.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  requires std::is_trivially_copyable_v<T> Result<T> Plain() {
    T value;
    if (bytes_.size() - at_ < sizeof(T)) return Short();
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  Result<std::string> Text() {
    DC_ASSIGN_OR_RETURN(const auto size, Plain<std::uint32_t>());
    if (bytes_.size() - at_ < size) return Short();
    std::string text(bytes_.substr(at_, size));
    at_ += size;
    return text;
  }
  template <typename T>
  requires std::is_trivially_copyable_v<T> Result<std::vector<T>> Array() {
    DC_ASSIGN_OR_RETURN(const auto size, Plain<std::uint64_t>());
    if ((bytes_.size() - at_) / sizeof(T) < size) return Short();
    std::vector<T> array(size);
    if (size > 0) std::memcpy(array.data(), bytes_.data() + at_, size * sizeof(T));
    at_ += size * sizeof(T);
    return array;
  }

 private:
  static Error Short() { return {ErrorCode::kDataLoss, "the file ends too early"}; }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace deepcabin
