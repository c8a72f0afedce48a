#pragma once
// The map that needs no network: a compact file, or an extract that is imported at start (the demonstration city: a few milliseconds).

#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "base/mapped_file.h"
#include "skills/map/compact.h"
#include "skills/map/map.h"
#include "skills/map/router.h"

namespace deepcabin::skills {

// Thread-safe.
class EmbeddedMap final : public MapSource {
 public:
  // A compact map is mapped into memory; an extract (.osm, .osm.pbf) is imported into it. By how the file begins.
  static Result<std::unique_ptr<EmbeddedMap>> Open(const std::filesystem::path& path);
  static Result<std::unique_ptr<EmbeddedMap>> FromBytes(std::string compact);

  Result<std::vector<Place>> Search(const PlaceQuery& query) const override;
  Result<Route> FindRoute(const Position& from, const Position& to, const RouteOptions& options) const override {
    return router_.Find(from, to, options);
  }
  Result<LegTable> Legs(std::span<const Position> from, std::span<const Position> to, const RouteOptions& options) const override {
    return router_.Legs(from, to, options);
  }

  // The roads that touch the box between two corners, from crossing to crossing; at most `count_max` of them.
  std::vector<std::vector<Position>> Roads(const Position& south_west, const Position& north_east, std::size_t count_max) const;

  const CompactMap& map() const { return map_; }

 private:
  using Bytes = std::variant<std::string, MappedFile>;
  explicit EmbeddedMap(Bytes bytes) : bytes_(std::move(bytes)) {}
  static Result<std::unique_ptr<EmbeddedMap>> Make(Bytes bytes);

  Place ToPlace(std::uint32_t id, const Position& near) const;
  std::vector<Place> SearchText(const PlaceQuery& query) const;
  std::vector<Place> SearchAround(const PlaceQuery& query) const;

  Bytes bytes_;
  CompactMap map_;
  Router router_{map_};
};

}  // namespace deepcabin::skills
