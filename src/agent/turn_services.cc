// The part of a turn that the skills have: trips, memory, and the questions that no call waits behind.

#include <algorithm>
#include <utility>

#include "agent/proposals/proposer.h"
#include "agent/replies.h"
#include "agent/service_desk.h"
#include "agent/turn.h"

namespace deepcabin::agent {

bool Turn::HasProposal() const { return bench_.parts.proposer != nullptr && !bench_.parts.proposer->Open().empty(); }

bool Turn::TakeStatement() {
  const auto is_note = [&](const Call& call) { return bench_.catalogue().capability(call.capability).skill == "reminders" && !call.when; };
  const auto& calls = result_.frame.calls;
  if (bench_.parts.services == nullptr || !std::all_of(calls.begin(), calls.end(), is_note)) return false;
  const auto taken = bench_.parts.services->TakeStatement(request_.text, result_.language);
  if (!taken) return false;
  if (taken->asks) session_.question = OpenQuestion{OpenQuestion::Kind::kForgetEverything};
  if (calls.empty()) result_.frame.escalation = Escalation::kChat;
  for (const Call& call : calls) {
    Execution execution;
    execution.result.call = call;
    execution.result.outcome = taken->done ? Outcome::kDone : Outcome::kFailed;
    execution.result.reason = taken->said;
    executions_.push_back(std::move(execution));
  }
  if (calls.empty()) reply_ = taken->said;
  return true;
}

bool Turn::TakeAnswer() {
  const bool yes = understood_.act == understanding::DialogueAct::kYes;
  const bool no = understood_.act == understanding::DialogueAct::kNo || understood_.act == understanding::DialogueAct::kCancel;
  const auto question = std::exchange(session_.question, std::nullopt);
  if (question && question->kind == OpenQuestion::Kind::kMissing) return false;
  if (!yes && !no) return false;  // a place that was suggested stays known to navigation: "but charge first" goes on from it
  if (question && question->kind == OpenQuestion::Kind::kService) {
    if (yes) {
      AcceptService();
      return true;
    }
    bench_.parts.services->Decline();
  } else if (question && yes) {
    reply_ = bench_.parts.services->ForgetEverything(result_.language).said;
  } else if (!question) {
    if (!HasProposal()) return false;
    AnswerProposal(yes);
    return true;
  }
  result_.frame.escalation = no ? Escalation::kCancel : Escalation::kChat;
  result_.frame.route = "phrasebook";
  if (no) reply_ = Declined(result_.language);
  return true;
}

// The yes to what a service asked stands for a call ("go there"): the turn shows that call.
void Turn::AcceptService() {
  const ServiceAnswer answer = bench_.parts.services->Accept(result_.language);
  trip_changed_ = answer.trip_changed;
  result_.frame.escalation = answer.taken ? Escalation::kNone : Escalation::kChat;
  result_.frame.route = "phrasebook";
  if (!answer.taken) {
    reply_ = answer.said.empty() ? OfferGone(result_.language) : answer.said;
    return;
  }
  Execution execution;
  execution.result.call = *answer.taken;
  execution.result.outcome = answer.done ? Outcome::kDone : Outcome::kFailed;
  execution.result.reason = answer.said;
  execution.result.card = answer.card;
  execution.served = answer;
  result_.frame.calls.push_back(execution.result.call);
  executions_.push_back(std::move(execution));
}

void Turn::AnswerProposal(bool yes) {
  const std::string id = bench_.parts.proposer->Open().front().id;
  const auto proposal = bench_.parts.proposer->Answer(id, yes ? ProposalAnswer::kYes : ProposalAnswer::kNo);
  bench_.Emit({{"type", "proposal.closed"}, {"id", id}, {"answer", yes ? "yes" : "no"}});
  result_.frame.route = "phrasebook";
  result_.frame.escalation = yes ? Escalation::kNone : Escalation::kCancel;
  if (!yes || !proposal) {
    reply_ = yes ? OfferGone(result_.language) : Declined(result_.language);
    return;
  }
  if (proposal->calls.empty()) reply_ = Acknowledged(result_.language);
  for (const Call& call : proposal->calls) {
    result_.frame.calls.push_back(call);
    executions_.push_back(IsServed(call) ? Served(call)
                                         : bench_.executor.Send(call, proposal->to, safety::Origin::kSpoken, result_.language, audit_));
  }
  MakeOffer();
}

bool Turn::IsServed(const Call& call) const {
  return bench_.parts.services != nullptr && bench_.parts.services->Handles(call, request_.speaker, result_.language);
}

Execution Turn::Served(const Call& call) {
  Execution execution = bench_.executor.Send(call, request_.speaker, origin_, result_.language, audit_);
  if (!execution.served) return execution;  // the guard asks first, or forbids it
  trip_changed_ = trip_changed_ || execution.served->trip_changed;
  if (execution.served->asks) session_.question = OpenQuestion{OpenQuestion::Kind::kService};
  return execution;
}

}  // namespace deepcabin::agent
