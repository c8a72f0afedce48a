#pragma once
// The car as the rooms above see it: signals to read, and (for safety/ alone) actuators to move.
// Broker is the interface; the embedded signal store is the default, a KUKSA client is another.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalogue/catalogue.h"

namespace deepcabin {

namespace safety {
class GuardedActuator;
}

namespace vehicle {

// What is known of one signal. `current` is what the car reports, `target` what was last asked of an actuator.
struct Datapoint {
  std::optional<Value> current;
  Nanos current_at{0};  // Clock::Now() of the report; 0 = never
  std::optional<Value> target;
  Nanos target_at{0};
};

struct Update {
  SignalId signal = kNoId;
  Datapoint datapoint;
};

// A bounded queue of updates. The newest value of each signal is never lost; when the reader is slow, older ones of the same signal are
// replaced and counted. Thread-safe. Destroying it unsubscribes.
class Subscription {
 public:
  virtual ~Subscription() = default;
  // Moves what has come into `out` (cleared first); waits up to `timeout` for the first. False when the broker has shut down.
  virtual bool Take(std::vector<Update>& out, std::chrono::milliseconds timeout) = 0;
  // Updates replaced before they were taken, since the subscription began.
  virtual std::uint64_t lost() const = 0;
};

// Reading. Thread-safe.
class SignalReader {
 public:
  virtual ~SignalReader() = default;
  virtual const Catalogue& catalogue() const = 0;
  virtual Datapoint Get(SignalId signal) const = 0;
  // kResourceExhausted past the subscription limit. An empty span subscribes to every signal.
  virtual Result<std::unique_ptr<Subscription>> Subscribe(std::span<const SignalId> signals) = 0;
};

struct Actuation {
  SignalId signal = kNoId;
  Value value;
};

// Moving the car. Held by safety::GuardedActuator and nobody else: only it can make the key that Broker::actuator() asks for.
class RawActuator {
 public:
  virtual ~RawActuator() = default;
  // All or nothing: every target is checked (actuator, type, range, allowed) before the first is set. Thread-safe.
  virtual Status Actuate(std::span<const Actuation> actuations) = 0;
};

class ActuatorKey {
 private:
  friend class ::deepcabin::safety::GuardedActuator;
  ActuatorKey() = default;
};

class Broker : public SignalReader {
 public:
  virtual RawActuator& actuator(ActuatorKey key) = 0;
};

}  // namespace vehicle
}  // namespace deepcabin
