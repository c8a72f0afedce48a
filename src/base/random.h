#pragma once
// A small, fast, seeded generator (xoshiro256**, Blackman and Vigna 2018). The same seed gives the same numbers on every machine,
// which <random>'s distributions do not promise. Not for secrets.

#include <array>
#include <cstddef>
#include <cstdint>

namespace deepcabin {

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) {  // splitmix64 spreads the seed over the state
      seed += 0x9E3779B97F4A7C15ULL;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t Next() {
    const std::uint64_t result = Rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = Rotate(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound); bound > 0. Multiply-shift: the bias is below 2^-32 for the bounds used here.
  std::size_t Below(std::size_t bound) { return static_cast<std::size_t>((static_cast<Uint128>(Next()) * bound) >> 64); }
  // Uniform in [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  bool Chance(double probability) { return Uniform() < probability; }

 private:
  __extension__ typedef unsigned __int128 Uint128;  // GCC and Clang have it; -Wpedantic wants to be told

  static std::uint64_t Rotate(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace deepcabin
