// The phrasebook's YAML and the small language inside it: refused with a reason, or compiled.

#include "fuzz/fuzz.h"
#include "understanding/grammar.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto normaliser = understanding::Normaliser::Create();
  fuzz::Promise(normaliser.has_value(), "the conversion tables are installed");
  const std::string text(fuzz::Text(data, size));
  const auto grammar = understanding::Grammar::Parse({{"zh/fuzz.yaml", text}}, fuzz::SmallCar(), *normaliser, {});
  fuzz::Promise(grammar || !grammar.error().message.empty(), "a refusal has a reason");
  return 0;
}
