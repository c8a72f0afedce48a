#include "base/bm25.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace deepcabin {
namespace {

constexpr float kSaturation = 1.2F;  // BM25's k1
constexpr float kSingleWeight = 0.35F;

bool IsWordCharacter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9'); }

// English words without what grammar puts at their end; crude, but alike on both sides.
std::uint64_t WordTerm(std::u32string word) {
  for (const std::u32string_view end : {U"ing", U"ed", U"es", U"s", U"er"}) {
    if (word.size() > end.size() + 3 && std::u32string_view(word).ends_with(end)) {
      word.resize(word.size() - end.size());
      break;
    }
  }
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char32_t c : word) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash | (1ULL << 63);
}

}  // namespace

std::vector<Term> TermsOf(std::u32string_view text) {
  std::vector<Term> terms;
  std::u32string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char32_t c = i < text.size() ? text[i] : U' ';
    if (IsWordCharacter(c)) {
      word.push_back(c);
      continue;
    }
    if (word.size() > 1) terms.push_back({WordTerm(word), 1.0F});
    word.clear();
    if (!IsHan(c)) continue;
    terms.push_back({std::uint64_t{c}, kSingleWeight});
    if (i + 1 < text.size() && IsHan(text[i + 1])) terms.push_back({(std::uint64_t{c} << 24) | text[i + 1], 1.0F});
  }
  return terms;
}

void Bm25::Add(std::uint64_t term, std::uint32_t document, float count) {
  auto& list = postings_[term];
  if (!list.empty() && list.back().document == document) list.back().weight += count;
  else list.push_back({document, count});
  if (lengths_.size() <= document) lengths_.resize(document + 1);
  lengths_[document] += count;
}

void Bm25::Finish(std::size_t documents, float length_share, std::size_t common_share) {
  lengths_.resize(documents);
  float total = 0;
  for (const float length : lengths_) total += length;
  const float mean = std::max(1.0F, total / static_cast<float>(documents));
  for (auto& [term, list] : postings_) {
    if (list.size() * common_share > documents) {
      list.clear();
      continue;
    }
    const auto n = static_cast<float>(list.size());
    const float rarity = std::log(1 + (static_cast<float>(documents) - n + 0.5F) / (n + 0.5F));
    for (Posting& posting : list) {
      const float norm = kSaturation * (1 - length_share + length_share * lengths_[posting.document] / mean);
      posting.weight = rarity * posting.weight * (kSaturation + 1) / (posting.weight + norm);
    }
  }
}

std::span<const Bm25::Posting> Bm25::Find(std::uint64_t term) const {
  const auto found = postings_.find(term);
  return found == postings_.end() ? std::span<const Posting>() : std::span<const Posting>(found->second);
}

}  // namespace deepcabin
