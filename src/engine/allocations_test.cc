// Counts what is allocated, for the promise that sessions and decoders allocate nothing once they are made.

#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/testing_for_test.h"

namespace deepcabin::engine {
namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

std::size_t Allocations() { return allocations; }

}  // namespace deepcabin::engine

void* operator new(std::size_t size) {
  ++deepcabin::engine::allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
