#pragma once
// The only door to the vehicle's actuators. Judges, re-reads the state at the moment of sending, limits rates, writes the audit log, sends.

#include <string>
#include <vector>

#include "base/clock.h"
#include "safety/audit_log.h"
#include "safety/guard.h"
#include "vehicle/broker.h"

namespace deepcabin::safety {

struct Attempt {
  Request request;
  Decision decision;
  bool sent = false;       // the broker took it
  std::string error;       // why the broker did not, when allowed and not sent
};

struct AuditContext { std::string session, turn, utterance; };

class GuardedActuator {
 public:
  // Limits per actuator: at most one actuation a second and ten a minute, twelve distinct signals… see guarded_actuator.cc; `audit` may be null in tests only.
  GuardedActuator(vehicle::Broker& broker, const Guard& guard, const Clock& clock, AuditLog* audit);

  // Judges without acting; nothing is logged.
  Decision Judge(const Request& request) const;
  // Judges each request against the state read now, sends those allowed (for one call's several zones: partial is possible; each gets its own decision),
  // logs every one. Requests that need a confirmation come back with that decision, unsent. Thread-safe.
  std::vector<Attempt> Actuate(std::span<const Request> requests, const AuditContext& context);
  // The value an actuator has or is heading for; for undo and steps.
  std::optional<Value> Present(SignalId signal) const;

 private:
  vehicle::Broker& broker_;
  const Guard& guard_;
  const Clock& clock_;
  AuditLog* audit_;
  PolicyStateReader state_reader_;
  struct RateLimiter;
  std::shared_ptr<RateLimiter> rates_;
};

}  // namespace deepcabin::safety
