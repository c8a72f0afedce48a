// Weights files: what is not a model is refused with a reason, and what loads runs and decodes without a crash.

#include "engine/grammar/decoder.h"
#include "fuzz/fuzz.h"

using namespace deepcabin;

namespace {

// Any token, twelve times, then the end.
class Anything final : public engine::TokenAutomaton {
 public:
  explicit Anything(const engine::Model& model) : end_(model.tokenizer().eos()), vocab_size_(model.config().vocab_size) {}
  engine::AutomatonState Start() const override { return {}; }
  engine::Choice Next(const engine::AutomatonState& state, std::span<std::uint64_t> scratch) const override {
    if (state.words[0] == 12) return {end_};
    for (std::size_t token = 0; token < vocab_size_; ++token) scratch[token / 64] |= 1ULL << token % 64;
    return {engine::kNoToken, scratch};
  }
  engine::AutomatonState Advance(const engine::AutomatonState& state, engine::TokenId) const override { return {{state.words[0] + 1}}; }

 private:
  engine::TokenId end_;
  std::size_t vocab_size_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto model = engine::Model::Parse(std::as_bytes(std::span(data, size)));
  if (!model) {
    fuzz::Promise(!model.error().message.empty(), "a refusal says why");
    return 0;
  }
  const auto session = engine::Session::Create(*model, {.context_max = 32, .batch_max = 8, .drafts = true});
  if (!session) return 0;
  const std::vector<engine::TokenId> context{model->tokenizer().bos(), model->tokenizer().separator()};
  if (!(*session)->SetContext(context)) return 0;
  const Anything anything(*model);
  engine::Decoded out;
  static_cast<void>(engine::Decoder(**session, anything).Decode(out));
  return 0;
}
