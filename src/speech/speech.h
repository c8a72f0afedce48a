#pragma once
// Ears and mouth of the car: speech to text by an endpoint, text to speech by an endpoint or by espeak-ng. Each call is bounded in bytes,
// seconds of sound and time.

#include <chrono>
#include <string>

#include "base/result.h"
#include "speech/espeak.h"
#include "speech/settings.h"

namespace deepcabin::speech {

inline constexpr std::chrono::seconds kListenMax{30};
inline constexpr std::size_t kSpokenBytesMax = 1'200;  // of one sentence, or a few
inline constexpr std::size_t kHeardBytesMax = 4'096;   // what a turn may hold

class Speech {
 public:
  explicit Speech(Settings settings, Espeak espeak = {}) : settings_(std::move(settings)), espeak_(std::move(espeak)) {}

  bool hears() const { return settings_.transcription.has_value(); }
  bool speaks() const { return settings_.speech || espeak_.Say("a", false); }  // tries it: ask once

  // What was said in a WAV sound, on one line; may be empty. `language`: "zh", "en", or "" where it is not known. kInvalidArgument,
  // kResourceExhausted: the sound; kFailedPrecondition: nothing is set up; otherwise what went wrong with the endpoint.
  Result<std::string> Transcribe(const std::string& wav, const std::string& language) const;

  // The text as a WAV sound. Where the endpoint fails espeak-ng speaks, so that the car is never mute because of a network.
  Result<std::string> Speak(const std::string& text) const;

 private:
  Result<std::string> Ask(const Endpoint& endpoint, const std::string& text, bool chinese) const;

  const Settings settings_;
  const Espeak espeak_;
};

}  // namespace deepcabin::speech
