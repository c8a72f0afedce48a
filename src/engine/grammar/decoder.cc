#include "engine/grammar/decoder.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

namespace deepcabin::engine {
namespace {

constexpr float kNever = -1.0e30F;  // stands for logits that are no numbers: any real one wins

// Computing a guess along with the token before it costs about half a step more than that token alone, so a guess has to be right about
// half of the time; the MTP block's own probability says how likely that is.
const float kGuessLogProbabilityMin = std::log(0.5F);

}  // namespace

double Decoded::Probability() const {
  double sum = 0;
  for (const float value : log_probabilities) sum += static_cast<double>(value);
  return std::exp(sum);
}

void Decoded::Clear() {
  tokens.clear();
  log_probabilities.clear();
  unmasked_probabilities.clear();
  chosen = steps = drafted = accepted = 0;
}

Decoder::Decoder(Session& session, const TokenAutomaton& automaton, const DecodeOptions& options)
    : session_(session), automaton_(automaton), options_(options), eos_(session.model().tokenizer().eos()),
      scratch_((session.model().config().vocab_size + 63) / 64) {
  options_.drafts = options.drafts && session.drafts();
  allowed_.reserve(session.model().config().vocab_size);
  pending_.reserve(options.tokens_max + 1);
  guess_.reserve(options.tokens_max + 1);
}

Status Decoder::Decode(Decoded& out) {
  DC_CHECK(session_.states() > 0);
  out.Clear();
  for (auto* list : {&out.log_probabilities, &out.unmasked_probabilities}) list->reserve(options_.tokens_max);
  out.tokens.reserve(options_.tokens_max);
  pending_.clear();
  is_done_ = false;
  state_ = automaton_.Start();
  DC_RETURN_IF_ERROR(EmitForced(out));
  while (!is_done_) {
    // A guess pays where one token waits to be read: it is read in the same batch. A longer forced run leaves the MTP block without the
    // state it would guess from.
    if (options_.drafts && pending_.size() == 1) {
      DC_RETURN_IF_ERROR(StepWithDraft(out));
    } else {
      DC_RETURN_IF_ERROR(StepPlainly(out));
    }
  }
  return {};
}

Result<Choice> Decoder::Ask(const AutomatonState& state) {
  if (!scratch_is_clean_) std::fill(scratch_.begin(), scratch_.end(), 0);
  Choice choice = automaton_.Next(state, scratch_);
  scratch_is_clean_ = choice.mask.data() != scratch_.data();
  if (choice.forced != kNoToken) return choice;
  int count = 0;
  for (std::size_t word = 0; word < choice.mask.size() && count < 2; ++word) {
    if (choice.mask[word] == 0) continue;
    count += std::popcount(choice.mask[word]);
    choice.forced = static_cast<TokenId>(word * 64) + std::countr_zero(choice.mask[word]);
  }
  if (count == 0) return Internal("the automaton allows no token");
  if (count > 1) choice.forced = kNoToken;
  return choice;
}

Decoder::Pick Decoder::Best(std::span<const float> logits, std::span<const std::uint64_t> mask) {
  Pick best;
  float largest = -INFINITY;
  allowed_.clear();
  for (std::size_t word = 0; word < scratch_.size() && word < mask.size(); ++word) {
    for (std::uint64_t bits = mask[word]; bits != 0; bits &= bits - 1) {
      const std::size_t token = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      if (token >= logits.size()) break;
      const float logit = std::isfinite(logits[token]) ? logits[token] : kNever;
      allowed_.push_back(logit);
      if (logit > largest) {
        largest = logit;
        best.token = static_cast<TokenId>(token);
      }
    }
  }
  best.log_probability = -std::log(session_.model().kernels().sum_exp(allowed_.data(), allowed_.size(), largest));
  return best;
}

Result<Decoder::Pick> Decoder::Choose(std::size_t index) {
  DC_ASSIGN_OR_RETURN(const Choice choice, Ask(state_));
  const auto logits = options_.unmasked ? session_.Logits(index) : session_.Logits(index, choice.mask);
  Pick pick = Best(logits, choice.mask);
  if (pick.token == kNoToken) return Internal("the automaton allows only tokens outside the vocabulary");
  if (options_.unmasked) {
    const float logit = logits[static_cast<std::size_t>(pick.token)];
    const float largest = *std::max_element(logits.begin(), logits.end());
    pick.unmasked = logit - largest - std::log(session_.model().kernels().sum_exp(logits.data(), logits.size(), largest));
  }
  return pick;
}

Status Decoder::Record(Decoded& out, TokenId token, float log_probability, float unmasked) {
  if (out.tokens.size() >= options_.tokens_max) {
    return ResourceExhausted(fmt::format("no end within {} tokens", options_.tokens_max));
  }
  out.tokens.push_back(token);
  out.log_probabilities.push_back(log_probability);
  if (options_.unmasked) out.unmasked_probabilities.push_back(unmasked);
  is_done_ = token == eos_;
  return {};
}

Status Decoder::EmitForced(Decoded& out) {
  while (!is_done_) {
    DC_ASSIGN_OR_RETURN(const Choice choice, Ask(state_));
    if (choice.forced == kNoToken) break;
    DC_RETURN_IF_ERROR(Record(out, choice.forced, 0, 0));
    if (is_done_) break;
    pending_.push_back(choice.forced);
    state_ = automaton_.Advance(state_, choice.forced);
  }
  return {};
}

Status Decoder::Emit(Decoded& out, const Pick& pick) {
  ++out.chosen;
  DC_RETURN_IF_ERROR(Record(out, pick.token, pick.log_probability, pick.unmasked));
  if (is_done_) return {};
  pending_.push_back(pick.token);
  state_ = automaton_.Advance(state_, pick.token);
  return EmitForced(out);
}

Status Decoder::StepPlainly(Decoded& out) {
  if (!pending_.empty()) {
    ++out.steps;
    DC_RETURN_IF_ERROR(session_.Append(pending_));
    pending_.clear();
  }
  DC_ASSIGN_OR_RETURN(const Pick pick, Choose(session_.states() - 1));
  return Emit(out, pick);
}

Status Decoder::Guess() {
  guess_.clear();
  DC_ASSIGN_OR_RETURN(Choice choice, Ask(state_));
  const Pick best = Best(session_.Draft(pending_[0], choice.mask), choice.mask);
  const TokenId guess = best.token;
  if (guess == kNoToken || guess == eos_ || !(best.log_probability >= kGuessLogProbabilityMin)) return {};
  AutomatonState state = automaton_.Advance(state_, guess);
  guess_.push_back(guess);
  const std::size_t room = std::min({session_.states_max(), session_.context_max() - session_.tokens().size(), options_.tokens_max});
  while (guess_.size() + 1 < room) {
    DC_ASSIGN_OR_RETURN(choice, Ask(state));
    if (choice.forced == kNoToken || choice.forced == eos_) break;
    guess_.push_back(choice.forced);
    state = automaton_.Advance(state, choice.forced);
  }
  if (guess_.size() + 1 > room) guess_.clear();
  return {};
}

Status Decoder::StepWithDraft(Decoded& out) {
  DC_RETURN_IF_ERROR(Guess());
  if (guess_.empty()) return StepPlainly(out);
  ++out.drafted;
  ++out.steps;
  const std::size_t guessed = guess_.size();
  pending_.insert(pending_.end(), guess_.begin(), guess_.end());
  DC_RETURN_IF_ERROR(session_.Append(pending_, guessed + 1));
  pending_.clear();
  DC_ASSIGN_OR_RETURN(const Pick pick, Choose(0));
  if (pick.token != guess_[0]) session_.Truncate(session_.tokens().size() - guessed);
  DC_RETURN_IF_ERROR(Emit(out, pick));
  if (pick.token != guess_[0]) return {};
  // The session has read the guess, and what was forced after it, already; what it could not hold stays pending.
  ++out.accepted;
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(std::min(guessed, pending_.size())));
  return {};
}

}  // namespace deepcabin::engine
