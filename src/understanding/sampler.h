#pragma once
// The phrasebook run backwards: seeded, it writes what people might say together with the frame that is meant. The same seed gives the
// same lines on every machine.

#include <string>
#include <vector>

#include "base/random.h"
#include "understanding/phrasebook.h"

namespace deepcabin::understanding {

struct Sample {
  std::string text;
  Language language = Language::kChinese;
  Zone speaker = Zone::kRow1Left;
  std::uint32_t phrase = 0;  // the (last) phrase that was run
  std::vector<Call> calls;   // kGeneric, kCapability
  std::string need;          // kNeed: the remedy depends on the state
  Escalation escalation = Escalation::kNone;
};

struct SampleOptions {
  std::optional<Language> language;
  bool several = true;  // some lines hold two or three commands
};

class Sampler {
 public:
  // `phrasebook` outlives it.
  Sampler(const Phrasebook& phrasebook, const SampleOptions& options, std::uint64_t seed);

  Sample Next();
  // One sample of one phrase; nothing when it cannot be filled (no capability fits).
  std::optional<Sample> Of(std::uint32_t phrase);

 private:
  struct Filled;
  bool Write(const Part& part, const Phrase& phrase, Filled& filled);
  bool WriteSlot(const Part& part, const Phrase& phrase, Filled& filled);
  const Capability* PickCapability(const Phrase& phrase);
  void Append(std::string_view word, Filled& filled) const;
  std::string SayZone(Language language, ZoneMentions& zones);
  bool WriteThing(const Phrase& phrase, Filled& filled);
  bool WriteValue(const Phrase& phrase, Filled& filled);
  bool WriteWord(const Phrase& phrase, Filled& filled);
  std::optional<Sample> Command();

  const Grammar& grammar_;
  SampleOptions options_;
  Random random_;
  std::optional<Zone> speaker_;
  std::vector<std::uint32_t> commands_;                    // phrases that mean calls, for the languages asked for
  std::vector<std::uint32_t> others_;                      // needs and escalations
  std::vector<std::vector<std::uint32_t>> by_capability_;  // own phrases of each capability
  std::vector<std::uint32_t> generic_;
  std::vector<std::vector<CapabilityId>> capable_;  // by op: who can do it
};

}  // namespace deepcabin::understanding
