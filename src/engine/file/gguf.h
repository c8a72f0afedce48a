#pragma once
// Reads GGUF, the file format of weights that other engines read too: magic, metadata, tensor descriptions, aligned tensor data.
// The file comes from outside: every count, length, offset and type is checked against the bytes that are there before it is used.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace deepcabin::engine {

enum class TensorType : std::uint32_t {
  kF32 = 0,
  kQ8_0 = 8,  // blocks of 32: a half-precision scale, then 32 signed bytes
};

inline constexpr std::size_t kQ8BlockValues = 32;
inline constexpr std::size_t kQ8BlockBytes = 34;

// shape[0] is the length of a row (the input of a matrix), shape[1] the number of rows, shape[2] that of stacked matrices.
struct Tensor {
  std::string_view name;
  TensorType type = TensorType::kF32;
  std::array<std::uint64_t, 4> shape{1, 1, 1, 1};
  std::span<const std::byte> bytes;

  std::size_t row_bytes() const;
};

// Elements of an array are kept as they lie in the file; strings are looked up once.
struct GgufArray {
  std::uint32_t type = 0;  // GGUF's number of the element type
  std::uint64_t count = 0;
  std::span<const std::byte> bytes;         // of numbers
  std::vector<std::string_view> strings{};  // of strings
};

using GgufValue = std::variant<std::uint64_t, std::int64_t, double, bool, std::string_view, GgufArray>;

// Thread-safe once parsed. Views the bytes it was parsed from, which must outlive it.
class Gguf {
 public:
  // kInvalidArgument with the offending name, value and limit.
  static Result<Gguf> Parse(std::span<const std::byte> bytes);

  // nullptr where the file has no such key or tensor.
  const GgufValue* Find(std::string_view key) const;
  const Tensor* FindTensor(std::string_view name) const;

  // kNotFound without the key, kInvalidArgument where its type is another or the value lies outside [0, max].
  Result<std::uint64_t> Unsigned(std::string_view key, std::uint64_t max) const;
  Result<double> Number(std::string_view key) const;
  Result<std::string_view> String(std::string_view key) const;
  Result<const GgufArray*> Array(std::string_view key) const;

  const std::map<std::string_view, Tensor>& tensors() const { return tensors_; }

 private:
  std::map<std::string_view, GgufValue> values_;
  std::map<std::string_view, Tensor> tensors_;
};

// IEEE half precision to single.
float HalfToFloat(std::uint16_t half);

}  // namespace deepcabin::engine
