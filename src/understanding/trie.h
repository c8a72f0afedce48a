#pragma once
// A trie that is built once and then only read. Labels (code points of words, symbols of phrases) lead from node to node; nodes carry
// values, in order. It lies in flat arrays, so that it is written to a pack and read back as it lies.

#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace deepcabin::understanding {

class Trie {
 public:
  static constexpr std::uint32_t kRoot = 0;
  static constexpr std::uint32_t kNoLabel = 0xFFFFFFFF;

  Trie() : labels_(1, kNoLabel), nodes_(1) {}

  bool looks_ahead() const { return !ahead_.empty(); }
  std::size_t node_count() const { return nodes_.size(); }

  // The child of `node` under `label`; kRoot (nobody's child) when there is none.
  std::uint32_t Child(std::uint32_t node, std::uint32_t label) const {
    if (node == kRoot && !from_root_.empty()) return label < from_root_.size() ? from_root_[label] : kRoot;
    const auto begin = labels_.begin() + nodes_[node].first_child;
    const auto end = begin + nodes_[node].children;
    const auto it = std::lower_bound(begin, end, label);
    return it != end && *it == label ? static_cast<std::uint32_t>(it - labels_.begin()) : kRoot;
  }

  // A node's children, in the order of their labels.
  std::uint32_t ChildrenBegin(std::uint32_t node) const { return nodes_[node].first_child; }
  std::uint32_t ChildrenEnd(std::uint32_t node) const { return nodes_[node].first_child + nodes_[node].children; }
  std::span<const std::uint32_t> ChildLabels(std::uint32_t node) const {
    return {labels_.data() + nodes_[node].first_child, nodes_[node].children};
  }
  std::uint32_t label(std::uint32_t node) const { return labels_[node]; }

  // A label that lies on every way from `node` down to a value, the rarest of those; kNoLabel where there is none. Who looks for values
  // in what lacks that label need not go on from here. Only of a trie that was built looking ahead.
  std::uint32_t Ahead(std::uint32_t node) const { return ahead_[node]; }

  std::span<const std::uint32_t> Values(std::uint32_t node) const {
    return std::span(values_).subspan(nodes_[node].first_value, nodes_[node].values);
  }

  void Save(ByteWriter& out) const;
  // kDataLoss when the arrays do not fit each other.
  static Result<Trie> Load(ByteReader& in);

 private:
  friend class TrieBuilder;
  // Siblings stand together, and their labels apart from the rest: most are looked at and left.
  struct Node {
    std::uint32_t first_child = 1;
    std::uint32_t first_value = 0;
    std::uint32_t children = 0;
    std::uint32_t values = 0;
  };
  std::vector<std::uint32_t> labels_;  // by node
  std::vector<Node> nodes_;
  // The root of all phrases has thousands of children and is asked for hundreds of them at each character: its child by label.
  void IndexRoot();

  std::vector<std::uint32_t> from_root_;  // by label, or empty
  std::vector<std::uint32_t> ahead_;      // by node, or empty
  std::vector<std::uint32_t> values_;
};

class TrieBuilder {
 public:
  TrieBuilder() : values_(1) {}
  // The child of `node` under `label`, made when it is not there yet.
  std::uint32_t Extend(std::uint32_t node, std::uint32_t label) {
    const auto [it, is_new] = children_.emplace((std::uint64_t{node} << 32) | label, static_cast<std::uint32_t>(values_.size()));
    if (is_new) values_.emplace_back();
    return it->second;
  }
  std::vector<std::uint32_t>& Values(std::uint32_t node) { return values_[node]; }
  Trie Build() const;
  Trie BuildLookingAhead() const;

 private:
  static void LookAhead(Trie& trie);

  std::unordered_map<std::uint64_t, std::uint32_t> children_;
  std::vector<std::vector<std::uint32_t>> values_;
};

}  // namespace deepcabin::understanding
