// The matrix over the real client and two servers on loopback, of which the first misbehaves in every way that has been seen or feared: the
// second answers, always.

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "llm/client_test_support.h"
#include "llm/matrix.h"
#include "llm/scripted_client_for_test.h"

namespace deepcabin::llm {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr int kRequests = 12;

struct Way {
  std::string name;
  Script script;
  std::function<void(Endpoint&)> change{};  // of the first endpoint
};

std::vector<Way> EveryWay() {
  const std::string leak = std::string(R"({"error":{"message":"bad key )") + kKey + R"("}})";
  std::vector<Way> ways;
  for (const int status : {400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503, 529}) {
    ways.push_back({std::to_string(status), ErrorReply(status, leak)});
  }
  ways.push_back({"429 with Retry-After", ErrorReply(429, "{}", {"Retry-After: 30"})});
  ways.push_back({"refused", Script(), [](Endpoint& e) { e.url = "http://127.0.0.1:1/v1"; }});
  ways.push_back({"no such name", Script(), [](Endpoint& e) { e.url = "https://no-such-host.invalid/v1"; }});
  ways.push_back({"no TLS there", TextReply("wrong"), [](Endpoint& e) { e.url = "https" + e.url.substr(4); }});
  ways.push_back({"stall before the first byte", Script().Stall()});
  ways.push_back({"stall with comments", Script().Head().Stall(": keep-alive\n\n")});
  ways.push_back({"stall in the middle", Script().Head().Send(ContentEvent("wrong")).Stall(": keep-alive\n\n")});
  ways.push_back({"cut before the first byte", Script().Cut()});
  ways.push_back({"cut in the middle", Script().Head().Send(ContentEvent("wrong")).Cut()});
  ways.push_back({"a line without end", Script().Head().Send("data: ").Endless(std::string(64 * 1'024, 'x'))});
  ways.push_back({"an answer without end", Script().Head().Endless(ContentEvent(std::string(16 * 1'024, 'x')))});
  ways.push_back(
      {"not UTF-8", Script().Head().Send(ContentEvent("wrong")).Send("data: {\"choices\":[{\"delta\":{\"content\":\"\xff\xfe\"}}]}\n\n")});
  ways.push_back({"broken JSON", Script().Head().Send("data: {\"choices\":[{\"delta\":\n\n")});
  ways.push_back({"a page of HTML", Script().Head(200, {"Content-Type: text/html"}).Send("<html>login</html>")});
  return ways;
}

class MatrixFaultsTest : public ClientTest {
 protected:
  MatrixFaultsTest() {
    options_.patience = {milliseconds(60), milliseconds(60), milliseconds(60)};
    options_.times.first_token_max = milliseconds(120);
    options_.times.stall = milliseconds(60);
    endpoint_.outbound = Outbound::kFull;
    second_.Always(TextReply("from the second"));
  }

  FakeEndpoint second_;
  SystemClock clock_;
  MatrixOptions options_;
};

TEST_F(MatrixFaultsTest, TheSecondAnswersWhateverTheFirstDoes) {
  for (Way& way : EveryWay()) {
    server_.Always(way.script);
    Models models;
    Endpoint first = endpoint_, second = endpoint_;
    first.name = "first";
    second.name = "second";
    second.url = second_.Url();
    if (way.change) way.change(first);
    models.endpoints = {first, second};
    models.routing[Task::kQuestion].places = {{"first", 1}, {"second", 1}};
    const auto meter = Meter::Open("", clock_).value();
    std::string told;
    int tries = 0;
    Matrix matrix(
        models, client_, *meter, clock_,
        [&](const OrderedJson& event) {
          told += DumpJson(event);
          tries += event["type"] == "model.try";
        },
        options_);
    for (int i = 0; i < kRequests; ++i) {
      ChatEar ear;
      const auto reply = matrix.Chat(Question("why is the sky blue"), ear, {});
      ASSERT_TRUE(reply) << way.name << ": " << reply.error().message;
      if (way.name == "not UTF-8" && reply->endpoint == "first") continue;  // repaired by the client
      EXPECT_EQ(reply->endpoint, "second") << way.name;
      EXPECT_EQ(ear.content, "from the second") << way.name;
    }
    EXPECT_LE(tries, 1.1 * kRequests + kExtraFloor) << way.name;
    EXPECT_THAT(told, Not(HasSubstr(std::string(kKey).substr(3, 12)))) << way.name;
    server_.Release();
  }
}

TEST_F(MatrixFaultsTest, WhenBothAreDownTheErrorIsShortAndKnowsNoKey) {
  for (FakeEndpoint* server : {&server_, &second_}) {
    server->Always(ErrorReply(503, std::string("{\"message\":\"服务器繁忙, server busy ") + kKey + "\"}"));
  }
  Models models;
  models.endpoints = {endpoint_, endpoint_};
  models.endpoints[1].name = "second";
  models.endpoints[1].url = second_.Url();
  const auto meter = Meter::Open("", clock_).value();
  Matrix matrix(models, client_, *meter, clock_, {}, options_);
  for (int i = 0; i < 30; ++i) {
    ChatEar ear;
    const auto reply = matrix.Chat(Question("hello"), ear, {});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
    EXPECT_LT(reply.error().message.size(), 200u);
    for (const char* word : {"繁忙", "busy", "sk-"}) EXPECT_THAT(reply.error().message, Not(HasSubstr(word)));
  }
  EXPECT_LE(server_.Requests().size() + second_.Requests().size(), 2u * kFailuresInARowMax);
}

}  // namespace
}  // namespace deepcabin::llm
