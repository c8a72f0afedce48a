#include "engine/file/gguf.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace deepcabin::engine {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF files are read in place, in little endian");

constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr std::uint32_t kVersion = 3;
constexpr std::uint64_t kKeysMax = 4096;
constexpr std::uint64_t kTensorsMax = 65536;
constexpr std::uint64_t kNameBytesMax = 256;
constexpr std::uint64_t kStringBytesMax = 1 << 20;
constexpr std::uint64_t kArrayCountMax = 1 << 26;
constexpr std::uint64_t kAlignmentMax = 1 << 16;

// GGUF's numbers of its value types.
enum ValueType : std::uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kString, kArray, kU64, kI64, kF64 };

std::size_t ValueBytes(std::uint32_t type) {
  constexpr std::array<std::uint8_t, 13> kBytes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < kBytes.size() ? kBytes[type] : 0;
}

// Walks over the bytes; the first read past the end makes everything after it fail.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <typename T>
  std::optional<T> Read() {
    const auto raw = Take(sizeof(T));
    if (!raw) return std::nullopt;
    T value;
    std::memcpy(&value, raw->data(), sizeof(T));
    return value;
  }
  std::optional<std::span<const std::byte>> Take(std::uint64_t count) {
    if (count > bytes_.size() - at_) return std::nullopt;
    const auto taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }
  std::optional<std::string_view> String(std::uint64_t bytes_max) {
    const auto length = Read<std::uint64_t>();
    if (!length || *length > bytes_max) return std::nullopt;
    const auto raw = Take(*length);
    if (!raw) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(raw->data()), raw->size());
  }
  std::size_t at() const { return at_; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

Error Truncated(const Reader& reader, std::string_view what) {
  return InvalidArgument(fmt::format("GGUF: {} is cut off or too long at byte {}", what, reader.at()));
}

template <typename Wide, typename Narrow>
std::optional<GgufValue> Scalar(Reader& reader) {
  const auto value = reader.Read<Narrow>();
  if (!value) return std::nullopt;
  return GgufValue(static_cast<Wide>(*value));
}

std::optional<GgufValue> ReadScalar(Reader& reader, std::uint32_t type) {
  switch (type) {
    case kU8: return Scalar<std::uint64_t, std::uint8_t>(reader);
    case kU16: return Scalar<std::uint64_t, std::uint16_t>(reader);
    case kU32: return Scalar<std::uint64_t, std::uint32_t>(reader);
    case kU64: return Scalar<std::uint64_t, std::uint64_t>(reader);
    case kI8: return Scalar<std::int64_t, std::int8_t>(reader);
    case kI16: return Scalar<std::int64_t, std::int16_t>(reader);
    case kI32: return Scalar<std::int64_t, std::int32_t>(reader);
    case kI64: return Scalar<std::int64_t, std::int64_t>(reader);
    case kF32: return Scalar<double, float>(reader);
    case kF64: return Scalar<double, double>(reader);
    case kBool: {
      const auto value = reader.Read<std::uint8_t>();
      if (!value) return std::nullopt;
      return GgufValue(*value != 0);
    }
    default: return std::nullopt;
  }
}

Result<GgufValue> ReadArray(Reader& reader) {
  const auto type = reader.Read<std::uint32_t>();
  const auto count = reader.Read<std::uint64_t>();
  if (!type || !count) return Truncated(reader, "an array");
  if (*count > kArrayCountMax) return InvalidArgument(fmt::format("GGUF: an array of {} values, at most {}", *count, kArrayCountMax));
  GgufArray array{*type, *count, {}};
  if (*type == kString) {
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto text = reader.String(kStringBytesMax);
      if (!text) return Truncated(reader, "a string of an array");
      array.strings.push_back(*text);
    }
    return GgufValue(std::move(array));
  }
  const std::size_t bytes = ValueBytes(*type);
  if (bytes == 0) return InvalidArgument(fmt::format("GGUF: arrays of type {} are not supported", *type));
  const auto raw = reader.Take(*count * bytes);
  if (!raw) return Truncated(reader, "an array");
  array.bytes = *raw;
  return GgufValue(std::move(array));
}

Result<GgufValue> ReadValue(Reader& reader) {
  const auto type = reader.Read<std::uint32_t>();
  if (!type) return Truncated(reader, "a value");
  if (*type == kArray) return ReadArray(reader);
  if (*type == kString) {
    const auto text = reader.String(kStringBytesMax);
    if (!text) return Truncated(reader, "a string");
    return GgufValue(*text);
  }
  if (ValueBytes(*type) == 0) return InvalidArgument(fmt::format("GGUF: value type {} is not known", *type));
  const auto value = ReadScalar(reader, *type);
  if (!value) return Truncated(reader, "a value");
  return *value;
}

struct Described {
  Tensor tensor;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

// The bytes a tensor needs; nothing where its type is not ours, its rows do not fill blocks, or the product overflows.
std::optional<std::uint64_t> BytesOf(const Tensor& tensor) {
  if (tensor.type == TensorType::kQ8_0 && tensor.shape[0] % kQ8BlockValues != 0) return std::nullopt;
  std::uint64_t total = tensor.type == TensorType::kQ8_0 ? tensor.shape[0] / kQ8BlockValues * kQ8BlockBytes : tensor.shape[0] * 4;
  for (std::size_t i = 1; i < tensor.shape.size(); ++i) {
    if (tensor.shape[i] != 0 && total > std::numeric_limits<std::uint64_t>::max() / tensor.shape[i]) return std::nullopt;
    total *= tensor.shape[i];
  }
  return total;
}

Result<Described> ReadTensor(Reader& reader) {
  Described described;
  const auto name = reader.String(kNameBytesMax);
  const auto rank = reader.Read<std::uint32_t>();
  if (!name || !rank) return Truncated(reader, "a tensor's name");
  if (*rank == 0 || *rank > 4) return InvalidArgument(fmt::format("GGUF: tensor {} has {} dimensions, 1 to 4 are possible", *name, *rank));
  described.tensor.name = *name;
  for (std::uint32_t i = 0; i < *rank; ++i) {
    const auto extent = reader.Read<std::uint64_t>();
    if (!extent) return Truncated(reader, "a tensor's shape");
    if (*extent == 0 || *extent > (1ULL << 40)) return InvalidArgument(fmt::format("GGUF: tensor {} has extent {}", *name, *extent));
    described.tensor.shape[i] = *extent;
  }
  const auto type = reader.Read<std::uint32_t>();
  const auto offset = reader.Read<std::uint64_t>();
  if (!type || !offset) return Truncated(reader, "a tensor's description");
  described.tensor.type = static_cast<TensorType>(*type);
  if (described.tensor.type != TensorType::kF32 && described.tensor.type != TensorType::kQ8_0) {
    return InvalidArgument(fmt::format("GGUF: tensor {} has type {}; F32 (0) and Q8_0 (8) are supported", *name, *type));
  }
  const auto bytes = BytesOf(described.tensor);
  if (!bytes) return InvalidArgument(fmt::format("GGUF: the shape of tensor {} does not fit its type", *name));
  described.offset = *offset;
  described.bytes = *bytes;
  return described;
}

// Gives every tensor its bytes: aligned, inside the file, none overlapping another.
Status PlaceTensors(std::vector<Described>& all, std::span<const std::byte> data, std::uint64_t alignment) {
  std::sort(all.begin(), all.end(), [](const Described& a, const Described& b) { return a.offset < b.offset; });
  std::uint64_t end = 0;
  for (Described& one : all) {
    if (one.offset % alignment != 0) return InvalidArgument(fmt::format("GGUF: tensor {} is not aligned", one.tensor.name));
    if (one.offset < end) return InvalidArgument(fmt::format("GGUF: tensor {} overlaps the one before it", one.tensor.name));
    if (one.offset > data.size() || one.bytes > data.size() - one.offset) {
      return InvalidArgument(fmt::format("GGUF: tensor {} needs {} bytes at {}, the file has {}; it is cut off", one.tensor.name, one.bytes,
                                         one.offset, data.size()));
    }
    one.tensor.bytes = data.subspan(one.offset, one.bytes);
    end = one.offset + one.bytes;
  }
  return {};
}

}  // namespace

std::size_t Tensor::row_bytes() const {
  return type == TensorType::kQ8_0 ? shape[0] / kQ8BlockValues * kQ8BlockBytes : shape[0] * sizeof(float);
}

Result<Gguf> Gguf::Parse(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  const auto magic = reader.Read<std::uint32_t>();
  const auto version = reader.Read<std::uint32_t>();
  const auto tensor_count = reader.Read<std::uint64_t>();
  const auto key_count = reader.Read<std::uint64_t>();
  if (!magic || *magic != kMagic) return InvalidArgument("no GGUF file");
  if (!version || *version != kVersion)
    return InvalidArgument(fmt::format("GGUF version {}; {} is supported", version.value_or(0), kVersion));
  if (!tensor_count || !key_count) return Truncated(reader, "the header");
  if (*tensor_count > kTensorsMax) return InvalidArgument(fmt::format("GGUF: {} tensors, at most {}", *tensor_count, kTensorsMax));
  if (*key_count > kKeysMax) return InvalidArgument(fmt::format("GGUF: {} keys, at most {}", *key_count, kKeysMax));

  Gguf file;
  for (std::uint64_t i = 0; i < *key_count; ++i) {
    const auto key = reader.String(kNameBytesMax);
    if (!key) return Truncated(reader, "a key");
    DC_ASSIGN_OR_RETURN(GgufValue value, ReadValue(reader));
    if (!file.values_.emplace(*key, std::move(value)).second) return InvalidArgument(fmt::format("GGUF: key {} stands twice", *key));
  }
  std::vector<Described> described;
  for (std::uint64_t i = 0; i < *tensor_count; ++i) {
    DC_ASSIGN_OR_RETURN(Described one, ReadTensor(reader));
    described.push_back(one);
  }
  std::uint64_t alignment = 32;
  if (file.Find("general.alignment") != nullptr) {
    DC_ASSIGN_OR_RETURN(alignment, file.Unsigned("general.alignment", kAlignmentMax));
  }
  if (alignment < 4 || !std::has_single_bit(alignment)) return InvalidArgument(fmt::format("GGUF: an alignment of {} bytes", alignment));
  const std::uint64_t start = (reader.at() + alignment - 1) / alignment * alignment;
  if (!described.empty() && start > bytes.size()) return Truncated(reader, "tensor data");
  DC_RETURN_IF_ERROR(PlaceTensors(described, bytes.subspan(std::min<std::size_t>(start, bytes.size())), alignment));
  for (const Described& one : described) {
    if (!file.tensors_.emplace(one.tensor.name, one.tensor).second) {
      return InvalidArgument(fmt::format("GGUF: tensor {} stands twice", one.tensor.name));
    }
  }
  return file;
}

const GgufValue* Gguf::Find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

const Tensor* Gguf::FindTensor(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Result<std::uint64_t> Gguf::Unsigned(std::string_view key, std::uint64_t max) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return NotFound(fmt::format("GGUF: key {} is missing", key));
  std::uint64_t number = 0;
  if (const auto* plain = std::get_if<std::uint64_t>(value)) {
    number = *plain;
  } else if (const auto* with_sign = std::get_if<std::int64_t>(value); with_sign != nullptr && *with_sign >= 0) {
    number = static_cast<std::uint64_t>(*with_sign);
  } else {
    return InvalidArgument(fmt::format("GGUF: key {} is no whole number from 0", key));
  }
  if (number > max) return InvalidArgument(fmt::format("GGUF: {} is {}, at most {}", key, number, max));
  return number;
}

Result<double> Gguf::Number(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return NotFound(fmt::format("GGUF: key {} is missing", key));
  const auto* number = std::get_if<double>(value);
  if (number == nullptr || !std::isfinite(*number)) return InvalidArgument(fmt::format("GGUF: key {} is no finite number", key));
  return *number;
}

Result<std::string_view> Gguf::String(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return NotFound(fmt::format("GGUF: key {} is missing", key));
  const auto* text = std::get_if<std::string_view>(value);
  if (text == nullptr) return InvalidArgument(fmt::format("GGUF: key {} is no text", key));
  return *text;
}

Result<const GgufArray*> Gguf::Array(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return NotFound(fmt::format("GGUF: key {} is missing", key));
  const auto* array = std::get_if<GgufArray>(value);
  if (array == nullptr) return InvalidArgument(fmt::format("GGUF: key {} is no array", key));
  return array;
}

float HalfToFloat(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0) {  // zero and what is smaller than a normal half
    const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 0x1F ? 0xFFU : exponent + 112;
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

}  // namespace deepcabin::engine
