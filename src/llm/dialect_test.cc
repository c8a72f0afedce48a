#include "llm/dialect.h"

#include <gmock/gmock.h>

#include "llm/client_test_support.h"

namespace deepcabin::llm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

class DialectTest : public ::testing::Test {
 protected:
  DialectTest() {
    endpoint_.model = "m";
    endpoint_.key = kKey;
  }
  Json Body(const std::string& dialect) {
    auto json = ParseJson(BuildBody(*dialects_.Find(dialect), endpoint_, request_));
    EXPECT_TRUE(json);
    return std::move(*json);
  }
  void AddToolRound() {
    request_.messages.push_back({Role::kAssistant, "", "because", {{"call_0", "open", R"({"a":1})"}}, ""});
    request_.messages.push_back({Role::kTool, "done", "", {}, "call_0"});
    request_.messages.push_back({Role::kAssistant, "Opened.", "", {}, ""});
    request_.messages.push_back({Role::kUser, "Thanks.", "", {}, ""});
  }

  Dialects dialects_ = LoadDialects();
  Endpoint endpoint_;
  ChatRequest request_ = Question("hello");
};

TEST_F(DialectTest, KnowsTheVendors) {
  EXPECT_THAT(dialects_.Names(), IsSupersetOf({"generic", "openai", "deepseek", "ark", "dashscope", "siliconflow", "ollama", "llama-server",
                                               "vllm", "sglang", "r1"}));
  EXPECT_EQ(dialects_.Find("klingon"), nullptr);
}

TEST_F(DialectTest, TheBodyBeginsWithWhatStays) {
  request_.tools = {{"open", "Opens.", OrderedJson::parse(R"({"type":"object","properties":{"z":{},"a":{}}})")}};
  const std::string body = BuildBody(*dialects_.Find("generic"), endpoint_, request_);
  EXPECT_EQ(body, R"({"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"hello"}],)"
                  R"("tools":[{"type":"function","function":{"name":"open","description":"Opens.",)"
                  R"("parameters":{"type":"object","properties":{"z":{},"a":{}}}}}],)"
                  R"("stream":true,"stream_options":{"include_usage":true},"max_tokens":1024,"temperature":0.3})");
}

TEST_F(DialectTest, SwitchesThinkingAsEachVendorWants) {
  for (const bool thinking : {true, false}) {
    request_.thinking = thinking;
    EXPECT_EQ(Body("deepseek")["thinking"]["type"], thinking ? "enabled" : "disabled");
    EXPECT_EQ(Body("ark")["thinking"]["type"], thinking ? "enabled" : "disabled");
    EXPECT_EQ(Body("dashscope")["enable_thinking"], thinking);
    EXPECT_EQ(Body("siliconflow").contains("thinking_budget"), thinking);
    EXPECT_EQ(Body("ollama")["reasoning_effort"], thinking ? "medium" : "none");
    EXPECT_EQ(Body("vllm")["chat_template_kwargs"]["thinking"], thinking);
    EXPECT_EQ(Body("sglang")["chat_template_kwargs"]["enable_thinking"], thinking);
    EXPECT_EQ(Body("llama-server")["chat_template_kwargs"]["enable_thinking"], thinking);
    for (const char* plain : {"generic", "r1"}) {
      const Json body = Body(plain);
      for (const char* field : {"thinking", "enable_thinking", "reasoning_effort", "chat_template_kwargs"})
        EXPECT_FALSE(body.contains(field));
    }
  }
}

TEST_F(DialectTest, OpenAiHasWordsOfItsOwn) {
  const Json body = Body("openai");
  EXPECT_EQ(body["max_completion_tokens"], 1024);
  EXPECT_FALSE(body.contains("max_tokens"));
  EXPECT_FALSE(body.contains("temperature"));
}

TEST_F(DialectTest, ReasoningGoesBackOnceToolsAreInPlay) {
  request_.messages.push_back({Role::kAssistant, "Hi.", "thought", {}, ""});
  request_.messages.push_back({Role::kUser, "Go on.", "", {}, ""});
  EXPECT_FALSE(Body("deepseek")["messages"][2].contains("reasoning_content"));
  AddToolRound();
  const Json messages = Body("deepseek")["messages"];
  EXPECT_EQ(messages[2]["reasoning_content"], "thought");
  EXPECT_EQ(messages[4]["reasoning_content"], "because");
  EXPECT_EQ(messages[6]["reasoning_content"], "");  // present even where it is empty
  EXPECT_FALSE(messages[1].contains("reasoning_content"));
  EXPECT_EQ(Body("vllm")["messages"][4]["reasoning"], "because");
  EXPECT_FALSE(Body("generic")["messages"][4].contains("reasoning_content"));
}

TEST_F(DialectTest, ToolCallsAndResultsGoBackAsTheyCame) {
  AddToolRound();
  const Json messages = Body("generic")["messages"];
  EXPECT_EQ(messages[2]["tool_calls"][0]["id"], "call_0");
  EXPECT_EQ(messages[2]["tool_calls"][0]["function"]["name"], "open");
  EXPECT_EQ(messages[2]["tool_calls"][0]["function"]["arguments"], R"({"a":1})");
  EXPECT_EQ(messages[3]["role"], "tool");
  EXPECT_EQ(messages[3]["tool_call_id"], "call_0");
}

TEST_F(DialectTest, WithoutASystemRoleTheUserSaysIt) {
  const Json messages = Body("r1")["messages"];
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0]["role"], "user");
  EXPECT_EQ(messages[0]["content"], "Be brief.\n\nhello");
}

TEST_F(DialectTest, InvalidUtf8IsSentReplaced) {
  request_.messages[1].content = "a\xFF";
  EXPECT_EQ(Body("generic")["messages"][1]["content"], "a\uFFFD");
}

TEST(DialectsTest, SaysWhatIsWrongWithAFile) {
  const auto refusal = [](const std::string& text) {
    const auto dialects = Dialects::Parse(text);
    return dialects ? std::string() : dialects.error().message;
  };
  EXPECT_EQ(refusal("a: {think_tags: tagged}\nb: {like: a, tokens_field: t}"), "");
  EXPECT_THAT(refusal("a:\n  thinking: x"), AllOf(StartsWith("dialects.yaml:2:"), HasSubstr("'thinking'")));
  EXPECT_THAT(refusal("a: {like: b}"), HasSubstr("no dialect 'b' above"));
  EXPECT_THAT(refusal("a: {always: '[1]'}"), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal("a: {think_tags: maybe}"), HasSubstr("maybe"));
  EXPECT_THAT(refusal("a: {faults: {x: bad}}"), HasSubstr("no kind of fault"));
  EXPECT_THAT(refusal("a: {finish: {x: bad}}"), HasSubstr("no finish reason"));
  EXPECT_THAT(refusal("a: {cached_tokens: [usage]}"), HasSubstr("no JSON pointer"));
  EXPECT_THAT(refusal("a: {sends_temperature: 7}"), StartsWith("dialects.yaml:1:"));
  EXPECT_THAT(refusal("[a, b]"), HasSubstr("names of dialects"));
  EXPECT_THAT(refusal("a: {"), StartsWith("dialects.yaml:"));
  EXPECT_THAT(refusal("a: {}\na: {}"), HasSubstr("twice"));
}

}  // namespace
}  // namespace deepcabin::llm
