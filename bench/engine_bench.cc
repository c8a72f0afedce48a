// The student's engine on a model of random weights: reading a prompt, one token at a time, and a whole request.
//   engine_bench --model=FILE.gguf [Google Benchmark's options]     (distill/random_model.py writes such files)

#include <benchmark/benchmark.h>

#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "engine/grammar/decoder.h"

namespace deepcabin::engine {
namespace {

constexpr std::size_t kPrompt = 64;
constexpr std::size_t kOutput = 24;

// Every symbol of the vocabulary at each of 24 places, then the end: nothing is forced, so every token costs a step. With `wide`, every
// token.
class Unforced final : public TokenAutomaton {
 public:
  Unforced(const Model& model, bool wide) : end_(model.tokenizer().eos()), mask_((model.config().vocab_size + 63) / 64) {
    for (std::size_t token = 0; token < model.config().vocab_size; ++token) {
      const auto id = static_cast<TokenId>(token);
      if (id != end_ && (wide || model.tokenizer().IsSymbol(id))) mask_[token / 64] |= 1ULL << token % 64;
    }
  }
  AutomatonState Start() const override { return {}; }
  Choice Next(const AutomatonState& state, std::span<std::uint64_t>) const override {
    if (state.words[0] == kOutput - 1) return {end_};
    return {kNoToken, mask_};
  }
  AutomatonState Advance(const AutomatonState& state, TokenId) const override { return {{state.words[0] + 1}}; }

 private:
  TokenId end_;
  std::vector<std::uint64_t> mask_;
};

std::vector<TokenId> Prompt(const Model& model) {
  Random random(1);
  std::vector<TokenId> prompt{model.tokenizer().bos()};
  while (prompt.size() < kPrompt) prompt.push_back(static_cast<TokenId>(3 + random.Below(model.config().vocab_size - 3)));
  return prompt;
}

void Prefill64(benchmark::State& state, const Model& model, bool drafts) {
  const auto session = Session::Create(model, {.drafts = drafts}).value();
  const auto prompt = Prompt(model);
  for (auto _ : state) {
    session->Truncate(0);
    if (!session->SetContext(prompt)) state.SkipWithError("the prompt was refused");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPrompt));
}

void Token(benchmark::State& state, const Model& model, bool drafts) {
  const auto session = Session::Create(model, {.drafts = drafts}).value();
  const auto prompt = Prompt(model);
  if (!session->SetContext(prompt)) state.SkipWithError("the prompt was refused");
  Random random(2);
  for (auto _ : state) {
    if (session->tokens().size() >= kPrompt + kOutput) session->Truncate(kPrompt);
    const auto token = static_cast<TokenId>(3 + random.Below(model.config().vocab_size - 3));
    if (!session->Append({&token, 1})) state.SkipWithError("the token was refused");
    benchmark::DoNotOptimize(session->Logits(0).data());
  }
  state.SetItemsProcessed(state.iterations());
}

void Request(benchmark::State& state, const Model& model, bool drafts, bool wide) {
  const auto session = Session::Create(model, {.drafts = drafts}).value();
  const Unforced language(model, wide);
  Decoder decoder(*session, language, {.drafts = drafts});
  const auto prompt = Prompt(model);
  Decoded out;
  for (auto _ : state) {
    session->Truncate(0);
    if (!session->SetContext(prompt) || !decoder.Decode(out)) state.SkipWithError("the request failed");
  }
  state.counters["steps"] = static_cast<double>(out.steps);
  state.counters["accepted"] = static_cast<double>(out.accepted);
}

// What a token could cost at best: the machine reads as many bytes as the weights it uses, of a buffer as large as the whole model.
void ReadsWeights(benchmark::State& state, std::size_t model_bytes, std::size_t token_bytes) {
  const std::vector<char> weights(model_bytes);
  std::size_t at = 0;
  for (auto _ : state) {
    if (at + token_bytes > weights.size()) at = 0;
    benchmark::DoNotOptimize(std::memchr(weights.data() + at, 1, token_bytes));  // the fastest reader at hand: nothing is found
    at += token_bytes;
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(token_bytes));
}

// Weights that one token uses: all but the experts that are not chosen. A file of Q8_0 has 34 bytes for 32 of them.
std::size_t TokenBytes(const Config& c, std::size_t weights) {
  const std::size_t idle = c.n_routed_experts - c.n_activated_experts;
  return weights - (c.n_layers - c.n_dense_layers) * idle * 3 * c.dim * c.moe_inter_dim;
}

int Run(int argc, char** argv) {
  std::string path;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with("--model=")) continue;
    path = argument.substr(8);
    std::copy(argv + i + 1, argv + argc, argv + i);
    --argc;
    break;
  }
  benchmark::Initialize(&argc, argv);
  if (path.empty() || benchmark::ReportUnrecognizedArguments(argc, argv)) {
    std::cerr << "usage: engine_bench --model=FILE.gguf\n";
    return 2;
  }
  const auto model = Model::Load(path);
  if (!model) {
    std::cerr << "engine_bench: " << model.error().message << "\n";
    return 2;
  }
  benchmark::AddCustomContext("kernels", std::string(model->kernels().name));
  const auto add = [](const char* name, auto run) { benchmark::RegisterBenchmark(name, run)->Unit(benchmark::kMillisecond); };
  add("prefill 64", [&](benchmark::State& state) { Prefill64(state, *model, false); });
  add("prefill 64, ready to draft", [&](benchmark::State& state) { Prefill64(state, *model, true); });
  add("token, all logits", [&](benchmark::State& state) { Token(state, *model, false); });
  const std::size_t weights = std::filesystem::file_size(path) / 34 * 32;
  add("token, the reading of its weights alone",
      [&](benchmark::State& state) { ReadsWeights(state, weights, TokenBytes(model->config(), weights)); });
  add("request 64 + 24, all tokens allowed", [&](benchmark::State& state) { Request(state, *model, false, true); });
  add("request 64 + 24, symbols allowed", [&](benchmark::State& state) { Request(state, *model, false, false); });
  add("request 64 + 24, symbols allowed, drafts", [&](benchmark::State& state) { Request(state, *model, true, false); });
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace deepcabin::engine

int main(int argc, char** argv) { return deepcabin::engine::Run(argc, argv); }
