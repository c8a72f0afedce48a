#pragma once
// From words to the few capabilities that may be meant: what a large model gets to see of the catalogue's two thousand interfaces. Not an
// understanding: it ranks, and nothing acts on a rank.
//
// Three sources are added up. Names: the catalogue's names, settings and descriptions by characters, pairs of characters and words (BM25).
// Phrases: the phrasebook's phrases by the words in them, so that "my hands are like ice" leads to the steering wheel's heating, though a
// phrase is there only in part. Hints: what phrasebook and student made of the sentence, however unsure.

#include <string>
#include <vector>

#include "base/bm25.h"
#include "catalogue/catalogue.h"
#include "understanding/phrasebook.h"

namespace deepcabin::agent {

class Retrieval {
 public:
  // Both outlive it. Takes some hundred milliseconds: built once.
  Retrieval(const Catalogue& catalogue, const understanding::Phrasebook& phrasebook);

  struct Query {
    std::string text;                  // UTF-8; more than Lattice::kCharactersMax characters are cut
    std::string before;                // what was said before; counts less
    std::vector<CapabilityId> hints;   // of this sentence
    std::vector<CapabilityId> recent;  // of the turn before
  };
  // Best first. Thread-safe.
  std::vector<CapabilityId> Find(const Query& query, std::size_t count) const;

 private:
  void AddNames();
  void AddPhrases();
  void Score(const std::string& text, float share, std::vector<float>& scores) const;

  const Catalogue& catalogue_;
  const understanding::Phrasebook& phrasebook_;
  Bm25 names_;                                           // documents are capabilities
  Bm25 phrases_;                                         // documents are phrases
  std::vector<std::vector<CapabilityId>> phrase_means_;  // by phrase
};

}  // namespace deepcabin::agent
