#pragma once
// What is left out because it was said before: 再高一点, 后面的也要, 二档.

#include <span>

#include "understanding/context.h"
#include "understanding/place.h"

namespace deepcabin::understanding {

// The calls that a dialogue phrase means after `before`; empty when nothing said before suits it.
std::vector<Call> FillEllipsis(const Phrase& phrase, const Clause& clause, std::span<const Call> before, const Grammar& grammar,
                               const Normalised& text, const Whereabouts& whereabouts);

}  // namespace deepcabin::understanding
