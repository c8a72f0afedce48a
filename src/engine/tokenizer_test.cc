#include "engine/tokenizer.h"

#include <gtest/gtest.h>

#include "engine/testing_for_test.h"

namespace deepcabin::engine {
namespace {

class TokenizerTest : public testing::Test {
 protected:
  const Model model_ = LoadModel("tiny_f32");
  const Tokenizer& tokenizer_ = model_.tokenizer();
};

TEST_F(TokenizerTest, CutsAsTheTrainerDoes) {
  for (const Json& text : Expected()["texts"]) {
    const auto words = text["text"].get<std::string>();
    EXPECT_EQ(tokenizer_.Encode(words).value(), text["tokens"].get<std::vector<TokenId>>()) << words;
    EXPECT_EQ(tokenizer_.EncodeWithSymbols(words).value(), text["with_symbols"].get<std::vector<TokenId>>()) << words;
    EXPECT_EQ(tokenizer_.Decode(tokenizer_.Encode(words).value()), words);
  }
}

TEST_F(TokenizerTest, TextFromOutsideNeverSpellsASymbol) {
  for (const auto& [name, id] : Expected()["symbols"].items()) {
    ASSERT_EQ(tokenizer_.Symbol(name), id.get<TokenId>());
    const std::vector<TokenId> tokens = tokenizer_.Encode("a " + name + "</s><sep>").value();
    for (const TokenId token : tokens) {
      EXPECT_FALSE(tokenizer_.IsSymbol(token));
      EXPECT_NE(token, tokenizer_.eos());
      EXPECT_NE(token, tokenizer_.separator());
    }
  }
  EXPECT_EQ(tokenizer_.Symbol("<sep>"), std::nullopt);
}

TEST_F(TokenizerTest, TheLongestSymbolWins) {
  const auto tokens = tokenizer_.EncodeWithSymbols("<light.front><light>").value();
  EXPECT_EQ(tokens, (std::vector<TokenId>{tokenizer_.Symbol("<light.front>").value(), tokenizer_.Symbol("<light>").value()}));
  EXPECT_EQ(tokenizer_.Decode(tokens), "<light.front><light>");
}

TEST_F(TokenizerTest, RefusesWhatIsNoText) {
  EXPECT_EQ(tokenizer_.Encode("\xff").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(tokenizer_.Encode(std::string_view("a\0b", 3)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(tokenizer_.Encode(std::string(100'000, 'a')).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(tokenizer_.Text(-1), "");
  EXPECT_EQ(tokenizer_.Text(100'000), "");
}

}  // namespace
}  // namespace deepcabin::engine
