#pragma once
// The kernel sets beside the reference, for dispatch.cc. Each is a null pointer where the processor cannot run it; those of another
// architecture are not built.

#include "engine/kernels/kernels.h"

namespace deepcabin::engine {

#if defined(__x86_64__)
const Kernels* Avx2Kernels();    // AVX2 and FMA
const Kernels* Avx512Kernels();  // AVX-512 F, BW, DQ, VL, VNNI
const Kernels* AmxKernels();     // the same, and AMX for products of many rows
#elif defined(__aarch64__)
const Kernels* NeonKernels();  // Armv8.2 with dot products
#endif

}  // namespace deepcabin::engine
