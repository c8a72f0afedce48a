#pragma once
// The phrasebook run backwards: seeded, it writes what people might say together with the frame that is meant. The same seed gives the
// same lines on every machine. docs/phrasebook.md tells the mix.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "understanding/fillers.h"
#include "understanding/held_out.h"
#include "understanding/noise.h"
#include "understanding/phrasebook.h"

namespace deepcabin::understanding {

struct Sample {
  std::string text;
  Language language = Language::kChinese;
  Zone speaker = Zone::kRow1Left;
  std::uint32_t phrase = 0;  // the (last) phrase that was run
  // The frame.
  std::vector<Call> calls;
  Escalation escalation = Escalation::kNone;
  // Where it was said: what was carried out before, and the signals that the frame depends on.
  std::vector<Call> before;
  std::vector<std::pair<SignalId, Value>> state;
  std::string need;             // the vague need that was spoken, if one was
  std::vector<TextSpan> spans;  // of free text in `text` that the frame copies
  bool noisy = false;           // damaged as speech recognition does
};

struct SampleOptions {
  std::optional<Language> language;
  bool several = true;                // some lines hold several commands, a time, a condition, or go on from what was said before
  bool noise = true;                  // some lines are damaged, and small words are strewn in
  const Fillers* fillers = nullptr;   // outlives the sampler; without it phrases with open slots are left out
  const HeldOut* held_out = nullptr;  // outlives the sampler; what is never written
};

class Sampler {
 public:
  // `phrasebook` outlives it, and has surfaces.
  Sampler(const Phrasebook& phrasebook, const SampleOptions& options, std::uint64_t seed);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  Sample Next();
  // One sample of one phrase, without noise and small words; nothing when it cannot be filled (no capability fits). Of a dialogue phrase:
  // with a command before it that it suits.
  std::optional<Sample> Of(std::uint32_t phrase);

 private:
  class Mix;
  std::unique_ptr<Mix> mix_;
};

// {"text","lang","speaker","context":{"calls","state"},"frame":{"calls","escalation"}}, without a line's end.
void AppendSampleJson(const Sample& sample, const Catalogue& catalogue, std::string& out);

}  // namespace deepcabin::understanding
