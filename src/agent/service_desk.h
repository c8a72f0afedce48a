#pragma once
// What is asked of the car's services in a turn goes to the skills behind them: trips and memory. The skills know nothing of calls; this is
// where calls become their typed requests, and their answers become sentences.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "catalogue/call.h"
#include "catalogue/catalogue.h"
#include "skills/memory/memory.h"
#include "skills/navigation.h"
#include "vehicle/broker.h"

namespace deepcabin::agent {

struct ServiceAnswer {
  bool done = false;
  std::string said;
  bool asks = false;        // a yes is waited for
  std::string destination;  // that the trip goes to now, where it changed
};

// The skills of a cockpit; null where there is none. They outlive it and are thread-safe.
struct Skills {
  skills::Navigation* navigation = nullptr;
  skills::NavigationSettings navigation_settings{};  // as delivered; what memory holds comes on top
  const skills::MapSource* map = nullptr;
  memory::Memory* memory = nullptr;
  std::chrono::minutes utc_offset{480};  // of the places' local time
};

// Thread-safe.
class ServiceDesk {
 public:
  ServiceDesk(Skills skills, const Catalogue& catalogue, const vehicle::SignalReader& signals, const Clock& clock);

  bool Handles(const Call& call) const;
  ServiceAnswer Run(const Call& call, Language language);

  // The answer to the place that was suggested.
  ServiceAnswer Accept(Language language);
  void Decline();

  // "记住我不吃辣", "忘掉…", "你都记住了我什么": nothing where the text is not about memory. To forget everything asks first.
  std::optional<ServiceAnswer> TakeStatement(std::string_view text, Language language);

  ServiceAnswer ForgetEverything(Language language);

  // The trip as the page draws it; {"active":false} without one.
  OrderedJson Trip() const;

 private:
  skills::Situation Now() const;
  skills::NavigationSettings Settings() const;
  ServiceAnswer Navigate(const Call& call, Language language);
  ServiceAnswer Waypoint(const Call& call, Language language);
  ServiceAnswer Search(const std::string& text, Language language);
  ServiceAnswer Tell(Language language) const;
  ServiceAnswer Done(const skills::Answer& answer, Language language) const;
  std::optional<double> Number(std::string_view path) const;

  const Skills skills_;
  const Catalogue& catalogue_;
  const vehicle::SignalReader& signals_;
  const Clock& clock_;
};

}  // namespace deepcabin::agent
