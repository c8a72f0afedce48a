#include "llm/race.h"

#include <algorithm>
#include <utility>

namespace deepcabin::llm {
namespace {

// Whether the same endpoint may answer the same request a moment later.
bool MayPass(FaultKind kind) {
  switch (kind) {
    case FaultKind::kBusy:
    case FaultKind::kServerFault:
    case FaultKind::kUnreachable:
    case FaultKind::kCut:
    case FaultKind::kBroken: return true;
    default: return false;
  }
}

}  // namespace

void Race::Begin(Nanos now) {
  began_ = now;
  if (!StartNext(StartKind::kFirst, now)) Finish(End::kNobody);
}

void Race::StartAt(std::size_t candidate, StartKind kind, Nanos now) {
  if (kind == StartKind::kHedge) hedged_ = true;
  else ++tries_;
  lanes_.push_back({.candidate = candidate, .last_heard = now});
  host_.Start(lanes_.size() - 1, candidate, kind);
}

// Asks the next candidate that may be asked. False: none can be asked now; then `waiting_` says whether it is tried again.
bool Race::StartNext(StartKind kind, Nanos now) {
  for (; next_candidate_ < patience_.size(); ++next_candidate_) {
    const Permit permit = host_.MayStart(next_candidate_, kind);
    if (permit == Permit::kYes) {
      StartAt(next_candidate_++, kind, now);
      return true;
    }
    if (permit == Permit::kNotNow) {
      if (kind == StartKind::kRetry && !waiting_) {
        waiting_ = Waiting{next_candidate_, now + times_.permit_again, now + times_.permit_max};
      }
      return false;
    }
  }
  return false;
}

bool Race::OnPiece(std::size_t lane, Nanos now) {
  if (end_ != End::kRunning || !lanes_[lane].alive) return false;
  if (leader_ && *leader_ != lane && host_.IsCommitted()) {
    lanes_[lane].alive = false;
    host_.Cancel(lane, CancelReason::kBeaten);
    return false;
  }
  lanes_[lane].last_heard = now;
  // A leader that has been overtaken was late, for the other was asked only because of that.
  CancelOthers(lane, leader_ && *leader_ != lane ? CancelReason::kSilent : CancelReason::kBeaten);
  waiting_.reset();
  if (leader_ != lane) {
    host_.Lead(lane, had_leader_);
    leader_ = lane;
    had_leader_ = true;
  }
  return true;
}

bool Race::OnDone(std::size_t lane, Nanos now) {
  if (!OnPiece(lane, now)) return false;
  lanes_[lane].alive = false;
  end_ = End::kWon;
  return true;
}

void Race::OnFault(std::size_t lane, const Fault& fault, Nanos now) {
  if (end_ != End::kRunning || !lanes_[lane].alive) return;
  lanes_[lane].alive = false;
  if (leader_ == lane) {
    if (host_.IsCommitted()) return Finish(End::kFailed);
    leader_.reset();
  }
  if (AnyAlive() || waiting_) return;  // somebody is on it already
  TryAgain(lanes_[lane].candidate, fault, now);
  if (end_ == End::kRunning && !AnyAlive() && !waiting_) Finish(End::kFailed);
}

void Race::TryAgain(std::size_t failed, const Fault& fault, Nanos now) {
  if (static_cast<int>(lanes_.size()) >= kExchangesMax) return;
  if (tries_ >= kTriesMax) {  // what is left is the hedge
    if (!hedged_) StartNext(StartKind::kHedge, now);
    return;
  }
  if (StartNext(StartKind::kRetry, now) || waiting_) return;
  if (beaten_) {
    waiting_ = Waiting{*std::exchange(beaten_, std::nullopt), now, now + times_.permit_max};
    return OnTime(now);
  }
  if (!MayPass(fault.kind)) return;
  const Nanos pause = fault.retry_after.value_or(std::chrono::duration_cast<std::chrono::milliseconds>(times_.back_off));
  if (pause > times_.retry_after_max) return;
  const Nanos at = now + std::max(pause, times_.back_off);
  waiting_ = Waiting{failed, at, at + times_.permit_max};
}

std::optional<std::size_t> Race::Latest() const {
  for (std::size_t lane = lanes_.size(); lane-- > 0;) {
    if (lanes_[lane].alive) return lane;
  }
  return std::nullopt;
}

std::optional<Nanos> Race::LateAt() const {
  const auto latest = Latest();
  if (!latest || waiting_ || next_candidate_ >= patience_.size() || static_cast<int>(lanes_.size()) >= kExchangesMax) return std::nullopt;
  const Lane& lane = lanes_[*latest];
  const bool may_hedge = !hedged_ && !hedge_refused_;
  if (leader_ == latest) return may_hedge ? std::optional(lane.last_heard + times_.stall) : std::nullopt;
  if (leader_) return std::nullopt;  // the leader is late, and another one is asked already
  if (may_hedge) return lane.last_heard + patience_[lane.candidate];
  if (tries_ < kTriesMax && !beside_refused_) return lane.last_heard + times_.first_token_max;
  return std::nullopt;
}

void Race::AskBeside(Nanos now) {
  if (!hedged_ && !hedge_refused_) {
    if (leader_ && host_.IsCommitted()) hedge_refused_ = true;
    else if (!StartNext(StartKind::kHedge, now)) hedge_refused_ = true;
  } else if (!StartNext(StartKind::kRetry, now)) {
    beside_refused_ = true;
    waiting_.reset();  // the one that runs may still answer
  }
}

void Race::OnTime(Nanos now) {
  if (end_ != End::kRunning) return;
  if (now >= began_ + times_.total) return Finish(End::kLate);
  if (waiting_ && now >= waiting_->at) {
    const Permit permit = host_.MayStart(waiting_->candidate, StartKind::kRetry);
    if (permit == Permit::kYes) {
      next_candidate_ = std::max(next_candidate_, waiting_->candidate + 1);
      StartAt(waiting_->candidate, StartKind::kRetry, now);
      waiting_.reset();
    } else if (permit == Permit::kNotNow && now < waiting_->until) {
      waiting_->at = now + times_.permit_again;
    } else {
      waiting_.reset();
      const bool goes_on = permit == Permit::kNo && (StartNext(StartKind::kRetry, now) || waiting_);
      if (!goes_on && !AnyAlive()) return Finish(End::kFailed);
    }
  }
  // Each round starts a lane or refuses one for good.
  for (auto late = LateAt(); late && now >= *late; late = LateAt()) AskBeside(now);
}

Nanos Race::NextTime() const {
  Nanos next = began_ + times_.total;
  if (waiting_) next = std::min(next, waiting_->at);
  if (const auto late = LateAt()) next = std::min(next, *late);
  return next;
}

bool Race::AnyAlive() const { return Latest().has_value(); }

void Race::CancelOthers(std::size_t lane, CancelReason reason) {
  for (std::size_t other = 0; other < lanes_.size(); ++other) {
    if (other == lane || !lanes_[other].alive) continue;
    lanes_[other].alive = false;
    if (reason == CancelReason::kBeaten) beaten_ = lanes_[other].candidate;
    host_.Cancel(other, reason);
  }
}

void Race::GiveUp() { CancelOthers(lanes_.size(), CancelReason::kGivenUp); }

void Race::Finish(End end) {
  end_ = end;
  GiveUp();
}

}  // namespace deepcabin::llm
