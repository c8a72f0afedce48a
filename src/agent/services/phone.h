#pragma once
// phone.*: calls and messages of the paired telephone. What strangers wrote is read aloud and nothing else is done with it.

#include <memory>

#include "agent/service.h"
#include "agent/services/car_access.h"
#include "skills/phone/handset.h"

namespace deepcabin::agent {

// All outlive it.
std::unique_ptr<Service> MakePhoneService(const CarAccess& car, phone::Handset& handset);

}  // namespace deepcabin::agent
