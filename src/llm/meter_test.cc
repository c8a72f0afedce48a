#include "llm/meter.h"

#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcabin::llm {
namespace {

using testing::HasSubstr;

class MeterTest : public testing::Test {
 protected:
  MeterTest() {
    folder_ = testing::TempDir() + "meter_test";
    std::filesystem::remove_all(folder_);
  }
  ~MeterTest() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Meter> Open() {
    auto meter = Meter::Open(path_(), clock_);
    EXPECT_TRUE(meter) << meter.error().message;
    return *std::move(meter);
  }
  std::filesystem::path path_() const { return folder_ / "usage.db"; }
  static ExchangeRecord Answer(const std::string& endpoint, double cost) {
    return {.endpoint = endpoint,
            .task = Task::kTools,
            .answered = true,
            .usage = {100, 40, 20, 5},
            .cost = cost,
            .first_token_ms = 300,
            .total_ms = 900};
  }

  std::filesystem::path folder_;
  SimulatedClock clock_;
};

TEST_F(MeterTest, CostOfTokens) {
  const Price price{.cached = 1, .input = 10, .output = 100};
  EXPECT_NEAR(Cost(price, {.input_tokens = 1'000'000, .cached_tokens = 400'000, .output_tokens = 10'000}), 0.4 + 6 + 1, 1e-9);
  EXPECT_EQ(Cost(price, {.input_tokens = -5, .cached_tokens = 7, .output_tokens = -1}), 0);    // what a server says may be anything
  EXPECT_NEAR(Cost(price, {.input_tokens = 1'000'000, .cached_tokens = 9'000'000}), 1, 1e-9);  // not more cached than there is
}

TEST_F(MeterTest, EstimatesRatherTooMuch) {
  ChatRequest request;
  request.messages.push_back({Role::kUser, std::string(3'000, 'x'), "", {}, ""});
  EXPECT_GE(EstimateTokens(request), 1'000);
  const auto before = EstimateTokens(request);
  request.tools.push_back({"t", "d", {{"type", "object"}, {"properties", OrderedJson::object()}}});
  EXPECT_GT(EstimateTokens(request), before);
}

TEST_F(MeterTest, AddsUpByEndpointTaskAndDayAndKeepsIt) {
  {
    const auto meter = Open();
    meter->Record(Answer("a", 0.5));
    meter->Record(Answer("a", 0.25));
    meter->Record({.endpoint = "a", .task = Task::kTools, .hedge = true, .fault = FaultKind::kSilent, .cost = 0.1, .total_ms = 5'000});
    clock_.Advance(std::chrono::hours(24));
    meter->Record(Answer("b", 2));
  }
  const OrderedJson json = Open()->ToJson(7);
  ASSERT_EQ(json["rows"].size(), 2u);
  EXPECT_EQ(json["rows"][0]["day"], "2026-03-03");
  const OrderedJson& row = json["rows"][1];
  EXPECT_EQ(row["day"], "2026-03-02");
  EXPECT_EQ(row["endpoint"], "a");
  EXPECT_EQ(row["task"], "tools");
  EXPECT_EQ(row["answers"], 2);
  EXPECT_EQ(row["tries"], 3);
  EXPECT_EQ(row["hedges"], 1);
  EXPECT_EQ(row["faults"], 1);
  EXPECT_EQ(row["input_tokens"], 200);
  EXPECT_EQ(row["cached_tokens"], 80);
  EXPECT_EQ(row["output_tokens"], 40);
  EXPECT_EQ(row["reasoning_tokens"], 10);
  EXPECT_NEAR(row["cost"].get<double>(), 0.85, 1e-9);
  EXPECT_EQ(row["first_token_ms"], 300);
  EXPECT_EQ(row["total_ms"], 900);
  EXPECT_EQ(json["faults"][0]["kind"], "silent");
  EXPECT_EQ(json["today"], OrderedJson({{"b", 2.0}}));
  EXPECT_EQ(Open()->ToJson(1)["rows"].size(), 1u);
}

TEST_F(MeterTest, ABudgetHoldsBeforeDuringAndAfterTheCall) {
  const auto meter = Open();
  EXPECT_TRUE(meter->Reserve("a", 0.6, 1));
  EXPECT_FALSE(meter->Reserve("a", 0.6, 1));  // the other one is still running
  EXPECT_TRUE(meter->Reserve("a", 0.4, 1));
  EXPECT_TRUE(meter->Reserve("b", 99, 0));  // no limit
  auto record = Answer("a", 0.1);
  record.reserved = 0.6;
  meter->Record(record);  // cheaper than thought
  EXPECT_TRUE(meter->Reserve("a", 0.5, 1));
  EXPECT_FALSE(meter->Reserve("a", 0.01, 1));
  clock_.Advance(std::chrono::hours(24));
  EXPECT_TRUE(meter->Reserve("a", 0.1, 1));
  EXPECT_FALSE(meter->Reserve("a", 0.1, 1));  // 0.9 are running over midnight
}

TEST_F(MeterTest, TheBudgetSurvivesARestart) {
  Open()->Record(Answer("a", 0.9));
  const auto meter = Open();
  EXPECT_NEAR(meter->SpentToday("a"), 0.9, 1e-9);
  EXPECT_FALSE(meter->Reserve("a", 0.2, 1));
}

TEST_F(MeterTest, ADamagedFileIsSetAsideWithAWord) {
  for (const bool from_the_start : {true, false}) {
    std::filesystem::remove_all(folder_);
    {
      const auto meter = Open();
      for (int i = 0; i < 200; ++i) meter->Record(Answer("endpoint-" + std::to_string(i), 1));
    }
    const auto size = std::filesystem::file_size(path_());
    ASSERT_GT(size, 8'192u);
    {
      std::fstream file(path_(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(from_the_start ? 0 : 4'096);
      file << std::string(size - (from_the_start ? 0 : 4'096), '\x5a');
    }
    const auto meter = Open();
    EXPECT_THAT(meter->word(), HasSubstr("usage.db.damaged-1"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "usage.db.damaged-1"));
    meter->Record(Answer("a", 1));
    const OrderedJson json = meter->ToJson(1);
    EXPECT_EQ(json["rows"].size(), 1u);
    EXPECT_EQ(json["note"], meter->word());
  }
}

TEST_F(MeterTest, AFileThatCannotBeIsAnErrorAndMemoryIsNone) {
  std::filesystem::create_directories(path_());  // a folder stands in its place
  const auto meter = Meter::Open(path_(), clock_);
  ASSERT_FALSE(meter);
  EXPECT_EQ(meter.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(Meter::Open("", clock_));
}

TEST_F(MeterTest, ManyThreadsLoseNothing) {
  const auto meter = Open();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          if (meter->Reserve("a", 0.01, 1)) {
            auto record = Answer("a", 0.01);
            record.reserved = 0.01;
            meter->Record(record);
          }
          meter->ToJson(1);
        }
      });
    }
  }
  const OrderedJson json = meter->ToJson(1);
  EXPECT_NEAR(json["today"]["a"].get<double>(), 1, 0.011);
  EXPECT_EQ(json["rows"][0]["answers"], json["rows"][0]["tries"]);
}

}  // namespace
}  // namespace deepcabin::llm
