// Every kernel set against the reference, at even and odd sizes.

#include "engine/kernels/kernels.h"

#include <cmath>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "engine/ops/buffer.h"

namespace deepcabin::engine {
namespace {

constexpr float kGuard = 12345.0F;  // stands behind every output; must stand there afterwards

class KernelsTest : public testing::TestWithParam<const Kernels*> {
 protected:
  float Value() { return static_cast<float>(random_.Uniform() * 2 - 1); }
  Buffer<float> Floats(std::size_t size) {
    Buffer<float> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = Value();
    return values;
  }

  const Kernels& kernels_ = *GetParam();
  Random random_{42};
};

// The bytes of a set are its own business, so a product is compared from floats to floats. The sums of whole numbers are exact in every
// set: what may differ is the rounding of a value that lies half way, and of the last multiplications.
TEST_P(KernelsTest, MultiplyS8) {
  for (const std::size_t count : {1, 2, 3, 5, 7, 8, 9, 16, 17, 31, 32, 33, 50}) {
    for (const std::size_t rows : {1, 16, 17, 33, 64, 100, 144}) {
      for (const std::size_t columns : {1, 4, 31, 64, 65, 130, 256}) {
        const std::size_t padded = RoundUp(columns, kColumnGroup);
        const std::size_t padded_rows = RoundUp(rows, kRowGroup);
        Buffer<std::int8_t> weights(padded_rows * padded);
        Buffer<float> scales(padded_rows);
        Buffer<std::int32_t> offsets(padded_rows);
        for (std::size_t r = 0; r < rows; ++r) {
          scales[r] = Value();
          for (std::size_t c = 0; c < columns; ++c) {
            const auto w = static_cast<std::int8_t>(static_cast<int>(random_.Below(255)) - 127);
            weights[r / 16 * 16 * padded + (c / 4 * 16 + r % 16) * 4 + c % 4] = w;
            offsets[r] += 128 * w;
          }
        }
        const PackedS8 w{weights.data(), scales.data(), offsets.data(), rows, padded};
        const Buffer<float> x = Floats(count * (columns + 3));
        const std::size_t y_stride = padded_rows + 5;
        const auto run = [&](const Kernels& kernels) {
          Buffer<std::int8_t> bytes(count * padded);
          Buffer<float> input_scales(count);
          const QuantizedRows quantized{bytes.data(), input_scales.data(), padded, count};
          kernels.quantize(x.data(), columns + 3, columns, quantized);
          std::vector<float> y(count * y_stride, kGuard);
          kernels.multiply_s8(quantized, w, y.data(), y_stride);
          return y;
        };
        const std::vector<float> expected = run(ReferenceKernels());
        const std::vector<float> actual = run(kernels_);
        for (std::size_t i = 0; i < expected.size(); ++i) {
          // One input rounded the other way at a tie moves the sum by at most 127 scale steps.
          ASSERT_NEAR(actual[i], expected[i], 1e-5F * std::fabs(expected[i]) + 1e-6F)
              << kernels_.name << " " << count << "x" << rows << "x" << columns << " at " << i;
        }
      }
    }
  }
}

TEST_P(KernelsTest, QuantizeTakesZerosAndWhatIsNotFinite) {
  const std::vector<float> x{0, 0, 0, 0, 0, NAN, INFINITY, -INFINITY, 1, 2};
  Buffer<std::int8_t> bytes(2 * 64);
  Buffer<float> scales(2);
  kernels_.quantize(x.data(), 5, 5, {bytes.data(), scales.data(), 64, 2});
  EXPECT_EQ(scales[0], 0);
  const int zero = bytes[63];
  for (int i = 0; i < 5; ++i) EXPECT_EQ(bytes[i], zero);
}

TEST_P(KernelsTest, MultiplyF32) {
  for (const std::size_t count : {1, 3, 4, 9}) {
    for (const std::size_t rows : {1, 16, 40}) {
      for (const std::size_t columns : {1, 7, 64}) {
        const PackedF32 w{nullptr, rows, columns};
        const Buffer<float> weights = Floats(RoundUp(rows, kRowGroup) * columns);
        const Buffer<float> x = Floats(count * columns);
        const std::size_t stride = RoundUp(rows, kRowGroup);
        std::vector<float> expected(count * stride);
        std::vector<float> actual(count * stride);
        ReferenceKernels().multiply_f32(x.data(), columns, count, {weights.data(), w.rows, w.columns}, expected.data(), stride);
        kernels_.multiply_f32(x.data(), columns, count, {weights.data(), w.rows, w.columns}, actual.data(), stride);
        for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 1e-6F * static_cast<float>(columns));
      }
    }
  }
}

TEST_P(KernelsTest, RowsOfFloats) {
  for (std::size_t size = 1; size <= 70; ++size) {
    Buffer<float> x = Floats(size);
    const Buffer<float> weight = Floats(size);
    x[0] *= 40;
    std::vector<float> expected(size + 1, kGuard);
    std::vector<float> actual(size + 1, kGuard);
    const auto compare = [&](const char* what) {
      for (std::size_t i = 0; i <= size; ++i) {
        ASSERT_NEAR(actual[i], expected[i], 2e-6F * std::fabs(expected[i]) + 1e-6F) << what << " of " << size;
      }
    };
    ReferenceKernels().rms_norm(x.data(), weight.data(), size, 1e-6F, expected.data());
    kernels_.rms_norm(x.data(), weight.data(), size, 1e-6F, actual.data());
    compare("rms_norm");
    ReferenceKernels().silu_multiply(x.data(), weight.data(), size, expected.data());
    kernels_.silu_multiply(x.data(), weight.data(), size, actual.data());
    compare("silu_multiply");
    ReferenceKernels().add_scaled(x.data(), 0.3F, size, expected.data());
    kernels_.add_scaled(x.data(), 0.3F, size, actual.data());
    compare("add_scaled");
    const float sum = ReferenceKernels().sum_exp(x.data(), size, 0.5F);
    ASSERT_NEAR(kernels_.sum_exp(x.data(), size, 0.5F) / sum, 1, 1e-5);
  }
}

TEST_P(KernelsTest, Attend) {
  for (const std::size_t heads : {1, 3, 4, 6}) {
    for (const std::size_t length : {1, 15, 16, 17, 90}) {
      for (const std::size_t value_width : {5, 16, 40}) {
        const std::size_t width = value_width + 6;
        const std::size_t value_stride = RoundUp(value_width, kRowGroup);
        const Buffer<float> queries = Floats(heads * (width + 2));
        Buffer<float> keys(RoundUp(length, kRowGroup) * width);
        Buffer<float> values(length * value_stride);
        for (std::size_t t = 0; t < length; ++t) {
          for (std::size_t i = 0; i < width; ++i) {
            const float key = Value();
            keys[(t / kRowGroup * width + i) * kRowGroup + t % kRowGroup] = key;
            if (i < value_width) values[t * value_stride + i] = key;
          }
        }
        const auto run = [&](const Kernels& kernels) {
          std::vector<float> out(heads * (value_stride + 3), kGuard);
          Buffer<float> scores(heads * RoundUp(length, kRowGroup));
          kernels.attend({queries.data(), width + 2, heads, keys.data(), values.data(), value_stride, width, value_width, length, 0.7F,
                          scores.data(), out.data(), value_stride + 3});
          return out;
        };
        const std::vector<float> expected = run(ReferenceKernels());
        const std::vector<float> actual = run(kernels_);
        for (std::size_t i = 0; i < expected.size(); ++i)
          ASSERT_NEAR(actual[i], expected[i], 2e-5) << heads << " " << length << " " << value_width;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, KernelsTest, testing::ValuesIn(AvailableKernels()),
                         [](const auto& param) { return std::string(param.param->name); });

TEST(DispatchTest, EnvironmentForcesASet) {
  const char* before = std::getenv("DEEPCABIN_CPU_ISA");
  const std::string kept = before != nullptr ? before : "";
  setenv("DEEPCABIN_CPU_ISA", "reference", 1);
  ASSERT_TRUE(ChooseKernels());
  EXPECT_EQ((*ChooseKernels())->name, "reference");
  setenv("DEEPCABIN_CPU_ISA", "abacus", 1);
  const auto unknown = ChooseKernels();
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("reference"), std::string::npos);
  unsetenv("DEEPCABIN_CPU_ISA");
  EXPECT_EQ(*ChooseKernels(), AvailableKernels().back());
  if (!kept.empty()) setenv("DEEPCABIN_CPU_ISA", kept.c_str(), 1);
}

}  // namespace
}  // namespace deepcabin::engine
