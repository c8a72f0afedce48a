// A call as JSON, as evaluation files and models write it: refused, or the same after it was written and read again.

#include "catalogue/call.h"
#include "fuzz/fuzz.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = ParseJson(fuzz::Text(data, size));
  if (!json) return 0;
  const auto call = CallFromJson(*json, fuzz::SmallCar());
  if (!call) return 0;
  const std::string written = DumpJson(CallToJson(*call, fuzz::SmallCar()));
  const auto written_json = ParseJson(written);
  fuzz::Promise(written_json.has_value(), "a call is written as JSON");
  const auto again = CallFromJson(*written_json, fuzz::SmallCar());
  fuzz::Promise(again && DumpJson(CallToJson(*again, fuzz::SmallCar())) == written, "a call reads the same after it was written");
  static_cast<void>(TargetValue(fuzz::SmallCar().capability(call->capability), call->op, call->value, call->unit, Value(std::int64_t{50})));
  return 0;
}
