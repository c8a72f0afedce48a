#pragma once
// Who is connected, and whether one more may come. Used on the network thread only.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "server/metrics.h"

namespace deepcabin::server {

using SteadyTime = std::chrono::steady_clock::time_point;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(std::string peer) : peer_(std::move(peer)) {}
  virtual ~Connection() = default;

  // Ends it after what is being answered.
  virtual void CloseGently() = 0;
  // Ends it now.
  virtual void CloseNow() = 0;
  // Since when it has been waiting for a request, or for the body of one; nothing while one is being answered.
  virtual std::optional<SteadyTime> WaitingSince() const = 0;
  const std::string& peer() const { return peer_; }

 private:
  const std::string peer_;
};

struct ConnectionLimits {
  std::size_t total_max = 0;
  std::size_t per_peer_max = 0;
  std::chrono::milliseconds evict_after{0};
};

class Connections {
 public:
  Connections(const ConnectionLimits& limits, Metrics& metrics) : limits_(limits), metrics_(metrics) {}

  enum class Admission { kWelcome, kTooMany, kTooManyOfPeer };
  // May close a connection that has waited long to make room.
  Admission Admit(const std::string& peer, SteadyTime now);

  void Add(Connection* connection);
  // Harmless for one that is not there.
  void Remove(Connection* connection);

  void CloseAllGently();
  void CloseAllNow();
  bool empty() const { return all_.empty(); }
  // Called when the last one has gone.
  void OnEmpty(std::function<void()> callback) { on_empty_ = std::move(callback); }

 private:
  // Closes the connection (of `peer`, or of anybody when null) that has waited longest, if long enough.
  bool Evict(const std::string* peer, SteadyTime now);
  std::vector<std::shared_ptr<Connection>> Snapshot() const;

  const ConnectionLimits limits_;
  Metrics& metrics_;
  std::unordered_set<Connection*> all_;
  std::map<std::string, std::size_t> by_peer_;
  std::function<void()> on_empty_;
};

}  // namespace deepcabin::server
