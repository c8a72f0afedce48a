#pragma once
// A broker for tests, which can also misbehave: let values grow stale, refuse, swallow or falsify what it is told, and change the car at
// the worst moment. Not thread-safe except where a test says so.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "vehicle/broker.h"

namespace deepcabin::safety {

class FakeBroker final : public vehicle::Broker, private vehicle::RawActuator {
 public:
  FakeBroker(const Catalogue& catalogue, const Clock& clock) : catalogue_(catalogue), clock_(clock), points_(catalogue.signals().size()) {
    for (SignalId id = 0; id < points_.size(); ++id) {
      const SignalSpec& spec = catalogue.signal(id);
      if (spec.initial) Report(id, *spec.initial);
      else if (spec.type == DataType::kBoolean) Report(id, Value(false));
    }
  }

  // What the fake does wrong.
  enum class Fault { kNone, kRefuses, kSwallows, kLies };
  Fault fault = Fault::kNone;
  Error refusal = Unavailable("broker is down");
  // Called before every read, with the signal: to change the car between two reads.
  std::function<void(SignalId)> before_get;
  // Everything that reached the wire.
  std::vector<vehicle::Actuation> wire;

  const Catalogue& catalogue() const override { return catalogue_; }
  vehicle::Datapoint Get(SignalId signal) const override {
    if (before_get) before_get(signal);
    return signal < points_.size() ? points_[signal] : vehicle::Datapoint{};
  }
  Result<std::unique_ptr<vehicle::Subscription>> Subscribe(std::span<const SignalId>) override { return Unavailable("not in this fake"); }
  vehicle::RawActuator& actuator(vehicle::ActuatorKey) override { return *this; }

  void Report(SignalId signal, const Value& value) {
    points_[signal].current = value;
    points_[signal].current_at = clock_.Now();
  }
  void Report(std::string_view path, const Value& value) {
    if (const auto id = catalogue_.FindSignal(path)) Report(*id, value);
  }
  void Forget(std::string_view path) {
    if (const auto id = catalogue_.FindSignal(path)) points_[*id] = {};
  }
  // What a live car does all the time: everything known is reported again, as of now.
  void Refresh() {
    for (auto& point : points_) {
      if (point.current) point.current_at = clock_.Now();
    }
  }

 private:
  Status Actuate(std::span<const vehicle::Actuation> actuations) override {
    if (fault == Fault::kRefuses) return refusal;
    for (const vehicle::Actuation& actuation : actuations) {
      wire.push_back(actuation);
      if (fault == Fault::kSwallows) continue;
      auto& point = points_[actuation.signal];
      point.target = actuation.value;
      point.target_at = clock_.Now();
      if (fault != Fault::kLies) Report(actuation.signal, actuation.value);
    }
    return {};
  }

  const Catalogue& catalogue_;
  const Clock& clock_;
  std::vector<vehicle::Datapoint> points_;
};

}  // namespace deepcabin::safety
