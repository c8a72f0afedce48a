#include "llm/think_tags.h"

#include <gtest/gtest.h>

namespace deepcabin::llm {
namespace {

using Expect = ThinkTags::Expect;

void ExpectDivided(Expect expect, std::string_view text, std::string_view reasoning, std::string_view content) {
  for (std::size_t size = 1; size <= text.size(); ++size) {
    ThinkTags tags(expect);
    std::string thought, said;
    for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(size, rest.size()))) {
      const auto pieces = tags.Take(rest.substr(0, size));
      thought += pieces.reasoning;
      said += pieces.content;
    }
    const auto last = tags.Finish();
    EXPECT_EQ(thought + last.reasoning, reasoning) << text << size;
    EXPECT_EQ(said + last.content, content) << text << size;
  }
}

TEST(ThinkTagsTest, DividesHoweverTheTextIsCut) {
  ExpectDivided(Expect::kTagged, "<think>why</think>\n\nso", "why", "so");
  ExpectDivided(Expect::kTagged, "\n <think>\na < b </thin k></think>x</think>", "\na < b </thin k>", "x</think>");
  ExpectDivided(Expect::kTagged, "no <think>tags</think>", "", "no <think>tags</think>");
  ExpectDivided(Expect::kTagged, "<thi", "", "<thi");
  ExpectDivided(Expect::kTagged, "  indented", "", "  indented");
  ExpectDivided(Expect::kTagged, "<think>never closed </thi", "never closed </thi", "");
  ExpectDivided(Expect::kOpenMissing, "why</think>so", "why", "so");
  ExpectDivided(Expect::kOpenMissing, "<think>why</think>so", "why", "so");
  ExpectDivided(Expect::kNever, "<think>why</think>so", "", "<think>why</think>so");
  ExpectDivided(Expect::kTagged, R"(<think>I call <tool_call>{"name":"open"}</tool_call></think>done)",
                R"(I call <tool_call>{"name":"open"}</tool_call>)", "done");
}

TEST(ThinkTagsTest, KnowsWhenThinkingWasOnlyAssumed) {
  ThinkTags assumed(Expect::kOpenMissing), opened(Expect::kOpenMissing), closed(Expect::kOpenMissing);
  assumed.Take("an answer");
  opened.Take("<think>an answer");
  closed.Take("why</think>");
  EXPECT_TRUE(assumed.only_assumed());
  EXPECT_FALSE(opened.only_assumed());
  EXPECT_FALSE(closed.only_assumed());
}

}  // namespace
}  // namespace deepcabin::llm
