#include "understanding/grammar_builder.h"

#include <algorithm>

namespace deepcabin::understanding {
namespace {

// Lists that the matcher itself uses; they exist even when no phrase names them.
constexpr std::string_view kBuiltInLists[] = {
    "skip",          "lead",           "tail",     "and", "then", "repair", "condition.if", "condition.when",
    "condition.end", "condition.mark", "no_aside", "on",  "off",  "to",     "beyond",       "rest",
    "aspect",        "above",          "below",    "max", "min",  "mid",    "except",       "besides"};

}  // namespace

GrammarBuilder::GrammarBuilder(const Catalogue& catalogue, const Normaliser& normaliser) : catalogue_(catalogue), normaliser_(normaliser) {
  out_.catalogue_ = &catalogue;
  for (const std::string_view list : kBuiltInLists) ListSymbol(std::string(list));
}

Grammar GrammarBuilder::Finish(const Sounds& sounds) && {
  AddCatalogueNames();
  for (std::uint32_t i = 0; i < out_.phrases_.size(); ++i) Compile(i);
  out_.lexicon_ = lexicon_.Build();
  out_.sequences_ = sequences_.BuildLookingAhead();
  out_.symbol_count_ = kSlotSymbols + symbols_;
  out_.sounds_ = sounds;
  out_.by_sound_ = LexiconBySound(out_.lexicon_, out_.sounds_);
  return std::move(out_);
}

// Words → the lexicon ---------------------------------------------------------------------------------------------------------------------

void GrammarBuilder::AddWord(const std::string& text, LexItem item) {
  const auto normalised = normaliser_.Run(text);
  if (!normalised || normalised->text.empty()) return;
  std::uint32_t node = Trie::kRoot;
  for (const char32_t c : normalised->text) node = lexicon_.Extend(node, c);
  auto& items = lexicon_.Values(node);
  const std::uint32_t packed = item.Packed();
  if (std::find(items.begin(), items.end(), packed) == items.end()) items.push_back(packed);
}

Symbol GrammarBuilder::ListSymbol(const std::string& name) {
  const auto [it, is_new] = out_.lists_.emplace(name, 0);
  if (is_new) it->second = NewSymbol();
  return it->second;
}

Symbol GrammarBuilder::LiteralSymbol(const std::string& word) {
  const auto [it, is_new] = literals_.emplace(word, 0);
  if (is_new) {
    it->second = NewSymbol();
    AddWord(word, {LexKind::kSymbol, it->second});
  }
  return it->second;
}

void GrammarBuilder::AddListWord(Language language, const std::string& list, const std::string& word) {
  AddWord(word, {LexKind::kSymbol, ListSymbol(list)});
  out_.list_words_[Grammar::ListKey(language, list)].push_back(word);
}

void GrammarBuilder::AddZoneWord(Language language, const std::string& word, std::uint32_t zone) {
  AddWord(word, {LexKind::kZone, zone});
  out_.zone_words_[static_cast<std::size_t>(language)].push_back({word, zone});
}

void GrammarBuilder::AddName(Language language, const std::string& text, CapabilityId capability, std::uint32_t ops) {
  for (int op = 0; op < kOpCount; ++op) {
    if (((ops >> op) & 1u) == 0) continue;
    out_.surface_names_[Grammar::NameKey(language, capability, static_cast<Op>(op))].push_back(text);
  }
  const auto normalised = normaliser_.Run(text);
  if (!normalised) return;
  const auto [it, is_new] = name_ids_.emplace(normalised->text, static_cast<std::uint32_t>(out_.names_.size()));
  if (is_new) {
    out_.names_.emplace_back();
    AddWord(text, {LexKind::kName, it->second});
  }
  auto& meanings = out_.names_[it->second];
  for (NameMeaning& meaning : meanings) {
    if (meaning.capability != capability) continue;
    meaning.ops |= ops;
    return;
  }
  meanings.push_back({capability, ops});
}

void GrammarBuilder::AddEnumWord(Language language, const std::string& text, CapabilityId capability, std::uint32_t word) {
  out_.surface_words_[Grammar::WordKey(language, capability, word)].push_back(text);
  const auto normalised = normaliser_.Run(text);
  if (!normalised) return;
  const auto [it, is_new] = word_ids_.emplace(normalised->text, static_cast<std::uint32_t>(out_.words_.size()));
  if (is_new) {
    out_.words_.emplace_back();
    AddWord(text, {LexKind::kWord, it->second});
  }
  auto& meanings = out_.words_[it->second];
  const bool known =
      std::any_of(meanings.begin(), meanings.end(), [&](const WordMeaning& m) { return m.capability == capability && m.word == word; });
  if (!known) meanings.push_back({capability, word});
}

void GrammarBuilder::AddCatalogueNames() {
  for (const Capability& c : catalogue_.capabilities()) {
    for (const std::string& name : c.names_zh) AddName(Language::kChinese, name, c.id, kAllOps);
    for (const std::string& name : c.names_en) AddName(Language::kEnglish, name, c.id, kAllOps);
    for (std::uint32_t w = 0; w < c.value.words.size(); ++w) {
      for (const std::string& text : c.value.words[w].zh) AddEnumWord(Language::kChinese, text, c.id, w);
      for (const std::string& text : c.value.words[w].en) AddEnumWord(Language::kEnglish, text, c.id, w);
    }
  }
}

// Phrases → their trie --------------------------------------------------------------------------------------------------------------------

void GrammarBuilder::AddPhrase(Phrase phrase) {
  GatherLiterals(phrase.tree, phrase.language);
  out_.phrases_.push_back(std::move(phrase));
}

// (a|b|c) of plain words becomes one list without a name: a phrase then stands for fewer sequences.
void GrammarBuilder::GatherLiterals(Part& part, Language language) {
  for (Part& inner : part.parts) GatherLiterals(inner, language);
  if (part.kind != Part::Kind::kChoice) return;
  const auto literal = [](const Part& option) -> const Part* {
    if (option.kind == Part::Kind::kLiteral) return &option;
    const bool single = option.kind == Part::Kind::kSequence && option.parts.size() == 1 && option.parts[0].kind == Part::Kind::kLiteral;
    return single ? &option.parts[0] : nullptr;
  };
  std::set<std::string> words;
  for (const Part& option : part.parts) {
    if (const Part* word = literal(option)) words.insert(word->text);
  }
  if (words.size() < 2) return;
  std::string name;
  for (const std::string& word : words) name += "|" + word;
  const bool is_new = !out_.lists_.contains(name);
  const Symbol symbol = ListSymbol(name);
  auto& surface = out_.list_words_[std::string(LanguageName(language)) + ":" + name];
  if (surface.empty()) surface.assign(words.begin(), words.end());
  for (const std::string& word : words) {
    if (is_new) AddWord(word, {LexKind::kSymbol, symbol});
  }
  std::erase_if(part.parts, [&](const Part& option) { return literal(option) != nullptr; });
  part.parts.push_back(Part{Part::Kind::kList, std::move(name), {}, {}});
  if (part.parts.size() == 1) {
    Part only = std::move(part.parts.front());
    part = std::move(only);
  }
}

void GrammarBuilder::Compile(std::uint32_t index) {
  const Phrase& phrase = out_.phrases_[index];
  const auto sequences = ExpandPhrase(phrase.tree, kExpansionsMax);
  if (!sequences) throw Broken{fmt::format("{}: {}", phrase.source, sequences.error().message)};
  for (const auto& sequence : *sequences) {
    if (sequence.empty()) throw Broken{fmt::format("{}: phrase \"{}\" can be nothing at all", phrase.source, phrase.text)};
    std::uint32_t node = Trie::kRoot;
    for (const Part* part : sequence) node = sequences_.Extend(node, SymbolOf(*part, phrase));
    auto& ends = sequences_.Values(node);
    if (ends.empty() || ends.back() != index) ends.push_back(index);
  }
}

Symbol GrammarBuilder::SymbolOf(const Part& part, const Phrase& phrase) {
  if (part.kind == Part::Kind::kSlot) return static_cast<Symbol>(part.slot);
  if (part.kind == Part::Kind::kLiteral) return LiteralSymbol(part.text);
  const auto it = out_.lists_.find(part.text);
  if (it == out_.lists_.end()) throw Broken{fmt::format("{}: unknown list <{}>", phrase.source, part.text)};
  return it->second;
}

}  // namespace deepcabin::understanding
