// What vendors' chunks are made of: reasoning, tool calls, usage, ends.

#include "llm/reply_decoder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "llm/client_test_support.h"

namespace deepcabin::llm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReplyDecoderTest : public ::testing::Test {
 protected:
  // Takes deltas, then the end of the stream.
  std::optional<Fault> Decode(const std::vector<std::string>& deltas, const std::string& finish = "stop",
                              const std::string& dialect = "generic") {
    std::vector<std::string> chunks;
    for (const std::string& delta : deltas) chunks.push_back(fmt::format(R"({{"choices":[{{"delta":{}}}]}})", delta));
    chunks.push_back(fmt::format(R"({{"choices":[{{"delta":{{}},"finish_reason":"{}"}}]}})", finish));
    return DecodeChunks(chunks, dialect);
  }
  std::optional<Fault> DecodeChunks(const std::vector<std::string>& chunks, const std::string& dialect = "generic") {
    ReplyDecoder decoder(*dialects_.Find(dialect), used_ids_, kKey);
    heard_ = {};
    reply_ = {};
    for (const std::string& chunk : chunks) {
      if (auto fault = decoder.Take(chunk, heard_)) return fault;
    }
    return decoder.Finish(reply_, heard_);
  }
  // "name(arguments)" of each call; ids are checked to be unlike.
  std::vector<std::string> Calls() const {
    std::set<std::string> ids = used_ids_;
    std::vector<std::string> calls;
    for (const ToolCall& call : reply_.message.tool_calls) {
      EXPECT_TRUE(!call.id.empty() && ids.insert(call.id).second) << call.id;
      calls.push_back(fmt::format("{}({})", call.name, call.arguments));
    }
    return calls;
  }

  Dialects dialects_ = LoadDialects();
  std::set<std::string> used_ids_;
  Heard heard_;
  ChatReply reply_;
};

TEST_F(ReplyDecoderTest, FindsReasoningWhereverItStands) {
  for (const char* field : {"reasoning_content", "reasoning"}) {
    EXPECT_FALSE(Decode({fmt::format(R"({{"{}":"why","content":null}})", field), R"({"content":"so"})"}));
    EXPECT_EQ(reply_.message.reasoning, "why");
    EXPECT_EQ(reply_.message.content, "so");
  }
  EXPECT_FALSE(Decode({R"({"content":"<thi"})", R"({"content":"nk>why</th"})", R"({"content":"ink>\n\nso"})"}));
  EXPECT_EQ(reply_.message.reasoning, "why");
  EXPECT_EQ(reply_.message.content, "so");
  EXPECT_FALSE(Decode({R"({"content":"why</think>so"})"}, "stop", "r1"));
  EXPECT_EQ(reply_.message.reasoning, "why");
  EXPECT_EQ(reply_.message.content, "so");
  // Both ways at once, as llama-server's deepseek-legacy: said once.
  EXPECT_FALSE(Decode({R"({"reasoning_content":"why","content":"<think>why"})", R"({"content":"</think>so"})"}));
  EXPECT_EQ(reply_.message.reasoning, "why");
  EXPECT_EQ(reply_.message.content, "so");
}

TEST_F(ReplyDecoderTest, ThinkingThatWasOnlyAssumedIsTheAnswer) {
  EXPECT_FALSE(Decode({R"({"content":"Just "})", R"({"content":"this."})"}, "stop", "r1"));
  EXPECT_EQ(reply_.message.content, "Just this.");
  EXPECT_EQ(reply_.message.reasoning, "");
  EXPECT_EQ(heard_.content, "Just this.");
  EXPECT_FALSE(Decode({R"({"content":"still thinking"})"}, "length", "r1"));
  EXPECT_EQ(reply_.message.content, "");
  EXPECT_EQ(reply_.message.reasoning, "still thinking");
}

TEST_F(ReplyDecoderTest, ToolCallTextInReasoningIsText) {
  EXPECT_FALSE(Decode({R"({"reasoning_content":"<tool_call>{\"name\":\"open\",\"arguments\":{}}</tool_call>"})", R"({"content":"no"})"}));
  EXPECT_TRUE(reply_.message.tool_calls.empty());
  EXPECT_THAT(reply_.message.reasoning, HasSubstr("<tool_call>"));
}

TEST_F(ReplyDecoderTest, ToolCallArgumentsSplitAtEveryByte) {
  const std::string arguments = R"({"zone":"row1.left","place":"北京","n":[1,2]})";
  for (std::size_t at = 0; at <= arguments.size(); ++at) {
    if (at < arguments.size() && (static_cast<unsigned char>(arguments[at]) & 0xC0) == 0x80) continue;  // JSON holds whole characters
    EXPECT_FALSE(
        Decode({R"({"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"open","arguments":""}}]})",
                fmt::format(R"({{"tool_calls":[{{"index":0,"function":{{"arguments":{}}}}}]}})", DumpJson(Json(arguments.substr(0, at)))),
                fmt::format(R"({{"tool_calls":[{{"index":0,"function":{{"arguments":{}}}}}]}})", DumpJson(Json(arguments.substr(at))))},
               "tool_calls"));
    EXPECT_THAT(Calls(), ElementsAre("open(" + arguments + ")"));
    EXPECT_EQ(reply_.finish, FinishReason::kToolCalls);
  }
}

TEST_F(ReplyDecoderTest, ToolCallsByIndexIdOrOrder) {
  // By index, interleaved.
  EXPECT_FALSE(Decode({R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{1"}},)"
                       R"({"index":1,"id":"b","function":{"name":"g","arguments":"{2"}}]})",
                       R"({"tool_calls":[{"index":1,"function":{"arguments":"}"}},{"index":0,"function":{"arguments":"}"}}]})"}));
  EXPECT_THAT(Calls(), ElementsAre("f({1})", "g({2})"));
  EXPECT_EQ(reply_.finish, FinishReason::kToolCalls);  // though the stream said "stop"
  // Without index: by id, then by order.
  EXPECT_FALSE(
      Decode({R"({"tool_calls":[{"index":null,"id":"0","function":{"name":"f","arguments":"{1"}}]})",
              R"({"tool_calls":[{"index":null,"id":"1","function":{"name":"g","arguments":"{2"}}]})",
              R"({"tool_calls":[{"id":"0","function":{"arguments":"}"}}]})", R"({"tool_calls":[{"function":{"arguments":"}"}}]})"}));
  EXPECT_THAT(Calls(), ElementsAre("f({1})", "g({2})"));
  // Every call numbered 0, told apart by id.
  EXPECT_FALSE(Decode({R"({"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{}"}}]})",
                       R"({"tool_calls":[{"index":0,"id":"y","function":{"name":"f","arguments":"{}"}}]})"}));
  EXPECT_THAT(Calls(), ElementsAre("f({})", "f({})"));
  // The id again in each part.
  EXPECT_FALSE(Decode({R"({"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"{"}}]})",
                       R"({"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":"}"}}]})"}));
  EXPECT_THAT(Calls(), ElementsAre("f({})"));
}

TEST_F(ReplyDecoderTest, IdsMissingDuplicatedOrUsedBeforeBecomeOurOwn) {
  used_ids_ = {"0", "call_0"};
  EXPECT_FALSE(Decode({R"({"tool_calls":[{"index":0,"id":"0","function":{"name":"f","arguments":"{}"}},
    {"index":1,"id":"dup","function":{"name":"g","arguments":"{}"}},{"index":2,"id":"dup","function":{"name":"h","arguments":"{}"}},
    {"index":3,"id":null,"function":{"name":"i","arguments":"{}"}},{"index":4,"id":7,"function":{"name":"j","arguments":"{}"}}]})"}));
  EXPECT_THAT(Calls(), ElementsAre("f({})", "g({})", "h({})", "i({})", "j({})"));
  EXPECT_EQ(reply_.message.tool_calls[1].id, "dup");
}

TEST_F(ReplyDecoderTest, ArgumentsOfAnyForm) {
  EXPECT_FALSE(Decode({R"({"tool_calls":[{"index":0,"function":{"name":"object","arguments":{"a":1}}},
    {"index":1,"function":{"name":"empty","arguments":""}},{"index":2,"function":{"name":"null_text","arguments":"null"}},
    {"index":3,"function":{"name":"null","arguments":null}},{"index":4,"function":{"name":"none"}}]})"}));
  EXPECT_THAT(Calls(), ElementsAre(R"(object({"a":1}))", "empty({})", "null_text({})", "null({})", "none({})"));
}

TEST_F(ReplyDecoderTest, ToolCallsAreBounded) {
  std::vector<std::string> deltas;
  for (std::size_t i = 0; i <= kToolCallsMax; ++i) {
    deltas.push_back(fmt::format(R"({{"tool_calls":[{{"index":{},"function":{{"name":"f"}}}}]}})", i));
  }
  EXPECT_EQ(Decode(deltas)->kind, FaultKind::kBroken);
  deltas.pop_back();
  EXPECT_FALSE(Decode(deltas));
  EXPECT_EQ(Calls().size(), kToolCallsMax);
  const std::string part =
      fmt::format(R"({{"tool_calls":[{{"index":0,"function":{{"name":"f","arguments":"{}"}}}}]}})", std::string(40'000, 'a'));
  EXPECT_EQ(Decode({part, part})->kind, FaultKind::kBroken);
  EXPECT_EQ(Decode({fmt::format(R"({{"tool_calls":[{{"function":{{"name":"{}"}}}}]}})", std::string(300, 'n'))})->kind, FaultKind::kBroken);
  EXPECT_EQ(Decode({R"({"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]})"})->kind, FaultKind::kBroken);
}

TEST_F(ReplyDecoderTest, CallsOfAReplyCutShortAreDropped) {
  EXPECT_FALSE(Decode({R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"n\":1"}}]})"}, "length"));
  EXPECT_TRUE(reply_.message.tool_calls.empty());
  EXPECT_EQ(reply_.finish, FinishReason::kLength);
}

TEST_F(ReplyDecoderTest, UsageAndCacheHits) {
  const std::string finish = R"({"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]})";
  EXPECT_FALSE(DecodeChunks({finish, R"({"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":9,"prompt_cache_hit_tokens":64,
    "prompt_cache_miss_tokens":36,"completion_tokens_details":{"reasoning_tokens":5}}})",
                             "[DONE]"},
                            "deepseek"));
  EXPECT_EQ(reply_.usage.input_tokens, 100);
  EXPECT_EQ(reply_.usage.cached_tokens, 64);
  EXPECT_EQ(reply_.usage.output_tokens, 9);
  EXPECT_EQ(reply_.usage.reasoning_tokens, 5);
  EXPECT_FALSE(DecodeChunks({finish, R"({"usage":{"prompt_tokens":10,"completion_tokens":2},"timings":{"cache_n":8}})"}, "llama-server"));
  EXPECT_EQ(reply_.usage.cached_tokens, 8);
  EXPECT_FALSE(DecodeChunks({finish, R"({"usage":{"prompt_tokens":-5,"completion_tokens":1e3,"prompt_tokens_details":[1]}})"}));
  EXPECT_EQ(reply_.usage.input_tokens, 0);
  EXPECT_EQ(reply_.usage.output_tokens, 0);
}

TEST_F(ReplyDecoderTest, EndsOfAllKinds) {
  EXPECT_FALSE(Decode({R"({"content":"a"})"}, "eos"));
  EXPECT_EQ(reply_.finish, FinishReason::kStop);
  EXPECT_FALSE(Decode({R"({"content":"a"})"}, "content_filter"));
  EXPECT_EQ(reply_.finish, FinishReason::kContentFilter);
  EXPECT_FALSE(Decode({R"({"content":"a"})"}, "something_new"));
  EXPECT_EQ(reply_.finish, FinishReason::kStop);
  EXPECT_EQ(Decode({R"({"content":"a"})"}, "insufficient_system_resource")->kind, FaultKind::kServerFault);
  EXPECT_EQ(DecodeChunks({R"({"choices":[{"delta":{"content":"a"}}]})"})->kind, FaultKind::kCut);
  EXPECT_FALSE(DecodeChunks({R"({"choices":[{"delta":{"content":"a"}}]})", " [DONE] "}));
}

TEST_F(ReplyDecoderTest, ToleratesOddChunks) {
  EXPECT_FALSE(
      DecodeChunks({R"({})", R"({"choices":null})", R"({"choices":[]})", R"({"choices":[null]})", R"({"choices":[{"delta":null}]})",
                    R"({"choices":[{"delta":{"content":["x"],"tool_calls":null,"reasoning":{}}}],"error":null})",
                    R"({"choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":null})", "[DONE]"}));
  EXPECT_EQ(reply_.message.content, "a");
}

TEST_F(ReplyDecoderTest, ErrorsInsideAStream) {
  EXPECT_EQ(DecodeChunks({R"({"error":{"message":"m","code":429}})"})->kind, FaultKind::kBusy);
  EXPECT_EQ(DecodeChunks({R"({"error":"all is lost"})"})->kind, FaultKind::kServerFault);
  const auto fault = DecodeChunks({fmt::format(R"({{"code":50501,"message":"key {}"}})", kKey)});
  EXPECT_EQ(fault->kind, FaultKind::kServerFault);
  EXPECT_EQ(fault->message, "key ***");
}

}  // namespace
}  // namespace deepcabin::llm
