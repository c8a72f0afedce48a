#include "vehicle/signal_store.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "vehicle/signal_check.h"

namespace deepcabin::vehicle {
namespace {

constexpr std::size_t kShards = 64;

// Where readers sleep. A writer first raises a version and then looks whether anybody waits; a reader first says that it waits and then
// looks at the versions. Both in sequentially consistent order, so one of the two always sees the other.
struct alignas(64) Gate {
  std::atomic<int> waiting{0};
  std::mutex mutex;
  std::condition_variable news;

  void Ring() {
    if (waiting.load() == 0) return;
    { const std::lock_guard lock(mutex); }  // not between a reader's last look and its sleep
    news.notify_all();
  }
};

struct Ring {
  std::array<Sample, kHistoryLength> samples;
  std::size_t begin = 0, size = 0;

  void Push(Nanos at, const Value& value) {
    Sample& sample = samples[(begin + size) % kHistoryLength];
    sample.at = at;
    sample.value = value;
    if (size < kHistoryLength) ++size;
    else begin = (begin + 1) % kHistoryLength;
  }
};

struct Slot {
  Datapoint point;
  bool frozen = false;
  std::unique_ptr<Ring> history;  // made at the first change: most signals of a car never change
  std::vector<Gate*> listeners;   // of subscriptions that name this signal
};

// What writers and readers of one signal tell each other without a lock.
struct Pulse {
  std::atomic<std::uint32_t> version{0};  // raised by every change, under the shard's lock; wraps
  std::atomic<std::uint32_t> waiting{0};  // readers asleep at gates among the listeners: with none, a change looks at no gate
};

struct alignas(64) Shard {
  std::mutex mutex;
};

}  // namespace

class SignalStore::Core final : public RawActuator, public std::enable_shared_from_this<SignalStore::Core> {
 public:
  Core(const Catalogue& catalogue, const Clock& clock)
      : catalogue_(catalogue), clock_(clock), slots_(catalogue.signals().size()), pulses_(slots_.size()), queued_(slots_.size()) {}

  const Catalogue& catalogue() const { return catalogue_; }
  Status Publish(std::span<const Publication> publications);
  Status Actuate(std::span<const Actuation> actuations) override;
  Status ReportTarget(SignalId signal, const std::optional<Value>& target);
  Datapoint Get(SignalId signal) const;
  std::optional<double> Number(SignalId signal) const;
  std::vector<Sample> History(SignalId signal, std::size_t count) const;
  void TakeActuations(std::vector<SignalId>& out);
  void ReportAlive() { alive_at_.store(clock_.Now().count()); }
  void SetFrozen(SignalId signal, bool frozen);
  void Save(std::vector<Datapoint>& out) const;
  void Restore(const std::vector<Datapoint>& points);
  Result<std::unique_ptr<Subscription>> Subscribe(std::span<const SignalId> signals);
  void Close();

 private:
  friend class StoreSubscription;

  std::mutex& MutexOf(SignalId signal) const { return shards_[signal % kShards].mutex; }
  Status Find(SignalId signal) const;
  Status CheckActuation(SignalId signal, const Value& value) const;
  void SetCurrent(SignalId signal, const Value& value, Nanos now);
  void SetTarget(SignalId signal, const std::optional<Value>& target, Nanos now);
  void Changed(SignalId signal, const Slot& slot);
  Nanos CurrentAt(const Slot& slot) const;

  const Catalogue& catalogue_;
  const Clock& clock_;
  std::vector<Slot> slots_;    // each guarded by its shard
  std::vector<Pulse> pulses_;  // by signal
  mutable std::array<Shard, kShards> shards_;
  std::atomic<std::int64_t> alive_at_{0};
  std::atomic<bool> closed_{false};
  std::atomic<std::size_t> subscriptions_{0};
  Gate everything_;  // shared by the subscriptions to every signal
  std::mutex actuations_mutex_;
  std::vector<SignalId> actuations_;
  std::vector<bool> queued_;  // in actuations_
};

class StoreSubscription final : public Subscription {
 public:
  StoreSubscription(std::shared_ptr<SignalStore::Core> core, std::span<const SignalId> signals)
      : core_(std::move(core)), all_(signals.empty()), signals_(signals.begin(), signals.end()),
        seen_(all_ ? core_->slots_.size() : signals_.size()) {
    for (std::size_t i = 0; i < seen_.size(); ++i) seen_[i] = core_->pulses_[SignalAt(i)].version.load();
    for (const SignalId signal : signals_) {
      const std::lock_guard lock(core_->MutexOf(signal));
      core_->slots_[signal].listeners.push_back(&own_gate_);
    }
  }

  ~StoreSubscription() override {
    for (const SignalId signal : signals_) {
      const std::lock_guard lock(core_->MutexOf(signal));
      std::erase(core_->slots_[signal].listeners, &own_gate_);
    }
    --core_->subscriptions_;
  }

  bool Take(std::vector<Update>& out, std::chrono::milliseconds timeout) override {
    out.clear();
    timeout = std::clamp(timeout, std::chrono::milliseconds(0), std::chrono::milliseconds(std::chrono::hours(1)));
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    Gate& gate = all_ ? core_->everything_ : own_gate_;
    while (!core_->closed_) {
      Collect(out);
      if (!out.empty() || timeout.count() == 0) return true;
      std::unique_lock lock(gate.mutex);
      ++gate.waiting;
      for (const SignalId signal : signals_) ++core_->pulses_[signal].waiting;
      const bool woken = gate.news.wait_until(lock, deadline, [this] { return core_->closed_ || HasNews(); });
      for (const SignalId signal : signals_) --core_->pulses_[signal].waiting;
      --gate.waiting;
      if (!woken) return true;
    }
    return false;
  }

  std::uint64_t lost() const override {
    std::uint64_t lost = lost_;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      const std::uint32_t behind = core_->pulses_[SignalAt(i)].version.load() - seen_[i].load();
      if (behind > 1) lost += behind - 1;
    }
    return lost;
  }

 private:
  SignalId SignalAt(std::size_t i) const { return all_ ? static_cast<SignalId>(i) : signals_[i]; }

  bool HasNews() const {
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (core_->pulses_[SignalAt(i)].version.load() != seen_[i].load()) return true;
    }
    return false;
  }

  void Collect(std::vector<Update>& out) {
    const std::lock_guard one_taker(take_mutex_);
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      const SignalId signal = SignalAt(i);
      const std::uint32_t seen = seen_[i].load(std::memory_order_relaxed);
      if (core_->pulses_[signal].version.load() == seen) continue;
      const std::lock_guard lock(core_->MutexOf(signal));  // version and value of one moment
      const std::uint32_t version = core_->pulses_[signal].version.load();
      const Slot& slot = core_->slots_[signal];
      out.push_back({signal, slot.point});
      out.back().datapoint.current_at = core_->CurrentAt(slot);
      lost_ += version - seen - 1;
      seen_[i].store(version);
    }
  }

  const std::shared_ptr<SignalStore::Core> core_;
  const bool all_;
  const std::vector<SignalId> signals_;           // without repeats; empty for every signal
  std::vector<std::atomic<std::uint32_t>> seen_;  // version taken last; written under take_mutex_
  std::mutex take_mutex_;
  std::atomic<std::uint64_t> lost_{0};
  Gate own_gate_;
};

Status SignalStore::Core::Find(SignalId signal) const {
  if (signal < slots_.size()) return {};
  return NotFound(fmt::format("no signal with id {}", signal));
}

Status SignalStore::Core::Publish(std::span<const Publication> publications) {
  if (publications.size() > kBatchMax) {
    return ResourceExhausted(fmt::format("{} publications at once, at most {}", publications.size(), kBatchMax));
  }
  for (const Publication& publication : publications) {
    DC_RETURN_IF_ERROR(Find(publication.signal));
    DC_RETURN_IF_ERROR(CheckValue(catalogue_.signal(publication.signal), publication.value));
  }
  const Nanos now = clock_.Now();
  for (const Publication& publication : publications) SetCurrent(publication.signal, publication.value, now);
  return {};
}

Status SignalStore::Core::CheckActuation(SignalId signal, const Value& value) const {
  DC_RETURN_IF_ERROR(Find(signal));
  const SignalSpec& spec = catalogue_.signal(signal);
  if (spec.node != NodeType::kActuator) return InvalidArgument(fmt::format("{} is no actuator", spec.path));
  return CheckValue(spec, value);
}

Status SignalStore::Core::ReportTarget(SignalId signal, const std::optional<Value>& target) {
  DC_RETURN_IF_ERROR(Find(signal));
  if (target) DC_RETURN_IF_ERROR(CheckActuation(signal, *target));
  SetTarget(signal, target, clock_.Now());
  return {};
}

Status SignalStore::Core::Actuate(std::span<const Actuation> actuations) {
  if (actuations.size() > kBatchMax) {
    return ResourceExhausted(fmt::format("{} actuations at once, at most {}", actuations.size(), kBatchMax));
  }
  for (const Actuation& actuation : actuations) DC_RETURN_IF_ERROR(CheckActuation(actuation.signal, actuation.value));
  const Nanos now = clock_.Now();
  for (const Actuation& actuation : actuations) SetTarget(actuation.signal, actuation.value, now);
  const std::lock_guard lock(actuations_mutex_);
  for (const Actuation& actuation : actuations) {
    if (queued_[actuation.signal]) continue;
    queued_[actuation.signal] = true;
    actuations_.push_back(actuation.signal);
  }
  return {};
}

void SignalStore::Core::SetCurrent(SignalId signal, const Value& value, Nanos now) {
  const std::lock_guard lock(MutexOf(signal));
  Slot& slot = slots_[signal];
  Datapoint& point = slot.point;
  if (point.current && *point.current == value) {
    point.current_at = now;
    return;
  }
  if (point.current) {
    if (!slot.history) slot.history = std::make_unique<Ring>();
    if (slot.history->size == 0) slot.history->Push(point.current_at, *point.current);
    slot.history->Push(now, value);
  }
  point.current = value;
  point.current_at = now;
  Changed(signal, slot);
}

void SignalStore::Core::SetTarget(SignalId signal, const std::optional<Value>& target, Nanos now) {
  const std::lock_guard lock(MutexOf(signal));
  Slot& slot = slots_[signal];
  const bool same = slot.point.target == target;
  if (!same) slot.point.target = target;
  slot.point.target_at = target ? now : Nanos(0);
  if (!same) Changed(signal, slot);
}

// The shard is locked: no listener can go away under our hands.
void SignalStore::Core::Changed(SignalId signal, const Slot& slot) {
  Pulse& pulse = pulses_[signal];
  pulse.version.fetch_add(1);
  if (pulse.waiting.load() != 0) {
    for (Gate* gate : slot.listeners) gate->Ring();
  }
  everything_.Ring();
}

Nanos SignalStore::Core::CurrentAt(const Slot& slot) const {
  if (slot.frozen || !slot.point.current) return slot.point.current_at;
  return std::max(slot.point.current_at, Nanos(alive_at_.load()));
}

Datapoint SignalStore::Core::Get(SignalId signal) const {
  if (signal >= slots_.size()) return {};
  const std::lock_guard lock(MutexOf(signal));
  Datapoint point = slots_[signal].point;
  point.current_at = CurrentAt(slots_[signal]);
  return point;
}

std::optional<double> SignalStore::Core::Number(SignalId signal) const {
  if (signal >= slots_.size()) return std::nullopt;
  const std::lock_guard lock(MutexOf(signal));
  const auto& current = slots_[signal].point.current;
  return current ? AsNumber(*current) : std::nullopt;
}

std::vector<Sample> SignalStore::Core::History(SignalId signal, std::size_t count) const {
  std::vector<Sample> out;
  if (signal >= slots_.size()) return out;
  const std::lock_guard lock(MutexOf(signal));
  const Ring* ring = slots_[signal].history.get();
  if (ring == nullptr) return out;
  const std::size_t wanted = std::min(count, ring->size);
  out.reserve(wanted);
  for (std::size_t i = ring->size - wanted; i < ring->size; ++i) {
    out.push_back(ring->samples[(ring->begin + i) % kHistoryLength]);
  }
  return out;
}

void SignalStore::Core::TakeActuations(std::vector<SignalId>& out) {
  out.clear();
  const std::lock_guard lock(actuations_mutex_);
  out.swap(actuations_);
  for (const SignalId signal : out) queued_[signal] = false;
}

void SignalStore::Core::SetFrozen(SignalId signal, bool frozen) {
  if (signal >= slots_.size()) return;
  const std::lock_guard lock(MutexOf(signal));
  slots_[signal].point.current_at = CurrentAt(slots_[signal]);
  slots_[signal].frozen = frozen;
}

void SignalStore::Core::Save(std::vector<Datapoint>& out) const {
  out.clear();
  out.reserve(slots_.size());
  for (SignalId signal = 0; signal < slots_.size(); ++signal) out.push_back(Get(signal));
}

void SignalStore::Core::Restore(const std::vector<Datapoint>& points) {
  DC_CHECK(points.size() == slots_.size());
  const Nanos now = clock_.Now();
  for (SignalId signal = 0; signal < slots_.size(); ++signal) {
    const std::lock_guard lock(MutexOf(signal));
    Slot& slot = slots_[signal];
    const Datapoint& point = points[signal];
    const bool same = slot.point.current == point.current && slot.point.target == point.target;
    if (!same) {
      slot.point.current = point.current;
      slot.point.target = point.target;
    }
    slot.point.current_at = point.current ? now : Nanos(0);
    slot.point.target_at = point.target ? now : Nanos(0);
    slot.frozen = false;
    if (slot.history) slot.history->begin = slot.history->size = 0;
    if (!same) Changed(signal, slot);
  }
  std::vector<SignalId> forgotten;
  TakeActuations(forgotten);
}

Result<std::unique_ptr<Subscription>> SignalStore::Core::Subscribe(std::span<const SignalId> signals) {
  std::vector<SignalId> unique;
  if (signals.size() > kBatchMax)
    return ResourceExhausted(fmt::format("{} signals in a subscription, at most {}", signals.size(), kBatchMax));
  std::vector<bool> named(slots_.size());
  for (const SignalId signal : signals) {
    DC_RETURN_IF_ERROR(Find(signal));
    if (!named[signal]) unique.push_back(signal);
    named[signal] = true;
  }
  if (++subscriptions_ > kSubscriptionsMax) {
    --subscriptions_;
    return ResourceExhausted(fmt::format("{} subscriptions are open, no more are given", kSubscriptionsMax));
  }
  return std::unique_ptr<Subscription>(std::make_unique<StoreSubscription>(shared_from_this(), unique));
}

void SignalStore::Core::Close() {
  closed_ = true;
  everything_.Ring();
  for (SignalId signal = 0; signal < slots_.size(); ++signal) {
    const std::lock_guard lock(MutexOf(signal));
    for (Gate* gate : slots_[signal].listeners) gate->Ring();
  }
}

SignalStore::SignalStore(const Catalogue& catalogue, const Clock& clock) : core_(std::make_shared<Core>(catalogue, clock)) {}
SignalStore::~SignalStore() { core_->Close(); }

const Catalogue& SignalStore::catalogue() const { return core_->catalogue(); }
Datapoint SignalStore::Get(SignalId signal) const { return core_->Get(signal); }
Result<std::unique_ptr<Subscription>> SignalStore::Subscribe(std::span<const SignalId> signals) { return core_->Subscribe(signals); }
RawActuator& SignalStore::actuator(ActuatorKey) { return *core_; }
Status SignalStore::Publish(std::span<const Publication> publications) { return core_->Publish(publications); }
Status SignalStore::ReportTarget(SignalId signal, const std::optional<Value>& target) { return core_->ReportTarget(signal, target); }
std::optional<double> SignalStore::Number(SignalId signal) const { return core_->Number(signal); }
std::vector<Sample> SignalStore::History(SignalId signal, std::size_t count) const { return core_->History(signal, count); }
void SignalStore::TakeActuations(std::vector<SignalId>& out) { core_->TakeActuations(out); }
void SignalStore::ReportAlive() { core_->ReportAlive(); }
void SignalStore::SetFrozen(SignalId signal, bool frozen) { core_->SetFrozen(signal, frozen); }

StoreSnapshot SignalStore::Save() const {
  StoreSnapshot snapshot;
  core_->Save(snapshot.points_);
  return snapshot;
}

void SignalStore::Restore(const StoreSnapshot& snapshot) { core_->Restore(snapshot.points_); }

}  // namespace deepcabin::vehicle
