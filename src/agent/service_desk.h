#pragma once
// What is asked of the car's services in a turn goes to the service behind the capability's skill. What people say about themselves
// ("记住我不吃辣") goes to memory.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "agent/service.h"
#include "agent/services/agenda.h"
#include "agent/services/navigation.h"
#include "base/clock.h"
#include "skills/memory/memory.h"

namespace deepcabin::agent {

// The services of a cockpit, by the catalogue's `skill`. All outlive it and are thread-safe; null where there is none.
struct Skills {
  std::map<std::string, Service*, std::less<>> by_skill{};
  std::map<std::string, Service*, std::less<>> by_capability{};  // a signal that a service sets and knows more about: media.playback
  NavigationService* navigation = nullptr;
  memory::Memory* memory = nullptr;
  const Agenda* agenda = nullptr;
};

// Thread-safe.
class ServiceDesk {
 public:
  ServiceDesk(Skills skills, const Catalogue& catalogue, const Clock& clock)
      : skills_(std::move(skills)), catalogue_(catalogue), clock_(clock) {}

  // Whether a service takes the call now: a call with a time of its own usually waits for it first.
  bool Handles(const Call& call, Zone speaker, Language language) const { return Behind(call, speaker, language) != nullptr; }
  bool Knows(const Call& call, Zone speaker, Language language) const;
  std::optional<ServiceAnswer> Missing(const Call& call, Zone speaker, Language language) const;
  ServiceAnswer Run(const Call& call, Zone speaker, Language language, std::string_view said = {});

  // Yes and no to what a service asked last.
  ServiceAnswer Accept(Language language);
  void Decline();

  // "记住我不吃辣", "忘掉…", "你都记住了我什么": nothing where the text is not about memory. To forget everything asks first.
  std::optional<ServiceAnswer> TakeStatement(std::string_view text, Language language);

  ServiceAnswer ForgetEverything(Language language);
  // What the calendar has; nothing where none is set up.
  std::optional<ServiceAnswer> Planned(std::string_view said, Language language) const;

  // The trip as the page draws it; {"active":false} without one.
  OrderedJson Trip() const;

 private:
  Service* Behind(const Call& call, Zone speaker, Language language) const;

  const Skills skills_;
  const Catalogue& catalogue_;
  const Clock& clock_;
  std::mutex mutex_;
  Service* asking_ = nullptr;
};

}  // namespace deepcabin::agent
