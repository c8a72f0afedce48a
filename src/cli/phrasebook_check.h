#pragma once
// `deepcabin phrasebook check`: every phrase is run backwards and read again.

#include "understanding/fillers.h"
#include "understanding/phrasebook.h"

namespace deepcabin::cli {

// Prints collisions (the same words mean two things) and phrases that no sample of theirs leads back to. kBadInput when there are such.
int CheckPhrasebook(const understanding::Phrasebook& book, const understanding::Fillers& fillers);

}  // namespace deepcabin::cli
