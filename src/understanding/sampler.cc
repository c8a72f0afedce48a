#include "understanding/sampler.h"

#include <array>

#include <fmt/format.h>

#include "understanding/place.h"

namespace deepcabin::understanding {
namespace {

constexpr double kZoneShare = 0.35;   // of things said with a place
constexpr double kOtherShare = 0.15;  // of lines that are needs or escalations
constexpr double kSeveralShare = 0.15;
constexpr double kGenericShare = 0.7;  // the rest uses the capability's own phrases, where it has any

// Open slots are filled with plain words here; broader fillers belong to the training of the student.
constexpr std::array<std::string_view, 8> kTextsZh{"人民公园", "机场", "火车站", "周杰伦", "小星星", "张伟", "明天的会议", "最近的商场"};
constexpr std::array<std::string_view, 8> kTextsEn{"the airport", "central park", "main street", "the beatles",
                                                   "yesterday",   "anna",         "the dentist", "the nearest mall"};

std::string HanNumber(int n) {
  constexpr std::array<std::string_view, 10> kDigits{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
  const auto digit = [&](int d) { return std::string(kDigits[static_cast<std::size_t>(d)]); };
  if (n < 10) return digit(n);
  if (n < 20) return "十" + (n % 10 == 0 ? "" : digit(n % 10));
  if (n < 100) return digit(n / 10) + "十" + (n % 10 == 0 ? "" : digit(n % 10));
  if (n < 1000)
    return digit(n / 100) + "百" +
           (n % 100 == 0   ? ""
            : n % 100 < 10 ? "零" + digit(n % 10)
                           : digit(n % 100 / 10) + "十" + (n % 10 == 0 ? "" : digit(n % 10)));
  return std::to_string(n);
}

}  // namespace

struct Sampler::Filled {
  Language language = Language::kChinese;
  std::string text;
  const Capability* capability = nullptr;  // chosen before the phrase is written
  Op op = Op::kOn;
  Slots slots;
  Draft draft;
};

Sampler::Sampler(const Phrasebook& phrasebook, const SampleOptions& options, std::uint64_t seed)
    : grammar_(phrasebook.grammar()), options_(options), random_(seed), by_capability_(grammar_.catalogue().capabilities().size()),
      capable_(kOpCount) {
  for (std::uint32_t i = 0; i < grammar_.phrases().size(); ++i) {
    const Phrase& phrase = grammar_.phrases()[i];
    if (options_.language && phrase.language != *options_.language) continue;
    switch (phrase.kind) {
      case PhraseKind::kGeneric: generic_.push_back(i); break;
      case PhraseKind::kCapability: by_capability_[phrase.capability].push_back(i); break;
      case PhraseKind::kNeed:
      case PhraseKind::kEscalation: others_.push_back(i); break;
      case PhraseKind::kDialogue: break;  // means nothing alone
    }
  }
  for (const Capability& c : grammar_.catalogue().capabilities()) {
    for (int op = 0; op < kOpCount; ++op) {
      if (OpFor(c, static_cast<Op>(op), true)) capable_[static_cast<std::size_t>(op)].push_back(c.id);
    }
  }
}

void Sampler::Append(std::string_view word, Filled& filled) const {
  if (filled.language == Language::kEnglish && !filled.text.empty()) filled.text += ' ';
  filled.text += word;
}

bool Sampler::Write(const Part& part, const Phrase& phrase, Filled& filled) {
  switch (part.kind) {
    case Part::Kind::kLiteral: Append(part.text, filled); return true;
    case Part::Kind::kList: {
      const auto& words = grammar_.ListWords(phrase.language, part.text);
      if (words.empty()) return false;
      Append(words[random_.Below(words.size())], filled);
      return true;
    }
    case Part::Kind::kSlot: return WriteSlot(part, phrase, filled);
    case Part::Kind::kSequence:
      for (const Part& inner : part.parts) {
        if (!Write(inner, phrase, filled)) return false;
      }
      return true;
    case Part::Kind::kChoice: return Write(part.parts[random_.Below(part.parts.size())], phrase, filled);
  }
  return false;
}

std::string Sampler::SayZone(Language language, ZoneMentions& zones) {
  const auto& words = grammar_.ZoneWords(language);
  if (words.empty()) return {};
  const auto& surface = words[random_.Below(words.size())];
  const bool named = surface.id < kSpeakerZone;
  zones = {{named ? static_cast<Zone>(surface.id) : Zone::kWhole, named                        ? ZoneMention::Kind::kNamed
                                                                  : surface.id == kSpeakerZone ? ZoneMention::Kind::kSpeaker
                                                                                               : ZoneMention::Kind::kOther}};
  return surface.text;
}

bool Sampler::WriteThing(const Phrase& phrase, Filled& filled) {
  const Capability& c = *filled.capability;
  const auto& names = grammar_.NamesOf(phrase.language, c.id, filled.op);
  if (names.empty()) return false;
  ZoneMentions zones;
  if (!c.zones.empty() && random_.Chance(kZoneShare)) {
    const std::string said = SayZone(phrase.language, zones);
    const bool placed =
        !zones.empty() && (zones.front().kind != ZoneMention::Kind::kNamed || !ExpandZone(zones.front().zone, c.zones).empty());
    if (placed) {
      Append(said, filled);
      filled.draft.zones = zones;
    }
  }
  Append(names[random_.Below(names.size())], filled);
  return true;
}

bool Sampler::WriteValue(const Phrase& phrase, Filled& filled) {
  const Capability& c = *filled.capability;
  const bool zh = phrase.language == Language::kChinese;
  if (!c.value.has_range) return false;
  const double share = random_.Uniform();
  if (share < 0.12) {
    constexpr std::array<std::string_view, 3> kExtremes{"max", "min", "mid"};
    const std::string_view extreme = kExtremes[random_.Below(3)];
    const auto& words = grammar_.ListWords(phrase.language, extreme);
    if (words.empty()) return false;
    Append(words[random_.Below(words.size())], filled);
    filled.draft.value = std::string(extreme);
    filled.draft.unit.clear();
    return true;
  }
  const bool levels = c.value.levels > 0 && c.value.levels <= 30;
  const int low = levels ? std::max(1, c.value.first_level) : static_cast<int>(c.value.min);
  const int high = levels ? c.value.levels : static_cast<int>(c.value.max);
  if (high < low) return false;
  const int number = low + static_cast<int>(random_.Below(static_cast<std::size_t>(high - low + 1)));
  const std::string digits = zh && random_.Chance(0.6) && number >= 0 && number < 1000 ? HanNumber(number) : std::to_string(number);
  filled.draft.value = static_cast<double>(number);
  if (levels) {
    Append(zh ? digits + "档" : "level " + digits, filled);
    filled.draft.unit = "level";
  } else if (c.value.unit == "celsius") {
    Append(digits + (zh ? "度" : " degrees"), filled);
    filled.draft.unit = "C";
  } else if (c.value.unit == "percent") {
    Append(zh ? "百分之" + digits : digits + " percent", filled);
    filled.draft.unit = "percent";
  } else {
    return false;
  }
  return true;
}

bool Sampler::WriteWord(const Phrase& phrase, Filled& filled) {
  const Capability& c = *filled.capability;
  if (c.value.words.empty()) return false;
  const auto index = static_cast<std::uint32_t>(random_.Below(c.value.words.size()));
  const auto& words = grammar_.WordsOf(phrase.language, c.id, index);
  if (words.empty()) return false;
  Append(words[random_.Below(words.size())], filled);
  filled.draft.value = c.value.words[index].name;
  filled.draft.unit.clear();
  return true;
}

bool Sampler::WriteSlot(const Part& part, const Phrase& phrase, Filled& filled) {
  const bool zh = phrase.language == Language::kChinese;
  const bool needs_capability = part.slot == Slot::kThings || part.slot == Slot::kValue || part.slot == Slot::kWord;
  if (needs_capability && filled.capability == nullptr) return false;
  switch (part.slot) {
    case Slot::kThings: return WriteThing(phrase, filled);
    case Slot::kZone: {
      if (filled.capability != nullptr && filled.capability->zones.empty()) return false;
      const std::string said = SayZone(phrase.language, filled.draft.zones);
      const bool placed = filled.capability == nullptr || filled.draft.zones.empty() ||
                          filled.draft.zones.front().kind != ZoneMention::Kind::kNamed ||
                          !ExpandZone(filled.draft.zones.front().zone, filled.capability->zones).empty();
      if (!placed) return false;
      Append(said, filled);
      return true;
    }
    case Slot::kValue: return WriteValue(phrase, filled);
    case Slot::kWord: return WriteWord(phrase, filled);
    case Slot::kDuration: {
      const int minutes = 1 + static_cast<int>(random_.Below(59));
      Append(zh ? HanNumber(minutes) + "分钟" : fmt::format("{} minutes", minutes), filled);
      filled.draft.for_seconds = minutes * 60.0;
      return true;
    }
    case Slot::kWhen: {
      const int minutes = 1 + static_cast<int>(random_.Below(59));
      Append(zh ? HanNumber(minutes) + "分钟后" : fmt::format("in {} minutes", minutes), filled);
      return true;
    }
    case Slot::kAny: {
      Append(zh ? kTextsZh[random_.Below(kTextsZh.size())] : kTextsEn[random_.Below(kTextsEn.size())], filled);
      return true;
    }
    case Slot::kText:
    case Slot::kTo: {
      const std::string_view word = zh ? kTextsZh[random_.Below(kTextsZh.size())] : kTextsEn[random_.Below(kTextsEn.size())];
      Append(word, filled);
      (part.slot == Slot::kText ? filled.draft.text : filled.draft.to) = word;
      return true;
    }
  }
  return false;
}

const Capability* Sampler::PickCapability(const Phrase& phrase) {
  const Catalogue& catalogue = grammar_.catalogue();
  if (phrase.kind == PhraseKind::kCapability) return &catalogue.capability(phrase.capability);
  const auto& capable = capable_[static_cast<std::size_t>(phrase.op)];
  return capable.empty() ? nullptr : &catalogue.capability(capable[random_.Below(capable.size())]);
}

std::optional<Sample> Sampler::Of(std::uint32_t index) {
  const Phrase& phrase = grammar_.phrases()[index];
  constexpr int kTries = 12;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    Filled filled;
    filled.language = phrase.language;
    const bool means_calls = phrase.kind == PhraseKind::kGeneric || phrase.kind == PhraseKind::kCapability;
    if (means_calls) {
      filled.capability = PickCapability(phrase);
      if (filled.capability == nullptr) return std::nullopt;
      const auto op = phrase.kind == PhraseKind::kCapability ? std::optional<Op>(phrase.op) : OpFor(*filled.capability, phrase.op, false);
      const auto valued = OpFor(*filled.capability, phrase.op, true);
      filled.op = op ? *op : valued.value_or(phrase.op);
    }
    filled.draft.value = phrase.value;
    filled.draft.unit = phrase.unit;
    if (!Write(phrase.tree, phrase, filled)) continue;
    Sample sample;
    sample.text = std::move(filled.text);
    sample.language = phrase.language;
    sample.speaker = speaker_.value_or(static_cast<Zone>(random_.Below(5)));
    sample.phrase = index;
    if (phrase.kind == PhraseKind::kNeed) sample.need = grammar_.needs()[phrase.need].name;
    if (phrase.kind == PhraseKind::kEscalation) sample.escalation = phrase.escalation;
    if (means_calls) {
      filled.draft.capability = filled.capability->id;
      const bool has_value = !std::holds_alternative<std::monostate>(filled.draft.value);
      const auto op =
          phrase.kind == PhraseKind::kCapability ? std::optional<Op>(phrase.op) : OpFor(*filled.capability, phrase.op, has_value);
      if (!op) continue;
      filled.draft.op = *op;
      sample.calls = PlaceDraft(filled.draft, grammar_.catalogue(), {sample.speaker, Zone::kWhole});
    }
    return sample;
  }
  return std::nullopt;
}

std::optional<Sample> Sampler::Command() {
  // A capability first, then a phrase for it: rare capabilities come as often as common ones.
  const auto& capabilities = grammar_.catalogue().capabilities();
  const auto& own = by_capability_[random_.Below(capabilities.size())];
  const bool use_own = !own.empty() && !random_.Chance(kGenericShare);
  if (use_own) return Of(own[random_.Below(own.size())]);
  if (generic_.empty()) return std::nullopt;
  return Of(generic_[random_.Below(generic_.size())]);
}

Sample Sampler::Next() {
  speaker_ = static_cast<Zone>(random_.Below(5));  // one person says the whole line
  while (true) {
    if (!others_.empty() && random_.Chance(kOtherShare)) {
      if (auto sample = Of(others_[random_.Below(others_.size())])) return std::move(*sample);
      continue;
    }
    auto sample = Command();
    if (!sample) continue;
    if (options_.several && random_.Chance(kSeveralShare)) {
      auto second = Command();
      if (second && second->language == sample->language) {
        const auto& joins = grammar_.ListWords(sample->language, "then");
        const std::string join = joins.empty() ? "" : joins[random_.Below(joins.size())];
        sample->text += sample->language == Language::kChinese ? "，" + join : ", " + join + (join.empty() ? "" : " ");
        sample->text += second->text;
        for (Call& call : second->calls) sample->calls.push_back(std::move(call));
        sample->phrase = second->phrase;
      }
    }
    return std::move(*sample);
  }
}

}  // namespace deepcabin::understanding
