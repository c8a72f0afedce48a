#pragma once
// The weights of a model, packed for the kernels. Names of members follow the names in the file.

#include <filesystem>
#include <vector>

#include "base/mapped_file.h"
#include "engine/file/gguf.h"
#include "engine/kernels/kernels.h"
#include "engine/model/config.h"
#include "engine/ops/matrix.h"
#include "engine/tokenizer.h"

namespace deepcabin::engine {

// down(silu(gate(x)) * up(x)); gate and up are one matrix, gate's rows first.
struct FeedForward {
  Matrix gate_up;
  Matrix down;
};

struct LayerWeights {
  std::vector<float> attn_norm;
  Matrix attn_q;  // [heads * (nope + rope)][dim or q_lora_rank]
  Matrix attn_q_a;
  std::vector<float> attn_q_a_norm;
  Matrix attn_kv_a;  // [kv_lora_rank + rope][dim]
  std::vector<float> attn_kv_a_norm;
  std::vector<Matrix> attn_k_b;  // per head [kv_lora_rank][nope]: takes a query to the latents, so that keys need not be expanded
  std::vector<Matrix> attn_v_b;  // per head [v][kv_lora_rank]
  Matrix attn_output;
  std::vector<float> ffn_norm;

  bool is_dense = false;
  FeedForward dense;
  Matrix router;
  std::vector<float> router_bias;  // added for the selection only; what training balances the experts with
  std::vector<FeedForward> experts;
  bool has_shared = false;
  FeedForward shared;
};

// Multi-token prediction: from a token's hidden state (before the final norm) and the token after it, the state that predicts one further.
struct MtpWeights {
  std::vector<float> enorm;
  std::vector<float> hnorm;
  Matrix eh_proj;  // [dim][2 dim]: embedding first, hidden state second
  LayerWeights block;
  std::vector<float> head_norm;
};

// A loaded model; thread-safe, as nothing changes after loading.
class Model {
 public:
  // Errors name what is wrong with the file. Chooses the kernels (see ChooseKernels).
  static Result<Model> Load(const std::filesystem::path& path);
  // The same from bytes in memory, which must outlive the model.
  static Result<Model> Parse(std::span<const std::byte> bytes);

  const Config& config() const { return config_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }
  const Kernels& kernels() const { return *kernels_; }
  const Gguf& metadata() const { return gguf_; }
  const std::vector<LayerWeights>& layers() const { return layers_; }
  const MtpWeights& mtp() const { return mtp_; }
  bool has_mtp() const { return config_.n_mtp_layers > 0; }
  const Matrix& head() const { return head_; }
  const std::vector<float>& output_norm() const { return output_norm_; }

  void Embed(TokenId token, float* out) const { ReadRow(*embedding_, static_cast<std::size_t>(token), out); }

 private:
  Model(Gguf gguf, Config config, Tokenizer tokenizer, const Kernels* kernels)
      : gguf_(std::move(gguf)), config_(config), tokenizer_(std::move(tokenizer)), kernels_(kernels) {}
  Status LoadWeights();

  std::vector<MappedFile> file_;  // one, or none where the bytes belong to the caller
  Gguf gguf_;
  Config config_;
  Tokenizer tokenizer_;
  const Kernels* kernels_;
  const Tensor* embedding_ = nullptr;
  std::vector<LayerWeights> layers_;
  MtpWeights mtp_;
  std::vector<float> output_norm_;
  Matrix head_;
};

}  // namespace deepcabin::engine
