#pragma once
// One dialogue: what was said last, what may be undone, which question is open. Guarded by its own mutex; turns of a session queue on it.

#include <atomic>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/executor.h"
#include "agent/slow_path.h"
#include "understanding/missing.h"

namespace deepcabin::agent {

struct PendingOffer {
  std::string turn;  // that asked
  safety::Offer offer;
  std::vector<Execution> executions;  // those that wait for a yes
  Language language = Language::kChinese;
};

// A question that no offer stands behind: a bare yes or no answers it (or what is said next: kMissing), anything else leaves it behind.
struct OpenQuestion {
  enum class Kind : std::uint8_t { kService, kForgetEverything, kMissing };
  Kind kind = Kind::kService;
  std::optional<understanding::OpenCall> open{};  // kMissing: the call that waits for words or a time; what is said next fills it
};

struct Session {
  std::mutex mutex;  // held for a whole turn
  std::string name;
  std::uint64_t turns = 0;
  std::vector<Call> last_calls;
  Escalation last_escalation = Escalation::kNone;
  std::vector<Step> undo;  // of the last turn that changed something
  std::optional<PendingOffer> pending;
  std::optional<OpenQuestion> question;
  std::deque<PastTurn> history;  // kept where there is a large model

  // The newest words win: whoever waits for `mutex` with a turn ends the model's work in the turn that holds it.
  class Waiting {
   public:
    explicit Waiting(Session& session) : session_(session) {
      ++session_.waiting_;
      session_.Interrupt();
    }
    ~Waiting() { --session_.waiting_; }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    Session& session_;
  };
  void Interrupt() {
    const std::lock_guard lock(stop_mutex_);
    thinking_.request_stop();
  }
  std::stop_token StartThinking() {
    const std::lock_guard lock(stop_mutex_);
    thinking_ = std::stop_source();
    if (waiting_ > 0) thinking_.request_stop();
    return thinking_.get_token();
  }

 private:
  std::atomic<int> waiting_{0};
  std::mutex stop_mutex_;
  std::stop_source thinking_;
};

}  // namespace deepcabin::agent
