#pragma once
// Whether what was understood is what was meant, under the readings of the coverage rules: order of calls, form of numbers, on/open,
// unspoken zones and the like do not matter; everything else does.

#include <string>
#include <vector>

#include "agent/cockpit.h"

namespace deepcabin::cli {

// One acceptable meaning of a turn.
struct Gold {
  struct Entry {
    Call call;
    std::optional<Zone> natural_zone;
  };
  std::vector<Entry> calls;
  std::optional<Escalation> escalation;
  std::string outcome;  // "confirm", "denied": what the guard must have said of it; empty = any

  static Result<Gold> FromJson(const Json& json, const Catalogue& catalogue);
};

bool Matches(const Gold& gold, const agent::TurnResult& result, const Catalogue& catalogue, Zone speaker);

// The turn did something although nothing was to be done.
bool IsFalseAction(const Gold& gold, const agent::TurnResult& result);

}  // namespace deepcabin::cli
