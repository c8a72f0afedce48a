#include "engine/model/config.h"

#include <fmt/format.h>

namespace deepcabin::engine {
namespace {

constexpr std::string_view kArchitecture = "deepseek2";  // GGUF's name for DeepSeek-V2 and V3
constexpr std::uint64_t kSigmoid = 2;

// What a whole number of the metadata may be at least and at most.
struct Range {
  std::uint64_t min = 1;
  std::uint64_t max = 1;
};

class KeyReader {
 public:
  explicit KeyReader(const Gguf& file) : file_(file) {}

  void Size(std::string_view key, Range range, std::size_t& out) {
    if (!status_) return;
    const auto value = file_.Unsigned(Full(key), range.max);
    if (!value) {
      status_ = value.error();
    } else if (*value < range.min) {
      status_ = InvalidArgument(fmt::format("GGUF: {} is {}, at least {}", Full(key), *value, range.min));
    } else {
      out = *value;
    }
  }
  // Leaves `out` as it is where the file does not have the key.
  void OptionalSize(std::string_view key, Range range, std::size_t& out) {
    if (file_.Find(Full(key)) != nullptr) Size(key, range, out);
  }
  void Number(std::string_view key, double min, double max, float& out) {
    if (!status_) return;
    const auto value = file_.Number(Full(key));
    if (!value) {
      status_ = value.error();
    } else if (!(*value >= min && *value <= max)) {
      status_ = InvalidArgument(fmt::format("GGUF: {} is {}, from {} to {}", Full(key), *value, min, max));
    } else {
      out = static_cast<float>(*value);
    }
  }
  Status status() const { return status_; }

  static std::string Full(std::string_view key) { return fmt::format("{}.{}", kArchitecture, key); }

 private:
  const Gguf& file_;
  Status status_;
};

Status CheckVariant(const Gguf& file) {
  DC_ASSIGN_OR_RETURN(const std::string_view architecture, file.String("general.architecture"));
  if (architecture != kArchitecture) {
    return InvalidArgument(fmt::format("GGUF: architecture \"{:.64}\"; this engine runs \"{}\"", architecture, kArchitecture));
  }
  KeyReader keys(file);
  std::size_t groups = 1;
  std::size_t gating = kSigmoid;
  keys.OptionalSize("expert_group_count", {0, 1}, groups);
  keys.OptionalSize("expert_gating_func", {kSigmoid, kSigmoid}, gating);
  DC_RETURN_IF_ERROR(keys.status());
  if (const auto* scaling = file.Find(KeyReader::Full("rope.scaling.type")); scaling != nullptr) {
    DC_ASSIGN_OR_RETURN(const std::string_view type, file.String(KeyReader::Full("rope.scaling.type")));
    if (type != "none") return InvalidArgument(fmt::format("GGUF: rope scaling \"{:.32}\"; this engine computes none", type));
  }
  return {};
}

void ReadAttention(KeyReader& keys, Config& config) {
  std::size_t head_dim = 0;
  std::size_t key_length = 0;
  keys.Size("attention.head_count", {1, 256}, config.n_heads);
  keys.OptionalSize("attention.q_lora_rank", {0, 8192}, config.q_lora_rank);
  keys.Size("attention.kv_lora_rank", {1, 4096}, config.kv_lora_rank);
  keys.Size("rope.dimension_count", {2, 512}, config.qk_rope_head_dim);
  keys.Size("attention.key_length_mla", {config.qk_rope_head_dim + 1, 1024}, head_dim);
  keys.Size("attention.value_length_mla", {1, 1024}, config.v_head_dim);
  keys.Size("attention.key_length", {1, 8192}, key_length);
  keys.Number("rope.freq_base", 1, 1e9, config.rope_theta);
  keys.Number("attention.layer_norm_rms_epsilon", 0, 0.1, config.norm_epsilon);
  config.qk_nope_head_dim = head_dim - config.qk_rope_head_dim;
}

}  // namespace

Result<Config> Config::Read(const Gguf& file) {
  DC_RETURN_IF_ERROR(CheckVariant(file));
  Config config;
  KeyReader keys(file);
  std::size_t blocks = 0;
  keys.OptionalSize("nextn_predict_layers", {0, 1}, config.n_mtp_layers);
  keys.Size("block_count", {1 + config.n_mtp_layers, 128}, blocks);
  config.n_layers = blocks - config.n_mtp_layers;  // block_count counts the MTP block, as in GGUF's other architectures that have one
  keys.Size("context_length", {1, 1 << 20}, config.context_length);
  keys.Size("embedding_length", {1, 16384}, config.dim);
  keys.Size("vocab_size", {1, 1 << 19}, config.vocab_size);
  keys.Size("leading_dense_block_count", {0, config.n_layers}, config.n_dense_layers);
  if (config.n_dense_layers > 0) keys.Size("feed_forward_length", {1, 65536}, config.inter_dim);
  ReadAttention(keys, config);
  if (config.n_dense_layers < blocks) {
    keys.Size("expert_count", {1, 512}, config.n_routed_experts);
    keys.Size("expert_used_count", {1, 64}, config.n_activated_experts);
    keys.OptionalSize("expert_shared_count", {0, 64}, config.n_shared_experts);
    keys.Size("expert_feed_forward_length", {1, 65536}, config.moe_inter_dim);
    keys.Number("expert_weights_scale", 0, 1000, config.route_scale);
  }
  DC_RETURN_IF_ERROR(keys.status());
  if (config.n_activated_experts > config.n_routed_experts) {
    return InvalidArgument(fmt::format("GGUF: {} experts are used of {}", config.n_activated_experts, config.n_routed_experts));
  }
  if (config.qk_rope_head_dim % 2 != 0) return InvalidArgument(fmt::format("GGUF: {} rotated numbers, not even", config.qk_rope_head_dim));
  if (const auto* normalize = file.Find(KeyReader::Full("expert_weights_norm")); normalize != nullptr) {
    if (!std::holds_alternative<bool>(*normalize)) return InvalidArgument("GGUF: deepseek2.expert_weights_norm is no truth value");
    config.normalize_route = std::get<bool>(*normalize);
  }
  return config;
}

}  // namespace deepcabin::engine
