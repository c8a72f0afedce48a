#pragma once
// vehicle.*: how the car is, answered from its signals and nothing else.

#include <memory>

#include "agent/service.h"
#include "agent/services/car_access.h"
#include "base/clock.h"
#include "skills/vehicle/health.h"

namespace deepcabin::agent {

// All outlive it.
std::unique_ptr<Service> MakeVehicleService(const CarAccess& car, const health::Plan& plan, const Clock& clock);

}  // namespace deepcabin::agent
