#include "safety/guarded_actuator.h"

#include <array>
#include <cmath>
#include <mutex>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::safety {
namespace {

using std::chrono::seconds;
constexpr std::size_t kPerMinute = 10;
constexpr Nanos kMinute = seconds(60);
constexpr std::size_t kBurst = 4;         // "two … no, three … no, one": a person correcting himself
constexpr Nanos kBurstTime = seconds(4);  // … which is still one a second
constexpr std::size_t kSafeBurst = 10;
constexpr Nanos kSafeBurstTime = seconds(5);
constexpr Nanos kHeadingTime = seconds(30);  // a travel takes no longer; after that the target says nothing about the present
constexpr std::size_t kLoggedTextBytesMax = 512;

Decision Refusal(std::string rule, std::string zh, std::string en) {
  return {.kind = DecisionKind::kDeny, .rule = std::move(rule), .reason = {std::move(zh), std::move(en)}};
}

std::string_view MotionName(Motion motion) {
  constexpr std::array<std::string_view, 3> kNames{"parked", "creep", "moving"};
  return kNames[static_cast<std::size_t>(motion)];
}

bool Travels(const Capability& capability) {
  return IsNumeric(capability.value.type) &&
         (capability.safety == SafetyClass::kOpening || capability.safety == SafetyClass::kClosure ||
          capability.safety == SafetyClass::kSeatMotion || capability.safety == SafetyClass::kDriverControl);
}

}  // namespace

// The times of the last actuations of each signal. Memory is bounded by the number of signals.
struct GuardedActuator::RateLimiter {
  struct Recent {
    std::array<Nanos, kPerMinute> at{};
    std::size_t count = 0, next = 0;
    std::size_t Within(Nanos time, Nanos now) const {
      std::size_t found = 0;
      for (std::size_t i = 0; i < count; ++i) found += now - at[i] < time ? 1u : 0u;
      return found;
    }
  };

  // Takes one of the allowance, or says no.
  bool Take(SignalId signal, bool safe_direction, Nanos now) {
    const std::lock_guard lock(mutex);
    Recent& recent = by_signal[signal];
    const bool is_free = safe_direction ? recent.Within(kSafeBurstTime, now) < kSafeBurst
                                        : recent.Within(kMinute, now) < kPerMinute && recent.Within(kBurstTime, now) < kBurst;
    if (!is_free) return false;
    recent.at[recent.next] = now;
    recent.next = (recent.next + 1) % kPerMinute;
    if (recent.count < kPerMinute) ++recent.count;
    return true;
  }

  std::mutex mutex;
  std::unordered_map<SignalId, Recent> by_signal;
};

GuardedActuator::GuardedActuator(vehicle::Broker& broker, const Guard& guard, const Clock& clock, AuditLog* audit)
    : broker_(broker), guard_(guard), clock_(clock), audit_(audit), state_reader_(broker, clock), rates_(std::make_shared<RateLimiter>()) {}

void GuardedActuator::StartOver() {
  state_reader_.Forget();
  const std::lock_guard lock(rates_->mutex);
  rates_->by_signal.clear();
}

Request GuardedActuator::AtSending(const Request& request) const {
  Request out = request;
  const Catalogue& catalogue = broker_.catalogue();
  if (request.op != Op::kStop || !request.target || request.interface >= catalogue.interfaces().size()) return out;
  const Interface& interface = catalogue.interface(request.interface);
  const Capability& capability = catalogue.capability(interface.capability);
  if (interface.signal == kNoId || !Travels(capability)) return out;
  const auto current = broker_.Get(interface.signal).current;
  if (current) out.target = current;
  return out;
}

Decision GuardedActuator::JudgeNow(const Request& request, const PolicyState& state) const {
  std::optional<Value> current;
  const Catalogue& catalogue = broker_.catalogue();
  if (request.interface < catalogue.interfaces().size()) {
    const SignalId signal = catalogue.interface(request.interface).signal;
    if (signal != kNoId) current = broker_.Get(signal).current;
  }
  return guard_.Judge(request, state, current);
}

Decision GuardedActuator::Judge(const Request& request) const { return JudgeNow(AtSending(request), state_reader_.Read()); }

Attempt GuardedActuator::AttemptOne(const Request& request, bool fits_batch, const AuditContext& context) {
  Attempt attempt;
  attempt.request = AtSending(request);
  const PolicyState state = state_reader_.Read();  // now, not when the turn began
  attempt.decision =
      fits_batch ? JudgeNow(attempt.request, state) : Refusal("S06.batch", "一次太多了，请分开说", "Too many at once; please say fewer");
  if (attempt.decision.kind == DecisionKind::kAllow && attempt.request.target) {
    const SignalId signal = broker_.catalogue().interface(attempt.request.interface).signal;
    if (!rates_->Take(signal, attempt.decision.safe_direction, clock_.Now())) {
      attempt.decision = Refusal("S06.rate", "太频繁了，请稍等再说", "Too often; wait a moment");
    } else {
      const vehicle::Actuation actuation{signal, *attempt.request.target};
      const Status status = broker_.actuator(vehicle::ActuatorKey()).Actuate({&actuation, 1});
      attempt.sent = status.has_value();
      if (!status) attempt.error = fmt::format("{}: {}", ErrorCodeName(status.error().code), status.error().message);
    }
  }
  Log(attempt, state, context);
  return attempt;
}

std::vector<Attempt> GuardedActuator::Actuate(std::span<const Request> requests, const AuditContext& context) {
  std::vector<Attempt> attempts;
  attempts.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) attempts.push_back(AttemptOne(requests[i], i < kBatchMax, context));
  return attempts;
}

void GuardedActuator::Log(const Attempt& attempt, const PolicyState& state, const AuditContext& context) {
  if (audit_ == nullptr) return;
  const Request& request = attempt.request;
  const Catalogue& catalogue = broker_.catalogue();
  Json record{{"session", context.session},
              {"turn", context.turn},
              {"op", OpName(request.op)},
              {"speaker", ZoneName(request.speaker)},
              {"origin", OriginName(request.origin)},
              {"decision", DecisionKindName(attempt.decision.kind)},
              {"rule", attempt.decision.rule},
              {"sent", attempt.sent},
              {"motion", MotionName(state.motion)}};
  record["utterance"] = ReplaceInvalidUtf8(std::string_view(context.utterance).substr(0, kLoggedTextBytesMax));
  if (std::isfinite(state.speed_kmh)) record["speed_kmh"] = state.speed_kmh;
  if (request.interface < catalogue.interfaces().size()) {
    const Interface& interface = catalogue.interface(request.interface);
    record["interface"] = interface.path;
    record["capability"] = catalogue.capability(interface.capability).name;
  }
  if (request.target) record["value"] = ValueToJson(*request.target);
  if (request.confirmed) record["confirmed"] = true;
  if (request.touched) record["touched"] = true;
  if (!attempt.error.empty()) record["error"] = attempt.error;
  audit_->Append(std::move(record));
}

std::optional<Value> GuardedActuator::Present(SignalId signal) const {
  vehicle::Datapoint point = broker_.Get(signal);
  const bool is_heading = point.target && clock_.Now() - point.target_at < kHeadingTime;
  if (is_heading || !point.current) return std::move(point.target);
  return std::move(point.current);
}

}  // namespace deepcabin::safety
