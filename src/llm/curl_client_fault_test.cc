// Exchanges that go wrong, in every way that an endpoint has been seen or feared to go wrong.

#include <sys/socket.h>

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "llm/client_test_support.h"
#include "llm/fault.h"
#include "llm/reply_decoder.h"

namespace deepcabin::llm {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

class CurlClientFaultTest : public ClientTest {
 protected:
  // The fault that an exchange ends with.
  Fault FaultOfExchange() {
    Ear ear;
    const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
    EXPECT_TRUE(ear.WaitForEnd());
    EXPECT_EQ(ear.endings, 1);
    EXPECT_FALSE(ear.reply) << ear.content;
    heard_ = ear.content;
    return ear.fault.value_or(Fault{FaultKind::kCancelled, 0, {}, "no fault"});
  }
  Fault FaultOf(Script script) {
    server_.Push(std::move(script));
    return FaultOfExchange();
  }
  std::string heard_;
};

TEST_F(CurlClientFaultTest, EveryStatusMeansSomething) {
  const std::string body = R"({"error":{"message":"reason 42","type":"some_error","code":null}})";
  const std::pair<int, FaultKind> kExpected[] = {
      {400, FaultKind::kBadRequest},  {401, FaultKind::kBadKey},      {402, FaultKind::kNoFunds},    {403, FaultKind::kBadKey},
      {404, FaultKind::kNotFound},    {413, FaultKind::kBadRequest},  {422, FaultKind::kBadRequest}, {429, FaultKind::kBusy},
      {500, FaultKind::kServerFault}, {502, FaultKind::kServerFault}, {503, FaultKind::kBusy},       {529, FaultKind::kBusy}};
  for (const auto& [status, kind] : kExpected) {
    const Fault fault = FaultOf(ErrorReply(status, body));
    EXPECT_EQ(fault.kind, kind) << status;
    EXPECT_EQ(fault.status, status);
    EXPECT_FALSE(fault.retry_after) << status;
    EXPECT_EQ(fault.message, fmt::format("HTTP {}: reason 42", status));
  }
}

TEST_F(CurlClientFaultTest, RetryAfterInSecondsAndAsADate) {
  EXPECT_EQ(FaultOf(ErrorReply(429, "{}", {"Retry-After: 7"})).retry_after, milliseconds(7000));
  const std::time_t later = std::time(nullptr) + 90;
  const Fault dated = FaultOf(ErrorReply(503, "{}", {fmt::format("Retry-After: {:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(later))}));
  ASSERT_TRUE(dated.retry_after);
  EXPECT_GT(*dated.retry_after, milliseconds(60'000));
  EXPECT_LE(*dated.retry_after, milliseconds(90'000));
  EXPECT_FALSE(FaultOf(ErrorReply(429, "{}", {"Retry-After: soon"})).retry_after);
  EXPECT_EQ(FaultOf(ErrorReply(429, "{}", {"Retry-After: 99999999999"})).retry_after, milliseconds(kRetryAfterMax));
}

TEST_F(CurlClientFaultTest, VendorsTellErrorsByName) {
  endpoint_.dialect = "ark";
  EXPECT_EQ(FaultOf(ErrorReply(403, R"({"error":{"code":"AccountOverdueError","message":"m"}})")).kind, FaultKind::kNoFunds);
  EXPECT_EQ(FaultOf(ErrorReply(400, R"({"error":{"code":"InvalidEndpoint.ClosedEndpoint"}})")).kind, FaultKind::kNotFound);
  endpoint_.dialect = "dashscope";
  EXPECT_EQ(FaultOf(ErrorReply(400, R"({"error":{"code":"Arrearage","message":"m"}})")).kind, FaultKind::kNoFunds);
  EXPECT_EQ(FaultOf(ErrorReply(429, R"({"code":"Throttling.RateQuota","message":"m"})")).kind, FaultKind::kBusy);
  endpoint_.dialect = "siliconflow";
  const Fault fault = FaultOf(ErrorReply(400, R"({"code":20012,"message":"Model does not exist","data":null})"));
  EXPECT_EQ(fault.kind, FaultKind::kNotFound);
  EXPECT_EQ(fault.message, "HTTP 400: Model does not exist");
}

TEST_F(CurlClientFaultTest, ErrorBodiesOfAnyForm) {
  EXPECT_EQ(FaultOf(ErrorReply(500, "upstream\x1B[31m\r\ndied")).message, "HTTP 500: upstream [31m  died");
  EXPECT_EQ(FaultOf(ErrorReply(502, "<html><body>Bad gateway</body></html>")).message, "HTTP 502: a page of HTML");
  EXPECT_EQ(FaultOf(ErrorReply(400, R"({"detail":"no such field"})")).message, "HTTP 400: no such field");
  const Fault large = FaultOf(ErrorReply(500, std::string(1 << 20, 'x')));
  EXPECT_EQ(large.kind, FaultKind::kServerFault);
  EXPECT_LT(large.message.size(), 2 * kFaultMessageBytesMax);
  EXPECT_EQ(FaultOf(Script().Head(503).Endless("y")).kind, FaultKind::kBusy);
  endpoint_.first_token_timeout = milliseconds(100);
  EXPECT_EQ(FaultOf(Script().Head(429, {"Retry-After: 3"}).Send("part").Stall()).retry_after, milliseconds(3000));
}

TEST_F(CurlClientFaultTest, KeysInErrorBodiesStayThere) {
  const std::string key = kKey;
  const std::vector<std::string> bodies = {
      R"({"error":{"message":"Incorrect API key provided: )" + key + R"(. See your account."}})",
      R"({"error":{"message":"Incorrect API key: )" + key.substr(0, 12) + "****" + key.substr(key.size() - 10) + R"(."}})",
      "Bearer " + key + " is wrong",
      key,
      std::string(kErrorBodyBytesMax - 20, ' ') + key,
      R"({"error":{"message":"upstream key sk-9bTq00aBcDeFgHiJkLmN failed"}})"};
  for (const std::string& body : bodies) {
    const std::string message = FaultOf(ErrorReply(401, body)).message;
    for (std::size_t i = 0; i + 8 <= key.size(); ++i) EXPECT_THAT(message, Not(HasSubstr(key.substr(i, 8)))) << body;
    EXPECT_THAT(message, Not(HasSubstr("9bTq00aB")));
  }
  endpoint_.key = std::string(600, 'k') + "7";  // longer than what may be shown
  std::string repeated;
  while (repeated.size() < 2 * kErrorBodyBytesMax) repeated += endpoint_.key;
  EXPECT_THAT(FaultOf(ErrorReply(401, repeated)).message, Not(HasSubstr("kkkkkkkk")));
}

TEST_F(CurlClientFaultTest, SettingsThatCannotWorkAreNotSent) {
  endpoint_.key = "a\r\nX-Evil: 1";
  EXPECT_EQ(FaultOfExchange().kind, FaultKind::kBadKey);
  endpoint_.key = kKey;
  endpoint_.dialect = "klingon";
  EXPECT_THAT(FaultOfExchange().message, HasSubstr("klingon"));
  endpoint_.dialect = "generic";
  endpoint_.url = "http://api.example.com/v1";
  EXPECT_EQ(FaultOfExchange().kind, FaultKind::kNotFound);
  EXPECT_TRUE(server_.Requests().empty());
}

TEST_F(CurlClientFaultTest, RedirectsAreNotFollowed) {
  FakeEndpoint other;
  const Fault fault = FaultOf(ErrorReply(307, "", {"Location: " + other.Url() + "/chat/completions"}));
  EXPECT_EQ(fault.kind, FaultKind::kNotFound);
  EXPECT_THAT(fault.message, HasSubstr("redirect"));
  EXPECT_EQ(other.Connections(), 0);
}

TEST_F(CurlClientFaultTest, RefusedAndUnknown) {
  {
    const FakeEndpoint closed;
    endpoint_.url = closed.Url();
  }
  EXPECT_EQ(FaultOfExchange().kind, FaultKind::kUnreachable);
  endpoint_.url = "https://no-such-host.invalid/v1";
  EXPECT_EQ(FaultOfExchange().kind, FaultKind::kUnreachable);
}

TEST_F(CurlClientFaultTest, TlsThatIsNotToBeTrusted) {
  FakeEndpoint secure(FakeEndpoint::Transport::kTls);
  secure.Always(TextReply("secret"));
  endpoint_.url = secure.Url();
  EXPECT_EQ(FaultOfExchange().kind, FaultKind::kUnreachable);  // nobody vouches for the certificate
  endpoint_.ca_file = secure.certificate_file();
  endpoint_.url = fmt::format("https://127.0.0.1:{}/v1", secure.port());
  EXPECT_EQ(FaultOfExchange().kind, FaultKind::kUnreachable);  // it is another host's
  endpoint_.url = fmt::format("https://localhost:{}/v1", server_.port());
  EXPECT_EQ(FaultOfExchange().kind, FaultKind::kUnreachable);  // no TLS spoken there
  EXPECT_TRUE(secure.Requests().empty());
}

TEST_F(CurlClientFaultTest, SilenceBeforeTheFirstToken) {
  endpoint_.first_token_timeout = milliseconds(150);
  EXPECT_EQ(FaultOf(Script().Stall()).kind, FaultKind::kSilent);
  EXPECT_EQ(FaultOf(Script().Head().Stall(": keep-alive\n\n")).kind, FaultKind::kSilent);
  EXPECT_EQ(FaultOf(Script().Head().Stall("\n")).kind, FaultKind::kSilent);
  EXPECT_EQ(FaultOf(Script().Head().Stall(DeltaEvent(R"({"role":"assistant","content":""})"))).kind, FaultKind::kSilent);
  const Fault fault = FaultOf(Script().Head().Stall(Event(R"({"choices":[]})")));
  EXPECT_EQ(fault.kind, FaultKind::kSilent);
  EXPECT_THAT(fault.message, HasSubstr("150 ms"));
}

TEST_F(CurlClientFaultTest, SilenceInTheMiddle) {
  endpoint_.idle_timeout = milliseconds(150);
  EXPECT_EQ(FaultOf(Script().Head().Send(ContentEvent("a")).Stall()).kind, FaultKind::kSilent);
  EXPECT_EQ(heard_, "a");
  EXPECT_EQ(FaultOf(Script().Head().Send(ContentEvent("a")).Stall(": keep-alive\n\n")).kind, FaultKind::kSilent);
  EXPECT_EQ(FaultOf(Script().Head().Send(ContentEvent("a") + "data: {\"choices\":[{\"delta\":{\"cont").Stall()).kind, FaultKind::kSilent);
}

TEST_F(CurlClientFaultTest, StreamsThatDoNotEnd) {
  endpoint_.total_timeout = milliseconds(300);
  EXPECT_THAT(FaultOf(Script().Head().Send(ContentEvent("a")).Stall(ContentEvent("b"))).message, HasSubstr("300 ms"));
  endpoint_.total_timeout = endpoint_.first_token_timeout = milliseconds(20'000);
  const Fault fault = FaultOf(Script().Head().Endless(ContentEvent(std::string(64 * 1024, 'x'))));
  EXPECT_EQ(fault.kind, FaultKind::kBroken);
  EXPECT_THAT(fault.message, HasSubstr(std::to_string(kReplyBytesMax)));
  EXPECT_EQ(FaultOf(Script().Head().Endless(ReasoningEvent(std::string(64 * 1024, 'x')))).kind, FaultKind::kBroken);
}

TEST_F(CurlClientFaultTest, LinesHeadersAndBodiesWithoutEnd) {
  const std::string piece(1 << 20, 'x');
  Script line = Script().Head().Send("data: ");
  for (int i = 0; i < 100; ++i) line.Send(piece);
  const Fault fault = FaultOf(std::move(line));
  EXPECT_EQ(fault.kind, FaultKind::kBroken);
  EXPECT_THAT(fault.message, HasSubstr("line"));
  EXPECT_EQ(FaultOf(Script().Head().Send("{").Endless(std::string(64 * 1024, ' '))).kind, FaultKind::kBroken);
  std::string headers = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 2000; ++i) headers += fmt::format("X-Number-{}: {}\r\n", i, std::string(50, 'h'));
  EXPECT_EQ(FaultOf(Script().SendRaw(headers).Stall()).kind, FaultKind::kBroken);
}

TEST_F(CurlClientFaultTest, CutInTheMiddle) {
  EXPECT_EQ(FaultOf(Script().Cut()).kind, FaultKind::kCut);
  EXPECT_EQ(FaultOf(Script().Head().Cut()).kind, FaultKind::kCut);
  EXPECT_EQ(FaultOf(Script().Head().Send(ContentEvent("a")).Cut()).kind, FaultKind::kCut);
  EXPECT_EQ(FaultOf(Script().Head().Send(ContentEvent("a"))).kind, FaultKind::kCut);  // ended well, as far as HTTP knows
  EXPECT_EQ(FaultOf(Script().Head().Send(ContentEvent("a") + "data: {\"cho")).kind, FaultKind::kCut);
  EXPECT_EQ(FaultOf(Script().Head()).kind, FaultKind::kCut);
  EXPECT_EQ(FaultOf(Script().Head().Send("{\"choices\":[").Cut()).kind, FaultKind::kCut);
}

TEST_F(CurlClientFaultTest, NoHttpAtAll) {
  const FaultKind kind = FaultOf(Script().SendRaw("SSH-2.0-OpenSSH_9.2\r\n").Cut()).kind;
  EXPECT_TRUE(kind == FaultKind::kBroken || kind == FaultKind::kCut) << FaultKindName(kind);
}

TEST_F(CurlClientFaultTest, BrokenChunks) {
  EXPECT_EQ(FaultOf(Script().Head().Send(Event(R"({"choices":[{"delta":{"content":"a")")).Stall()).kind, FaultKind::kBroken);
  EXPECT_EQ(FaultOf(Script().Head().Send(Event("null"))).kind, FaultKind::kBroken);
  EXPECT_EQ(FaultOf(Script().Head().Send(DoneEvent())).kind, FaultKind::kBroken);
  EXPECT_EQ(FaultOf(Script().Head().Send(ContentEvent("a") + Event(R"({"error":{"message":"oops","code":503}})")).Stall()).kind,
            FaultKind::kBusy);
  EXPECT_EQ(FaultOf(Script().Head().Send(ContentEvent("a") + FinishEvent("insufficient_system_resource"))).kind, FaultKind::kServerFault);
}

TEST_F(CurlClientFaultTest, InvalidUtf8IsReplaced) {
  server_.Push(
      Script().Head().Send("data: {\"choices\":[{\"delta\":{\"content\":\"a\xE4\xBD\xFF b\"}}]}\n\n" + FinishEvent() + DoneEvent()));
  Ear ear;
  const auto exchange = client_.Start(endpoint_, Question("hello"), ear);
  ASSERT_TRUE(ear.WaitForEnd());
  ASSERT_TRUE(ear.reply) << ear.fault->message;
  EXPECT_THAT(ear.content, ::testing::StartsWith("a\uFFFD"));
  EXPECT_THAT(ear.content, ::testing::EndsWith(" b"));
  EXPECT_EQ(ear.content, ear.reply->message.content);
}

}  // namespace
}  // namespace deepcabin::llm
