#include "web/fetch.h"

#include <gtest/gtest.h>

#include <thread>

#include "llm/fake_endpoint_for_test.h"

namespace deepcabin::web {
namespace {

using llm::FakeEndpoint;
using llm::JsonReply;
using llm::Script;

TEST(Fetch, BringsStatusTypeAndBody) {
  FakeEndpoint server;
  server.Push(JsonReply(R"({"why":"none"})", 404));
  const auto response = Fetch({.url = server.Url() + "/x"});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->content_type, "application/json");
  EXPECT_EQ(response->body, R"({"why":"none"})");
}

TEST(Fetch, PostsWhatItIsGiven) {
  FakeEndpoint server;
  server.Push(JsonReply("{}", 200));
  ASSERT_TRUE(FetchJson({.url = server.Url() + "/q", .headers = {"X-Key: secret"}, .body = "hello"}));
  const auto requests = server.Requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].body, "hello");
  EXPECT_EQ(requests[0].headers.at("x-key"), "secret");
}

TEST(Fetch, AStatusThatIsNoSuccessIsNoJson) {
  FakeEndpoint server;
  server.Push(JsonReply("busy", 503));
  const auto json = FetchJson({.url = server.Url() + "/q?key=secret"});
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(json.error().message.find("503: busy"), std::string::npos);
  EXPECT_EQ(json.error().message.find("secret"), std::string::npos);
}

TEST(Fetch, EndsWhatIsTooLong) {
  FakeEndpoint server;
  server.Push(Script().Head().Endless("0123456789"));
  const auto response = Fetch({.url = server.Url() + "/x", .response_bytes_max = 1000});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kResourceExhausted);
}

TEST(Fetch, EndsWhatIsTooSlow) {
  FakeEndpoint server;
  server.Push(Script().Head().Stall());
  const auto response = Fetch({.url = server.Url() + "/x", .timeout = std::chrono::milliseconds(50)});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kDeadlineExceeded);
}

TEST(Fetch, EndsWhenItIsStopped) {
  FakeEndpoint server;
  server.Push(Script().Head().Stall());
  std::stop_source source;
  std::jthread stopper([&] {
    server.WaitForStalls(1);
    source.request_stop();
  });
  const auto response = Fetch({.url = server.Url() + "/x", .timeout = std::chrono::minutes(5)}, source.get_token());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
}

TEST(Fetch, TakesNoOtherProtocol) {
  for (const char* url : {"file:///etc/passwd", "ftp://localhost/x", "no address", ""}) {
    const auto response = Fetch({.url = url});
    ASSERT_FALSE(response) << url;
  }
  EXPECT_EQ(Fetch({.url = "file:///etc/passwd"}).error().code, ErrorCode::kInvalidArgument);
}

TEST(Form, IsReadableAsMultipart) {
  Form form;
  form.Add("model", "whisper");
  form.AddFile("file", "a.wav", "audio/wav", std::string_view("RIFF\0x", 6));
  const std::string header = form.Header(), body = form.TakeBody();
  const std::string boundary = header.substr(header.find("boundary=") + 9);
  EXPECT_EQ(body.find("--" + boundary), 0U);
  EXPECT_NE(body.find(std::string("RIFF\0x", 6)), std::string::npos);
  EXPECT_EQ(body.substr(body.size() - boundary.size() - 6), "--" + boundary + "--\r\n");
}

TEST(UrlEscape, LeavesNothingSpecial) { EXPECT_EQ(UrlEscape("a b&c=家/.~"), "a%20b%26c%3D%E5%AE%B6%2F.~"); }

}  // namespace
}  // namespace deepcabin::web
