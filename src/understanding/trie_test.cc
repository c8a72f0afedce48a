#include "understanding/trie.h"

#include <map>

#include <gtest/gtest.h>

#include "base/random.h"

namespace deepcabin::understanding {
namespace {

using Path = std::vector<std::uint32_t>;

std::uint32_t Follow(const Trie& trie, const Path& path) {
  std::uint32_t node = Trie::kRoot;
  for (const std::uint32_t label : path) {
    node = trie.Child(node, label);
    if (node == Trie::kRoot) break;
  }
  return node;
}

Path RandomPath(Random& random) {
  Path path(1 + random.Below(5));
  for (auto& label : path) label = static_cast<std::uint32_t>(random.Chance(0.5) ? random.Below(4) : random.Below(3000));
  return path;
}

// Narrow and wide nodes: whatever was put in is found, and nothing else.
TEST(Trie, HoldsExactlyWhatWasPutIn) {
  Random random(7);
  TrieBuilder builder;
  std::map<Path, std::uint32_t> put;
  for (std::uint32_t value = 0; value < 5000; ++value) {
    const Path path = RandomPath(random);
    if (!put.emplace(path, value).second) continue;
    std::uint32_t node = Trie::kRoot;
    for (const std::uint32_t label : path) node = builder.Extend(node, label);
    builder.Values(node).push_back(value);
  }
  const Trie trie = builder.Build();
  for (const auto& [path, value] : put) {
    const auto values = trie.Values(Follow(trie, path));
    ASSERT_EQ(values.size(), 1u);
    EXPECT_EQ(values[0], value);
  }
  for (int i = 0; i < 5000; ++i) {
    const Path path = RandomPath(random);
    const std::uint32_t node = Follow(trie, path);
    if (!put.contains(path)) {
      EXPECT_TRUE(node == Trie::kRoot || trie.Values(node).empty());
    }
  }
}

TEST(Trie, AnEmptyOneHasNoChildren) {
  const Trie trie = TrieBuilder().Build();
  EXPECT_EQ(trie.Child(Trie::kRoot, 1), Trie::kRoot);
  EXPECT_TRUE(trie.Values(Trie::kRoot).empty());
}

TEST(Trie, IsReadBackAsWritten) {
  TrieBuilder builder;
  for (std::uint32_t label = 0; label < 100; ++label) builder.Values(builder.Extend(Trie::kRoot, label * 17)).push_back(label);
  ByteWriter out;
  builder.Build().Save(out);
  ByteReader in(out.bytes());
  const auto trie = Trie::Load(in);
  ASSERT_TRUE(trie) << trie.error().message;
  for (std::uint32_t label = 0; label < 100; ++label) EXPECT_EQ(trie->Values(trie->Child(Trie::kRoot, label * 17))[0], label);
}

// Every prefix is refused, and so is every single damaged word or the trie still answers within its arrays.
TEST(Trie, RefusesWhatIsCutOffOrDamaged) {
  TrieBuilder builder;
  for (std::uint32_t label = 0; label < 20; ++label) builder.Values(builder.Extend(Trie::kRoot, label)).push_back(label);
  ByteWriter out;
  builder.Build().Save(out);
  for (std::size_t size = 0; size < out.bytes().size(); ++size) {
    ByteReader in(std::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(Trie::Load(in)) << size;
  }
  for (std::size_t at = 0; at + 4 <= out.bytes().size(); at += 4) {
    std::string damaged = out.bytes();
    for (int i = 0; i < 4; ++i) damaged[at + static_cast<std::size_t>(i)] = '\x7F';
    ByteReader in(damaged);
    const auto trie = Trie::Load(in);
    if (!trie) continue;
    for (std::uint32_t label = 0; label < 20; ++label) (void)trie->Values(trie->Child(Trie::kRoot, label)).size();
  }
}

}  // namespace
}  // namespace deepcabin::understanding
