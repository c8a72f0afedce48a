#include "skills/map/router.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include <fmt/format.h>

namespace deepcabin::skills {
namespace {

constexpr std::size_t kLandmarksUsed = 4;
constexpr std::size_t kIdleWorkspacesMax = 4;
constexpr double kPreferConnectedMetres = 300;  // a road of the main network this much farther is taken before a cut-off piece

double ShareOf(const std::vector<Position>& line, std::size_t piece, double share_of_piece, double& length) {
  double before = 0;
  length = 0;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const double metres = DistanceM(line[i], line[i + 1]);
    if (i < piece) before += metres;
    if (i == piece) before += metres * share_of_piece;
    length += metres;
  }
  return length > 0 ? before / length : 0;
}

// The part of a line between two shares of its length.
std::vector<Position> Cut(const std::vector<Position>& line, double from, double to) {
  double length = 0;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) length += DistanceM(line[i], line[i + 1]);
  std::vector<Position> part;
  double at = 0;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const double metres = DistanceM(line[i], line[i + 1]);
    const double begin = from * length - at, end = to * length - at;
    at += metres;
    if (metres == 0 || end < 0 || begin > metres) continue;
    if (part.empty()) part.push_back(Between(line[i], line[i + 1], std::clamp(begin / metres, 0.0, 1.0)));
    part.push_back(Between(line[i], line[i + 1], std::clamp(end / metres, 0.0, 1.0)));
  }
  return part;
}

Turn TurnOf(double degrees) {  // clockwise, -180 to 180
  const double size = std::abs(degrees);
  if (size < 25) return Turn::kStraight;
  if (size > 165) return Turn::kUTurn;
  if (size < 50) return degrees < 0 ? Turn::kSlightLeft : Turn::kSlightRight;
  return degrees < 0 ? Turn::kLeft : Turn::kRight;
}

}  // namespace

Router::Anchor Router::Snap(const Position& position) const {
  const GridRecord& grid = map_.grid[0];
  const Cell centre = CellOf(grid, ToFixed(position));
  const double cell_metres = grid.cell_lat * 1e-7 * kMetresPerDegree * std::max(0.05, std::cos(Radians(position.lat)));
  Anchor best, connected;
  best.metres_away = connected.metres_away = kSnapMetresMax;
  const auto look = [&](std::uint32_t segment) {
    const std::vector<Position> line = map_.Shape(segment);
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      const double share = ClosestShare(position, line[i], line[i + 1]);
      const Position on_road = Between(line[i], line[i + 1], share);
      const double metres = DistanceM(position, on_road);
      if (metres >= best.metres_away && metres >= connected.metres_away) continue;
      double length = 0;
      const Anchor found{segment, ShareOf(line, i, share, length), metres, on_road};
      if (metres < best.metres_away) best = found;
      if (metres < connected.metres_away && map_.IsConnected(map_.segments[segment].a) && map_.IsConnected(map_.segments[segment].b))
        connected = found;
    }
  };
  const auto ring_max =
      std::min<std::int64_t>(static_cast<std::int64_t>(kSnapMetresMax / cell_metres) + 2, std::max(grid.rows, grid.columns));
  for (std::int64_t ring = 0; ring <= ring_max; ++ring) {
    const std::int64_t first = std::max<std::int64_t>(0, centre.row - ring),
                       last = std::min<std::int64_t>(grid.rows - 1, centre.row + ring);
    for (std::int64_t row = first; row <= last; ++row) {
      const bool is_edge = std::abs(row - centre.row) == ring;
      for (std::int64_t column = centre.column - ring; column <= centre.column + ring; column += is_edge || ring == 0 ? 1 : 2 * ring) {
        if (column < 0 || column >= grid.columns) continue;
        const std::size_t cell = static_cast<std::size_t>(row) * grid.columns + static_cast<std::size_t>(column);
        for (std::uint32_t i = map_.segment_cell_starts[cell]; i < map_.segment_cell_starts[cell + 1]; ++i) look(map_.segment_cells[i]);
      }
    }
    if (best.segment != kUnreachable && best.metres_away + kPreferConnectedMetres < static_cast<double>(ring) * cell_metres) break;
  }
  return connected.segment != kUnreachable && connected.metres_away < best.metres_away + kPreferConnectedMetres ? connected : best;
}

Result<Router::Anchor> Router::SnapNear(const Position& position) const {
  if (!IsOnEarth(position)) return InvalidArgument(fmt::format("{}, {} is no place on the earth", position.lat, position.lon));
  const Anchor anchor = Snap(position);
  if (anchor.segment != kUnreachable) return anchor;
  return NotFound(fmt::format("no road of the map within {:.0f} m of {:.5f}, {:.5f}", kSnapMetresMax, position.lat, position.lon));
}

std::vector<Router::Part> Router::PartsFrom(const Anchor& anchor) const {
  std::vector<Part> parts = PartsTo(anchor);
  for (Part& part : parts) part.share = 1 - part.share;
  return parts;
}

std::vector<Router::Part> Router::PartsTo(const Anchor& anchor) const {
  std::vector<Part> parts;
  const SegmentRecord& s = map_.segments[anchor.segment];
  for (const std::uint32_t node : {s.a, s.b}) {
    for (std::uint32_t i = map_.nodes[node].first_arc; i < map_.nodes[node + 1].first_arc; ++i) {
      const ArcRecord& arc = map_.arcs[i];
      if (arc.segment() == anchor.segment && TailOf(arc) == node) parts.push_back({i, arc.backward() ? 1 - anchor.share : anchor.share});
    }
    if (s.a == s.b) break;
  }
  return parts;
}

// Where a search ends: at one of these arcs' tails, plus part of the arc.
struct Router::Goal {
  std::vector<Part> parts;
  std::uint32_t best = kUnreachable;
  std::vector<Part> direct{};  // the way that needs no crossing, or the arc at the end
  bool is_direct = false;
};

class Router::Search {
 public:
  Search(const Router& router, const RouteOptions& options)
      : router_(router), map_(router.map_), options_(options), workspace_(router.Borrow()) {}
  ~Search() { router_.Return(std::move(workspace_)); }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  void Begin(const Anchor& from) {
    Workspace& w = *workspace_;
    if (++w.search == 0) std::fill(w.stamp.begin(), w.stamp.end(), 0), w.search = 1;
    starts_ = router_.PartsFrom(from);
    queue_ = {};
    aims_.clear();
    for (const Part& part : starts_) {
      const std::uint32_t cost = CostOf(part);
      if (cost != kUnreachable) Improve(map_.arcs[part.arc].to, cost, part.arc);
    }
  }

  // Both points on one piece of road, the goal ahead.
  void TryDirect(const Anchor& from, const Anchor& to, Goal& goal) const {
    if (from.segment != to.segment) return;
    for (const Part& part : starts_) {
      const double share = map_.arcs[part.arc].backward() ? from.share - to.share : to.share - from.share;
      const std::uint32_t cost = share < 0 ? kUnreachable : CostOf({part.arc, share});
      if (cost >= goal.best) continue;
      goal.best = cost;
      goal.is_direct = true;
      goal.direct = {{part.arc, share}};
    }
  }

  // Bounds from the landmarks that say most between the start and the goal.
  void AimAt(const Goal& goal) {
    if (options_.shortest || goal.parts.empty() || starts_.empty()) return;  // landmarks know times, not lengths
    const std::uint32_t start = map_.arcs[starts_.front().arc].to;
    for (const Part& part : goal.parts) {
      Aim aim{router_.TailOf(map_.arcs[part.arc]), {}, CostOf(part)};
      if (aim.rest == kUnreachable) continue;
      std::array<std::pair<std::uint32_t, std::size_t>, kLandmarks> says;
      for (std::size_t l = 0; l < kLandmarks; ++l) says[l] = {Bound(start, aim.node, l), l};
      std::sort(says.rbegin(), says.rend());
      for (std::size_t i = 0; i < kLandmarksUsed; ++i) aim.landmarks[i] = says[i].second;
      aims_.push_back(aim);
    }
    // What was put into the queue without a bound still has its turn early: correct, and a handful.
  }

  // Until every goal is known, or nothing is left.
  void Run(std::span<Goal> goals) {
    std::unordered_map<std::uint32_t, std::vector<std::pair<std::size_t, Part>>> at_node;
    for (std::size_t g = 0; g < goals.size(); ++g) {
      for (const Part& part : goals[g].parts) at_node[router_.TailOf(map_.arcs[part.arc])].emplace_back(g, part);
    }
    std::uint32_t worst = WorstOf(goals);
    while (!queue_.empty()) {
      const Entry entry = queue_.top();
      queue_.pop();
      if (entry.bound >= worst) break;
      if (entry.cost > workspace_->cost[entry.node]) continue;
      if (const auto found = at_node.find(entry.node); found != at_node.end()) {
        for (const auto& [g, part] : found->second) {
          const std::uint64_t cost = static_cast<std::uint64_t>(entry.cost) + CostOf(part);
          if (cost >= goals[g].best) continue;
          goals[g].best = static_cast<std::uint32_t>(cost);
          goals[g].is_direct = false;
          goals[g].direct = {part};
        }
        worst = WorstOf(goals);
      }
      for (std::uint32_t i = map_.nodes[entry.node].first_arc; i < map_.nodes[entry.node + 1].first_arc; ++i) {
        const std::uint32_t step = CostOf({i, 1});
        const std::uint64_t cost = static_cast<std::uint64_t>(entry.cost) + step;
        if (step != kUnreachable && cost < worst) Improve(map_.arcs[i].to, static_cast<std::uint32_t>(cost), i);
      }
    }
  }

  std::vector<Part> WayTo(const Goal& goal) const {
    std::vector<Part> way = goal.direct;
    if (goal.is_direct) return way;
    std::uint32_t node = router_.TailOf(map_.arcs[way.front().arc]);
    for (;;) {
      const std::uint32_t arc = workspace_->arc[node];
      const auto start = std::find_if(starts_.begin(), starts_.end(),
                                      [&](const Part& part) { return part.arc == arc && CostOf(part) == workspace_->cost[node]; });
      way.push_back(start != starts_.end() ? *start : Part{arc, 1});
      if (start != starts_.end()) break;
      node = router_.TailOf(map_.arcs[arc]);
    }
    std::reverse(way.begin(), way.end());
    return way;
  }

 private:
  struct Entry {
    std::uint32_t bound, cost, node;
    bool operator<(const Entry& other) const { return bound > other.bound; }  // the smallest on top
  };
  struct Aim {
    std::uint32_t node;
    std::array<std::size_t, kLandmarksUsed> landmarks;
    std::uint32_t rest;
  };

  static std::uint32_t WorstOf(std::span<const Goal> goals) {
    std::uint32_t worst = 0;
    for (const Goal& goal : goals) {
      if (!goal.parts.empty()) worst = std::max(worst, goal.best);
    }
    return worst;
  }

  std::uint32_t CostOf(const Part& part) const {
    const ArcRecord& arc = map_.arcs[part.arc];
    if ((options_.avoid_tolls && arc.toll()) || (options_.avoid_motorways && arc.motorway())) return kUnreachable;
    double cost = options_.shortest ? arc.decimetres : arc.ms;
    if (!options_.slowdowns.empty()) {
      const Position middle = Between(map_.NodePosition(TailOf(arc)), map_.NodePosition(arc.to), 0.5);
      for (const Slowdown& slow : options_.slowdowns) {
        if (DistanceM(middle, slow.centre) <= slow.radius_m) cost *= std::max(1.0, slow.factor);
      }
    }
    return static_cast<std::uint32_t>(std::min(cost * part.share, kUnreachable / 2.0));
  }
  std::uint32_t TailOf(const ArcRecord& arc) const { return router_.TailOf(arc); }

  std::uint32_t Bound(std::uint32_t from, std::uint32_t to, std::size_t landmark) const {
    const LandmarkTimes &f = map_.landmarks[from], &t = map_.landmarks[to];
    std::uint32_t bound = 0;
    if (f.from[landmark] != kUnreachable && t.from[landmark] != kUnreachable && t.from[landmark] > f.from[landmark])
      bound = t.from[landmark] - f.from[landmark];
    if (f.to[landmark] != kUnreachable && t.to[landmark] != kUnreachable && f.to[landmark] > t.to[landmark])
      bound = std::max(bound, f.to[landmark] - t.to[landmark]);
    return bound;
  }

  std::uint32_t Potential(std::uint32_t node) const {
    if (aims_.empty()) return 0;
    std::uint64_t nearest = kUnreachable;
    for (const Aim& aim : aims_) {
      std::uint32_t bound = 0;
      for (const std::size_t landmark : aim.landmarks) bound = std::max(bound, Bound(node, aim.node, landmark));
      nearest = std::min(nearest, static_cast<std::uint64_t>(bound) + aim.rest);
    }
    return static_cast<std::uint32_t>(nearest);
  }

  void Improve(std::uint32_t node, std::uint32_t cost, std::uint32_t arc) {
    Workspace& w = *workspace_;
    if (w.stamp[node] == w.search && w.cost[node] <= cost) return;
    w.stamp[node] = w.search, w.cost[node] = cost, w.arc[node] = arc;
    const std::uint64_t bound = static_cast<std::uint64_t>(cost) + Potential(node);
    if (bound < kUnreachable) queue_.push({static_cast<std::uint32_t>(bound), cost, node});
  }

  const Router& router_;
  const CompactMap& map_;
  const RouteOptions& options_;
  std::unique_ptr<Workspace> workspace_;
  std::vector<Part> starts_;
  std::vector<Aim> aims_;
  std::priority_queue<Entry> queue_;
};

void Router::AddArc(const Part& part, Leg& leg) const {
  const ArcRecord& arc = map_.arcs[part.arc];
  const double metres = arc.decimetres / 10.0 * part.share, seconds = arc.ms / 1000.0 * part.share;
  leg.metres += metres;
  leg.seconds += seconds;
  if (seconds > 0) leg.metres_speed2 += metres * (metres / seconds) * (metres / seconds);
  if (arc.toll()) leg.toll_metres += metres;
  const std::int16_t below = map_.nodes[TailOf(arc)].elevation_m, above = map_.nodes[arc.to].elevation_m;
  if (below == kNoElevation || above == kNoElevation) return;
  leg.climb_metres += (above - below) * part.share;
  leg.ascent_metres += std::max(0, above - below) * part.share;
}

Leg Router::Measure(const std::vector<Part>& way) const {
  Leg leg;
  leg.reachable = true;
  for (const Part& part : way) AddArc(part, leg);
  return leg;
}

Route Router::Describe(const Anchor& from, const Anchor& to, const std::vector<Part>& way) const {
  Route route;
  route.total = Measure(way);
  const auto name = [&](RouteStep& step, std::uint32_t segment) {
    step.road_zh = map_.Text(map_.segments[segment].name_zh), step.road_en = map_.Text(map_.segments[segment].name_en);
  };
  double metres = 0;
  for (std::size_t i = 0; i < way.size(); ++i) {
    const ArcRecord& arc = map_.arcs[way[i].arc];
    std::vector<Position> line = map_.Shape(arc.segment());
    if (arc.backward()) std::reverse(line.begin(), line.end());
    // The first piece ends at a crossing and the last begins at one, unless it is the only one.
    const double begin = way.size() > 1 ? (i == 0 ? 1 - way[i].share : 0) : arc.backward() ? 1 - from.share : from.share;
    line = Cut(line, begin, begin + way[i].share);
    const std::size_t before = route.shape.size();
    if (i == 0) {
      route.steps.push_back({.turn = Turn::kStart, .at_metre = 0, .position = from.position});
      name(route.steps.back(), arc.segment());
    } else if (before > 1 && line.size() > 1) {
      const double in = BearingDegrees(route.shape[before - 2], route.shape[before - 1]), out = BearingDegrees(line[0], line[1]);
      const Turn turn = TurnOf(std::remainder(out - in, 360));
      RouteStep step{.turn = turn, .at_metre = metres, .position = line[0]};
      name(step, arc.segment());
      const bool is_choice = map_.ArcsOf(TailOf(arc)).size() > 2;
      if ((is_choice && turn != Turn::kStraight) || step.road_zh != route.steps.back().road_zh) route.steps.push_back(std::move(step));
    }
    route.shape.insert(route.shape.end(), line.begin() + (before > 0 && !line.empty() ? 1 : 0), line.end());
    metres += arc.decimetres / 10.0 * way[i].share;
  }
  route.steps.push_back({.turn = Turn::kArrive, .at_metre = metres, .position = to.position});
  if (route.shape.size() < 2) route.shape = {from.position, to.position};
  return route;
}

std::unique_ptr<Router::Workspace> Router::Borrow() const {
  const std::lock_guard lock(mutex_);
  if (!idle_.empty()) {
    auto workspace = std::move(idle_.back());
    idle_.pop_back();
    return workspace;
  }
  auto workspace = std::make_unique<Workspace>();
  for (auto* array : {&workspace->cost, &workspace->arc, &workspace->stamp}) array->assign(map_.node_count(), 0);
  return workspace;
}

void Router::Return(std::unique_ptr<Workspace> workspace) const {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleWorkspacesMax) idle_.push_back(std::move(workspace));
}

Result<Route> Router::Find(const Position& from, const Position& to, const RouteOptions& options) const {
  if (options.slowdowns.size() > kSlowdownsMax)
    return OutOfRange(fmt::format("{} slow parts, at most {}", options.slowdowns.size(), kSlowdownsMax));
  DC_ASSIGN_OR_RETURN(const Anchor start, SnapNear(from));
  DC_ASSIGN_OR_RETURN(const Anchor end, SnapNear(to));
  Search search(*this, options);
  Goal goal{.parts = PartsTo(end)};
  search.Begin(start);
  search.TryDirect(start, end, goal);
  search.AimAt(goal);
  search.Run({&goal, 1});
  if (goal.best == kUnreachable) {
    return NotFound(fmt::format("no way{} to {:.5f}, {:.5f}, {:.1f} km as the crow flies", options.avoid_tolls ? " without tolls" : "",
                                to.lat, to.lon, DistanceM(from, to) / 1000));
  }
  return Describe(start, end, search.WayTo(goal));
}

Result<LegTable> Router::Legs(std::span<const Position> from, std::span<const Position> to, const RouteOptions& options) const {
  if (from.size() * to.size() > kLegTableMax || options.slowdowns.size() > kSlowdownsMax) {
    return OutOfRange(fmt::format("{} × {} legs, at most {}", from.size(), to.size(), kLegTableMax));
  }
  std::vector<Anchor> ends;
  for (const Position& position : to) ends.push_back(IsOnEarth(position) ? Snap(position) : Anchor{});
  LegTable table{.to_count = to.size(), .legs = std::vector<Leg>(from.size() * to.size())};
  Search search(*this, options);
  for (std::size_t row = 0; row < from.size(); ++row) {
    const Anchor start = IsOnEarth(from[row]) ? Snap(from[row]) : Anchor{};
    if (start.segment == kUnreachable) continue;
    search.Begin(start);
    std::vector<Goal> goals(to.size());
    for (std::size_t column = 0; column < to.size(); ++column) {
      if (ends[column].segment == kUnreachable) continue;
      goals[column].parts = PartsTo(ends[column]);
      search.TryDirect(start, ends[column], goals[column]);
    }
    search.Run(goals);
    for (std::size_t column = 0; column < to.size(); ++column) {
      if (goals[column].best != kUnreachable) table.legs[row * to.size() + column] = Measure(search.WayTo(goals[column]));
    }
  }
  return table;
}

}  // namespace deepcabin::skills
