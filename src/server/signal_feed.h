#pragma once
// Carries signal changes from the car to the event hub: the first change at once, what follows gathered for 10 ms.

#include <chrono>
#include <memory>
#include <thread>

#include "base/result.h"
#include "server/events.h"
#include "server/metrics.h"
#include "vehicle/broker.h"

namespace deepcabin::server {

class SignalFeed {
 public:
  static constexpr std::chrono::milliseconds kGather{10};

  // Subscribes to every signal; errors are those of Subscribe. All arguments outlive the feed.
  static Result<std::unique_ptr<SignalFeed>> Start(vehicle::SignalReader& signals, EventHub& hub, Metrics& metrics);

 private:
  SignalFeed(std::unique_ptr<vehicle::Subscription> subscription, const Catalogue& catalogue, EventHub& hub, Metrics& metrics);
  void Run(const std::stop_token& stop);

  const std::unique_ptr<vehicle::Subscription> subscription_;
  const Catalogue& catalogue_;
  EventHub& hub_;
  Metrics& metrics_;
  std::jthread thread_;  // last, so that it stops before what it uses goes
};

}  // namespace deepcabin::server
