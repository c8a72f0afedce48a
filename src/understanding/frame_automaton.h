#pragma once
// Which token may come next in a frame: a capability, a place where it is, an op it can do, a value it takes. An impossible call cannot be
// written. Compiled once from the catalogue and the tokens of the weights file; bound to each text, as free text is copied from it.

#include <array>
#include <cstdint>
#include <vector>

#include "engine/grammar/spans.h"
#include "engine/grammar/token_automaton.h"
#include "understanding/frame_language.h"

namespace deepcabin::understanding {

// Immutable and thread-safe.
class FrameAutomaton {
 public:
  // kFailedPrecondition where the tokenizer lacks a symbol of the language; named conditions may be lacking, they are not written then.
  // Both outlive it.
  static Result<FrameAutomaton> Compile(const FrameLanguage& language, const engine::Tokenizer& tokenizer);

  const engine::Tokenizer& tokenizer() const { return *tokenizer_; }
  // The tokens of a sentence as parts: symbols one by one, text together. The end token is left out.
  FrameParts PartsOf(std::span<const engine::TokenId> tokens) const;

 private:
  friend class FrameSentence;
  using TokenId = engine::TokenId;

  // Numbers in hundredths, so that nothing is rounded; one unit may have two ranges.
  struct Range {
    TokenId unit = engine::kNoToken;
    std::int64_t low = 0, high = 0, step = 1;
  };
  struct OpTable {
    std::vector<TokenId> words;
    std::vector<Range> ranges, negative;  // negative: of the number after the sign
    bool free_value = false, needs_value = false;
  };
  struct CapabilityTable {
    std::vector<TokenId> zones, ops;
    bool slot_text = false, slot_to = false;
  };
  struct Marks {
    TokenId value, text, to, for_how_long, after, before, at, if_, once;
  };

  const OpTable& TableOf(std::uint32_t capability, std::uint32_t op) const { return op_tables_.at(capability * kOpCount + op); }
  void AddRanges(const OpRules& rules, OpTable& table) const;

  const engine::Tokenizer* tokenizer_ = nullptr;
  std::vector<std::uint64_t> capabilities_, starts_;  // masks: a call may begin; a frame may begin
  std::vector<std::int32_t> capability_of_, op_of_;   // by token; -1
  std::vector<CapabilityTable> capability_tables_;
  std::unordered_map<std::uint32_t, OpTable> op_tables_;
  OpTable duration_;
  std::vector<bool> is_zone_, is_word_, is_unit_;  // by token
  std::array<TokenId, 10> digits_{};
  TokenId point_ = engine::kNoToken, minus_ = engine::kNoToken;
  Marks marks_{};
  std::vector<TokenId> days_, repeats_, conditions_;
};

// The automaton for what was said in one turn. Both outlive it.
class FrameSentence final : public engine::TokenAutomaton {
 public:
  FrameSentence(const FrameAutomaton& automaton, std::string_view source);

  engine::AutomatonState Start() const override { return {}; }
  engine::Choice Next(const engine::AutomatonState& state, std::span<std::uint64_t> scratch) const override;
  engine::AutomatonState Advance(const engine::AutomatonState& state, engine::TokenId token) const override;

 private:
  using Mask = std::span<std::uint64_t>;
  using State = engine::AutomatonState;
  using TokenId = engine::TokenId;

  void AllowTail(const State& state, Mask mask) const;
  void AllowNumber(const State& state, Mask mask) const;
  void AllowClock(const State& state, Mask mask) const;
  const std::vector<FrameAutomaton::Range>& RangesFor(const State& state) const;
  State AfterTail(State state, TokenId token) const;
  State AfterNumber(State state, TokenId token) const;
  State AfterClock(State state, TokenId token) const;
  int DigitOf(TokenId token) const;

  const FrameAutomaton& a_;
  engine::Spans spans_;
  bool has_text_;
};

}  // namespace deepcabin::understanding
