#include "server/events.h"

#include <algorithm>
#include <map>
#include <random>

#include <fmt/format.h>

#include "server/metrics.h"

namespace deepcabin::server {
namespace {

std::string RunId() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

EventPtr MakeSignalsEvent(std::uint64_t seq, std::vector<Event::Change> changes) {
  auto event = std::make_shared<Event>();
  event->seq = seq;
  event->text = fmt::format(R"({{"seq":{},"type":"signals","changes":[)", seq);
  for (const Event::Change& change : changes) {
    if (&change != &changes.front()) event->text += ',';
    event->text += change.json;
  }
  event->text += "]}";
  event->changes = std::move(changes);
  return event;
}

EventPtr MakeEvent(std::uint64_t seq, const OrderedJson& fields) {
  OrderedJson json = {{"seq", seq}};
  for (const auto& [key, value] : fields.items()) json[key] = value;
  auto event = std::make_shared<Event>();
  event->seq = seq;
  event->text = DumpJson(json);
  return event;
}

std::size_t BytesOf(const Event& event) {
  std::size_t bytes = sizeof(Event) + event.text.size();
  for (const Event::Change& change : event.changes) bytes += sizeof(Event::Change) + change.json.size();
  return bytes;
}

}  // namespace

std::string ChangeJson(const SignalSpec& spec, const vehicle::Datapoint& datapoint) {
  OrderedJson json = {{"path", spec.path}};
  if (datapoint.current) json["current"] = ValueToJson(*datapoint.current);
  if (datapoint.target) json["target"] = ValueToJson(*datapoint.target);
  return DumpJson(json);
}

EventPtr Mailbox::Take() {
  const std::lock_guard lock(mutex_);
  if (!replay_.empty()) {
    EventPtr event = std::move(replay_.front());
    replay_.pop_front();
    return event;
  }
  if (queue_.empty()) return nullptr;
  EventPtr event = std::move(queue_.front());
  queue_.pop_front();
  bytes_ -= BytesOf(*event);
  return event;
}

std::size_t Mailbox::Put(const EventPtr& event) {
  std::size_t merged = 0;
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = queue_.empty() && replay_.empty();
    queue_.push_back(event);
    bytes_ += BytesOf(*event);
    const auto is_full = [this](std::size_t quarters) {
      return queue_.size() > limits_.mailbox_events * quarters / 4 || bytes_ > limits_.mailbox_bytes * quarters / 4;
    };
    if (is_full(4)) {
      merged = MergeSignals();
      if (is_full(3)) DropOthers(event->seq);  // three quarters: merging anew for every event would be slow
    }
  }
  if (was_empty) notify_();
  return merged;
}

// Replaces the "signals" messages by one, where the last of them stood, so that numbers still rise.
std::size_t Mailbox::MergeSignals() {
  std::map<SignalId, Event::Change> newest;
  std::size_t count = 0;
  std::uint64_t last_seq = 0;
  for (const EventPtr& event : queue_) {
    count += event->changes.size();
    for (const Event::Change& change : event->changes) newest[change.signal] = change;
    if (!event->changes.empty()) last_seq = event->seq;
  }
  if (newest.empty()) return 0;
  std::vector<Event::Change> changes;
  for (auto& [signal, change] : newest) changes.push_back(std::move(change));
  const std::size_t kept = changes.size();
  const EventPtr merged = MakeSignalsEvent(last_seq, std::move(changes));
  std::deque<EventPtr> queue;
  bytes_ = 0;
  for (EventPtr& event : queue_) {
    if (!event->changes.empty() && event->seq != last_seq) continue;
    queue.push_back(event->seq == last_seq ? merged : std::move(event));
    bytes_ += BytesOf(*queue.back());
  }
  queue_ = std::move(queue);
  return count - kept;
}

void Mailbox::DropOthers(std::uint64_t newest_seq) {
  std::erase_if(queue_, [](const EventPtr& event) { return event->changes.empty(); });
  queue_.push_back(MakeEvent(newest_seq, {{"type", "gap"}}));
  bytes_ = 0;
  for (const EventPtr& event : queue_) bytes_ += BytesOf(*event);
}

EventHub::EventHub(const EventLimits& limits, std::string version, Metrics* metrics)
    : limits_(limits), version_(std::move(version)), run_(RunId()), metrics_(metrics) {}

void EventHub::Publish(const OrderedJson& event) {
  const std::lock_guard lock(mutex_);
  Send(MakeEvent(++seq_, event));
}

void EventHub::PublishSignals(const std::vector<vehicle::Update>& updates, const Catalogue& catalogue) {
  if (updates.empty()) return;
  std::vector<Event::Change> changes;
  changes.reserve(updates.size());
  for (const vehicle::Update& update : updates) {
    changes.push_back({update.signal, ChangeJson(catalogue.signal(update.signal), update.datapoint)});
  }
  const std::lock_guard lock(mutex_);
  Send(MakeSignalsEvent(++seq_, std::move(changes)));
}

void EventHub::Send(const EventPtr& event) {
  ring_.push_back(event);
  ring_bytes_ += BytesOf(*event);
  while (ring_.size() > limits_.ring_events || (ring_bytes_ > limits_.ring_bytes && ring_.size() > 1)) {
    ring_bytes_ -= BytesOf(*ring_.front());
    ring_.pop_front();
  }
  std::size_t merged = 0;
  for (const auto& mailbox : mailboxes_) merged += mailbox->Put(event);
  if (metrics_ != nullptr) metrics_->CountMergedUpdates(merged);
}

// The first Take is the caller's: nothing is notified of what is there from the start.
std::shared_ptr<Mailbox> EventHub::Subscribe(std::optional<std::uint64_t> since, std::function<void()> notify) {
  auto mailbox = std::make_shared<Mailbox>(limits_, std::move(notify));
  const std::lock_guard lock(mutex_);
  const std::uint64_t oldest = ring_.empty() ? seq_ + 1 : ring_.front()->seq;
  const bool can_replay = since && *since <= seq_ && *since + 1 >= oldest;
  const std::uint64_t start = can_replay ? *since : seq_;
  mailbox->replay_.push_back(MakeEvent(start, {{"type", "hello"}, {"version", version_}, {"run", run_}}));
  if (since && !can_replay) mailbox->replay_.push_back(MakeEvent(start, {{"type", "gap"}}));
  for (const EventPtr& event : ring_) {
    if (event->seq > start) mailbox->replay_.push_back(event);
  }
  mailboxes_.push_back(mailbox);
  return mailbox;
}

void EventHub::Unsubscribe(const std::shared_ptr<Mailbox>& mailbox) {
  const std::lock_guard lock(mutex_);
  std::erase(mailboxes_, mailbox);
}

}  // namespace deepcabin::server
