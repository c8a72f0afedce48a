// The part of a turn that takes seconds: a large model that is asked, a picture that is painted.

#include <utility>

#include "agent/pictures.h"
#include "agent/proposals/proposer.h"
#include "agent/replies.h"
#include "agent/service_desk.h"
#include "agent/turn.h"
#include "skills/creative/verse.h"

namespace deepcabin::agent {

// Nothing was ordered, answered or asked so far.
bool Turn::IsPlain() const {
  return understood_.act == understanding::DialogueAct::kNone && result_.frame.calls.empty() && executions_.empty() &&
         understood_.says.empty() && reply_.empty();
}

bool Turn::WantsModel() const {
  if (bench_.slow == nullptr || !IsPlain()) return false;
  switch (result_.frame.escalation) {
    case Escalation::kAnswer:
    case Escalation::kChat:
    case Escalation::kCreate:
    case Escalation::kPlan:
    case Escalation::kClarify: return true;
    default: return false;
  }
}

void Turn::Think() {
  SlowTurn turn{.session = result_.session,
                .turn = result_.turn,
                .text = request_.text,
                .language = result_.language,
                .speaker = request_.speaker,
                .kind = result_.frame.escalation,
                .hints = understood_.guesses,
                .recent = {},
                .history = session_.history,
                .rules = {},
                .check = {}};
  for (const Call& call : session_.last_calls) turn.recent.push_back(call.capability);
  if (const auto form = turn.kind == Escalation::kCreate ? creative::FormWanted(request_.text) : std::nullopt) {
    turn.rules = creative::RulesOf(*form);
    turn.check = [form](std::string_view written) { return creative::Verify(*form, creative::LinesOf(*form, written)); };
  }
  const std::stop_token stop = session_.StartThinking();
  if (bench_.is_closing) session_.Interrupt();
  if (bench_.parts.proposer != nullptr) bench_.parts.proposer->SetBusy(true);  // nothing is proposed into the middle of an answer
  thought_ = bench_.slow->Run(turn, *this, stop);
  if (bench_.parts.proposer != nullptr) bench_.parts.proposer->SetBusy(false);
  origin_ = safety::Origin::kSpoken;
  result_.times.endpoint_ms = thought_.endpoint_ms;
  result_.reasoning = thought_.reasoning;
  if (!thought_.endpoint.empty()) result_.frame.route = "endpoint:" + thought_.endpoint;
  if (!executions_.empty()) result_.frame.escalation = Escalation::kNone;
  else if (thought_.was_cancelled) result_.frame.escalation = Escalation::kCancel;
  reply_ = thought_.reply;
  MakeOffer();
}

bool Turn::WantsPicture() const {
  const Escalation kind = result_.frame.escalation;
  const bool is_talk = kind == Escalation::kCreate || kind == Escalation::kChat || kind == Escalation::kAnswer;
  return IsPlain() && is_talk && creative::PictureWanted(request_.text) && (bench_.parts.pictures != nullptr || bench_.slow == nullptr);
}

void Turn::Paint() {
  result_.frame.escalation = Escalation::kCreate;
  if (bench_.parts.pictures == nullptr) {
    reply_ = NobodyPaints(result_.language);
    return;
  }
  const std::stop_token stop = session_.StartThinking();
  if (bench_.is_closing) session_.Interrupt();
  const Stopwatch painting;
  const auto id = bench_.parts.pictures->Make(request_.text, stop);
  result_.times.endpoint_ms = painting.ElapsedMs();
  const bool hidden = request_.speaker == Zone::kRow1Left && bench_.parts.actuator.State().motion != safety::Motion::kParked;
  if (id) result_.card = {{"kind", "picture"}, {"url", "v1/pictures/" + *id}, {"title", request_.text}};
  reply_ = stop.stop_requested() ? Stopped(result_.language) : Painted(id.has_value(), hidden, result_.language);
}

// Read back at once, so that the model hears what really happened.
Execution Turn::Carry(const Call& call, safety::Origin origin) {
  if (executions_.size() >= kCallsMax) return Refused(call, TooMany(result_.language));
  origin_ = origin;
  const bool is_late = call.when.has_value() || IsSpokenService(call);
  std::vector<Execution> one;
  if (IsServed(call)) one.push_back(Served(call));
  else if (is_late && origin == safety::Origin::kUntrusted) one.push_back(Refused(call, NotForLater(result_.language)));
  else if (call.when) one.push_back(Schedule(call));
  else if (IsSpokenService(call)) one.push_back(SpokenService(call));
  else one.push_back(bench_.executor.Send(call, request_.speaker, origin, result_.language, audit_));
  // Names of places, words of messages and titles of appointments are strangers' text: the driver hears them, the model does not.
  if (one[0].served) {
    spoken_ += one[0].result.reason;
    one[0].result.reason = ToldTheDriver(result_.language);
  }
  if (std::string said = std::exchange(reply_, {}); !said.empty()) one[0].result.reason = std::move(said);
  ReadBack(one);
  result_.frame.calls.push_back(call);
  executions_.push_back(one[0]);
  return std::move(one[0]);
}

}  // namespace deepcabin::agent
