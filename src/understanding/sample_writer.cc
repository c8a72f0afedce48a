#include "understanding/sample_writer.h"

#include <algorithm>

#include "base/text.h"

namespace deepcabin::understanding {
namespace {

// Shares of the mix; docs/phrasebook.md tells what they are for.
constexpr double kZoneShare = 0.35;                                  // of things said with a place
constexpr double kTwoZonesShare = 0.12;                              // of places
constexpr double kTwoThingsShare = 0.10;                             // of phrases about things
constexpr double kThreeThingsShare = 0.2;                            // of those
constexpr double kArticleShare = 0.5;                                // of English names
constexpr double kOfShare = 0.4;                                     // of Chinese places, with 的 before the name
constexpr double kTimeInTextShare = 0.4;                             // of Chinese reminders
constexpr double kLowerCaseShare = 0.5;                              // of English fillers: recognisers write few capitals
constexpr std::size_t kSmallWordMaxHan = 6, kSmallWordMaxLatin = 8;  // bytes

std::uint32_t Bit(Op op) { return 1u << static_cast<unsigned>(op); }

bool IsLatin(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Whether a time is said anywhere in it.
bool TellsTime(std::string_view text) {
  const std::u32string decoded = DecodeUtf8(text);
  for (std::size_t at = 0; at < decoded.size(); ++at) {
    if (ReadWhen(decoded, at)) return true;
  }
  return false;
}

}  // namespace

PhraseWriter::PhraseWriter(const Grammar& grammar, const SamplePools& pools, const Plans& plans, const Fillers* fillers, Random& random)
    : grammar_(grammar), pools_(pools), plans_(plans), fillers_(fillers), random_(random) {
  for (const Language language : {Language::kChinese, Language::kEnglish}) {
    const std::size_t l = SamplePools::Index(language);
    named_[l].resize(kOpCount);
    for (const Capability& c : grammar.catalogue().capabilities()) {
      for (int op = 0; op < kOpCount; ++op) {
        const auto becomes = OpFor(c, static_cast<Op>(op), false);
        if (!becomes || c.is_service()) continue;
        const auto& names = pools.Names(language, c.id);
        const std::uint32_t ops = Bit(static_cast<Op>(op)) | Bit(*becomes);
        const bool is_named = std::any_of(names.begin(), names.end(), [&](const SaidName& n) { return (n.ops & ops) != 0; });
        if (is_named) named_[l][static_cast<std::size_t>(op)].push_back(c.id);
      }
    }
    const std::size_t longest = language == Language::kChinese ? kSmallWordMaxHan : kSmallWordMaxLatin;
    for (const std::string& word : grammar.ListWords(language, "skip")) {
      if (word.size() <= longest) small_words_[l].push_back(word);
    }
  }
}

void PhraseWriter::Append(std::string_view word, Language language, std::string& text) {
  if (!text.empty() && !word.empty()) {
    const bool latin = IsLatin(text.back()) && IsLatin(word.front());  // "volume up" in a Chinese sentence
    const bool apart = language == Language::kEnglish ? text.back() != ' ' && word.front() != '\'' : latin;
    if (apart) text += ' ';
  }
  text += word;
}

void PhraseWriter::Strew(Written& out) {
  if (strew_at_ < 0) return;
  if (strew_at_-- > 0) return;
  const auto& words = small_words_[SamplePools::Index(out.language)];
  if (!words.empty() && !out.text.empty()) Append(Any(words), out.language, out.text);
}

bool PhraseWriter::Write(std::uint32_t index, const Capability* capability, Op op, bool strews, Written& out) {
  const Phrase& phrase = grammar_.phrases()[index];
  constexpr std::size_t kGaps = 4;
  constexpr std::size_t kTextReserved = 96;
  out.language = phrase.language;
  out.text.reserve(kTextReserved);
  capability_ = capability;
  op_ = op;
  strew_at_ = strews ? 1 + static_cast<int>(random_.Below(kGaps)) : -1;
  return WriteRange(plans_.Of(index), phrase, out) && !out.text.empty();
}

bool PhraseWriter::WriteRange(PlanRange range, const Phrase& phrase, Written& out) {
  for (std::uint32_t i = range.begin; i < range.end; ++i) {
    const PlanStep& step = plans_.step(i);
    switch (step.kind) {
      case PlanStep::Kind::kLiteral:
        Strew(out);
        Append(step.text, phrase.language, out.text);
        break;
      case PlanStep::Kind::kList:
        if (step.words->empty()) return false;
        Strew(out);
        Append(Any(*step.words), phrase.language, out.text);
        break;
      case PlanStep::Kind::kSlot:
        if (!WriteSlot(step.slot, phrase, out)) return false;
        break;
      case PlanStep::Kind::kChoice:
        if (!WriteRange(plans_.branch(step.first + static_cast<std::uint32_t>(random_.Below(step.count))), phrase, out)) return false;
        break;
    }
  }
  return true;
}

bool PhraseWriter::WriteZones(const std::vector<SaidZone>& zones, const Phrase& phrase, ZoneMentions& said, Written& out) {
  if (zones.empty()) return false;
  const SaidZone& first = Any(zones);
  Append(first.text, phrase.language, out.text);
  said = first.mentions;
  if (!random_.Chance(kTwoZonesShare)) return true;
  const SaidZone& second = Any(zones);
  const auto is_seat = [](const SaidZone& zone) {
    return zone.mentions.size() == 1 && zone.mentions.front().kind == ZoneMention::Kind::kNamed && IsSeat(zone.mentions.front().zone);
  };
  if (!is_seat(first) || !is_seat(second) || first.mentions.front().zone == second.mentions.front().zone) return true;
  Append(phrase.language == Language::kChinese ? "和" : "and", phrase.language, out.text);
  Append(second.text, phrase.language, out.text);
  said.push_back(second.mentions.front());
  return true;
}

bool PhraseWriter::WriteThing(const Capability& c, std::uint32_t ops, const Phrase& phrase, Written& out) {
  const auto& names = pools_.Names(phrase.language, c.id);
  if (names.empty()) return false;
  constexpr int kTries = 6;
  const SaidName* name = nullptr;
  for (int i = 0; i < kTries && name == nullptr; ++i) {
    const SaidName& any = Any(names);
    if ((any.ops & ops) != 0) name = &any;
  }
  if (name == nullptr) return false;
  const bool zh = phrase.language == Language::kChinese;
  Thing thing;
  thing.name = name->id;
  const bool article = !zh && random_.Chance(kArticleShare) && !out.text.ends_with("the") && !out.text.ends_with(" a");
  if (article) Append("the", phrase.language, out.text);
  const auto& zones = pools_.Zones(phrase.language, c.id);
  if (!zones.empty() && random_.Chance(kZoneShare)) {
    WriteZones(zones, phrase, thing.zones, out);
    if (zh && random_.Chance(kOfShare) && !out.text.ends_with("的")) out.text += "的";
  }
  Append(name->text, phrase.language, out.text);
  out.slots.things.push_back(std::move(thing));
  return true;
}

bool PhraseWriter::WriteThings(const Phrase& phrase, Written& out) {
  const Capability& c = *capability_;
  if (!WriteThing(c, Bit(phrase.op) | Bit(op_), phrase, out)) return false;
  if (out.slots.value || out.slots.word || !std::holds_alternative<std::monostate>(phrase.value)) return true;
  if (!random_.Chance(kTwoThingsShare) || c.is_service()) return true;
  const int more = random_.Chance(kThreeThingsShare) ? 2 : 1;
  const auto& others = named_[SamplePools::Index(phrase.language)][static_cast<std::size_t>(phrase.op)];
  for (int i = 0; i < more && !others.empty(); ++i) {
    const Capability& other = grammar_.catalogue().capability(Any(others));
    const auto becomes = OpFor(other, phrase.op, false);
    if (other.id == c.id || !becomes) continue;
    const std::size_t before = out.text.size();
    const bool zh = phrase.language == Language::kChinese;
    if (zh) out.text += i + 1 < more ? "、" : random_.Chance(0.7) ? "和" : "跟";
    else out.text += " and";
    if (!WriteThing(other, Bit(phrase.op) | Bit(*becomes), phrase, out)) out.text.resize(before);
  }
  return true;
}

bool PhraseWriter::WriteFreeText(Slot slot, const Phrase& phrase, Written& out) {
  if (fillers_ == nullptr) return false;
  const bool means_calls = capability_ != nullptr;
  const auto& kinds =
      fillers_->For(phrase.language, means_calls ? capability_->id : kNoId, slot == Slot::kTo ? OpenSlot::kTo : OpenSlot::kText);
  const Fillers::Words& words = *Any(kinds);
  const std::string* word = &Any(words);
  const bool is_reminder = means_calls && slot == Slot::kText && capability_->skill == "reminders" && op_ == Op::kSet;
  if (is_reminder && TellsTime(*word)) return false;
  std::string lower;
  const bool zh = phrase.language == Language::kChinese;
  if (!zh && random_.Chance(kLowerCaseShare)) {
    lower = ToLowerAscii(*word);
    word = &lower;
  }
  const auto free_begin = static_cast<std::uint32_t>(out.free.text.size());
  const auto keep = [&](std::string_view bytes) {
    for (const char c : bytes) {
      out.free.offsets.push_back(static_cast<std::uint32_t>(out.free.text.size()));
      out.free.text.push_back(static_cast<unsigned char>(c));
    }
    out.free.original += bytes;
  };
  if (is_reminder && zh && out.slots.text_end == 0 && random_.Chance(kTimeInTextShare)) {
    const SaidWhen& when = Any(pools_.Whens(phrase.language));
    out.text += when.text;
    out.when = when.when;
    out.rest = *word;
    keep(when.text);
  }
  keep(*word);
  const bool apart = !zh && !out.text.empty() && out.text.back() != ' ';
  if (apart) out.text += ' ';
  const auto begin = static_cast<std::uint32_t>(out.text.size());
  out.text += *word;
  if (means_calls || phrase.kind == PhraseKind::kDialogue) out.spans.push_back({begin, static_cast<std::uint32_t>(out.text.size())});
  const auto free_end = static_cast<std::uint32_t>(out.free.text.size());
  if (slot == Slot::kText) out.slots.text_begin = free_begin, out.slots.text_end = free_end;
  if (slot == Slot::kTo) out.slots.to_begin = free_begin, out.slots.to_end = free_end;
  return true;
}

bool PhraseWriter::WriteSlot(Slot slot, const Phrase& phrase, Written& out) {
  const Language language = phrase.language;
  const bool has_capability = capability_ != nullptr;
  switch (slot) {
    case Slot::kThings: Strew(out); return has_capability && WriteThings(phrase, out);
    case Slot::kZone: {
      if (has_capability && capability_->zones.empty() && phrase.kind == PhraseKind::kGeneric) return false;
      const bool all = !has_capability || capability_->zones.empty();
      return WriteZones(all ? pools_.AnyZones(language) : pools_.Zones(language, capability_->id), phrase, out.slots.zones, out);
    }
    case Slot::kValue: {
      const auto& values = pools_.Values(language, has_capability ? capability_->id : AnyCapability());
      if (values.empty()) return false;
      const SaidValue& value = Any(values);
      Append(value.text, language, out.text);
      out.slots.value = value.amount;
      return true;
    }
    case Slot::kWord: {
      const auto& words = pools_.Words(language, has_capability ? capability_->id : AnyCapability());
      if (words.empty()) return false;
      const SaidWord& word = Any(words);
      Append(word.text, language, out.text);
      out.slots.word = word.id;
      return true;
    }
    case Slot::kDuration: {
      const SaidDuration& duration = Any(pools_.Durations(language));
      Append(duration.text, language, out.text);
      out.slots.duration_seconds = duration.seconds;
      return true;
    }
    case Slot::kWhen: {
      const SaidWhen& when = Any(pools_.Whens(language));
      Append(when.text, language, out.text);
      out.slots.when = when.when;
      return true;
    }
    case Slot::kAny:
    case Slot::kText:
    case Slot::kTo: return WriteFreeText(slot, phrase, out);
  }
  return false;
}

}  // namespace deepcabin::understanding
