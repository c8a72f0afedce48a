#include "speech/speech.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "speech/wav.h"
#include "web/fetch.h"

namespace deepcabin::speech {
namespace {

constexpr std::chrono::milliseconds kTranscribeTimeout{20'000}, kSpeakTimeout{8'000};
constexpr std::size_t kAnswerBytesMax = 64u << 10, kSoundBytesMax = 8u << 20;

std::vector<std::string> Headers(const Endpoint& endpoint, std::string content_type) {
  std::vector<std::string> headers{std::move(content_type)};
  if (!endpoint.key.empty()) headers.push_back("Authorization: Bearer " + endpoint.key);
  return headers;
}

// On one line, whole characters, no more than a turn takes.
std::string OneLine(std::string_view from) {
  std::string text;
  for (const char32_t c : DecodeUtf8(from)) {
    const std::size_t before = text.size();
    AppendUtf8(c < 0x20 || c == 0x7F ? U' ' : c, text);
    if (text.size() > kHeardBytesMax) {
      text.resize(before);
      break;
    }
  }
  return std::string(Trim(text));
}

bool IsChinese(std::string_view text) {
  const std::u32string letters = DecodeUtf8(text);
  return std::any_of(letters.begin(), letters.end(), IsHan);
}

}  // namespace

Result<std::string> Speech::Transcribe(const std::string& wav, const std::string& language) const {
  if (!settings_.transcription) return FailedPrecondition("no transcription endpoint is set up; see models/speech.example.yaml");
  if (!language.empty() && language != "zh" && language != "en") return InvalidArgument("`language` is zh or en");
  DC_ASSIGN_OR_RETURN(const auto length, WavLength(wav));
  if (length > kListenMax) return ResourceExhausted(fmt::format("{} ms of sound, at most {} s", length.count(), kListenMax.count()));
  const Endpoint& endpoint = *settings_.transcription;
  web::Form form;
  form.AddFile("file", "speech.wav", "audio/wav", wav);
  if (!endpoint.model.empty()) form.Add("model", endpoint.model);
  if (!language.empty()) form.Add("language", language);
  form.Add("response_format", "json");
  web::FetchRequest request{.url = endpoint.url, .headers = Headers(endpoint, form.Header())};
  request.body = form.TakeBody();
  request.timeout = kTranscribeTimeout;
  request.response_bytes_max = kAnswerBytesMax;
  auto json = web::FetchJson(request);
  if (!json) return Unavailable(fmt::format("the transcription endpoint: {}", json.error().message));
  const auto text = json->find("text");
  if (text == json->end() || !text->is_string()) return Unavailable("the transcription endpoint answers without a text");
  return OneLine(text->get<std::string>());
}

Result<std::string> Speech::Ask(const Endpoint& endpoint, const std::string& text, bool chinese) const {
  OrderedJson body = {{"input", text}, {"response_format", "wav"}};
  if (!endpoint.model.empty()) body["model"] = endpoint.model;
  if (const std::string& voice = chinese ? endpoint.voice_zh : endpoint.voice_en; !voice.empty()) body["voice"] = voice;
  web::FetchRequest request{.url = endpoint.url, .headers = Headers(endpoint, "Content-Type: application/json")};
  request.body = DumpJson(body);
  request.timeout = kSpeakTimeout;
  request.response_bytes_max = kSoundBytesMax;
  DC_ASSIGN_OR_RETURN(web::FetchResponse answer, web::Fetch(request));
  if (answer.status / 100 != 2) return Unavailable(fmt::format("the speech endpoint answers with status {}", answer.status));
  return WithTrueSizes(std::move(answer.body));  // endpoints that stream do not know the sizes either
}

Result<std::string> Speech::Speak(const std::string& text) const {
  const std::string words = OneLine(text);
  if (words.empty()) return InvalidArgument("there is nothing to say");
  if (words.size() > kSpokenBytesMax) return ResourceExhausted(fmt::format("{} bytes to say, at most {}", words.size(), kSpokenBytesMax));
  const bool chinese = IsChinese(words);
  if (settings_.speech) {
    if (auto sound = Ask(*settings_.speech, words, chinese)) return sound;
  }
  return espeak_.Say(words, chinese);
}

}  // namespace deepcabin::speech
