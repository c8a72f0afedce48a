#include "engine/model/weights.h"

#include <cmath>

#include <fmt/format.h>

namespace deepcabin::engine {
namespace {

using Shape = std::array<std::uint64_t, 3>;

// Finds tensors by name, checks their shapes, packs them. The first error stays and the rest becomes empty: no half model leaves here.
class Loader {
 public:
  Loader(const Gguf& file, const Config& config) : file_(file), config_(config) {}

  const Tensor* Find(const std::string& name, const Shape& shape) {
    const Tensor* tensor = status_ ? file_.FindTensor(name) : nullptr;
    if (tensor == nullptr) {
      if (status_) status_ = InvalidArgument(fmt::format("GGUF: tensor {} is missing", name));
      return nullptr;
    }
    const auto& s = tensor->shape;
    if (s[0] != shape[0] || s[1] != shape[1] || s[2] != shape[2] || s[3] != 1) {
      status_ = InvalidArgument(fmt::format("GGUF: tensor {} has shape [{}, {}, {}, {}], not [{}, {}, {}]", name, s[0], s[1], s[2], s[3],
                                            shape[0], shape[1], shape[2]));
      return nullptr;
    }
    return tensor;
  }
  std::vector<float> Vector(const std::string& name, std::size_t size) {
    const Tensor* tensor = Find(name, {size, 1, 1});
    if (tensor == nullptr) return {};
    auto values = ReadVector(*tensor);
    if (!values) {
      status_ = values.error();
      return {};
    }
    return std::move(*values);
  }
  Matrix Packed(std::initializer_list<const Tensor*> tensors, std::size_t index = 0) {
    std::vector<Matrix::Source> sources;
    for (const Tensor* tensor : tensors) {
      if (tensor == nullptr) return {};
      sources.push_back({tensor, index});
    }
    auto matrix = Matrix::Pack(sources);
    if (!matrix) {
      status_ = matrix.error();
      return {};
    }
    return std::move(*matrix);
  }
  Matrix Whole(const std::string& name, std::size_t columns, std::size_t rows) { return Packed({Find(name, {columns, rows, 1})}); }
  std::vector<Matrix> PerHead(const std::string& name, std::size_t columns, std::size_t rows) {
    const Tensor* tensor = Find(name, {columns, rows, config_.n_heads});
    std::vector<Matrix> matrices;
    for (std::size_t h = 0; h < config_.n_heads && tensor != nullptr; ++h) matrices.push_back(Packed({tensor}, h));
    return matrices;
  }
  FeedForward Ffn(const std::string& block, std::string_view suffix, std::size_t width) {
    const std::size_t dim = config_.dim;
    const Tensor* gate = Find(fmt::format("{}.ffn_gate{}.weight", block, suffix), {dim, width, 1});
    const Tensor* up = Find(fmt::format("{}.ffn_up{}.weight", block, suffix), {dim, width, 1});
    const Tensor* down = Find(fmt::format("{}.ffn_down{}.weight", block, suffix), {width, dim, 1});
    return {Packed({gate, up}), Packed({down})};
  }

  LayerWeights Layer(std::size_t index) {
    const Config& c = config_;
    const std::string block = fmt::format("blk.{}", index);
    LayerWeights layer;
    layer.attn_norm = Vector(block + ".attn_norm.weight", c.dim);
    const std::size_t query_rows = c.n_heads * c.qk_head_dim();
    if (c.q_lora_rank > 0) {
      layer.attn_q_a = Whole(block + ".attn_q_a.weight", c.dim, c.q_lora_rank);
      layer.attn_q_a_norm = Vector(block + ".attn_q_a_norm.weight", c.q_lora_rank);
      layer.attn_q = Whole(block + ".attn_q_b.weight", c.q_lora_rank, query_rows);
    } else {
      layer.attn_q = Whole(block + ".attn_q.weight", c.dim, query_rows);
    }
    layer.attn_kv_a = Whole(block + ".attn_kv_a_mqa.weight", c.dim, c.latent_dim());
    layer.attn_kv_a_norm = Vector(block + ".attn_kv_a_norm.weight", c.kv_lora_rank);
    layer.attn_k_b = PerHead(block + ".attn_k_b.weight", c.qk_nope_head_dim, c.kv_lora_rank);
    layer.attn_v_b = PerHead(block + ".attn_v_b.weight", c.kv_lora_rank, c.v_head_dim);
    layer.attn_output = Whole(block + ".attn_output.weight", c.n_heads * c.v_head_dim, c.dim);
    layer.ffn_norm = Vector(block + ".ffn_norm.weight", c.dim);
    layer.is_dense = index < c.n_dense_layers;
    if (layer.is_dense) {
      layer.dense = Ffn(block, "", c.inter_dim);
    } else {
      Experts(block, layer);
    }
    return layer;
  }

  MtpWeights Mtp(std::size_t index) {
    const std::string prefix = fmt::format("blk.{}.nextn.", index);
    const std::size_t dim = config_.dim;
    MtpWeights mtp;
    mtp.enorm = Vector(prefix + "enorm.weight", dim);
    mtp.hnorm = Vector(prefix + "hnorm.weight", dim);
    mtp.eh_proj = Whole(prefix + "eh_proj.weight", 2 * dim, dim);
    mtp.head_norm = Vector(prefix + "shared_head_norm.weight", dim);
    mtp.block = Layer(index);
    return mtp;
  }

  Status status() const { return status_; }

 private:
  void Experts(const std::string& block, LayerWeights& layer) {
    const Config& c = config_;
    layer.router = Whole(block + ".ffn_gate_inp.weight", c.dim, c.n_routed_experts);
    if (status_ && layer.router.is_bytes()) status_ = InvalidArgument(fmt::format("GGUF: {}.ffn_gate_inp.weight must be F32", block));
    layer.router_bias = Vector(block + ".exp_probs_b.bias", c.n_routed_experts);
    const Tensor* gate = Find(block + ".ffn_gate_exps.weight", {c.dim, c.moe_inter_dim, c.n_routed_experts});
    const Tensor* up = Find(block + ".ffn_up_exps.weight", {c.dim, c.moe_inter_dim, c.n_routed_experts});
    const Tensor* down = Find(block + ".ffn_down_exps.weight", {c.moe_inter_dim, c.dim, c.n_routed_experts});
    if (!status_) return;
    for (std::size_t e = 0; e < c.n_routed_experts; ++e) layer.experts.push_back({Packed({gate, up}, e), Packed({down}, e)});
    layer.has_shared = c.n_shared_experts > 0;
    if (layer.has_shared) layer.shared = Ffn(block, "_shexp", c.moe_inter_dim * c.n_shared_experts);
  }

  const Gguf& file_;
  const Config& config_;
  Status status_;
};

}  // namespace

Result<Model> Model::Parse(std::span<const std::byte> bytes) {
  DC_ASSIGN_OR_RETURN(Gguf gguf, Gguf::Parse(bytes));
  DC_ASSIGN_OR_RETURN(const Config config, Config::Read(gguf));
  DC_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::Load(gguf));
  if (tokenizer.vocab_size() != config.vocab_size) {
    return InvalidArgument(fmt::format("GGUF: {} tokens, but vocab_size is {}", tokenizer.vocab_size(), config.vocab_size));
  }
  DC_ASSIGN_OR_RETURN(const Kernels* kernels, ChooseKernels());
  Model model(std::move(gguf), config, std::move(tokenizer), kernels);
  DC_RETURN_IF_ERROR(model.LoadWeights());
  return model;
}

Result<Model> Model::Load(const std::filesystem::path& path) {
  DC_ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
  auto model = Parse(file.bytes());
  if (!model) return Error{model.error().code, fmt::format("{}: {}", path.string(), model.error().message)};
  model->file_.push_back(std::move(file));
  return model;
}

Status Model::LoadWeights() {
  Loader loader(gguf_, config_);
  embedding_ = loader.Find("token_embd.weight", {config_.dim, config_.vocab_size, 1});
  output_norm_ = loader.Vector("output_norm.weight", config_.dim);
  // Without a tensor of its own the head is the embedding.
  const bool is_tied = gguf_.FindTensor("output.weight") == nullptr;
  head_ = loader.Whole(is_tied ? "token_embd.weight" : "output.weight", config_.dim, config_.vocab_size);
  if (!is_tied) loader.Whole("token_embd.weight", config_.dim, config_.vocab_size);  // for the check that its weights are finite
  for (std::size_t i = 0; i < config_.n_layers && loader.status(); ++i) layers_.push_back(loader.Layer(i));
  if (has_mtp()) mtp_ = loader.Mtp(config_.n_layers);
  return loader.status();
}

}  // namespace deepcabin::engine
