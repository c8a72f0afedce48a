#pragma once
// Carries calls out: call → interfaces and values → guard → vehicle → what was read back. Knows nothing of words.

#include <optional>
#include <string>
#include <vector>

#include "agent/cockpit.h"
#include "agent/service.h"
#include "safety/offers.h"

namespace deepcabin::agent {

// One actuator that a call addresses, and what became of it.
struct Step {
  safety::Request request;
  std::optional<Value> before;  // what it was or was heading for, for undo
  safety::Decision decision;
  bool sent = false;
  bool moving = false;  // sent, on its way, not there yet
  std::string error;    // why it was not sent, or did not arrive
};

struct Execution {
  CallResult result;
  std::vector<Step> steps;                // empty for queries of signals
  std::optional<ServiceAnswer> served{};  // where a service was asked
};

class Executor {
 public:
  explicit Executor(const Cockpit::Parts& parts) : parts_(parts) {}

  // Resolves, judges and sends; does not wait. Queries are answered by Reply, from the signals.
  Execution Send(const Call& call, Zone speaker, safety::Origin origin, Language language, const safety::AuditContext& audit) const;
  // Sends again what waited for a yes.
  Execution SendConfirmed(Execution execution, bool touched, Language language, const safety::AuditContext& audit) const;
  // Reads back what was sent: done, still moving, or stuck. Live cockpits call it again until nothing moves any more.
  void ReadBack(Execution& execution, Language language, bool final) const;
  // Brings actuators back to earlier values, judged like anything else.
  std::vector<Step> Restore(const std::vector<Step>& steps, Zone speaker, const safety::AuditContext& audit) const;

 private:
  void Transmit(Execution& execution, Language language, const safety::AuditContext& audit) const;
  bool IsServed(const Call& call, Zone speaker, Language language) const;
  Execution SendService(Execution execution, Zone speaker, safety::Origin origin, Language language, std::string_view said) const;
  void Serve(Execution& execution, Zone speaker, Language language, std::string_view said) const;
  void Judge(Execution& execution, Language language) const;

  const Cockpit::Parts& parts_;
};

}  // namespace deepcabin::agent
