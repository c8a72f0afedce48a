// The catalogue's YAML: a broken file is refused with a reason, a good one makes a catalogue whose parts agree.

#include "fuzz/fuzz.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto catalogue = Catalogue::Parse({{"fuzz.yaml", std::string(fuzz::Text(data, size))}});
  if (!catalogue) {
    fuzz::Promise(!catalogue.error().message.empty(), "a refusal has a reason");
    return 0;
  }
  for (const Interface& interface : catalogue->interfaces()) {
    fuzz::Promise(catalogue->FindInterface(interface.capability, interface.zone) == interface.id, "an interface is found again");
  }
  static_cast<void>(catalogue->ExportVssJson());
  static_cast<void>(catalogue->Search("窗 window", 3));
  return 0;
}
