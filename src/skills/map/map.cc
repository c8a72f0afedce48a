#include "skills/map/map.h"

#include <fmt/format.h>

namespace deepcabin::skills {

Result<AreaName> MapSource::NameArea(const Position& position) const {
  constexpr double kSuburbMetresMax = 8'000, kCityMetresMax = 60'000;
  AreaName name;
  for (const auto& [category, radius] : {std::pair{Category::kSuburb, kSuburbMetresMax}, std::pair{Category::kCity, kCityMetresMax}}) {
    DC_ASSIGN_OR_RETURN(const auto found, Search({.category = category, .near = position, .radius_m = radius, .count_max = 1}));
    if (found.empty()) continue;
    name.zh = found[0].name_zh + name.zh;
    name.en += (name.en.empty() ? "" : ", ") + found[0].name_en;
  }
  if (name.zh.empty()) return NotFound(fmt::format("no town within {:.0f} km", kCityMetresMax / 1000));
  return name;
}

}  // namespace deepcabin::skills
