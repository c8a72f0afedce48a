#pragma once
// Who may talk to the large models, and when. So many conversations run at once; further ones wait, each client in its own line, and the
// lines are served in turn, so that a busy client delays itself and no other. What finds no place is refused at once.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "llm/chat.h"
#include "server/chat_clients.h"
#include "server/conversation.h"

namespace deepcabin::server {

class ChatDesk {
 public:
  // All outlive the desk; `clients` is complete before the first Submit.
  ChatDesk(llm::ChatModel& model, const ClientKeys& clients, const ChatLimits& limits, const Clock& clock);
  // Ends what runs and waits for it.
  ~ChatDesk();
  ChatDesk(const ChatDesk&) = delete;
  ChatDesk& operator=(const ChatDesk&) = delete;

  struct Refusal {
    Error error;
    std::chrono::seconds retry_after{1};
  };
  // Takes the conversation, or says why not. Thread-safe, as all here.
  std::optional<Refusal> Submit(const std::shared_ptr<Conversation>& conversation);

  // {"running","waiting","clients":[{"client","running","waiting","requests_today","tokens_today"}…]}
  OrderedJson StatusJson();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Entry {
    std::shared_ptr<Conversation> conversation;
    SteadyTime deadline;
    std::int64_t tokens = 0;  // that the quota counts for it
  };
  struct Line {
    std::deque<Entry> waiting;
    std::size_t running = 0;
    bool has_turn = false;  // stands in turns_
  };

  ClientQuota QuotaOf(const std::string& client) const;
  std::size_t CountWaiting() const;
  void ForgetStopped();
  std::optional<Entry> TakeNext();
  bool HireIfNeeded(std::size_t waiting);
  void Work();
  void ExpireWaiting();

  llm::ChatModel& model_;
  const ClientKeys& clients_;
  const ChatLimits limits_;
  QuotaBook quotas_;
  std::mutex mutex_;
  std::condition_variable news_, ending_;
  std::map<std::string, Line> lines_;
  std::deque<std::string> turns_;  // clients with something waiting, the next one first
  std::unordered_set<std::shared_ptr<Conversation>> running_;
  std::size_t idle_threads_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
  std::jthread keeper_;
};

}  // namespace deepcabin::server
