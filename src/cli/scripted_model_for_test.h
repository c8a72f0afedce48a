#pragma once
// A chat model that says what a test wants, and remembers what it was asked.

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "llm/chat.h"

namespace deepcabin::cli {

inline llm::ChatReply Says(std::string text) {
  llm::ChatReply reply;
  reply.message.role = llm::Role::kAssistant;
  reply.message.content = std::move(text);
  reply.endpoint = "script";
  reply.model = "m";
  return reply;
}

inline llm::ChatReply Calls(std::vector<llm::ToolCall> calls, std::string text = {}) {
  llm::ChatReply reply = Says(std::move(text));
  reply.message.tool_calls = std::move(calls);
  reply.finish = llm::FinishReason::kToolCalls;
  return reply;
}

inline llm::ToolCall CarCall(std::string arguments, std::string id = "c1") { return {std::move(id), "car_call", std::move(arguments)}; }

class ScriptedModel final : public llm::ChatModel {
 public:
  using Step = std::function<Result<llm::ChatReply>(const llm::ChatRequest&, llm::ChatListener&, const std::stop_token&)>;

  void Then(Step step) { steps_.push_back(std::move(step)); }
  void Then(llm::ChatReply reply) {
    Then(
        [reply = std::move(reply)](const llm::ChatRequest&, llm::ChatListener& listener, const std::stop_token&) -> Result<llm::ChatReply> {
          if (!reply.message.reasoning.empty()) listener.OnReasoning(reply.message.reasoning);
          const std::string& text = reply.message.content;
          listener.OnContent(std::string_view(text).substr(0, text.size() / 2));  // may cut a character: nobody should mind
          listener.OnContent(std::string_view(text).substr(text.size() / 2));
          return reply;
        });
  }
  // What it says when the script is over.
  void Always(Step step) { always_ = std::move(step); }

  Result<llm::ChatReply> Chat(const llm::ChatRequest& request, llm::ChatListener& listener, const std::stop_token& stop) override {
    asked.push_back(request);
    if (steps_.empty() && !always_) return Unavailable("the script is over");
    if (steps_.empty()) return always_(request, listener, stop);
    const Step step = std::move(steps_.front());
    steps_.pop_front();
    return step(request, listener, stop);
  }

  std::vector<llm::ChatRequest> asked;

 private:
  std::deque<Step> steps_;
  Step always_;
};

}  // namespace deepcabin::cli
