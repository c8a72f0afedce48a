#include "understanding/trie.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace deepcabin::understanding {

namespace {

struct Edge {
  std::uint32_t parent, label, child;
};

}  // namespace

Trie TrieBuilder::Build() const {
  std::vector<Edge> edges;
  edges.reserve(children_.size());
  for (const auto& [key, child] : children_)
    edges.push_back({static_cast<std::uint32_t>(key >> 32), static_cast<std::uint32_t>(key), child});
  std::sort(edges.begin(), edges.end(),
            [](const Edge& a, const Edge& b) { return std::tie(a.parent, a.label) < std::tie(b.parent, b.label); });
  std::vector<std::uint32_t> first_edge(values_.size() + 1, 0);
  for (const Edge& edge : edges) ++first_edge[edge.parent + 1];
  for (std::size_t i = 1; i < first_edge.size(); ++i) first_edge[i] += first_edge[i - 1];

  Trie trie;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> open{{0, Trie::kRoot}};  // a node of ours, and its place; depth first
  while (!open.empty()) {
    const auto [node, place] = open.back();
    open.pop_back();
    const std::uint32_t count = first_edge[node + 1] - first_edge[node];
    const bool is_wide = count > Trie::kNarrowMax;
    const std::uint32_t size = is_wide ? std::bit_ceil(count * 3) : count;
    const auto begin = static_cast<std::uint32_t>(trie.nodes_.size());
    DC_CHECK(size <= 0xFFFF && values_[node].size() <= 0xFFFF);
    trie.nodes_.resize(begin + size);
    Trie::Node& here = trie.nodes_[place];
    here.first_child = begin;
    here.children = static_cast<std::uint16_t>(size);
    here.first_value = static_cast<std::uint32_t>(trie.values_.size());
    here.values = static_cast<std::uint16_t>(values_[node].size());
    trie.values_.insert(trie.values_.end(), values_[node].begin(), values_[node].end());
    for (std::uint32_t i = 0; i < count; ++i) {
      const Edge& edge = edges[first_edge[node] + i];
      std::uint32_t at = begin + i;
      if (is_wide) {
        std::uint32_t probe = Trie::Hash(edge.label);
        while (trie.nodes_[begin + (probe & (size - 1))].label != Trie::kNoLabel) ++probe;
        at = begin + (probe & (size - 1));
      }
      trie.nodes_[at].label = edge.label;
      open.emplace_back(edge.child, at);
    }
  }
  return trie;
}

void Trie::Save(ByteWriter& out) const {
  out.Array(nodes_);
  out.Array(values_);
}

Result<Trie> Trie::Load(ByteReader& in) {
  Trie trie;
  DC_ASSIGN_OR_RETURN(trie.nodes_, in.Array<Node>());
  DC_ASSIGN_OR_RETURN(trie.values_, in.Array<std::uint32_t>());
  const Error broken{ErrorCode::kDataLoss, "a trie's arrays do not fit each other"};
  if (trie.nodes_.empty()) return broken;
  for (const Node& node : trie.nodes_) {
    const std::uint64_t end = std::uint64_t{node.first_child} + node.children;
    if (node.first_child == kRoot || end > trie.nodes_.size()) return broken;
    if (std::uint64_t{node.first_value} + node.values > trie.values_.size()) return broken;
    if (node.children <= kNarrowMax) continue;
    const auto first = trie.nodes_.begin() + node.first_child;
    const bool has_room = std::any_of(first, first + node.children, [](const Node& child) { return child.label == kNoLabel; });
    if (!std::has_single_bit(node.children) || !has_room) return broken;
  }
  return trie;
}

}  // namespace deepcabin::understanding
