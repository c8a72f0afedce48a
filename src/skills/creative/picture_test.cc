#include "skills/creative/picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "llm/fake_endpoint_for_test.h"

namespace deepcabin::creative {
namespace {

using llm::FakeEndpoint;
using llm::JsonReply;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPng[] = R"({"data":[{"b64_json":"iVBORw0KGgoAAA=="}]})";  // the mark of a PNG and two zeros

TEST(PictureWanted, TellsPicturesFromOtherWorks) {
  for (const char* wish : {"画一只会飞的猫", "帮我画个雪山", "Draw me a lighthouse", "make a picture of a fox", "生成一张海报"})
    EXPECT_TRUE(PictureWanted(wish)) << wish;
  for (const char* wish :
       {"写首诗", "计划一下周末", "tell me about drawing-rooms", "draw the blinds", "lights off and draw their shades", "把画面放大", ""})
    EXPECT_FALSE(PictureWanted(wish)) << wish;
}

TEST(Painter, AsksAsOpenAiDoesAndTakesThePicture) {
  FakeEndpoint server;
  server.Push(JsonReply(kPng));
  const auto picture = MakePainter({.url = server.Url(), .key = "k-1", .model = "sd"})->Paint("一只猫", {});
  ASSERT_TRUE(picture) << picture.error().message;
  EXPECT_EQ(picture->content_type, "image/png");
  EXPECT_EQ(picture->bytes, std::string("\x89PNG\r\n\x1a\n\0\0", 10));
  const auto request = server.Requests().at(0);
  EXPECT_EQ(request.target, "/v1/images/generations");
  EXPECT_EQ(request.headers.at("authorization"), "Bearer k-1");
  const auto body = ParseJson(request.body);
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, Json({{"prompt", "一只猫"}, {"n", 1}, {"size", "1024x1024"}, {"model", "sd"}, {"response_format", "b64_json"}}));
}

TEST(Painter, AsksAgainWithoutAFieldThatSomeRefuse) {
  FakeEndpoint server;
  server.Push(JsonReply(R"({"error":{"message":"Unknown parameter: response_format"}})", 400));
  server.Push(JsonReply(kPng));
  EXPECT_TRUE(MakePainter({.url = server.Url()})->Paint("a cat", {}));
  EXPECT_THAT(server.Requests().at(1).body, Not(HasSubstr("response_format")));
}

TEST(Painter, WhatIsNoPictureIsRefused) {
  for (const char* answer :
       {R"({"data":[{"url":"http://elsewhere/a.png"}]})", R"({"data":[]})", R"([1])", R"({"data":[{"b64_json":"PHN2Zz4="}]})",
        R"({"data":[{"b64_json":"iVBOR"}]})", R"({"data":[{"b64_json":"****"}]})", R"({"data":[{"b64_json":""}]})"}) {
    FakeEndpoint server;
    server.Always(JsonReply(answer));
    const auto picture = MakePainter({.url = server.Url(), .key = "k-1"})->Paint("a cat", {});
    ASSERT_FALSE(picture) << answer;
    EXPECT_EQ(picture.error().code, ErrorCode::kUnavailable) << answer;
    EXPECT_THAT(picture.error().message, Not(HasSubstr("k-1")));
  }
  FakeEndpoint server;
  server.Always(JsonReply(R"({"error":{"message":"no such model"}})", 400));
  EXPECT_THAT(MakePainter({.url = server.Url()})->Paint("a cat", {}).error().message, HasSubstr("no such model"));
}

}  // namespace
}  // namespace deepcabin::creative
