#pragma once
// A matrix of weights as the kernels want it, and batches of vectors to multiply it with.
//
// The 8-bit form. In the file it is Q8_0, which other engines read: a scale for every 32 values. Here every row (output) has one scale,
// so that a product is a sum of whole numbers and one multiplication, and AMX tiles need no scaling in between. Our exporter gives all
// blocks of a row the same scale, which Q8_0 allows: then packing loses nothing. Rows whose blocks differ are rounded once more, to their
// largest scale.

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/file/gguf.h"
#include "engine/kernels/kernels.h"
#include "engine/ops/buffer.h"

namespace deepcabin::engine {

// Vectors of floats and, where a product of bytes will need them, the same as bytes. Filling it allocates nothing.
class Activations {
 public:
  Activations() = default;
  Activations(std::size_t count_max, std::size_t columns_max);

  // `count` vectors of `columns` numbers at x, `stride` apart, which must stay where they are; `as_bytes` prepares them for 8-bit weights.
  void Set(const Kernels& kernels, const float* x, std::size_t stride, std::size_t count, std::size_t columns, bool as_bytes);
  // Copies of the chosen vectors of another batch.
  void Choose(const Activations& from, std::span<const std::uint32_t> rows);

  std::size_t count() const { return bytes_.count; }

 private:
  friend class Matrix;
  const float* x_ = nullptr;
  std::size_t stride_ = 0;
  std::size_t columns_ = 0;
  bool as_bytes_ = false;
  Buffer<float> copies_;
  Buffer<std::int8_t> byte_values_;
  Buffer<float> scales_;
  QuantizedRows bytes_;
};

class Matrix {
 public:
  // Part of a tensor: matrix `index` of a stack.
  struct Source {
    const Tensor* tensor;
    std::size_t index = 0;
  };

  Matrix() = default;
  // The sources' rows one below the other; they have equal row lengths. kInvalidArgument where a weight is not finite.
  static Result<Matrix> Pack(std::span<const Source> sources);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  bool is_bytes() const { return is_bytes_; }

  // y[i][r] for all inputs i and rows r; written up to the next multiple of 16 rows.
  void Multiply(const Kernels& kernels, const Activations& x, float* y, std::size_t y_stride) const;
  // The same for the rows of groups [first, first + groups) of 16; y is that of row 0.
  void MultiplyGroups(const Kernels& kernels, const Activations& x, std::size_t first, std::size_t groups, float* y,
                      std::size_t y_stride) const;

 private:
  Status PackFloats(std::span<const Source> sources);
  Status PackBytes(std::span<const Source> sources);

  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  bool is_bytes_ = false;
  Buffer<float> floats_;
  Buffer<std::int8_t> values_;
  Buffer<float> scales_;
  Buffer<std::int32_t> offsets_;
};

// Row `row` of a tensor as floats; `out` has room for shape[0].
void ReadRow(const Tensor& tensor, std::size_t row, float* out);
// A vector kept as floats. kInvalidArgument where a value is not finite.
Result<std::vector<float>> ReadVector(const Tensor& tensor);

}  // namespace deepcabin::engine
