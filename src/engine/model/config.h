#pragma once
// The dimensions of a model of DeepSeek-V3's architecture, by their published names, as read from the metadata of a weights file.

#include <cstddef>

#include "base/result.h"
#include "engine/file/gguf.h"

namespace deepcabin::engine {

struct Config {
  std::size_t n_layers = 0;        // of the main model
  std::size_t n_dense_layers = 0;  // the first of them, with a plain feed-forward part
  std::size_t n_mtp_layers = 0;    // 0 or 1: the block that predicts one token further (multi-token prediction)
  std::size_t context_length = 0;
  std::size_t vocab_size = 0;
  std::size_t dim = 0;
  std::size_t inter_dim = 0;      // of the dense layers
  std::size_t moe_inter_dim = 0;  // of an expert
  std::size_t n_heads = 0;
  std::size_t q_lora_rank = 0;  // 0: queries are computed in one step
  std::size_t kv_lora_rank = 0;
  std::size_t qk_nope_head_dim = 0;
  std::size_t qk_rope_head_dim = 0;
  std::size_t v_head_dim = 0;
  std::size_t n_routed_experts = 0;
  std::size_t n_shared_experts = 0;
  std::size_t n_activated_experts = 0;
  float route_scale = 1;
  bool normalize_route = true;
  float rope_theta = 10000;
  float norm_epsilon = 1e-6F;

  std::size_t qk_head_dim() const { return qk_nope_head_dim + qk_rope_head_dim; }
  // Numbers that the cache keeps of a token: its latent and the rotated part of its key.
  std::size_t latent_dim() const { return kv_lora_rank + qk_rope_head_dim; }

  // kInvalidArgument for another architecture, a variant that this engine does not compute (it says which), or a size beyond its limits.
  static Result<Config> Read(const Gguf& file);
};

}  // namespace deepcabin::engine
