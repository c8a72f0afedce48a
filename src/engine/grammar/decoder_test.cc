// Decoding inside a language: only sentences of the language come out, whatever the model says, and guessing changes nothing.

#include "engine/grammar/decoder.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "engine/grammar/spans.h"
#include "engine/testing_for_test.h"

namespace deepcabin::engine {
namespace {

// One to three times: <open> or <close>, then <window> <left|right> or <light>, then <to> and a stretch of the source; then the end.
class TinyLanguage final : public TokenAutomaton {
 public:
  TinyLanguage(const Tokenizer& tokenizer, std::string_view source) : tokenizer_(tokenizer), spans_(tokenizer, source) {}

  AutomatonState Start() const override { return {}; }
  Choice Next(const AutomatonState& state, std::span<std::uint64_t> scratch) const override {
    const auto allow = [&](TokenId token) { scratch[static_cast<std::size_t>(token) / 64] |= 1ULL << token % 64; };
    switch (state.words[0]) {
      case kVerb: allow(Id("<open>")), allow(Id("<close>")); break;
      case kThing: allow(Id("<window>")), allow(Id("<light>")); break;
      case kSide: allow(Id("<left>")), allow(Id("<right>")); break;
      case kTo: return {Id("<to>")};
      default:
        spans_.Allow(Copied(state), scratch);
        if (!spans_.MayEnd(Copied(state))) break;
        allow(tokenizer_.eos());
        if (state.words[1] < 3) allow(Id("<set>"));
    }
    return {kNoToken, scratch};
  }
  AutomatonState Advance(const AutomatonState& state, TokenId token) const override {
    AutomatonState next = state;
    switch (state.words[0]) {
      case kVerb: next.words[0] = kThing; break;
      case kThing: next.words[0] = token == Id("<window>") ? kSide : kTo; break;
      case kSide: next.words[0] = kTo; break;
      case kTo: next = {{kText, state.words[1] + 1, 0, 0}}; break;
      default:
        if (token == Id("<set>")) {
          next.words[0] = kVerb;
        } else {
          const Spans::Copied copied = spans_.Advance(Copied(state), token);
          next.words[2] = copied.start, next.words[3] = copied.length;
        }
    }
    return next;
  }

  // Whether a text is a sentence of the language, found another way: by reading the text.
  bool Accepts(std::string_view text, std::string_view source) const {
    for (int part = 0; part < 3; ++part) {
      const auto eat = [&](std::string_view word) {
        const bool starts = text.starts_with(word);
        if (starts) text.remove_prefix(word.size());
        return starts;
      };
      if (!eat("<open>") && !eat("<close>")) return false;
      if (eat("<window>")) {
        if (!eat("<left>") && !eat("<right>")) return false;
      } else if (!eat("<light>")) {
        return false;
      }
      if (!eat("<to>")) return false;
      const std::string_view stretch = text.substr(0, text.find('<'));
      if (stretch.empty() || source.find(stretch) == std::string_view::npos) return false;
      text.remove_prefix(stretch.size());
      if (text.empty()) return true;
      if (!eat("<set>")) return false;
    }
    return false;
  }

 private:
  enum Place : std::uint32_t { kVerb, kThing, kSide, kTo, kText };
  TokenId Id(std::string_view name) const { return tokenizer_.Symbol(name).value(); }
  static Spans::Copied Copied(const AutomatonState& state) { return {state.words[2], state.words[3]}; }

  const Tokenizer& tokenizer_;
  const Spans spans_;
};

class DecoderTest : public testing::TestWithParam<std::string> {
 protected:
  std::vector<TokenId> Context(std::string_view source) const {
    std::vector<TokenId> context{model_.tokenizer().bos()};
    const auto words = model_.tokenizer().Encode(source).value();
    context.insert(context.end(), words.begin(), words.end());
    context.push_back(model_.tokenizer().separator());
    return context;
  }

  const Model model_ = LoadModel(GetParam());
  const std::string source_ = "open the left 车窗 to the left";
};

TEST_P(DecoderTest, GuessingChangesNothing) {
  const TinyLanguage language(model_.tokenizer(), source_);
  const auto plain = Session::Create(model_, {64, 128, false}).value();
  const auto drafting = Session::Create(model_, {64, 128, true}).value();
  Random random(3);
  std::size_t drafted = 0;
  for (int round = 0; round < 50; ++round) {
    auto context = Context(source_);
    for (int i = 0; i < 3; ++i) context[1 + random.Below(context.size() - 2)] = static_cast<TokenId>(3 + random.Below(300));
    Decoded expected;
    Decoded actual;
    ASSERT_TRUE(plain->SetContext(context));
    ASSERT_TRUE(drafting->SetContext(context));
    ASSERT_TRUE(Decoder(*plain, language).Decode(expected));
    ASSERT_TRUE(Decoder(*drafting, language).Decode(actual));
    ASSERT_EQ(actual.tokens, expected.tokens);
    ASSERT_EQ(actual.chosen, expected.chosen);
    ASSERT_LE(actual.steps - actual.drafted + actual.accepted, expected.steps);
    for (std::size_t i = 0; i < expected.tokens.size(); ++i) {
      // Several tokens in one batch round differently from one at a time.
      ASSERT_NEAR(actual.log_probabilities[i], expected.log_probabilities[i], 0.02);
    }
    drafted += actual.drafted;
    const std::string text = model_.tokenizer().Decode(expected.tokens);
    ASSERT_TRUE(language.Accepts(text, source_)) << text;
  }
  EXPECT_GT(drafted, 0);
}

TEST_P(DecoderTest, ForcedTokensCostNoStep) {
  const TinyLanguage language(model_.tokenizer(), source_);
  const auto session = Session::Create(model_, {64, 128, false}).value();
  ASSERT_TRUE(session->SetContext(Context(source_)));
  Decoded out;
  ASSERT_TRUE(Decoder(*session, language, {.unmasked = true}).Decode(out));
  EXPECT_LT(out.chosen, out.tokens.size());
  EXPECT_EQ(out.steps, out.chosen - 1);  // the first choice is made from the context's state
  EXPECT_EQ(out.tokens.back(), model_.tokenizer().eos());
  EXPECT_GT(out.Probability(), 0);
  for (std::size_t i = 0; i < out.tokens.size(); ++i) {
    EXPECT_LE(out.log_probabilities[i], 1e-6F);
    EXPECT_LE(out.unmasked_probabilities[i], out.log_probabilities[i] + 1e-5F);
  }
}

TEST_P(DecoderTest, LimitsAreErrors) {
  const TinyLanguage language(model_.tokenizer(), source_);
  const auto session = Session::Create(model_).value();
  Decoded out;
  ASSERT_TRUE(session->SetContext(Context(source_)));
  EXPECT_EQ(Decoder(*session, language, {.tokens_max = 2}).Decode(out).error().code, ErrorCode::kResourceExhausted);
  const auto small = Session::Create(model_, {.context_max = Context(source_).size() + 1}).value();
  ASSERT_TRUE(small->SetContext(Context(source_)));
  EXPECT_EQ(Decoder(*small, language).Decode(out).error().code, ErrorCode::kResourceExhausted);
}

TEST_P(DecoderTest, AllocatesNothingWhenReused) {
  const TinyLanguage language(model_.tokenizer(), source_);
  const auto session = Session::Create(model_, {.drafts = true}).value();
  const auto context = Context(source_);
  Decoder decoder(*session, language);
  Decoded out;
  ASSERT_TRUE(session->SetContext(context));
  ASSERT_TRUE(decoder.Decode(out));
  const std::size_t before = Allocations();
  ASSERT_TRUE(session->SetContext(context));
  ASSERT_TRUE(decoder.Decode(out));
  EXPECT_EQ(Allocations(), before);
}

INSTANTIATE_TEST_SUITE_P(Models, DecoderTest, testing::Values("tiny_f32", "tiny_q8"), [](const auto& param) { return param.param; });

// Walks the language with random choices, as a model of random logits would.
TEST(LanguageTest, AMillionRandomChoicesAreSentences) {
  const Model model = LoadModel("tiny_q8");
  Random random(11);
  const std::vector<std::string> sources{"open the left 车窗 to the left", "aaaa", "€", "x\xff y", "打开"};
  std::vector<std::uint64_t> scratch((model.config().vocab_size + 63) / 64);
  std::size_t choices = 0;
  while (choices < 1'000'000) {
    const std::string& source = sources[random.Below(sources.size())];
    const TinyLanguage language(model.tokenizer(), source);
    for (int sentence = 0; sentence < 200; ++sentence) {
      std::vector<TokenId> tokens;
      AutomatonState state = language.Start();
      for (TokenId token = kNoToken; token != model.tokenizer().eos(); ++choices) {
        std::fill(scratch.begin(), scratch.end(), 0);
        const Choice choice = language.Next(state, scratch);
        std::vector<TokenId> allowed;
        for (std::size_t t = 0; t < model.config().vocab_size; ++t) {
          if (choice.forced == kNoToken && (choice.mask[t / 64] >> t % 64 & 1) != 0) allowed.push_back(static_cast<TokenId>(t));
        }
        if (allowed.empty()) allowed.push_back(choice.forced);
        ASSERT_NE(allowed[0], kNoToken);
        token = allowed[random.Below(allowed.size())];
        tokens.push_back(token);
        state = language.Advance(state, token);
        // The end of a text that can grow no further is all that is left.
        ASSERT_LT(tokens.size(), 200U);
      }
      const std::string text = model.tokenizer().Decode(tokens);
      ASSERT_TRUE(language.Accepts(text, source)) << text;
    }
  }
}

}  // namespace
}  // namespace deepcabin::engine
