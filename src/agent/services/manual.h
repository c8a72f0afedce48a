#pragma once
// The owner's manual: a question becomes a quote with title and page. A large model gets whole sections, to put several together.

#include "agent/outside_tool.h"
#include "agent/service.h"
#include "skills/manual/manual.h"

namespace deepcabin::agent {

class ManualService final : public Service {
 public:
  explicit ManualService(const manual::Manual& manual) : manual_(manual) {}  // outlives it

  bool Handles(const ServiceRequest& /*request*/) const override { return !manual_.is_empty(); }
  ServiceAnswer Run(const ServiceRequest& request) override;

 private:
  const manual::Manual& manual_;
};

// The catalogue's names of one thing mean the same; `more`: lines of such words, with commas between (data/manual_words.txt).
manual::Synonyms SynonymsOf(const Catalogue& catalogue, std::string_view more);

// {"query"} → the best pages' text. Only what was delivered with the car is trusted: an imported manual may be anybody's.
OutsideTool OwnersManual(const manual::Manual& manual);

}  // namespace deepcabin::agent
