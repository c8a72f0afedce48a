#include "llm/health.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace deepcabin::llm {
namespace {

constexpr double kLatencyWeight = 0.2, kErrorWeight = 0.1;  // of the newest in the moving averages
constexpr double kJitter = 0.2;                             // of a pause, so that cars do not come back all at once
constexpr std::chrono::seconds kProvenFor{60};
constexpr std::chrono::minutes kRetryAfterMax{10}, kLatencyGoodFor{10};

}  // namespace

std::string_view BreakerName(Breaker breaker) {
  switch (breaker) {
    case Breaker::kClosed: return "closed";
    case Breaker::kOpen: return "open";
    case Breaker::kProbe: return "probe";
  }
  return "";
}

Health::State& Health::At(std::string_view endpoint) {
  const auto found = states_.find(endpoint);
  return found != states_.end() ? found->second : states_.emplace(endpoint, State{}).first->second;
}

Nanos Health::PatienceFor(const State& state) const {
  if (state.latencies_ms.size() < kLatenciesEnough) return patience_.unmeasured;
  std::vector<double> sorted(state.latencies_ms.begin(), state.latencies_ms.end());
  const auto p95 = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() * 95 / 100);
  std::nth_element(sorted.begin(), p95, sorted.end());
  return std::clamp(Nanos(static_cast<std::int64_t>(*p95 * 1e6)), patience_.shortest, patience_.longest);
}

double Health::ErrorShare(const State& state) const {
  return state.error_share * std::exp2(-std::chrono::duration<double>(clock_.Now() - state.last_end).count() / 60);
}

EndpointHealth Health::View(std::string_view endpoint) const {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(endpoint);
  if (found == states_.end()) return {.patience = patience_.unmeasured};
  const State& s = found->second;
  const Nanos now = clock_.Now();
  EndpointHealth view{.error_share = ErrorShare(s), .patience = PatienceFor(s)};
  if (now - s.last_good <= kLatencyGoodFor) view.first_token_ms = s.first_token_ms;  // else it would never get the chance to be faster
  view.proven = !s.open && s.failures_in_a_row == 0 && s.last_good > Nanos(0) && now - s.last_good <= kProvenFor;
  if (s.open) {
    view.breaker = now < s.open_until || s.probing ? Breaker::kOpen : Breaker::kProbe;
    view.pause_left = std::max(Nanos(0), s.open_until - now);
    view.why = s.why;
  }
  return view;
}

Health::Entry Health::Enter(std::string_view endpoint) {
  const std::lock_guard lock(mutex_);
  State& s = At(endpoint);
  if (!s.open) return Entry::kYes;
  if (s.probing || clock_.Now() < s.open_until) return Entry::kNo;
  s.probing = true;
  return Entry::kProbe;
}

void Health::FirstToken(std::string_view endpoint, Nanos after) {
  const std::lock_guard lock(mutex_);
  State& s = At(endpoint);
  Measure(s, after);
  s.last_good = clock_.Now();
}

void Health::Measure(State& s, Nanos first_token) {
  const double ms = std::chrono::duration<double, std::milli>(first_token).count();
  s.latencies_ms.push_back(ms);
  if (s.latencies_ms.size() > kLatenciesKept) s.latencies_ms.pop_front();
  s.first_token_ms = s.first_token_ms == 0 ? ms : s.first_token_ms + kLatencyWeight * (ms - s.first_token_ms);
}

void Health::Late(std::string_view endpoint, Nanos waited) {
  {
    const std::lock_guard lock(mutex_);
    Measure(At(endpoint), waited);
  }
  Failed(endpoint, {FaultKind::kSilent, 0, {}, {}});
}

void Health::Succeeded(std::string_view endpoint) {
  const std::lock_guard lock(mutex_);
  State& s = At(endpoint);
  s.failures_in_a_row = 0;
  s.error_share = ErrorShare(s) * (1 - kErrorWeight);
  s.last_good = s.last_end = clock_.Now();
  if (s.open) s.failed.clear();  // a new start: old failures would open it again at the next one
  s.failed.push_back(false);
  if (s.failed.size() > kOutcomesKept) s.failed.pop_front();
  s.open = s.probing = s.by_settings = false;
  s.pauses = 0;
  s.open_until = Nanos(0);
}

void Health::Failed(std::string_view endpoint, const Fault& fault) {
  const std::lock_guard lock(mutex_);
  State& s = At(endpoint);
  s.error_share = ErrorShare(s);
  s.error_share += kErrorWeight * (1 - s.error_share);
  s.last_end = clock_.Now();
  s.failed.push_back(true);
  if (s.failed.size() > kOutcomesKept) s.failed.pop_front();
  ++s.failures_in_a_row;
  if (fault.kind == FaultKind::kBadKey || fault.kind == FaultKind::kNoFunds) {
    s.by_settings = true;
    return Open(s, kSettingsPause, fault.kind == FaultKind::kBadKey ? "its key is refused" : "its account is empty");
  }
  if (fault.retry_after) {
    const Nanos wish = std::clamp<Nanos>(*fault.retry_after, Nanos(0), kRetryAfterMax);
    return Open(s, wish, "it asked to be left alone for a while");
  }
  const auto failures = static_cast<std::size_t>(std::count(s.failed.begin(), s.failed.end(), true));
  const bool half_failed = s.failed.size() == kOutcomesKept && failures * 2 >= kOutcomesKept;
  if (!s.probing && s.failures_in_a_row < kFailuresInARowMax && !half_failed) return;
  if (s.open && !s.probing) return;  // began before the breaker opened: it is open already
  const Nanos pause = std::min<Nanos>(kLongestPause, kFirstPause * (1 << std::min(s.pauses, 4)));
  ++s.pauses;
  const Nanos jitter(static_cast<std::int64_t>(static_cast<double>(pause.count()) * kJitter * random_.Uniform()));
  std::string why = s.failures_in_a_row >= kFailuresInARowMax ? fmt::format("it failed {} times in a row", s.failures_in_a_row)
                                                              : fmt::format("{} of its last {} answers failed", failures, s.failed.size());
  Open(s, std::min<Nanos>(kLongestPause, pause + jitter), std::move(why));
}

void Health::Open(State& state, Nanos pause, std::string why) {
  state.open = true;
  state.probing = false;
  state.open_until = std::max(state.open_until, clock_.Now() + pause);
  state.why = std::move(why);
}

void Health::Abandoned(std::string_view endpoint) {
  const std::lock_guard lock(mutex_);
  At(endpoint).probing = false;
}

void Health::ForgetFaultsOfSettings() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, state] : states_) {
    if (state.by_settings) state = {};
  }
}

TryBudget::Second& TryBudget::Now() {
  const std::int64_t second = std::chrono::duration_cast<std::chrono::seconds>(clock_.Now()).count();
  while (!window_.empty() && window_.front().at <= second - kTryWindow.count()) window_.pop_front();
  if (window_.empty() || window_.back().at != second) window_.push_back({.at = second});
  return window_.back();
}

bool TryBudget::HasRoom() const {
  int requests = 0, extra = 0;
  for (const Second& second : window_) {
    requests += second.requests;
    extra += second.extra;
  }
  return extra + 1 <= kExtraTries * requests + kExtraFloor;
}

void TryBudget::Request() {
  const std::lock_guard lock(mutex_);
  ++Now().requests;
  purse_ = std::min<double>(kExtraFloor, purse_ + kExtraHedges);
}

bool TryBudget::Extra(bool proven) {
  const std::lock_guard lock(mutex_);
  Second& now = Now();
  if (!proven && !HasRoom()) return false;
  ++now.extra;
  return true;
}

bool TryBudget::Hedge() {
  const std::lock_guard lock(mutex_);
  Second& now = Now();
  if (purse_ < 1 || !HasRoom()) return false;
  purse_ -= 1;
  ++now.extra;
  return true;
}

}  // namespace deepcabin::llm
