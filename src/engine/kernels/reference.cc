// The specification of the kernels: plain loops, always built, what the other files are tested against.

#include <cmath>

#include "engine/kernels/kernels.h"

namespace deepcabin::engine {
namespace {

void Quantize(const float* x, std::size_t x_stride, std::size_t columns, const QuantizedRows& rows) {
  for (std::size_t i = 0; i < rows.count; ++i) {
    const float* row = x + i * x_stride;
    std::int8_t* out = rows.values + i * rows.stride;
    float largest = 0;
    for (std::size_t c = 0; c < columns; ++c) largest = std::fmax(largest, std::fabs(row[c]));
    const float inverse = largest > 0 ? 127.0F / largest : 0.0F;
    for (std::size_t c = 0; c < rows.stride; ++c) {
      const float value = c < columns ? std::nearbyint(row[c] * inverse) : 0.0F;
      out[c] = static_cast<std::int8_t>(value >= -127.0F ? std::fmin(value, 127.0F) : -127.0F);
    }
    rows.scales[i] = largest / 127.0F;
  }
}

void MultiplyS8(const QuantizedRows& x, const PackedS8& w, float* y, std::size_t y_stride) {
  for (std::size_t i = 0; i < x.count; ++i) {
    const std::int8_t* row = x.values + i * x.stride;
    for (std::size_t r = 0; r < RoundUp(w.rows, kRowGroup); ++r) {
      const std::int8_t* group = w.values + r / kRowGroup * kRowGroup * w.columns;
      std::int32_t sum = 0;
      for (std::size_t c = 0; c < w.columns; ++c) sum += row[c] * group[(c / 4 * kRowGroup + r % kRowGroup) * 4 + c % 4];
      y[i * y_stride + r] = static_cast<float>(sum) * (x.scales[i] * w.scales[r]);
    }
  }
}

void MultiplyF32(const float* x, std::size_t x_stride, std::size_t count, const PackedF32& w, float* y, std::size_t y_stride) {
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t r = 0; r < RoundUp(w.rows, kRowGroup); ++r) {
      const float* group = w.values + r / kRowGroup * kRowGroup * w.columns;
      float sum = 0;
      for (std::size_t c = 0; c < w.columns; ++c) sum += x[i * x_stride + c] * group[c * kRowGroup + r % kRowGroup];
      y[i * y_stride + r] = sum;
    }
  }
}

void RmsNorm(const float* x, const float* weight, std::size_t size, float epsilon, float* out) {
  float squares = 0;
  for (std::size_t i = 0; i < size; ++i) squares += x[i] * x[i];
  const float factor = 1.0F / std::sqrt(squares / static_cast<float>(size) + epsilon);
  for (std::size_t i = 0; i < size; ++i) out[i] = x[i] * factor * weight[i];
}

void SiluMultiply(const float* gate, const float* up, std::size_t size, float* out) {
  for (std::size_t i = 0; i < size; ++i) out[i] = gate[i] / (1.0F + std::exp(-gate[i])) * up[i];
}

void AddScaled(const float* x, float factor, std::size_t size, float* y) {
  for (std::size_t i = 0; i < size; ++i) y[i] += factor * x[i];
}

float SumExp(const float* x, std::size_t size, float shift) {
  float sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += std::exp(x[i] - shift);
  return sum;
}

void Attend(const Attention& a) {
  const std::size_t score_stride = RoundUp(a.length, kRowGroup);
  for (std::size_t h = 0; h < a.heads; ++h) {
    float* scores = a.scores + h * score_stride;
    float largest = -INFINITY;
    for (std::size_t t = 0; t < a.length; ++t) {
      float dot = 0;
      for (std::size_t i = 0; i < a.width; ++i) {
        dot += a.queries[h * a.query_stride + i] * a.keys[(t / kRowGroup * a.width + i) * kRowGroup + t % kRowGroup];
      }
      scores[t] = dot * a.scale;
      largest = std::fmax(largest, scores[t]);
    }
    float sum = 0;
    for (std::size_t t = 0; t < a.length; ++t) {
      scores[t] = std::exp(scores[t] - largest);
      sum += scores[t];
    }
    float* out = a.out + h * a.out_stride;
    for (std::size_t i = 0; i < RoundUp(a.value_width, kRowGroup); ++i) {
      float value = 0;
      for (std::size_t t = 0; t < a.length; ++t) value += scores[t] * a.values[t * a.value_stride + i];
      out[i] = value / sum;
    }
  }
}

}  // namespace

const Kernels& ReferenceKernels() {
  static constexpr Kernels kKernels{"reference", Quantize, MultiplyS8, MultiplyF32, RmsNorm, SiluMultiply, AddScaled, SumExp, Attend};
  return kKernels;
}

}  // namespace deepcabin::engine
