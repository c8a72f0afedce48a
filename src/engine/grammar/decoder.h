#pragma once
// Greedy decoding inside a language: the likeliest token among those the automaton allows, until the end token.
//
// Three things make it fast. A forced token costs no step: it is appended together with the next token that had to be chosen. Only the
// rows of the head that are allowed are multiplied. And where the model has an MTP block, a second token is guessed and computed in the
// same batch as the first; when the main model would have chosen it as well, a step is saved, and the result is the same either way.

#include <vector>

#include "engine/grammar/token_automaton.h"
#include "engine/model/session.h"

namespace deepcabin::engine {

struct DecodeOptions {
  std::size_t tokens_max = 256;  // kResourceExhausted when the end token has not come by then
  bool drafts = true;            // guess with the MTP block, where the session keeps it ready
  // Also take each chosen token's probability among all tokens, allowed or not: the mask hides doubt, this shows it. Costs the full head.
  bool unmasked = false;
};

struct Decoded {
  std::vector<TokenId> tokens;                // with the end token
  std::vector<float> log_probabilities;       // of each token among those allowed; 0 for forced ones
  std::vector<float> unmasked_probabilities;  // logarithms, of each chosen token among all; 0 for forced ones. Empty unless asked for.
  std::size_t chosen = 0;                     // tokens that were not forced
  std::size_t steps = 0;                      // batches through the model, that of the context apart
  std::size_t drafted = 0;
  std::size_t accepted = 0;

  // exp of the sum: the probability of the sentence within the language.
  double Probability() const;
  void Clear();
};

class Decoder {
 public:
  // Both must outlive the decoder; `automaton` is for the session's vocabulary.
  Decoder(Session& session, const TokenAutomaton& automaton, const DecodeOptions& options = {});

  // Continues the session's context, of which one state must be there. `out` is cleared and filled; reused, it does not allocate.
  // kResourceExhausted where the context or tokens_max is exceeded, kInternal where the automaton allows nothing.
  Status Decode(Decoded& out);

 private:
  struct Pick {
    TokenId token = kNoToken;
    float log_probability = 0;
    float unmasked = 0;
  };

  // What may come next in `state`; a mask with a single token counts as forced. kInternal where nothing may.
  Result<Choice> Ask(const AutomatonState& state);
  // The likeliest allowed token by the session's state `index`.
  Result<Pick> Choose(std::size_t index);
  Pick Best(std::span<const float> logits, std::span<const std::uint64_t> mask);
  Status Emit(Decoded& out, const Pick& pick);
  Status EmitForced(Decoded& out);
  Status Record(Decoded& out, TokenId token, float log_probability, float unmasked);
  Status StepPlainly(Decoded& out);
  Status StepWithDraft(Decoded& out);
  // Fills guess_ with a drafted token and what is forced after it; empty where a guess cannot save a step.
  Status Guess();

  Session& session_;
  const TokenAutomaton& automaton_;
  DecodeOptions options_;
  TokenId eos_;
  std::vector<std::uint64_t> scratch_;
  bool scratch_is_clean_ = true;
  std::vector<float> allowed_;  // logits of the allowed tokens, side by side

  // The sentence so far: state_ is where the automaton stands and not forced, pending_ the tokens that the session has not read yet.
  AutomatonState state_;
  std::vector<TokenId> pending_;
  std::vector<TokenId> guess_;
  bool is_done_ = false;
};

}  // namespace deepcabin::engine
