#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "engine/kernels/isa.h"

namespace deepcabin::engine {

std::vector<const Kernels*> AvailableKernels() {
  std::vector<const Kernels*> sets{&ReferenceKernels()};
#if defined(__x86_64__)
  for (const Kernels* set : {Avx2Kernels(), Avx512Kernels(), AmxKernels()}) {
    if (set != nullptr) sets.push_back(set);
  }
#elif defined(__aarch64__)
  if (const Kernels* set = NeonKernels()) sets.push_back(set);
#endif
  return sets;
}

Result<const Kernels*> ChooseKernels() {
  const std::vector<const Kernels*> sets = AvailableKernels();
  const char* wanted = std::getenv("DEEPCABIN_CPU_ISA");
  if (wanted == nullptr || *wanted == '\0') return sets.back();
  std::string names;
  for (const Kernels* set : sets) {
    if (set->name == wanted) return set;
    names += fmt::format(" {}", set->name);
  }
  return InvalidArgument(fmt::format("DEEPCABIN_CPU_ISA is \"{:.32}\"; this processor can run:{}", wanted, names));
}

}  // namespace deepcabin::engine
