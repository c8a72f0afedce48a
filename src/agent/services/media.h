#pragma once
// media.*: what plays. Finds titles in a source, plays them, tells what is on. The playback signal follows the player and the player the
// signal, so that a button on the page and a word do the same.

#include <memory>

#include "agent/service.h"
#include "agent/services/car_access.h"
#include "skills/media/library.h"

namespace deepcabin::agent {

// All outlive it.
std::unique_ptr<Service> MakeMediaService(const CarAccess& car, const media::MediaSource& source, const Clock& clock);

}  // namespace deepcabin::agent
