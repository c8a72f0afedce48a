#pragma once
// The owner's manual: a question becomes a quote with title and page. The large model gets whole sections instead, to put several together.

#include "agent/outside_tool.h"
#include "agent/service.h"
#include "skills/manual/manual.h"

namespace deepcabin::agent {

class ManualService final : public Service {
 public:
  // Outlives it.
  explicit ManualService(const manual::Manual& manual) : manual_(manual) {}

  bool Handles(const ServiceRequest& /*request*/) const override { return !manual_.is_empty(); }
  ServiceAnswer Run(const ServiceRequest& request) override;

 private:
  const manual::Manual& manual_;
};

// The words of the catalogue for one thing mean the same in a question to the manual.
manual::Synonyms SynonymsOf(const Catalogue& catalogue);

// {"query"} → the best pages' text. Only what was delivered with the car is trusted: an imported manual may be anybody's.
OutsideTool OwnersManual(const manual::Manual& manual);

}  // namespace deepcabin::agent
