#include "server/api_handlers.h"

#include <memory>

#include <fmt/format.h>

#include "server/api_json.h"

namespace deepcabin::server {
namespace {

// A sound or a text that is too long is "too large", not "too many requests".
Response AudioError(const Error& error) { return ErrorResponse(error, error.code == ErrorCode::kResourceExhausted ? 413 : 0); }

}  // namespace

Response GetAudio(Api& api, const Request& request) {
  if (!request.target.query.empty()) return ErrorResponse(InvalidArgument("this address takes no query"));
  const bool hears = static_cast<bool>(api.services.transcribe), speaks = static_cast<bool>(api.services.speak);
  return JsonResponse(DumpJson(OrderedJson{{"transcription", hears}, {"speech", speaks}}));
}

Response PostTranscription(Api& api, const Request& request) {
  std::string language;
  for (const auto& [name, value] : request.target.query) {
    if (name != "language") return ErrorResponse(InvalidArgument(fmt::format("unknown query field `{:.64}`", name)));
    language = value;
  }
  if (!api.services.transcribe) return ErrorResponse(FailedPrecondition("no transcription endpoint is set up"));
  const auto text = api.services.transcribe(request.body, language);
  return text ? JsonResponse(DumpJson(OrderedJson{{"text", *text}})) : AudioError(text.error());
}

Response PostSpeech(Api& api, const Request& request) {
  const auto body = ParseJson(request.body);
  if (!body) return AudioError(body.error());
  if (const Status status = CheckFields(*body, {"input"}); !status) return ErrorResponse(status.error());
  const auto input = body->find("input");
  if (input == body->end() || !input->is_string()) return ErrorResponse(InvalidArgument("`input` is missing or not a text"));
  if (!api.services.speak) return ErrorResponse(FailedPrecondition("there is no voice: neither a speech endpoint nor espeak-ng"));
  auto sound = api.services.speak(input->get<std::string>());
  if (!sound) return AudioError(sound.error());
  Response response;
  response.content_type = "audio/wav";
  response.body = std::make_shared<const std::string>(std::move(*sound));
  return response;
}

}  // namespace deepcabin::server
