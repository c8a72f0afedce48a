// The engine against PyTorch, and what a session promises.

#include "engine/model/session.h"

#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "engine/testing_for_test.h"

namespace deepcabin::engine {
namespace {

// Largest difference as a share of the largest expected magnitude.
double RelativeError(std::span<const float> actual, const std::vector<float>& expected) {
  double difference = 0;
  double magnitude = 0;
  EXPECT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference = std::max(difference, static_cast<double>(std::fabs(actual[i] - expected[i])));
    magnitude = std::max(magnitude, static_cast<double>(std::fabs(expected[i])));
  }
  return difference / magnitude;
}

struct Case {
  std::string model, isa;
  double tolerance;
};

class GoldenTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override { setenv("DEEPCABIN_CPU_ISA", GetParam().isa.c_str(), 1); }
  void TearDown() override { unsetenv("DEEPCABIN_CPU_ISA"); }
};

TEST_P(GoldenTest, LogitsAndDraftsAreThoseOfPyTorch) {
  const Model model = LoadModel(GetParam().model);
  const Json& expected = Expected()[GetParam().model];
  const auto tokens = expected["tokens"].get<std::vector<TokenId>>();
  // All at once, and a few at a time: prompts and single steps are computed by different kernels.
  for (const std::size_t batch : {std::size_t{1}, std::size_t{3}, tokens.size()}) {
    const auto session = Session::Create(model, {64, batch, true});
    ASSERT_TRUE(session);
    const auto rows = expected["rows"].get<std::vector<std::size_t>>();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ASSERT_TRUE((*session)->SetContext(std::span(tokens).first(rows[i] + 1)));
      EXPECT_LE(RelativeError((*session)->Logits(0), expected["logits"][i].get<std::vector<float>>()), GetParam().tolerance)
          << "row " << rows[i] << " in batches of " << batch;
    }
    const auto draft_rows = expected["draft_rows"].get<std::vector<std::size_t>>();
    for (std::size_t i = 0; i < draft_rows.size(); ++i) {
      ASSERT_TRUE((*session)->SetContext(std::span(tokens).first(draft_rows[i] + 1)));
      EXPECT_LE(RelativeError((*session)->Draft(tokens[draft_rows[i] + 1], {}), expected["draft_logits"][i].get<std::vector<float>>()),
                GetParam().tolerance)
          << "draft row " << draft_rows[i];
    }
  }
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const Kernels* kernels : AvailableKernels()) {
    cases.push_back({"tiny_f32", std::string(kernels->name), 1e-4});
    cases.push_back({"tiny_q8", std::string(kernels->name), 5e-2});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, GoldenTest, testing::ValuesIn(Cases()),
                         [](const auto& param) { return param.param.model + "_" + param.param.isa; });

class SessionTest : public testing::Test {
 protected:
  const Model model_ = LoadModel("tiny_f32");
  const std::vector<TokenId> tokens_ = Expected()["tiny_f32"]["tokens"].get<std::vector<TokenId>>();
};

TEST_F(SessionTest, KeepsTheCommonStartOfContexts) {
  const auto session = Session::Create(model_, {.drafts = true}).value();
  const auto fresh = Session::Create(model_).value();
  std::vector<TokenId> other = tokens_;
  other[tokens_.size() - 2] = 5;
  for (const auto& context : {tokens_, other, tokens_, std::vector<TokenId>(tokens_.begin(), tokens_.begin() + 3), other}) {
    ASSERT_TRUE(session->SetContext(context));
    fresh->Truncate(0);
    ASSERT_TRUE(fresh->SetContext(context));
    const auto expected = fresh->Logits(0);
    EXPECT_LE(RelativeError(session->Logits(0), {expected.begin(), expected.end()}), 1e-5);
  }
}

TEST_F(SessionTest, StatesOfSeveralTokens) {
  const auto session = Session::Create(model_, {64, 4, true}).value();
  const auto plain = Session::Create(model_, {64, 128, false}).value();
  ASSERT_TRUE(session->Append(tokens_, 3));
  ASSERT_TRUE(plain->Append(tokens_, 3));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto expected = plain->Logits(i);
    EXPECT_LE(RelativeError(session->Logits(i), {expected.begin(), expected.end()}), 1e-5);
  }
}

TEST_F(SessionTest, MaskedLogitsAreTheSameWhereWanted) {
  const auto session = Session::Create(model_).value();
  ASSERT_TRUE(session->SetContext(tokens_));
  const auto whole = session->Logits(0);
  const std::vector<float> expected(whole.begin(), whole.end());
  std::vector<std::uint64_t> mask((model_.config().vocab_size + 63) / 64);
  for (const std::size_t token : {std::size_t{0}, std::size_t{17}, std::size_t{100}, model_.config().vocab_size - 1}) {
    mask[token / 64] |= 1ULL << token % 64;
  }
  const auto masked = session->Logits(0, mask);
  for (std::size_t token = 0; token < expected.size(); ++token) {
    if ((mask[token / 64] >> token % 64 & 1) == 0) continue;
    EXPECT_EQ(masked[token], expected[token]);
  }
}

TEST_F(SessionTest, RefusesWhatDoesNotFit) {
  const auto session = Session::Create(model_, {8, 4, true}).value();
  const std::vector<TokenId> nine(9, 3);
  EXPECT_EQ(session->SetContext(nine).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(session->SetContext({}).error().code, ErrorCode::kInvalidArgument);
  const std::vector<TokenId> unknown{1, static_cast<TokenId>(model_.config().vocab_size)};
  EXPECT_EQ(session->SetContext(unknown).error().code, ErrorCode::kInvalidArgument);
  const std::vector<TokenId> negative{-1};
  EXPECT_EQ(session->Append(negative).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(session->SetContext(std::span(nine).first(8)));
  EXPECT_EQ(session->Append(std::span(nine).first(1)).error().code, ErrorCode::kResourceExhausted);
}

TEST_F(SessionTest, AllocatesNothingOnceMade) {
  const auto session = Session::Create(model_, {.drafts = true}).value();
  const std::size_t before = Allocations();
  ASSERT_TRUE(session->SetContext(tokens_));
  ASSERT_TRUE(session->Append(std::span(tokens_).first(2), 2));
  session->Logits(1);
  session->Draft(tokens_[0], {});
  EXPECT_EQ(Allocations(), before);
}

}  // namespace
}  // namespace deepcabin::engine
