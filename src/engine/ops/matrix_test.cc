#include "engine/ops/matrix.h"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "base/random.h"

namespace deepcabin::engine {
namespace {

constexpr std::size_t kColumns = 96;
constexpr std::size_t kRows = 21;

// Rows of Q8_0; block b of row r has the scale `scale(r, b)` as the bits of a half.
template <typename Scale>
std::string RowsOfBytes(const Scale& scale) {
  Random random(9);
  std::string data;
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t b = 0; b < kColumns / kQ8BlockValues; ++b) {
      const std::uint16_t half = scale(r, b);
      data.append(reinterpret_cast<const char*>(&half), 2);
      for (std::size_t i = 0; i < kQ8BlockValues; ++i) data += static_cast<char>(random.Below(256));
    }
  }
  return data;
}

// Views `data`.
Tensor TensorOf(const std::string& data) { return {"t", TensorType::kQ8_0, {kColumns, kRows, 1, 1}, std::as_bytes(std::span(data))}; }

// Largest difference of a product with ones on single columns to the weights themselves, in shares of the row's largest weight.
double PackingError(const Tensor& tensor) {
  const auto matrix = Matrix::Pack(std::vector<Matrix::Source>{{&tensor}});
  EXPECT_TRUE(matrix);
  double error = 0;
  Activations x(1, kColumns);
  std::vector<float> y(RoundUp(kRows, kRowGroup));
  std::vector<float> row(kColumns);
  for (std::size_t c = 0; c < kColumns; ++c) {
    std::vector<float> one(kColumns);
    one[c] = 1;
    x.Set(ReferenceKernels(), one.data(), kColumns, 1, kColumns, true);
    matrix->Multiply(ReferenceKernels(), x, y.data(), y.size());
    for (std::size_t r = 0; r < kRows; ++r) {
      ReadRow(tensor, r, row.data());
      float largest = 0;
      for (const float w : row) largest = std::max(largest, std::fabs(w));
      error = std::max(error, static_cast<double>(std::fabs(y[r] - row[c]) / largest));
    }
  }
  return error;
}

TEST(MatrixTest, EqualScalesInARowLoseNothing) {
  // But for -128, which becomes -127.
  const std::string data = RowsOfBytes([](std::size_t r, std::size_t) { return static_cast<std::uint16_t>(0x2C00 + 37 * r); });
  EXPECT_LE(PackingError(TensorOf(data)), 1.0 / 127 + 1e-6);
}

TEST(MatrixTest, DifferentScalesAreRoundedToOne) {
  const std::string data = RowsOfBytes([](std::size_t r, std::size_t b) { return static_cast<std::uint16_t>(0x2C00 + 37 * r + 300 * b); });
  EXPECT_LE(PackingError(TensorOf(data)), 1.0 / 127);
}

TEST(MatrixTest, InfiniteWeightsAreRefused) {
  const std::string infinite =
      RowsOfBytes([](std::size_t r, std::size_t b) { return r == 20 && b == 2 ? std::uint16_t{0x7C00} : std::uint16_t{0x2C00}; });
  const Tensor tensor = TensorOf(infinite);
  EXPECT_EQ(Matrix::Pack(std::vector<Matrix::Source>{{&tensor}}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace deepcabin::engine
