#pragma once
// One dialogue: what was said last, what may be undone, which question is open. Guarded by its own mutex; turns of a session queue on it.

#include <list>
#include <mutex>
#include <string>
#include <vector>

#include "agent/executor.h"

namespace deepcabin::agent {

struct PendingOffer {
  std::string turn;  // that asked
  safety::Offer offer;
  std::vector<Execution> executions;  // those that wait for a yes
  Language language = Language::kChinese;
};

struct Session {
  std::mutex mutex;  // held for a whole turn
  std::string name;
  std::uint64_t turns = 0;
  std::vector<Call> last_calls;
  std::vector<Step> undo;  // of the last turn that changed something
  std::optional<PendingOffer> pending;
};

}  // namespace deepcabin::agent
