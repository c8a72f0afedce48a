// JSON from outside: parsing never fails but by a Result, and what was parsed reads the same after it was written.

#include "base/json.h"
#include "fuzz/fuzz.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = ParseJson(fuzz::Text(data, size), {.bytes_max = 1u << 16, .depth_max = 32, .nodes_max = 10'000});
  if (!parsed) return 0;
  const auto again = ParseJson(DumpJson(*parsed));
  fuzz::Promise(again && *again == *parsed, "written and read again, JSON is the same");
  return 0;
}
