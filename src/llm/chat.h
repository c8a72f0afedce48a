#pragma once
// A conversation with a chat model, in this house's own form: what is asked, what comes back, and how it is listened to. Every vendor's
// dialect is turned into this and back (dialect.h).

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace deepcabin::llm {

enum class Role : std::uint8_t { kSystem, kUser, kAssistant, kTool };

// A tool that the model wants called. `arguments` is the text that the model wrote: to be parsed within limits, never trusted.
struct ToolCall {
  std::string id, name, arguments;
};

struct Message {
  Role role = Role::kUser;
  std::string content;
  std::string reasoning;             // of the assistant; some endpoints want it back
  std::vector<ToolCall> tool_calls;  // of the assistant
  std::string tool_call_id;          // of a tool's result: which call it answers
};

struct Tool {
  std::string name, description;
  OrderedJson parameters;  // JSON schema, an object
};

// What kind of work a request is; routing and the meter go by it.
enum class Task : std::uint8_t { kQuestion, kCreative, kTools, kPlanning, kSummary };
std::string_view TaskName(Task task);  // "question", …

// How much of what a request says is about the people in the car. Sets which endpoints may see it, and in which form.
enum class Privacy : std::uint8_t { kGeneral, kPersonal };

struct ChatRequest {
  std::vector<Message> messages;
  std::vector<Tool> tools;
  Task task = Task::kQuestion;
  Privacy privacy = Privacy::kPersonal;
  bool thinking = false;  // ask for reasoning first, where the endpoint can
  int tokens_max = 1024;  // of the answer
  double temperature = 0.3;
  std::string endpoint;  // "" = the matrix chooses; else this one only
};

enum class FinishReason : std::uint8_t { kStop, kLength, kToolCalls, kContentFilter };
std::string_view FinishReasonName(FinishReason reason);  // OpenAI's words

struct Usage {
  std::int64_t input_tokens = 0;      // all of them
  std::int64_t cached_tokens = 0;     // of the input: found in the endpoint's cache
  std::int64_t output_tokens = 0;     // all of them
  std::int64_t reasoning_tokens = 0;  // of the output
};

struct ChatReply {
  Message message;  // role kAssistant
  FinishReason finish = FinishReason::kStop;
  Usage usage;
  std::string endpoint, model;  // who answered
  double cost = 0;              // in the currency of models.yaml
  double first_token_ms = 0, total_ms = 0;
  int tries = 1;  // requests sent for it, hedges included
};

// Hears a reply as it comes. Called from one thread at a time, never after the call that took it has returned.
class ChatListener {
 public:
  virtual ~ChatListener() = default;
  virtual void OnReasoning(std::string_view piece) = 0;
  virtual void OnContent(std::string_view piece) = 0;
  // Another endpoint took over and starts anew: what was heard so far does not count.
  virtual void OnRestart() = 0;
  // Whether what was heard cannot be taken back any more (it was spoken): then no other endpoint takes over.
  virtual bool IsCommitted() const = 0;
};

// Anything that answers a conversation: one endpoint, or the whole matrix.
class ChatModel {
 public:
  virtual ~ChatModel() = default;
  // Blocks until the reply is whole. Thread-safe. `stop` ends it at any byte. Errors, all with messages that may be shown and carry no key:
  // kUnavailable (nothing answers), kDeadlineExceeded, kResourceExhausted (budget or quota), kPermissionDenied (nothing may leave the car),
  // kInvalidArgument (the endpoint refuses the request), kFailedPrecondition (cancelled by `stop`, or no endpoint is set up).
  virtual Result<ChatReply> Chat(const ChatRequest& request, ChatListener& listener, const std::stop_token& stop) = 0;
};

}  // namespace deepcabin::llm
