#pragma once
// Vague needs: from "I'm cold" and the vehicle's state to what helps.

#include "understanding/context.h"
#include "understanding/grammar.h"

namespace deepcabin::understanding {

// True when the state is known and the comparison holds. `near`: what `zone: speaker` means here.
bool Holds(const StateCondition& condition, const Catalogue& catalogue, const Context& context, Zone near);

// The first remedy whose conditions all hold; null when none does.
const Remedy* ChooseRemedy(const Need& need, const Catalogue& catalogue, const Context& context, Zone near);

}  // namespace deepcabin::understanding
