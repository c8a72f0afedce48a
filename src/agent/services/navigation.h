#pragma once
// navi.*: calls become typed requests of the navigation skill, its answers become sentences.

#include <mutex>
#include <string>
#include <vector>

#include "agent/service.h"
#include "base/clock.h"
#include "skills/memory/memory.h"
#include "skills/navigation.h"
#include "vehicle/broker.h"

namespace deepcabin::agent {

class NavigationService final : public Service {
 public:
  struct Parts {
    skills::Navigation& navigation;
    const skills::MapSource& map;
    skills::NavigationSettings settings{};  // as delivered; what memory holds comes on top
    const Catalogue& catalogue;
    const vehicle::SignalReader& signals;
    const Clock& clock;
    memory::Memory* memory = nullptr;      // null where nothing is remembered
    std::chrono::minutes utc_offset{480};  // of the places' local time
  };
  explicit NavigationService(Parts parts) : parts_(std::move(parts)) {}

  bool Handles(const ServiceRequest& request) const override;
  bool TakesTime(const ServiceRequest& request) const override;
  ServiceAnswer Run(const ServiceRequest& request) override;
  ServiceAnswer Accept(Language language) override;
  void Decline() override { parts_.navigation.DropSuggestion(); }

  // The trip as the page draws it; {"active":false} without one.
  OrderedJson Trip() const { return parts_.navigation.PlanJson(); }
  skills::Situation Now() const;
  skills::NavigationSettings Settings() const;
  skills::Position Here() const { return Now().position; }
  std::optional<double> Number(std::string_view path) const;  // what a signal says now

 private:
  ServiceAnswer ArriveBy(const When& when, Language language);
  ServiceAnswer Navigate(const ServiceRequest& request);
  ServiceAnswer Waypoint(const ServiceRequest& request);
  void KeepVia(const ServiceRequest& request);
  std::vector<std::string> TakeVia(std::string_view said);
  ServiceAnswer Search(const std::string& text, Language language);
  ServiceAnswer Tell(Language language) const;
  ServiceAnswer TellTraffic(Language language) const;
  ServiceAnswer Done(const skills::Answer& answer, Language language) const;

  const Parts parts_;
  std::mutex mutex_;
  std::string via_said_;          // the utterance in which
  std::vector<std::string> via_;  // these way points were named: its destination, which comes last, is reached by them
};

}  // namespace deepcabin::agent
