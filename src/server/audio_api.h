#pragma once
// The handlers of /v1/audio: sound to text and text to sound. What does it stands below (services.h).

#include "server/http_types.h"
#include "server/routes.h"

namespace deepcabin::server {

Response GetAudio(Api& api, const Request& request);
Response PostTranscription(Api& api, const Request& request);
Response PostSpeech(Api& api, const Request& request);

}  // namespace deepcabin::server
