#pragma once
// How actuators of the simulated car get to their targets: most at once, what has a motor and a way to go at finite speed. A thing whose
// lock is engaged does not open, and a fault can block a thing on its way.

#include <optional>
#include <vector>

#include "base/clock.h"
#include "vehicle/reporter.h"

namespace deepcabin::vehicle {

// Units per second of actuators that travel (percent, mm or degrees, as the signal counts); 0 for those that follow at once.
double TravelPerSecond(const SignalSpec& spec);

// Not thread-safe: the simulator holds its lock.
class ActuatorMotion {
 public:
  explicit ActuatorMotion(Reporter& reporter);

  // Takes what was actuated since the last call: what needs no travel is done, the rest starts. Returns whether there was anything.
  bool TakeTargets();
  void Step(Nanos dt);
  // Something is still on its way and not stuck.
  bool moving() const;

  // The thing cannot pass `at` (a number in its unit), from either side; what does not travel does not follow at all.
  void Block(SignalId signal, double at);
  void Unblock(SignalId signal);
  // Someone put the thing where it is now: it goes nowhere any more, and its twin (X.IsOpen of X.Position) is told.
  void Placed(SignalId signal);
  void Reset();

 private:
  // What is special about a signal; all of it found once, when the simulator is made.
  struct Plan {
    double per_second = 0;
    SignalId lock = kNoId;      // X.IsLocked of X.IsOpen and X.Position
    SignalId position = kNoId;  // for X.IsOpen: X.Position, which really moves
    SignalId is_open = kNoId;   // for X.Position: X.IsOpen, which tells about it
  };
  struct Motion {
    SignalId signal = kNoId;
    double position = 0, goal = 0;  // finer than the signal's type
    bool stuck = false;
  };
  struct Obstacle {
    SignalId signal = kNoId;
    double at = 0;
  };

  void Follow(SignalId signal);
  void FollowNow(SignalId signal, const Value& target);
  void Start(SignalId signal, double goal);
  void Move(Motion& motion, double seconds);
  void Report(SignalId signal, double position);
  void ReportTarget(SignalId signal, double target);
  bool IsLockedAgainst(const Plan& plan, SignalId signal, double goal) const;
  const Obstacle* ObstacleOf(SignalId signal) const;

  Reporter& reporter_;
  SignalStore& store_;
  std::vector<Plan> plans_;          // by signal
  std::vector<Motion> motions_;      // few at a time
  std::vector<Obstacle> obstacles_;  // fewer still
  std::vector<SignalId> actuated_;   // kept for its memory
};

}  // namespace deepcabin::vehicle
