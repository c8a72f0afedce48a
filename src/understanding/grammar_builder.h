#pragma once
// The phrasebook while it is being compiled: words go into one trie, phrases into another, names and enum words get their meanings. What
// the loader reads from YAML comes in here; Finish() gives the grammar that understands.

#include <map>
#include <string>

#include "base/yaml_reader.h"
#include "understanding/grammar.h"

namespace deepcabin::understanding {

class GrammarBuilder {
 public:
  static constexpr std::size_t kExpansionsMax = 2000;  // of one phrase
  static constexpr std::uint32_t kAllOps = 0xFFFFFFFF;

  // Both outlive it.
  GrammarBuilder(const Catalogue& catalogue, const Normaliser& normaliser);

  std::vector<Need>& needs() { return out_.needs_; }
  std::vector<NamedCondition>& conditions() { return out_.conditions_; }

  void AddWord(const std::string& text, LexItem item);
  void AddListWord(Language language, const std::string& list, const std::string& word);
  void AddZoneWord(Language language, const std::string& word, std::uint32_t zone);
  // `text` names the capability for the ops of the bit set.
  void AddName(Language language, const std::string& text, CapabilityId capability, std::uint32_t ops);
  void AddEnumWord(Language language, const std::string& text, CapabilityId capability, std::uint32_t word);
  void AddPhrase(Phrase phrase);

  // Throws Broken: unknown list, too many expansions, a phrase that can be nothing at all.
  Grammar Finish(const Sounds& sounds) &&;

 private:
  Symbol NewSymbol() { return kSlotSymbols + symbols_++; }
  Symbol ListSymbol(const std::string& name);
  Symbol LiteralSymbol(const std::string& word);
  void AddCatalogueNames();
  void GatherLiterals(Part& part, Language language);
  void Compile(std::uint32_t index);
  Symbol SymbolOf(const Part& part, const Phrase& phrase);

  const Catalogue& catalogue_;
  const Normaliser& normaliser_;
  Symbol symbols_ = 0;
  std::map<std::u32string, std::uint32_t> name_ids_, word_ids_;
  std::unordered_map<std::string, Symbol> literals_;
  TrieBuilder lexicon_, sequences_;
  Grammar out_;
};

}  // namespace deepcabin::understanding
