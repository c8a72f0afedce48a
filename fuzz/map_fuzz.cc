// Maps: a compact file, or an extract of OpenStreetMap, as anybody may hand them over. Refused with a reason; what opens answers without a
// crash.

#include "fuzz/fuzz.h"
#include "skills/map/embedded_map.h"
#include "skills/map/import.h"

using namespace deepcabin;
using namespace deepcabin::skills;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(fuzz::Text(data, size));
  const bool is_extract = !bytes.starts_with("DCMAP");
  if (is_extract) {
    auto imported = ImportOsm(bytes);
    fuzz::Promise(imported.has_value() || !imported.error().message.empty(), "a refusal has a reason");
    if (!imported) return 0;
    bytes = std::move(*imported);
  }
  const auto opened = EmbeddedMap::FromBytes(std::move(bytes));
  fuzz::Promise(opened.has_value() || !is_extract, "what was imported opens");
  if (!opened) return 0;
  const EmbeddedMap& map = **opened;
  if (map.map().node_count() == 0) return 0;
  const Position a = map.map().NodePosition(0), b = map.map().NodePosition(map.map().node_count() - 1);
  static_cast<void>(map.FindRoute(a, b, {.avoid_tolls = true}));
  static_cast<void>(map.Legs({&a, 1}, {&b, 1}, {}));
  static_cast<void>(map.NameArea(b));
  const auto found = map.Search({.text = "park 川", .near = a, .radius_m = 100'000});
  fuzz::Promise(found.has_value() || !IsOnEarth(a), "a search near a place of the map answers");
  return 0;
}
