#pragma once
// service.*: people outside the car. Books a workshop and prepares the file for a breakdown or an accident, each after a yes; calls nobody.

#include <filesystem>
#include <memory>

#include "agent/service.h"
#include "agent/services/car_access.h"
#include "base/clock.h"
#include "skills/map/map.h"
#include "skills/service/workshop.h"

namespace deepcabin::agent {

struct AfterSalesParts {
  aftersales::ServiceBooking& booking;
  const skills::MapSource& map;
  const Clock& clock;
  std::filesystem::path folder{};  // where claims are kept; "": on the screen only
  std::chrono::minutes utc_offset{480};
};

// All outlive it.
std::unique_ptr<Service> MakeAfterSalesService(const CarAccess& car, const AfterSalesParts& parts);

}  // namespace deepcabin::agent
