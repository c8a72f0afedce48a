#pragma once
// The voice that is always there: the program espeak-ng, run once for every sentence, without a shell; the words go in by a file of no
// name, the sound comes out by a pipe. A program, because its library has one global voice and its licence (GPL-3) would be ours too.

#include <chrono>
#include <string>

#include "base/result.h"

namespace deepcabin::speech {

struct Espeak {
  std::string program = "espeak-ng";
  std::chrono::milliseconds timeout{5'000};
  std::size_t sound_bytes_max = 8u << 20;

  // WAV. kUnavailable: it does not run or fails; kDeadlineExceeded, kResourceExhausted: it was ended. Blocks; thread-safe.
  Result<std::string> Say(const std::string& text, bool chinese) const;
};

}  // namespace deepcabin::speech
