#pragma once
// A chat client that plays a script for each endpoint, from a thread of its own as a real one would.

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "llm/client.h"

namespace deepcabin::llm {

using Lines = std::function<void(ExchangeListener& to, const std::stop_token& stop)>;

// Until the exchange is ended by the other side.
inline void WaitForTheEnd(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop, [] { return false; });
}

inline ChatReply ReplyOf(const std::string& text) {
  ChatReply reply;
  reply.message.role = Role::kAssistant;
  reply.message.content = text;
  reply.usage = {.input_tokens = 1'000, .cached_tokens = 400, .output_tokens = 100};
  return reply;
}

inline Lines Answers(const std::string& text) {
  return [text](ExchangeListener& to, const std::stop_token&) {
    to.OnReasoning("hm");
    to.OnContent(text.substr(0, 1));
    to.OnContent(text.substr(1));
    to.OnDone(ReplyOf(text));
  };
}
inline Lines FailsWith(FaultKind kind, std::optional<std::chrono::milliseconds> retry_after = {}) {
  return [=](ExchangeListener& to, const std::stop_token&) { to.OnFault({kind, 0, retry_after, "服务器繁忙 sk-secret"}); };
}
inline Lines SaysNothing() {
  return [](ExchangeListener&, const std::stop_token& stop) { WaitForTheEnd(stop); };
}
inline Lines StallsAfter(const std::string& text) {
  return [text](ExchangeListener& to, const std::stop_token& stop) {
    to.OnContent(text);
    WaitForTheEnd(stop);
  };
}
inline Lines BreaksAfter(const std::string& text, FaultKind kind) {
  return [=](ExchangeListener& to, const std::stop_token&) {
    to.OnContent(text);
    to.OnFault({kind, 0, {}, "x"});
  };
}

class ScriptedClient final : public ChatClient {
 public:
  void Play(const std::string& endpoint, Lines script) {
    const std::lock_guard lock(mutex_);
    scripts_[endpoint] = std::move(script);
  }
  std::unique_ptr<Exchange> Start(const Endpoint& endpoint, const ChatRequest&, ExchangeListener& listener) override {
    const std::lock_guard lock(mutex_);
    ++starts_[endpoint.name];
    return std::make_unique<Running>(scripts_.at(endpoint.name), listener);
  }
  int starts(const std::string& endpoint) const {
    const std::lock_guard lock(mutex_);
    const auto found = starts_.find(endpoint);
    return found == starts_.end() ? 0 : found->second;
  }

 private:
  struct Running final : Exchange {
    Running(Lines script, ExchangeListener& to)
        : thread([script = std::move(script), &to](const std::stop_token& stop) { script(to, stop); }) {}
    std::jthread thread;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Lines> scripts_;
  std::map<std::string, int> starts_;
};

// Keeps what it hears.
class ChatEar final : public ChatListener {
 public:
  void OnReasoning(std::string_view piece) override { reasoning += piece; }
  void OnContent(std::string_view piece) override {
    content += piece;
    if (on_content) on_content();
  }
  void OnRestart() override {
    ++restarts;
    content.clear();
    reasoning.clear();
  }
  bool IsCommitted() const override { return committed; }

  std::string content, reasoning;
  int restarts = 0;
  bool committed = false;
  std::function<void()> on_content;
};

}  // namespace deepcabin::llm
