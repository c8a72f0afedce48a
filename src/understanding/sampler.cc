#include "understanding/sampler.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.h"
#include "understanding/ellipsis.h"
#include "understanding/frame_json.h"
#include "understanding/place.h"
#include "understanding/remedies.h"
#include "understanding/sample_writer.h"

namespace deepcabin::understanding {
namespace {

// The mix. Shares of all lines; what is left is commands. docs/phrasebook.md names them too.
constexpr double kChineseShare = 0.6;
constexpr double kNeedShare = 0.13;
constexpr double kEscalationShare = 0.12;
constexpr double kDialogueShare = 0.12;
// Shares of commands.
constexpr double kOwnShare = 0.4;  // said in the capability's own phrases; the rest in those for everything
constexpr double kSeveralShare = 0.20;
constexpr double kTimeShare = 0.08;
constexpr double kConditionShare = 0.03;
constexpr double kDurationShare = 0.02;
constexpr double kIdleContextShare = 0.06;  // something was said before that has nothing to do with it
// Shares of lines that get small words, and that get damaged.
constexpr double kLeadShare = 0.15;
constexpr double kTailShare = 0.12;
constexpr double kStrewShare = 0.10;
constexpr double kNoiseShare = 0.20;

constexpr int kTries = 12;
constexpr std::size_t kTextReserved = 192;
constexpr int kSpeakers = 5;                                     // rows one and two
constexpr float kFitCostMax = 0.7F;                              // of a reading that a sample may ask for
constexpr std::size_t kPoliteMaxHan = 12, kPoliteMaxLatin = 14;  // bytes of a lead or tail word

constexpr std::array<Language, 2> kLanguages{Language::kChinese, Language::kEnglish};
std::size_t At(Language language) { return SamplePools::Index(language); }

bool NeedsFiller(std::uint32_t slots) {
  return (slots & ((1u << static_cast<unsigned>(Slot::kText)) | (1u << static_cast<unsigned>(Slot::kTo)) |
                   (1u << static_cast<unsigned>(Slot::kAny)))) != 0;
}
bool Holds(std::uint32_t slots, Slot slot) { return ((slots >> static_cast<unsigned>(slot)) & 1u) != 0; }

using Phrases = std::vector<std::uint32_t>;

// Phrases for one op with the same kinds of slots.
struct Group {
  Op op = Op::kOn;
  bool has_value = false;  // fixed by the key
  std::uint32_t slots = 0;
  Phrases phrases;
};

}  // namespace

class Sampler::Mix {
 public:
  Mix(const Phrasebook& phrasebook, const SampleOptions& options, std::uint64_t seed)
      : grammar_(phrasebook.grammar()), catalogue_(grammar_.catalogue()), options_(options), random_(seed), pools_(phrasebook),
        plans_(grammar_), writer_(grammar_, pools_, plans_, options.fillers, random_), noise_(grammar_) {
    SortPhrases();
    MakeMenus();
    for (const Language language : kLanguages) {
      leads_[At(language)] = Polite(language, "lead");
      tails_[At(language)] = Polite(language, "tail");
    }
  }

  Sample Next() {
    while (true) {
      Sample sample;
      sample.language = options_.language.value_or(random_.Chance(kChineseShare) ? Language::kChinese : Language::kEnglish);
      sample.speaker = static_cast<Zone>(random_.Below(kSpeakers));
      sample.text.reserve(kTextReserved);
      if (!Fill(sample)) continue;
      if (options_.noise) Roughen(sample);
      if (options_.held_out != nullptr && options_.held_out->Has(sample.text)) continue;
      return sample;
    }
  }

  std::optional<Sample> Of(std::uint32_t index) {
    const Phrase& phrase = grammar_.phrases()[index];
    strews_ = false;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      Sample sample;
      sample.language = phrase.language;
      sample.speaker = static_cast<Zone>(random_.Below(kSpeakers));
      bool done = false;
      switch (phrase.kind) {
        case PhraseKind::kCapability: done = SayCommand(index, &catalogue_.capability(phrase.capability), sample); break;
        case PhraseKind::kGeneric: {
          const auto& capable = capable_[index];
          done = !capable.empty() && SayCommand(index, &catalogue_.capability(Any(capable)), sample);
          break;
        }
        case PhraseKind::kNeed: done = SayNeed(index, sample); break;
        case PhraseKind::kEscalation: done = SayEscalation(index, sample); break;
        case PhraseKind::kDialogue: done = Command(sample, true) && GoOn(index, sample); break;
      }
      if (done) return sample;
    }
    return std::nullopt;
  }

 private:
  // What there is to say ----------------------------------------------------------------------------------------------------

  void SortPhrases() {
    std::map<std::tuple<Language, Op, bool, std::uint32_t>, Group> generic;
    std::map<std::tuple<Language, CapabilityId, Op, bool>, Group> own;
    std::map<std::tuple<Language, DialogueKind, std::string>, Phrases> dialogue;
    std::map<std::pair<Language, std::uint32_t>, Phrases> needs;
    std::map<std::pair<Language, Escalation>, Phrases> escalations;
    for (std::uint32_t i = 0; i < grammar_.phrases().size(); ++i) {
      const Phrase& phrase = grammar_.phrases()[i];
      const Language language = phrase.language;
      if (NeedsFiller(plans_.SlotsOf(i)) && options_.fillers == nullptr) continue;
      switch (phrase.kind) {
        case PhraseKind::kGeneric: {
          const bool fixed = !std::holds_alternative<std::monostate>(phrase.value);
          Group& group = generic[{language, phrase.op, fixed, plans_.SlotsOf(i)}];
          group.op = phrase.op;
          group.has_value = fixed;
          group.slots = plans_.SlotsOf(i);
          group.phrases.push_back(i);
          break;
        }
        case PhraseKind::kCapability: {
          const bool valued = Holds(plans_.SlotsOf(i), Slot::kValue) || Holds(plans_.SlotsOf(i), Slot::kWord);
          Group& group = own[{language, phrase.capability, phrase.op, valued}];
          group.op = phrase.op;
          group.phrases.push_back(i);
          break;
        }
        case PhraseKind::kNeed: needs[{language, phrase.need}].push_back(i); break;
        case PhraseKind::kEscalation: escalations[{language, phrase.escalation}].push_back(i); break;
        case PhraseKind::kDialogue:
          // Yes and no answer what was asked, which the frame does not tell.
          if (phrase.dialogue != DialogueKind::kYes && phrase.dialogue != DialogueKind::kNo)
            dialogue[{language, phrase.dialogue, phrase.dimension}].push_back(i);
          break;
      }
    }
    for (auto& [key, group] : generic) generic_[At(std::get<0>(key))].push_back(std::move(group));
    own_[0].resize(catalogue_.capabilities().size());
    own_[1].resize(catalogue_.capabilities().size());
    for (auto& [key, group] : own) own_[At(std::get<0>(key))][std::get<1>(key)].push_back(std::move(group));
    for (auto& [key, phrases] : dialogue) dialogue_[At(std::get<0>(key))].push_back(std::move(phrases));
    for (auto& [key, phrases] : needs) needs_[At(key.first)].push_back(std::move(phrases));
    for (auto& [key, phrases] : escalations) escalations_[At(key.first)].push_back(std::move(phrases));
  }

  // Whether the capability can be what a generic phrase of the group is about.
  bool Suits(const Group& group, Language language, const Capability& c) const {
    const bool value = Holds(group.slots, Slot::kValue);
    const bool word = Holds(group.slots, Slot::kWord);
    const auto op = OpFor(c, group.op, value || word || group.has_value);
    if (!op) return false;
    const auto& names = pools_.Names(language, c.id);
    const std::uint32_t ops = (1u << static_cast<unsigned>(group.op)) | (1u << static_cast<unsigned>(*op));
    const bool is_named = std::any_of(names.begin(), names.end(), [&](const SaidName& name) { return (name.ops & ops) != 0; });
    if (Holds(group.slots, Slot::kThings) && !is_named) return false;
    if (value && pools_.Values(language, c.id).empty()) return false;
    return !word || !pools_.Words(language, c.id).empty();
  }

  void MakeMenus() {
    capable_.resize(grammar_.phrases().size());
    for (const Language language : kLanguages) {
      auto& menus = menus_[At(language)];
      menus.resize(catalogue_.capabilities().size());
      for (const Capability& c : catalogue_.capabilities()) {
        for (std::uint32_t g = 0; g < generic_[At(language)].size(); ++g) {
          const Group& group = generic_[At(language)][g];
          if (!Suits(group, language, c)) continue;
          menus[c.id].push_back(g);
          for (const std::uint32_t phrase : group.phrases) capable_[phrase].push_back(c.id);
        }
        if (!menus[c.id].empty() || !own_[At(language)][c.id].empty()) speakable_[At(language)].push_back(c.id);
      }
    }
  }

  std::vector<std::string_view> Polite(Language language, std::string_view list) const {
    const std::size_t longest = language == Language::kChinese ? kPoliteMaxHan : kPoliteMaxLatin;
    std::vector<std::string_view> words;
    for (const std::string& word : grammar_.ListWords(language, list)) {
      if (word.size() <= longest && word.find("but") == std::string::npos) words.push_back(word);
    }
    return words;
  }

  template <typename T>
  const T& Any(const std::vector<T>& items) {
    return items[random_.Below(items.size())];
  }

  // One line ----------------------------------------------------------------------------------------------------------------

  bool Fill(Sample& sample) {
    const std::size_t l = At(sample.language);
    strews_ = options_.noise && random_.Chance(kStrewShare);
    double share = random_.Uniform();
    if ((share -= kNeedShare) < 0) return !needs_[l].empty() && SayNeed(Any(Any(needs_[l])), sample);
    if ((share -= kEscalationShare) < 0) return !escalations_[l].empty() && SayEscalation(Any(Any(escalations_[l])), sample);
    if (!options_.several) return Command(sample, false);
    if ((share -= kDialogueShare) < 0) return !dialogue_[l].empty() && Dialogue(sample);
    if (random_.Chance(kIdleContextShare) && !IdleContext(sample)) return false;
    if (random_.Chance(kSeveralShare)) return Several(sample);
    if (!Command(sample, false)) return false;
    AddTime(sample);
    return true;
  }

  // A capability first, then a way to say it: rare ones come as often as common ones. `alone`: for what is said before, without text.
  bool Command(Sample& sample, bool alone) {
    const std::size_t l = At(sample.language);
    if (speakable_[l].empty()) return false;
    const Capability& c = catalogue_.capability(Any(speakable_[l]));
    const auto& own = own_[l][c.id];
    const auto& menu = menus_[l][c.id];
    const bool use_own = !own.empty() && (menu.empty() || random_.Chance(kOwnShare));
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const std::uint32_t phrase = use_own ? Any(Any(own).phrases) : Any(generic_[l][Any(menu)].phrases);
      if (!SayCommand(phrase, &c, sample)) continue;
      if (alone) {
        sample.before = std::move(sample.calls);
        sample.calls.clear();
        sample.text.clear();
        sample.spans.clear();
      }
      return true;
    }
    return false;
  }

  Zone LastZone(const Sample& sample) const {
    const auto& last = sample.calls.empty() ? sample.before : sample.calls;
    return last.empty() ? Zone::kWhole : last.back().zone;
  }

  void AddText(const Written& written, Sample& sample) const {
    const auto offset = static_cast<std::uint32_t>(sample.text.size());
    for (const TextSpan& span : written.spans) sample.spans.push_back({span.begin + offset, span.end + offset});
    sample.text += written.text;
  }

  // Appends the command to the line and its calls to the frame; false, and nothing appended, when it does not come out as meant.
  bool SayCommand(std::uint32_t index, const Capability* c, Sample& sample) {
    const Phrase& phrase = grammar_.phrases()[index];
    const bool own = phrase.kind == PhraseKind::kCapability;
    const std::uint32_t slots = plans_.SlotsOf(index);
    const bool valued = Holds(slots, Slot::kValue) || Holds(slots, Slot::kWord) || !std::holds_alternative<std::monostate>(phrase.value);
    const auto op = own ? std::optional<Op>(phrase.op) : OpFor(*c, phrase.op, valued);
    if (!op) return false;
    Written written;
    if (!writer_.Write(index, c, *op, strews_, written)) return false;
    float cost = 0;
    auto drafts = BuildDrafts(phrase, written.slots, grammar_, written.free, cost);
    if (!drafts || drafts->empty() || cost > kFitCostMax || drafts->front().capability != c->id) return false;
    std::vector<Call> calls;
    for (Draft& draft : *drafts) {
      const bool is_manual = catalogue_.capability(draft.capability).name == "manual" && draft.text.empty();
      if (is_manual) {
        draft.text = written.text;
        written.spans = {{0, static_cast<std::uint32_t>(written.text.size())}};
      }
      if (written.when) draft.text = written.rest;
      for (Call& call : PlaceDraft(draft, catalogue_, {sample.speaker, LastZone(sample)})) {
        const Capability& placed = catalogue_.capability(call.capability);
        if (call.zone_spoken && ExpandZone(call.zone, placed.zones).empty()) return false;
        if (written.when) call.when = written.when;
        calls.push_back(std::move(call));
      }
    }
    if (calls.empty() || Repeats(calls, sample)) return false;
    AddText(written, sample);
    sample.phrase = index;
    for (Call& call : calls) sample.calls.push_back(std::move(call));
    return true;
  }

  // The same thing twice in a line, or right after it was spoken of: which counts is a matter of reading, not of the phrase.
  static bool Repeats(const std::vector<Call>& calls, const Sample& sample) {
    const auto meets = [&](const Call& call, const std::vector<Call>& others) {
      return std::any_of(others.begin(), others.end(), [&](const Call& other) { return other.capability == call.capability; });
    };
    return std::any_of(calls.begin(), calls.end(),
                       [&](const Call& call) { return meets(call, sample.calls) || meets(call, sample.before); });
  }

  bool IdleContext(Sample& sample) {
    strews_ = false;
    return Command(sample, true);
  }

  bool Several(Sample& sample) {
    constexpr double kMoreShare = 0.35;  // than two, and so on, up to five
    constexpr int kMost = 5;
    int count = 2;
    while (count < kMost && random_.Chance(kMoreShare)) ++count;
    const bool zh = sample.language == Language::kChinese;
    const auto& joins = grammar_.ListWords(sample.language, "then");
    if (!Command(sample, false)) return false;
    for (int i = 1; i < count; ++i) {
      const std::size_t before = sample.text.size();
      const bool comma = random_.Chance(0.6);
      const bool word = !comma || random_.Chance(0.5);
      if (comma) sample.text += zh ? "，" : ",";
      if (word && !joins.empty()) PhraseWriter::Append(Any(joins), sample.language, sample.text);
      if (!zh) sample.text += ' ';
      if (Command(sample, false)) continue;
      sample.text.resize(before);
    }
    return true;
  }

  void Prepend(std::string_view words, Sample& sample) const {
    sample.text.insert(0, words);
    for (TextSpan& span : sample.spans) {
      span.begin += static_cast<std::uint32_t>(words.size());
      span.end += static_cast<std::uint32_t>(words.size());
    }
  }

  // 十分钟后…, …, at seven tomorrow, 如果下雨…, …十分钟
  void AddTime(Sample& sample) {
    if (sample.calls.front().when || sample.calls.front().for_seconds || sample.calls.front().op == Op::kQuery) return;
    const bool zh = sample.language == Language::kChinese;
    double share = random_.Uniform();
    const bool ends_in_text = !sample.spans.empty() && sample.spans.back().end == sample.text.size();
    if ((share -= kDurationShare) < 0) {
      const Op op = sample.calls.front().op;
      const bool lasts = op == Op::kOn || op == Op::kOpen || op == Op::kStart;
      if (!lasts || ends_in_text || pools_.Durations(sample.language).empty()) return;
      const SaidDuration& duration = Any(pools_.Durations(sample.language));
      sample.text += zh ? duration.text : " for " + duration.text;
      for (Call& call : sample.calls) call.for_seconds = duration.seconds;
      return;
    }
    const bool is_condition = (share -= kConditionShare) < 0;
    if (!is_condition && (share -= kTimeShare) >= 0) return;
    const auto& whens = is_condition ? pools_.Conditions(sample.language) : pools_.Whens(sample.language);
    if (whens.empty()) return;
    const SaidWhen& when = Any(whens);
    const bool behind = !ends_in_text && random_.Chance(zh ? 0.15 : 0.5);
    const bool comma = random_.Chance(0.4);
    const std::size_t at = sample.text.size();
    if (behind) sample.text += (zh ? (comma ? "，" : "") : comma ? ", " : " ") + when.text;
    else Prepend(when.text + (zh ? (comma ? "，" : "") : comma ? ", " : " "), sample);
    if (is_condition) {  // its words stand in the frame
      const std::size_t begin = sample.text.find(when.when.condition.text, behind ? at : 0);
      const TextSpan span{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + when.when.condition.text.size())};
      sample.spans.insert(behind ? sample.spans.end() : sample.spans.begin(), span);
    }
    for (Call& call : sample.calls) call.when = when.when;
  }

  bool SayNeed(std::uint32_t index, Sample& sample) {
    const Phrase& phrase = grammar_.phrases()[index];
    const Need& need = grammar_.needs()[phrase.need];
    Written written;
    if (!writer_.Write(index, nullptr, Op::kOn, strews_, written)) return false;
    Zone near = sample.speaker;
    const auto& zones = written.slots.zones;
    if (!zones.empty() && zones.front().kind == ZoneMention::Kind::kOther) return false;
    if (!zones.empty() && zones.front().kind == ZoneMention::Kind::kNamed) near = zones.front().zone;
    for (const StateCondition& condition : Any(need.remedies).conditions) {
      auto state = StateFor(condition, catalogue_, sample.speaker, near, random_);
      const auto same = [&](const auto& other) { return other.first == state->first; };
      if (state && std::none_of(sample.state.begin(), sample.state.end(), same)) sample.state.push_back(std::move(*state));
    }
    Context context;
    context.speaker = sample.speaker;
    context.state = [&](SignalId id) -> std::optional<Value> {
      for (const auto& [signal, value] : sample.state) {
        if (signal == id) return value;
      }
      return std::nullopt;
    };
    AddText(written, sample);
    sample.phrase = index;
    sample.need = need.name;
    const Remedy* remedy = ChooseRemedy(need, catalogue_, context, near);
    if (remedy == nullptr) {
      sample.escalation = Escalation::kClarify;
      return true;
    }
    sample.calls = CallsOf(*remedy, catalogue_, near, {sample.speaker, Zone::kWhole});
    sample.escalation = EscalationOf(*remedy);
    const bool talks = sample.escalation == Escalation::kChat || sample.escalation == Escalation::kClarify;
    if (talks && !sample.calls.empty()) sample.escalation = Escalation::kNone;
    return true;
  }

  bool SayEscalation(std::uint32_t index, Sample& sample) {
    Written written;
    if (!writer_.Write(index, nullptr, Op::kOn, strews_, written)) return false;
    AddText(written, sample);
    sample.phrase = index;
    sample.escalation = grammar_.phrases()[index].escalation;
    return true;
  }

  bool Dialogue(Sample& sample) {
    strews_ = false;
    if (!Command(sample, true)) return false;
    const auto& kinds = dialogue_[At(sample.language)];
    for (int attempt = 0; attempt < kTries; ++attempt) {
      if (GoOn(Any(Any(kinds)), sample)) return true;
    }
    return false;
  }

  // A dialogue phrase after what stands in `before`; false when it does not suit that.
  bool GoOn(std::uint32_t index, Sample& sample) {
    const Phrase& phrase = grammar_.phrases()[index];
    const Call& last = sample.before.back();
    const Capability* about = &catalogue_.capability(last.capability);
    Op op = last.op;
    if (phrase.dialogue == DialogueKind::kSameThing) {
      about = &catalogue_.capability(Any(speakable_[At(sample.language)]));
      const auto becomes = OpFor(*about, last.op, !std::holds_alternative<std::monostate>(last.value));
      if (!becomes || about->id == last.capability) return false;
      op = *becomes;
    }
    Clause clause;
    Written written;
    if (!writer_.Write(index, about, op, false, written)) return false;
    clause.phrase = index;
    clause.slots = written.slots;
    const bool acts =
        phrase.dialogue == DialogueKind::kUndo || phrase.dialogue == DialogueKind::kRestore || phrase.dialogue == DialogueKind::kCancel;
    if (acts) {
      sample.escalation = Escalation::kCancel;
    } else {
      sample.calls = FillEllipsis(phrase, clause, sample.before, grammar_, written.free, {sample.speaker, last.zone});
      if (sample.calls.empty()) return false;
    }
    for (const Call& call : sample.calls) {
      const Capability& placed = catalogue_.capability(call.capability);
      if (call.zone_spoken && !placed.zones.empty() && ExpandZone(call.zone, placed.zones).empty()) {
        sample.calls.clear();
        return false;
      }
    }
    AddText(written, sample);
    sample.phrase = index;
    return true;
  }

  // Small words around the line, and the damage of speech recognition.
  void Roughen(Sample& sample) {
    const bool zh = sample.language == Language::kChinese;
    const std::size_t l = At(sample.language);
    const bool plain = sample.before.empty() && sample.escalation == Escalation::kNone && sample.need.empty();
    if (plain && !leads_[l].empty() && random_.Chance(kLeadShare)) Prepend(std::string(Any(leads_[l])) + (zh ? "" : " "), sample);
    const bool ends_in_text = !sample.spans.empty() && sample.spans.back().end == sample.text.size();
    if (plain && !ends_in_text && !tails_[l].empty() && random_.Chance(kTailShare))
      PhraseWriter::Append(Any(tails_[l]), sample.language, sample.text);
    if (!random_.Chance(kNoiseShare)) return;
    noise_.Damage(sample.text, sample.spans, sample.language, random_);
    sample.noisy = true;
  }

  const Grammar& grammar_;
  const Catalogue& catalogue_;
  SampleOptions options_;
  Random random_;
  SamplePools pools_;
  Plans plans_;
  PhraseWriter writer_;
  Noise noise_;
  bool strews_ = false;
  // By language:
  std::array<std::vector<Group>, 2> generic_;
  std::array<std::vector<std::vector<Group>>, 2> own_;            // and capability
  std::array<std::vector<std::vector<std::uint32_t>>, 2> menus_;  // and capability: places in generic_
  std::array<std::vector<CapabilityId>, 2> speakable_;
  std::array<std::vector<Phrases>, 2> dialogue_, needs_, escalations_;  // by kind; by need; by class
  std::array<std::vector<std::string_view>, 2> leads_, tails_;
  std::vector<std::vector<CapabilityId>> capable_;  // by generic phrase: what it can be about
};

Sampler::Sampler(const Phrasebook& phrasebook, const SampleOptions& options, std::uint64_t seed)
    : mix_(std::make_unique<Mix>(phrasebook, options, seed)) {}
Sampler::~Sampler() = default;
Sample Sampler::Next() { return mix_->Next(); }
std::optional<Sample> Sampler::Of(std::uint32_t phrase) { return mix_->Of(phrase); }

void AppendSampleJson(const Sample& sample, const Catalogue& catalogue, std::string& out) {
  out += "{\"text\":";
  AppendJsonString(sample.text, out);
  out += ",\"lang\":";
  AppendJsonString(LanguageName(sample.language), out);
  out += ",\"speaker\":";
  AppendJsonString(ZoneName(sample.speaker), out);
  out += ",\"context\":{\"calls\":";
  AppendCallsJson(sample.before, catalogue, out);
  out += ",\"state\":{";
  for (std::size_t i = 0; i < sample.state.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonString(catalogue.signal(sample.state[i].first).path, out);
    out += ':';
    AppendJsonValue(sample.state[i].second, out);
  }
  out += "}},\"frame\":";
  AppendFrameJson(sample.calls, sample.escalation, catalogue, out);
  out += '}';
}

}  // namespace deepcabin::understanding
