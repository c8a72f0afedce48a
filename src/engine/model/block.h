#pragma once
// One transformer block: x += attention(norm(x)); x += feed_forward(norm(x)).

#include <vector>

#include "engine/model/cache.h"
#include "engine/model/weights.h"

namespace deepcabin::engine {

// Everything a block computes on the way, allocated once for batches of up to `rows_max` tokens.
struct Workspace {
  Workspace(const Config& config, std::size_t rows_max, std::size_t context_max);

  std::size_t rows_max;
  std::size_t dim_stride;  // of hidden states

  Activations inputs;  // of the product at hand
  Activations chosen;  // of one expert
  Buffer<float> normed;
  Buffer<float> latents;  // [rows][latent_dim]
  Buffer<float> low_rank;
  Buffer<float> queries;   // [rows][heads * qk_head_dim]
  Buffer<float> absorbed;  // [rows][heads][absorbed_stride]
  Buffer<float> scores;
  Buffer<float> gathered;  // [rows][heads][gathered_stride]
  Buffer<float> head_outputs;
  Buffer<float> projected;  // [rows][dim_stride]
  Buffer<float> gate_up;
  Buffer<float> activated;
  Buffer<float> affinities;  // [rows][experts]
  Buffer<float> cos_sin;     // [context][rope / 2][2]

  // Routing of a batch: for expert e, the tokens at [starts[e], starts[e + 1]) and their weights.
  Buffer<std::uint32_t> expert_of;
  Buffer<float> weight_of;
  Buffer<std::uint32_t> starts;
  Buffer<std::uint32_t> tokens;
  Buffer<float> weights;
};

struct Rows {
  float* x = nullptr;  // [count][workspace.dim_stride], changed in place
  std::size_t count = 0;
  std::size_t position = 0;      // of the first
  std::size_t first_wanted = 0;  // rows before it only enter the cache; their x stays as it is
};

void RunBlock(const Model& model, const LayerWeights& layer, LayerCache& cache, Workspace& work, const Rows& rows);

}  // namespace deepcabin::engine
