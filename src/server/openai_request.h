#pragma once
// A conversation as programs write it for OpenAI's API, read into our own form. Strict where an answer would come out wrong, lenient with
// what only tunes it: docs/models.md has the table.

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "llm/chat.h"

namespace deepcabin::server {

inline constexpr std::size_t kChatMessagesMax = 1'000;
inline constexpr std::size_t kChatToolsMax = 128;
inline constexpr int kChatTokensMax = 32'768;  // of an answer; who asks for more gets so many
inline constexpr int kChatTokensDefault = 4'096;
inline constexpr std::string_view kAnyModel = "auto";  // the matrix chooses

struct OpenAiRequest {
  llm::ChatRequest chat;
  std::string model;  // as it was asked for
  bool stream = false;
  bool include_usage = false;  // in the stream
};

// `models`: llm::Matrix::StatusJson, for the names that may stand at `model`. kInvalidArgument names the field; kNotFound: no such model.
Result<OpenAiRequest> ReadOpenAiRequest(const Json& json, const OrderedJson& models);

}  // namespace deepcabin::server
