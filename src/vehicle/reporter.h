#pragma once
// The pen with which the simulator writes what the simulated car reports. It leaves alone what someone has set from outside (held, until
// the next scenario) and what a fault has frozen. Signals that this car's catalogue lacks are kNoId and ignored.

#include <string_view>
#include <vector>

#include "vehicle/signal_store.h"

namespace deepcabin::vehicle {

// Not thread-safe: the simulator holds its lock.
class Reporter {
 public:
  explicit Reporter(SignalStore& store);

  SignalStore& store() const { return store_; }
  SignalId Find(std::string_view path) const;  // kNoId when this car has no such signal
  // The present number, or `fallback` where there is none.
  double Number(SignalId signal, double fallback) const;

  // A number (booleans: 0 and 1), brought into the signal's type and range.
  void Report(SignalId signal, double number);
  void Report(SignalId signal, std::string_view word);

  void Hold(SignalId signal) { held_[signal] = true; }
  bool IsHeld(SignalId signal) const { return signal != kNoId && held_[signal]; }
  void ReleaseAll() { held_.assign(held_.size(), false); }
  void Freeze(SignalId signal, bool frozen);
  bool IsFrozen(SignalId signal) const { return frozen_[signal]; }
  void ThawAll() { frozen_.assign(frozen_.size(), false); }

 private:
  void Write(SignalId signal, Value value);

  SignalStore& store_;
  std::vector<bool> held_, frozen_;
};

}  // namespace deepcabin::vehicle
