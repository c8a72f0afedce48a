#include "llm/router.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcabin::llm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Endpoint Far(const std::string& name) {
  Endpoint e;
  e.name = name;
  e.url = "https://" + name + ".example";
  e.model = name;
  e.outbound = Outbound::kFull;
  return e;
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    for (const char* name : {"a", "b", "c"}) models_.endpoints.push_back(Far(name));
  }
  std::vector<std::string> Order() { return Names(PlanRoute(models_, states_, query_)); }
  std::vector<std::string> Names(const Route& route) {
    std::vector<std::string> names;
    for (const Place& place : route.order) names.push_back(models_.endpoints[place.endpoint].name);
    return names;
  }
  Refusal Refused() {
    const Route route = PlanRoute(models_, states_, query_);
    EXPECT_EQ(route.refused.size(), 1u);
    return route.refused.empty() ? Refusal{} : route.refused.front();
  }
  Endpoint& At(int i) { return models_.endpoints[i]; }

  Models models_;
  std::map<std::string, EndpointState> states_;
  RouteQuery query_{.input_tokens = 1'000, .output_tokens = 1'000};
};

TEST_F(RouterTest, AllAlikeTheOrderOfTheFile) { EXPECT_THAT(Order(), ElementsAre("a", "b", "c")); }

TEST_F(RouterTest, ThePreferenceOfTheTaskComesFirst) {
  models_.routing[Task::kQuestion] = {{{"c", 1}, {"a", 1}}, false};
  EXPECT_THAT(Order(), ElementsAre("c", "a", "b"));
  query_.task = Task::kTools;
  EXPECT_THAT(Order(), ElementsAre("a", "b", "c"));
}

TEST_F(RouterTest, WhatItIsGoodAt) {
  At(0).good_at = {Task::kCreative};
  At(2).good_at = {Task::kQuestion};
  EXPECT_THAT(Order(), ElementsAre("b", "c", "a"));
  query_.task = Task::kCreative;
  EXPECT_THAT(Order(), ElementsAre("a", "b", "c"));
}

TEST_F(RouterTest, FasterAndCheaperFirst) {
  states_["a"].health.first_token_ms = 900;
  states_["b"].health.first_token_ms = 300;
  EXPECT_THAT(Order(), ElementsAre("b", "c", "a"));      // c is not measured: a guess of 800 ms
  At(1).price = {.cached = 5, .input = 5, .output = 5};  // a cent for the request
  EXPECT_THAT(Order(), ElementsAre("c", "a", "b"));
}

TEST_F(RouterTest, ThoseThatFailOftenLast) {
  models_.routing[Task::kQuestion] = {{{"a", 1}}, false};
  states_["a"].health.error_share = 0.31;
  EXPECT_THAT(Order(), ElementsAre("b", "c", "a"));
  states_["a"].health.error_share = 0.29;
  EXPECT_THAT(Order(), ElementsAre("a", "b", "c"));
}

TEST_F(RouterTest, NothingPersonalWhereNothingMayLeave) {
  At(0).outbound = Outbound::kNothing;
  At(1).outbound = Outbound::kRedacted;
  EXPECT_THAT(Order(), ElementsAre("b", "c"));
  EXPECT_EQ(Refused().code, ErrorCode::kPermissionDenied);
  query_.privacy = Privacy::kGeneral;
  EXPECT_THAT(Order(), ElementsAre("a", "b", "c"));
}

TEST_F(RouterTest, LeavesOutWhatCannotAnswer) {
  struct Row {
    std::function<void()> change;
    ErrorCode code;
    std::string why;
  };
  const Endpoint before = At(0);
  const Row rows[] = {
      {[&] { models_.off["a"] = "A_KEY is not set"; }, ErrorCode::kFailedPrecondition, "A_KEY is not set"},
      {[&] { At(0).url = ""; }, ErrorCode::kUnavailable, "does not run"},
      {[&] { At(0).context_tokens = 1'999; }, ErrorCode::kInvalidArgument, "about 2000 tokens, it holds 1999"},
      {[&] {
         At(0).budget_per_day = 2;
         states_["a"].spent_today = 2.01;
       },
       ErrorCode::kResourceExhausted, "budget of 2 USD"},
      {[&] {
         At(0).budget_per_day = 0.0005;  // less than the input alone
         At(0).price.input = 1;
       },
       ErrorCode::kResourceExhausted, "budget"},
      {[&] { states_["a"].health = {.breaker = Breaker::kOpen, .pause_left = std::chrono::seconds(4), .why = "it failed 5 times"}; },
       ErrorCode::kUnavailable, "left alone for 4 s more: it failed 5 times"},
  };
  for (const Row& row : rows) {
    row.change();
    EXPECT_THAT(Order(), ElementsAre("b", "c")) << row.why;
    EXPECT_EQ(Refused().code, row.code) << row.why;
    EXPECT_THAT(Refused().why, HasSubstr(row.why));
    At(0) = before;
    states_.clear();
    models_.off.clear();
  }
}

TEST_F(RouterTest, ExactlyFullIsNotTooMuch) {
  At(0).context_tokens = 2'000;
  At(0).price.input = 1;
  At(0).budget_per_day = 2;
  states_["a"].spent_today = 1.999;
  EXPECT_EQ(Order().size(), 3u);
}

TEST_F(RouterTest, OnlyTheOneThatIsAskedFor) {
  query_.only = "b";
  EXPECT_THAT(Order(), ElementsAre("b"));
  query_.only = "nobody";
  EXPECT_THAT(Order(), ElementsAre());
}

TEST_F(RouterTest, WeightsAreSharesOfTheFirstPlace) {
  models_.routing[Task::kQuestion] = {{{"a", 3}, {"b", 1}}, true};
  int first_a = 0;
  for (query_.draw = 0; query_.draw < 10'000; ++query_.draw) {
    const auto order = Order();
    ASSERT_EQ(order.back(), "c");
    first_a += order.front() == "a";
  }
  EXPECT_NEAR(first_a, 7'500, 200);
  query_.draw = 5;
  EXPECT_EQ(Order(), Order());
}

TEST_F(RouterTest, SaysWhy) {
  models_.routing[Task::kQuestion] = {{{"a", 1}}, false};
  At(0).price = {.cached = 0.1, .input = 1, .output = 2};
  states_["a"].health.first_token_ms = 420;
  At(1).good_at = {Task::kTools};
  states_["c"].health.breaker = Breaker::kProbe;
  const Route route = PlanRoute(models_, states_, query_);
  ASSERT_THAT(Names(route), ElementsAre("a", "c", "b"));
  EXPECT_EQ(route.order[0].why, "choice 1 for question; 420 ms to the first token; 0.0030 USD at most");
  EXPECT_EQ(route.order[1].why, "good at question; not measured; to see whether it is back");
  EXPECT_EQ(route.order[2].why, "not made for question; not measured");
}

}  // namespace
}  // namespace deepcabin::llm
