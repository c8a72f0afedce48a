#pragma once
// Answers as programs expect them from OpenAI's API: whole, in chunks, and errors.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "llm/chat.h"
#include "server/http_types.h"

namespace deepcabin::server {

// {"error":{"message","type","param","code"}}. `retry_after`: for 429 and 503, at least a second. `status` 0: the one of the error's code;
// a model that is not set up is 404 here, whatever its code, so that programs do not try again and again.
Response OpenAiError(const Error& error, std::chrono::seconds retry_after = std::chrono::seconds(1), int status = 0);
std::string OpenAiErrorText(const Error& error);

// What is the same in every chunk of an answer.
struct AnswerHead {
  std::string id;
  std::int64_t created = 0;  // seconds since 1970
  std::string model;         // as it was asked for
};

std::string WholeAnswer(const AnswerHead& head, const llm::ChatReply& reply);

// One server-sent event. `delta`: {"content":…} and so on; `finish`: "" until the last.
std::string ChunkEvent(const AnswerHead& head, const OrderedJson& delta, std::string_view finish = "");
// Calls of tools, then the chunk with the reason for the end, then what was used if `with_usage`, then [DONE].
std::string EndEvents(const AnswerHead& head, const llm::ChatReply& reply, bool with_usage);
std::string ErrorEvent(const Error& error);

}  // namespace deepcabin::server
