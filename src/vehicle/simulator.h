#pragma once
// A car that behaves, on top of a signal store: actuators go to their targets, the cabin warms and cools, the battery drains, the scenario
// drives. Deterministic: the same seed, the same steps and the same requests give the same car. It reports itself alive at every step, so
// that no signal of a running car grows stale. Time comes from outside: SimulatorThread on the wall clock, Settle and Run on simulated
// time.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/json.h"
#include "vehicle/motion.h"
#include "vehicle/reporter.h"
#include "vehicle/signal_store.h"
#include "vehicle/world.h"

namespace deepcabin::vehicle {

inline constexpr std::size_t kStateEntriesMax = 4096;  // signals of one SetState

// Thread-safe.
class Simulator {
 public:
  // Fills `store` with the default vehicle and parks it. `store` outlives the simulator and has no other simulator.
  explicit Simulator(SignalStore& store, std::uint64_t seed = 1);

  // Back to the default vehicle, parked: scenario, values set from outside and faults are gone. Cheap (a copy of a prepared snapshot).
  void Reset();

  // The car goes on by `dt`. The store's clock is not touched.
  void Step(Nanos dt);
  // Advances `clock` (the store's) and the car until everything that moves has arrived, is stuck or refused, or `limit` is over; returns
  // the time that passed. Costs no wall time worth naming. What does not travel has followed its target afterwards in any case.
  Nanos Settle(SimulatedClock& clock, Nanos limit);
  // Advances `clock` and the car by `duration`, in steps of at most `step`. For waiting ("in ten minutes") on simulated time.
  void Run(SimulatedClock& clock, Nanos duration, Nanos step = std::chrono::milliseconds(100));

  // Begins a scenario; values set from outside no longer hold. kNotFound for an unknown name. Without a seed the simulator's own is taken.
  Status SelectScenario(std::string_view name, std::optional<std::uint64_t> seed = std::nullopt);
  std::string scenario() const;
  static std::vector<std::string> ScenarioNames();

  // Sets what the car reports, whatever the scenario thinks, until the next scenario; an actuator is put there and heads for nothing.
  // What follows from it follows (a speed above 0 means moving, in D, brake released), unless that was set itself. kNotFound for an
  // unknown signal, otherwise the errors of CheckValue.
  Status SetSensor(SignalId signal, const Value& value);
  Status SetSensor(std::string_view path, const Value& value);
  // The same for a JSON object {"path": value, …}: all or nothing. kInvalidArgument when it is no object, kResourceExhausted past
  // kStateEntriesMax.
  Status SetState(const Json& state);

  // Faults, for tests. kNotFound for an unknown path.
  Status Block(std::string_view path, double at);  // see ActuatorMotion::Block
  Status Unblock(std::string_view path);
  Status Freeze(std::string_view path);  // the signal is reported no more and grows stale
  Status Thaw(std::string_view path);

 private:
  Result<SignalId> Find(std::string_view path) const;
  template <typename Do>
  Status At(std::string_view path, const Do& act);
  Status Set(std::span<const Publication> state);
  void StepLocked(Nanos dt);

  SignalStore& store_;
  const std::uint64_t seed_;
  mutable std::mutex mutex_;
  Reporter reporter_;
  ActuatorMotion motion_;
  World world_;
  std::string scenario_;
  StoreSnapshot parked_;
};

// Runs a simulator on the wall clock until destroyed, 50 steps a second.
class SimulatorThread {
 public:
  static constexpr std::chrono::milliseconds kStep{20};

  explicit SimulatorThread(Simulator& simulator);

 private:
  void Run(const std::stop_token& stop);

  Simulator& simulator_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last, so that it stops before what it uses goes
};

}  // namespace deepcabin::vehicle
