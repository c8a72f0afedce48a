#pragma once
// From a reading (phrases in order) to a frame: zones placed, ellipsis filled from what was said before, corrections applied, times
// attached, needs turned into remedies.

#include "understanding/context.h"
#include "understanding/matcher.h"

namespace deepcabin::understanding {

Understood Resolve(const Reading& reading, const Grammar& grammar, const Normalised& text, const Context& context);

}  // namespace deepcabin::understanding
