#include "server/signal_feed.h"

#include <condition_variable>
#include <mutex>

namespace deepcabin::server {

Result<std::unique_ptr<SignalFeed>> SignalFeed::Start(vehicle::SignalReader& signals, EventHub& hub, Metrics& metrics) {
  DC_ASSIGN_OR_RETURN(auto subscription, signals.Subscribe({}));
  return std::unique_ptr<SignalFeed>(new SignalFeed(std::move(subscription), signals.catalogue(), hub, metrics));
}

SignalFeed::SignalFeed(std::unique_ptr<vehicle::Subscription> subscription, const Catalogue& catalogue, EventHub& hub, Metrics& metrics)
    : subscription_(std::move(subscription)), catalogue_(catalogue), hub_(hub), metrics_(metrics),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void SignalFeed::Run(const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kLookAtStop{100};
  std::vector<vehicle::Update> updates;
  std::mutex mutex;
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    if (!subscription_->Take(updates, kLookAtStop)) return;
    if (updates.empty()) continue;
    hub_.PublishSignals(updates, catalogue_);
    metrics_.CountSignalUpdates(updates.size());
    metrics_.SetLostUpdates(subscription_->lost());
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, kGather, [] { return false; });
  }
}

}  // namespace deepcabin::server
