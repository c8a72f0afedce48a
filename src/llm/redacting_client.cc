#include "llm/redacting_client.h"

#include <array>
#include <thread>

#include <fmt/format.h>

namespace deepcabin::llm {
namespace {

// Constant, so that the beginning of a request stays the same and is found in caches.
constexpr std::string_view kAboutPlaceholders =
    "\nMarks like ⟦phone1⟧ stand for private data that stays in the car. Use them unchanged where the data is meant.";

// All that is said, for the log.
std::string Spoken(const ChatRequest& request) {
  constexpr std::array<std::string_view, 4> kRoles{"system", "user", "assistant", "tool"};
  std::string out;
  for (const Message& message : request.messages) {
    if (message.role == Role::kSystem) continue;  // our own words, always the same
    out += fmt::format("{}: {}\n", kRoles[static_cast<std::size_t>(message.role)], message.content);
    for (const ToolCall& call : message.tool_calls) out += fmt::format("call {} {}\n", call.name, call.arguments);
  }
  return out;
}

class HiddenExchange final : public Exchange, private ExchangeListener {
 public:
  HiddenExchange(std::shared_ptr<const SecretDictionary> secrets, ExchangeListener& listener)
      : secrets_(std::move(secrets)), redaction_(*secrets_), content_(redaction_), reasoning_(redaction_), listener_(listener) {}

  void Start(ChatClient& inner, OutboundLog* log, const Endpoint& endpoint, const ChatRequest& request) {
    if (endpoint.outbound == Outbound::kNothing) return Refuse(fmt::format("nothing may be sent to {}", endpoint.name));
    const ChatRequest hidden = Hidden(request, redaction_);
    const bool in_clear = endpoint.outbound == Outbound::kFull;
    if (log != nullptr) {
      const Status noted =
          log->Append({endpoint.name, endpoint.model, std::string(TaskName(request.task)), Spoken(hidden), redaction_.counts(), in_clear});
      if (!noted) return Refuse(fmt::format("what leaves could not be noted: {}", noted.error().message));
    }
    inner_ = inner.Start(endpoint, in_clear ? request : hidden, *this);
  }

 private:
  void Refuse(std::string why) {
    Fault fault;
    fault.kind = FaultKind::kBadRequest;
    fault.message = std::move(why);
    refusal_ = std::jthread([this, fault = std::move(fault)] { listener_.OnFault(fault); });
  }
  void OnReasoning(std::string_view piece) override {
    if (const std::string out = reasoning_.Push(piece); !out.empty()) listener_.OnReasoning(out);
  }
  void OnContent(std::string_view piece) override {
    if (const std::string out = content_.Push(piece); !out.empty()) listener_.OnContent(out);
  }
  void OnDone(ChatReply reply) override {
    if (const std::string rest = reasoning_.Finish(); !rest.empty()) listener_.OnReasoning(rest);
    if (const std::string rest = content_.Finish(); !rest.empty()) listener_.OnContent(rest);
    reply.message.content = redaction_.Restore(reply.message.content);
    reply.message.reasoning = redaction_.Restore(reply.message.reasoning);
    for (ToolCall& call : reply.message.tool_calls) call.arguments = redaction_.RestoreJson(call.arguments);
    listener_.OnDone(std::move(reply));
  }
  void OnFault(Fault fault) override { listener_.OnFault(std::move(fault)); }

  const std::shared_ptr<const SecretDictionary> secrets_;
  Redaction redaction_;
  RestoreStream content_, reasoning_;
  ExchangeListener& listener_;
  std::unique_ptr<Exchange> inner_;  // goes first: after that nobody calls
  std::jthread refusal_;
};

}  // namespace

ChatRequest Hidden(const ChatRequest& request, Redaction& redaction) {
  ChatRequest hidden = request;
  for (Message& message : hidden.messages) {
    message.content = redaction.Hide(message.content);
    message.reasoning = redaction.Hide(message.reasoning);
    for (ToolCall& call : message.tool_calls) call.arguments = redaction.HideJson(call.arguments);
  }
  const bool has_system = !hidden.messages.empty() && hidden.messages.front().role == Role::kSystem;
  if (has_system) hidden.messages.front().content += kAboutPlaceholders;
  return hidden;
}

std::unique_ptr<Exchange> RedactingClient::Start(const Endpoint& endpoint, const ChatRequest& request, ExchangeListener& listener) {
  auto exchange = std::make_unique<HiddenExchange>(secrets_(), listener);
  exchange->Start(inner_, log_, endpoint, request);
  return exchange;
}

}  // namespace deepcabin::llm
