#include "base/text.h"

#include <gtest/gtest.h>

namespace deepcabin {
namespace {

TEST(Text, TellsIllFormedUtf8) {
  EXPECT_TRUE(IsValidUtf8("空调 ok 🚗"));
  for (const char* text : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe7\xa9", "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_FALSE(IsValidUtf8(text));
    EXPECT_TRUE(IsValidUtf8(ReplaceInvalidUtf8(text)));
  }
}

TEST(Text, DecodesAndEncodesBack) {
  const std::string text = "我有点冷 a\u00e9\U0001F697";
  EXPECT_EQ(EncodeUtf8(DecodeUtf8(text)), text);
}

TEST(Text, SplitsAndTrims) {
  EXPECT_EQ(Split("a..b", '.').size(), 3u);
  EXPECT_EQ(Trim("  a b \n"), "a b");
  EXPECT_EQ(ReplaceAll("aXbX", "X", "yX"), "ayXbyX");
}

}  // namespace
}  // namespace deepcabin
