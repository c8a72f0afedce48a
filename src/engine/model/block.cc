#include "engine/model/block.h"

#include <algorithm>
#include <cmath>

namespace deepcabin::engine {
namespace {

std::size_t AbsorbedStride(const Config& c) { return RoundUp(c.kv_lora_rank, kRowGroup) + RoundUp(c.qk_rope_head_dim, kRowGroup); }
std::size_t GatheredStride(const Config& c) { return RoundUp(c.kv_lora_rank, kRowGroup); }
std::size_t QueryStride(const Config& c) { return RoundUp(c.n_heads * c.qk_head_dim(), kRowGroup); }
// Heads are written one after the other in groups of 16, so the last needs room for its padding.
std::size_t HeadOutputStride(const Config& c) { return RoundUp(c.n_heads * c.v_head_dim + kRowGroup, kRowGroup); }
std::size_t WidestFfn(const Config& c) {
  return std::max({c.inter_dim, c.moe_inter_dim, c.moe_inter_dim * c.n_shared_experts, std::size_t{1}});
}
std::size_t WidestInput(const Config& c) {
  return std::max({2 * c.dim, WidestFfn(c), c.n_heads * c.v_head_dim, c.q_lora_rank, c.kv_lora_rank, c.qk_nope_head_dim});
}

// Turns adjacent pairs by their position's angles.
void Rotate(const Workspace& work, std::size_t position, std::size_t size, float* x) {
  const float* table = work.cos_sin.data() + position * size;
  for (std::size_t i = 0; i < size; i += 2) {
    const float a = x[i];
    const float b = x[i + 1];
    x[i] = a * table[i] - b * table[i + 1];
    x[i + 1] = a * table[i + 1] + b * table[i];
  }
}

class BlockRun {
 public:
  BlockRun(const Model& model, const LayerWeights& layer, LayerCache& cache, Workspace& work, const Rows& rows)
      : config_(model.config()), kernels_(model.kernels()), layer_(layer), cache_(cache), work_(work), rows_(rows) {}

  void Run() {
    NormalizeRows(layer_.attn_norm, 0);
    WriteLatents();
    wanted_ = rows_.count - rows_.first_wanted;
    if (wanted_ == 0) return;
    ComputeQueries();
    Attend();
    NormalizeRows(layer_.ffn_norm, rows_.first_wanted);
    if (layer_.is_dense) {
      Prepare(work_.normed.data(), work_.dim_stride, config_.dim, layer_.dense.gate_up.is_bytes());
      FeedForwardOf(layer_.dense, work_.inputs, wanted_);
      for (std::size_t i = 0; i < wanted_; ++i) AddTo(i, work_.projected.data() + i * work_.dim_stride, 1);
    } else {
      MixtureOfExperts();
    }
  }

 private:
  float* X(std::size_t wanted_row) { return rows_.x + (rows_.first_wanted + wanted_row) * work_.dim_stride; }
  void AddTo(std::size_t wanted_row, const float* y, float factor) { kernels_.add_scaled(y, factor, config_.dim, X(wanted_row)); }
  void Prepare(const float* x, std::size_t stride, std::size_t columns, bool as_bytes) {
    work_.inputs.Set(kernels_, x, stride, wanted_, columns, as_bytes);
  }

  // normed[i] = norm(x[first + i])
  void NormalizeRows(const std::vector<float>& weight, std::size_t first) {
    for (std::size_t i = first; i < rows_.count; ++i) {
      kernels_.rms_norm(rows_.x + i * work_.dim_stride, weight.data(), config_.dim, config_.norm_epsilon,
                        work_.normed.data() + (i - first) * work_.dim_stride);
    }
  }

  void WriteLatents() {
    work_.inputs.Set(kernels_, work_.normed.data(), work_.dim_stride, rows_.count, config_.dim, layer_.attn_kv_a.is_bytes());
    const std::size_t stride = RoundUp(config_.latent_dim(), kRowGroup);
    layer_.attn_kv_a.Multiply(kernels_, work_.inputs, work_.latents.data(), stride);
    for (std::size_t i = 0; i < rows_.count; ++i) {
      float* latent = work_.latents.data() + i * stride;
      kernels_.rms_norm(latent, layer_.attn_kv_a_norm.data(), config_.kv_lora_rank, config_.norm_epsilon, latent);
      Rotate(work_, rows_.position + i, config_.qk_rope_head_dim, latent + config_.kv_lora_rank);
      cache_.Put(rows_.position + i, latent);
    }
  }

  void ComputeQueries() {
    const Config& c = config_;
    const float* wanted = work_.normed.data() + rows_.first_wanted * work_.dim_stride;
    if (c.q_lora_rank > 0) {
      const std::size_t stride = RoundUp(c.q_lora_rank, kRowGroup);
      Prepare(wanted, work_.dim_stride, c.dim, layer_.attn_q_a.is_bytes());
      layer_.attn_q_a.Multiply(kernels_, work_.inputs, work_.low_rank.data(), stride);
      for (std::size_t i = 0; i < wanted_; ++i) {
        float* row = work_.low_rank.data() + i * stride;
        kernels_.rms_norm(row, layer_.attn_q_a_norm.data(), c.q_lora_rank, c.norm_epsilon, row);
      }
      Prepare(work_.low_rank.data(), stride, c.q_lora_rank, layer_.attn_q.is_bytes());
    } else if (rows_.first_wanted > 0 || layer_.attn_q.is_bytes() != layer_.attn_kv_a.is_bytes()) {
      Prepare(wanted, work_.dim_stride, c.dim, layer_.attn_q.is_bytes());
    }
    layer_.attn_q.Multiply(kernels_, work_.inputs, work_.queries.data(), QueryStride(c));
  }

  // Absorbed form: queries go to the latents (k_b), attention runs over the latents themselves, its result comes back (v_b). Expanding
  // keys and values instead would save (2 kv_lora_rank + rope) - (nope + rope + v) products per head, query and position and cost an
  // expansion of the whole context; at prompts of 64 tokens both are a small part of a block, so there is one form for all lengths.
  void Attend() {
    const Config& c = config_;
    const std::size_t absorbed_stride = AbsorbedStride(c);
    const std::size_t gathered_stride = GatheredStride(c);
    for (std::size_t h = 0; h < c.n_heads; ++h) {
      Prepare(work_.queries.data() + h * c.qk_head_dim(), QueryStride(c), c.qk_nope_head_dim, layer_.attn_k_b[h].is_bytes());
      layer_.attn_k_b[h].Multiply(kernels_, work_.inputs, work_.absorbed.data() + h * absorbed_stride, c.n_heads * absorbed_stride);
    }
    const float scale = 1.0F / std::sqrt(static_cast<float>(c.qk_head_dim()));
    for (std::size_t i = 0; i < wanted_; ++i) {
      const std::size_t position = rows_.position + rows_.first_wanted + i;
      float* absorbed = work_.absorbed.data() + i * c.n_heads * absorbed_stride;
      for (std::size_t h = 0; h < c.n_heads; ++h) {
        const float* query = work_.queries.data() + i * QueryStride(c) + h * c.qk_head_dim() + c.qk_nope_head_dim;
        float* rotated = absorbed + h * absorbed_stride + c.kv_lora_rank;
        std::copy_n(query, c.qk_rope_head_dim, rotated);
        Rotate(work_, position, c.qk_rope_head_dim, rotated);
      }
      kernels_.attend({absorbed, absorbed_stride, c.n_heads, cache_.keys(), cache_.values(), cache_.value_stride(), c.latent_dim(),
                       c.kv_lora_rank, position + 1, scale, work_.scores.data(), work_.gathered.data() + i * c.n_heads * gathered_stride,
                       gathered_stride});
    }
    for (std::size_t h = 0; h < c.n_heads; ++h) {
      Prepare(work_.gathered.data() + h * gathered_stride, c.n_heads * gathered_stride, c.kv_lora_rank, layer_.attn_v_b[h].is_bytes());
      layer_.attn_v_b[h].Multiply(kernels_, work_.inputs, work_.head_outputs.data() + h * c.v_head_dim, HeadOutputStride(c));
    }
    Prepare(work_.head_outputs.data(), HeadOutputStride(c), c.n_heads * c.v_head_dim, layer_.attn_output.is_bytes());
    layer_.attn_output.Multiply(kernels_, work_.inputs, work_.projected.data(), work_.dim_stride);
    for (std::size_t i = 0; i < wanted_; ++i) AddTo(i, work_.projected.data() + i * work_.dim_stride, 1);
  }

  // projected = ffn(inputs), for `count` inputs.
  void FeedForwardOf(const FeedForward& ffn, const Activations& inputs, std::size_t count) {
    const std::size_t width = ffn.down.columns();
    const std::size_t stride = RoundUp(2 * width, kRowGroup);
    ffn.gate_up.Multiply(kernels_, inputs, work_.gate_up.data(), stride);
    for (std::size_t i = 0; i < count; ++i) {
      const float* gate = work_.gate_up.data() + i * stride;
      kernels_.silu_multiply(gate, gate + width, width, work_.activated.data() + i * width);
    }
    work_.chosen.Set(kernels_, work_.activated.data(), width, count, width, ffn.down.is_bytes());
    ffn.down.Multiply(kernels_, work_.chosen, work_.projected.data(), work_.dim_stride);
  }

  void MixtureOfExperts() {
    const std::size_t stride = RoundUp(config_.n_routed_experts, kRowGroup);
    Prepare(work_.normed.data(), work_.dim_stride, config_.dim, layer_.experts[0].gate_up.is_bytes());
    layer_.router.Multiply(kernels_, work_.inputs, work_.affinities.data(), stride);
    for (std::size_t i = 0; i < wanted_; ++i) Route(work_.affinities.data() + i * stride, i);
    GroupByExpert();
    if (layer_.has_shared) {
      FeedForwardOf(layer_.shared, work_.inputs, wanted_);
      for (std::size_t i = 0; i < wanted_; ++i) AddTo(i, work_.projected.data() + i * work_.dim_stride, 1);
    }
    for (std::size_t e = 0; e < config_.n_routed_experts; ++e) {
      const std::size_t first = work_.starts[e];
      const std::size_t count = work_.starts[e + 1] - first;
      if (count == 0) continue;
      work_.chosen.Choose(work_.inputs, {work_.tokens.data() + first, count});
      FeedForwardOf(layer_.experts[e], work_.chosen, count);
      for (std::size_t k = 0; k < count; ++k) {
        AddTo(work_.tokens[first + k], work_.projected.data() + k * work_.dim_stride, work_.weights[first + k]);
      }
    }
  }

  // The experts of one token: the largest sigmoid + bias; weighted by the sigmoids alone. Numbers that are not finite choose some
  // expert, never none.
  void Route(float* affinities, std::size_t row) {
    const std::size_t experts = config_.n_routed_experts;
    const std::size_t used = config_.n_activated_experts;
    std::uint32_t* chosen = work_.expert_of.data() + row * used;
    float* weights = work_.weight_of.data() + row * used;
    for (std::size_t e = 0; e < experts; ++e) affinities[e] = 1.0F / (1.0F + std::exp(-affinities[e]));
    float sum = 0;
    for (std::size_t k = 0; k < used; ++k) {
      std::size_t best = experts;
      for (std::size_t e = 0; e < experts; ++e) {
        if (std::find(chosen, chosen + k, e) != chosen + k) continue;
        if (best == experts || affinities[e] + layer_.router_bias[e] > affinities[best] + layer_.router_bias[best]) best = e;
      }
      chosen[k] = static_cast<std::uint32_t>(best);
      weights[k] = affinities[best];
      sum += weights[k];
    }
    const float factor = config_.route_scale / (config_.normalize_route ? sum + 1e-20F : 1.0F);
    for (std::size_t k = 0; k < used; ++k) weights[k] *= factor;
  }

  // Sorts (token, expert) pairs by expert, tokens in order.
  void GroupByExpert() {
    const std::size_t used = config_.n_activated_experts;
    std::uint32_t* starts = work_.starts.data();
    std::fill_n(starts, config_.n_routed_experts + 1, 0U);
    for (std::size_t i = 0; i < wanted_ * used; ++i) ++starts[work_.expert_of[i] + 1];
    for (std::size_t e = 0; e < config_.n_routed_experts; ++e) starts[e + 1] += starts[e];
    for (std::size_t i = 0; i < wanted_ * used; ++i) {
      const std::uint32_t at = starts[work_.expert_of[i]]++;
      work_.tokens[at] = static_cast<std::uint32_t>(i / used);
      work_.weights[at] = work_.weight_of[i];
    }
    // Each start has moved to the next one's place.
    for (std::size_t e = config_.n_routed_experts; e > 0; --e) starts[e] = starts[e - 1];
    starts[0] = 0;
  }

  const Config& config_;
  const Kernels& kernels_;
  const LayerWeights& layer_;
  LayerCache& cache_;
  Workspace& work_;
  const Rows& rows_;
  std::size_t wanted_ = 0;
};

}  // namespace

Workspace::Workspace(const Config& c, std::size_t rows, std::size_t context)
    : rows_max(rows), dim_stride(RoundUp(c.dim, kRowGroup)), inputs(rows, WidestInput(c)), chosen(rows, std::max(c.dim, WidestFfn(c))),
      normed(rows * dim_stride), latents(rows * RoundUp(c.latent_dim(), kRowGroup)), low_rank(rows * RoundUp(c.q_lora_rank, kRowGroup)),
      queries(rows * QueryStride(c)), absorbed(rows * c.n_heads * AbsorbedStride(c)), scores(c.n_heads * RoundUp(context, kRowGroup)),
      gathered(rows * c.n_heads * GatheredStride(c)), head_outputs(rows * HeadOutputStride(c)), projected(rows * dim_stride),
      gate_up(rows * RoundUp(2 * WidestFfn(c), kRowGroup)), activated(rows * WidestFfn(c)),
      affinities(rows * RoundUp(c.n_routed_experts, kRowGroup)), cos_sin(context * c.qk_rope_head_dim),
      expert_of(rows * c.n_activated_experts), weight_of(rows * c.n_activated_experts), starts(c.n_routed_experts + 1),
      tokens(rows * c.n_activated_experts), weights(rows * c.n_activated_experts) {
  for (std::size_t position = 0; position < context; ++position) {
    for (std::size_t i = 0; i < c.qk_rope_head_dim; i += 2) {
      const double frequency =
          std::pow(static_cast<double>(c.rope_theta), -static_cast<double>(i) / static_cast<double>(c.qk_rope_head_dim));
      const double angle = static_cast<double>(position) * frequency;
      cos_sin[position * c.qk_rope_head_dim + i] = static_cast<float>(std::cos(angle));
      cos_sin[position * c.qk_rope_head_dim + i + 1] = static_cast<float>(std::sin(angle));
    }
  }
}

void RunBlock(const Model& model, const LayerWeights& layer, LayerCache& cache, Workspace& work, const Rows& rows) {
  DC_DCHECK(rows.count <= work.rows_max && rows.first_wanted <= rows.count);
  BlockRun(model, layer, cache, work, rows).Run();
}

}  // namespace deepcabin::engine
