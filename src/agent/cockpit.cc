#include "agent/cockpit.h"

#include <algorithm>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "agent/replies.h"
#include "agent/routines.h"
#include "agent/session.h"
#include "base/text.h"
#include "understanding/remedies.h"

namespace deepcabin::agent {
namespace {

constexpr std::size_t kSessionsMax = 1000;
constexpr std::size_t kCallsMax = 8;  // per turn (safety.md T17)
constexpr Nanos kSettleLimit = std::chrono::seconds(60);
constexpr Nanos kReceiptLimit = std::chrono::seconds(90);
// A live turn waits this long for what does not travel, so that its reply can already be a receipt.
constexpr std::chrono::milliseconds kLiveWait{80};
constexpr std::chrono::milliseconds kLivePoll{4};

class Stopwatch {
 public:
  double ElapsedMs() const { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// What was answered at once and still moves; its receipt follows.
struct Receipt {
  std::string session, turn;
  Language language = Language::kChinese;
  std::vector<Execution> executions;
  Nanos deadline{0};
};

}  // namespace

struct Cockpit::State {
  explicit State(const Parts& p) : parts(p), understander(p.phrasebook, p.student), executor(parts), offers(p.clock), routines(p.clock) {}

  Parts parts;
  understanding::Understander understander;
  Executor executor;
  safety::Offers offers;
  Routines routines;
  EventSink sink;

  mutable std::mutex mutex;  // of what stands below
  std::map<std::string, std::shared_ptr<Session>, std::less<>> sessions;
  std::vector<Receipt> receipts;

  const Catalogue& catalogue() const { return parts.catalogue; }

  void Emit(OrderedJson event) const {
    if (sink) sink(event);
  }

  Result<std::shared_ptr<Session>> SessionOf(const std::string& name) {
    const std::lock_guard lock(mutex);
    auto it = sessions.find(name);
    if (it != sessions.end()) return it->second;
    if (sessions.size() >= kSessionsMax) return ResourceExhausted(fmt::format("{} dialogues are open already", kSessionsMax));
    auto session = std::make_shared<Session>();
    session->name = name;
    sessions.emplace(name, session);
    return session;
  }

  std::shared_ptr<Session> FindSession(const std::string& name) const {
    const std::lock_guard lock(mutex);
    const auto it = sessions.find(name);
    return it == sessions.end() ? nullptr : it->second;
  }

  // One turn, on a locked session.
  class Turn;

  std::vector<Value> Values(const Execution& execution) const {
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

  std::string Join(const std::vector<Execution>& executions, Language language) const {
    std::string out;
    for (const Execution& execution : executions) {
      const std::string sentence = Sentence(execution.result, catalogue(), Values(execution), language);
      if (sentence.empty()) continue;
      if (!out.empty()) out += language == Language::kChinese ? "，" : ". ";
      out += sentence;
    }
    if (!out.empty()) out += language == Language::kChinese ? "。" : ".";
    return out;
  }

  bool Holds(const Condition& condition) const;
  void FinishReceipts();
  void RunRoutines();
  void LapseOffers();
};

namespace {

void CloseEvent(const EventSink& sink, const Session& session, const std::string& turn, std::string_view answer) {
  if (sink) sink({{"type", "offer.closed"}, {"session", session.name}, {"turn", turn}, {"answer", answer}});
}

}  // namespace

// Runs once; its members are what the stages hand on.
class Cockpit::State::Turn {
 public:
  Turn(State& state, Session& session, const TurnRequest& request) : state_(state), session_(session), request_(request) {}

  Result<TurnResult> Run() {
    result_.session = session_.name;
    result_.turn = fmt::format("{}-{}", session_.name, session_.turns + 1);
    result_.text = request_.text;
    audit_ = {result_.session, result_.turn, request_.text};
    state_.Emit({{"type", "turn.started"},
                 {"session", result_.session},
                 {"turn", result_.turn},
                 {"text", ReplaceInvalidUtf8(request_.text)},
                 {"speaker", ZoneName(request_.speaker)}});
    DC_ASSIGN_OR_RETURN(understood_, Understand());
    ++session_.turns;
    Act();
    ReadBack();
    Reply();
    result_.times.total_ms = whole_.ElapsedMs();
    Announce();
    Remember();
    return std::move(result_);
  }

 private:
  Result<understanding::Understood> Understand() {
    understanding::Context context;
    context.speaker = request_.speaker;
    context.last_calls = session_.last_calls;
    context.offer_open = session_.pending.has_value();
    context.state = [this](SignalId signal) { return state_.parts.signals.Get(signal).current; };
    understanding::Timings timings;
    auto understood = state_.understander.Understand(request_.text, context, &timings);
    result_.times.normalise_ms = timings.normalise_ms;
    result_.times.phrasebook_ms = timings.phrasebook_ms;
    result_.times.student_ms = timings.student_ms;
    return understood;
  }

  void Act() {
    result_.language = request_.language.value_or(understood_.language);
    result_.frame = understood_.frame;
    result_.reasoning = understood_.frame.reasoning;
    if (session_.pending) TakeAsAnswer();
    if (understood_.act == understanding::DialogueAct::kYes && session_.pending) {
      Confirm();
    } else {
      if (session_.pending) CloseOffer();
      if (understood_.act == understanding::DialogueAct::kUndo) Undo();
      else if (understood_.act == understanding::DialogueAct::kYes || understood_.act == understanding::DialogueAct::kNo) PlainAnswer();
    }
    EmitFrame();
    const Stopwatch guard;
    if (executions_.empty()) Execute();
    result_.times.guard_ms = guard.ElapsedMs();
  }

  // 打开吧, "leave it shut", said while that very thing is asked about, answers the question. A whole command does not: it asks anew.
  void TakeAsAnswer() {
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

  // A yes or no with nothing open, or the no to what was open.
  void PlainAnswer() {
    result_.frame.escalation = offer_refused_ ? Escalation::kCancel : Escalation::kChat;
    result_.frame.route = "phrasebook";
    if (reply_.empty()) reply_ = Acknowledged(result_.language);
  }

  void CloseOffer() {
    const bool refused = understood_.act == understanding::DialogueAct::kNo || understood_.act == understanding::DialogueAct::kCancel;
    state_.offers.Close(session_.name);
    CloseEvent(state_.sink, session_, session_.pending->turn, "no");
    session_.pending.reset();
    offer_refused_ = refused;
    if (refused) reply_ = Declined(result_.language);
  }

  void Confirm() {
    PendingOffer pending = std::move(*session_.pending);
    session_.pending.reset();
    const auto accepted = state_.offers.Accept({session_.name, request_.speaker, request_.touched, pending.offer.draft.binding},
                                               state_.parts.actuator.State());
    if (!accepted) {
      const bool stays = accepted.error().code == ErrorCode::kPermissionDenied;
      if (stays) {  // the right answer given the wrong way: the question stands
        for (const Execution& execution : pending.executions) result_.frame.calls.push_back(execution.result.call);
        executions_ = pending.executions;
        session_.pending = std::move(pending);
        return;
      }
      reply_ = OfferGone(result_.language);
      CloseEvent(state_.sink, session_, pending.turn, "expired");
      result_.frame.escalation = Escalation::kRefuse;
      return;
    }
    CloseEvent(state_.sink, session_, pending.turn, "yes");
    for (Execution& execution : pending.executions) {
      result_.frame.calls.push_back(execution.result.call);
      executions_.push_back(state_.executor.SendConfirmed(std::move(execution), request_.touched, result_.language, audit_));
    }
  }

  void Undo() {
    if (session_.undo.empty()) {
      reply_ = NothingToUndo(result_.language);
      return;
    }
    const auto restored = state_.executor.Restore(session_.undo, request_.speaker, audit_);
    session_.undo.clear();
    if (state_.parts.settle) state_.parts.settle(kSettleLimit);
    const auto sent = static_cast<std::size_t>(std::count_if(restored.begin(), restored.end(), [](const Step& s) { return s.sent; }));
    reply_ = Undone(sent, sent < restored.size(), result_.language);
  }

  void EmitFrame() const {
    OrderedJson event = {{"type", "turn.frame"}, {"session", result_.session}, {"turn", result_.turn}};
    event.update(FrameToJson(result_.frame, state_.catalogue()));
    event["reasoning"] = result_.reasoning;
    state_.Emit(std::move(event));
  }

  void Execute() {
    for (std::size_t i = 0; i < result_.frame.calls.size(); ++i) {
      const Call& call = result_.frame.calls[i];
      if (i >= kCallsMax) executions_.push_back(Refused(call, TooMany(result_.language)));
      else if (call.when) executions_.push_back(Schedule(call));
      else if (IsSpokenService(call)) executions_.push_back(SpokenService(call));
      else executions_.push_back(state_.executor.Send(call, request_.speaker, safety::Origin::kSpoken, result_.language, audit_));
    }
    MakeOffer();
  }

  static Execution Refused(const Call& call, std::string reason) {
    Execution execution;
    execution.result.call = call;
    execution.result.outcome = Outcome::kDenied;
    execution.result.reason = std::move(reason);
    return execution;
  }

  // Services that need nothing but a clock: timers and reminders speak up when they are due; the time is told.
  bool IsSpokenService(const Call& call) const {
    const std::string& skill = state_.catalogue().capability(call.capability).skill;
    return skill == "reminders" || skill == "clock";
  }

  Execution SpokenService(const Call& call) {
    Execution execution;
    execution.result.call = call;
    const bool zh = result_.language == Language::kChinese;
    const Capability& capability = state_.catalogue().capability(call.capability);
    if (capability.name == "clock") {
      const std::time_t now = std::chrono::system_clock::to_time_t(state_.parts.clock.WallTime());
      std::tm local{};
      localtime_r(&now, &local);
      execution.result.outcome = Outcome::kDone;
      reply_ = zh ? fmt::format("现在{}点{:02d}分，{}月{}日。", local.tm_hour, local.tm_min, local.tm_mon + 1, local.tm_mday)
                  : fmt::format("It is {:02d}:{:02d}, {}-{:02d}-{:02d}.", local.tm_hour, local.tm_min, local.tm_year + 1900,
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
      const std::size_t count = state_.routines.Cancel(session_.name, call.capability);
      execution.result.outcome = count > 0 ? Outcome::kDone : Outcome::kFailed;
      reply_ = count > 0 ? (zh ? "已经取消了。" : "Cancelled.") : (zh ? "没有要取消的。" : "There is none to cancel.");
      return execution;
    }
    if (call.op == Op::kQuery) {
      execution.result.outcome = Outcome::kDone;
      reply_ = ListRoutines(call.capability);
      return execution;
    }
    execution.result.outcome = Outcome::kFailed;
    execution.result.reason = zh ? "请说一个时间" : "please say a time";
    return execution;
  }

  std::string ListRoutines(CapabilityId capability) const {
    std::string out;
    for (const Routine& routine : state_.routines.List(session_.name)) {
      if (routine.call.capability != capability) continue;
      out += fmt::format("{}{} {}", out.empty() ? "" : "; ", DescribeWhen(routine.when, result_.language), routine.call.text);
    }
    if (!out.empty()) return out;
    return result_.language == Language::kChinese ? "现在没有。" : "There is none.";
  }

  Execution Schedule(const Call& call) {
    if (call.when->kind != WhenKind::kIf) return ScheduleAt(call, *call.when);
    Call now = call;
    now.when.reset();
    if (state_.Holds(call.when->condition)) {
      Execution execution = state_.executor.Send(now, request_.speaker, safety::Origin::kSpoken, result_.language, audit_);
      execution.result.call = call;
      return execution;
    }
    Execution execution;
    execution.result.call = call;
    execution.result.outcome = Outcome::kFailed;
    execution.result.reason = ConditionNotMet(result_.language);
    return execution;
  }

  Execution ScheduleAt(const Call& call, const When& when) {
    Execution execution;
    execution.result.call = call;
    Routine routine;
    routine.session = session_.name;
    routine.speaker = request_.speaker;
    routine.language = result_.language;
    routine.call = call;
    routine.call.when.reset();
    routine.when = when;
    routine.armed = when.kind != WhenKind::kOnce || !state_.Holds(when.condition);
    const auto added = state_.routines.Add(std::move(routine));
    if (added) {
      execution.result.outcome = Outcome::kScheduled;
      const Capability& capability = state_.catalogue().capability(call.capability);
      execution.result.reason = fmt::format("{} {}{}{}", DescribeWhen(when, result_.language),
                                            ThingLabel(capability, call.zone, result_.language), call.text.empty() ? "" : " ", call.text);
      execution.result.call.when = when;
    } else {
      execution.result.outcome = Outcome::kFailed;
      execution.result.reason = when.kind == WhenKind::kBeforeArrival ? NeedsRoute(result_.language) : added.error().message;
    }
    if (!call.when) execution.result.call.when.reset();
    return execution;
  }

  // One question for all that needs a yes.
  void MakeOffer() {
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
        binding.push_back({state_.catalogue().interface(step.request.interface).path, OpName(step.request.op),
                           step.request.target ? ValueToString(*step.request.target) : ""});
      }
      const Capability& capability = state_.catalogue().capability(execution.result.call.capability);
      if (asked.size() == 1) draft.safety = capability.safety;
      pending.executions.push_back(execution);
    }
    if (asked.empty()) return;
    draft.binding = DumpJson(binding);
    draft.question = Question(asked, state_.catalogue(), draft.kind == safety::DecisionKind::kConfirmTouch, result_.language);
    auto offer = state_.offers.Make(draft, state_.parts.actuator.State());
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

  void ReadBack() {
    const Stopwatch vehicle;
    const bool any_sent = std::any_of(executions_.begin(), executions_.end(), [](const Execution& e) {
      return std::any_of(e.steps.begin(), e.steps.end(), [](const Step& s) { return s.sent; });
    });
    if (any_sent) {
      if (state_.parts.settle) state_.parts.settle(kSettleLimit);
      else WaitForTheQuick();
      for (Execution& execution : executions_) {
        state_.executor.ReadBack(execution, result_.language, state_.parts.settle != nullptr);
      }
    }
    result_.times.vehicle_ms = vehicle.ElapsedMs();
  }

  // Live: gives what does not travel the moment it needs. What travels is told as moving; its receipt follows from Tick.
  void WaitForTheQuick() {
    const Stopwatch waited;
    while (waited.ElapsedMs() < static_cast<double>(kLiveWait.count())) {
      bool moving = false;
      for (Execution& execution : executions_) {
        state_.executor.ReadBack(execution, result_.language, false);
        moving = moving || std::any_of(execution.steps.begin(), execution.steps.end(), [](const Step& s) { return s.moving; });
      }
      if (!moving) return;
      std::this_thread::sleep_for(kLivePoll);
    }
  }

  void Reply() {
    for (const Execution& execution : executions_) result_.results.push_back(execution.result);
    std::string said;
    for (const std::string& sentence : understood_.says) said += sentence + (result_.language == Language::kChinese ? "，" : ". ");
    const std::string done = state_.Join(executions_, result_.language);
    result_.reply = reply_;
    if (!done.empty()) result_.reply = said + done + (reply_.empty() || !result_.reply.empty() ? reply_ : "");
    else if (result_.reply.empty() && !said.empty())
      result_.reply = understood_.says.back() + (result_.language == Language::kChinese ? "。" : ".");
    if (session_.pending && !executions_.empty()) {
      result_.reply += (result_.reply.empty() ? "" : " ") + session_.pending->offer.draft.question;
    }
    if (result_.reply.empty()) result_.reply = EscalationReply(result_.frame.escalation, result_.language);
  }

  void Announce() {
    for (std::size_t i = 0; i < result_.results.size(); ++i) {
      const CallResult& r = result_.results[i];
      state_.Emit({{"type", "turn.call"},
                   {"session", result_.session},
                   {"turn", result_.turn},
                   {"index", i},
                   {"call", CallToJson(r.call, state_.catalogue())},
                   {"outcome", OutcomeName(r.outcome)},
                   {"reason", r.reason},
                   {"rule", r.rule},
                   {"interfaces", r.interfaces}});
    }
    state_.Emit({{"type", "turn.reply"},
                 {"session", result_.session},
                 {"turn", result_.turn},
                 {"reply", result_.reply},
                 {"latency_ms", TimesToJson(result_.times)}});
    if (session_.pending && !executions_.empty()) {
      const auto& offer = session_.pending->offer;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(offer.expires - state_.parts.clock.Now()).count();
      state_.Emit({{"type", "offer"},
                   {"session", result_.session},
                   {"turn", result_.turn},
                   {"question", offer.draft.question},
                   {"expires_ms", left},
                   {"touch", offer.draft.kind == safety::DecisionKind::kConfirmTouch}});
    }
  }

  void Remember() {
    if (!result_.frame.calls.empty()) session_.last_calls = result_.frame.calls;
    std::vector<Step> changed;
    for (const Execution& execution : executions_) {
      for (const Step& step : execution.steps) {
        if (step.sent) changed.push_back(step);
      }
    }
    if (!changed.empty()) session_.undo = std::move(changed);
    Receipt receipt{result_.session, result_.turn, result_.language, {}, state_.parts.clock.Now() + kReceiptLimit};
    for (const Execution& execution : executions_) {
      const bool moving = std::any_of(execution.steps.begin(), execution.steps.end(), [](const Step& s) { return s.moving; });
      if (moving) receipt.executions.push_back(execution);
    }
    if (receipt.executions.empty()) return;
    const std::lock_guard lock(state_.mutex);
    state_.receipts.push_back(std::move(receipt));
  }

  State& state_;
  Session& session_;
  const TurnRequest& request_;
  Stopwatch whole_;
  safety::AuditContext audit_;
  understanding::Understood understood_;
  TurnResult result_;
  std::vector<Execution> executions_;
  bool offer_refused_ = false;
  std::string reply_;  // said instead of, or after, what the results say
};

bool Cockpit::State::Holds(const Condition& condition) const {
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

void Cockpit::State::FinishReceipts() {
  std::vector<Receipt> open;
  {
    const std::lock_guard lock(mutex);
    open.swap(receipts);
  }
  std::vector<Receipt> still;
  for (Receipt& receipt : open) {
    const bool final = parts.clock.Now() >= receipt.deadline;
    bool moving = false;
    for (Execution& execution : receipt.executions) {
      executor.ReadBack(execution, receipt.language, final);
      moving = moving || execution.result.outcome == Outcome::kScheduled;
    }
    if (moving) {
      still.push_back(std::move(receipt));
      continue;
    }
    Emit({{"type", "turn.receipt"},
          {"session", receipt.session},
          {"turn", receipt.turn},
          {"reply", Join(receipt.executions, receipt.language)}});
  }
  const std::lock_guard lock(mutex);
  receipts.insert(receipts.end(), std::make_move_iterator(still.begin()), std::make_move_iterator(still.end()));
}

void Cockpit::State::RunRoutines() {
  for (const Routine& routine : routines.Due([this](const Condition& c) { return Holds(c); })) {
    const Capability& capability = catalogue().capability(routine.call.capability);
    const std::string turn = fmt::format("routine-{}", routine.id);
    std::string reply;
    if (capability.skill == "reminders") {
      reply = routine.language == Language::kChinese
                  ? fmt::format("时间到了{}{}。", routine.call.text.empty() ? "" : "：", routine.call.text)
                  : fmt::format("It's time{}{}.", routine.call.text.empty() ? "" : ": ", routine.call.text);
    } else {
      Execution execution =
          executor.Send(routine.call, routine.speaker, safety::Origin::kProposed, routine.language, {routine.session, turn, ""});
      reply = Join({execution}, routine.language);
      if (reply.empty()) reply = execution.result.reason;
    }
    Emit({{"type", "turn.receipt"}, {"session", routine.session}, {"turn", turn}, {"reply", reply}});
  }
}

void Cockpit::State::LapseOffers() {
  std::vector<std::shared_ptr<Session>> all;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [name, session] : sessions) all.push_back(session);
  }
  for (const auto& session : all) {
    const std::unique_lock lock(session->mutex, std::try_to_lock);
    if (!lock || !session->pending) continue;
    if (offers.Open(session->name, parts.actuator.State())) continue;
    CloseEvent(sink, *session, session->pending->turn, "expired");
    session->pending.reset();
  }
}

Cockpit::Cockpit(const Parts& parts) : state_(std::make_unique<State>(parts)) {}
Cockpit::~Cockpit() = default;

Result<TurnResult> Cockpit::Run(const TurnRequest& request) {
  if (request.text.size() > kUtteranceBytesMax) {
    return ResourceExhausted(fmt::format("an utterance of {} bytes exceeds the limit of {}", request.text.size(), kUtteranceBytesMax));
  }
  if (!IsValidUtf8(request.text)) return InvalidArgument("the text is not UTF-8");
  if (Trim(request.text).empty()) return InvalidArgument("the text is empty");
  if (request.session.size() > 64) return InvalidArgument("the session's name is longer than 64 bytes");
  DC_ASSIGN_OR_RETURN(const auto session, state_->SessionOf(request.session.empty() ? "default" : request.session));
  const std::lock_guard lock(session->mutex);
  return State::Turn(*state_, *session, request).Run();
}

OrderedJson Cockpit::OpenOffer(const std::string& name) const {
  const auto session = state_->FindSession(name.empty() ? "default" : name);
  if (!session) return nullptr;
  const std::lock_guard lock(session->mutex);
  if (!session->pending) return nullptr;
  const auto& offer = session->pending->offer;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(offer.expires - state_->parts.clock.Now()).count();
  return {{"question", offer.draft.question}, {"expires_ms", left}, {"touch", offer.draft.kind == safety::DecisionKind::kConfirmTouch}};
}

void Cockpit::Tick() {
  state_->FinishReceipts();
  state_->RunRoutines();
  state_->LapseOffers();
}

void Cockpit::SetEventSink(EventSink sink) { state_->sink = std::move(sink); }

}  // namespace deepcabin::agent
