// Grammar::Load: reads phrasebook/**/*.yaml, resolves names against the catalogue, and builds the two tries.

#include <algorithm>
#include <optional>

#include "base/yaml.h"
#include "understanding/grammar.h"
#include "understanding/yaml_reader.h"

namespace deepcabin::understanding {
namespace {

constexpr std::size_t kFileBytesMax = 4u << 20;
constexpr std::size_t kExpansionsMax = 2000;

constexpr std::pair<std::string_view, DialogueKind> kDialogueKinds[] = {{"more", DialogueKind::kMore},
                                                                        {"less", DialogueKind::kLess},
                                                                        {"set", DialogueKind::kSet},
                                                                        {"zone", DialogueKind::kZone},
                                                                        {"instead_zone", DialogueKind::kInsteadZone},
                                                                        {"on", DialogueKind::kOn},
                                                                        {"off", DialogueKind::kOff},
                                                                        {"stop", DialogueKind::kStop},
                                                                        {"same_thing", DialogueKind::kSameThing},
                                                                        {"undo", DialogueKind::kUndo},
                                                                        {"restore", DialogueKind::kRestore},
                                                                        {"yes", DialogueKind::kYes},
                                                                        {"no", DialogueKind::kNo},
                                                                        {"again", DialogueKind::kAgain},
                                                                        {"cancel", DialogueKind::kCancel}};

// Lists that the matcher itself uses; they exist even when no phrase names them.
constexpr std::string_view kBuiltInLists[] = {"skip",
                                              "lead",
                                              "tail",
                                              "and",
                                              "then",
                                              "repair",
                                              "condition.if",
                                              "condition.when",
                                              "condition.end",
                                              "condition.mark",
                                              "no_aside",
                                              "on",
                                              "off",
                                              "aspect",
                                              "above",
                                              "below",
                                              "max",
                                              "min",
                                              "mid"};

std::uint64_t SurfaceKey(Language language, std::uint64_t capability, int shift, std::uint64_t rest) {
  return (std::uint64_t{static_cast<std::uint8_t>(language)} << 60) | (capability << shift) | rest;
}

// "set=2 level" → op, value, unit.
struct Key {
  Op op;
  SpokenValue value;
  std::string unit;
};

std::optional<Key> ParseKey(const std::string& text) {
  const std::size_t equals = text.find('=');
  const auto op = ParseOp(text.substr(0, equals));
  if (!op) return std::nullopt;
  Key key{*op, {}, {}};
  if (equals == std::string::npos) return key;
  const std::string rest = text.substr(equals + 1);
  const std::size_t space = rest.find(' ');
  const std::string value = rest.substr(0, space);
  if (space != std::string::npos) key.unit = rest.substr(space + 1);
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (end != nullptr && *end == '\0' && !value.empty()) key.value = number;
  else key.value = value;
  return key;
}

}  // namespace

class GrammarBuilder {
 public:
  GrammarBuilder(const Catalogue& catalogue, const Normaliser& normaliser) : catalogue_(catalogue), normaliser_(normaliser) {
    out_.catalogue_ = &catalogue;
    out_.lex_items_.emplace_back();
    out_.phrase_nodes_.emplace_back();
    for (const std::string_view list : kBuiltInLists) ListSymbol(std::string(list));
  }

  void Read(const std::string& file, const YAML::Node& root) {
    reader_ = YamlReader(file);
    file_ = file;
    language_ = file.starts_with("en/") ? Language::kEnglish : Language::kChinese;
    if (root.IsNull()) return;
    const bool shared = file.find('/') == std::string::npos;
    reader_.AllowKeys(root, {"lists", "zones", "phrases", "capabilities", "needs", "dialogue", "conditions", "escalations"});
    if (shared) {
      if (root["needs"]) ReadRemedies(root["needs"]);
      if (root["conditions"]) ReadConditions(root["conditions"]);
      return;
    }
    if (root["lists"]) ReadLists(root["lists"]);
    if (root["zones"]) ReadZones(root["zones"]);
    if (root["phrases"]) ReadGeneric(root["phrases"]);
    if (root["capabilities"]) ReadCapabilities(root["capabilities"]);
    if (root["needs"]) ReadNeeds(root["needs"]);
    if (root["dialogue"]) ReadDialogue(root["dialogue"]);
    if (root["conditions"]) ReadConditionWords(root["conditions"]);
    if (root["escalations"]) ReadEscalations(root["escalations"]);
  }

  Grammar Finish() && {
    AddCatalogueNames();
    for (std::uint32_t i = 0; i < out_.phrases_.size(); ++i) Compile(i);
    for (const auto& [key, child] : out_.phrase_children_) {
      const auto symbol = static_cast<Symbol>(key & 0xFFFFFFFF);
      if (symbol >= kSlotSymbols) out_.phrase_nodes_[key >> 32].symbols.emplace_back(symbol, child);
    }
    for (auto& node : out_.phrase_nodes_) std::sort(node.symbols.begin(), node.symbols.end());
    return std::move(out_);
  }

 private:
  // Words → the lexicon -------------------------------------------------------------------------------------------------

  void AddWord(const std::string& text, LexItem item) {
    const auto normalised = normaliser_.Run(text);
    if (!normalised || normalised->text.empty()) return;
    std::uint32_t node = 0;
    for (const char32_t c : normalised->text) {
      auto [it, is_new] = out_.lex_children_.emplace((std::uint64_t{node} << 21) | c, static_cast<std::uint32_t>(out_.lex_items_.size()));
      if (is_new) out_.lex_items_.emplace_back();
      node = it->second;
    }
    auto& items = out_.lex_items_[node];
    const bool known = std::any_of(items.begin(), items.end(), [&](const LexItem& i) { return i.kind == item.kind && i.id == item.id; });
    if (!known) items.push_back(item);
  }

  Symbol NewSymbol() { return kSlotSymbols + symbols_++; }

  Symbol ListSymbol(const std::string& name) {
    const auto [it, is_new] = out_.lists_.emplace(name, 0);
    if (is_new) it->second = NewSymbol();
    return it->second;
  }

  Symbol LiteralSymbol(const std::string& word) {
    const auto [it, is_new] = out_.literals_.emplace(word, 0);
    if (is_new) {
      it->second = NewSymbol();
      AddWord(word, {LexKind::kSymbol, it->second});
    }
    return it->second;
  }

  void ReadLists(const YAML::Node& node) {
    for (const auto& entry : reader_.Map(node)) {
      const std::string name = reader_.String(entry.first);
      const Symbol symbol = ListSymbol(name);
      auto& words = out_.list_words_[std::string(LanguageName(language_)) + ":" + name];
      for (const YAML::Node& item : reader_.Sequence(entry.second)) {
        std::string word = reader_.String(item);
        if (word.empty()) reader_.Fail(item, "an empty word");
        AddWord(word, {LexKind::kSymbol, symbol});
        words.push_back(std::move(word));
      }
    }
  }

  void ReadZones(const YAML::Node& node) {
    for (const auto& entry : reader_.Map(node)) {
      const std::string name = reader_.String(entry.first);
      const auto zone = ParseZone(name);
      if (!zone && name != "speaker") reader_.Fail(entry.first, fmt::format("unknown zone `{}`", name));
      const std::uint32_t id = zone ? static_cast<std::uint32_t>(*zone) : kSpeakerZone;
      for (const YAML::Node& item : reader_.Sequence(entry.second)) {
        const std::string word = reader_.String(item);
        AddWord(word, {LexKind::kZone, id});
        out_.zone_words_[static_cast<std::size_t>(language_)].push_back({word, id});
      }
    }
  }

  void AddName(const std::string& text, CapabilityId capability, std::uint32_t ops) {
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

  void AddSurfaceName(Language language, const std::string& text, CapabilityId capability, std::uint32_t ops) {
    AddName(text, capability, ops);
    for (int op = 0; op < kOpCount; ++op) {
      if ((ops >> op) & 1u) out_.surface_names_[SurfaceKey(language, capability, 8, static_cast<std::uint64_t>(op))].push_back(text);
    }
  }

  void AddEnumWord(Language language, const std::string& text, CapabilityId capability, std::uint32_t word) {
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
    out_.surface_words_[SurfaceKey(language, capability, 16, word)].push_back(text);
  }

  void AddCatalogueNames() {
    constexpr std::uint32_t kAllOps = 0xFFFFFFFF;
    for (const Capability& c : catalogue_.capabilities()) {
      for (const std::string& name : c.names_zh) AddSurfaceName(Language::kChinese, name, c.id, kAllOps);
      for (const std::string& name : c.names_en) AddSurfaceName(Language::kEnglish, name, c.id, kAllOps);
      for (std::uint32_t w = 0; w < c.value.words.size(); ++w) {
        for (const std::string& text : c.value.words[w].zh) AddEnumWord(Language::kChinese, text, c.id, w);
        for (const std::string& text : c.value.words[w].en) AddEnumWord(Language::kEnglish, text, c.id, w);
      }
    }
  }

  // Phrases -------------------------------------------------------------------------------------------------------------

  Phrase NewPhrase(PhraseKind kind) const {
    Phrase phrase;
    phrase.kind = kind;
    phrase.language = language_;
    return phrase;
  }

  void AddPhrases(const YAML::Node& list, const Phrase& model) {
    for (const YAML::Node& item : reader_.Sequence(list)) {
      Phrase phrase = model;
      phrase.text = reader_.String(item);
      phrase.source = reader_.Where(item);
      auto tree = ParsePhrase(phrase.text);
      if (!tree) reader_.Fail(item, tree.error().message);
      phrase.tree = std::move(*tree);
      GatherLiterals(phrase.tree);
      out_.phrases_.push_back(std::move(phrase));
    }
  }

  void ReadGeneric(const YAML::Node& node) {
    for (const YAML::Node& item : reader_.Sequence(node)) {
      reader_.AllowKeys(item, {"op", "value", "say"});
      if (!item["op"] || !item["say"]) reader_.Fail(item, "a phrase needs `op` and `say`");
      Phrase phrase = NewPhrase(PhraseKind::kGeneric);
      const auto key = ParseKey(reader_.String(item["op"]));
      if (!key) reader_.Fail(item["op"], fmt::format("unknown op `{}`", reader_.String(item["op"])));
      phrase.op = key->op;
      phrase.value = key->value;
      phrase.unit = key->unit;
      if (item["value"]) phrase.value = reader_.String(item["value"]);
      AddPhrases(item["say"], phrase);
    }
  }

  void ReadCapabilities(const YAML::Node& node) {
    for (const auto& entry : reader_.Map(node)) {
      const std::string name = reader_.String(entry.first);
      const Capability* c = catalogue_.FindCapability(name);
      if (c == nullptr) reader_.Fail(entry.first, fmt::format("capability `{}` is not in the catalogue", name));
      const YAML::Node& body = entry.second;
      reader_.AllowKeys(body, {"names", "names_for", "words", "say"});
      if (body["names"]) {
        for (const YAML::Node& item : reader_.Sequence(body["names"])) AddSurfaceName(language_, reader_.String(item), c->id, 0xFFFFFFFF);
      }
      if (body["names_for"]) ReadNamesFor(body["names_for"], *c);
      if (body["words"]) ReadWords(body["words"], *c);
      if (body["say"]) ReadSay(body["say"], *c);
    }
  }

  void ReadNamesFor(const YAML::Node& node, const Capability& c) {
    for (const auto& entry : reader_.Map(node)) {
      const auto op = ParseOp(reader_.String(entry.first));
      if (!op) reader_.Fail(entry.first, fmt::format("unknown op `{}`", reader_.String(entry.first)));
      for (const YAML::Node& item : reader_.Sequence(entry.second)) {
        AddSurfaceName(language_, reader_.String(item), c.id, 1u << static_cast<unsigned>(*op));
      }
    }
  }

  void ReadWords(const YAML::Node& node, const Capability& c) {
    for (const auto& entry : reader_.Map(node)) {
      const std::string name = reader_.String(entry.first);
      const auto& words = c.value.words;
      const auto it = std::find_if(words.begin(), words.end(), [&](const Word& w) { return w.name == name; });
      if (it == words.end()) reader_.Fail(entry.first, fmt::format("`{}` has no word `{}`", c.name, name));
      for (const YAML::Node& item : reader_.Sequence(entry.second)) {
        AddEnumWord(language_, reader_.String(item), c.id, static_cast<std::uint32_t>(it - words.begin()));
      }
    }
  }

  void ReadSay(const YAML::Node& node, const Capability& c) {
    for (const auto& entry : reader_.Map(node)) {
      const auto key = ParseKey(reader_.String(entry.first));
      if (!key) reader_.Fail(entry.first, fmt::format("unknown op in `{}`", reader_.String(entry.first)));
      const bool can = c.Can(key->op) || (key->op == Op::kQuery && !c.is_service());
      if (!can) reader_.Fail(entry.first, fmt::format("`{}` has no op `{}`", c.name, OpName(key->op)));
      CheckValue(entry.first, c, key->value);
      Phrase phrase = NewPhrase(PhraseKind::kCapability);
      phrase.capability = c.id;
      phrase.op = key->op;
      phrase.value = key->value;
      phrase.unit = key->unit;
      AddPhrases(entry.second, phrase);
    }
  }

  void CheckValue(const YAML::Node& node, const Capability& c, const SpokenValue& value) const {
    const auto* word = std::get_if<std::string>(&value);
    if (word == nullptr || c.value.free_text || c.is_service()) return;
    const bool extreme = (*word == "max" || *word == "min" || *word == "mid") && c.value.has_range;
    if (!extreme && c.FindWord(*word) == nullptr) reader_.Fail(node, fmt::format("`{}` has no word `{}`", c.name, *word));
  }

  void ReadNeeds(const YAML::Node& node) {
    for (const auto& entry : reader_.Map(node)) {
      const std::string name = reader_.String(entry.first);
      Phrase phrase = NewPhrase(PhraseKind::kNeed);
      phrase.need = kNoId;
      for (std::uint32_t i = 0; i < out_.needs_.size(); ++i) {
        if (out_.needs_[i].name == name) phrase.need = i;
      }
      if (phrase.need == kNoId) reader_.Fail(entry.first, fmt::format("need `{}` has no remedy in phrasebook/needs.yaml", name));
      AddPhrases(entry.second, phrase);
    }
  }

  void ReadDialogue(const YAML::Node& node) {
    for (const auto& entry : reader_.Map(node)) {
      const std::string name = reader_.String(entry.first);
      const std::size_t dot = name.find('.');
      Phrase phrase = NewPhrase(PhraseKind::kDialogue);
      bool known = false;
      for (const auto& [kind_name, kind] : kDialogueKinds) {
        if (kind_name == name.substr(0, dot)) {
          phrase.dialogue = kind;
          known = true;
        }
      }
      if (!known) reader_.Fail(entry.first, fmt::format("unknown dialogue kind `{}`", name));
      if (dot != std::string::npos) phrase.dimension = name.substr(dot + 1);
      AddPhrases(entry.second, phrase);
    }
  }

  void ReadEscalations(const YAML::Node& node) {
    for (const auto& entry : reader_.Map(node)) {
      const auto escalation = ParseEscalation(reader_.String(entry.first));
      if (!escalation) reader_.Fail(entry.first, fmt::format("unknown escalation `{}`", reader_.String(entry.first)));
      Phrase phrase = NewPhrase(PhraseKind::kEscalation);
      phrase.escalation = *escalation;
      AddPhrases(entry.second, phrase);
    }
  }

  // Remedies and conditions -----------------------------------------------------------------------------------------------

  SpokenValue Spoken(const YAML::Node& node) const {
    double number = 0;
    if (YAML::convert<double>::decode(node, number)) return number;
    return reader_.String(node);
  }

  void ReadZone(const YAML::Node& node, Zone& zone, bool& is_speaker) const {
    if (!node) return;
    const std::string name = reader_.String(node);
    is_speaker = name == "speaker";
    if (is_speaker) return;
    const auto known = ParseZone(name);
    if (!known) reader_.Fail(node, fmt::format("unknown zone `{}`", name));
    zone = *known;
  }

  StateCondition ReadState(const YAML::Node& node) const {
    StateCondition state;
    if (bool(node["signal"]) == bool(node["capability"])) reader_.Fail(node, "a condition needs `signal` or `capability`");
    if (node["signal"]) {
      const auto id = catalogue_.FindSignal(reader_.String(node["signal"]));
      if (!id) reader_.Fail(node["signal"], fmt::format("signal `{}` is not in the catalogue", reader_.String(node["signal"])));
      state.signal = *id;
    } else {
      const Capability* c = catalogue_.FindCapability(reader_.String(node["capability"]));
      if (c == nullptr)
        reader_.Fail(node["capability"], fmt::format("capability `{}` is not in the catalogue", reader_.String(node["capability"])));
      if (c->is_service()) reader_.Fail(node["capability"], fmt::format("`{}` is a service and has no state to compare", c->name));
      state.capability = c->id;
    }
    ReadZone(node["zone"], state.zone, state.zone_is_speaker);
    if (!node["is"] || !node["value"]) reader_.Fail(node, "a condition needs `is` and `value`");
    state.comparison = reader_.String(node["is"]);
    constexpr std::string_view kComparisons[] = {"<", "<=", ">", ">=", "==", "!="};
    if (std::find(std::begin(kComparisons), std::end(kComparisons), state.comparison) == std::end(kComparisons)) {
      reader_.Fail(node["is"], fmt::format("unknown comparison `{}`", state.comparison));
    }
    state.value = Spoken(node["value"]);
    return state;
  }

  Bilingual ReadBilingual(const YAML::Node& node) const {
    Bilingual text;
    if (!node) return text;
    reader_.AllowKeys(node, {"zh", "en"});
    if (!node["zh"] || !node["en"]) reader_.Fail(node, "both languages are needed: {zh, en}");
    text.zh = reader_.String(node["zh"]);
    text.en = reader_.String(node["en"]);
    return text;
  }

  RemedyCall ReadRemedyCall(const YAML::Node& node) const {
    reader_.AllowKeys(node, {"capability", "op", "zone", "value", "unit", "text"});
    RemedyCall call;
    const Capability* c = node["capability"] ? catalogue_.FindCapability(reader_.String(node["capability"])) : nullptr;
    if (c == nullptr) reader_.Fail(node, "a call needs a `capability` of the catalogue");
    call.capability = c->id;
    const auto op = node["op"] ? ParseOp(reader_.String(node["op"])) : std::nullopt;
    if (!op || !c->Can(*op)) reader_.Fail(node, fmt::format("`{}` needs an op that it can do", c->name));
    call.op = *op;
    ReadZone(node["zone"], call.zone, call.zone_is_speaker);
    if (node["value"]) call.value = Spoken(node["value"]);
    if (node["unit"]) call.unit = reader_.String(node["unit"]);
    if (node["text"]) call.text = reader_.String(node["text"]);
    CheckValue(node, *c, call.value);
    return call;
  }

  void ReadRemedies(const YAML::Node& node) {
    for (const YAML::Node& item : reader_.Sequence(node)) {
      reader_.AllowKeys(item, {"need", "about", "remedies"});
      if (!item["need"] || !item["remedies"]) reader_.Fail(item, "a need has `need` and `remedies`");
      Need need;
      need.name = reader_.String(item["need"]);
      if (item["about"]) need.about = reader_.String(item["about"]);
      for (const YAML::Node& r : reader_.Sequence(item["remedies"])) {
        reader_.AllowKeys(r, {"if", "calls", "because", "say", "clarify", "escalation"});
        Remedy remedy;
        if (r["if"])
          for (const YAML::Node& c : reader_.Sequence(r["if"])) remedy.conditions.push_back(ReadState(c));
        if (r["calls"])
          for (const YAML::Node& c : reader_.Sequence(r["calls"])) remedy.calls.push_back(ReadRemedyCall(c));
        remedy.because = ReadBilingual(r["because"]);
        remedy.say = ReadBilingual(r["say"]);
        remedy.clarify = ReadBilingual(r["clarify"]);
        if (r["escalation"]) {
          const auto escalation = ParseEscalation(reader_.String(r["escalation"]));
          if (!escalation) reader_.Fail(r["escalation"], "unknown escalation");
          remedy.escalation = *escalation;
        }
        need.remedies.push_back(std::move(remedy));
      }
      if (need.remedies.empty()) reader_.Fail(item, fmt::format("need `{}` has no remedy", need.name));
      out_.needs_.push_back(std::move(need));
    }
  }

  void ReadConditions(const YAML::Node& node) {
    for (const YAML::Node& item : reader_.Sequence(node)) {
      reader_.AllowKeys(item, {"condition", "signal", "capability", "zone", "is", "value", "about"});
      if (!item["condition"]) reader_.Fail(item, "a condition has `condition`, its name");
      out_.conditions_.push_back({reader_.String(item["condition"]), ReadState(item)});
    }
  }

  void ReadConditionWords(const YAML::Node& node) {
    for (const auto& entry : reader_.Map(node)) {
      const std::string name = reader_.String(entry.first);
      const auto it =
          std::find_if(out_.conditions_.begin(), out_.conditions_.end(), [&](const NamedCondition& c) { return c.name == name; });
      if (it == out_.conditions_.end()) reader_.Fail(entry.first, fmt::format("condition `{}` is not in phrasebook/conditions.yaml", name));
      const auto id = static_cast<std::uint32_t>(it - out_.conditions_.begin());
      for (const YAML::Node& item : reader_.Sequence(entry.second)) AddConditionWord(item, id);
    }
  }

  void AddConditionWord(const YAML::Node& item, std::uint32_t id) {
    const auto tree = ParsePhrase(reader_.String(item));
    if (!tree) reader_.Fail(item, tree.error().message);
    const auto sequences = ExpandPhrase(*tree, kExpansionsMax);
    if (!sequences) reader_.Fail(item, sequences.error().message);
    for (const auto& sequence : *sequences) {
      std::string text;
      for (const Part* part : sequence) {
        if (part->kind != Part::Kind::kLiteral) reader_.Fail(item, "a condition is made of plain words");
        if (language_ == Language::kEnglish && !text.empty()) text += ' ';
        text += part->text;
      }
      AddWord(text, {LexKind::kCondition, id});
    }
  }

  // (a|b|c) of plain words becomes one list without a name: a phrase then stands for fewer sequences.
  void GatherLiterals(Part& part) {
    for (Part& inner : part.parts) GatherLiterals(inner);
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
    auto& surface = out_.list_words_[std::string(LanguageName(language_)) + ":" + name];
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

  // The phrase trie -----------------------------------------------------------------------------------------------------

  void Compile(std::uint32_t index) {
    Phrase& phrase = out_.phrases_[index];
    const auto sequences = ExpandPhrase(phrase.tree, kExpansionsMax);
    if (!sequences) throw Broken{fmt::format("{}: {}", phrase.source, sequences.error().message)};
    for (const auto& sequence : *sequences) {
      if (sequence.empty()) throw Broken{fmt::format("{}: phrase \"{}\" can be nothing at all", phrase.source, phrase.text)};
      std::uint32_t node = 0;
      for (const Part* part : sequence) node = Child(node, *part, phrase);
      auto& ends = out_.phrase_nodes_[node].ends;
      if (ends.empty() || ends.back() != index) ends.push_back(index);
    }
  }

  std::uint32_t Child(std::uint32_t node, const Part& part, const Phrase& phrase) {
    Symbol symbol = 0;
    if (part.kind == Part::Kind::kSlot) {
      symbol = static_cast<Symbol>(part.slot);
      out_.phrase_nodes_[node].slots |= 1u << symbol;
    } else if (part.kind == Part::Kind::kList) {
      const auto it = out_.lists_.find(part.text);
      if (it == out_.lists_.end()) throw Broken{fmt::format("{}: unknown list <{}>", phrase.source, part.text)};
      symbol = it->second;
    } else {
      symbol = LiteralSymbol(part.text);
    }
    const auto [it, is_new] =
        out_.phrase_children_.emplace((std::uint64_t{node} << 32) | symbol, static_cast<std::uint32_t>(out_.phrase_nodes_.size()));
    if (is_new) out_.phrase_nodes_.emplace_back();
    return it->second;
  }

  const Catalogue& catalogue_;
  const Normaliser& normaliser_;
  YamlReader reader_{""};
  std::string file_;
  Language language_ = Language::kChinese;
  Symbol symbols_ = 0;
  std::map<std::u32string, std::uint32_t> name_ids_, word_ids_;
  Grammar out_;
};

Result<Grammar> Grammar::Parse(const std::map<std::string, std::string>& files, const Catalogue& catalogue, const Normaliser& normaliser) {
  DC_ASSIGN_OR_RETURN(const auto roots, ParseYaml(files));
  try {
    GrammarBuilder builder(catalogue, normaliser);
    // The files of both languages refer to needs and conditions, which stand beside the language folders.
    for (const bool shared : {true, false}) {
      for (const auto& [name, root] : roots) {
        if ((name.find('/') == std::string::npos) == shared) builder.Read(name, root);
      }
    }
    return std::move(builder).Finish();
  } catch (const Broken& broken) {
    return InvalidArgument(broken.message);
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("line {}: {}", e.mark.line + 1, e.msg));
  }
}

Result<Grammar> Grammar::Load(const std::filesystem::path& directory, const Catalogue& catalogue, const Normaliser& normaliser) {
  DC_ASSIGN_OR_RETURN(const auto files, ReadYamlTree(directory, kFileBytesMax));
  return Parse(files, catalogue, normaliser);
}

}  // namespace deepcabin::understanding
