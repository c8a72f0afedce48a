#include "skills/map/landmarks.h"

#include <algorithm>
#include <numeric>
#include <queue>

namespace deepcabin::skills {
namespace {

struct Link {
  std::uint32_t to, ms;
};

// Arcs as lists by node, in one of the two directions.
struct Links {
  std::vector<std::uint32_t> starts;
  std::vector<Link> links;

  std::vector<std::uint32_t> TimesFrom(std::uint32_t source) const {
    std::vector<std::uint32_t> times(starts.size() - 1, kUnreachable);
    using Entry = std::pair<std::uint32_t, std::uint32_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    times[source] = 0;
    queue.emplace(0, source);
    while (!queue.empty()) {
      const auto [ms, node] = queue.top();
      queue.pop();
      if (ms > times[node]) continue;
      for (std::uint32_t i = starts[node]; i < starts[node + 1]; ++i) {
        const std::uint64_t next = static_cast<std::uint64_t>(ms) + links[i].ms;
        if (next >= times[links[i].to]) continue;
        times[links[i].to] = static_cast<std::uint32_t>(next);
        queue.emplace(static_cast<std::uint32_t>(next), links[i].to);
      }
    }
    return times;
  }
};

Links ForwardLinks(const MapArrays<MapVector>& map) {
  Links links;
  for (const NodeRecord& node : map.nodes) links.starts.push_back(node.first_arc);
  for (const ArcRecord& arc : map.arcs) links.links.push_back({arc.to, arc.ms});
  return links;
}

Links Reversed(const Links& forward) {
  Links links;
  links.starts.assign(forward.starts.size(), 0);
  for (const Link& link : forward.links) ++links.starts[link.to + 1];
  std::partial_sum(links.starts.begin(), links.starts.end(), links.starts.begin());
  links.links.resize(forward.links.size());
  std::vector<std::uint32_t> next(links.starts);
  for (std::uint32_t node = 0; node + 1 < forward.starts.size(); ++node) {
    for (std::uint32_t i = forward.starts[node]; i < forward.starts[node + 1]; ++i) {
      links.links[next[forward.links[i].to]++] = {node, forward.links[i].ms};
    }
  }
  return links;
}

}  // namespace

void MeasureLandmarks(MapArrays<MapVector>& map) {
  const Links forward = ForwardLinks(map), backward = Reversed(forward);
  const auto nodes = static_cast<std::uint32_t>(map.nodes.size() - 1);
  map.landmarks.resize(nodes);
  // How near the nearest landmark is, both ways; 0 where none of the seed's part can be. A seed that sees half of the map is good enough.
  constexpr std::uint32_t kSeedsMax = 8;
  std::vector<std::uint32_t> nearest(nodes, 0);
  std::uint32_t best_count = 0;
  for (std::uint32_t seed = 0; seed < kSeedsMax && best_count < nodes / 2 + 1; ++seed) {
    const auto start = static_cast<std::uint32_t>(static_cast<std::uint64_t>(nodes) * (2 * seed + 1) / (2 * kSeedsMax));
    const auto from = forward.TimesFrom(start), to = backward.TimesFrom(start);
    std::vector<std::uint32_t> both(nodes, 0);
    std::uint32_t count = 0;
    for (std::uint32_t node = 0; node < nodes; ++node) {
      if (from[node] == kUnreachable || to[node] == kUnreachable) continue;
      both[node] = std::min(from[node], to[node]) + 1;
      ++count;
    }
    if (count <= best_count) continue;
    best_count = count;
    nearest = std::move(both);
  }
  for (std::size_t landmark = 0; landmark < kLandmarks; ++landmark) {
    const auto farthest = static_cast<std::uint32_t>(std::max_element(nearest.begin(), nearest.end()) - nearest.begin());
    const auto from = forward.TimesFrom(farthest), to = backward.TimesFrom(farthest);
    for (std::uint32_t node = 0; node < nodes; ++node) {
      map.landmarks[node].from[landmark] = from[node];
      map.landmarks[node].to[landmark] = to[node];
      nearest[node] = std::min({nearest[node], from[node], to[node]});
    }
  }
}

}  // namespace deepcabin::skills
