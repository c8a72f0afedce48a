#pragma once
// A listener that keeps what it hears and can be waited for.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "llm/client.h"

namespace deepcabin::llm {

class Ear final : public ExchangeListener {
 public:
  void OnReasoning(std::string_view piece) override { Note(reasoning, piece); }
  void OnContent(std::string_view piece) override { Note(content, piece); }
  void OnDone(ChatReply r) override {
    const std::lock_guard lock(mutex_);
    reply = std::move(r);
    ++endings;
    news_.notify_all();
  }
  void OnFault(Fault f) override {
    const std::lock_guard lock(mutex_);
    fault = std::move(f);
    ++endings;
    news_.notify_all();
  }
  // False after 20 s.
  bool WaitForEnd() {
    return WaitFor([this] { return endings > 0; });
  }
  bool WaitForPieces(int count) {
    return WaitFor([this, count] { return pieces >= count; });
  }

  // To be read after waiting.
  std::string reasoning, content;
  int pieces = 0, endings = 0;
  std::optional<ChatReply> reply;
  std::optional<Fault> fault;

 private:
  void Note(std::string& text, std::string_view piece) {
    const std::lock_guard lock(mutex_);
    text += piece;
    ++pieces;
    news_.notify_all();
  }
  template <typename Condition>
  bool WaitFor(Condition condition) {
    std::unique_lock lock(mutex_);
    return news_.wait_for(lock, std::chrono::seconds(20), condition);
  }
  std::mutex mutex_;
  std::condition_variable news_;
};

}  // namespace deepcabin::llm
