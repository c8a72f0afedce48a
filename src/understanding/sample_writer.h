#pragma once
// One phrase run backwards: its words, and what stands in its slots. What that means as calls is asked of BuildDrafts, as the matcher does.

#include <string>
#include <vector>

#include "base/random.h"
#include "understanding/fillers.h"
#include "understanding/noise.h"
#include "understanding/sample_pools.h"

namespace deepcabin::understanding {

struct Written {
  Language language = Language::kChinese;
  std::string text;
  std::vector<TextSpan> spans;  // of free text that the frame copies
  Slots slots;
  Normalised free;           // where the text slots of `slots` point to, byte by byte
  std::optional<When> when;  // a time that is said within the text of a reminder
  std::string rest;          // and that text without it
};

class PhraseWriter {
 public:
  // All outlive it. Without `fillers` phrases with open slots cannot be written.
  PhraseWriter(const Grammar& grammar, const SamplePools& pools, const Plans& plans, const Fillers* fillers, Random& random);

  // `capability` and `op` (what the phrase's op becomes for it) are what the slots are filled for; null: a phrase that means no calls.
  // False when a slot cannot be filled.
  bool Write(std::uint32_t phrase, const Capability* capability, Op op, bool strews, Written& out);
  // Appends a word, or puts it close in Chinese.
  static void Append(std::string_view word, Language language, std::string& text);

 private:
  bool WriteRange(PlanRange range, const Phrase& phrase, Written& out);
  bool WriteSlot(Slot slot, const Phrase& phrase, Written& out);
  bool WriteThings(const Phrase& phrase, Written& out);
  bool WriteThing(const Capability& c, std::uint32_t ops, const Phrase& phrase, Written& out);
  bool WriteZones(const std::vector<SaidZone>& zones, const Phrase& phrase, ZoneMentions& said, Written& out);
  bool WriteFreeText(Slot slot, const Phrase& phrase, Written& out);
  void Strew(Written& out);
  CapabilityId AnyCapability() { return static_cast<CapabilityId>(random_.Below(grammar_.catalogue().capabilities().size())); }
  template <typename T>
  const T& Any(const std::vector<T>& items) {
    return items[random_.Below(items.size())];
  }

  const Grammar& grammar_;
  const SamplePools& pools_;
  const Plans& plans_;
  const Fillers* fillers_;
  Random& random_;
  std::array<std::vector<std::vector<CapabilityId>>, 2> named_;  // by language and op: who can do it and has a name
  std::array<std::vector<std::string_view>, 2> small_words_;     // list `skip`, the short ones
  const Capability* capability_ = nullptr;
  Op op_ = Op::kOn;
  int strew_at_ = -1;  // before so many more words
};

}  // namespace deepcabin::understanding
