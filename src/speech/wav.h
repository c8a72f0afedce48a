#pragma once
// The sound that comes and goes: WAV with 16-bit PCM, one channel. Nothing else is taken from outside, so nothing has to be decoded.

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace deepcabin::speech {

inline constexpr int kRateMin = 8'000, kRateMax = 48'000;  // samples a second

// How long the sound is. kInvalidArgument: no WAV, another encoding, sizes that do not fit the bytes.
Result<std::chrono::milliseconds> WavLength(std::string_view bytes);

// A program that writes to a pipe does not know how long its sound will be and says "endless" in the header: here the true sizes are put
// in. kInvalidArgument as above.
Result<std::string> WithTrueSizes(std::string bytes);

}  // namespace deepcabin::speech
