#include "server/chat_desk.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "llm/meter.h"

namespace deepcabin::server {
namespace {

using std::chrono::steady_clock;

Error NoPlace(std::string_view what, std::size_t count) {
  return Unavailable(fmt::format("{} {} wait for a large model already, and no more may; the car itself goes on working", count, what));
}

}  // namespace

ChatDesk::ChatDesk(llm::ChatModel& model, const ClientKeys& clients, const ChatLimits& limits, const Clock& clock)
    : model_(model), clients_(clients), limits_(limits), quotas_(clock), keeper_([this] { ExpireWaiting(); }) {}

ChatDesk::~ChatDesk() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& conversation : running_) conversation->Stop();
  }
  news_.notify_all();
  ending_.notify_all();
  threads_.clear();  // joins
}

ClientQuota ChatDesk::QuotaOf(const std::string& client) const {
  const ClientKey* const key = clients_.Named(client);
  return key == nullptr ? limits_.quota : key->quota;
}

std::size_t ChatDesk::CountWaiting() const {
  std::size_t count = 0;
  for (const auto& [client, line] : lines_) count += line.waiting.size();
  return count;
}

void ChatDesk::ForgetStopped() {
  for (auto& [client, line] : lines_) {
    std::erase_if(line.waiting, [this, &name = client](const Entry& entry) {
      if (!entry.conversation->stopped()) return false;
      quotas_.Settle(name, entry.tokens, 0);
      return true;
    });
  }
}

std::optional<ChatDesk::Refusal> ChatDesk::Submit(const std::shared_ptr<Conversation>& conversation) {
  const std::string& client = conversation->client();
  Entry entry{conversation, steady_clock::now() + limits_.waiting_time_max, llm::EstimateTokens(conversation->chat())};
  std::unique_lock lock(mutex_);
  ForgetStopped();
  Line& line = lines_[client];
  const std::size_t waiting = CountWaiting();
  // Places that those at the front of the lines are just about to take are no reason to refuse others.
  const std::size_t places = limits_.running_max - running_.size();
  const std::size_t places_of_client = std::min(places, limits_.running_per_client_max - line.running);
  if (line.waiting.size() >= limits_.waiting_per_client_max + places_of_client) {
    return Refusal{NoPlace("conversations of " + client, line.waiting.size())};
  }
  if (waiting >= limits_.waiting_max + places) return Refusal{NoPlace("conversations", waiting)};
  if (auto excess = quotas_.Enter(client, QuotaOf(client), entry.tokens)) {
    return Refusal{ResourceExhausted(std::move(excess->reason)), excess->retry_after};
  }
  if (!HireIfNeeded(waiting + 1)) {
    quotas_.Settle(client, entry.tokens, 0);
    return Refusal{Unavailable("no thread could be started for this conversation")};
  }
  line.waiting.push_back(std::move(entry));
  if (!std::exchange(line.has_turn, true)) turns_.push_back(client);
  lock.unlock();
  news_.notify_one();
  return std::nullopt;
}

// Threads come when they are needed and stay.
bool ChatDesk::HireIfNeeded(std::size_t waiting) {
  if (waiting <= idle_threads_ || threads_.size() >= limits_.running_max) return true;
  try {
    threads_.emplace_back([this] { Work(); });
  } catch (const std::system_error& e) {
    spdlog::error("no further thread for conversations: {}", e.what());
  }
  return !threads_.empty();
}

// The next conversation in turn whose client may have one more running.
std::optional<ChatDesk::Entry> ChatDesk::TakeNext() {
  ForgetStopped();
  for (std::size_t left = turns_.size(); left > 0; --left) {
    const std::string client = std::move(turns_.front());
    turns_.pop_front();
    Line& line = lines_[client];
    line.has_turn = !line.waiting.empty();
    if (!line.has_turn) continue;
    turns_.push_back(client);
    if (line.running >= limits_.running_per_client_max) continue;
    Entry entry = std::move(line.waiting.front());
    line.waiting.pop_front();
    ++line.running;
    running_.insert(entry.conversation);
    return entry;
  }
  return std::nullopt;
}

void ChatDesk::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::optional<Entry> entry;
    ++idle_threads_;
    news_.wait(lock, [&] { return stopping_ || (entry = TakeNext()).has_value(); });
    --idle_threads_;
    if (stopping_) return;
    lock.unlock();
    const std::int64_t used = entry->conversation->Run(model_);
    const std::string client = entry->conversation->client();
    quotas_.Settle(client, entry->tokens, used);
    lock.lock();
    running_.erase(entry->conversation);
    --lines_[client].running;
    news_.notify_all();  // another thread may now take what was held back by this client's limit
  }
}

// Answers those who have waited too long. All wait equally long, so whoever comes later is due later.
void ChatDesk::ExpireWaiting() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const SteadyTime now = steady_clock::now();
    SteadyTime next = now + limits_.waiting_time_max;
    for (auto& [client, line] : lines_) {
      while (!line.waiting.empty() && line.waiting.front().deadline <= now) {
        const Entry entry = std::move(line.waiting.front());
        line.waiting.pop_front();
        quotas_.Settle(client, entry.tokens, 0);
        entry.conversation->Fail(Unavailable(fmt::format("no large model became free within {} ms; {} conversations run",
                                                         limits_.waiting_time_max.count(), running_.size())),
                                 std::chrono::seconds(2));
      }
      if (!line.waiting.empty()) next = std::min(next, line.waiting.front().deadline);
    }
    ending_.wait_until(lock, next, [this] { return stopping_; });
  }
}

OrderedJson ChatDesk::StatusJson() {
  const OrderedJson used = quotas_.ToJson();
  const std::lock_guard lock(mutex_);
  ForgetStopped();
  OrderedJson clients = OrderedJson::array();
  for (const auto& [client, line] : lines_) {
    OrderedJson json = {{"client", client}, {"running", line.running}, {"waiting", line.waiting.size()}};
    json.update(used.value(client, OrderedJson{{"requests_today", 0}, {"tokens_today", 0}}));
    clients.push_back(std::move(json));
  }
  return {{"running", running_.size()}, {"waiting", CountWaiting()}, {"clients", std::move(clients)}};
}

}  // namespace deepcabin::server
