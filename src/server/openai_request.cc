#include "server/openai_request.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace deepcabin::server {
namespace {

// A field that is there and not null.
const Json* Find(const Json& json, const char* name) {
  const auto it = json.find(name);
  return it == json.end() || it->is_null() ? nullptr : &*it;
}

template <typename T>
bool Says(const Json& json, const char* name, const T& value) {
  const Json* found = json.is_object() ? Find(json, name) : nullptr;
  return found != nullptr && *found == value;
}

Error Wants(std::string_view where, std::string_view what) { return InvalidArgument(fmt::format("`{}` must be {}", where, what)); }

Result<std::string> TextAt(const Json& json, const char* name, std::string_view where) {
  const Json* text = Find(json, name);
  if (text == nullptr || !text->is_string()) return Wants(fmt::format("{}.{}", where, name), "a text");
  return text->get<std::string>();
}

// A text, or parts of type text.
Result<std::string> ReadContent(const Json& content, const std::string& where) {
  if (content.is_string()) return content.get<std::string>();
  if (!content.is_array()) return Wants(where, "a text or a list of parts");
  std::string text;
  for (const Json& part : content) {
    if (!Says(part, "type", "text")) return Wants(where, "of parts of type `text`: others are not taken");
    DC_ASSIGN_OR_RETURN(const std::string piece, TextAt(part, "text", where));
    text += piece;
  }
  return text;
}

Result<llm::ToolCall> ReadToolCall(const Json& json, const std::string& where) {
  const Json* function = json.is_object() ? Find(json, "function") : nullptr;
  if (function == nullptr || !function->is_object()) return Wants(where, "a call of a function");
  llm::ToolCall call;
  DC_ASSIGN_OR_RETURN(call.id, TextAt(json, "id", where));
  DC_ASSIGN_OR_RETURN(call.name, TextAt(*function, "name", where));
  DC_ASSIGN_OR_RETURN(call.arguments, TextAt(*function, "arguments", where));
  return call;
}

std::optional<llm::Role> RoleNamed(std::string_view name) {
  if (name == "system" || name == "developer") return llm::Role::kSystem;
  if (name == "user") return llm::Role::kUser;
  if (name == "assistant") return llm::Role::kAssistant;
  if (name == "tool") return llm::Role::kTool;
  return std::nullopt;
}

Result<llm::Message> ReadMessage(const Json& json, const std::string& where) {
  if (!json.is_object()) return Wants(where, "an object");
  DC_ASSIGN_OR_RETURN(const std::string role, TextAt(json, "role", where));
  const auto known = RoleNamed(role);
  if (!known) return Wants(where + ".role", "system, developer, user, assistant or tool");
  llm::Message message;
  message.role = *known;
  const Json* calls = *known == llm::Role::kAssistant ? Find(json, "tool_calls") : nullptr;
  if (const Json* content = Find(json, "content")) {
    DC_ASSIGN_OR_RETURN(message.content, ReadContent(*content, where + ".content"));
  } else if (calls == nullptr) {
    return Wants(where + ".content", "there");
  }
  if (*known == llm::Role::kAssistant && Find(json, "reasoning_content") != nullptr) {
    DC_ASSIGN_OR_RETURN(message.reasoning, TextAt(json, "reasoning_content", where));
  }
  if (*known == llm::Role::kTool) {
    DC_ASSIGN_OR_RETURN(message.tool_call_id, TextAt(json, "tool_call_id", where));
  }
  if (calls == nullptr) return message;
  if (!calls->is_array() || calls->size() > kChatToolsMax) {
    return Wants(where + ".tool_calls", fmt::format("a list of at most {}", kChatToolsMax));
  }
  for (const Json& call : *calls) {
    DC_ASSIGN_OR_RETURN(llm::ToolCall read, ReadToolCall(call, where + ".tool_calls"));
    message.tool_calls.push_back(std::move(read));
  }
  return message;
}

Status ReadMessages(const Json& json, llm::ChatRequest& chat) {
  const Json* messages = Find(json, "messages");
  if (messages == nullptr || !messages->is_array() || messages->empty() || messages->size() > kChatMessagesMax) {
    return Wants("messages", fmt::format("a list of 1..{}", kChatMessagesMax));
  }
  for (std::size_t i = 0; i < messages->size(); ++i) {
    DC_ASSIGN_OR_RETURN(llm::Message message, ReadMessage((*messages)[i], fmt::format("messages[{}]", i)));
    chat.messages.push_back(std::move(message));
  }
  return {};
}

Status ReadTools(const Json& json, llm::ChatRequest& chat) {
  const Json* choice = Find(json, "tool_choice");
  if (choice != nullptr && *choice != "auto" && *choice != "none")
    return Wants("tool_choice", "auto or none: not every model obeys others");
  const Json* tools = Find(json, "tools");
  if (tools == nullptr) return {};
  if (!tools->is_array() || tools->size() > kChatToolsMax) return Wants("tools", fmt::format("a list of at most {}", kChatToolsMax));
  for (std::size_t i = 0; i < tools->size(); ++i) {
    const std::string where = fmt::format("tools[{}].function", i);
    const Json* function = (*tools)[i].is_object() ? Find((*tools)[i], "function") : nullptr;
    if (function == nullptr || !function->is_object()) return Wants(where, "an object: functions alone are taken as tools");
    llm::Tool tool;
    DC_ASSIGN_OR_RETURN(tool.name, TextAt(*function, "name", where));
    const bool good = !tool.name.empty() && tool.name.size() <= 64 && std::all_of(tool.name.begin(), tool.name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (!good) return Wants(where + ".name", "1..64 of a-z, A-Z, 0-9, _, -");
    if (Find(*function, "description") != nullptr) {
      DC_ASSIGN_OR_RETURN(tool.description, TextAt(*function, "description", where));
    }
    const Json* parameters = Find(*function, "parameters");
    if (parameters != nullptr && !parameters->is_object()) return Wants(where + ".parameters", "a JSON schema, an object");
    tool.parameters = {{"type", "object"}, {"properties", OrderedJson::object()}};
    if (parameters != nullptr) tool.parameters = OrderedJson(*parameters);
    if (choice == nullptr || *choice != "none") chat.tools.push_back(std::move(tool));
  }
  return {};
}

Status ReadNumbers(const Json& json, llm::ChatRequest& chat) {
  chat.tokens_max = kChatTokensDefault;
  for (const char* name : {"max_tokens", "max_completion_tokens"}) {
    const Json* tokens = Find(json, name);
    if (tokens == nullptr) continue;
    if (!tokens->is_number_unsigned() || *tokens == 0u) return Wants(name, "a whole number from 1");
    chat.tokens_max = static_cast<int>(std::min<std::uint64_t>(tokens->get<std::uint64_t>(), kChatTokensMax));
  }
  if (const Json* temperature = Find(json, "temperature")) {
    const bool good = temperature->is_number() && temperature->get<double>() >= 0 && temperature->get<double>() <= 2;
    if (!good) return Wants("temperature", "a number in 0..2");
    chat.temperature = temperature->get<double>();
  }
  return {};
}

// What would change the answer in a way that programs rely on, and that not every model can do.
Status RefuseWhatIsNotServed(const Json& json) {
  const Json* format = Find(json, "response_format");
  if (format != nullptr && !Says(*format, "type", "text")) return Wants("response_format", "of type text");
  const Json* count = Find(json, "n");
  if (count != nullptr && *count != 1) return Wants("n", "1");
  const Json* logprobs = Find(json, "logprobs");
  if (logprobs != nullptr && *logprobs != false) return Wants("logprobs", "false");
  for (const char* name : {"stop", "functions", "function_call", "audio", "prediction", "web_search_options"}) {
    if (Find(json, name) != nullptr) return Wants(name, "left out: it is not served here");
  }
  return {};
}

// Three vendors' ways to ask for reasoning.
bool WantsThinking(const Json& json) {
  const Json* effort = Find(json, "reasoning_effort");
  const Json* thinking = Find(json, "thinking");
  return (effort != nullptr && effort->is_string() && *effort != "none" && *effort != "minimal") ||
         (thinking != nullptr && Says(*thinking, "type", "enabled")) || Says(json, "enable_thinking", true);
}

Status ReadMetadata(const Json& json, llm::ChatRequest& chat) {
  chat.task = chat.tools.empty() ? llm::Task::kQuestion : llm::Task::kTools;
  const Json* metadata = Find(json, "metadata");
  if (metadata == nullptr) return {};
  if (!metadata->is_object()) return Wants("metadata", "an object");
  if (const Json* task = Find(*metadata, "task")) {
    bool known = false;
    for (const llm::Task each :
         {llm::Task::kQuestion, llm::Task::kCreative, llm::Task::kTools, llm::Task::kPlanning, llm::Task::kSummary}) {
      if (*task != llm::TaskName(each)) continue;
      chat.task = each;
      known = true;
    }
    if (!known) return Wants("metadata.task", "question, creative, tools, planning or summary");
  }
  if (const Json* privacy = Find(*metadata, "privacy")) {
    if (*privacy != "general" && *privacy != "personal") return Wants("metadata.privacy", "general or personal");
    if (*privacy == "general") chat.privacy = llm::Privacy::kGeneral;
  }
  return {};
}

// An endpoint's own name, or the name of the model behind it.
Status ReadModel(const OrderedJson& models, OpenAiRequest& request) {
  if (request.model == kAnyModel) return {};
  for (const char* name : {"endpoint", "model"}) {
    for (const OrderedJson& model : models) {
      if (model.value(name, "") != request.model) continue;
      request.chat.endpoint = model.value("endpoint", "");
      return {};
    }
  }
  return NotFound(fmt::format("no model `{:.64}` is set up; `{}` lets the car choose", request.model, kAnyModel));
}

}  // namespace

Result<OpenAiRequest> ReadOpenAiRequest(const Json& json, const OrderedJson& models) {
  if (!json.is_object()) return InvalidArgument("the body must be an object");
  OpenAiRequest request;
  const Json* model = Find(json, "model");
  if (model == nullptr || !model->is_string()) return Wants("model", fmt::format("a text; `{}` lets the car choose", kAnyModel));
  request.model = model->get<std::string>();
  DC_RETURN_IF_ERROR(ReadModel(models, request));
  DC_RETURN_IF_ERROR(ReadMessages(json, request.chat));
  DC_RETURN_IF_ERROR(ReadTools(json, request.chat));
  DC_RETURN_IF_ERROR(ReadNumbers(json, request.chat));
  DC_RETURN_IF_ERROR(RefuseWhatIsNotServed(json));
  DC_RETURN_IF_ERROR(ReadMetadata(json, request.chat));
  request.chat.thinking = WantsThinking(json);
  if (const Json* stream = Find(json, "stream")) {
    if (!stream->is_boolean()) return Wants("stream", "true or false");
    request.stream = stream->get<bool>();
  }
  if (const Json* options = Find(json, "stream_options")) {
    if (!options->is_object()) return Wants("stream_options", "an object");
    request.include_usage = Says(*options, "include_usage", true);
  }
  return request;
}

}  // namespace deepcabin::server
