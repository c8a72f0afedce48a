#pragma once
// How the APIs of vendors and servers differ, as data: models/dialects.yaml. Everything speaks OpenAI's chat completions; a dialect says
// what to send besides, where reasoning and cache hits are told, and what an error means. Only what a dialect names is sent.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "llm/client.h"
#include "llm/think_tags.h"

namespace deepcabin::llm {

struct Dialect {
  std::string name;
  // Objects whose members go into the request: always, with thinking on or off, when there are tools.
  Json always = Json::object(), thinking_on = Json::object(), thinking_off = Json::object(), with_tools = Json::object();
  std::string tokens_field = "max_tokens";
  bool sends_temperature = true;
  bool system_role = true;           // false: what the system says goes in front of the first words of the user
  bool tool_choice_required = true;  // whether "tool_choice": "required" is honoured
  std::string reasoning_back;  // once tools are in play every message of the assistant carries its reasoning back in this field; "" = never
  std::vector<std::string> reasoning_fields{"reasoning_content", "reasoning"};  // of a delta; the first that is there counts
  ThinkTags::Expect think_tags = ThinkTags::Expect::kTagged;
  std::vector<std::string> cached_tokens{"/usage/prompt_tokens_details/cached_tokens"};  // JSON pointers; the first that is there counts
  std::map<std::string, FaultKind, std::less<>> faults;     // an error's code or type, or an HTTP status, to what it means
  std::map<std::string, FinishReason, std::less<>> finish;  // finish reasons beyond OpenAI's
};

// Immutable after loading.
class Dialects {
 public:
  // From `models`/dialects.yaml. kNotFound: no such file; kInvalidArgument "dialects.yaml:line: reason".
  static Result<Dialects> Load(const std::filesystem::path& models);
  static Result<Dialects> Parse(std::string text);

  const Dialect* Find(std::string_view name) const;  // nullptr: none of that name
  std::vector<std::string> Names() const;

 private:
  std::map<std::string, Dialect, std::less<>> by_name_;
};

// The JSON text of a request in this dialect. Keys come in a fixed order, what seldom changes first, so that prefix caches hit.
std::string BuildBody(const Dialect& dialect, const Endpoint& endpoint, const ChatRequest& request);

}  // namespace deepcabin::llm
