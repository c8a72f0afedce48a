#pragma once
// Ranking texts by the words they share with a question (BM25), for Chinese and English alike: Han characters count singly and in pairs,
// English words by their stem. Texts come in lower case.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace deepcabin {

struct Term {
  std::uint64_t id;
  float weight;
};
// In the order of the text; what stands twice comes twice.
std::vector<Term> TermsOf(std::u32string_view text);

class Bm25 {
 public:
  struct Posting {
    std::uint32_t document;
    float weight;
  };
  // Documents come in rising order.
  void Add(std::uint64_t term, std::uint32_t document, float count);
  // `length_share`: how much long documents count less (BM25's b). A term in more than one of `common_share` documents is dropped.
  void Finish(std::size_t documents, float length_share, std::size_t common_share = 8);
  // With weights once it is finished.
  std::span<const Posting> Find(std::uint64_t term) const;

 private:
  std::unordered_map<std::uint64_t, std::vector<Posting>> postings_;
  std::vector<float> lengths_;
};

}  // namespace deepcabin
