// AVX2 and FMA: what ten-year-old x86 processors have.

#include <immintrin.h>

#include "engine/kernels/isa.h"

#define DEEPCABIN_LANES 8
#include "engine/kernels/vector-inl.h"

namespace deepcabin::engine {
namespace {

void Quantize(const float* x, size_t x_stride, size_t columns, const QuantizedRows& rows) { VectorQuantize(x, x_stride, columns, rows, 0); }

// sums += w * x, four columns each of 8 rows. There is no product of signed bytes: |w| times x with w's sign. Both lie within 127, so
// the sum of two products stays within 16 bits.
inline __m256i Accumulate(__m256i sums, __m256i w, __m256i x) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
  return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

inline __m256i Broadcast(const int8_t* from) {
  int32_t four;
  __builtin_memcpy(&four, from, 4);
  return _mm256_set1_epi32(four);
}

template <size_t kCount>
void MultiplyRows(const QuantizedRows& x, size_t first, const PackedS8& w, float* y, size_t y_stride) {
  for (size_t row = 0; row < w.rows; row += kRowGroup) {
    __m256i sums[kCount][2];
    for (size_t i = 0; i < kCount; ++i) sums[i][0] = sums[i][1] = _mm256_setzero_si256();
    const int8_t* group = w.values + row * w.columns;
    for (size_t c = 0; c < w.columns; c += 4) {
      const __m256i low = _mm256_load_si256(reinterpret_cast<const __m256i*>(group + c * kRowGroup));
      const __m256i high = _mm256_load_si256(reinterpret_cast<const __m256i*>(group + c * kRowGroup + 32));
      for (size_t i = 0; i < kCount; ++i) {
        const __m256i four = Broadcast(x.values + (first + i) * x.stride + c);
        sums[i][0] = Accumulate(sums[i][0], low, four);
        sums[i][1] = Accumulate(sums[i][1], high, four);
      }
    }
    for (size_t i = 0; i < kCount; ++i) {
      for (size_t half = 0; half < 2; ++half) {
        const __m256 scale = _mm256_mul_ps(_mm256_set1_ps(x.scales[first + i]), _mm256_loadu_ps(w.scales + row + 8 * half));
        _mm256_storeu_ps(y + (first + i) * y_stride + row + 8 * half, _mm256_mul_ps(_mm256_cvtepi32_ps(sums[i][half]), scale));
      }
    }
  }
}

void MultiplyS8(const QuantizedRows& x, const PackedS8& w, float* y, size_t y_stride) {
  size_t i = 0;
  for (; i + 4 <= x.count; i += 4) MultiplyRows<4>(x, i, w, y, y_stride);
  for (; i < x.count; ++i) MultiplyRows<1>(x, i, w, y, y_stride);
}

constexpr Kernels kKernels{"avx2",          Quantize,     MultiplyS8,  VectorMultiplyF32, VectorRmsNorm, VectorSiluMultiply,
                           VectorAddScaled, VectorSumExp, VectorAttend};

}  // namespace

const Kernels* Avx2Kernels() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kKernels : nullptr; }

}  // namespace deepcabin::engine
