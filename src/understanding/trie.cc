#include "understanding/trie.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace deepcabin::understanding {

namespace {

struct Edge {
  std::uint32_t parent, label, child;
};

using Labels = std::vector<std::uint32_t>;  // sorted

// What `a` and `b` share, in `a`.
void Intersect(Labels& a, const Labels& b) {
  Labels both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  a = std::move(both);
}

}  // namespace

// Children stand behind their parents, so that walking backwards meets them first.
void TrieBuilder::LookAhead(Trie& trie) {
  std::unordered_map<std::uint32_t, std::uint32_t> uses;
  for (const std::uint32_t label : trie.labels_) ++uses[label];
  trie.ahead_.assign(trie.nodes_.size(), Trie::kNoLabel);
  std::vector<Labels> needed(trie.nodes_.size());
  for (std::size_t node = trie.nodes_.size(); node-- > 0;) {
    const Trie::Node& here = trie.nodes_[node];
    if (here.values > 0) continue;
    bool is_first = true;
    for (std::uint32_t i = here.first_child; i < here.first_child + here.children; ++i) {
      Labels& child = needed[i];
      child.insert(std::lower_bound(child.begin(), child.end(), trie.labels_[i]), trie.labels_[i]);
      if (is_first) needed[node] = std::move(child);
      else Intersect(needed[node], child);
      child = {};
      is_first = false;
    }
    const auto rarest =
        std::min_element(needed[node].begin(), needed[node].end(), [&](std::uint32_t a, std::uint32_t b) { return uses[a] < uses[b]; });
    if (rarest != needed[node].end()) trie.ahead_[node] = *rarest;
  }
}

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
    const auto begin = static_cast<std::uint32_t>(trie.nodes_.size());
    trie.nodes_.resize(begin + count);
    trie.labels_.resize(begin + count);
    Trie::Node& here = trie.nodes_[place];
    here.first_child = begin;
    here.children = count;
    here.first_value = static_cast<std::uint32_t>(trie.values_.size());
    here.values = static_cast<std::uint32_t>(values_[node].size());
    trie.values_.insert(trie.values_.end(), values_[node].begin(), values_[node].end());
    std::sort(trie.values_.end() - static_cast<std::ptrdiff_t>(here.values), trie.values_.end());
    for (std::uint32_t i = 0; i < count; ++i) {
      const Edge& edge = edges[first_edge[node] + i];
      trie.labels_[begin + i] = edge.label;
      open.emplace_back(edge.child, begin + i);
    }
  }
  return trie;
}

Trie TrieBuilder::BuildLookingAhead() const {
  Trie trie = Build();
  LookAhead(trie);
  trie.IndexRoot();
  return trie;
}

void Trie::IndexRoot() {
  constexpr std::uint32_t kLabelsMax = 1 << 17;
  const std::uint32_t begin = ChildrenBegin(kRoot), end = ChildrenEnd(kRoot);
  if (!looks_ahead() || begin == end || labels_[end - 1] >= kLabelsMax) return;
  from_root_.assign(labels_[end - 1] + 1, kRoot);
  for (std::uint32_t child = begin; child < end; ++child) from_root_[labels_[child]] = child;
}

void Trie::Save(ByteWriter& out) const {
  out.Array(labels_);
  out.Array(nodes_);
  out.Array(ahead_);
  out.Array(values_);
}

Result<Trie> Trie::Load(ByteReader& in) {
  Trie trie;
  DC_ASSIGN_OR_RETURN(trie.labels_, in.Array<std::uint32_t>());
  DC_ASSIGN_OR_RETURN(trie.nodes_, in.Array<Node>());
  DC_ASSIGN_OR_RETURN(trie.ahead_, in.Array<std::uint32_t>());
  DC_ASSIGN_OR_RETURN(trie.values_, in.Array<std::uint32_t>());
  const Error broken{ErrorCode::kDataLoss, "a trie's arrays do not fit each other"};
  if (trie.nodes_.empty() || trie.nodes_.size() != trie.labels_.size()) return broken;
  if (!trie.ahead_.empty() && trie.ahead_.size() != trie.nodes_.size()) return broken;
  for (const Node& node : trie.nodes_) {
    const std::uint64_t end = std::uint64_t{node.first_child} + node.children;
    if (node.first_child == kRoot || end > trie.nodes_.size()) return broken;
    if (std::uint64_t{node.first_value} + node.values > trie.values_.size()) return broken;
    const auto first = trie.labels_.begin() + node.first_child;
    if (!std::is_sorted(first, first + node.children)) return broken;
  }
  trie.IndexRoot();
  return trie;
}

}  // namespace deepcabin::understanding
