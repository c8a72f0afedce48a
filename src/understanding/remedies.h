#pragma once
// Vague needs: from "I'm cold" and the vehicle's state to what helps.

#include <utility>

#include "base/random.h"
#include "understanding/context.h"
#include "understanding/grammar.h"
#include "understanding/place.h"

namespace deepcabin::understanding {

// True when the state is known and the comparison holds. `near`: what `zone: speaker` means here.
bool Holds(const StateCondition& condition, const Catalogue& catalogue, const Context& context, Zone near);

// The first remedy whose conditions all hold; null when none does.
const Remedy* ChooseRemedy(const Need& need, const Catalogue& catalogue, const Context& context, Zone near);

// What the remedy does: its calls, for someone who sits at `near`, and what it says instead of acting (kNone when it acts).
std::vector<Call> CallsOf(const Remedy& remedy, const Catalogue& catalogue, Zone near, const Whereabouts& whereabouts);
Escalation EscalationOf(const Remedy& remedy);

// A signal and a value of it for which the condition holds; nothing when it cannot be made to hold. The reverse of Holds, for the sampler.
std::optional<std::pair<SignalId, Value>> StateFor(const StateCondition& condition, const Catalogue& catalogue, Zone speaker, Zone near,
                                                   Random& random);

}  // namespace deepcabin::understanding
