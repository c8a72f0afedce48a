#pragma once
// Handlers that stand in files of their own. Chat: the car as a provider of large models (docs/models.md). Audio: sound to text and back.

#include "server/http_types.h"
#include "server/routes.h"

namespace deepcabin::server {

Response PostChatCompletions(Api& api, const Request& request);
Response GetModels(Api& api, const Request& request);
Response GetModelUsage(Api& api, const Request& request);
Response GetAudio(Api& api, const Request& request);
Response PostTranscription(Api& api, const Request& request);
Response PostSpeech(Api& api, const Request& request);

}  // namespace deepcabin::server
