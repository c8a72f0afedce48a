#include "agent/executor.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "agent/replies.h"
#include "agent/service_desk.h"

namespace deepcabin::agent {
namespace {

// A value read back counts as reached within this share of the capability's range: mechanics do not stop to the millimetre.
constexpr double kReachedShare = 0.015;

bool Reached(const Value& current, const Value& target, const Capability& capability) {
  if (current == target) return true;
  const auto a = AsNumber(current);
  const auto b = AsNumber(target);
  if (!a || !b) return false;
  const double range = capability.value.has_range ? capability.value.max - capability.value.min : 0;
  return std::abs(*a - *b) <= range * kReachedShare + 1e-6;
}

SpokenValue ValueOf(const Call& call, const Capability& capability) {
  const bool none = std::holds_alternative<std::monostate>(call.value);
  if (none && !call.text.empty() && capability.value.free_text) return call.text;
  return call.value;
}

const safety::Decision* Strictest(const std::vector<Step>& steps) {
  const safety::Decision* strictest = nullptr;
  for (const Step& step : steps) {
    if (strictest == nullptr || step.decision.kind > strictest->kind) strictest = &step.decision;
  }
  return strictest;
}

}  // namespace

Execution Executor::Send(const Call& call, Zone speaker, safety::Origin origin, Language language,
                         const safety::AuditContext& audit) const {
  const Catalogue& catalogue = parts_.catalogue;
  const Capability& capability = catalogue.capability(call.capability);
  Execution execution;
  execution.result.call = call;
  const auto interfaces = catalogue.Resolve(capability, call.zone, speaker);
  for (const InterfaceId id : interfaces) execution.result.interfaces.push_back(catalogue.interface(id).path);
  if (interfaces.empty()) {
    execution.result.outcome = Outcome::kFailed;
    execution.result.reason = NotThere(capability, call.zone, language);
    return execution;
  }
  if (IsServed(call, speaker, language)) return SendService(std::move(execution), speaker, origin, language, audit.utterance);
  if (call.op == Op::kQuery) {
    execution.result.outcome = Outcome::kDone;
    return execution;
  }
  for (const InterfaceId id : interfaces) {
    Step step;
    step.before = parts_.actuator.Present(catalogue.interface(id).signal);
    auto target = TargetValue(capability, call.op, ValueOf(call, capability), call.unit, step.before);
    if (!target) {
      execution.result.outcome = Outcome::kFailed;
      execution.result.reason = CannotBe(capability, call, target.error(), language);
      execution.steps.clear();
      return execution;
    }
    step.request.interface = id;
    step.request.op = call.op;
    step.request.target = std::move(*target);
    step.request.speaker = speaker;
    step.request.origin = origin;
    execution.steps.push_back(std::move(step));
  }
  Transmit(execution, language, audit);
  return execution;
}

bool Executor::IsServed(const Call& call, Zone speaker, Language language) const {
  return parts_.catalogue.capability(call.capability).is_service() ||
         (parts_.services != nullptr && parts_.services->Handles(call, speaker, language));
}

Execution Executor::SendService(Execution execution, Zone speaker, safety::Origin origin, Language language, std::string_view said) const {
  const Call& call = execution.result.call;
  Step step;
  step.request.interface = parts_.catalogue.Resolve(parts_.catalogue.capability(call.capability), call.zone, speaker).front();
  step.request.op = call.op;
  step.request.speaker = speaker;
  step.request.origin = origin;
  step.request.known = parts_.services != nullptr && parts_.services->Knows(call, speaker, language);
  step.decision = parts_.actuator.Judge(step.request);
  execution.steps.push_back(std::move(step));
  Judge(execution, language);
  if (execution.result.outcome == Outcome::kDone) Serve(execution, speaker, language, said);
  if (execution.result.outcome != Outcome::kConfirm || parts_.services == nullptr) return execution;
  if (const auto missing = parts_.services->Missing(call, speaker, language)) {
    execution.result.outcome = Outcome::kFailed;
    execution.result.reason = missing->said;
    execution.result.card = missing->card;
  }
  return execution;
}

// What the guard let through goes to the service; a service that is not there is told so, not judged.
void Executor::Serve(Execution& execution, Zone speaker, Language language, std::string_view said) const {
  CallResult& result = execution.result;
  result.outcome = Outcome::kFailed;
  if (parts_.services == nullptr || !parts_.services->Handles(result.call, speaker, language)) {
    result.reason = NotConnected(parts_.catalogue.capability(result.call.capability), language);
    return;
  }
  execution.served = parts_.services->Run(result.call, speaker, language, said);
  if (execution.served->done) result.outcome = Outcome::kDone;
  result.reason = execution.served->said;
  result.card = execution.served->card;
}

void Executor::Transmit(Execution& execution, Language language, const safety::AuditContext& audit) const {
  std::vector<safety::Request> requests;
  std::vector<Step*> asked;
  for (Step& step : execution.steps) {
    // Nothing to do is still judged, but not sent: a thing that already is as wanted uses up no rate.
    if (step.before && step.request.target && *step.before == *step.request.target && !step.request.confirmed && !step.request.touched) {
      step.decision = parts_.actuator.Judge(step.request);
      step.sent = step.decision.kind == safety::DecisionKind::kAllow;
      continue;
    }
    requests.push_back(step.request);
    asked.push_back(&step);
  }
  const auto attempts = parts_.actuator.Actuate(requests, audit);
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    asked[i]->request = attempts[i].request;
    asked[i]->decision = attempts[i].decision;
    asked[i]->sent = attempts[i].sent;
    asked[i]->error = attempts[i].error;
  }
  Judge(execution, language);
}

// The call's outcome from what the guard said of its steps.
void Executor::Judge(Execution& execution, Language language) const {
  CallResult& result = execution.result;
  const safety::Decision* strictest = Strictest(execution.steps);
  result.outcome = Outcome::kDone;
  if (strictest == nullptr) return;
  result.rule = strictest->rule;
  const bool any_sent = std::any_of(execution.steps.begin(), execution.steps.end(), [](const Step& s) { return s.sent; });
  if (strictest->kind == safety::DecisionKind::kAllow) return;
  result.reason = In(strictest->reason, language);
  if (strictest->kind == safety::DecisionKind::kDeny) result.outcome = any_sent ? Outcome::kDone : Outcome::kDenied;
  else result.outcome = Outcome::kConfirm;
}

Execution Executor::SendConfirmed(Execution execution, bool touched, Language language, const safety::AuditContext& audit) const {
  execution.result.reason.clear();
  for (Step& step : execution.steps) {
    step.request.confirmed = true;
    step.request.touched = touched;
    if (touched) step.request.origin = safety::Origin::kTouched;
  }
  const Zone speaker = execution.steps.front().request.speaker;
  if (IsServed(execution.result.call, speaker, language)) {
    for (Step& step : execution.steps) step.decision = parts_.actuator.Judge(step.request);
    Judge(execution, language);
    if (execution.result.outcome == Outcome::kDone) Serve(execution, speaker, language, audit.utterance);
    return execution;
  }
  Transmit(execution, language, audit);
  return execution;
}

void Executor::ReadBack(Execution& execution, Language language, bool final) const {
  if (execution.result.outcome != Outcome::kDone && execution.result.outcome != Outcome::kScheduled) return;
  const Capability& capability = parts_.catalogue.capability(execution.result.call.capability);
  if (capability.is_service() || execution.served || execution.steps.empty()) return;
  bool any_moving = false;
  std::string trouble;
  for (Step& step : execution.steps) {
    if (!step.sent) {
      if (!step.error.empty()) trouble = step.error;
      continue;
    }
    const Interface& interface = parts_.catalogue.interface(step.request.interface);
    const auto point = parts_.signals.Get(interface.signal);
    const bool reached = point.current && Reached(*point.current, *step.request.target, capability);
    step.moving = !reached && !final;
    any_moving = any_moving || step.moving;
    if (reached || step.moving) continue;
    step.error = Stuck(capability, interface.zone, point.current, language);
    trouble = step.error;
  }
  if (any_moving) {
    execution.result.outcome = Outcome::kScheduled;
    execution.result.reason = OnItsWay(language);
  } else if (!trouble.empty()) {
    execution.result.outcome = Outcome::kFailed;
    execution.result.reason = trouble;
  } else if (execution.result.outcome == Outcome::kScheduled) {
    execution.result.outcome = Outcome::kDone;
    execution.result.reason.clear();
  }
}

std::vector<Step> Executor::Restore(const std::vector<Step>& steps, Zone speaker, const safety::AuditContext& audit) const {
  std::vector<Step> restored;
  std::vector<safety::Request> requests;
  for (auto it = steps.rbegin(); it != steps.rend(); ++it) {
    if (!it->sent || !it->before) continue;
    Step step;
    step.request = it->request;
    step.request.op = Op::kSet;
    step.request.target = it->before;
    step.request.speaker = speaker;
    step.request.origin = safety::Origin::kSpoken;
    step.request.confirmed = false;
    step.request.touched = false;
    requests.push_back(step.request);
    restored.push_back(std::move(step));
  }
  const auto attempts = parts_.actuator.Actuate(requests, audit);
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    restored[i].decision = attempts[i].decision;
    restored[i].sent = attempts[i].sent;
    restored[i].error = attempts[i].error;
  }
  return restored;
}

}  // namespace deepcabin::agent
