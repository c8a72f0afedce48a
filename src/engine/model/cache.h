#pragma once
// What attention remembers of each token in one layer: its latent and the rotated part of its key, shared by all heads. Kept twice, as
// the two halves of attention read it: keys in groups of 16 positions side by side (scores), latents row by row (weighted sums).

#include <cstddef>

#include "engine/kernels/kernels.h"
#include "engine/model/config.h"
#include "engine/ops/buffer.h"

namespace deepcabin::engine {

class LayerCache {
 public:
  LayerCache(const Config& config, std::size_t context_max)
      : width_(config.latent_dim()), value_width_(config.kv_lora_rank), value_stride_(RoundUp(config.kv_lora_rank, kRowGroup)),
        keys_(RoundUp(context_max, kRowGroup) * width_), values_(context_max * value_stride_) {}

  // key: kv_lora_rank numbers of the latent, then the rotated part.
  void Put(std::size_t position, const float* key) {
    float* group = keys_.data() + position / kRowGroup * kRowGroup * width_ + position % kRowGroup;
    for (std::size_t i = 0; i < width_; ++i) group[i * kRowGroup] = key[i];
    float* value = values_.data() + position * value_stride_;
    for (std::size_t i = 0; i < value_width_; ++i) value[i] = key[i];
  }

  const float* keys() const { return keys_.data(); }
  const float* values() const { return values_.data(); }
  std::size_t value_stride() const { return value_stride_; }

 private:
  std::size_t width_;
  std::size_t value_width_;
  std::size_t value_stride_;
  Buffer<float> keys_;
  Buffer<float> values_;
};

}  // namespace deepcabin::engine
