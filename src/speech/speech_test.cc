#include "speech/speech.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "llm/fake_endpoint_for_test.h"
#include "speech/wav.h"

namespace deepcabin::speech {
namespace {

using llm::FakeEndpoint;
using llm::Script;

std::string Little(std::uint32_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFF);
  return bytes;
}

// Silence at 16,000 samples a second.
std::string Wav(std::uint32_t samples, std::uint32_t channels = 1, std::uint32_t rate = 16'000) {
  const std::string format = Little(1, 2) + Little(channels, 2) + Little(rate, 4) + Little(rate * 2, 4) + Little(2, 2) + Little(16, 2);
  const std::string body = "WAVEfmt " + Little(16, 4) + format + "data" + Little(samples * 2, 4) + std::string(samples * 2, '\0');
  return "RIFF" + Little(static_cast<std::uint32_t>(body.size()), 4) + body;
}

Script Answer(std::string type, std::string body, int status = 200) {
  return Script().Head(status, {"Content-Type: " + type}).Send(std::move(body));
}

Environment NoEnvironment() {
  return [](const std::string& name) { return name == "A_KEY" ? "sk-1" : ""; };
}

Espeak Mute() { return {.program = "/no/such/voice"}; }

TEST(Wav, TellsHowLongASoundIs) {
  EXPECT_EQ(WavLength(Wav(8'000))->count(), 500);
  EXPECT_FALSE(WavLength("RIFFxxxxWAVE"));
  EXPECT_FALSE(WavLength(Wav(100, 2)));
  EXPECT_FALSE(WavLength(Wav(100, 1, 4'000)));
  const std::string whole = Wav(1'000);
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(WavLength(whole.substr(0, size))) << size;
}

TEST(Wav, GetsItsTrueSizes) {
  std::string endless = Wav(4'000);
  for (const std::size_t at : {4, 5, 6, 7, 40, 41, 42, 43}) endless[at] = '\x7F';
  EXPECT_FALSE(WavLength(endless));
  const auto whole = WithTrueSizes(endless);
  ASSERT_TRUE(whole);
  EXPECT_EQ(*whole, Wav(4'000));
}

TEST(SpeechSettings, AreReadStrictly) {
  const auto settings = ParseSettings(
      "transcription: {url: 'http://127.0.0.1:1/x', model: m, key: 'env:A_KEY'}\n"
      "speech: {url: 'https://a.example/v1', voices: {zh: one, en: two}}\n",
      "speech.yaml", NoEnvironment());
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->transcription->key, "sk-1");
  EXPECT_EQ(settings->speech->voice_en, "two");
  EXPECT_FALSE(ParseSettings("", "speech.yaml", NoEnvironment())->speech);
  for (const std::string bad : {"speach: {url: 'https://a.example'}", "speech: {model: m}", "speech: {url: 'http://a.example/'}",
                                "speech: {url: 'http://127.0.0.1@a.example/'}", "speech: {url: 'http://127.0.0.1.example/'}",
                                "speech: {url: 'https://a.example', key: sk-secret}", "speech: {url: 'https://a.example', key: 'env:NONE'}",
                                "transcription: {url: 'https://a.example', voices: {zh: a}}", "speech: 1", "speech: {url: [1]}"}) {
    const auto refused = ParseSettings("\n" + bad, "speech.yaml", NoEnvironment());
    ASSERT_FALSE(refused) << bad;
    EXPECT_TRUE(refused.error().message.starts_with("speech.yaml:2: ")) << refused.error().message;
    EXPECT_EQ(refused.error().message.find("sk-secret"), std::string::npos);
  }
}

TEST(SpeechSettings, AKeyFileIsForItsOwnerAlone) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "speech.key";
  std::ofstream(path) << "sk-2\n";
  const std::string text = "speech: {url: 'https://a.example', key: 'file:" + path.string() + "'}";
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  EXPECT_FALSE(ParseSettings(text, "speech.yaml", NoEnvironment()));
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  EXPECT_EQ(ParseSettings(text, "speech.yaml", NoEnvironment())->speech->key, "sk-2");
  std::filesystem::remove(path);
}

TEST(Speech, HearsWithAnEndpoint) {
  FakeEndpoint server;
  server.Push(Answer("application/json", R"({"text":" 打开\n车窗 "})"));
  const Speech speech({.transcription = Endpoint{.url = server.Url() + "/audio/transcriptions", .model = "whisper", .key = "sk-1"}},
                      Mute());
  const auto heard = speech.Transcribe(Wav(1'600), "zh");
  ASSERT_TRUE(heard) << heard.error().message;
  EXPECT_EQ(*heard, "打开 车窗");
  const auto requests = server.Requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_TRUE(requests[0].target.ends_with("/audio/transcriptions"));
  EXPECT_EQ(requests[0].headers.at("authorization"), "Bearer sk-1");
  EXPECT_TRUE(requests[0].headers.at("content-type").starts_with("multipart/form-data; boundary="));
  EXPECT_NE(requests[0].body.find("name=\"model\"\r\n\r\nwhisper\r\n"), std::string::npos);
  EXPECT_NE(requests[0].body.find("name=\"language\"\r\n\r\nzh\r\n"), std::string::npos);
  EXPECT_NE(requests[0].body.find(Wav(1'600)), std::string::npos);
}

TEST(Speech, ASoundThatIsNoneOrTooLongGoesNowhere) {
  FakeEndpoint server;
  const Speech speech({.transcription = Endpoint{.url = server.Url()}}, Mute());
  EXPECT_EQ(speech.Transcribe("not a sound", "").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(speech.Transcribe(Wav(31 * 16'000), "").error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(speech.Transcribe(Wav(1'600), "fr").error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(server.Requests().empty());
  EXPECT_EQ(Speech({}, Mute()).Transcribe(Wav(1'600), "").error().code, ErrorCode::kFailedPrecondition);
}

TEST(Speech, AnEndpointThatFailsIsUnavailable) {
  FakeEndpoint server;
  const Speech speech({.transcription = Endpoint{.url = server.Url()}}, Mute());
  for (const auto& answer : {Answer("application/json", "{}", 500), Answer("text/plain", "hello"),
                             Answer("application/json", R"({"text":1})"), Answer("application/json", "[]")}) {
    server.Push(answer);
    EXPECT_EQ(speech.Transcribe(Wav(1'600), "").error().code, ErrorCode::kUnavailable);
  }
}

TEST(Speech, SpeaksWithAnEndpointInTheVoiceOfTheLanguage) {
  FakeEndpoint server;
  server.Always(Answer("audio/wav", Wav(800)));
  const Speech speech({.speech = Endpoint{.url = server.Url() + "/speech", .model = "tts", .voice_zh = "hua", .voice_en = "ann"}}, Mute());
  EXPECT_EQ(*speech.Speak("好的。\n车窗开了"), Wav(800));
  EXPECT_TRUE(speech.Speak("Done."));
  const auto requests = server.Requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(*ParseJson(requests[0].body),
            (Json{{"input", "好的。 车窗开了"}, {"response_format", "wav"}, {"model", "tts"}, {"voice", "hua"}}));
  EXPECT_EQ((*ParseJson(requests[1].body))["voice"], "ann");
  EXPECT_EQ(speech.Speak(" \n").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(speech.Speak(std::string(kSpokenBytesMax + 1, 'a')).error().code, ErrorCode::kResourceExhausted);
}

TEST(Speech, WithoutEndpointAndProgramThereIsNoVoice) {
  EXPECT_FALSE(Speech({}, Mute()).speaks());
  EXPECT_EQ(Speech({}, Mute()).Speak("hello").error().code, ErrorCode::kUnavailable);
}

TEST(Speech, AProgramThatHangsOrFailsIsEnded) {
  const Espeak never{.program = "yes", .timeout = std::chrono::seconds(5), .sound_bytes_max = 100'000};  // refuses our options
  EXPECT_EQ(never.Say("hello", false).error().code, ErrorCode::kUnavailable);
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "endless_voice";
  std::ofstream(path) << "#!/bin/sh\nexec yes\n";
  std::filesystem::permissions(path, std::filesystem::perms(0700));
  EXPECT_EQ((Espeak{.program = path, .sound_bytes_max = 100'000}.Say("a", false).error().code), ErrorCode::kResourceExhausted);
  std::ofstream(path) << "#!/bin/sh\nexec tail -f /dev/null\n";
  EXPECT_EQ((Espeak{.program = path, .timeout = std::chrono::milliseconds(200)}.Say("a", false).error().code),
            ErrorCode::kDeadlineExceeded);
  std::filesystem::remove(path);
}

TEST(Speech, EspeakSpeaksBothLanguages) {
  const Speech speech({});
  if (!speech.speaks()) GTEST_SKIP() << "espeak-ng is not installed";
  for (const std::string text : {"主驾车窗正在打开。", "The window is opening.", "--version", "<b>&amp;\"'$(id)"}) {
    const auto sound = speech.Speak(text);
    ASSERT_TRUE(sound) << sound.error().message;
    const auto length = WavLength(*sound);
    ASSERT_TRUE(length) << length.error().message;
    EXPECT_GT(length->count(), 300) << text;
    EXPECT_LT(length->count(), 10'000) << text;
  }
}

TEST(Speech, AnEndpointThatFailsLeavesTheWordsToEspeak) {
  if (!Speech({}).speaks()) GTEST_SKIP() << "espeak-ng is not installed";
  FakeEndpoint server;
  server.Push(Answer("audio/wav", "no sound"));
  const Speech speech({.speech = Endpoint{.url = server.Url()}});
  EXPECT_TRUE(speech.Speak("Done."));
  EXPECT_EQ(server.Requests().size(), 1U);
}

}  // namespace
}  // namespace deepcabin::speech
