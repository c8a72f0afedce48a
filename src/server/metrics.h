#pragma once
// Counters of the server in Prometheus text format. Thread-safe.

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace deepcabin::server {

class Metrics {
 public:
  // `pattern`: the route's, never the address that was asked for, so that the number of series is bounded.
  void CountRequest(std::string_view method, std::string_view pattern, int status);
  // `route`: who understood it ("phrasebook"); `outcome`: the worst of its calls, or the escalation, or "error".
  void CountTurn(std::string_view route, std::string_view outcome, double total_ms);
  void CountRefusedConnection() { ++refused_connections_; }
  void CountSignalUpdates(std::uint64_t count) { signal_updates_ += count; }
  // Updates that a newer value replaced: before the server took them, and in the queue of a slow client.
  void SetLostUpdates(std::uint64_t total) { lost_updates_ = total; }
  void CountMergedUpdates(std::uint64_t count) { merged_updates_ += count; }
  void AddConnections(int change) { connections_ += change; }
  void AddWebSocketClients(int change) { websocket_clients_ += change; }

  std::string Text() const;

 private:
  static constexpr std::array<double, 12> kBucketsMs{1, 2, 5, 10, 20, 30, 50, 100, 200, 500, 1000, 5000};
  static constexpr std::size_t kSeriesMax = 1000;

  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> requests_;  // label text → count
  std::map<std::string, std::uint64_t> turns_;
  std::array<std::uint64_t, kBucketsMs.size() + 1> turn_buckets_{};
  double turn_sum_ms_ = 0;
  std::atomic<std::uint64_t> refused_connections_{0}, signal_updates_{0}, lost_updates_{0}, merged_updates_{0};
  std::atomic<int> connections_{0}, websocket_clients_{0};
};

}  // namespace deepcabin::server
