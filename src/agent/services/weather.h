#pragma once
// weather, air_quality_outside: which days and which place were meant, and a short sentence about them. Without a service the car tells
// what its own sensors see, and that it is no more than that.

#include "agent/service.h"
#include "agent/services/days.h"
#include "agent/services/navigation.h"
#include "skills/weather/weather.h"

namespace deepcabin::agent {

// A place out of a call's text, in which days and weather may stand too: "Denver this weekend snow" is Denver.
std::string ReadPlace(std::string text);

class WeatherService final : public Service {
 public:
  struct Parts {
    const skills::WeatherSource* source = nullptr;  // null: no service is set up
    const NavigationService& navigation;            // where we are, and what the sensors say
    const Clock& clock;
    std::chrono::minutes utc_offset{480};
  };
  explicit WeatherService(const Parts& parts) : parts_(parts), ahead_(parts_.clock), air_(parts_.clock) {}

  bool Handles(const ServiceRequest& request) const override { return request.call.op == Op::kQuery; }
  ServiceAnswer Run(const ServiceRequest& request) override;
  // Whether it will rain here today; nothing where no service tells. Asks it as Run does, at most every ten minutes.
  std::optional<bool> RainsToday();

 private:
  Result<skills::Kept<skills::Forecast>::Aged> Ahead(const skills::Position& at);
  ServiceAnswer Weather(const skills::City& place, const ServiceRequest& request);
  ServiceAnswer Air(const skills::City& place, const ServiceRequest& request);
  // What the sensors see, and why it is no more: no service, or one that is down. `answers`: that much was asked for.
  ServiceAnswer FromSensors(const ServiceRequest& request, bool answers, bool is_down) const;
  std::chrono::sys_days Day(Nanos ago) const;

  const Parts parts_;
  skills::Kept<skills::Forecast> ahead_;
  skills::Kept<skills::AirQuality> air_;
};

}  // namespace deepcabin::agent
