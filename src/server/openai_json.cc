#include "server/openai_json.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/http_types.h"

namespace deepcabin::server {
namespace {

struct Words {
  std::string_view type, code;
};

Words WordsFor(const Error& error) {
  switch (error.code) {
    case ErrorCode::kUnauthenticated: return {"authentication_error", "invalid_api_key"};
    case ErrorCode::kPermissionDenied: return {"permission_error", "permission_denied"};
    case ErrorCode::kNotFound:
    case ErrorCode::kFailedPrecondition: return {"invalid_request_error", "model_not_found"};
    case ErrorCode::kResourceExhausted: return {"rate_limit_error", "rate_limit_exceeded"};
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kOutOfRange: return {"invalid_request_error", "invalid_request"};
    default: return {"server_error", ErrorCodeName(error.code)};
  }
}

OrderedJson UsageJson(const llm::Usage& usage) {
  return {{"prompt_tokens", usage.input_tokens},
          {"completion_tokens", usage.output_tokens},
          {"total_tokens", usage.input_tokens + usage.output_tokens},
          {"prompt_tokens_details", {{"cached_tokens", usage.cached_tokens}}},
          {"completion_tokens_details", {{"reasoning_tokens", usage.reasoning_tokens}}}};
}

// Beyond what OpenAI knows: who answered, how soon, and what it cost.
OrderedJson AnsweredBy(const llm::ChatReply& reply) {
  return {{"endpoint", reply.endpoint}, {"model", reply.model}, {"tries", reply.tries}, {"first_token_ms", reply.first_token_ms},
          {"total_ms", reply.total_ms}, {"cost", reply.cost}};
}

OrderedJson HeadJson(const AnswerHead& head, std::string_view object) {
  return {{"id", head.id}, {"object", object}, {"created", head.created}, {"model", head.model}};
}

OrderedJson ToolCallJson(const llm::ToolCall& call) {
  return {{"id", call.id}, {"type", "function"}, {"function", {{"name", call.name}, {"arguments", call.arguments}}}};
}

std::string Event(const OrderedJson& json) { return fmt::format("data: {}\n\n", DumpJson(json)); }

}  // namespace

std::string OpenAiErrorText(const Error& error) {
  const Words words = WordsFor(error);
  const bool inner = error.code == ErrorCode::kInternal || error.code == ErrorCode::kDataLoss;
  const std::string message = inner ? "something went wrong inside; the log has more" : error.message;
  return DumpJson(OrderedJson{{"error", {{"message", message}, {"type", words.type}, {"param", nullptr}, {"code", words.code}}}});
}

Response OpenAiError(const Error& error, std::chrono::seconds retry_after, int status) {
  if (status == 0) status = error.code == ErrorCode::kFailedPrecondition ? 404 : HttpStatusOf(error.code);
  Response response = ErrorResponse(error, status);  // logs what is our own fault
  response.body = std::make_shared<const std::string>(OpenAiErrorText(error));
  for (auto& [name, value] : response.headers) {
    if (name == "Retry-After") value = std::to_string(std::max<std::int64_t>(1, retry_after.count()));
  }
  return response;
}

std::string WholeAnswer(const AnswerHead& head, const llm::ChatReply& reply) {
  OrderedJson message = {{"role", "assistant"}, {"content", reply.message.content}, {"refusal", nullptr}};
  if (reply.message.content.empty() && !reply.message.tool_calls.empty()) message["content"] = nullptr;
  if (!reply.message.reasoning.empty()) message["reasoning_content"] = reply.message.reasoning;
  for (const llm::ToolCall& call : reply.message.tool_calls) message["tool_calls"].push_back(ToolCallJson(call));
  OrderedJson json = HeadJson(head, "chat.completion");
  json["choices"] = OrderedJson::array();
  json["choices"].push_back(
      {{"index", 0}, {"message", std::move(message)}, {"logprobs", nullptr}, {"finish_reason", llm::FinishReasonName(reply.finish)}});
  json["usage"] = UsageJson(reply.usage);
  json["answered_by"] = AnsweredBy(reply);
  return DumpJson(json);
}

std::string ChunkEvent(const AnswerHead& head, const OrderedJson& delta, std::string_view finish) {
  OrderedJson json = HeadJson(head, "chat.completion.chunk");
  OrderedJson choice = {{"index", 0}, {"delta", delta}, {"logprobs", nullptr}, {"finish_reason", nullptr}};
  if (!finish.empty()) choice["finish_reason"] = finish;
  json["choices"] = OrderedJson::array({std::move(choice)});
  return Event(json);
}

std::string EndEvents(const AnswerHead& head, const llm::ChatReply& reply, bool with_usage) {
  std::string events;
  for (std::size_t i = 0; i < reply.message.tool_calls.size(); ++i) {
    // As OpenAI does: first the name, then the arguments.
    OrderedJson call = ToolCallJson(reply.message.tool_calls[i]);
    call["function"]["arguments"] = "";
    OrderedJson first = {{"index", i}};
    first.update(call);
    events += ChunkEvent(head, {{"tool_calls", OrderedJson::array({std::move(first)})}});
    OrderedJson rest = {{"index", i}, {"function", {{"arguments", reply.message.tool_calls[i].arguments}}}};
    events += ChunkEvent(head, {{"tool_calls", OrderedJson::array({std::move(rest)})}});
  }
  events += ChunkEvent(head, OrderedJson::object(), llm::FinishReasonName(reply.finish));
  if (with_usage) {
    OrderedJson json = HeadJson(head, "chat.completion.chunk");
    json["choices"] = OrderedJson::array();
    json["usage"] = UsageJson(reply.usage);
    json["answered_by"] = AnsweredBy(reply);
    events += Event(json);
  }
  return events + "data: [DONE]\n\n";
}

std::string ErrorEvent(const Error& error) { return fmt::format("data: {}\n\n", OpenAiErrorText(error)); }

}  // namespace deepcabin::server
