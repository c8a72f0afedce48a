#pragma once
// What happens in the cockpit, told to everybody who listens. Events are numbered; the last thousand are kept, so that a client whose
// line was down can catch up. Each client has a bounded mailbox. When it is slow, the signal changes waiting in its mailbox are merged
// (the newest value of each signal stays), and when even that is not enough the other events are dropped and a "gap" says so.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "catalogue/catalogue.h"
#include "vehicle/broker.h"

namespace deepcabin::server {

class Metrics;

struct EventLimits {
  std::size_t ring_events = 1000;
  std::size_t ring_bytes = 8u << 20;
  std::size_t mailbox_events = 64;  // past it signal changes are merged
  std::size_t mailbox_bytes = 1u << 20;
};

struct Event {
  struct Change {
    SignalId signal = kNoId;
    std::string json;  // {"path",…}
  };
  std::uint64_t seq = 0;
  std::string text;             // the JSON message
  std::vector<Change> changes;  // of a "signals" event; empty for others
};
using EventPtr = std::shared_ptr<const Event>;

// What waits for one client. Thread-safe.
class Mailbox {
 public:
  // `notify` is called, from any thread, when something comes into an empty mailbox.
  Mailbox(const EventLimits& limits, std::function<void()> notify) : limits_(limits), notify_(std::move(notify)) {}

  // The next message, or null.
  EventPtr Take();

 private:
  friend class EventHub;

  // Returns the number of signal changes that newer ones replaced.
  std::size_t Put(const EventPtr& event);
  std::size_t MergeSignals();
  void DropOthers(std::uint64_t newest_seq);

  const EventLimits limits_;
  const std::function<void()> notify_;
  std::mutex mutex_;
  std::deque<EventPtr> replay_;  // what was there at the start: bounded by the ring, taken first, never merged
  std::deque<EventPtr> queue_;
  std::size_t bytes_ = 0;  // of queue_
};

class EventHub {
 public:
  EventHub(const EventLimits& limits, std::string version, Metrics* metrics);

  // Numbers an event {"type",…} and tells everybody. Thread-safe, never blocks on a client.
  void Publish(const OrderedJson& event);
  // The same for changed signals, as one message. Nothing is sent for an empty list.
  void PublishSignals(const std::vector<vehicle::Update>& updates, const Catalogue& catalogue);

  // Opens a mailbox that holds a "hello" and, with `since`, the events after that number, or a "gap" when they are not all kept.
  std::shared_ptr<Mailbox> Subscribe(std::optional<std::uint64_t> since, std::function<void()> notify);
  void Unsubscribe(const std::shared_ptr<Mailbox>& mailbox);

 private:
  void Send(const EventPtr& event);  // with mutex_ held

  const EventLimits limits_;
  const std::string version_;
  const std::string run_;  // tells one run of the server from the next, whose numbers begin anew
  Metrics* const metrics_;
  std::mutex mutex_;  // taken before a mailbox's
  std::uint64_t seq_ = 0;
  std::deque<EventPtr> ring_;
  std::size_t ring_bytes_ = 0;
  std::vector<std::shared_ptr<Mailbox>> mailboxes_;
};

// {"path","current"?,"target"?}: a signal as events tell it.
std::string ChangeJson(const SignalSpec& spec, const vehicle::Datapoint& datapoint);

}  // namespace deepcabin::server
