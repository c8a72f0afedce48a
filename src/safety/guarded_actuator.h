#pragma once
// The only door to the vehicle's actuators. Judges, re-reads the state at the moment of sending, limits rates, writes the audit log, sends.

#include <memory>
#include <optional>
#include <span>
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
  bool sent = false;  // the broker took it
  std::string error;  // why the broker did not, when allowed and not sent
};

struct AuditContext {
  std::string session, turn, utterance;
};

class GuardedActuator {
 public:
  static constexpr std::size_t kBatchMax = 64;  // further requests come back denied

  // All must outlive the actuator; `audit` may be null in tests only. Limits per actuator: four actuations in four seconds (so that people
  // may correct themselves) and ten a minute; safe directions ten in five seconds. A batch has at most kBatchMax requests.
  GuardedActuator(vehicle::Broker& broker, const Guard& guard, const Clock& clock, AuditLog* audit);

  // Judges without acting; nothing is logged.
  Decision Judge(const Request& request) const;
  // Judges each request against the state read now, sends those allowed (for one call's several zones: partial is possible; each gets its
  // own decision), logs every one. Requests that need a confirmation come back with that decision, unsent. Thread-safe.
  std::vector<Attempt> Actuate(std::span<const Request> requests, const AuditContext& context);
  // "Stop" on a thing that travels takes the position read at the moment of sending, whatever target came with it.
  // The value an actuator has or is heading for; for undo and steps.
  std::optional<Value> Present(SignalId signal) const;
  // The policy's view of the car now. Calling it regularly (10 Hz) lets short movements count, see PolicyStateReader.
  PolicyState State() const { return state_reader_.Read(); }
  // Another vehicle begins: what was seen moving and the rates used up are forgotten. For simulated runs; never while a car is live.
  void StartOver();

 private:
  Request AtSending(const Request& request) const;
  Decision JudgeNow(const Request& request, const PolicyState& state) const;
  Attempt AttemptOne(const Request& request, bool fits_batch, const AuditContext& context);
  void Log(const Attempt& attempt, const PolicyState& state, const AuditContext& context);

  vehicle::Broker& broker_;
  const Guard& guard_;
  const Clock& clock_;
  AuditLog* audit_;
  PolicyStateReader state_reader_;
  struct RateLimiter;
  std::shared_ptr<RateLimiter> rates_;
};

}  // namespace deepcabin::safety
