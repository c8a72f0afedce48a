#include <algorithm>

#include "llm/dialect.h"

namespace deepcabin::llm {
namespace {

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kSystem: return "system";
    case Role::kUser: return "user";
    case Role::kAssistant: return "assistant";
    case Role::kTool: return "tool";
  }
  return "";
}

void Merge(OrderedJson& body, const Json& members) {
  for (const auto& [key, value] : members.items()) body[key] = OrderedJson(value);
}

OrderedJson MessageJson(const Message& message, std::string_view reasoning_field) {
  OrderedJson out{{"role", RoleName(message.role)}, {"content", message.content}};
  if (message.role == Role::kTool) out["tool_call_id"] = message.tool_call_id;
  if (message.role != Role::kAssistant) return out;
  if (!reasoning_field.empty()) out[std::string(reasoning_field)] = message.reasoning;
  for (const ToolCall& call : message.tool_calls) {
    out["tool_calls"].push_back(
        {{"id", call.id}, {"type", "function"}, {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
  }
  return out;
}

OrderedJson MessagesJson(const Dialect& dialect, const ChatRequest& request) {
  const bool tools_in_play = !request.tools.empty() || std::any_of(request.messages.begin(), request.messages.end(), [](const Message& m) {
    return m.role == Role::kTool || !m.tool_calls.empty();
  });
  OrderedJson out = OrderedJson::array();
  std::string for_user;  // of the system, where there is no such role
  for (const Message& message : request.messages) {
    if (message.role == Role::kSystem && !dialect.system_role) {
      for_user += message.content + "\n\n";
      continue;
    }
    out.push_back(MessageJson(message, tools_in_play ? dialect.reasoning_back : ""));
    if (message.role == Role::kUser && !for_user.empty()) {
      out.back()["content"] = for_user + message.content;
      for_user.clear();
    }
  }
  if (!for_user.empty()) out.push_back({{"role", "user"}, {"content", for_user}});
  return out;
}

}  // namespace

std::string BuildBody(const Dialect& dialect, const Endpoint& endpoint, const ChatRequest& request) {
  OrderedJson body = OrderedJson::object();
  body["model"] = endpoint.model;
  body["messages"] = MessagesJson(dialect, request);
  for (const Tool& tool : request.tools) {
    body["tools"].push_back(
        {{"type", "function"}, {"function", {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}}}});
  }
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  body[dialect.tokens_field] = request.tokens_max;
  if (dialect.sends_temperature) body["temperature"] = request.temperature;
  Merge(body, dialect.always);
  Merge(body, request.thinking ? dialect.thinking_on : dialect.thinking_off);
  if (!request.tools.empty()) Merge(body, dialect.with_tools);
  return DumpJson(body);
}

}  // namespace deepcabin::llm
