#pragma once
// The arithmetic of the engine as free functions on pointers and sizes: no objects, no allocation, no locks. reference.cc is the
// specification, in plain C++; the other files do the same with an instruction set each, and dispatch.cc chooses one at start.
//
// Packed matrices. Both kinds store 16 rows (outputs) together, so that one vector instruction feeds 16 outputs:
//   8 bits   [rows/16][columns/4][16 rows][4 columns]   columns padded to 64 and rows to 16 with zeros
//   floats   [rows/16][columns][16 rows]                rows padded to 16 with zeros
// The 8-bit order is what AVX-512 VNNI and NEON dot products take four columns at a time, and what an AMX tile takes 64 at a time: one
// packing for all. Outputs are written in whole groups of 16: y has room up to the next multiple of 16 behind the last row.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deepcabin::engine {

inline constexpr std::size_t kRowGroup = 16;
inline constexpr std::size_t kColumnGroup = 64;

// Static, so that each file has its own copy for its own instruction set.
static constexpr std::size_t RoundUp(std::size_t value, std::size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

// Values in [-127, 127]; each row has one scale. `offsets` is 128 times the sum of the row, for kernels whose inputs are shifted by 128.
struct PackedS8 {
  const std::int8_t* values = nullptr;
  const float* scales = nullptr;
  const std::int32_t* offsets = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;  // padded to kColumnGroup
};

struct PackedF32 {
  const float* values = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
};

// Inputs of an 8-bit product: `count` rows of `stride` bytes (a multiple of 64), each with its scale. What a byte means is the
// business of the instruction set that quantised it: signed, or shifted by 128.
struct QuantizedRows {
  std::int8_t* values = nullptr;
  float* scales = nullptr;
  std::size_t stride = 0;
  std::size_t count = 0;
};

// Attention of one position over the latents of `length` positions, for all heads; every head sees the same keys (multi-query).
// keys: [length/16][width][16 positions]; the values are the first value_width numbers of the keys, kept again row by row.
struct Attention {
  const float* queries = nullptr;  // [heads][query_stride], of which the first `width` count
  std::size_t query_stride = 0;
  std::size_t heads = 0;
  const float* keys = nullptr;
  const float* values = nullptr;  // [length][value_stride]
  std::size_t value_stride = 0;   // a multiple of 16; the padding is zero
  std::size_t width = 0;
  std::size_t value_width = 0;
  std::size_t length = 0;
  float scale = 1;
  float* scores = nullptr;  // scratch [heads][length rounded up to 16]
  float* out = nullptr;     // [heads][out_stride], written up to value_width rounded up to 16
  std::size_t out_stride = 0;
};

struct Kernels {
  std::string_view name;
  // x: rows.count rows of `columns` floats, x_stride apart. Scale = largest magnitude / 127; columns up to rows.stride become zero.
  void (*quantize)(const float* x, std::size_t x_stride, std::size_t columns, const QuantizedRows& rows);
  // y[i][r] = x.scale[i] * w.scale[r] * sum_c x[i][c] w[r][c]
  void (*multiply_s8)(const QuantizedRows& x, const PackedS8& w, float* y, std::size_t y_stride);
  // y[i][r] = sum_c x[i][c] w[r][c], for `count` rows of x.
  void (*multiply_f32)(const float* x, std::size_t x_stride, std::size_t count, const PackedF32& w, float* y, std::size_t y_stride);
  // out[i] = x[i] / sqrt(mean(x^2) + epsilon) * weight[i]
  void (*rms_norm)(const float* x, const float* weight, std::size_t size, float epsilon, float* out);
  // out[i] = gate[i] / (1 + exp(-gate[i])) * up[i]
  void (*silu_multiply)(const float* gate, const float* up, std::size_t size, float* out);
  // y[i] += factor * x[i]
  void (*add_scaled)(const float* x, float factor, std::size_t size, float* y);
  // sum_i exp(x[i] - shift)
  float (*sum_exp)(const float* x, std::size_t size, float shift);
  void (*attend)(const Attention& attention);
};

const Kernels& ReferenceKernels();

// Every set this processor can run, slowest first; the first is the reference.
std::vector<const Kernels*> AvailableKernels();

// The fastest set, or the one that the environment variable DEEPCABIN_CPU_ISA names (reference, avx2, avx512, amx, neon).
// kInvalidArgument where it names one that does not exist or that this processor lacks.
Result<const Kernels*> ChooseKernels();

}  // namespace deepcabin::engine
