#pragma once
// Chunks of a chat completion, as any dialect writes them, gathered into one reply. Everything in them is untrusted and bounded.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "llm/client.h"
#include "llm/dialect.h"

namespace deepcabin::llm {

inline constexpr std::size_t kReplyBytesMax = 8u << 20;  // content and reasoning together
inline constexpr std::size_t kReasoningBytesMax = 4u << 20;
inline constexpr std::size_t kToolCallsMax = 32;
inline constexpr std::size_t kToolNameBytesMax = 256;
inline constexpr std::size_t kToolIdBytesMax = 128;
inline constexpr std::size_t kToolArgumentsBytesMax = 64 * 1024;

// What one chunk added. `progress`: the model did something, be it a part of a tool call.
struct Heard {
  std::string reasoning, content;
  bool progress = false;
};

class ReplyDecoder {
 public:
  // `used_ids`: of the tool calls so far in the conversation; calls of the reply get others. `key` is kept out of messages.
  ReplyDecoder(const Dialect& dialect, std::set<std::string> used_ids, std::string key)
      : dialect_(&dialect), used_ids_(std::move(used_ids)), key_(std::move(key)), think_tags_(dialect.think_tags) {}

  // The data of one event, or a whole answer that does not stream. After a fault nothing more may be given.
  std::optional<Fault> Take(std::string_view data, Heard& heard);
  // No more comes. A fault where the reply is not whole; else `reply` has its message, finish, usage and model.
  std::optional<Fault> Finish(ChatReply& reply, Heard& heard);

  bool done() const { return done_; }                      // the stream said so
  bool may_be_done() const { return done_ || finished_; }  // the answer is whole; usage may still come

 private:
  struct Draft {
    std::optional<std::int64_t> index;
    ToolCall call;
  };

  std::optional<Fault> TakeChoice(const Json& choice, Heard& heard);
  std::optional<Fault> TakeText(const Json& delta, Heard& heard);
  std::optional<Fault> TakeToolCall(const Json& part);
  std::optional<Fault> TakeFinishReason(const std::string& reason);
  void TakeUsage(const Json& chunk);
  std::optional<Fault> Keep(ThinkTags::Pieces pieces, Heard& heard);
  Draft* FindDraft(const std::optional<std::int64_t>& index, const std::string& id, bool named);
  std::optional<Fault> FinishToolCalls();

  const Dialect* dialect_;
  std::set<std::string> used_ids_;
  std::string key_;
  ThinkTags think_tags_;
  Message message_;
  std::vector<Draft> drafts_;
  Usage usage_;
  std::string model_;
  FinishReason finish_ = FinishReason::kStop;
  bool any_choice_ = false, finished_ = false, done_ = false;
  bool reasoning_apart_ = false;  // in a field of its own: what stands in tags then says the same again
};

}  // namespace deepcabin::llm
