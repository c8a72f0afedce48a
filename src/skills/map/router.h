#pragma once
// The search of ways in a compact map: A* with landmarks from one point to one, Dijkstra's algorithm from one to many.

#include <memory>
#include <mutex>
#include <vector>

#include "skills/map/compact.h"
#include "skills/map/map.h"

namespace deepcabin::skills {

inline constexpr double kSnapMetresMax = 3000;  // farther from any road is not on the map

// Thread-safe.
class Router {
 public:
  explicit Router(const CompactMap& map) : map_(map) {}

  Result<Route> Find(const Position& from, const Position& to, const RouteOptions& options) const;
  Result<LegTable> Legs(std::span<const Position> from, std::span<const Position> to, const RouteOptions& options) const;

 private:
  // A point of a road.
  struct Anchor {
    std::uint32_t segment = kUnreachable;
    double share = 0;  // of the way from the segment's a to its b
    double metres_away = 0;
    Position position;
  };
  // Part of an arc at the beginning or at the end of a way.
  struct Part {
    std::uint32_t arc;
    double share;
  };
  struct Workspace {
    std::vector<std::uint32_t> cost, arc, stamp;  // of each node: best so far, the arc by which it is reached, the search that wrote it
    std::uint32_t search = 0;
  };
  struct Goal;
  class Search;

  Anchor Snap(const Position& position) const;
  Result<Anchor> SnapNear(const Position& position) const;
  std::uint32_t TailOf(const ArcRecord& arc) const {
    return arc.backward() ? map_.segments[arc.segment()].b : map_.segments[arc.segment()].a;
  }
  std::vector<Part> PartsFrom(const Anchor& anchor) const;
  std::vector<Part> PartsTo(const Anchor& anchor) const;
  void AddArc(const Part& part, Leg& leg) const;
  Leg Measure(const std::vector<Part>& way) const;
  Route Describe(const Anchor& from, const Anchor& to, const std::vector<Part>& way) const;
  std::unique_ptr<Workspace> Borrow() const;
  void Return(std::unique_ptr<Workspace> workspace) const;

  const CompactMap& map_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Workspace>> idle_;
};

}  // namespace deepcabin::skills
