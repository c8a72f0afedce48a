#include "agent/cockpit.h"

#include <map>

#include <fmt/format.h>

#include "agent/proposals/proposer.h"
#include "agent/replies.h"
#include "agent/turn.h"
#include "base/text.h"

namespace deepcabin::agent {
namespace {

constexpr std::size_t kSessionsMax = 1000;

}  // namespace

struct Cockpit::State {
  explicit State(const Parts& parts) : bench(parts) {}

  Workbench bench;
  mutable std::mutex mutex;  // of the sessions
  std::map<std::string, std::shared_ptr<Session>, std::less<>> sessions;

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

  void FinishReceipts();
  void RunRoutines();
  void LapseOffers();
};

void Cockpit::State::FinishReceipts() {
  std::vector<Receipt> open;
  {
    const std::lock_guard lock(bench.mutex);
    open.swap(bench.receipts);
  }
  std::vector<Receipt> still;
  for (Receipt& receipt : open) {
    const bool final = bench.parts.clock.Now() >= receipt.deadline;
    bool moving = false;
    for (Execution& execution : receipt.executions) {
      bench.executor.ReadBack(execution, receipt.language, final);
      moving = moving || execution.result.outcome == Outcome::kScheduled;
    }
    if (moving) {
      still.push_back(std::move(receipt));
      continue;
    }
    bench.Emit({{"type", "turn.receipt"},
                {"session", receipt.session},
                {"turn", receipt.turn},
                {"reply", bench.Join(receipt.executions, receipt.language)}});
  }
  const std::lock_guard lock(bench.mutex);
  bench.receipts.insert(bench.receipts.end(), std::make_move_iterator(still.begin()), std::make_move_iterator(still.end()));
}

void Cockpit::State::RunRoutines() {
  for (const Routine& routine : bench.routines.Due([this](const Condition& c) { return bench.Holds(c); })) {
    const Capability& capability = bench.catalogue().capability(routine.call.capability);
    const std::string turn = fmt::format("routine-{}", routine.id);
    std::string reply;
    if (capability.skill == "reminders") {
      reply = routine.language == Language::kChinese
                  ? fmt::format("时间到了{}{}。", routine.call.text.empty() ? "" : "：", routine.call.text)
                  : fmt::format("It's time{}{}.", routine.call.text.empty() ? "" : ": ", routine.call.text);
    } else {
      Execution execution =
          bench.executor.Send(routine.call, routine.speaker, safety::Origin::kProposed, routine.language, {routine.session, turn, ""});
      reply = bench.Join({execution}, routine.language);
      if (reply.empty()) reply = execution.result.reason;
    }
    bench.Emit({{"type", "turn.receipt"}, {"session", routine.session}, {"turn", turn}, {"reply", reply}});
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
    if (bench.offers.Open(session->name, bench.parts.actuator.State())) continue;
    CloseEvent(bench.sink, *session, session->pending->turn, "expired");
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
  std::optional<Session::Waiting> waiting(*session);
  const std::lock_guard lock(session->mutex);
  waiting.reset();
  return Turn(state_->bench, *session, request).Run();
}

Json Cockpit::SaveRoutines() const { return state_->bench.routines.Save(state_->bench.catalogue()); }

Status Cockpit::LoadRoutines(const Json& json) {
  DC_ASSIGN_OR_RETURN(const auto missed, state_->bench.routines.Load(json, state_->bench.catalogue()));
  for (const Routine& routine : missed) {
    const Capability& capability = state_->bench.catalogue().capability(routine.call.capability);
    state_->bench.Emit(
        {{"type", "turn.receipt"},
         {"session", routine.session},
         {"turn", fmt::format("routine-{}", routine.id)},
         {"reply", Missed(ThingLabel(capability, routine.call.zone, routine.language), routine.call.text, routine.language)}});
  }
  return {};
}

OrderedJson Cockpit::OpenOffer(const std::string& name) const {
  const auto session = state_->FindSession(name.empty() ? "default" : name);
  if (!session) return nullptr;
  const std::lock_guard lock(session->mutex);
  if (!session->pending) return nullptr;
  const auto& offer = session->pending->offer;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(offer.expires - state_->bench.parts.clock.Now()).count();
  return {{"question", offer.draft.question}, {"expires_ms", left}, {"touch", offer.draft.kind == safety::DecisionKind::kConfirmTouch}};
}

void Cockpit::React(const Proposal& proposal) {
  for (const Call& call : proposal.calls) {
    state_->bench.executor.Send(call, proposal.to, safety::Origin::kProposed, Language::kChinese, {"proposals", proposal.id, proposal.zh});
  }
}

void Cockpit::Tick() {
  state_->FinishReceipts();
  state_->RunRoutines();
  state_->LapseOffers();
}

void Cockpit::StopThinking() {
  state_->bench.is_closing = true;
  const std::lock_guard lock(state_->mutex);
  for (const auto& [name, session] : state_->sessions) session->Interrupt();
}

void Cockpit::SetEventSink(EventSink sink) { state_->bench.sink = std::move(sink); }

}  // namespace deepcabin::agent
