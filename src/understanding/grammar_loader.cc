// Grammar::Parse: reads phrasebook/**/*.yaml, resolves names against the catalogue, and hands everything to the builder.

#include <algorithm>
#include <optional>

#include "base/yaml.h"
#include "understanding/grammar_builder.h"

namespace deepcabin::understanding {
namespace {

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
                                                                        {"cancel", DialogueKind::kCancel},
                                                                        {"next", DialogueKind::kNext},
                                                                        {"back", DialogueKind::kBack},
                                                                        {"text", DialogueKind::kText},
                                                                        {"when", DialogueKind::kWhen},
                                                                        {"except", DialogueKind::kExcept},
                                                                        {"pick", DialogueKind::kPick}};

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

class GrammarReader {
 public:
  GrammarReader(const Catalogue& catalogue, const Normaliser& normaliser) : catalogue_(catalogue), builder_(catalogue, normaliser) {}

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

  Grammar Finish(const Sounds& sounds) && { return std::move(builder_).Finish(sounds); }

 private:
  void ReadLists(const YAML::Node& node) {
    for (const auto& entry : reader_.Map(node)) {
      const std::string name = reader_.String(entry.first);
      std::set<std::string> seen;
      for (const YAML::Node& item : reader_.Sequence(entry.second)) {
        std::string word = reader_.String(item);
        if (word.empty()) reader_.Fail(item, "an empty word");
        if (!seen.insert(word).second) reader_.Fail(item, fmt::format("`{}` stands twice in the list `{}`", word, name));
        builder_.AddListWord(language_, name, word);
      }
    }
  }

  void ReadZones(const YAML::Node& node) {
    for (const auto& entry : reader_.Map(node)) {
      const std::string name = reader_.String(entry.first);
      const auto zone = ParseZone(name);
      if (!zone && name != "speaker" && name != "other") reader_.Fail(entry.first, fmt::format("unknown zone `{}`", name));
      const std::uint32_t id = zone ? static_cast<std::uint32_t>(*zone) : name == "speaker" ? kSpeakerZone : kOtherZone;
      for (const YAML::Node& item : reader_.Sequence(entry.second)) builder_.AddZoneWord(language_, reader_.String(item), id);
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
      builder_.AddPhrase(std::move(phrase));
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
        for (const YAML::Node& item : reader_.Sequence(body["names"]))
          builder_.AddName(language_, reader_.String(item), c->id, GrammarBuilder::kAllOps);
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
        builder_.AddName(language_, reader_.String(item), c.id, 1u << static_cast<unsigned>(*op));
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
        builder_.AddEnumWord(language_, reader_.String(item), c.id, static_cast<std::uint32_t>(it - words.begin()));
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
      for (std::uint32_t i = 0; i < builder_.needs().size(); ++i) {
        if (builder_.needs()[i].name == name) phrase.need = i;
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
      builder_.needs().push_back(std::move(need));
    }
  }

  void ReadConditions(const YAML::Node& node) {
    for (const YAML::Node& item : reader_.Sequence(node)) {
      reader_.AllowKeys(item, {"condition", "signal", "capability", "zone", "is", "value", "about"});
      if (!item["condition"]) reader_.Fail(item, "a condition has `condition`, its name");
      builder_.conditions().push_back({reader_.String(item["condition"]), ReadState(item)});
    }
  }

  void ReadConditionWords(const YAML::Node& node) {
    for (const auto& entry : reader_.Map(node)) {
      const std::string name = reader_.String(entry.first);
      const auto it =
          std::find_if(builder_.conditions().begin(), builder_.conditions().end(), [&](const NamedCondition& c) { return c.name == name; });
      if (it == builder_.conditions().end())
        reader_.Fail(entry.first, fmt::format("condition `{}` is not in phrasebook/conditions.yaml", name));
      const auto id = static_cast<std::uint32_t>(it - builder_.conditions().begin());
      for (const YAML::Node& item : reader_.Sequence(entry.second)) AddConditionWord(item, id);
    }
  }

  void AddConditionWord(const YAML::Node& item, std::uint32_t id) {
    const auto tree = ParsePhrase(reader_.String(item));
    if (!tree) reader_.Fail(item, tree.error().message);
    const auto sequences = ExpandPhrase(*tree, GrammarBuilder::kExpansionsMax);
    if (!sequences) reader_.Fail(item, sequences.error().message);
    for (const auto& sequence : *sequences) {
      std::string text;
      for (const Part* part : sequence) {
        if (part->kind != Part::Kind::kLiteral) reader_.Fail(item, "a condition is made of plain words");
        if (language_ == Language::kEnglish && !text.empty()) text += ' ';
        text += part->text;
      }
      builder_.AddWord(text, {LexKind::kCondition, id});
    }
  }

  const Catalogue& catalogue_;
  GrammarBuilder builder_;
  YamlReader reader_{""};
  std::string file_;
  Language language_ = Language::kChinese;
};

}  // namespace

Result<Grammar> Grammar::Parse(const std::map<std::string, std::string>& files, const Catalogue& catalogue, const Normaliser& normaliser,
                               const Sounds& sounds) {
  DC_ASSIGN_OR_RETURN(const auto roots, ParseYaml(files));
  try {
    GrammarReader reader(catalogue, normaliser);
    // The files of both languages refer to needs and conditions, which stand beside the language folders.
    for (const bool shared : {true, false}) {
      for (const auto& [name, root] : roots) {
        if (name.starts_with("fillers/")) continue;  // the sampler's
        if ((name.find('/') == std::string::npos) == shared) reader.Read(name, root);
      }
    }
    return std::move(reader).Finish(sounds);
  } catch (const Broken& broken) {
    return InvalidArgument(broken.message);
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("line {}: {}", e.mark.line + 1, e.msg));
  }
}

}  // namespace deepcabin::understanding
