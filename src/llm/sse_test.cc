#include "llm/sse.h"

#include <vector>

#include <gmock/gmock.h>

namespace deepcabin::llm {
namespace {

using ::testing::ElementsAre;
using Fed = SseParser::Fed;

// What a stream says when it comes in pieces of `size` bytes.
std::vector<std::string> DataOf(std::string_view stream, std::size_t size) {
  SseParser parser;
  std::vector<std::string> data;
  const auto keep = [&](std::string_view d) {
    data.emplace_back(d);
    return true;
  };
  for (; !stream.empty(); stream.remove_prefix(std::min(size, stream.size()))) {
    EXPECT_EQ(parser.Feed(stream.substr(0, size), keep), Fed::kMore);
  }
  EXPECT_EQ(parser.Finish(keep), Fed::kMore);
  return data;
}

TEST(SseTest, ReadsTheSameHoweverItIsCut) {
  constexpr std::string_view kStream =
      "\xEF\xBB\xBF: a comment\n\ndata: one\n\ndata:two\r\ndata:  lines\r\n\r\nevent: x\rid: 7\rdata\rdata: c\r\r: keep-alive\n\n\n\ndata: "
      "last\n";
  for (std::size_t size = 1; size <= kStream.size(); ++size) {
    EXPECT_THAT(DataOf(kStream, size), ElementsAre("one", "two\n lines", "\nc", "last")) << size;
  }
}

TEST(SseTest, HalfALineAtTheEndIsNoEvent) { EXPECT_THAT(DataOf("data: a\n\ndata: b", 100), ElementsAre("a")); }

TEST(SseTest, StopsWhenTold) {
  SseParser parser;
  int heard = 0;
  EXPECT_EQ(parser.Feed("data: a\n\ndata: b\n\n", [&](std::string_view) { return ++heard < 1; }), Fed::kStopped);
  EXPECT_EQ(heard, 1);
}

TEST(SseTest, LinesAndEventsAreBounded) {
  const auto never = [](std::string_view) { return true; };
  const std::string piece(kSseLineBytesMax / 4, 'x');
  SseParser line, event, comment;
  Fed fed = Fed::kMore;
  int pieces = 0;
  while (fed == Fed::kMore && pieces < 100) fed = line.Feed(piece, never), ++pieces;
  EXPECT_EQ(fed, Fed::kTooLong);
  EXPECT_EQ(pieces, 5);
  fed = Fed::kMore;
  while (fed == Fed::kMore && pieces < 100) fed = event.Feed("data: " + piece + "\n", never), ++pieces;
  EXPECT_EQ(fed, Fed::kTooLong);
  EXPECT_EQ(comment.Feed(":" + std::string(kSseLineBytesMax, 'x'), never), Fed::kTooLong);
}

}  // namespace
}  // namespace deepcabin::llm
