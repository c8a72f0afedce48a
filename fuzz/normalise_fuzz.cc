// The normaliser: any bytes, and every position keeps its place in the original.

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "understanding/normalise.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto normaliser = understanding::Normaliser::Create();
  fuzz::Promise(normaliser.has_value(), "the conversion tables are installed");
  const auto result = normaliser->Run(fuzz::Text(data, size));
  fuzz::Promise(result.has_value() == IsValidUtf8(fuzz::Text(data, size)), "UTF-8 is taken, other bytes are refused");
  if (!result) return 0;
  fuzz::Promise(result->offsets.size() == result->text.size(), "one offset per character");
  fuzz::Promise(result->offsets.empty() || result->offsets.back() < result->original.size(), "every offset lies in the original");
  for (std::size_t i = 1; i < result->offsets.size(); ++i) fuzz::Promise(result->offsets[i - 1] <= result->offsets[i], "offsets rise");
  fuzz::Promise(IsValidUtf8(result->Original(0, result->text.size())), "what is given back is UTF-8");
  return 0;
}
