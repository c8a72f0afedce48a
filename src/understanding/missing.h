#pragma once
// Calls that mean nothing yet: a message without words, a reminder without a time. What is missing is asked for, and the next utterance
// gives it.

#include <optional>

#include "catalogue/call.h"
#include "understanding/normalise.h"

namespace deepcabin::understanding {

struct OpenCall {
  Call call;
  CallSlot slot = CallSlot::kText;
};

// The first thing that `call` needs (catalogue: `needs`) and lacks.
std::optional<CallSlot> MissingSlot(const Call& call, const Catalogue& catalogue);

// The call with what was asked for, as `said` gives it; nothing where `said` gives none (no time in it, no words).
std::optional<Call> Filled(const OpenCall& open, const Normalised& said);

}  // namespace deepcabin::understanding
