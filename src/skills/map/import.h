#pragma once
// From an OpenStreetMap extract to a compact map: drivable roads with speeds, one-way streets and tolls become a graph of crossings; places
// with a kind that we keep become records and an index of names; landmarks are chosen and measured for the search of routes.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deepcabin::skills {

// The bytes of a compact map. kInvalidArgument: no extract, or one without roads; kResourceExhausted: beyond the limits of compact.h.
Result<std::string> ImportOsm(std::string_view extract);

// What an index of names keeps of a text: single Han characters and pairs, and three letters of words with their borders. Sorted.
std::vector<std::uint64_t> GramsOf(std::string_view text);

}  // namespace deepcabin::skills
