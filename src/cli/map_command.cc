// `deepcabin map import EXTRACT OUT | info FILE | search FILE TEXT`.

#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "cli/commands.h"
#include "skills/map/embedded_map.h"
#include "skills/map/import.h"

namespace deepcabin::cli {
namespace {

constexpr double kSearchRadiusM = 300'000;
constexpr std::size_t kSearchMax = 20;

int Import(const MapOptions& options) {
  const auto extract = MappedFile::Open(options.file);
  if (!extract) return Complain(extract.error());
  const auto compact = skills::ImportOsm({reinterpret_cast<const char*>(extract->bytes().data()), extract->bytes().size()});
  if (!compact) return Complain(compact.error());
  std::ofstream out(options.argument, std::ios::binary | std::ios::trunc);
  out << *compact << std::flush;
  if (!out) return Complain(Unavailable(fmt::format("{}: cannot be written", options.argument)));
  std::cout << fmt::format("{}: {:.1f} MB\n", options.argument, static_cast<double>(compact->size()) / 1e6);
  return kOk;
}

int Info(const skills::CompactMap& map) {
  const skills::GridRecord& grid = map.grid[0];
  const skills::Position corner = skills::ToPosition(grid.corner);
  std::cout << fmt::format("{} crossings, {} segments, {} places\nfrom {:.4f}, {:.4f} to {:.4f}, {:.4f}\n", map.node_count(),
                           map.segment_count(), map.places.size(), corner.lat, corner.lon, corner.lat + grid.rows * (grid.cell_lat * 1e-7),
                           corner.lon + grid.columns * (grid.cell_lon * 1e-7));
  std::array<std::size_t, skills::kCategoryCount> counts{};
  for (const skills::PlaceRecord& place : map.places) ++counts[place.category];
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) std::cout << fmt::format("{:>8}  {}\n", counts[i], skills::CategoryId(static_cast<skills::Category>(i)));
  }
  return kOk;
}

// Near the middle of the map.
int Search(const skills::EmbeddedMap& map, const MapOptions& options) {
  const skills::GridRecord& grid = map.map().grid[0];
  const skills::Position corner = skills::ToPosition(grid.corner);
  const skills::Position middle{corner.lat + grid.rows * (grid.cell_lat * 0.5e-7), corner.lon + grid.columns * (grid.cell_lon * 0.5e-7)};
  const skills::Wish wish = skills::ReadWish(options.argument);
  const auto found = map.Search({.text = wish.name,
                                 .category = wish.name.empty() ? wish.category : std::nullopt,
                                 .cuisine = wish.name.empty() ? wish.cuisine : "",
                                 .near = middle,
                                 .radius_m = kSearchRadiusM,
                                 .count_max = kSearchMax});
  if (!found) return Complain(found.error());
  for (const skills::Place& place : *found) {
    std::cout << fmt::format("{:>7.1f} km  {:<14}{} / {}\n", place.distance_m / 1000, skills::CategoryId(place.category), place.name_zh,
                             place.name_en);
  }
  return kOk;
}

}  // namespace

int MapCommand(const MapOptions& options) {
  if (options.command == "import") return Import(options);
  const auto map = skills::EmbeddedMap::Open(options.file);
  if (!map) return Complain(map.error());
  return options.command == "info" ? Info((*map)->map()) : Search(**map, options);
}

}  // namespace deepcabin::cli
