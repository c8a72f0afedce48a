#pragma once
// 8-bit products with AVX-512 VNNI, for the two sets that have it. Its instruction multiplies unsigned bytes by signed ones: inputs are
// stored shifted by 128, and the shift is taken off again with the sums of the weights (PackedS8::offsets).

#include <immintrin.h>

#define DEEPCABIN_LANES 16
#include "engine/kernels/vector-inl.h"

namespace deepcabin::engine {
namespace {

void Quantize(const float* x, size_t x_stride, size_t columns, const QuantizedRows& rows) {
  VectorQuantize(x, x_stride, columns, rows, 128);
}

inline __m512i Broadcast(const int8_t* from) {
  int32_t four;
  __builtin_memcpy(&four, from, 4);
  return _mm512_set1_epi32(four);
}

inline void StoreScaled(float* y, __m512i sums, __m512i offsets, __m512 weight_scales, float input_scale) {
  const __m512 values = _mm512_cvtepi32_ps(_mm512_sub_epi32(sums, offsets));
  _mm512_storeu_ps(y, _mm512_mul_ps(values, _mm512_mul_ps(weight_scales, _mm512_set1_ps(input_scale))));
}

// kCount inputs by kGroups groups of 16 rows, all sums in registers.
template <size_t kCount, size_t kGroups>
inline void MultiplyTile(const QuantizedRows& x, size_t first, const PackedS8& w, size_t row, float* y, size_t y_stride) {
  __m512i sums[kCount][kGroups];
  for (size_t i = 0; i < kCount; ++i) {
    for (size_t g = 0; g < kGroups; ++g) sums[i][g] = _mm512_setzero_si512();
  }
  const int8_t* groups = w.values + row * w.columns;
  const int8_t* inputs = x.values + first * x.stride;
  for (size_t c = 0; c < w.columns; c += 4) {
    __m512i weights[kGroups];
    for (size_t g = 0; g < kGroups; ++g) weights[g] = _mm512_load_si512(groups + g * kRowGroup * w.columns + c * kRowGroup);
    for (size_t i = 0; i < kCount; ++i) {
      const __m512i four = Broadcast(inputs + i * x.stride + c);
      for (size_t g = 0; g < kGroups; ++g) sums[i][g] = _mm512_dpbusd_epi32(sums[i][g], four, weights[g]);
    }
  }
  for (size_t g = 0; g < kGroups; ++g) {
    const size_t at = row + g * kRowGroup;
    const __m512i offsets = _mm512_load_si512(w.offsets + at);
    const __m512 scales = _mm512_load_ps(w.scales + at);
    for (size_t i = 0; i < kCount; ++i) StoreScaled(y + (first + i) * y_stride + at, sums[i][g], offsets, scales, x.scales[first + i]);
  }
}

template <size_t kCount>
inline void MultiplyInputs(const QuantizedRows& x, size_t first, const PackedS8& w, float* y, size_t y_stride) {
  const size_t rows = RoundUp(w.rows, kRowGroup);
  size_t row = 0;
  for (; row + 4 * kRowGroup <= rows; row += 4 * kRowGroup) MultiplyTile<kCount, 4>(x, first, w, row, y, y_stride);
  for (; row < rows; row += kRowGroup) MultiplyTile<kCount, 1>(x, first, w, row, y, y_stride);
}

void VnniMultiplyS8(const QuantizedRows& x, const PackedS8& w, float* y, size_t y_stride) {
  size_t i = 0;
  for (; i + 4 <= x.count; i += 4) MultiplyInputs<4>(x, i, w, y, y_stride);
  switch (x.count - i) {
    case 3: MultiplyInputs<3>(x, i, w, y, y_stride); break;
    case 2: MultiplyInputs<2>(x, i, w, y, y_stride); break;
    case 1: MultiplyInputs<1>(x, i, w, y, y_stride); break;
    default: break;
  }
}

}  // namespace
}  // namespace deepcabin::engine
