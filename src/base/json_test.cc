#include "base/json.h"

#include <gtest/gtest.h>

namespace deepcabin {
namespace {

TEST(ParseJson, KeepsToItsLimits) {
  EXPECT_TRUE(ParseJson(R"({"a":[1,2.5,"x",null,true]})"));
  EXPECT_EQ(ParseJson(std::string(100, '[') + std::string(100, ']')).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(ParseJson("[1,2,3]", {.nodes_max = 3}).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(ParseJson("[1,2,3]", {.bytes_max = 3}).error().code, ErrorCode::kResourceExhausted);
}

TEST(ParseJson, RefusesWhatIsIllFormed) {
  for (const char* text : {"", "{", "{\"a\":1,\"a\":2}", "[1e999]", "\"\xff\"", "nul", "[1]x", "\"\\ud800\""}) {
    EXPECT_FALSE(ParseJson(text)) << text;
  }
}

TEST(ParseJson, NamesTheByteAndNoInternals) {
  const auto result = ParseJson("[1,]");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "malformed JSON at byte 4");
}

}  // namespace
}  // namespace deepcabin
