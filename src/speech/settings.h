#pragma once
// speech.yaml: who turns speech into text, and text into speech. models/speech.example.yaml shows every key.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"

namespace deepcabin::speech {

inline constexpr std::size_t kSettingsBytesMax = 64 * 1024;

// An address that speaks as OpenAI's audio API does.
struct Endpoint {
  std::string url{};  // the whole address: https, or http on this machine
  std::string model{};
  std::string key{};
  std::string voice_zh{}, voice_en{};  // of speech
};

struct Settings {
  std::optional<Endpoint> transcription{};  // nothing: the page's browser listens, where it can
  std::optional<Endpoint> speech{};         // nothing: espeak-ng
};

// The value of a variable of the environment, "" where there is none.
using Environment = std::function<std::string(const std::string& name)>;

// $DEEPCABIN_SPEECH, else ~/.config/deepcabin/speech.yaml; empty where there is no home.
std::filesystem::path SettingsPath(const Environment& environment);

// kInvalidArgument "file:line: reason": an unknown key, no usable url, a key that is not there or that others may read.
Result<Settings> ParseSettings(const std::string& text, const std::string& file, const Environment& environment);

// No file is no error: then nothing is set up.
Result<Settings> LoadSettings(const std::filesystem::path& path, const Environment& environment);

}  // namespace deepcabin::speech
