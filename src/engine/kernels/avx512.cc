// AVX-512 with VNNI.

#include "engine/kernels/avx512-inl.h"

#include "engine/kernels/isa.h"

namespace deepcabin::engine {
namespace {

constexpr Kernels kKernels{"avx512",           Quantize,        VnniMultiplyS8, VectorMultiplyF32, VectorRmsNorm,
                           VectorSiluMultiply, VectorAddScaled, VectorSumExp,   VectorAttend};

}  // namespace

const Kernels* Avx512Kernels() {
  const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
  return has ? &kKernels : nullptr;
}

}  // namespace deepcabin::engine
