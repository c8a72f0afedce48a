// NEON of Armv8.2 with dot products.

#include <arm_neon.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>

#include "engine/kernels/isa.h"

#define DEEPCABIN_LANES 4
#include "engine/kernels/vector-inl.h"

namespace deepcabin::engine {
namespace {

void Quantize(const float* x, size_t x_stride, size_t columns, const QuantizedRows& rows) { VectorQuantize(x, x_stride, columns, rows, 0); }

template <size_t kCount>
void MultiplyRows(const QuantizedRows& x, size_t first, const PackedS8& w, float* y, size_t y_stride) {
  for (size_t row = 0; row < w.rows; row += kRowGroup) {
    int32x4_t sums[kCount][4];
    for (size_t i = 0; i < kCount; ++i) {
      for (size_t q = 0; q < 4; ++q) sums[i][q] = vdupq_n_s32(0);
    }
    const int8_t* group = w.values + row * w.columns;
    for (size_t c = 0; c < w.columns; c += 4) {
      int8x16_t weights[4];
      for (size_t q = 0; q < 4; ++q) weights[q] = vld1q_s8(group + c * kRowGroup + 16 * q);
      for (size_t i = 0; i < kCount; ++i) {
        int32_t four;
        __builtin_memcpy(&four, x.values + (first + i) * x.stride + c, 4);
        const int8x16_t input = vreinterpretq_s8_s32(vdupq_n_s32(four));
        for (size_t q = 0; q < 4; ++q) sums[i][q] = vdotq_s32(sums[i][q], weights[q], input);
      }
    }
    for (size_t i = 0; i < kCount; ++i) {
      for (size_t q = 0; q < 4; ++q) {
        const float32x4_t scale = vmulq_n_f32(vld1q_f32(w.scales + row + 4 * q), x.scales[first + i]);
        vst1q_f32(y + (first + i) * y_stride + row + 4 * q, vmulq_f32(vcvtq_f32_s32(sums[i][q]), scale));
      }
    }
  }
}

void MultiplyS8(const QuantizedRows& x, const PackedS8& w, float* y, size_t y_stride) {
  size_t i = 0;
  for (; i + 4 <= x.count; i += 4) MultiplyRows<4>(x, i, w, y, y_stride);
  for (; i < x.count; ++i) MultiplyRows<1>(x, i, w, y, y_stride);
}

constexpr Kernels kKernels{"neon",          Quantize,     MultiplyS8,  VectorMultiplyF32, VectorRmsNorm, VectorSiluMultiply,
                           VectorAddScaled, VectorSumExp, VectorAttend};

}  // namespace

const Kernels* NeonKernels() { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0 ? &kKernels : nullptr; }

}  // namespace deepcabin::engine
