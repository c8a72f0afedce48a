#include "llm/matrix.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "llm/scripted_client_for_test.h"
#include "llm/turn.h"

namespace deepcabin::llm {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr FaultKind kEveryFault[] = {FaultKind::kBadRequest, FaultKind::kBadKey,      FaultKind::kNoFunds,     FaultKind::kNotFound,
                                     FaultKind::kBusy,       FaultKind::kServerFault, FaultKind::kUnreachable, FaultKind::kSilent,
                                     FaultKind::kCut,        FaultKind::kBroken};

// Late is late after 40 ms, so that a test need not wait as long as a car does.
MatrixOptions Hasty() {
  MatrixOptions options;
  options.patience = {milliseconds(40), milliseconds(40), milliseconds(40)};
  options.times.first_token_max = milliseconds(80);
  options.times.stall = milliseconds(40);
  options.times.back_off = milliseconds(5);
  options.times.permit_again = milliseconds(5);
  options.times.permit_max = milliseconds(20);
  return options;
}

// One of each, for a test that needs several worlds.
struct World {
  explicit World(int endpoints = 2, const MatrixOptions& options = {}) {
    for (int i = 0; i < endpoints; ++i) {
      Endpoint e;
      e.name = std::string(1, static_cast<char>('a' + i));
      e.url = "https://" + e.name + ".example";
      e.model = "model-" + e.name;
      e.price = {.cached = 10, .input = 100, .output = 1'000};
      models.endpoints.push_back(e);
      models.routing[Task::kQuestion].places.emplace_back(e.name, 1);
      client.Play(e.name, Answers("from " + e.name));
    }
    request.messages.push_back({Role::kUser, "为什么天是蓝的", "", {}, ""});
    Build(options);
  }
  void Build(const MatrixOptions& options = {}) {
    matrix.emplace(
        models, client, *meter, clock,
        [this](const OrderedJson& event) {
          const std::lock_guard lock(mutex);
          events.push_back(event);
        },
        options);
  }
  Result<ChatReply> Ask() {
    ear = {};
    return matrix->Chat(request, ear, stop.get_token());
  }
  std::vector<std::string> Types() {
    const std::lock_guard lock(mutex);
    std::vector<std::string> types;
    for (const OrderedJson& event : events) types.push_back(event["type"].get<std::string>().substr(6));
    return types;
  }
  std::string AllEvents() {
    const std::lock_guard lock(mutex);
    return DumpJson(OrderedJson(events));
  }

  SystemClock clock;
  Models models;
  ScriptedClient client;
  std::unique_ptr<Meter> meter = Meter::Open("", clock).value();
  ChatRequest request;
  ChatEar ear;
  std::stop_source stop;
  std::mutex mutex;
  std::vector<OrderedJson> events;
  std::optional<Matrix> matrix;
};

TEST(MatrixTest, AnswersAndCounts) {
  World world;
  const auto reply = world.Ask();
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(world.ear.content, "from a");
  EXPECT_EQ(world.ear.reasoning, "hm");
  EXPECT_EQ(reply->message.content, "from a");
  EXPECT_EQ(reply->endpoint, "a");
  EXPECT_EQ(reply->model, "model-a");
  EXPECT_EQ(reply->tries, 1);
  EXPECT_NEAR(reply->cost, 0.4e3 * 10 / 1e6 + 0.6e3 * 100 / 1e6 + 100 * 1'000 / 1e6, 1e-9);
  EXPECT_NEAR(world.meter->SpentToday("a"), reply->cost, 1e-9);
  EXPECT_EQ(world.client.starts("b"), 0);
  EXPECT_THAT(world.Types(), ElementsAre("route", "try", "done"));
  EXPECT_THAT(world.events[0]["order"][0]["why"].get<std::string>(), HasSubstr("choice 1 for question"));
  EXPECT_EQ(world.events[2]["endpoint"], "a");
}

TEST(MatrixTest, TheSecondAnswersWhateverTheFirstDoes) {
  std::vector<std::pair<std::string, Lines>> ways;
  for (const FaultKind kind : kEveryFault) {
    ways.emplace_back(FaultKindName(kind), FailsWith(kind));
    ways.emplace_back("in the middle: " + std::string(FaultKindName(kind)), BreaksAfter("wrong", kind));
  }
  ways.emplace_back("busy with Retry-After", FailsWith(FaultKind::kBusy, milliseconds(30'000)));
  ways.emplace_back("cancelled by itself", FailsWith(FaultKind::kCancelled));
  ways.emplace_back("silent", SaysNothing());
  ways.emplace_back("stall in the middle", StallsAfter("wrong"));
  constexpr int kRequests = 60;
  for (const auto& [name, script] : ways) {
    World world(2, Hasty());
    world.client.Play("a", script);
    world.matrix->SetModels(world.models);
    for (int i = 0; i < kRequests; ++i) {
      const auto reply = world.Ask();
      ASSERT_TRUE(reply) << name << " " << i << ": " << reply.error().message;
      ASSERT_EQ(reply->endpoint, "b") << name;
      ASSERT_EQ(world.ear.content, "from b") << name;  // nothing of the first is left
    }
    const int tries = world.client.starts("a") + world.client.starts("b");
    EXPECT_LE(tries, 1.1 * kRequests + kExtraFloor) << name;
    EXPECT_LE(world.client.starts("a"), kFailuresInARowMax) << name;
    EXPECT_THAT(world.AllEvents(), Not(HasSubstr("sk-secret"))) << name;
  }
}

TEST(MatrixTest, ManyAtOnceAreAllAnswered) {
  for (const auto& script : {FailsWith(FaultKind::kUnreachable), FailsWith(FaultKind::kBusy), BreaksAfter("x", FaultKind::kCut)}) {
    World world;
    world.client.Play("a", script);
    std::atomic<int> answered{0};
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 40; ++t) {
        threads.emplace_back([&] {
          ChatEar ear;
          const auto reply = world.matrix->Chat(world.request, ear, {});
          answered += reply && reply->endpoint == "b" && ear.content == "from b";
        });
      }
    }
    EXPECT_EQ(answered, 40);
  }
}

TEST(MatrixTest, NoStormWhenAllAreDown) {
  World world(3, Hasty());
  for (const char* name : {"a", "b", "c"}) world.client.Play(name, FailsWith(FaultKind::kServerFault));
  constexpr int kRequests = 300;
  for (int i = 0; i < kRequests; ++i) {
    const auto reply = world.Ask();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(reply.error().message, Not(HasSubstr("服务器繁忙")));
    EXPECT_THAT(reply.error().message, Not(testing::ContainsRegex("[Bb]usy")));
    EXPECT_LT(reply.error().message.size(), 300u);
  }
  const int tries = world.client.starts("a") + world.client.starts("b") + world.client.starts("c");
  EXPECT_LE(tries, 1.1 * kRequests + kExtraFloor);
  EXPECT_LE(tries, 3 * kFailuresInARowMax);  // the breakers are far stricter here
}

TEST(MatrixTest, ALateFirstWordIsHedged) {
  World world(2, Hasty());
  world.client.Play("a", SaysNothing());
  const auto reply = world.Ask();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->endpoint, "b");
  EXPECT_EQ(reply->tries, 2);
  EXPECT_THAT(world.Types(), ElementsAre("route", "try", "try", "failed", "done"));
  EXPECT_EQ(world.events[2]["kind"], "hedge");
  EXPECT_EQ(world.ear.restarts, 0);
  const OrderedJson usage = world.meter->ToJson(1);
  EXPECT_EQ(usage["rows"][1]["hedges"], 1);
  EXPECT_EQ(usage["faults"][0]["kind"], "silent");
  EXPECT_GT(usage["rows"][0]["cost"], 0);  // the one that was left behind will bill its input all the same
}

TEST(MatrixTest, ASecondAnswerBeginsAnew) {
  World world;
  world.client.Play("a", BreaksAfter("half an ans", FaultKind::kCut));
  const auto reply = world.Ask();
  ASSERT_TRUE(reply);
  EXPECT_EQ(world.ear.restarts, 1);
  EXPECT_EQ(world.ear.content, "from b");
  EXPECT_THAT(world.Types(), ElementsAre("route", "try", "failed", "try", "restart", "done"));
}

TEST(MatrixTest, WhatWasSpokenIsNotTakenBack) {
  World world;
  world.client.Play("a", BreaksAfter("half an ans", FaultKind::kCut));
  world.ear.committed = true;
  const auto reply = world.matrix->Chat(world.request, world.ear, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message, "the answer broke off: a broke off");
  EXPECT_EQ(world.ear.content, "half an ans");
  EXPECT_EQ(world.ear.restarts, 0);
  EXPECT_EQ(world.client.starts("b"), 0);
}

TEST(MatrixTest, StopsAtAnyMoment) {
  for (const bool heard_something : {false, true}) {
    World world;
    world.client.Play("a", [&](ExchangeListener& to, const std::stop_token& stop) {
      if (heard_something) to.OnContent("x");
      world.stop.request_stop();
      WaitForTheEnd(stop);
    });
    const auto reply = world.Ask();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kFailedPrecondition);
    EXPECT_EQ(world.client.starts("b"), 0);
    EXPECT_EQ(world.matrix->StatusJson()[0]["state"], "closed");  // it was not the endpoint's fault
  }
  World world;
  world.stop.request_stop();
  EXPECT_FALSE(world.Ask());
  EXPECT_EQ(world.client.starts("a"), 0);
}

TEST(MatrixTest, AnEndlessFloodIsCutOff) {
  World world;
  std::atomic<std::size_t> sent{0};
  world.client.Play("a", [&](ExchangeListener& to, const std::stop_token& stop) {
    const std::string piece(64 * 1'024, 'x');
    for (; !stop.stop_requested(); sent += piece.size()) to.OnContent(piece);
  });
  world.ear.on_content = [&] {  // slower than the flood
    while (sent < 2 * kInboxBytesMax) std::this_thread::yield();
  };
  const auto reply = world.matrix->Chat(world.request, world.ear, {});
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->endpoint, "b");
}

TEST(MatrixTest, NothingToAsk) {
  const auto code = [](World& world) {
    const auto reply = world.Ask();
    EXPECT_FALSE(reply);
    EXPECT_EQ(world.Types().back(), "done");
    return reply ? ErrorCode::kInternal : reply.error().code;
  };
  World none(0);
  EXPECT_EQ(code(none), ErrorCode::kFailedPrecondition);

  World unknown;
  unknown.request.endpoint = "z";
  EXPECT_EQ(code(unknown), ErrorCode::kFailedPrecondition);

  World secret(1);
  secret.models.endpoints[0].outbound = Outbound::kNothing;
  secret.Build();
  EXPECT_EQ(code(secret), ErrorCode::kPermissionDenied);
  EXPECT_EQ(secret.client.starts("a"), 0);

  World poor(1);
  poor.models.endpoints[0].budget_per_day = 1e-9;
  poor.Build();
  EXPECT_EQ(code(poor), ErrorCode::kResourceExhausted);
  EXPECT_EQ(poor.client.starts("a"), 0);

  World keyless(1);
  keyless.models.off["a"] = "A_KEY is not set";
  keyless.Build();
  EXPECT_EQ(code(keyless), ErrorCode::kFailedPrecondition);
}

TEST(MatrixTest, TheErrorSaysWhatKindOfTroubleItIs) {
  const auto code = [](FaultKind kind) {
    World world(2);
    for (const char* name : {"a", "b"}) world.client.Play(name, FailsWith(kind));
    return world.Ask().error().code;
  };
  EXPECT_EQ(code(FaultKind::kBadRequest), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(FaultKind::kNoFunds), ErrorCode::kResourceExhausted);
  EXPECT_EQ(code(FaultKind::kSilent), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(code(FaultKind::kBadKey), ErrorCode::kUnavailable);
}

TEST(MatrixTest, ARequestThatNobodyTakesBlamesNobody) {
  World world;
  for (const char* name : {"a", "b"}) world.client.Play(name, FailsWith(FaultKind::kBadRequest));
  for (int i = 0; i < 2 * kFailuresInARowMax; ++i) EXPECT_FALSE(world.Ask());
  world.client.Play("a", Answers("ok"));
  EXPECT_TRUE(world.Ask());
}

TEST(MatrixTest, NewSettingsOpenWhatABadKeyHadShut) {
  World world(1);
  world.client.Play("a", FailsWith(FaultKind::kBadKey));
  EXPECT_FALSE(world.Ask());
  world.client.Play("a", Answers("ok"));
  EXPECT_FALSE(world.Ask());
  world.matrix->SetModels(world.models);
  EXPECT_TRUE(world.Ask());
}

TEST(MatrixTest, TheBudgetOfTheDayEndsIt) {
  World world(2);
  world.models.endpoints[0].budget_per_day = 0.3285;  // an answer costs 0.164, the estimate of its input 0.0013
  world.Build();
  for (const char* who : {"a", "a", "b"}) {
    const auto reply = world.Ask();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->endpoint, who);
  }
}

TEST(MatrixTest, ALocalServerComesAndGoes) {
  World world(1);
  world.models.endpoints[0].url = "";
  world.Build();
  EXPECT_EQ(world.Ask().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(world.matrix->StatusJson()[0]["why"], "its server does not run");
  world.matrix->SetUrl("a", "http://127.0.0.1:1/v1");
  EXPECT_TRUE(world.Ask());
  world.matrix->SetUrl("a", "");
  EXPECT_FALSE(world.Ask());
}

TEST(MatrixTest, AnEmptyPieceIsASignOfLifeAndNoMore) {
  World world(2, Hasty());
  world.client.Play("a", [](ExchangeListener& to, const std::stop_token&) {
    to.OnContent("");
    to.OnDone(ReplyOf(""));
  });
  int pieces = 0;
  world.ear.on_content = [&] { ++pieces; };
  const auto reply = world.matrix->Chat(world.request, world.ear, {});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->endpoint, "a");
  EXPECT_EQ(pieces, 0);
}

}  // namespace
}  // namespace deepcabin::llm
