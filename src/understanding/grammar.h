#pragma once
// The compiled phrasebook: every word people say in one trie, every phrase in another, and what each means. Immutable after loading.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalogue/call.h"
#include "understanding/normalise.h"
#include "understanding/phrase.h"

namespace deepcabin::understanding {

// A symbol in a phrase's sequence: a literal word, a word list, or (the first few) a slot.
using Symbol = std::uint32_t;
inline constexpr Symbol kSlotSymbols = 7;  // Symbol(Slot::kX) == int(Slot::kX)

enum class LexKind : std::uint8_t { kSymbol, kName, kZone, kWord, kCondition };
struct LexItem {
  LexKind kind;
  std::uint32_t id;
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

class Grammar {
 public:
  // Reads phrasebook/*.yaml, zh/*.yaml and en/*.yaml under `directory`. kInvalidArgument "file:line: reason" when broken.
  static Result<Grammar> Load(const std::filesystem::path& directory, const Catalogue& catalogue, const Normaliser& normaliser);
  // The same from memory: "zh/core.yaml" → text.
  static Result<Grammar> Parse(const std::map<std::string, std::string>& files, const Catalogue& catalogue, const Normaliser& normaliser);

  const Catalogue& catalogue() const { return *catalogue_; }
  const std::vector<Phrase>& phrases() const { return phrases_; }
  const std::vector<Need>& needs() const { return needs_; }
  const std::vector<NamedCondition>& conditions() const { return conditions_; }
  const std::vector<NameMeaning>& name(std::uint32_t id) const { return names_[id]; }
  const std::vector<WordMeaning>& word(std::uint32_t id) const { return words_[id]; }

  // The symbol of a list, or of a literal; kNoId when no phrase or list uses it.
  Symbol ListSymbol(std::string_view name) const;

  // Lexicon trie over normalised code points.
  std::uint32_t LexChild(std::uint32_t node, char32_t c) const {
    const auto it = lex_children_.find((std::uint64_t{node} << 21) | c);
    return it == lex_children_.end() ? 0 : it->second;
  }
  const std::vector<LexItem>& LexItems(std::uint32_t node) const { return lex_items_[node]; }

  // Phrase trie over symbols. Node 0 is the root, for all languages.
  struct PhraseNode {
    std::uint32_t slots = 0;                                // bit per Slot child
    std::vector<std::pair<Symbol, std::uint32_t>> symbols;  // literal and list children, by symbol
    std::vector<std::uint32_t> ends;                        // phrases that end here
  };
  const PhraseNode& Node(std::uint32_t node) const { return phrase_nodes_[node]; }
  std::uint32_t PhraseChild(std::uint32_t node, Symbol symbol) const {
    const auto it = phrase_children_.find((std::uint64_t{node} << 32) | symbol);
    return it == phrase_children_.end() ? 0 : it->second;
  }

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
  const Catalogue* catalogue_ = nullptr;
  std::vector<Phrase> phrases_;
  std::vector<Need> needs_;
  std::vector<NamedCondition> conditions_;
  std::vector<std::vector<NameMeaning>> names_;
  std::vector<std::vector<WordMeaning>> words_;
  std::unordered_map<std::uint64_t, std::uint32_t> lex_children_;
  std::vector<std::vector<LexItem>> lex_items_;
  std::unordered_map<std::uint64_t, std::uint32_t> phrase_children_;
  std::vector<PhraseNode> phrase_nodes_;
  std::unordered_map<std::string, Symbol> lists_, literals_;
  std::unordered_map<std::string, std::vector<std::string>> list_words_;  // "zh:on"
  std::vector<Surface> zone_words_[2];
  std::unordered_map<std::uint64_t, std::vector<std::string>> surface_names_;  // language, capability, op
  std::unordered_map<std::uint64_t, std::vector<std::string>> surface_words_;  // language, capability, word
};

}  // namespace deepcabin::understanding
