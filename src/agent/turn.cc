#include "agent/turn.h"

#include <algorithm>
#include <ctime>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "agent/proposals/proposer.h"
#include "agent/replies.h"
#include "agent/service_desk.h"
#include "base/text.h"
#include "understanding/remedies.h"

namespace deepcabin::agent {
namespace {

constexpr Nanos kSettleLimit = std::chrono::seconds(60);
constexpr Nanos kReceiptLimit = std::chrono::seconds(90);
// A live turn waits this long for what does not travel, so that its reply can already be a receipt.
constexpr std::chrono::milliseconds kLiveWait{80};
constexpr std::chrono::milliseconds kLivePoll{4};

}  // namespace

std::vector<Value> Workbench::Values(const Execution& execution) const {
  std::vector<Value> values;
  const Call& call = execution.result.call;
  for (const InterfaceId id : catalogue().Resolve(catalogue().capability(call.capability), call.zone, Zone::kRow1Left)) {
    const Interface& interface = catalogue().interface(id);
    if (interface.signal == kNoId) continue;
    if (std::find(execution.result.interfaces.begin(), execution.result.interfaces.end(), interface.path) ==
        execution.result.interfaces.end())
      continue;
    if (auto current = parts.signals.Get(interface.signal).current) values.push_back(std::move(*current));
  }
  return values;
}

std::string Workbench::Join(const std::vector<Execution>& executions, Language language) const {
  std::string out;
  const auto asks = [&] { return out.ends_with("？") || out.ends_with("?"); };
  for (const Execution& execution : executions) {
    const std::string sentence = Sentence(execution.result, catalogue(), Values(execution), language);
    if (sentence.empty()) continue;
    if (!out.empty() && asks()) out += language == Language::kChinese ? "" : " ";
    else if (!out.empty()) out += language == Language::kChinese ? "，" : ". ";
    out += sentence;
  }
  if (!out.empty() && !asks()) out += language == Language::kChinese ? "。" : ".";
  return out;
}

bool Workbench::Holds(const Condition& condition) const {
  understanding::StateCondition state;
  if (!condition.signal.empty()) {
    const auto id = catalogue().FindSignal(condition.signal);
    if (!id) return false;
    state.signal = *id;
  } else {
    const Capability* capability = catalogue().FindCapability(condition.capability);
    if (capability == nullptr || capability->is_service()) return false;
    state.capability = capability->id;
  }
  state.zone = condition.zone;
  state.comparison = condition.comparison.empty() ? "==" : condition.comparison;
  state.value = condition.value;
  understanding::Context context;
  context.state = [this](SignalId signal) { return parts.signals.Get(signal).current; };
  return understanding::Holds(state, catalogue(), context, context.speaker);
}

void CloseEvent(const EventSink& sink, const Session& session, const std::string& turn, std::string_view answer) {
  if (sink) sink({{"type", "offer.closed"}, {"session", session.name}, {"turn", turn}, {"answer", answer}});
}

Result<TurnResult> Turn::Run() {
  result_.session = session_.name;
  result_.turn = fmt::format("{}-{}", session_.name, session_.turns + 1);
  result_.text = request_.text;
  audit_ = {result_.session, result_.turn, request_.text};
  bench_.Emit({{"type", "turn.started"},
               {"session", result_.session},
               {"turn", result_.turn},
               {"text", ReplaceInvalidUtf8(request_.text)},
               {"speaker", ZoneName(request_.speaker)}});
  DC_ASSIGN_OR_RETURN(understood_, Understand());
  ++session_.turns;
  Act();
  ReadBack(executions_);
  Reply();
  result_.times.total_ms = whole_.ElapsedMs();
  Announce();
  Remember();
  return std::move(result_);
}

Result<understanding::Understood> Turn::Understand() {
  understanding::Context context;
  context.speaker = request_.speaker;
  context.last_calls = session_.last_calls;
  context.last_escalation = session_.last_escalation;
  const bool is_missing = session_.question && session_.question->kind == OpenQuestion::Kind::kMissing;
  if (is_missing) context.open = session_.question->open;
  context.offer_open = session_.pending.has_value() || (session_.question.has_value() && !is_missing) || HasProposal();
  context.state = [this](SignalId signal) { return bench_.parts.signals.Get(signal).current; };
  understanding::Timings timings;
  auto understood = bench_.understander.Understand(request_.text, context, &timings);
  result_.times.normalise_ms = timings.normalise_ms;
  result_.times.phrasebook_ms = timings.phrasebook_ms;
  result_.times.student_ms = timings.student_ms;
  return understood;
}

void Turn::Act() {
  result_.language = request_.language.value_or(understood_.language);
  result_.frame = understood_.frame;
  result_.reasoning = understood_.frame.reasoning;
  if (!session_.pending && (TakeAnswer() || TakeStatement())) {
    EmitFrame();
    return;
  }
  if (session_.pending) TakeAsAnswer();
  else if (understood_.guess && bench_.slow == nullptr) TakeGuess();
  if (understood_.act == understanding::DialogueAct::kYes && session_.pending) {
    Confirm();
  } else {
    if (session_.pending) CloseOffer();
    if (understood_.act == understanding::DialogueAct::kUndo) Undo();
    else if (understood_.act == understanding::DialogueAct::kYes || understood_.act == understanding::DialogueAct::kNo) PlainAnswer();
  }
  if (understood_.open) {
    session_.question = OpenQuestion{OpenQuestion::Kind::kMissing, understood_.open};
    reply_ = AskFor(*understood_.open, result_.language);
  }
  EmitFrame();
  if (WantsPicture()) {
    Paint();
    return;
  }
  if (WantsModel()) {
    Think();
    EmitFrame();
    return;
  }
  const Stopwatch guard;
  if (executions_.empty()) Execute();
  result_.times.guard_ms = guard.ElapsedMs();
}

// Nobody else can tell what was meant: the likeliest reading is asked about.
void Turn::TakeGuess() {
  const auto& calls = understood_.guess->calls;
  if (std::any_of(calls.begin(), calls.end(), [&](const Call& call) { return IsSpokenService(call); })) return;
  result_.frame = *understood_.guess;
  result_.reasoning = result_.frame.reasoning;
  origin_ = safety::Origin::kGuessed;
}

void Turn::TakeAsAnswer() {
  if (!understood_.elliptical || result_.frame.calls.empty()) return;
  const auto& asked = session_.pending->executions;
  const auto is_asked = [&](const Call& call) {
    return !call.when &&
           std::any_of(asked.begin(), asked.end(), [&](const Execution& e) { return e.result.call.capability == call.capability; });
  };
  if (!std::all_of(result_.frame.calls.begin(), result_.frame.calls.end(), is_asked)) return;
  const Call& said = result_.frame.calls.front();
  const bool same = std::any_of(asked.begin(), asked.end(), [&](const Execution& e) {
    const Call& call = e.result.call;
    return call.capability == said.capability && call.op == said.op && call.value == said.value;
  });
  understood_.act = same ? understanding::DialogueAct::kYes : understanding::DialogueAct::kNo;
  result_.frame.calls.clear();
}

void Turn::PlainAnswer() {
  result_.frame.escalation = offer_refused_ ? Escalation::kCancel : Escalation::kChat;
  result_.frame.route = "phrasebook";
  if (reply_.empty()) reply_ = Acknowledged(result_.language);
}

void Turn::CloseOffer() {
  const bool refused = understood_.act == understanding::DialogueAct::kNo || understood_.act == understanding::DialogueAct::kCancel;
  bench_.offers.Close(session_.name);
  CloseEvent(bench_.sink, session_, session_.pending->turn, "no");
  session_.pending.reset();
  offer_refused_ = refused;
  if (refused) reply_ = Declined(result_.language);
}

void Turn::Confirm() {
  PendingOffer pending = std::move(*session_.pending);
  session_.pending.reset();
  const auto accepted =
      bench_.offers.Accept({session_.name, request_.speaker, request_.touched, pending.offer.draft.binding}, bench_.parts.actuator.State());
  if (!accepted) {
    const bool stays = accepted.error().code == ErrorCode::kPermissionDenied;
    if (stays) {  // the right answer given the wrong way: the question stands
      for (const Execution& execution : pending.executions) result_.frame.calls.push_back(execution.result.call);
      executions_ = pending.executions;
      session_.pending = std::move(pending);
      return;
    }
    reply_ = OfferGone(result_.language);
    CloseEvent(bench_.sink, session_, pending.turn, "expired");
    result_.frame.escalation = Escalation::kRefuse;
    return;
  }
  CloseEvent(bench_.sink, session_, pending.turn, "yes");
  for (Execution& execution : pending.executions) {
    result_.frame.calls.push_back(execution.result.call);
    executions_.push_back(bench_.executor.SendConfirmed(std::move(execution), request_.touched, result_.language, audit_));
    const auto& served = executions_.back().served;
    if (served && served->asks) session_.question = OpenQuestion{OpenQuestion::Kind::kService};
  }
}

void Turn::Undo() {
  if (session_.undo.empty()) {
    reply_ = NothingToUndo(result_.language);
    return;
  }
  const auto restored = bench_.executor.Restore(session_.undo, request_.speaker, audit_);
  session_.undo.clear();
  if (bench_.parts.settle) bench_.parts.settle(kSettleLimit);
  const auto sent = static_cast<std::size_t>(std::count_if(restored.begin(), restored.end(), [](const Step& s) { return s.sent; }));
  reply_ = Undone(sent, sent < restored.size(), result_.language);
}

void Turn::EmitFrame() const {
  OrderedJson event = {{"type", "turn.frame"}, {"session", result_.session}, {"turn", result_.turn}};
  event.update(FrameToJson(result_.frame, bench_.catalogue()));
  event["reasoning"] = result_.reasoning;
  bench_.Emit(event);
}

void Turn::Execute() {
  for (std::size_t i = 0; i < result_.frame.calls.size(); ++i) {
    const Call& call = result_.frame.calls[i];
    if (i >= kCallsMax) executions_.push_back(Refused(call, TooMany(result_.language)));
    else if (IsServed(call)) executions_.push_back(Served(call));
    else if (call.when) executions_.push_back(Schedule(call));
    else if (IsSpokenService(call)) executions_.push_back(SpokenService(call));
    else executions_.push_back(bench_.executor.Send(call, request_.speaker, origin_, result_.language, audit_));
  }
  MakeOffer();
}

Execution Turn::Refused(const Call& call, std::string reason) {
  Execution execution;
  execution.result.call = call;
  execution.result.outcome = Outcome::kDenied;
  execution.result.reason = std::move(reason);
  return execution;
}

bool Turn::IsSpokenService(const Call& call) const {
  const std::string& skill = bench_.catalogue().capability(call.capability).skill;
  return skill == "reminders" || skill == "clock";
}

Execution Turn::SpokenService(const Call& call) {
  Execution execution;
  execution.result.call = call;
  const bool zh = result_.language == Language::kChinese;
  const Capability& capability = bench_.catalogue().capability(call.capability);
  if (capability.name == "clock") {
    const std::time_t now = std::chrono::system_clock::to_time_t(bench_.parts.clock.WallTime());
    std::tm local{};
    localtime_r(&now, &local);
    execution.result.outcome = Outcome::kDone;
    execution.result.reason = zh ? fmt::format("现在{}点{:02d}分，{}月{}日", local.tm_hour, local.tm_min, local.tm_mon + 1, local.tm_mday)
                                 : fmt::format("It is {:02d}:{:02d}, {}-{:02d}-{:02d}", local.tm_hour, local.tm_min, local.tm_year + 1900,
                                               local.tm_mon + 1, local.tm_mday);
    return execution;
  }
  if (call.op == Op::kSet && call.for_seconds) {
    When when;
    when.kind = WhenKind::kAfter;
    when.seconds = *call.for_seconds;
    return ScheduleAt(call, when);
  }
  if (call.op == Op::kCancel) {
    const std::size_t count = bench_.routines.Cancel(session_.name, call.capability);
    execution.result.outcome = count > 0 ? Outcome::kDone : Outcome::kFailed;
    reply_ = count > 0 ? (zh ? "已经取消了。" : "Cancelled.") : (zh ? "没有要取消的。" : "There is none to cancel.");
    return execution;
  }
  if (call.op == Op::kQuery) {
    execution.served = Waiting(capability);
    execution.result.outcome = execution.served->done ? Outcome::kDone : Outcome::kFailed;
    execution.result.reason = execution.served->said;
    execution.result.card = execution.served->card;
    return execution;
  }
  execution.result.outcome = Outcome::kFailed;
  execution.result.reason = zh ? "请说一个时间" : "please say a time";
  return execution;
}

// Timers, alarms or reminders that wait; with reminders what the calendar holds.
ServiceAnswer Turn::Waiting(const Capability& capability) const {
  const bool is_calendars = capability.name == "reminder" && bench_.parts.services != nullptr;
  const auto planned = is_calendars ? bench_.parts.services->Planned(request_.text, result_.language) : std::nullopt;
  const std::string waiting = ListRoutines(capability.id);
  ServiceAnswer answer = planned.value_or(ServiceAnswer{.done = true, .said = {}});
  if (!waiting.empty()) answer.said += (answer.said.empty() ? "" : Either(result_.language, "；", "; ")) + waiting;
  else if (!planned) answer.said = NoneWaits(capability, result_.language);
  return answer;
}

std::string Turn::ListRoutines(CapabilityId capability) const {
  std::string out;
  for (const Routine& routine : bench_.routines.List(session_.name)) {
    if (routine.call.capability != capability) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : "; ", DescribeWhen(routine.when, result_.language), routine.call.text);
  }
  return out;
}

Execution Turn::Schedule(const Call& call) {
  if (call.when->kind != WhenKind::kIf) return ScheduleAt(call, *call.when);
  Call now = call;
  now.when.reset();
  if (bench_.Holds(call.when->condition)) {
    Execution execution = bench_.executor.Send(now, request_.speaker, origin_, result_.language, audit_);
    execution.result.call = call;
    return execution;
  }
  Execution execution;
  execution.result.call = call;
  execution.result.outcome = Outcome::kFailed;
  execution.result.reason = ConditionNotMet(result_.language);
  return execution;
}

Execution Turn::ScheduleAt(const Call& call, const When& when) {
  Execution execution;
  execution.result.call = call;
  Routine routine;
  routine.session = session_.name;
  routine.speaker = request_.speaker;
  routine.language = result_.language;
  routine.call = call;
  routine.call.when.reset();
  routine.when = when;
  routine.armed = when.kind != WhenKind::kOnce || !bench_.Holds(when.condition);
  const auto added = bench_.routines.Add(std::move(routine));
  if (added) {
    execution.result.outcome = Outcome::kScheduled;
    const Capability& capability = bench_.catalogue().capability(call.capability);
    execution.result.reason = Planned(DescribeWhen(when, result_.language), capability, call, result_.language);
    execution.result.call.when = when;
  } else {
    execution.result.outcome = Outcome::kFailed;
    execution.result.reason = when.kind == WhenKind::kBeforeArrival ? NeedsRoute(result_.language) : added.error().message;
  }
  if (!call.when) execution.result.call.when.reset();
  return execution;
}

void Turn::MakeOffer() {
  std::vector<CallResult> asked;
  PendingOffer pending;
  safety::OfferDraft draft;
  draft.session = session_.name;
  draft.speaker = request_.speaker;
  OrderedJson binding = OrderedJson::array();
  for (Execution& execution : executions_) {
    if (execution.result.outcome != Outcome::kConfirm) continue;
    asked.push_back(execution.result);
    for (const Step& step : execution.steps) {
      draft.kind = std::max(draft.kind, step.decision.kind);
      draft.by_driver = draft.by_driver || step.decision.by_driver;
      binding.push_back({bench_.catalogue().interface(step.request.interface).path, OpName(step.request.op),
                         step.request.target ? ValueToString(*step.request.target) : ""});
    }
    const Capability& capability = bench_.catalogue().capability(execution.result.call.capability);
    if (asked.size() == 1) draft.safety = capability.safety;
    pending.executions.push_back(execution);
  }
  if (asked.empty()) return;
  draft.binding = DumpJson(binding);
  const bool touch = draft.kind == safety::DecisionKind::kConfirmTouch;
  draft.question = origin_ == safety::Origin::kGuessed && !touch ? GuessQuestion(asked, bench_.catalogue(), result_.language)
                                                                 : Question(asked, bench_.catalogue(), touch, result_.language);
  auto offer = bench_.offers.Make(draft, bench_.parts.actuator.State());
  if (!offer) {
    for (Execution& execution : executions_) {
      if (execution.result.outcome != Outcome::kConfirm) continue;
      execution.result.outcome = Outcome::kDenied;
      execution.result.reason =
          result_.language == Language::kChinese ? "刚才问得太多了，请稍后再说" : "too many questions just now, please wait a little";
    }
    return;
  }
  pending.offer = std::move(*offer);
  pending.turn = result_.turn;
  pending.language = result_.language;
  session_.pending = std::move(pending);
}

void Turn::ReadBack(std::vector<Execution>& executions) {
  const Stopwatch vehicle;
  const bool any_sent = std::any_of(executions.begin(), executions.end(), [](const Execution& e) {
    return std::any_of(e.steps.begin(), e.steps.end(), [](const Step& s) { return s.sent; });
  });
  const bool any_served = std::any_of(executions.begin(), executions.end(), [](const Execution& e) { return e.served.has_value(); });
  if (bench_.parts.settle && (any_sent || any_served)) bench_.parts.settle(kSettleLimit);
  if (any_sent) {
    if (!bench_.parts.settle) WaitForTheQuick(executions);
    for (Execution& execution : executions) {
      bench_.executor.ReadBack(execution, result_.language, bench_.parts.settle != nullptr);
    }
  }
  result_.times.vehicle_ms += vehicle.ElapsedMs();
}

void Turn::WaitForTheQuick(std::vector<Execution>& executions) {
  const Stopwatch waited;
  while (waited.ElapsedMs() < static_cast<double>(kLiveWait.count())) {
    bool moving = false;
    for (Execution& execution : executions) {
      bench_.executor.ReadBack(execution, result_.language, false);
      moving = moving || std::any_of(execution.steps.begin(), execution.steps.end(), [](const Step& s) { return s.moving; });
    }
    if (!moving) return;
    std::this_thread::sleep_for(kLivePoll);
  }
}

void Turn::Reply() {
  for (const Execution& execution : executions_) result_.results.push_back(execution.result);
  std::vector<std::string> says;
  if (!session_.question) says = std::move(understood_.says);  // else a place is suggested, with its reason
  const std::string done = bench_.Join(executions_, result_.language);
  const auto asks = [](const std::string& sentence) { return sentence.ends_with("？") || sentence.ends_with('?'); };
  result_.reply = reply_;
  if (!done.empty()) {
    std::erase_if(says, asks);  // something could be done: nothing has to be asked
    std::string said;
    for (const std::string& sentence : says) said += sentence + (result_.language == Language::kChinese ? "，" : ". ");
    result_.reply = said + done + reply_;
  } else if (result_.reply.empty() && !says.empty()) {
    result_.reply = says.back() + (asks(says.back()) ? "" : result_.language == Language::kChinese ? "。" : ".");
  }
  if (!spoken_.empty()) result_.reply += (result_.reply.empty() ? "" : " ") + spoken_;
  if (session_.pending && !executions_.empty()) {
    result_.reply += (result_.reply.empty() ? "" : " ") + session_.pending->offer.draft.question;
  }
  if (result_.reply.empty()) result_.reply = EscalationReply(result_.frame.escalation, result_.language);
}

void Turn::Announce() {
  for (std::size_t i = 0; i < result_.results.size(); ++i) {
    const CallResult& r = result_.results[i];
    bench_.Emit({{"type", "turn.call"},
                 {"session", result_.session},
                 {"turn", result_.turn},
                 {"index", i},
                 {"call", CallToJson(r.call, bench_.catalogue())},
                 {"outcome", OutcomeName(r.outcome)},
                 {"reason", r.reason},
                 {"rule", r.rule},
                 {"interfaces", r.interfaces},
                 {"card", r.card}});
  }
  if (trip_changed_) bench_.Emit({{"type", "trip"}, {"session", result_.session}, {"plan", bench_.parts.services->Trip()}});
  OrderedJson reply = {{"type", "turn.reply"}, {"session", result_.session}, {"turn", result_.turn}, {"reply", result_.reply}};
  if (!result_.card.is_null()) reply["card"] = result_.card;
  reply["latency_ms"] = TimesToJson(result_.times);
  bench_.Emit(reply);
  if (session_.pending && !executions_.empty()) {
    const auto& offer = session_.pending->offer;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(offer.expires - bench_.parts.clock.Now()).count();
    bench_.Emit({{"type", "offer"},
                 {"session", result_.session},
                 {"turn", result_.turn},
                 {"question", offer.draft.question},
                 {"expires_ms", left},
                 {"touch", offer.draft.kind == safety::DecisionKind::kConfirmTouch}});
  }
}

// For the large model; the oldest half goes at once, so that the beginning of what it is sent rarely changes.
void Turn::RememberWords() {
  const auto bounded = [](std::string_view text) { return ReplaceInvalidUtf8(text.substr(0, kHistoryTextBytesMax)); };
  // What services tell holds strangers' text (a message, a title): the model, which sees this next time, does not get it.
  const bool was_served = std::any_of(executions_.begin(), executions_.end(), [](const Execution& e) { return e.served.has_value(); });
  const std::string answered = was_served                                         ? ToldTheDriver(result_.language)
                               : thought_.written.empty() || !executions_.empty() ? result_.reply
                                                                                  : thought_.written;
  if (session_.history.size() >= kHistoryTurnsMax)
    session_.history.erase(session_.history.begin(), session_.history.begin() + kHistoryTurnsMax / 2);
  session_.history.push_back({bounded(request_.text), bounded(answered), thought_.is_tainted});
}

void Turn::Remember() {
  if (!result_.frame.calls.empty()) session_.last_calls = result_.frame.calls;
  session_.last_escalation = result_.frame.escalation;
  std::vector<Step> changed;
  for (const Execution& execution : executions_) {
    for (const Step& step : execution.steps) {
      if (step.sent) changed.push_back(step);
    }
  }
  if (!changed.empty()) session_.undo = std::move(changed);
  if (bench_.slow != nullptr) RememberWords();
  Receipt receipt{result_.session, result_.turn, result_.language, {}, bench_.parts.clock.Now() + kReceiptLimit};
  for (const Execution& execution : executions_) {
    const bool moving = std::any_of(execution.steps.begin(), execution.steps.end(), [](const Step& s) { return s.moving; });
    if (moving) receipt.executions.push_back(execution);
  }
  if (receipt.executions.empty()) return;
  const std::lock_guard lock(bench_.mutex);
  bench_.receipts.push_back(std::move(receipt));
}

}  // namespace deepcabin::agent
