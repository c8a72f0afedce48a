#pragma once
// What a decoder asks of a language: which tokens may come next. Whoever knows the language (the room above) implements it; the engine
// only walks it.

#include <array>
#include <cstdint>
#include <span>

#include "engine/tokenizer.h"

namespace deepcabin::engine {

// A place in the language, meaning only something to its automaton. Small and copied freely: a draft is tried on a copy.
struct AutomatonState {
  std::array<std::uint32_t, 8> words{};
  bool operator==(const AutomatonState&) const = default;
};

struct Choice {
  // The only token that may come next: no model step is needed to know it. kNoToken where there are several.
  TokenId forced = kNoToken;
  // Otherwise bit t says whether token t may; at least one is set. Belongs to the automaton, or is the scratch it was given.
  std::span<const std::uint64_t> mask{};
};

// Thread-safe, as it does not change. The language is finite or ends by itself: the decoder stops at the end token, which is the last
// choice of every sentence.
class TokenAutomaton {
 public:
  virtual ~TokenAutomaton() = default;
  virtual AutomatonState Start() const = 0;
  // `scratch` has a bit for every token of the vocabulary and is all zero; an automaton without a ready mask for this state sets bits
  // there.
  virtual Choice Next(const AutomatonState& state, std::span<std::uint64_t> scratch) const = 0;
  // `token` is one that Next allows.
  virtual AutomatonState Advance(const AutomatonState& state, TokenId token) const = 0;
};

}  // namespace deepcabin::engine
