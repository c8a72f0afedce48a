#pragma once
// The embedded broker: every signal of the catalogue with its current value, its target, when they came, who wants to hear of them, and
// the last few values. The simulator (or another provider of signals) publishes here, the guarded actuator sets targets here, everybody
// else reads.
//
// How subscriptions stay bounded and cheap. Each signal has a version that grows by one with every change. A subscription keeps, per
// signal, the version it took last; Take() copies the signals whose version moved. So there is no queue that could overflow: the newest
// value waits in the store itself, the versions skipped are what lost() counts, and a reader who never comes costs a writer one load.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalogue/catalogue.h"
#include "vehicle/broker.h"

namespace deepcabin::vehicle {

inline constexpr std::size_t kSubscriptionsMax = 16384;
inline constexpr std::size_t kHistoryLength = 32;  // samples kept per signal, once it has changed at all
inline constexpr std::size_t kBatchMax = 65536;    // publications or actuations in one call

struct Publication {
  SignalId signal = kNoId;
  Value value;
};

// Who supplies signals: reports what the car is like. Thread-safe.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // Sets current values: sensors, attributes, and where an actuator is now. All or nothing: kNotFound for an unknown signal, otherwise
  // the errors of CheckValue. A value equal to the present one renews its time and wakes nobody.
  virtual Status Publish(std::span<const Publication> publications) = 0;
};

struct Sample {
  Nanos at{0};
  Value value;
};

// Every signal's values at one moment, for going back to it cheaply. Immutable.
class StoreSnapshot {
 public:
  bool empty() const { return points_.empty(); }

 private:
  friend class SignalStore;
  std::vector<Datapoint> points_;
};

class SignalStore final : public Broker, public Publisher {
 public:
  // Both must outlive the store. No signal has a value yet.
  SignalStore(const Catalogue& catalogue, const Clock& clock);
  ~SignalStore() override;  // shuts down: Take() of subscriptions left over returns false
  SignalStore(const SignalStore&) = delete;
  SignalStore& operator=(const SignalStore&) = delete;

  const Catalogue& catalogue() const override;
  // An unknown signal reads as a datapoint without values.
  Datapoint Get(SignalId signal) const override;
  // Only changes after this call are delivered, in the order of `signals` (of ids, for every signal); a signal named twice is heard once.
  Result<std::unique_ptr<Subscription>> Subscribe(std::span<const SignalId> signals) override;
  RawActuator& actuator(ActuatorKey key) override;
  Status Publish(std::span<const Publication> publications) override;

  // The car itself changed what an actuator is heading for (a door that is told to open moves its position too); nothing: for nowhere.
  // Errors as for RawActuator::Actuate. Nothing is queued for TakeActuations. For the simulator and other providers only.
  Status ReportTarget(SignalId signal, const std::optional<Value>& target);
  // The number in a current value, without copying a datapoint; nothing when it has none.
  std::optional<double> Number(SignalId signal) const;
  // The newest changes of the current value, oldest first, at most `count` and kHistoryLength. Thread-safe.
  std::vector<Sample> History(SignalId signal, std::size_t count) const;

  // For whoever moves the actuators (one consumer): the signals actuated since the last call, each once, in order of the first.
  void TakeActuations(std::vector<SignalId>& out);
  // "The car is alive and what it last reported still holds": renews the time of every current value, frozen signals apart. Costs one
  // store, whatever the number of signals.
  void ReportAlive();
  // A frozen signal is not renewed by ReportAlive and grows stale; it can still be published.
  void SetFrozen(SignalId signal, bool frozen);

  StoreSnapshot Save() const;
  // Back to `snapshot` (of a store over the same catalogue) as of now: times are now, history is empty, nothing is frozen, actuations not
  // yet taken are forgotten. Subscribers hear of what differs.
  void Restore(const StoreSnapshot& snapshot);

 private:
  friend class StoreSubscription;
  class Core;
  std::shared_ptr<Core> core_;  // shared with subscriptions, which may outlive the store
};

// Gives every signal its value in the default vehicle: the catalogue's, else false, zero or the nearest to it in range, the first allowed
// word, "". No targets.
void DefaultVehicle(SignalStore& store);

}  // namespace deepcabin::vehicle
