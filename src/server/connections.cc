#include "server/connections.h"

namespace deepcabin::server {

Connections::Admission Connections::Admit(const std::string& peer, SteadyTime now) {
  const auto it = by_peer_.find(peer);
  if (it != by_peer_.end() && it->second >= limits_.per_peer_max && !Evict(&peer, now)) return Admission::kTooManyOfPeer;
  if (all_.size() >= limits_.total_max && !Evict(nullptr, now)) return Admission::kTooMany;
  return Admission::kWelcome;
}

void Connections::Add(Connection* connection) {
  all_.insert(connection);
  ++by_peer_[connection->peer()];
  metrics_.AddConnections(1);
}

void Connections::Remove(Connection* connection) {
  if (all_.erase(connection) == 0) return;
  metrics_.AddConnections(-1);
  const auto it = by_peer_.find(connection->peer());
  if (--it->second == 0) by_peer_.erase(it);
  if (all_.empty() && on_empty_) on_empty_();
}

bool Connections::Evict(const std::string* peer, SteadyTime now) {
  Connection* longest = nullptr;
  SteadyTime since = now - limits_.evict_after;
  for (Connection* connection : all_) {
    if (peer != nullptr && connection->peer() != *peer) continue;
    const auto waiting_since = connection->WaitingSince();
    if (!waiting_since || *waiting_since > since) continue;
    longest = connection;
    since = *waiting_since;
  }
  if (longest == nullptr) return false;
  const auto keep = longest->shared_from_this();
  longest->CloseNow();
  return true;
}

// Closing changes the set.
std::vector<std::shared_ptr<Connection>> Connections::Snapshot() const {
  std::vector<std::shared_ptr<Connection>> result;
  for (Connection* connection : all_) {
    if (auto alive = connection->weak_from_this().lock()) result.push_back(std::move(alive));
  }
  return result;
}

void Connections::CloseAllGently() {
  for (const auto& connection : Snapshot()) connection->CloseGently();
}

void Connections::CloseAllNow() {
  for (const auto& connection : Snapshot()) connection->CloseNow();
}

}  // namespace deepcabin::server
