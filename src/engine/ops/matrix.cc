#include "engine/ops/matrix.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

namespace deepcabin::engine {
namespace {

constexpr std::int8_t kLeast = -127;

float BlockScale(const std::byte* block) {
  std::uint16_t half;
  std::memcpy(&half, block, sizeof half);
  return HalfToFloat(half);
}

const std::byte* RowBytes(const Tensor& tensor, std::size_t row) { return tensor.bytes.data() + row * tensor.row_bytes(); }

Error NotFinite(const Tensor& tensor) { return InvalidArgument(fmt::format("tensor {} holds a weight that is not finite", tensor.name)); }

// A row of Q8_0 as bytes under one scale. Returns the scale, which is not finite where the row's is not.
float ReadByteRow(const std::byte* row, std::size_t columns, std::int8_t* out) {
  const std::size_t blocks = columns / kQ8BlockValues;
  float largest = 0;
  bool equal = true;
  for (std::size_t b = 0; b < blocks; ++b) {
    const float scale = BlockScale(row + b * kQ8BlockBytes);
    if (!std::isfinite(scale)) return scale;
    equal = equal && scale == BlockScale(row);
    largest = std::max(largest, std::fabs(scale));
  }
  // -128 never comes from a quantiser; the kernels count on 127 as the largest magnitude.
  if (equal) {
    for (std::size_t b = 0; b < blocks; ++b) {
      const std::byte* block = row + b * kQ8BlockBytes + 2;
      for (std::size_t i = 0; i < kQ8BlockValues; ++i) out[b * kQ8BlockValues + i] = std::max(static_cast<std::int8_t>(block[i]), kLeast);
    }
    return BlockScale(row);
  }
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::byte* block = row + b * kQ8BlockBytes;
    const float ratio = BlockScale(block) / largest;
    for (std::size_t i = 0; i < kQ8BlockValues; ++i) {
      const auto value = static_cast<float>(static_cast<std::int8_t>(block[2 + i]));
      out[b * kQ8BlockValues + i] = static_cast<std::int8_t>(std::clamp(std::nearbyint(value * ratio), -127.0F, 127.0F));
    }
  }
  return largest;
}

}  // namespace

Activations::Activations(std::size_t count_max, std::size_t columns_max)
    : copies_(count_max * columns_max), byte_values_(count_max * RoundUp(columns_max, kColumnGroup)), scales_(count_max) {}

void Activations::Set(const Kernels& kernels, const float* x, std::size_t stride, std::size_t count, std::size_t columns, bool as_bytes) {
  x_ = x;
  stride_ = stride;
  columns_ = columns;
  as_bytes_ = as_bytes;
  bytes_ = {byte_values_.data(), scales_.data(), RoundUp(columns, kColumnGroup), count};
  DC_DCHECK(bytes_.count * bytes_.stride <= byte_values_.size());
  if (as_bytes) kernels.quantize(x, stride, columns, bytes_);
}

void Activations::Choose(const Activations& from, std::span<const std::uint32_t> rows) {
  columns_ = from.columns_;
  as_bytes_ = from.as_bytes_;
  bytes_ = {byte_values_.data(), scales_.data(), from.bytes_.stride, rows.size()};
  DC_DCHECK(bytes_.count * bytes_.stride <= byte_values_.size());
  if (as_bytes_) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::memcpy(bytes_.values + i * bytes_.stride, from.bytes_.values + rows[i] * bytes_.stride, bytes_.stride);
      bytes_.scales[i] = from.bytes_.scales[rows[i]];
    }
    return;
  }
  x_ = copies_.data();
  stride_ = columns_;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::memcpy(copies_.data() + i * stride_, from.x_ + rows[i] * from.stride_, columns_ * sizeof(float));
  }
}

Result<Matrix> Matrix::Pack(std::span<const Source> sources) {
  Matrix matrix;
  matrix.columns_ = sources[0].tensor->shape[0];
  matrix.is_bytes_ = sources[0].tensor->type == TensorType::kQ8_0;
  for (const Source& source : sources) {
    DC_CHECK(source.tensor->shape[0] == matrix.columns_ && source.index < source.tensor->shape[2]);
    matrix.rows_ += source.tensor->shape[1];
    if ((source.tensor->type == TensorType::kQ8_0) != matrix.is_bytes_) {
      return InvalidArgument(fmt::format("tensors {} and {} have different types", sources[0].tensor->name, source.tensor->name));
    }
  }
  if (matrix.is_bytes_) {
    DC_RETURN_IF_ERROR(matrix.PackBytes(sources));
  } else {
    DC_RETURN_IF_ERROR(matrix.PackFloats(sources));
  }
  return matrix;
}

Status Matrix::PackFloats(std::span<const Source> sources) {
  floats_ = Buffer<float>(RoundUp(rows_, kRowGroup) * columns_);
  std::vector<float> values(columns_);
  std::size_t row = 0;
  for (const Source& source : sources) {
    const std::size_t count = source.tensor->shape[1];
    for (std::size_t i = 0; i < count; ++i, ++row) {
      ReadRow(*source.tensor, source.index * count + i, values.data());
      float* group = floats_.data() + row / kRowGroup * kRowGroup * columns_ + row % kRowGroup;
      for (std::size_t c = 0; c < columns_; ++c) {
        if (!std::isfinite(values[c])) return NotFinite(*source.tensor);
        group[c * kRowGroup] = values[c];
      }
    }
  }
  return {};
}

Status Matrix::PackBytes(std::span<const Source> sources) {
  const std::size_t padded = RoundUp(columns_, kColumnGroup);
  const std::size_t padded_rows = RoundUp(rows_, kRowGroup);
  values_ = Buffer<std::int8_t>(padded_rows * padded);
  scales_ = Buffer<float>(padded_rows);
  offsets_ = Buffer<std::int32_t>(padded_rows);
  std::vector<std::int8_t> values(columns_);
  std::size_t row = 0;
  for (const Source& source : sources) {
    const std::size_t count = source.tensor->shape[1];
    for (std::size_t i = 0; i < count; ++i, ++row) {
      scales_[row] = ReadByteRow(RowBytes(*source.tensor, source.index * count + i), columns_, values.data());
      if (!std::isfinite(scales_[row])) return NotFinite(*source.tensor);
      std::int8_t* group = values_.data() + row / kRowGroup * kRowGroup * padded + row % kRowGroup * 4;
      std::int32_t sum = 0;
      for (std::size_t c = 0; c < columns_; c += 4) std::memcpy(group + c * kRowGroup, values.data() + c, 4);  // rows fill blocks of 32
      for (std::size_t c = 0; c < columns_; ++c) sum += values[c];
      offsets_[row] = 128 * sum;
    }
  }
  return {};
}

void Matrix::Multiply(const Kernels& kernels, const Activations& x, float* y, std::size_t y_stride) const {
  MultiplyGroups(kernels, x, 0, RoundUp(rows_, kRowGroup) / kRowGroup, y, y_stride);
}

void Matrix::MultiplyGroups(const Kernels& kernels, const Activations& x, std::size_t first, std::size_t groups, float* y,
                            std::size_t y_stride) const {
  DC_DCHECK(x.columns_ == columns_ && (first + groups) * kRowGroup <= RoundUp(rows_, kRowGroup) && (!is_bytes_ || x.as_bytes_));
  const std::size_t row = first * kRowGroup;
  if (is_bytes_) {
    const std::size_t padded = RoundUp(columns_, kColumnGroup);
    const PackedS8 part{values_.data() + row * padded, scales_.data() + row, offsets_.data() + row, groups * kRowGroup, padded};
    kernels.multiply_s8(x.bytes_, part, y + row, y_stride);
  } else {
    const PackedF32 part{floats_.data() + row * columns_, groups * kRowGroup, columns_};
    kernels.multiply_f32(x.x_, x.stride_, x.bytes_.count, part, y + row, y_stride);
  }
}

void ReadRow(const Tensor& tensor, std::size_t row, float* out) {
  const std::byte* bytes = RowBytes(tensor, row);
  if (tensor.type == TensorType::kF32) {
    std::memcpy(out, bytes, tensor.shape[0] * sizeof(float));
    return;
  }
  for (std::size_t b = 0; b < tensor.shape[0] / kQ8BlockValues; ++b) {
    const std::byte* block = bytes + b * kQ8BlockBytes;
    const float scale = BlockScale(block);
    for (std::size_t i = 0; i < kQ8BlockValues; ++i) {
      out[b * kQ8BlockValues + i] = scale * static_cast<float>(static_cast<std::int8_t>(block[2 + i]));
    }
  }
}

Result<std::vector<float>> ReadVector(const Tensor& tensor) {
  std::vector<float> values(tensor.shape[0]);
  ReadRow(tensor, 0, values.data());
  if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) return NotFinite(tensor);
  return values;
}

}  // namespace deepcabin::engine
