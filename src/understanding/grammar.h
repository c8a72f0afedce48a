#pragma once
// The compiled phrasebook: every word people say in one trie, every phrase in another, and what each means. Immutable after loading.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalogue/call.h"
#include "understanding/normalise.h"
#include "understanding/phrase.h"
#include "understanding/sounds.h"
#include "understanding/trie.h"

namespace deepcabin::understanding {

// A symbol in a phrase's sequence: a literal word, a word list, or (the first few) a slot.
using Symbol = std::uint32_t;
inline constexpr Symbol kSlotSymbols = 9;  // Symbol(Slot::kX) == int(Slot::kX)

enum class LexKind : std::uint8_t { kSymbol, kName, kZone, kWord, kCondition };
struct LexItem {
  LexKind kind;
  std::uint32_t id;

  std::uint32_t Packed() const { return (static_cast<std::uint32_t>(kind) << 28) | id; }
  static LexItem Of(std::uint32_t packed) { return {static_cast<LexKind>(packed >> 28), packed & 0x0FFFFFFF}; }
};

// What a name may mean: a capability, and the ops it means it for (bit per Op).
struct NameMeaning {
  CapabilityId capability;
  std::uint32_t ops;
};
struct WordMeaning {
  CapabilityId capability;
  std::uint32_t word;
};                                                  // index into ValueSpec::words
inline constexpr std::uint32_t kSpeakerZone = 100;  // id of the zone word "my side"
inline constexpr std::uint32_t kOtherZone = 101;    // "the other side"

enum class PhraseKind : std::uint8_t { kGeneric, kCapability, kNeed, kDialogue, kEscalation };

enum class DialogueKind : std::uint8_t {
  kMore,
  kLess,
  kSet,
  kZone,
  kInsteadZone,
  kOn,
  kOff,
  kStop,
  kSameThing,
  kUndo,
  kRestore,
  kYes,
  kNo,
  kAgain,
  kCancel,
  kNext,    // another colour, mode, scent of the thing
  kBack,    // the last step, undone by one
  kText,    // the same for another text: 换成林俊杰的
  kWhen,    // the same at another time
  kExcept,  // not there
  kPick,    // one of those found: 第二个
};

struct Phrase {
  PhraseKind kind = PhraseKind::kGeneric;
  Op op = Op::kOn;                  // kGeneric, kCapability
  CapabilityId capability = kNoId;  // kCapability
  SpokenValue value;                // fixed by the key ("set=2 level")
  std::string unit;
  std::uint32_t need = 0;  // kNeed: index into needs()
  DialogueKind dialogue = DialogueKind::kMore;
  std::string dimension;  // more.brightness
  Escalation escalation = Escalation::kNone;
  Language language = Language::kChinese;
  std::string text, source;  // as written; "zh/seats.yaml:12"
  Part tree;
};

// A condition on the vehicle: of a remedy, or of 如果….
struct StateCondition {
  SignalId signal = kNoId;  // or
  CapabilityId capability = kNoId;
  Zone zone = Zone::kWhole;
  bool zone_is_speaker = false;
  std::string comparison;
  SpokenValue value;
};

struct Bilingual {
  std::string zh, en;
  const std::string& In(Language l) const { return l == Language::kChinese ? zh : en; }
};

struct RemedyCall {
  CapabilityId capability = kNoId;
  Op op = Op::kOn;
  Zone zone = Zone::kWhole;
  bool zone_is_speaker = false;
  SpokenValue value;
  std::string unit, text;
};

struct Remedy {
  std::vector<StateCondition> conditions;
  std::vector<RemedyCall> calls;
  Bilingual because, say, clarify;
  Escalation escalation = Escalation::kNone;
};

struct Need {
  std::string name, about;
  std::vector<Remedy> remedies;
};
struct NamedCondition {
  std::string name;
  StateCondition state;
};

class Grammar {  // NOLINT(bugprone-reserved-identifier): the loop of its implicit move
 public:
  // From the text of phrasebook/*.yaml, zh/*.yaml and en/*.yaml: "zh/core.yaml" → text. kInvalidArgument "file:line: reason" when broken.
  static Result<Grammar> Parse(const std::map<std::string, std::string>& files, const Catalogue& catalogue, const Normaliser& normaliser,
                               const Sounds& sounds);

  const Catalogue& catalogue() const { return *catalogue_; }
  const std::vector<Phrase>& phrases() const { return phrases_; }
  const std::vector<Need>& needs() const { return needs_; }
  const std::vector<NamedCondition>& conditions() const { return conditions_; }
  const std::vector<NameMeaning>& name(std::uint32_t id) const { return names_[id]; }
  const std::vector<WordMeaning>& word(std::uint32_t id) const { return words_[id]; }

  // The symbol of a list, or of a literal; kNoId when no phrase or list uses it.
  Symbol ListSymbol(std::string_view name) const;

  // Symbols are smaller than that.
  std::size_t symbol_count() const { return symbol_count_; }

  // Words over normalised code points; the values of a node are LexItem::Packed.
  const Trie& lexicon() const { return lexicon_; }
  // The same words by how they sound; the values of a node are nodes of the lexicon.
  const Trie& by_sound() const { return by_sound_; }
  const Sounds& sounds() const { return sounds_; }
  // Phrases over symbols, for all languages; the values of a node are the phrases that end there.
  const Trie& sequences() const { return sequences_; }

  // The compiled form: all that understanding needs, without what only the sampler and the check need (trees, surfaces).
  std::string Pack() const;
  // kDataLoss when `bytes` are no such form. `catalogue` is the one it was compiled against, and outlives it.
  static Result<Grammar> Unpack(std::string_view bytes, const Catalogue& catalogue);
  // False after Unpack: it understands, but cannot be run backwards.
  bool has_surfaces() const { return !surface_names_.empty(); }

  // For the sampler and the check: how things are written, by language.
  struct Surface {
    std::string text;
    std::uint32_t id;
  };
  const std::vector<std::string>& ListWords(Language language, std::string_view list) const;
  const std::vector<Surface>& ZoneWords(Language language) const { return zone_words_[static_cast<std::size_t>(language)]; }
  const std::vector<std::string>& NamesOf(Language language, CapabilityId id, Op op) const;
  const std::vector<std::string>& WordsOf(Language language, CapabilityId id, std::uint32_t word) const;

 private:
  friend class GrammarBuilder;
  static std::string ListKey(Language language, std::string_view list);
  static std::uint64_t NameKey(Language language, CapabilityId id, Op op);
  static std::uint64_t WordKey(Language language, CapabilityId id, std::uint32_t word);

  const Catalogue* catalogue_ = nullptr;
  std::vector<Phrase> phrases_;
  std::vector<Need> needs_;
  std::vector<NamedCondition> conditions_;
  std::vector<std::vector<NameMeaning>> names_;
  std::vector<std::vector<WordMeaning>> words_;
  Trie lexicon_, by_sound_, sequences_;
  std::uint32_t symbol_count_ = kSlotSymbols;
  Sounds sounds_;
  std::unordered_map<std::string, Symbol> lists_;
  std::unordered_map<std::string, std::vector<std::string>> list_words_;
  std::vector<Surface> zone_words_[2];
  std::unordered_map<std::uint64_t, std::vector<std::string>> surface_names_;
  std::unordered_map<std::uint64_t, std::vector<std::string>> surface_words_;
};

}  // namespace deepcabin::understanding
