#include "agent/proposals/proposer.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

namespace deepcabin::agent {
namespace {

constexpr std::chrono::hours kHour{1};

InputValue ToInput(const std::optional<Value>& value) {
  InputValue input;
  if (!value) return input;
  if (const auto number = AsNumber(*value)) {
    input.known = std::isfinite(*number);
    input.number = *number;
  } else if (const auto* text = std::get_if<std::string>(&*value)) {
    input.known = input.is_text = true;
    input.text = *text;
  }
  return input;
}

void Forget(std::deque<Nanos>& times, Nanos now) {
  while (!times.empty() && now - times.front() >= kHour) times.pop_front();
}

}  // namespace

OrderedJson ProposalToJson(const Proposal& proposal, const Catalogue& catalogue) {
  OrderedJson json = {{"id", proposal.id}, {"rule", proposal.rule},       {"to", ZoneName(proposal.to)},  {"zh", proposal.zh},
                      {"en", proposal.en}, {"unasked", proposal.unasked}, {"priority", proposal.priority}};
  json["expires_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(proposal.expires - proposal.made).count();
  json["calls"] = OrderedJson::array();
  for (const Call& call : proposal.calls) json["calls"].push_back(CallToJson(call, catalogue));
  return json;
}

Proposer::Proposer(const Rulebook& rulebook, const Clock& clock, ProposalSink sink, ProposerOptions options)
    : rulebook_(rulebook), clock_(clock), sink_(std::move(sink)), options_(options), inputs_(rulebook.inputs().size()),
      rules_of_input_(rulebook.inputs().size()) {
  for (const ProposalRule& rule : rulebook.rules()) {
    for (const InputIndex input : rule.inputs) rules_of_input_[input].push_back(states_.size());
    states_.emplace_back(rule);
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (const SignalId signal = rulebook.inputs()[i].signal; signal != kNoId) {
      inputs_of_signal_[signal].push_back(static_cast<InputIndex>(i));
    }
  }
}

std::vector<SignalId> Proposer::signals() const {
  std::vector<SignalId> signals;
  for (const auto& [signal, inputs] : inputs_of_signal_) signals.push_back(signal);
  std::sort(signals.begin(), signals.end());
  return signals;
}

void Proposer::OnSignals(std::span<const vehicle::Update> updates) {
  Happened happened;
  {
    const std::lock_guard lock(mutex_);
    for (const vehicle::Update& update : updates) {
      const auto it = inputs_of_signal_.find(update.signal);
      if (it == inputs_of_signal_.end()) continue;
      for (const InputIndex input : it->second) SetInput(input, update.datapoint.current, happened);
    }
    Dispatch(happened);
  }
  Emit(happened);
}

Status Proposer::SetFact(std::string_view name, const std::optional<Value>& value) {
  const auto it = rulebook_.names().by_name.find(name);
  if (it == rulebook_.names().by_name.end() || it->second <= kWorkdayInput || rulebook_.inputs()[it->second].signal != kNoId) {
    return NotFound(fmt::format("no proposal asks for a fact \"{:.60}\"", name));
  }
  const bool wants_text = rulebook_.inputs()[it->second].type == DataType::kString;
  if (value && (!ToInput(value).known || wants_text != ToInput(value).is_text)) {
    return InvalidArgument(fmt::format("the fact {} is {}", name, wants_text ? "text" : "a number"));
  }
  Happened happened;
  {
    const std::lock_guard lock(mutex_);
    SetInput(it->second, value, happened);
    Dispatch(happened);
  }
  Emit(happened);
  return {};
}

void Proposer::SetBusy(bool busy) {
  Happened happened;
  {
    const std::lock_guard lock(mutex_);
    busy_ = busy;
    Dispatch(happened);
  }
  Emit(happened);
}

void Proposer::Tick() {
  Happened happened;
  {
    const std::lock_guard lock(mutex_);
    SetTime(happened);
    const Nanos now = clock_.Now();
    for (RuleState& state : states_) {
      if (state.condition.wake() <= now) Evaluate(state, now, happened);
      if (state.rule->again && state.holds && !state.pending && now >= state.next_allowed) state.pending = true;
    }
    for (auto it = open_.begin(); it != open_.end();) {
      if (now < it->expires) {
        ++it;
        continue;
      }
      for (RuleState& state : states_) {
        if (state.rule->name == it->rule && !it->calls.empty()) Learn(state, ProposalAnswer::kExpired);
      }
      happened.emplace_back(std::move(*it), ProposalEvent::kExpired);
      it = open_.erase(it);
    }
    pending_ = static_cast<std::size_t>(std::count_if(states_.begin(), states_.end(), [](const RuleState& s) { return s.pending; }));
    Dispatch(happened);
  }
  Emit(happened);
}

Result<Proposal> Proposer::Answer(std::string_view id, ProposalAnswer answer) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(open_.begin(), open_.end(), [&](const Proposal& p) { return p.id == id; });
  if (it == open_.end() || clock_.Now() >= it->expires) return NotFound(fmt::format("no proposal \"{:.40}\" is open", id));
  Proposal proposal = std::move(*it);
  open_.erase(it);
  for (RuleState& state : states_) {
    if (state.rule->name == proposal.rule) Learn(state, answer);
  }
  return proposal;
}

std::vector<Proposal> Proposer::Open() const {
  const std::lock_guard lock(mutex_);
  std::vector<Proposal> open = open_;
  std::stable_sort(open.begin(), open.end(), [](const Proposal& a, const Proposal& b) { return a.priority > b.priority; });
  return open;
}

Json Proposer::Learned() const {
  const std::lock_guard lock(mutex_);
  Json json = Json::object();
  for (const RuleState& s : states_) {
    if (s.yes + s.no + s.expired == 0) continue;
    json[s.rule->name] = {{"yes", s.yes}, {"no", s.no}, {"expired", s.expired}, {"factor", s.factor}};
  }
  return json;
}

Status Proposer::SetLearned(const Json& json) {
  if (!json.is_object()) return InvalidArgument("what was learned is an object of rules");
  const std::lock_guard lock(mutex_);
  for (RuleState& s : states_) {
    const auto it = json.find(s.rule->name);
    if (it == json.end()) continue;
    const auto number = [&](const char* key, double otherwise) {
      return it->is_object() && it->contains(key) && (*it)[key].is_number() ? (*it)[key].get<double>() : otherwise;
    };
    const auto count = [&](const char* key) { return static_cast<int>(std::clamp(number(key, 0), 0.0, 1e6)); };
    s.yes = count("yes");
    s.no = count("no");
    s.expired = count("expired");
    s.factor = std::clamp(number("factor", 1), 1.0, s.rule->priority >= kUrgentPriority ? kFactorMaxUrgent : kFactorMax);
  }
  return {};
}

void Proposer::SetInput(InputIndex input, const std::optional<Value>& value, Happened& happened) {
  InputValue now = ToInput(value);
  InputValue& before = inputs_[input];
  if (now.known == before.known && now.number == before.number && now.text == before.text) return;
  before = std::move(now);
  const Nanos at = clock_.Now();
  for (const std::size_t rule : rules_of_input_[input]) Evaluate(states_[rule], at, happened);
}

void Proposer::Evaluate(RuleState& state, Nanos now, Happened& happened) {
  const bool holds = state.condition.Evaluate(inputs_, now);
  if (holds == state.holds) return;
  state.holds = holds;
  if (state.pending != holds) pending_ += holds ? 1 : -1;
  state.pending = holds;
  if (holds) return;
  const auto it = std::find_if(open_.begin(), open_.end(), [&](const Proposal& p) { return p.rule == state.rule->name; });
  if (it == open_.end()) return;
  happened.emplace_back(std::move(*it), ProposalEvent::kWithdrawn);
  open_.erase(it);
}

void Proposer::SetTime(Happened& happened) {
  const auto wall = clock_.WallTime() + options_.utc_offset.value_or(std::chrono::minutes(0));
  const std::time_t seconds = std::chrono::system_clock::to_time_t(wall);
  std::tm local{};
  if (options_.utc_offset) gmtime_r(&seconds, &local);
  else localtime_r(&seconds, &local);
  const int minute = (local.tm_wday * 24 + local.tm_hour) * 60 + local.tm_min;  // of the week: the clock may jump by hours
  if (minute == minute_) return;
  minute_ = minute;
  SetInput(kTimeInput, Value(static_cast<double>(local.tm_hour * 60 + local.tm_min)), happened);
  SetInput(kWorkdayInput, Value(local.tm_wday != 0 && local.tm_wday != 6), happened);
}

bool Proposer::MayMake(RuleState& state, Nanos now) {
  const ProposalRule& rule = *state.rule;
  if (now < state.next_allowed) return false;
  Forget(state.made, now);
  if (state.made.size() >= static_cast<std::size_t>(rule.per_hour)) return false;
  if (rule.quiet) {
    const InputValue& time = inputs_[kTimeInput];
    const auto [from, to] = *rule.quiet;
    if (!time.known) return false;
    if (from <= to ? time.number >= from && time.number < to : time.number >= from || time.number < to) return false;
  }
  if (rule.unasked) return true;  // it asks nothing, so no number of open questions holds it up
  if (rule.priority >= kUrgentPriority) return open_.size() < options_.open_max;
  Forget(made_, now);
  if (!open_.empty() || made_.size() >= static_cast<std::size_t>(options_.per_hour_max)) return false;
  return made_.empty() || now - made_.back() >= options_.gap;
}

void Proposer::Dispatch(Happened& happened) {
  if (pending_ == 0 || busy_) return;
  const Nanos now = clock_.Now();
  for (RuleState& state : states_) {  // highest priority first
    if (!state.pending || !MayMake(state, now)) continue;
    state.pending = false;
    --pending_;
    Proposal proposal = Make(state, now);
    if (!proposal.unasked) open_.push_back(proposal);
    happened.emplace_back(std::move(proposal), ProposalEvent::kMade);
  }
}

Proposal Proposer::Make(RuleState& state, Nanos now) {
  const ProposalRule& rule = *state.rule;
  state.next_allowed = now + std::chrono::duration_cast<Nanos>(rule.cooldown * state.factor);
  state.made.push_back(now);
  if (rule.priority < kUrgentPriority) made_.push_back(now);
  Proposal proposal{.id = fmt::format("proposal-{}", next_id_++),
                    .rule = rule.name,
                    .to = rule.to,
                    .zh = Say(rule.zh),
                    .en = Say(rule.en),
                    .calls = rule.calls,
                    .unasked = rule.unasked,
                    .priority = rule.priority,
                    .made = now,
                    .expires = now + rule.expires};
  for (std::size_t i = 0; i < proposal.calls.size(); ++i) {
    if (!rule.value_from[i] || !inputs_[*rule.value_from[i]].known) continue;
    const InputValue& value = inputs_[*rule.value_from[i]];
    proposal.calls[i].value = value.is_text ? SpokenValue(value.text) : SpokenValue(value.number);
  }
  return proposal;
}

std::string Proposer::Say(const SayText& text) const {
  std::string said;
  for (const SayPart& part : text) {
    said += part.text;
    if (part.input == kNoInput) continue;
    const InputValue& value = inputs_[part.input];
    if (!value.known) said += "?";
    else if (value.is_text) said += value.text;
    else said += fmt::format("{}", std::round(value.number / part.divisor * 10) / 10);
  }
  return said;
}

// A no doubles the wait, a yes halves it again, silence makes it a little longer. The wait that has begun counts anew.
void Proposer::Learn(RuleState& state, ProposalAnswer answer) {
  const Nanos began = state.next_allowed - std::chrono::duration_cast<Nanos>(state.rule->cooldown * state.factor);
  const double change = answer == ProposalAnswer::kYes ? 0.5 : answer == ProposalAnswer::kNo ? 2 : 1.25;
  const double most = state.rule->priority >= kUrgentPriority ? kFactorMaxUrgent : kFactorMax;
  state.factor = std::clamp(state.factor * change, 1.0, most);
  state.next_allowed = began + std::chrono::duration_cast<Nanos>(state.rule->cooldown * state.factor);
  ++(answer == ProposalAnswer::kYes ? state.yes : answer == ProposalAnswer::kNo ? state.no : state.expired);
}

void Proposer::Emit(const Happened& happened) const {
  for (const auto& [proposal, event] : happened) sink_(proposal, event);
}

}  // namespace deepcabin::agent
