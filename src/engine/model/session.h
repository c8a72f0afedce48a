#pragma once
// One running context of a model: the tokens it has read, what the layers remember of them, and the states that predict what comes next.
// Everything is allocated by Create; after that nothing allocates. Not thread-safe; many sessions may share one model.

#include <memory>
#include <span>
#include <vector>

#include "engine/model/block.h"
#include "engine/model/weights.h"

namespace deepcabin::engine {

struct SessionOptions {
  std::size_t context_max = 512;  // tokens; at most the model's own context length
  std::size_t batch_max = 128;    // tokens computed at once; longer input goes in parts
  // Keep the memory of the MTP block up to date, where the model has one, so that Draft may be called. Reading a prompt then takes
  // 30 % longer: it pays for long outputs only (docs/engine.md), so it is off unless asked for.
  bool drafts = false;
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> Create(const Model& model, const SessionOptions& options = {});

  // Makes `tokens` the context. What it has in common with the present one from the start is kept and not computed again; at least the
  // last token is. Afterwards one state is there: that of the last token. kResourceExhausted beyond context_max, kInvalidArgument for a
  // token outside the vocabulary or no token at all.
  Status SetContext(std::span<const TokenId> tokens);
  // Appends tokens (at least one). Afterwards the states of the last `states` of them are there, oldest first.
  Status Append(std::span<const TokenId> tokens, std::size_t states = 1);
  // Forgets all tokens from position `length` on. States that are there stay.
  void Truncate(std::size_t length);

  std::span<const TokenId> tokens() const { return {tokens_.data(), length_}; }
  std::size_t context_max() const { return tokens_.size(); }
  // The most states that Append gives.
  std::size_t states_max() const { return work_.rows_max; }
  std::size_t states() const { return states_; }

  // Logits after state `index`. With a mask (bit t: token t is wanted) only groups of 16 tokens that hold a wanted one are computed; the
  // others are left as they were. The result belongs to the session and lasts until the next call.
  std::span<const float> Logits(std::size_t index);
  std::span<const float> Logits(std::size_t index, std::span<const std::uint64_t> mask);

  // Logits of the token after `next`, where `next` follows the last token of the context but is not in it: a guess at a seventh of the
  // cost (the MTP block). Needs drafts() and at least one state.
  std::span<const float> Draft(TokenId next, std::span<const std::uint64_t> mask);
  bool drafts() const { return drafts_; }

  const Model& model() const { return model_; }

 private:
  Session(const Model& model, std::size_t context_max, std::size_t batch_max, bool drafts);
  void Run(std::span<const TokenId> tokens, std::size_t states);
  void Remember(std::span<const TokenId> tokens);
  void MtpInput(TokenId next, const float* hidden, float* out);
  std::span<const float> HeadLogits(const float* hidden, const std::vector<float>& norm, std::span<const std::uint64_t> mask);

  const Model& model_;
  bool drafts_;
  Workspace work_;
  std::vector<LayerCache> caches_;
  std::vector<LayerCache> mtp_cache_;  // one, or none
  std::vector<TokenId> tokens_;
  std::size_t length_ = 0;
  std::size_t states_ = 0;

  Buffer<float> hidden_;  // [batch][dim_stride], what goes through the blocks
  Buffer<float> kept_;    // the last state of each context token, before the final norm: [context][dim_stride]; with drafts only
  Buffer<float> state_rows_;
  Buffer<float> mtp_pairs_;  // [batch][2 dim]
  Buffer<float> mtp_rows_;
  Buffer<float> normed_;
  Activations head_input_;
  Buffer<float> logits_;
};

}  // namespace deepcabin::engine
