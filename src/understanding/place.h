#pragma once
// Where a call goes: the places that were said, seen from who speaks and from what was spoken of before.

#include <vector>

#include "understanding/matcher.h"

namespace deepcabin::understanding {

struct Whereabouts {
  Zone speaker = Zone::kRow1Left;
  Zone last = Zone::kWhole;  // the place of what was spoken of before
};

// The calls of one draft: one per place spoken; the speaker's own place, or the whole car, when none was.
std::vector<Call> PlaceDraft(const Draft& draft, const Catalogue& catalogue, const Whereabouts& whereabouts);

// The places that `mentions` mean for `capability`: leaf zones or group words, each once. Empty when the thing is at none of them.
std::vector<Zone> PlacesOf(const ZoneMentions& mentions, const Capability& capability, const Whereabouts& whereabouts);

}  // namespace deepcabin::understanding
