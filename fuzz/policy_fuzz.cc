// The policy's YAML: a broken policy is refused, and one that loads always gives a decision with a rule.

#include "fuzz/fuzz.h"
#include "safety/guard.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto guard = safety::Guard::Parse({{"fuzz.yaml", std::string(fuzz::Text(data, size))}}, fuzz::SmallCar());
  if (!guard) {
    fuzz::Promise(!guard.error().message.empty(), "a refusal has a reason");
    return 0;
  }
  for (const Interface& interface : fuzz::SmallCar().interfaces()) {
    const safety::Request request{.interface = interface.id, .op = Op::kOpen, .target = Value(std::int64_t{100})};
    fuzz::Promise(!guard->Judge(request, {}, std::nullopt).rule.empty(), "every decision names its rule");
  }
  return 0;
}
