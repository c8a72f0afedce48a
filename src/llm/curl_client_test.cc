// Exchanges that go well: what is sent, what is heard, when an exchange may be left, and many at once.

#include "llm/curl_client.h"

#include <cstdlib>
#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "llm/client_test_support.h"

namespace deepcabin::llm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CurlClientTest : public ClientTest {};

// Does something, on the client's thread, when it hears a piece or a fault.
class Acting final : public ExchangeListener {
 public:
  explicit Acting(std::function<void()> act) : act_(std::move(act)) {}
  void OnReasoning(std::string_view) override {}
  void OnContent(std::string_view) override { act_(); }
  void OnDone(ChatReply) override {}
  void OnFault(Fault) override { act_(); }

 private:
  std::function<void()> act_;
};

TEST_F(CurlClientTest, StreamsAReply) {
  server_.Push(Script()
                   .Head()
                   .Send(DeltaEvent(R"({"role":"assistant","content":""})"))
                   .Send(ReasoningEvent("想一想"))
                   .Send(ContentEvent("你"))
                   .Send(ContentEvent("好"))
                   .Send(FinishEvent())
                   .Send(UsageEvent(100, 64, 7))
                   .Send(DoneEvent()));
  Ear ear;
  const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
  ASSERT_TRUE(ear.WaitForEnd());
  ASSERT_TRUE(ear.reply) << ear.fault->message;
  EXPECT_EQ(ear.reasoning, "想一想");
  EXPECT_EQ(ear.content, "你好");
  EXPECT_EQ(ear.reply->message.content, "你好");
  EXPECT_EQ(ear.reply->message.reasoning, "想一想");
  EXPECT_EQ(ear.reply->message.role, Role::kAssistant);
  EXPECT_EQ(ear.reply->finish, FinishReason::kStop);
  EXPECT_EQ(ear.reply->usage.input_tokens, 100);
  EXPECT_EQ(ear.reply->usage.cached_tokens, 64);
  EXPECT_EQ(ear.reply->usage.output_tokens, 7);
  EXPECT_EQ(ear.reply->endpoint, "fake");
  EXPECT_EQ(ear.reply->model, "fake-model");
  EXPECT_GT(ear.reply->first_token_ms, 0);
  EXPECT_GE(ear.reply->total_ms, ear.reply->first_token_ms);
}

TEST_F(CurlClientTest, SendsTheKeyInOneHeaderOnly) {
  server_.Push(TextReply("ok"));
  Ear ear;
  const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
  ASSERT_TRUE(ear.WaitForEnd());
  const RecordedRequest request = server_.Requests().at(0);
  EXPECT_EQ(request.target, "/v1/chat/completions");
  EXPECT_EQ(request.headers.at("authorization"), "Bearer " + std::string(kKey));
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  EXPECT_THAT(request.body, Not(HasSubstr(kKey)));
  EXPECT_EQ(request.headers.count("cookie") + request.headers.count("expect") + request.headers.count("accept-encoding"), 0u);
}

TEST_F(CurlClientTest, UsesAConnectionAgain) {
  for (int i = 0; i < 3; ++i) {
    server_.Push(TextReply("ok"));
    Ear ear;
    const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
    ASSERT_TRUE(ear.WaitForEnd());
    ASSERT_TRUE(ear.reply);
  }
  EXPECT_EQ(server_.Connections(), 1);
}

TEST_F(CurlClientTest, AConnectionThatTheServerClosedIsNoFault) {
  server_.Push(Script().Head().Send(ContentEvent("a") + FinishEvent() + DoneEvent()).SendRaw("0\r\n\r\n").Cut());
  server_.Push(TextReply("ok"));
  for (int i = 0; i < 2; ++i) {
    Ear ear;
    const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
    ASSERT_TRUE(ear.WaitForEnd());
    EXPECT_TRUE(ear.reply) << ear.fault->message;
  }
}

TEST_F(CurlClientTest, TheEnvironmentNamesNoProxy) {
  ::setenv("http_proxy", "http://127.0.0.1:9", 1);
  server_.Push(TextReply("ok"));
  Ear ear;
  const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
  EXPECT_TRUE(ear.WaitForEnd());
  ::unsetenv("http_proxy");
  EXPECT_TRUE(ear.reply);
}

TEST_F(CurlClientTest, TakesAnAnswerThatDoesNotStream) {
  server_.Push(Script()
                   .Head(200, {"Content-Type: application/json"})
                   .Send("\n\n\n")  // keep-alive of an endpoint under load
                   .Send(R"({"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"whole",)")
                   .Send(R"("reasoning_content":"why"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}})"));
  Ear ear;
  const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
  ASSERT_TRUE(ear.WaitForEnd());
  ASSERT_TRUE(ear.reply) << ear.fault->message;
  EXPECT_EQ(ear.content, "whole");
  EXPECT_EQ(ear.reasoning, "why");
  EXPECT_EQ(ear.reply->usage.input_tokens, 3);
}

TEST_F(CurlClientTest, NeedsNoDoneAndNoEndOfStreamOnceTheReasonIsKnown) {
  server_.Push(Script().Head().Send(ContentEvent("a") + FinishEvent()));
  server_.Push(Script().Head().Send(ContentEvent("b") + FinishEvent()).Cut());
  server_.Push(Script().Head().Send(ContentEvent("c") + FinishEvent()).Stall());
  server_.Push(Script().Head().Send(ContentEvent("d") + DoneEvent()).Stall());
  endpoint_.idle_timeout = std::chrono::milliseconds(50);
  for (const char* text : {"a", "b", "c", "d"}) {
    Ear ear;
    const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
    ASSERT_TRUE(ear.WaitForEnd());
    ASSERT_TRUE(ear.reply) << text << ear.fault->message;
    EXPECT_EQ(ear.reply->message.content, text);
  }
}

TEST_F(CurlClientTest, HearsOneByteAtATimeWholeCharacters) {
  const std::string stream =
      "\xEF\xBB\xBF: hello\r\n" + ContentEvent("你好，") + "\r\n" + ContentEvent("\U0001F697") + FinishEvent() + DoneEvent();
  server_.Push(Script().Head().SendByteByByte(stream));
  Ear ear;
  const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
  ASSERT_TRUE(ear.WaitForEnd());
  ASSERT_TRUE(ear.reply) << ear.fault->message;
  EXPECT_EQ(ear.content, "你好，\U0001F697");
  EXPECT_EQ(ear.pieces, 2);
}

TEST_F(CurlClientTest, LeavingAnExchangeClosesItsConnection) {
  server_.Push(Script().Head().Send(ContentEvent("a")).Stall());
  Ear ear;
  auto exchange = client_.Start(endpoint_, Question("hello"), ear);
  ASSERT_TRUE(ear.WaitForPieces(1));
  ASSERT_TRUE(server_.WaitForStalls(1));
  exchange.reset();
  EXPECT_TRUE(server_.WaitForGone(1));
  EXPECT_EQ(ear.endings, 0);
}

// Left after every number of bytes of an answer, from none on: nothing is heard afterwards, and the next exchange works.
TEST_F(CurlClientTest, MayBeLeftAtAnyByte) {
  const std::string stream = ReasoningEvent("想") + ContentEvent("好") + FinishEvent() + DoneEvent();
  int stalls = 0;
  for (std::size_t bytes = 0; bytes < stream.size(); bytes += 7) {
    server_.Push(Script().Head().Send(stream.substr(0, std::max<std::size_t>(bytes, 1))).Stall());
    Ear ear;
    auto exchange = client_.Start(endpoint_, Question("hello"), ear);
    ASSERT_TRUE(server_.WaitForStalls(++stalls));
    exchange.reset();
    EXPECT_TRUE(server_.WaitForGone(stalls));
    EXPECT_EQ(ear.endings, 0) << bytes;
  }
  server_.Push(TextReply("ok"));
  Ear ear;
  const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
  ASSERT_TRUE(ear.WaitForEnd());
  EXPECT_TRUE(ear.reply);
}

// Leaves at once, again and again, whatever the client is doing then.
TEST_F(CurlClientTest, MayBeLeftWhileItStreams) {
  server_.Always(Script().Head().Endless(ContentEvent("tok")));
  for (int i = 0; i < 50; ++i) {
    Ear ear;
    auto exchange = client_.Start(endpoint_, Question("hello"), ear);
    ASSERT_TRUE(ear.WaitForPieces(i));
    exchange.reset();
    EXPECT_EQ(ear.endings, 0);
  }
}

TEST_F(CurlClientTest, AnExchangeMayOutliveTheClient) {
  server_.Push(Script().Head().Send(ContentEvent("a")).Stall());
  Ear ear;
  std::unique_ptr<Exchange> exchange;
  {
    CurlClient client(dialects_);
    exchange = client.Start(endpoint_, Question("hello"), ear);
    ASSERT_TRUE(ear.WaitForPieces(1));
  }
  ASSERT_TRUE(ear.fault);
  EXPECT_EQ(ear.fault->kind, FaultKind::kCancelled);
  EXPECT_EQ(ear.endings, 1);
}

TEST_F(CurlClientTest, WhatIsStartedWhileTheClientEndsEndsToo) {
  server_.Push(Script().Head().Stall());
  Ear second;
  std::unique_ptr<Exchange> exchange, other;
  auto client = std::make_unique<CurlClient>(dialects_);
  Acting restarting([&, at = client.get()] { other = at->Start(endpoint_, Question("b"), second); });
  exchange = client->Start(endpoint_, Question("a"), restarting);
  ASSERT_TRUE(server_.WaitForStalls(1));
  client.reset();
  ASSERT_TRUE(second.fault);
  EXPECT_EQ(second.fault->kind, FaultKind::kCancelled);
}

// A listener that starts an exchange and leaves another one, on the client's thread.
TEST_F(CurlClientTest, ListenersMayStartAndLeaveOtherExchanges) {
  server_.Push(Script().Head().Send(ContentEvent("slow")).Stall());
  Ear slow, next;
  auto slow_exchange = client_.Start(endpoint_, Question("a"), slow);
  ASSERT_TRUE(slow.WaitForPieces(1));
  std::unique_ptr<Exchange> next_exchange;
  Acting busy([&] {
    slow_exchange.reset();
    next_exchange = client_.Start(endpoint_, Question("c"), next);
  });
  server_.Push(TextReply("quick"));
  server_.Push(TextReply("third"));
  const auto busy_exchange = client_.Start(endpoint_, Question("b"), busy);
  ASSERT_TRUE(next.WaitForEnd());
  EXPECT_EQ(next.content, "third");
  EXPECT_TRUE(server_.WaitForGone(1));
  EXPECT_EQ(slow.endings, 0);
}

TEST_F(CurlClientTest, CarriesTwoHundredStreamsAtOnce) {
  constexpr int kStreams = 200;
  server_.Always(Script().Head().Send(ContentEvent("a")).Stall().Send(ContentEvent("b") + FinishEvent() + DoneEvent()));
  std::vector<Ear> ears(kStreams);
  std::vector<std::unique_ptr<Exchange>> exchanges;
  endpoint_.first_token_timeout = endpoint_.connect_timeout = endpoint_.idle_timeout = std::chrono::seconds(20);
  for (Ear& ear : ears) exchanges.push_back(client_.Start(endpoint_, Question("hello"), ear));
  ASSERT_TRUE(server_.WaitForStalls(kStreams));
  server_.Release();
  for (Ear& ear : ears) {
    ASSERT_TRUE(ear.WaitForEnd());
    ASSERT_TRUE(ear.reply) << ear.fault->message;
    EXPECT_EQ(ear.content, "ab");
  }
}

TEST_F(CurlClientTest, AFloodDoesNotHoldUpOthers) {
  server_.Push(Script().Head().Endless(ContentEvent("tok")));
  Ear flood;
  auto flooding = client_.Start(endpoint_, Question("a"), flood);
  ASSERT_TRUE(flood.WaitForPieces(1));
  for (int i = 0; i < 3; ++i) {
    server_.Push(TextReply("ok"));
    Ear ear;
    const auto exchange = client_.Start(endpoint_, Question("b"), ear);
    ASSERT_TRUE(ear.WaitForEnd());
    EXPECT_TRUE(ear.reply);
  }
  flooding.reset();
  EXPECT_EQ(flood.endings, 0);
}

TEST_F(CurlClientTest, RefusesMoreExchangesThanItMayCarry) {
  CurlClient client(dialects_, {.proxy = "", .exchanges_max = 1});
  server_.Push(Script().Head().Send(ContentEvent("a")).Stall());
  Ear first, second;
  const auto one = client.Start(endpoint_, Question("a"), first);
  ASSERT_TRUE(first.WaitForPieces(1));
  const auto two = client.Start(endpoint_, Question("b"), second);
  ASSERT_TRUE(second.WaitForEnd());
  ASSERT_TRUE(second.fault);
  EXPECT_EQ(second.fault->kind, FaultKind::kBusy);
}

TEST_F(CurlClientTest, SpeaksTls) {
  FakeEndpoint secure(FakeEndpoint::Transport::kTls);
  secure.Push(TextReply("private"));
  endpoint_.url = secure.Url();
  endpoint_.ca_file = secure.certificate_file();
  Ear ear;
  const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
  ASSERT_TRUE(ear.WaitForEnd());
  ASSERT_TRUE(ear.reply) << ear.fault->message;
  EXPECT_EQ(ear.content, "private");
}

TEST(AddressTest, HttpIsForPrivateNetworks) {
  for (const char* good : {"https://api.deepseek.com", "https://1.2.3.4/v1", "http://127.0.0.1:8080/v1", "http://localhost:8080/v1",
                           "http://[::1]:8000/v1", "http://10.1.2.3/v1", "http://172.31.0.1/v1", "http://192.168.0.9:11434/v1",
                           "http://gpu-box:8000/v1", "http://gpu.lan/v1", "http://[fd00::1]/v1"}) {
    EXPECT_TRUE(CheckAddress(good)) << good;
  }
  for (const char* bad :
       {"http://api.deepseek.com/v1", "http://8.8.8.8/v1", "http://172.32.0.1/v1", "http://[2001:db8::1]/v1",
        "http://localhost.evil.example/v1", "ftp://localhost/v1", "file:///etc/passwd", "https://user:secret@host/v1", "", "nonsense"}) {
    const auto status = CheckAddress(bad);
    ASSERT_FALSE(status) << bad;
    EXPECT_THAT(status.error().message, Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace deepcabin::llm
