#pragma once
// What the sampler draws from, gathered once: names, words and values of each capability by how they are said, times and conditions with
// what the reader of numbers and times takes them for, and the phrases in a flat form.

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "understanding/matcher.h"
#include "understanding/phrasebook.h"

namespace deepcabin::understanding {

// A phrase's tree laid flat: a sequence is a range of steps.
struct PlanStep {
  enum class Kind : std::uint8_t { kLiteral, kList, kSlot, kChoice };
  Kind kind = Kind::kLiteral;
  Slot slot = Slot::kThings;
  std::string_view text;                            // kLiteral
  const std::vector<std::string>* words = nullptr;  // kList
  std::uint32_t first = 0, count = 0;               // kChoice: its branches
};
struct PlanRange {
  std::uint32_t begin = 0, end = 0;
};

class Plans {
 public:
  explicit Plans(const Grammar& grammar);
  PlanRange Of(std::uint32_t phrase) const { return phrases_[phrase]; }
  const PlanStep& step(std::uint32_t index) const { return steps_[index]; }
  PlanRange branch(std::uint32_t index) const { return branches_[index]; }
  // Bit per Slot that stands anywhere in the phrase.
  std::uint32_t SlotsOf(std::uint32_t phrase) const { return slots_[phrase]; }

 private:
  PlanRange Add(const Part& part, const Phrase& phrase, std::uint32_t& slots);
  void Flatten(const Part& part, const Phrase& phrase, std::uint32_t& slots, std::vector<PlanStep>& out);

  const Grammar& grammar_;
  std::vector<PlanStep> steps_;
  std::vector<PlanRange> branches_, phrases_;
  std::vector<std::uint32_t> slots_;
};

struct SaidName {
  std::string_view text;
  std::uint32_t id;   // of Grammar::name
  std::uint32_t ops;  // bit per Op that it is a name for
};
struct SaidWord {
  std::string_view text;
  std::uint32_t id;  // of Grammar::word
};
struct SaidValue {
  std::string text;
  Amount amount;
};
struct SaidWhen {
  std::string text;
  When when;
};
struct SaidDuration {
  std::string text;
  double seconds;
};
struct SaidZone {
  std::string_view text;
  ZoneMentions mentions;  // more than one where a word means several: the third row
};

class SamplePools {
 public:
  explicit SamplePools(const Phrasebook& phrasebook);

  // By language and capability.
  const std::vector<SaidName>& Names(Language l, CapabilityId c) const { return of_[Index(l)][c].names; }
  const std::vector<SaidWord>& Words(Language l, CapabilityId c) const { return of_[Index(l)][c].words; }
  const std::vector<SaidValue>& Values(Language l, CapabilityId c) const { return of_[Index(l)][c].values; }
  const std::vector<SaidZone>& Zones(Language l, CapabilityId c) const { return of_[Index(l)][c].zones; }
  const std::vector<SaidZone>& AnyZones(Language l) const { return zones_[Index(l)]; }
  const std::vector<SaidWhen>& Whens(Language l) const { return whens_[Index(l)]; }
  const std::vector<SaidWhen>& Conditions(Language l) const { return conditions_[Index(l)]; }
  const std::vector<SaidDuration>& Durations(Language l) const { return durations_[Index(l)]; }

  static constexpr std::size_t Index(Language l) { return static_cast<std::size_t>(l); }

 private:
  struct OfCapability {
    std::vector<SaidName> names;
    std::vector<SaidWord> words;
    std::vector<SaidValue> values;
    std::vector<SaidZone> zones;
  };
  void GatherNames(Language language, const Capability& c);
  void GatherValues(Language language, const Capability& c);
  void AddValue(const std::string& text, const Capability& c, std::vector<SaidValue>& out) const;
  void GatherZones(Language language);
  void GatherTimes(Language language);
  void GatherConditions();
  using ConditionWords = std::map<std::pair<Language, std::uint32_t>, std::vector<std::string>>;  // by language and condition
  void WalkConditions(std::uint32_t node, std::u32string& text, ConditionWords& words) const;
  std::uint32_t IdOf(std::string_view text, LexKind kind) const;

  const Phrasebook& phrasebook_;
  const Grammar& grammar_;
  std::array<std::vector<OfCapability>, 2> of_;
  std::array<std::vector<SaidZone>, 2> zones_;
  std::array<std::vector<SaidWhen>, 2> whens_, conditions_;
  std::array<std::vector<SaidDuration>, 2> durations_;
};

// 一百零五, twenty three; tenths as 点五, point five. 0 to 999.9.
std::string NumberInWords(double number, Language language);

}  // namespace deepcabin::understanding
