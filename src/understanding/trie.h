#pragma once
// A trie that is built once and then only read. Labels (code points of words, symbols of phrases) lead from node to node; nodes carry
// values. It lies in flat arrays, so that it is written to a pack and read back as it lies.

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

  Trie() : nodes_(1) {}

  std::size_t node_count() const { return nodes_.size(); }

  // The child of `node` under `label`; kRoot (nobody's child) when there is none. Constant time.
  std::uint32_t Child(std::uint32_t node, std::uint32_t label) const {
    const std::uint32_t begin = nodes_[node].first_child;
    const std::uint32_t size = nodes_[node].children;
    if (size <= kNarrowMax) {
      for (std::uint32_t i = begin; i < begin + size; ++i) {
        if (nodes_[i].label == label) return i;
      }
      return kRoot;
    }
    for (std::uint32_t probe = Hash(label);; ++probe) {  // a wide node has an empty place
      const std::uint32_t i = begin + (probe & (size - 1));
      if (nodes_[i].label == label) return i;
      if (nodes_[i].label == kNoLabel) return kRoot;
    }
  }

  // A node with few children is better walked than asked label by label.
  bool is_narrow(std::uint32_t node) const { return nodes_[node].children <= kNarrowMax; }
  std::uint32_t ChildrenBegin(std::uint32_t node) const { return nodes_[node].first_child; }
  std::uint32_t ChildrenEnd(std::uint32_t node) const { return nodes_[node].first_child + nodes_[node].children; }
  std::uint32_t label(std::uint32_t node) const { return nodes_[node].label; }

  std::span<const std::uint32_t> Values(std::uint32_t node) const {
    return std::span(values_).subspan(nodes_[node].first_value, nodes_[node].values);
  }

  void Save(ByteWriter& out) const;
  // kDataLoss when the arrays do not fit each other.
  static Result<Trie> Load(ByteReader& in);

 private:
  friend class TrieBuilder;
  static constexpr std::uint32_t kNarrowMax = 8;
  static std::uint32_t Hash(std::uint32_t label) { return (label * 2654435769u) >> 12; }

  // Siblings stand together, close to their parent, so that a step costs one line of cache. Those of a wide node are an open hash table
  // of a power of two, in which kNoLabel marks the empty places.
  struct Node {
    std::uint32_t label = kNoLabel;
    std::uint32_t first_child = 1;
    std::uint32_t first_value = 0;
    std::uint16_t children = 0, values = 0;
  };
  std::vector<Node> nodes_;
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

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> children_;
  std::vector<std::vector<std::uint32_t>> values_;
};

}  // namespace deepcabin::understanding
