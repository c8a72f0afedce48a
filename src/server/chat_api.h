#pragma once
// The car as a provider of large models (docs/models.md): handlers of POST /v1/chat/completions, GET /v1/models, GET /v1/models/usage.

#include "server/http_types.h"
#include "server/routes.h"

namespace deepcabin::server {

Response PostChatCompletions(Api& api, const Request& request);
Response GetModels(Api& api, const Request& request);
Response GetModelUsage(Api& api, const Request& request);

}  // namespace deepcabin::server
