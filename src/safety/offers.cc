#include "safety/offers.h"

#include <fmt/format.h>

#include "safety/sha256.h"

namespace deepcabin::safety {
namespace {

constexpr double kFastKmh = 80;  // the one speed at which rules differ (P07)

// Everything the policy looks at, as one word. A change of it is a changed situation: the yes was given to another one.
std::string StateText(const PolicyState& s) {
  return fmt::format("{}{}{}{}{}{}{}{}{}{}{}", static_cast<int>(s.motion), s.speed_kmh > kFastKmh, s.dark, s.raining, s.child_present,
                     s.child_in_row1_right, s.window_lock, s.anti_pinch, s.power_on, s.crashed, s.cruise_active);
}

// Lengths stand before the texts, so that no text can pass for the border between two.
std::string Bind(const OfferDraft& draft, std::string_view calls, const PolicyState& state) {
  return Sha256Hex(fmt::format("{}:{}|{}|{}|{}|{}:{}|{}", draft.session.size(), draft.session, static_cast<int>(draft.speaker),
                               static_cast<int>(draft.kind), draft.by_driver, calls.size(), calls, StateText(state)));
}

bool MayAnswer(const OfferDraft& draft, const OfferAnswer& answer) {
  if (answer.touched) return true;
  if (draft.kind == DecisionKind::kConfirmTouch) return false;
  if (answer.speaker == Zone::kRow1Left) return true;  // the driver may always say yes
  return !draft.by_driver && IsSeat(answer.speaker) && answer.speaker == draft.speaker;
}

}  // namespace

Status Offers::AllowPrompt(const OfferDraft& draft, const PolicyState& state) {
  if (state.motion == Motion::kParked) return {};
  const Nanos now = clock_.Now();
  while (!prompts_moving_.empty() && now - prompts_moving_.front() >= std::chrono::seconds(60)) prompts_moving_.pop_front();
  const auto blocked = blocked_until_.find(draft.safety);
  if (blocked != blocked_until_.end() && now < blocked->second) {
    return ResourceExhausted(fmt::format("no more questions about {} for a minute", SafetyClassName(draft.safety)));
  }
  if (prompts_moving_.size() >= kPromptsPerMinuteMoving) {
    blocked_until_[draft.safety] = now + kPromptBlockTime;
    return ResourceExhausted(fmt::format("more than {} questions a minute while driving", kPromptsPerMinuteMoving));
  }
  prompts_moving_.push_back(now);
  return {};
}

Result<Offer> Offers::Make(OfferDraft draft, const PolicyState& state) {
  if (draft.kind != DecisionKind::kConfirm && draft.kind != DecisionKind::kConfirmTouch) {
    return InvalidArgument(fmt::format("a decision {} is no question", DecisionKindName(draft.kind)));
  }
  const std::lock_guard lock(mutex_);
  by_session_.erase(draft.session);
  std::erase_if(by_session_, [&](const auto& entry) { return clock_.Now() >= entry.second.expires; });
  if (by_session_.size() >= kOpenOffersMax) return ResourceExhausted(fmt::format("{} questions are open", kOpenOffersMax));
  DC_RETURN_IF_ERROR(AllowPrompt(draft, state));
  Offer offer;
  offer.id = fmt::format("offer-{}", next_id_++);
  offer.hash = Bind(draft, draft.binding, state);
  offer.created = clock_.Now();
  offer.expires = offer.created + kOfferLife;
  offer.draft = std::move(draft);
  by_session_[offer.draft.session] = offer;
  return offer;
}

std::optional<Offer> Offers::Open(std::string_view session, const PolicyState& state) {
  const std::lock_guard lock(mutex_);
  const auto it = by_session_.find(session);
  if (it == by_session_.end()) return std::nullopt;
  const Offer& offer = it->second;
  if (clock_.Now() >= offer.expires || Bind(offer.draft, offer.draft.binding, state) != offer.hash) {
    by_session_.erase(it);
    return std::nullopt;
  }
  return offer;
}

Result<Offer> Offers::Accept(const OfferAnswer& answer, const PolicyState& state) {
  const std::lock_guard lock(mutex_);
  const auto it = by_session_.find(answer.session);
  if (it == by_session_.end()) return NotFound("no question is open");
  Offer offer = it->second;
  if (clock_.Now() >= offer.expires) {
    by_session_.erase(it);
    return Error{ErrorCode::kDeadlineExceeded, fmt::format("{} has lapsed after {} s", offer.id, kOfferLife.count())};
  }
  if (Bind(offer.draft, answer.binding, state) != offer.hash) {
    by_session_.erase(it);
    return FailedPrecondition(fmt::format("{}: the car's state or the calls are not those that were asked about", offer.id));
  }
  if (!MayAnswer(offer.draft, answer)) {
    return PermissionDenied(offer.draft.kind == DecisionKind::kConfirmTouch
                                ? fmt::format("{} needs a touch on the driver's display", offer.id)
                                : fmt::format("{} cannot be answered from there", offer.id));
  }
  by_session_.erase(it);
  return offer;
}

bool Offers::Close(std::string_view session) {
  const std::lock_guard lock(mutex_);
  const auto it = by_session_.find(session);
  if (it == by_session_.end()) return false;
  by_session_.erase(it);
  return true;
}

}  // namespace deepcabin::safety
