// Lexical search over the catalogue: what a person types to find a capability, and the retrieval of tools for a large model.

#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "catalogue/catalogue.h"

namespace deepcabin {
namespace {

// Features of a text: words of Latin script, and single characters and pairs of Han script.
std::unordered_set<std::string> Features(std::string_view text) {
  std::unordered_set<std::string> features;
  std::string word;
  char32_t previous = 0;
  for (const char32_t c : DecodeUtf8(ToLowerAscii(text))) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_word) {
      AppendUtf8(c, word);
    } else if (!word.empty()) {
      features.insert(std::move(word));
      word.clear();
    }
    if (IsHan(c)) {
      std::string one;
      AppendUtf8(c, one);
      features.insert(one);
      if (IsHan(previous)) {
        std::string pair;
        AppendUtf8(previous, pair);
        features.insert(pair + one);
      }
    }
    previous = c;
  }
  if (!word.empty()) features.insert(std::move(word));
  return features;
}

// Share of `wanted` found in `text`, with a little less for a text that says much else.
double Resemblance(const std::unordered_set<std::string>& wanted, std::string_view text) {
  const auto have = Features(text);
  double found = 0;
  double total = 0;
  for (const std::string& feature : wanted) {
    const double weight = static_cast<double>(feature.size());
    total += weight;
    if (have.contains(feature)) found += weight;
  }
  if (total == 0 || found == 0) return 0;
  return found / total * (1.0 - 0.01 * std::min<double>(30, static_cast<double>(have.size())));
}

}  // namespace

std::vector<Catalogue::Hit> Catalogue::Search(std::string_view text, std::size_t count) const {
  const auto wanted = Features(text);
  std::vector<Hit> hits;
  for (const Capability& c : capabilities_) {
    double best = std::max(Resemblance(wanted, c.name), 0.6 * Resemblance(wanted, c.about));
    for (const auto* names : {&c.names_zh, &c.names_en}) {
      for (const std::string& name : *names) best = std::max(best, Resemblance(wanted, name));
    }
    for (const Word& word : c.value.words) {
      for (const auto* names : {&word.zh, &word.en}) {
        for (const std::string& name : *names) best = std::max(best, 0.8 * Resemblance(wanted, name));
      }
    }
    if (best > 0.2) hits.push_back({c.id, best});
  }
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; });
  if (hits.size() > count) hits.resize(count);
  return hits;
}

}  // namespace deepcabin
