#pragma once
// The float kernels, written once with the compiler's vector types and compiled for each instruction set: a file defines
// DEEPCABIN_LANES (floats in a vector) and includes this. Everything is in an unnamed namespace and nothing of the standard library is
// used, so that no function compiled for a newer processor can be linked into code that runs on an older one.

#include <stddef.h>
#include <stdint.h>

#include "engine/kernels/kernels.h"

namespace deepcabin::engine {
namespace {

constexpr size_t kLanes = DEEPCABIN_LANES;
constexpr size_t kGroupVectors = kRowGroup / kLanes;

typedef float Vec __attribute__((vector_size(DEEPCABIN_LANES * 4)));
typedef int32_t IntVec __attribute__((vector_size(DEEPCABIN_LANES * 4)));

inline Vec Load(const float* from) {
  Vec v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}
inline void Store(float* to, Vec v) { __builtin_memcpy(to, &v, sizeof v); }
inline Vec Splat(float x) { return Vec{} + x; }
inline Vec Greater(Vec a, Vec b) { return a > b ? a : b; }
inline Vec Less(Vec a, Vec b) { return a < b ? a : b; }

// Folds a vector onto its lower half until one number is left.
template <size_t kSize, typename Fold>
inline float FoldAll(const float* values, const Fold& fold) {
  if constexpr (kSize == 1) {
    return *values;
  } else {
    typedef float Half __attribute__((vector_size(kSize * 2)));
    Half low;
    Half high;
    __builtin_memcpy(&low, values, sizeof low);
    __builtin_memcpy(&high, values + kSize / 2, sizeof high);
    low = fold(low, high);
    float folded[kSize / 2];
    __builtin_memcpy(folded, &low, sizeof low);
    return FoldAll<kSize / 2>(folded, fold);
  }
}
inline float Sum(Vec v) {
  float values[kLanes];
  Store(values, v);
  return FoldAll<kLanes>(values, [](auto a, auto b) { return a + b; });
}
inline float Largest(Vec v) {
  float values[kLanes];
  Store(values, v);
  return FoldAll<kLanes>(values, [](auto a, auto b) { return a > b ? a : b; });
}

// e^x to about 2 units in the last place: x = n ln 2 + r, a polynomial for e^r, and n added to the exponent.
inline Vec Exp(Vec x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest whole number in the lowest bits
  x = Less(Greater(x, Splat(-87.0F)), Splat(88.0F));
  const Vec shifted = x * 1.44269504F + kRound;
  const Vec n = shifted - kRound;
  const Vec r = (x - n * 0.693145752F) - n * 1.42860677e-6F;
  Vec p = r * 1.98412698e-4F + 1.38888889e-3F;
  p = p * r + 8.33333333e-3F;
  p = p * r + 4.16666667e-2F;
  p = p * r + 1.66666667e-1F;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  IntVec bits;
  __builtin_memcpy(&bits, &p, sizeof p);
  bits += __builtin_convertvector(n, IntVec) << 23;
  __builtin_memcpy(&p, &bits, sizeof p);
  return p;
}

// Calls body(offset, load, store) for whole vectors and once more for what is left, through a padded copy.
template <typename Body>
inline void ForVectors(size_t size, const Body& body) {
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) body(i, kLanes);
  if (i < size) body(i, size - i);
}
inline Vec LoadPart(const float* from, size_t count) {
  if (count == kLanes) return Load(from);
  Vec v{};
  __builtin_memcpy(&v, from, count * sizeof(float));
  return v;
}
inline void StorePart(float* to, Vec v, size_t count) {
  if (count == kLanes) return Store(to, v);
  __builtin_memcpy(to, &v, count * sizeof(float));
}

void VectorRmsNorm(const float* x, const float* weight, size_t size, float epsilon, float* out) {
  Vec squares{};
  ForVectors(size, [&](size_t at, size_t count) {
    const Vec v = LoadPart(x + at, count);
    squares += v * v;
  });
  const float factor = 1.0F / __builtin_sqrtf(Sum(squares) / static_cast<float>(size) + epsilon);
  ForVectors(size,
             [&](size_t at, size_t count) { StorePart(out + at, LoadPart(x + at, count) * factor * LoadPart(weight + at, count), count); });
}

void VectorSiluMultiply(const float* gate, const float* up, size_t size, float* out) {
  ForVectors(size, [&](size_t at, size_t count) {
    const Vec g = LoadPart(gate + at, count);
    StorePart(out + at, g / (1.0F + Exp(-g)) * LoadPart(up + at, count), count);
  });
}

void VectorAddScaled(const float* x, float factor, size_t size, float* y) {
  ForVectors(size, [&](size_t at, size_t count) { StorePart(y + at, LoadPart(y + at, count) + LoadPart(x + at, count) * factor, count); });
}

float VectorSumExp(const float* x, size_t size, float shift) {
  Vec sum{};
  float rest = 0;
  ForVectors(size, [&](size_t at, size_t count) {
    const Vec e = Exp(LoadPart(x + at, count) - shift);
    if (count == kLanes) {
      sum += e;
    } else {
      for (size_t i = 0; i < count; ++i) rest += e[i];
    }
  });
  return Sum(sum) + rest;
}

// kCount rows of x at once, so that each weight is loaded once for all of them.
template <size_t kCount>
void MultiplyRows(const float* x, size_t x_stride, const PackedF32& w, float* y, size_t y_stride) {
  for (size_t row = 0; row < w.rows; row += kRowGroup) {
    Vec sums[kCount][kGroupVectors]{};
    const float* group = w.values + row * w.columns;
    for (size_t c = 0; c < w.columns; ++c) {
      for (size_t v = 0; v < kGroupVectors; ++v) {
        const Vec weights = Load(group + c * kRowGroup + v * kLanes);
        for (size_t i = 0; i < kCount; ++i) sums[i][v] += weights * x[i * x_stride + c];
      }
    }
    for (size_t i = 0; i < kCount; ++i) {
      for (size_t v = 0; v < kGroupVectors; ++v) Store(y + i * y_stride + row + v * kLanes, sums[i][v]);
    }
  }
}

void VectorMultiplyF32(const float* x, size_t x_stride, size_t count, const PackedF32& w, float* y, size_t y_stride) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) MultiplyRows<4>(x + i * x_stride, x_stride, w, y + i * y_stride, y_stride);
  for (; i < count; ++i) MultiplyRows<1>(x + i * x_stride, x_stride, w, y + i * y_stride, y_stride);
}

// Scores of up to 4 heads against all positions, 16 positions at a time; returns through `largest` each head's greatest.
template <size_t kHeads>
void Scores(const Attention& a, size_t head, float* largest) {
  const size_t score_stride = RoundUp(a.length, kRowGroup);
  const float* queries = a.queries + head * a.query_stride;
  Vec greatest[kHeads];
  for (size_t h = 0; h < kHeads; ++h) greatest[h] = Splat(-3.0e38F);
  for (size_t t = 0; t < a.length; t += kRowGroup) {
    Vec sums[kHeads][kGroupVectors]{};
    Vec odd_sums[kHeads][kGroupVectors]{};  // a second chain, so that an addition need not wait for the one before it
    const float* keys = a.keys + t * a.width;
    size_t i = 0;
    for (; i + 2 <= a.width; i += 2) {
      for (size_t v = 0; v < kGroupVectors; ++v) {
        const Vec even = Load(keys + i * kRowGroup + v * kLanes);
        const Vec odd = Load(keys + (i + 1) * kRowGroup + v * kLanes);
        for (size_t h = 0; h < kHeads; ++h) {
          sums[h][v] += even * queries[h * a.query_stride + i];
          odd_sums[h][v] += odd * queries[h * a.query_stride + i + 1];
        }
      }
    }
    for (size_t v = 0; v < kGroupVectors; ++v) {
      for (size_t h = 0; h < kHeads; ++h) {
        sums[h][v] += odd_sums[h][v];
        if (i < a.width) sums[h][v] += Load(keys + i * kRowGroup + v * kLanes) * queries[h * a.query_stride + i];
      }
    }
    for (size_t h = 0; h < kHeads; ++h) {
      float* scores = a.scores + (head + h) * score_stride + t;
      for (size_t v = 0; v < kGroupVectors; ++v) Store(scores + v * kLanes, sums[h][v] * a.scale);
      for (size_t late = a.length > t ? a.length - t : 0; late < kRowGroup; ++late) scores[late] = -3.0e38F;
      for (size_t v = 0; v < kGroupVectors; ++v) greatest[h] = Greater(greatest[h], Load(scores + v * kLanes));
    }
  }
  for (size_t h = 0; h < kHeads; ++h) largest[h] = Largest(greatest[h]);
}

// Scores become weights in place; positions past the end weigh nothing. Returns 1 / their sum.
inline float Weigh(const Attention& a, float* scores, float largest) {
  Vec sum{};
  for (size_t t = 0; t < a.length; t += kLanes) {
    Store(scores + t, Exp(Load(scores + t) - largest));
    if (t + kLanes > a.length) {
      for (size_t late = a.length; late < t + kLanes; ++late) scores[late] = 0;
    }
    sum += Load(scores + t);
  }
  return 1.0F / Sum(sum);
}

// Weighted values of up to 4 heads, one or two groups of 16 numbers of the latent at a time.
template <size_t kHeads, size_t kVectors>
inline void GatherGroups(const Attention& a, size_t head, const float* factors, size_t at) {
  const size_t score_stride = RoundUp(a.length, kRowGroup);
  const float* scores = a.scores + head * score_stride;
  Vec sums[kHeads][kVectors]{};
  for (size_t t = 0; t < a.length; ++t) {
    for (size_t v = 0; v < kVectors; ++v) {
      const Vec value = Load(a.values + t * a.value_stride + at + v * kLanes);
      for (size_t h = 0; h < kHeads; ++h) sums[h][v] += value * scores[h * score_stride + t];
    }
  }
  for (size_t h = 0; h < kHeads; ++h) {
    for (size_t v = 0; v < kVectors; ++v) Store(a.out + (head + h) * a.out_stride + at + v * kLanes, sums[h][v] * factors[h]);
  }
}

template <size_t kHeads>
void Gather(const Attention& a, size_t head, const float* factors) {
  size_t at = 0;
  if constexpr (kGroupVectors == 1) {
    for (; at + kRowGroup < a.value_width; at += 2 * kRowGroup) GatherGroups<kHeads, 2>(a, head, factors, at);
  }
  for (; at < a.value_width; at += kRowGroup) GatherGroups<kHeads, kGroupVectors>(a, head, factors, at);
}

template <size_t kHeads>
void AttendHeads(const Attention& a, size_t head) {
  float largest[kHeads];
  float factors[kHeads];
  Scores<kHeads>(a, head, largest);
  for (size_t h = 0; h < kHeads; ++h) factors[h] = Weigh(a, a.scores + (head + h) * RoundUp(a.length, kRowGroup), largest[h]);
  Gather<kHeads>(a, head, factors);
}

void VectorAttend(const Attention& a) {
  size_t head = 0;
  for (; head + 4 <= a.heads; head += 4) AttendHeads<4>(a, head);
  for (; head < a.heads; ++head) AttendHeads<1>(a, head);
}

// Rounded to the nearest, ties to even. `shift` is added to every byte.
void VectorQuantize(const float* x, size_t x_stride, size_t columns, const QuantizedRows& rows, int32_t shift) {
  constexpr float kRound = 12582912.0F;
  for (size_t i = 0; i < rows.count; ++i) {
    const float* row = x + i * x_stride;
    int8_t* out = rows.values + i * rows.stride;
    Vec greatest{};
    ForVectors(columns, [&](size_t at, size_t count) {
      const Vec v = LoadPart(row + at, count);
      greatest = Greater(greatest, Greater(v, -v));
    });
    const float largest = Largest(greatest);
    const float inverse = largest > 0 ? 127.0F / largest : 0.0F;
    ForVectors(columns, [&](size_t at, size_t count) {
      const Vec scaled = Less(Greater(LoadPart(row + at, count) * inverse, Splat(-127.0F)), Splat(127.0F));
      const IntVec whole = __builtin_convertvector((scaled + kRound) - kRound, IntVec) + shift;
      typedef int8_t Bytes __attribute__((vector_size(DEEPCABIN_LANES)));
      const Bytes bytes = __builtin_convertvector(whole, Bytes);
      __builtin_memcpy(out + at, &bytes, count);
    });
    for (size_t c = columns; c < rows.stride; ++c) out[c] = static_cast<int8_t>(shift);
    rows.scales[i] = largest / 127.0F;
  }
}

}  // namespace
}  // namespace deepcabin::engine
