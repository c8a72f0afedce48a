#pragma once
// One conversation of another program with the large models: hears the model on one thread, and is pulled by the client's session on
// another. What the client has not taken yet is merged and bounded, so a slow reader costs no more memory than that and never holds up
// the model's thread: past the bound the conversation ends.

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "llm/chat.h"
#include "server/http_types.h"
#include "server/openai_json.h"
#include "server/openai_request.h"

namespace deepcabin::server {

class Conversation final : public ResponseStream, private llm::ChatListener {
 public:
  // About the longest answer that kChatTokensMax allows, so that hardly any reader but one who takes nothing meets it. The model's thread
  // does not wait for readers: then the endpoint would look as if it sent too fast.
  static constexpr std::size_t kUnreadBytesMax = 256 << 10;

  Conversation(std::string client, OpenAiRequest request, AnswerHead head);

  const std::string& client() const { return client_; }
  const llm::ChatRequest& chat() const { return request_.chat; }
  // The client has gone, or the server ends.
  bool stopped() const { return stop_.stop_requested(); }

  // Asks the model and returns when that has ended: how many tokens it took, as far as is known.
  std::int64_t Run(llm::ChatModel& model);
  // In place of Run, or to end it.
  void Fail(const Error& error, std::chrono::seconds retry_after = std::chrono::seconds(1));
  void Stop() { stop_.request_stop(); }

  Part Pull(std::function<void()> wake) override;
  void Cancel() override;

 private:
  struct Piece {
    bool reasoning = false;
    std::string text;
  };

  void OnReasoning(std::string_view piece) override { Hear(true, piece); }
  void OnContent(std::string_view piece) override { Hear(false, piece); }
  void OnRestart() override;
  bool IsCommitted() const override;

  void Hear(bool reasoning, std::string_view text);
  void Finish(Result<llm::ChatReply> result, std::chrono::seconds retry_after);
  std::string TakeUnread();  // as events
  Part TakeEnd();

  const std::string client_;
  const OpenAiRequest request_;
  const AnswerHead head_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::vector<Piece> unread_;
  std::size_t unread_bytes_ = 0;
  bool too_slow_ = false;
  bool begun_ = false;      // something was taken: the status is 200
  bool committed_ = false;  // content was taken
  std::optional<Result<llm::ChatReply>> result_;
  std::chrono::seconds retry_after_{1};
};

}  // namespace deepcabin::server
