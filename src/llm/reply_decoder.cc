#include "llm/reply_decoder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "llm/fault.h"

namespace deepcabin::llm {
namespace {

constexpr std::int64_t kTokensCountMax = 1'000'000'000;  // more is no count of tokens
constexpr std::size_t kModelNameBytesMax = 128;

Fault Broken(std::string message) { return MakeFault(FaultKind::kBroken, std::move(message)); }

// nullptr where there is none, or null.
const Json* Member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

std::int64_t CountAt(const Json& chunk, const std::string& pointer) {
  const Json::json_pointer at(pointer);
  if (!chunk.contains(at) || !chunk.at(at).is_number_integer()) return 0;
  const auto count = chunk.at(at).get<std::int64_t>();
  return count < 0 || count > kTokensCountMax ? 0 : count;
}

}  // namespace

std::optional<Fault> ReplyDecoder::Take(std::string_view data, Heard& heard) {
  if (Trim(data) == "[DONE]") {
    done_ = true;
    return std::nullopt;
  }
  const auto parsed = IsValidUtf8(data) ? ParseJson(data, {.bytes_max = kReplyBytesMax})
                                        : ParseJson(ReplaceInvalidUtf8(data), {.bytes_max = kReplyBytesMax});
  if (!parsed) return Broken("a chunk of the reply: " + Presentable(parsed.error().message, key_));
  const Json& chunk = *parsed;
  if (!chunk.is_object()) return Broken("a chunk of the reply is no JSON object");
  if (IsErrorObject(chunk)) return ErrorObjectFault(*dialect_, chunk, key_);
  if (model_.empty()) model_ = TextOf(chunk, "model");
  if (model_.size() > kModelNameBytesMax) model_.clear();
  TakeUsage(chunk);
  const Json* choices = Member(chunk, "choices");
  if (choices == nullptr || !choices->is_array() || choices->empty()) return std::nullopt;
  return TakeChoice(choices->front(), heard);
}

std::optional<Fault> ReplyDecoder::TakeChoice(const Json& choice, Heard& heard) {
  any_choice_ = true;
  const Json* delta = Member(choice, "delta");
  if (delta == nullptr) delta = Member(choice, "message");
  if (delta != nullptr) {
    if (auto fault = TakeText(*delta, heard)) return fault;
    if (const Json* calls = Member(*delta, "tool_calls"); calls != nullptr && calls->is_array()) {
      for (const Json& part : *calls) {
        heard.progress = true;
        if (auto fault = TakeToolCall(part)) return fault;
      }
    }
  }
  return TakeFinishReason(TextOf(choice, "finish_reason"));
}

std::optional<Fault> ReplyDecoder::TakeText(const Json& delta, Heard& heard) {
  for (const std::string& field : dialect_->reasoning_fields) {
    std::string text = TextOf(delta, field);
    if (text.empty()) continue;
    reasoning_apart_ = true;
    if (auto fault = Keep({std::move(text), ""}, heard)) return fault;
    break;
  }
  ThinkTags::Pieces pieces = think_tags_.Take(TextOf(delta, "content"));
  if (reasoning_apart_) pieces.reasoning.clear();
  return Keep(std::move(pieces), heard);
}

std::optional<Fault> ReplyDecoder::Keep(ThinkTags::Pieces pieces, Heard& heard) {
  message_.reasoning += pieces.reasoning;
  message_.content += pieces.content;
  heard.progress = heard.progress || !pieces.reasoning.empty() || !pieces.content.empty();
  heard.reasoning += pieces.reasoning;
  heard.content += pieces.content;
  if (message_.reasoning.size() > kReasoningBytesMax) return Broken(fmt::format("more than {} bytes of reasoning", kReasoningBytesMax));
  if (message_.reasoning.size() + message_.content.size() > kReplyBytesMax) {
    return Broken(fmt::format("a reply of more than {} bytes", kReplyBytesMax));
  }
  return std::nullopt;
}

// Which call a part belongs to. Some servers number everything 0 and tell calls apart by id, some give neither: then a part with a name
// begins a call, and one without goes on with the last.
ReplyDecoder::Draft* ReplyDecoder::FindDraft(const std::optional<std::int64_t>& index, const std::string& id, bool named) {
  for (auto it = drafts_.rbegin(); index && it != drafts_.rend(); ++it) {
    const bool other_id = named && !id.empty() && !it->call.id.empty() && id != it->call.id;
    if (it->index == index) return other_id ? nullptr : &*it;
  }
  if (index || named || drafts_.empty()) return nullptr;
  const auto same = std::find_if(drafts_.rbegin(), drafts_.rend(), [&](const Draft& d) { return !id.empty() && d.call.id == id; });
  return same == drafts_.rend() ? &drafts_.back() : &*same;
}

std::optional<Fault> ReplyDecoder::TakeToolCall(const Json& part) {
  const Json* index_json = Member(part, "index");
  const auto index =
      index_json != nullptr && index_json->is_number_integer() ? std::optional(index_json->get<std::int64_t>()) : std::nullopt;
  const std::string id = TextOf(part, "id");
  const Json* function = Member(part, "function");
  const std::string name = function == nullptr ? "" : TextOf(*function, "name");
  Draft* draft = FindDraft(index, id, !name.empty());
  if (draft == nullptr) {
    if (drafts_.size() >= kToolCallsMax) return Broken(fmt::format("more than {} tool calls", kToolCallsMax));
    draft = &drafts_.emplace_back(Draft{index, {id, name, ""}});
  }
  if (draft->call.name.empty()) draft->call.name = name;
  if (draft->call.name.size() > kToolNameBytesMax) return Broken(fmt::format("a tool's name of more than {} bytes", kToolNameBytesMax));
  if (draft->call.id.empty()) draft->call.id = id;
  if (const Json* arguments = function == nullptr ? nullptr : Member(*function, "arguments")) {
    draft->call.arguments += arguments->is_string() ? arguments->get<std::string>() : DumpJson(*arguments);
  }
  if (draft->call.arguments.size() > kToolArgumentsBytesMax) {
    return Broken(fmt::format("arguments of a tool call of more than {} bytes", kToolArgumentsBytesMax));
  }
  return std::nullopt;
}

std::optional<Fault> ReplyDecoder::TakeFinishReason(const std::string& reason) {
  if (reason.empty()) return std::nullopt;
  if (const auto it = dialect_->faults.find(reason); it != dialect_->faults.end()) {
    return MakeFault(it->second, Presentable("the reply was given up: " + reason, key_));
  }
  finished_ = true;
  finish_ = FinishReason::kStop;
  for (int i = 0; i <= static_cast<int>(FinishReason::kContentFilter); ++i) {
    if (FinishReasonName(static_cast<FinishReason>(i)) == reason) finish_ = static_cast<FinishReason>(i);
  }
  if (const auto it = dialect_->finish.find(reason); it != dialect_->finish.end()) finish_ = it->second;
  return std::nullopt;
}

void ReplyDecoder::TakeUsage(const Json& chunk) {
  if (Member(chunk, "usage") == nullptr) return;
  usage_.input_tokens = CountAt(chunk, "/usage/prompt_tokens");
  usage_.output_tokens = CountAt(chunk, "/usage/completion_tokens");
  usage_.reasoning_tokens = CountAt(chunk, "/usage/completion_tokens_details/reasoning_tokens");
  for (const std::string& pointer : dialect_->cached_tokens) {
    usage_.cached_tokens = std::min(CountAt(chunk, pointer), usage_.input_tokens);
    if (usage_.cached_tokens > 0) break;
  }
}

std::optional<Fault> ReplyDecoder::FinishToolCalls() {
  int next = 0;
  for (Draft& draft : drafts_) {
    ToolCall& call = draft.call;
    if (call.name.empty()) return Broken("a tool call without a name");
    if (Trim(call.arguments).empty() || Trim(call.arguments) == "null") call.arguments = "{}";
    if (call.id.size() > kToolIdBytesMax) call.id.clear();
    while (call.id.empty() || used_ids_.contains(call.id)) call.id = fmt::format("call_{}", next++);
    used_ids_.insert(call.id);
    message_.tool_calls.push_back(std::move(call));
  }
  return std::nullopt;
}

std::optional<Fault> ReplyDecoder::Finish(ChatReply& reply, Heard& heard) {
  if (!may_be_done()) return MakeFault(FaultKind::kCut, "the stream ended before the answer did");
  if (!any_choice_) return Broken("a reply without an answer");
  ThinkTags::Pieces rest = think_tags_.Finish();
  if (reasoning_apart_) rest.reasoning.clear();
  if (auto fault = Keep(std::move(rest), heard)) return fault;
  if (think_tags_.only_assumed() && finish_ == FinishReason::kStop && drafts_.empty()) {
    message_.content = std::exchange(message_.reasoning, {});  // nothing closed it: this is the answer
    heard.content = message_.content;
  }
  // Calls of a reply that was cut short are dropped: half of one is worse than none.
  if (finish_ == FinishReason::kStop || finish_ == FinishReason::kToolCalls) {
    if (auto fault = FinishToolCalls()) return fault;
    finish_ = message_.tool_calls.empty() ? FinishReason::kStop : FinishReason::kToolCalls;
  }
  message_.role = Role::kAssistant;
  reply.message = std::move(message_);
  reply.finish = finish_;
  reply.usage = usage_;
  if (!model_.empty()) reply.model = model_;
  return std::nullopt;
}

}  // namespace deepcabin::llm
