#include "server/conversation.h"

#include <utility>

#include <fmt/format.h>

#include "llm/meter.h"

namespace deepcabin::server {

Conversation::Conversation(std::string client, OpenAiRequest request, AnswerHead head)
    : client_(std::move(client)), request_(std::move(request)), head_(std::move(head)) {}

std::int64_t Conversation::Run(llm::ChatModel& model) {
  std::optional<Result<llm::ChatReply>> result;
  try {
    result = model.Chat(request_.chat, *this, stop_.get_token());
  } catch (const std::exception& e) {
    result = Internal(fmt::format("a chat model threw: {}", e.what()));
  }
  std::int64_t tokens = llm::EstimateTokens(request_.chat);  // a vendor bills what was sent, whatever came of it
  if (*result && (*result)->usage.output_tokens > 0) tokens = (*result)->usage.input_tokens + (*result)->usage.output_tokens;
  // The day's budget of the models is used up: that takes longer than a second.
  const bool exhausted = !*result && result->error().code == ErrorCode::kResourceExhausted;
  Finish(std::move(*result), std::chrono::seconds(exhausted ? 600 : 1));
  return tokens;
}

void Conversation::Fail(const Error& error, std::chrono::seconds retry_after) { Finish(error, retry_after); }

void Conversation::Finish(Result<llm::ChatReply> result, std::chrono::seconds retry_after) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    if (result_) return;
    result_ = std::move(result);
    if (too_slow_) result_ = ResourceExhausted(fmt::format("more than {} bytes of the answer waited to be read", kUnreadBytesMax));
    retry_after_ = retry_after;
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
}

void Conversation::Hear(bool reasoning, std::string_view text) {
  if (!request_.stream || text.empty()) return;
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    if (too_slow_) return;
    const bool merges = !unread_.empty() && unread_.back().reasoning == reasoning;
    if (!merges) unread_.push_back({reasoning, {}});
    unread_.back().text += text;
    unread_bytes_ += text.size() + (merges ? 0 : sizeof(Piece));
    too_slow_ = unread_bytes_ > kUnreadBytesMax;
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
  if (too_slow_) stop_.request_stop();
}

// What nobody has read yet is withdrawn; reasoning that was read stays, for there is no way to take it back.
void Conversation::OnRestart() {
  const std::lock_guard lock(mutex_);
  unread_.clear();
  unread_bytes_ = 0;
}

bool Conversation::IsCommitted() const {
  const std::lock_guard lock(mutex_);
  return committed_;
}

std::string Conversation::TakeUnread() {
  std::string events;
  for (const Piece& piece : unread_) {
    OrderedJson delta = OrderedJson::object();
    if (!std::exchange(begun_, true)) delta["role"] = "assistant";
    delta[piece.reasoning ? "reasoning_content" : "content"] = piece.text;
    committed_ = committed_ || !piece.reasoning;
    events += ChunkEvent(head_, delta);
  }
  unread_.clear();
  unread_bytes_ = 0;
  return events;
}

Conversation::Part Conversation::TakeEnd() {
  Part part{.whole = nullptr, .bytes = {}, .last = true};
  const bool has_reply = result_->has_value();
  if (!request_.stream || (!has_reply && !begun_)) {
    Response response = has_reply ? JsonResponse(WholeAnswer(head_, **result_)) : OpenAiError(result_->error(), retry_after_);
    part.whole = std::make_shared<Response>(std::move(response));
    return part;
  }
  if (has_reply && !committed_ && unread_.empty() && !(*result_)->message.content.empty()) {
    unread_.push_back({false, (*result_)->message.content});  // a model that speaks only when it has ended
  }
  part.bytes = TakeUnread();
  if (!std::exchange(begun_, true)) part.bytes += ChunkEvent(head_, {{"role", "assistant"}, {"content", ""}});
  part.bytes += has_reply ? EndEvents(head_, **result_, request_.include_usage) : ErrorEvent(result_->error());
  return part;
}

Conversation::Part Conversation::Pull(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (result_) return TakeEnd();
  Part part{.whole = nullptr, .bytes = TakeUnread(), .last = false};
  if (part.bytes.empty()) wake_ = std::move(wake);
  return part;
}

void Conversation::Cancel() {
  {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
    unread_.clear();
  }
  stop_.request_stop();
}

}  // namespace deepcabin::server
