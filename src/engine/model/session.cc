#include "engine/model/session.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace deepcabin::engine {
namespace {

// Whether any token of a group of 16 is in the mask.
bool IsWanted(std::span<const std::uint64_t> mask, std::size_t group) {
  return (mask[group * kRowGroup / 64] >> (group * kRowGroup % 64) & 0xFFFF) != 0;
}

}  // namespace

Result<std::unique_ptr<Session>> Session::Create(const Model& model, const SessionOptions& options) {
  const std::size_t context = std::min(options.context_max, model.config().context_length);
  if (context == 0 || options.batch_max == 0) return InvalidArgument("a session needs room for one token at least");
  try {
    return std::unique_ptr<Session>(new Session(model, context, std::min(options.batch_max, context), options.drafts && model.has_mtp()));
  } catch (const std::bad_alloc&) {
    return ResourceExhausted(fmt::format("no memory for a session of {} tokens", context));
  }
}

Session::Session(const Model& model, std::size_t context_max, std::size_t batch_max, bool drafts)
    : model_(model), drafts_(drafts), work_(model.config(), batch_max, context_max), tokens_(context_max),
      hidden_(batch_max * work_.dim_stride), kept_(drafts ? context_max * work_.dim_stride : 0), state_rows_(batch_max * work_.dim_stride),
      mtp_pairs_(drafts ? batch_max * 2 * model.config().dim : 0), mtp_rows_(drafts ? batch_max * work_.dim_stride : 0),
      normed_(work_.dim_stride), head_input_(1, model.config().dim), logits_(RoundUp(model.config().vocab_size, kRowGroup)) {
  for (std::size_t i = 0; i < model.config().n_layers; ++i) caches_.emplace_back(model.config(), context_max);
  if (drafts) mtp_cache_.emplace_back(model.config(), context_max);
}

Status Session::SetContext(std::span<const TokenId> tokens) {
  if (tokens.empty()) return InvalidArgument("the context is empty");
  std::size_t common = 0;
  const std::size_t most = std::min(length_, tokens.size() - 1);
  while (common < most && tokens_[common] == tokens[common]) ++common;
  Truncate(common);
  return Append(tokens.subspan(common));
}

Status Session::Append(std::span<const TokenId> tokens, std::size_t states) {
  if (tokens.empty() || states == 0 || states > std::min(tokens.size(), work_.rows_max)) {
    return InvalidArgument(fmt::format("{} states of {} tokens", states, tokens.size()));
  }
  if (tokens.size() > tokens_.size() - length_) {
    return ResourceExhausted(fmt::format("{} tokens and {} more exceed the context of {}", length_, tokens.size(), tokens_.size()));
  }
  for (const TokenId token : tokens) {
    if (token < 0 || static_cast<std::size_t>(token) >= model_.config().vocab_size) {
      return InvalidArgument(fmt::format("token {} is outside the vocabulary of {}", token, model_.config().vocab_size));
    }
  }
  // Parts of at most a batch; the last one is long enough to hold all wanted states.
  while (!tokens.empty()) {
    std::size_t count = std::min(tokens.size(), work_.rows_max);
    if (count < tokens.size() && tokens.size() - count < states) count = tokens.size() - states;
    Run(tokens.first(count), count == tokens.size() ? states : 0);
    tokens = tokens.subspan(count);
  }
  states_ = states;
  return {};
}

void Session::Truncate(std::size_t length) { length_ = std::min(length_, length); }

// One batch through all blocks. The last layer computes only the rows whose states are wanted: by the caller, or by the MTP block, which
// needs the state of every token.
void Session::Run(std::span<const TokenId> tokens, std::size_t states) {
  const std::size_t stride = work_.dim_stride;
  for (std::size_t i = 0; i < tokens.size(); ++i) model_.Embed(tokens[i], hidden_.data() + i * stride);
  Rows rows{hidden_.data(), tokens.size(), length_, 0};
  const auto& layers = model_.layers();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (l + 1 == layers.size() && !drafts_) rows.first_wanted = tokens.size() - states;
    RunBlock(model_, layers[l], caches_[l], work_, rows);
  }
  if (drafts_) Remember(tokens);
  std::copy_n(tokens.data(), tokens.size(), tokens_.data() + length_);
  length_ += tokens.size();
  std::memcpy(state_rows_.data(), hidden_.data() + (tokens.size() - states) * stride, states * stride * sizeof(float));
}

// [norm(embedding of next); norm(hidden)] of one position.
void Session::MtpInput(TokenId next, const float* hidden, float* out) {
  const Config& c = model_.config();
  const MtpWeights& mtp = model_.mtp();
  model_.Embed(next, out);
  model_.kernels().rms_norm(out, mtp.enorm.data(), c.dim, c.norm_epsilon, out);
  model_.kernels().rms_norm(hidden, mtp.hnorm.data(), c.dim, c.norm_epsilon, out + c.dim);
}

// Brings the MTP block's cache up to the token before the last one: position i needs the state of token i and token i + 1 itself. Only
// its latents are computed.
void Session::Remember(std::span<const TokenId> tokens) {
  const Config& c = model_.config();
  const std::size_t stride = work_.dim_stride;
  std::memcpy(kept_.data() + length_ * stride, hidden_.data(), tokens.size() * stride * sizeof(float));
  // The pair of the token before this batch was open until now.
  const std::size_t first = length_ > 0 ? length_ - 1 : 0;
  const std::size_t count = length_ + tokens.size() - 1 - first;
  if (count == 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    MtpInput(tokens[first + i + 1 - length_], kept_.data() + (first + i) * stride, mtp_pairs_.data() + i * 2 * c.dim);
  }
  work_.inputs.Set(model_.kernels(), mtp_pairs_.data(), 2 * c.dim, count, 2 * c.dim, model_.mtp().eh_proj.is_bytes());
  model_.mtp().eh_proj.Multiply(model_.kernels(), work_.inputs, mtp_rows_.data(), stride);
  RunBlock(model_, model_.mtp().block, mtp_cache_[0], work_, {mtp_rows_.data(), count, first, count});
}

std::span<const float> Session::Draft(TokenId next, std::span<const std::uint64_t> mask) {
  DC_CHECK(drafts_ && length_ > 0);
  const Config& c = model_.config();
  const std::size_t position = length_ - 1;
  MtpInput(next, kept_.data() + position * work_.dim_stride, mtp_pairs_.data());
  work_.inputs.Set(model_.kernels(), mtp_pairs_.data(), 2 * c.dim, 1, 2 * c.dim, model_.mtp().eh_proj.is_bytes());
  model_.mtp().eh_proj.Multiply(model_.kernels(), work_.inputs, mtp_rows_.data(), work_.dim_stride);
  RunBlock(model_, model_.mtp().block, mtp_cache_[0], work_, {mtp_rows_.data(), 1, position, 0});
  return HeadLogits(mtp_rows_.data(), model_.mtp().head_norm, mask);
}

std::span<const float> Session::Logits(std::size_t index) { return Logits(index, {}); }

std::span<const float> Session::Logits(std::size_t index, std::span<const std::uint64_t> mask) {
  DC_CHECK(index < states_);
  return HeadLogits(state_rows_.data() + index * work_.dim_stride, model_.output_norm(), mask);
}

std::span<const float> Session::HeadLogits(const float* hidden, const std::vector<float>& norm, std::span<const std::uint64_t> mask) {
  const Config& c = model_.config();
  const Matrix& head = model_.head();
  model_.kernels().rms_norm(hidden, norm.data(), c.dim, c.norm_epsilon, normed_.data());
  head_input_.Set(model_.kernels(), normed_.data(), work_.dim_stride, 1, c.dim, head.is_bytes());
  const std::size_t groups = RoundUp(c.vocab_size, kRowGroup) / kRowGroup;
  if (mask.empty()) {
    head.Multiply(model_.kernels(), head_input_, logits_.data(), logits_.size());
    return {logits_.data(), c.vocab_size};
  }
  DC_CHECK(mask.size() >= (c.vocab_size + 63) / 64);
  for (std::size_t first = 0; first < groups; ++first) {
    if (!IsWanted(mask, first)) continue;
    std::size_t end = first + 1;
    while (end < groups && IsWanted(mask, end)) ++end;
    head.MultiplyGroups(model_.kernels(), head_input_, first, end - first, logits_.data(), logits_.size());
    first = end;
  }
  return {logits_.data(), c.vocab_size};
}

}  // namespace deepcabin::engine
