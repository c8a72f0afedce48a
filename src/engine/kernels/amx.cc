// AMX: tiles of 16 inputs by 64 columns, for products of many rows (reading a prompt). Few rows go the way of avx512.cc, whose bytes it
// shares.

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/kernels/avx512-inl.h"

#include "engine/kernels/isa.h"

namespace deepcabin::engine {
namespace {

constexpr size_t kTileRows = 16;
constexpr size_t kAmxCountMin = 8;  // fewer inputs leave most of a tile empty: VNNI is faster there

// Tiles 0-3 hold sums [2 x 16 inputs][2 x 16 rows], 4-5 inputs, 6-7 weights.
struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14]{};
  uint16_t row_bytes[16]{};
  uint8_t rows[16]{};
};

void Configure(size_t first_rows, size_t second_rows) {
  TileConfig config;
  const size_t rows[8] = {first_rows, first_rows, second_rows, second_rows, first_rows, second_rows, kTileRows, kTileRows};
  for (size_t tile = 0; tile < 8; ++tile) {
    config.rows[tile] = static_cast<uint8_t>(rows[tile]);
    config.row_bytes[tile] = rows[tile] > 0 ? 64 : 0;
  }
  __asm__ volatile("ldtilecfg %0" : : "m"(config) : "memory");
}

// One to two tiles of inputs by one or two groups of rows. Tiles that are configured with no rows must not be touched.
template <bool kSecondInputs, bool kSecondRows>
inline void Accumulate(const int8_t* inputs, size_t stride, const int8_t* group, size_t columns) {
  _tile_zero(0);
  if constexpr (kSecondRows) _tile_zero(1);
  if constexpr (kSecondInputs) _tile_zero(2);
  if constexpr (kSecondInputs && kSecondRows) _tile_zero(3);
  for (size_t c = 0; c < columns; c += kColumnGroup) {
    _tile_loadd(4, inputs + c, stride);
    _tile_loadd(6, group + c * kRowGroup, 64);
    _tile_dpbusd(0, 4, 6);
    if constexpr (kSecondRows) {
      _tile_loadd(7, group + kRowGroup * columns + c * kRowGroup, 64);
      _tile_dpbusd(1, 4, 7);
    }
    if constexpr (kSecondInputs) {
      _tile_loadd(5, inputs + kTileRows * stride + c, stride);
      _tile_dpbusd(2, 5, 6);
      if constexpr (kSecondRows) _tile_dpbusd(3, 5, 7);
    }
  }
}

struct Target {
  const QuantizedRows& x;
  const PackedS8& w;
  float* y;
  size_t y_stride;
};

inline void StoreTile(const int32_t* sums, const Target& to, size_t first, size_t count, size_t row) {
  const __m512i offsets = _mm512_load_si512(to.w.offsets + row);
  const __m512 scales = _mm512_load_ps(to.w.scales + row);
  for (size_t i = 0; i < count; ++i) {
    const __m512i values = _mm512_load_si512(sums + i * kRowGroup);
    StoreScaled(to.y + (first + i) * to.y_stride + row, values, offsets, scales, to.x.scales[first + i]);
  }
}

template <bool kSecondInputs, bool kSecondRows>
inline void MultiplyBlock(const Target& to, size_t first, size_t count, size_t row) {
  alignas(64) int32_t sums[4][kTileRows * kRowGroup];
  Accumulate<kSecondInputs, kSecondRows>(to.x.values + first * to.x.stride, to.x.stride, to.w.values + row * to.w.columns, to.w.columns);
  const size_t head = count < kTileRows ? count : kTileRows;
  _tile_stored(0, sums[0], 64);
  if constexpr (kSecondRows) _tile_stored(1, sums[1], 64);
  if constexpr (kSecondInputs) _tile_stored(2, sums[2], 64);
  if constexpr (kSecondInputs && kSecondRows) _tile_stored(3, sums[3], 64);
  StoreTile(sums[0], to, first, head, row);
  if constexpr (kSecondRows) StoreTile(sums[1], to, first, head, row + kRowGroup);
  if constexpr (kSecondInputs) StoreTile(sums[2], to, first + kTileRows, count - kTileRows, row);
  if constexpr (kSecondInputs && kSecondRows) StoreTile(sums[3], to, first + kTileRows, count - kTileRows, row + kRowGroup);
}

template <bool kSecondInputs>
inline void MultiplyInputs(const Target& to, size_t first, size_t count) {
  const size_t rows = RoundUp(to.w.rows, kRowGroup);
  size_t row = 0;
  for (; row + 2 * kRowGroup <= rows; row += 2 * kRowGroup) MultiplyBlock<kSecondInputs, true>(to, first, count, row);
  if (row < rows) MultiplyBlock<kSecondInputs, false>(to, first, count, row);
}

void AmxMultiplyS8(const QuantizedRows& x, const PackedS8& w, float* y, size_t y_stride) {
  if (x.count < kAmxCountMin) return VnniMultiplyS8(x, w, y, y_stride);
  __asm__ volatile("" : : : "memory");  // what was written before is in memory: the compiler does not see what tile loads read
  const Target to{x, w, y, y_stride};
  size_t configured = 0;
  for (size_t first = 0; first < x.count; first += 2 * kTileRows) {
    const size_t left = x.count - first;
    const size_t count = left < 2 * kTileRows ? left : 2 * kTileRows;
    if (count != configured) Configure(count < kTileRows ? count : kTileRows, count < kTileRows ? 0 : count - kTileRows);
    configured = count;
    if (count > kTileRows) {
      MultiplyInputs<true>(to, first, count);
    } else {
      MultiplyInputs<false>(to, first, count);
    }
  }
  _tile_release();
}

// The processor has AMX for bytes, and the system lets this process use its large state.
bool HasAmx() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  const bool has = (d >> 24 & 1) != 0 && (d >> 25 & 1) != 0;
  return has && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

constexpr Kernels kKernels{"amx",           Quantize,     AmxMultiplyS8, VectorMultiplyF32, VectorRmsNorm, VectorSiluMultiply,
                           VectorAddScaled, VectorSumExp, VectorAttend};

}  // namespace

const Kernels* AmxKernels() {
  static const bool has = Avx512Kernels() != nullptr && HasAmx();
  return has ? &kKernels : nullptr;
}

}  // namespace deepcabin::engine
