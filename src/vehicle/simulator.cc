#include "vehicle/simulator.h"

#include <algorithm>

#include <fmt/format.h>

#include "vehicle/signal_check.h"

namespace deepcabin::vehicle {
namespace {

constexpr Nanos kSettleStep = std::chrono::milliseconds(50);
// A process that was stopped for a while must not make the car jump.
constexpr Nanos kThreadStepMax = std::chrono::milliseconds(200);

double Seconds(Nanos time) { return std::chrono::duration<double>(time).count(); }

Reporter DefaultReporter(SignalStore& store) {
  DefaultVehicle(store);
  return Reporter(store);
}

}  // namespace

Simulator::Simulator(SignalStore& store, std::uint64_t seed)
    : store_(store), seed_(seed), reporter_(DefaultReporter(store)), motion_(reporter_), world_(reporter_) {
  static_cast<void>(SelectScenario(Scenarios().front().name));
  parked_ = store_.Save();
}

void Simulator::Reset() {
  const std::lock_guard lock(mutex_);
  reporter_.ThawAll();
  reporter_.ReleaseAll();
  motion_.Reset();
  store_.Restore(parked_);
  scenario_ = Scenarios().front().name;
  world_.Start(Scenarios().front(), seed_);
}

void Simulator::Step(Nanos dt) {
  const std::lock_guard lock(mutex_);
  StepLocked(dt);
}

void Simulator::StepLocked(Nanos dt) {
  motion_.TakeTargets();
  motion_.Step(dt);
  world_.Step(Seconds(dt));
  store_.ReportAlive();
}

Nanos Simulator::Settle(SimulatedClock& clock, Nanos limit) {
  const std::lock_guard lock(mutex_);
  Nanos passed{0};
  motion_.TakeTargets();
  while (motion_.moving() && passed < limit) {
    const Nanos step = std::min(kSettleStep, limit - passed);
    clock.Advance(step);
    passed += step;
    motion_.Step(step);
    motion_.TakeTargets();  // another thread may have asked for more
  }
  // The world is slow: one step for all of it is as good as many.
  world_.Step(Seconds(passed));
  store_.ReportAlive();
  return passed;
}

void Simulator::Run(SimulatedClock& clock, Nanos duration, Nanos step) {
  step = std::max(step, Nanos(std::chrono::milliseconds(1)));
  while (duration > Nanos(0)) {
    const Nanos now = std::min(step, duration);
    clock.Advance(now);
    Step(now);
    duration -= now;
  }
}

Status Simulator::SelectScenario(std::string_view name, std::optional<std::uint64_t> seed) {
  const Scenario* scenario = FindScenario(name);
  if (scenario == nullptr) {
    return NotFound(fmt::format("no scenario \"{}\"; there are {}", ShortText(Value(std::string(name))), fmt::join(ScenarioNames(), " ")));
  }
  const std::lock_guard lock(mutex_);
  reporter_.ReleaseAll();
  scenario_ = scenario->name;
  world_.Start(*scenario, seed.value_or(seed_));
  store_.ReportAlive();
  return {};
}

std::string Simulator::scenario() const {
  const std::lock_guard lock(mutex_);
  return scenario_;
}

std::vector<std::string> Simulator::ScenarioNames() {
  std::vector<std::string> names;
  for (const Scenario& scenario : Scenarios()) names.emplace_back(scenario.name);
  return names;
}

Result<SignalId> Simulator::Find(std::string_view path) const {
  if (const auto id = store_.catalogue().FindSignal(path)) return *id;
  return NotFound(fmt::format("no signal \"{}\"", ShortText(Value(std::string(path)))));
}

Status Simulator::SetSensor(SignalId signal, const Value& value) {
  const Publication publication{signal, value};
  return Set({&publication, 1});
}

Status Simulator::SetSensor(std::string_view path, const Value& value) {
  DC_ASSIGN_OR_RETURN(const SignalId signal, Find(path));
  return SetSensor(signal, value);
}

Status Simulator::SetState(const Json& state) {
  if (!state.is_object()) return InvalidArgument("a state is an object of signal paths and values");
  if (state.size() > kStateEntriesMax) {
    return ResourceExhausted(fmt::format("{} signals in a state, at most {}", state.size(), kStateEntriesMax));
  }
  std::vector<Publication> publications;
  publications.reserve(state.size());
  for (const auto& [path, json] : state.items()) {
    DC_ASSIGN_OR_RETURN(const SignalId signal, Find(path));
    auto value = ValueFromJson(json, store_.catalogue().signal(signal).type);
    if (!value) return Error{value.error().code, fmt::format("{}: {}", path, value.error().message)};
    publications.push_back({signal, std::move(*value)});
  }
  return Set(publications);
}

Status Simulator::Set(std::span<const Publication> state) {
  const std::lock_guard lock(mutex_);
  DC_RETURN_IF_ERROR(store_.Publish(state));                            // checks all before it writes any
  for (const Publication& entry : state) reporter_.Hold(entry.signal);  // all, before one can change another
  for (const Publication& entry : state) {
    motion_.Placed(entry.signal);
    static_cast<void>(store_.ReportTarget(entry.signal, std::nullopt));
  }
  world_.Adapt();
  return {};
}

template <typename Do>
Status Simulator::At(std::string_view path, const Do& act) {
  DC_ASSIGN_OR_RETURN(const SignalId signal, Find(path));
  const std::lock_guard lock(mutex_);
  act(signal);
  return {};
}

Status Simulator::Block(std::string_view path, double at) {
  return At(path, [&](SignalId signal) { motion_.Block(signal, at); });
}
Status Simulator::Unblock(std::string_view path) {
  return At(path, [&](SignalId signal) { motion_.Unblock(signal); });
}
Status Simulator::Freeze(std::string_view path) {
  return At(path, [&](SignalId signal) { reporter_.Freeze(signal, true); });
}
Status Simulator::Thaw(std::string_view path) {
  return At(path, [&](SignalId signal) { reporter_.Freeze(signal, false); });
}

SimulatorThread::SimulatorThread(Simulator& simulator)
    : simulator_(simulator), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void SimulatorThread::Run(const std::stop_token& stop) {
  auto before = std::chrono::steady_clock::now();
  auto next = before + kStep;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, stop, next, [] { return false; });  // ends early only when asked to stop
    }
    const auto now = std::chrono::steady_clock::now();
    simulator_.Step(std::min<Nanos>(now - before, kThreadStepMax));
    before = now;
    next = std::max(next + kStep, now);
  }
}

}  // namespace deepcabin::vehicle
