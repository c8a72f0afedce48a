#pragma once
// Time as an interface, so that a vehicle, a guard and a turn run the same under a wall clock and under simulated time.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace deepcabin {

using Nanos = std::chrono::nanoseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  // Monotonic; for ages, deadlines and durations. Thread-safe.
  virtual Nanos Now() const = 0;
  // Since the Unix epoch, UTC; for logs and for what people call the time. Thread-safe.
  virtual std::chrono::system_clock::time_point WallTime() const = 0;
};

class SystemClock final : public Clock {
 public:
  Nanos Now() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
  std::chrono::system_clock::time_point WallTime() const override { return std::chrono::system_clock::now(); }
};

// Of the machine's own time, whatever clock the car runs on.
class Stopwatch {
 public:
  double ElapsedMs() const { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Stands still until told to advance. Thread-safe. Starts on 2026-03-02 08:00:00 UTC, a Monday, so that runs are reproducible.
class SimulatedClock final : public Clock {
 public:
  static constexpr std::int64_t kStartEpochSeconds = 1772438400;

  Nanos Now() const override { return Nanos(now_ns_.load()); }
  std::chrono::system_clock::time_point WallTime() const override {
    return std::chrono::system_clock::time_point(std::chrono::seconds(kStartEpochSeconds)) +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(Now() - kStart);
  }
  void Advance(Nanos by) { now_ns_ += by.count(); }

 private:
  static constexpr Nanos kStart = std::chrono::hours(1);  // not zero, so that "never" (0) is in the past
  std::atomic<std::int64_t> now_ns_{kStart.count()};
};

}  // namespace deepcabin
