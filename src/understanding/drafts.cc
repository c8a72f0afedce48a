// What a recognised phrase means as calls: which of a name's capabilities is meant, and whether op and value suit it.

#include <algorithm>
#include <array>
#include <cmath>

#include "understanding/matcher.h"

namespace deepcabin::understanding {
namespace {

constexpr float kRelatedWordCost = 0.2F;  // 空调 + 吹脸: the word belongs to a sister capability
constexpr float kOutsideRangeCost = 0.8F;
constexpr float kForeignZoneCost = 0.6F;

std::string_view AreaOf(const Capability& c) { return std::string_view(c.name).substr(0, c.name.find('.')); }

// The unit that a number without one has for this capability.
std::string_view DefaultUnit(const Capability& c) {
  const ValueSpec& v = c.value;
  if (v.levels > 0) return "level";
  if (v.unit == "celsius") return "C";
  if (v.unit == "percent") return "percent";
  if (v.unit == "km/h") return "kmh";
  if (v.unit == "degrees") return "deg";
  if (v.unit == "mm" || v.unit == "cm") return "cm";
  if (v.unit == "A") return "A";
  return "";
}

// "Set it to 70": nobody means 70 °C in a cabin.
bool IsFahrenheit(const Capability& c, double number) {
  return c.value.unit == "celsius" && number > 50 && number <= 100 && c.value.max < 50;
}

bool UnitFits(const ValueSpec& v, std::string_view unit) {
  if (unit == "level") return v.levels > 0 || v.has_range;
  if (unit == "percent") return v.has_range;
  if (unit == "degree") return v.unit == "celsius" || v.unit == "degrees";
  if (unit == "C" || unit == "F") return v.unit == "celsius";
  if (unit == "kmh" || unit == "mph") return v.unit == "km/h";
  if (unit == "cm" || unit == "mm" || unit == "m") return v.unit == "mm" || v.unit == "cm" || v.unit == "m";
  if (unit == "s" || unit == "min" || unit == "h") return v.unit == "s" || v.unit == "min";
  if (unit == "A") return v.unit == "A";
  if (unit == "x") return v.unit == "x" || v.unit == "ratio";
  if (unit == "MHz" || unit == "kHz") return v.unit == unit;
  return false;
}

// Levels of things without levels are taken as moderate steps; they suit a thing with levels better.
float LevelCost(const ValueSpec& v, std::string_view unit, double number) {
  if (unit == "level" && v.levels == 0) return 0.5F;
  if (unit == "level") return number >= v.first_level && number <= v.levels ? 0 : kOutsideRangeCost;
  if (unit == "percent") return v.unit == "percent" && v.levels == 0 ? 0 : 0.1F;
  if (unit == "degree" || unit == "C") return number >= v.min && number <= v.max ? 0 : kOutsideRangeCost;
  return 0;
}

const Word* NumberedWord(const Capability& c, double number) {
  const std::string name = number == std::floor(number) ? std::to_string(static_cast<long>(number)) : "";
  return c.FindWord(name);
}

struct Choice {
  CapabilityId capability = kNoId;
  Op op = Op::kOn;
  const Word* word = nullptr;
  float cost = 1e9F;
};

// Among what a word may mean, the one that belongs to `c` or to a sister of it.
void TryWords(const Capability& c, Op asked, const Slots& slots, const Grammar& grammar, Choice& best) {
  for (const WordMeaning& meaning : grammar.word(*slots.word)) {
    const Capability& owner = grammar.catalogue().capability(meaning.capability);
    const bool same = owner.id == c.id;
    if (!same && AreaOf(owner) != AreaOf(c)) continue;
    const auto op = OpFor(owner, asked, true);
    if (!op) continue;
    const float cost = same ? 0 : kRelatedWordCost;
    if (cost < best.cost) best = {owner.id, *op, &owner.value.words[meaning.word], cost};
  }
}

Choice ChooseMeaning(const Thing& thing, const Phrase& phrase, const Slots& slots, const Grammar& grammar) {
  Choice best;
  const bool has_value = slots.value || slots.word || !std::holds_alternative<std::monostate>(phrase.value);
  for (const NameMeaning& meaning : grammar.name(thing.name)) {
    const Capability& c = grammar.catalogue().capability(meaning.capability);
    const auto op = OpFor(c, phrase.op, has_value);
    if (!op) continue;
    const std::uint32_t asked = (1u << static_cast<unsigned>(phrase.op)) | (1u << static_cast<unsigned>(*op));
    if ((meaning.ops & asked) == 0) continue;
    Choice choice{c.id, *op, nullptr, 0};
    if (slots.word) {
      choice.cost = 1e9F;
      TryWords(c, phrase.op, slots, grammar, choice);
    } else if (slots.value) {
      const auto cost = ValueFits(c, *slots.value);
      if (!cost) continue;
      choice.cost = *cost;
    } else if (const auto* word = std::get_if<std::string>(&phrase.value)) {
      const bool extreme = (*word == "max" || *word == "min" || *word == "mid") && c.value.has_range;
      if (!extreme && c.FindWord(*word) == nullptr) continue;
    }
    const bool foreign = !thing.zones.empty() && !c.zones.empty() && thing.zones.front().kind == ZoneMention::Kind::kNamed &&
                         !thing.zones.front().except && ExpandZone(thing.zones.front().zone, c.zones).empty();
    if (foreign) choice.cost += kForeignZoneCost;
    if (meaning.ops != 0xFFFFFFFF) choice.cost += 0.01F;  // the thing's own name before a borrowed one
    if (choice.cost < best.cost) best = choice;
  }
  return best;
}

void PutValue(Draft& draft, const Capability& c, const Amount& amount) {
  draft.value = amount.value;
  if (const auto* number = std::get_if<double>(&amount.value)) {
    if (const Word* word = c.value.has_range ? nullptr : NumberedWord(c, *number)) {
      draft.value = *number;
      (void)word;
      return;
    }
    const bool open = amount.unit.empty() || amount.unit == "number" || amount.unit == "degree";
    draft.unit = open && IsFahrenheit(c, *number) ? "F"
                 : amount.unit == "degree"        ? (c.value.unit == "celsius" ? "C" : "deg")
                 : open                           ? DefaultUnit(c)
                                                  : amount.unit;
  }
}

// The value of the key ("set=sport"); for a service that takes text and has no such word it is the text ("start=家").
void PutFixed(Draft& draft, const Capability& c, const Phrase& phrase) {
  if (std::holds_alternative<std::monostate>(phrase.value)) return;
  const auto* word = std::get_if<std::string>(&phrase.value);
  const bool extreme = word != nullptr && (*word == "max" || *word == "min" || *word == "mid") && c.value.has_range;
  if (word != nullptr && c.slot_text && c.FindWord(*word) == nullptr && !extreme) {
    draft.text = *word + (phrase.unit.empty() ? "" : " " + phrase.unit);
    return;
  }
  draft.value = phrase.value;
  draft.unit = phrase.unit;
}

void PutTexts(Draft& draft, const Capability& c, const Slots& slots, const Normalised& text) {
  const bool takes_text = c.slot_text || c.value.free_text;
  if (takes_text && slots.text_end > slots.text_begin) draft.text = text.Original(slots.text_begin, slots.text_end);
  if (c.slot_to && slots.to_end > slots.to_begin) draft.to = text.Original(slots.to_begin, slots.to_end);
  draft.for_seconds = slots.duration_seconds;
}

std::optional<std::vector<Draft>> FromThings(const Phrase& phrase, const Slots& slots, const Grammar& grammar, const Normalised& text,
                                             float& cost) {
  std::vector<Draft> drafts;
  for (const Thing& thing : slots.things) {
    const Choice choice = ChooseMeaning(thing, phrase, slots, grammar);
    if (choice.capability == kNoId || choice.cost > 10) return std::nullopt;
    cost += choice.cost;
    Draft draft;
    draft.capability = choice.capability;
    draft.op = choice.op;
    draft.zones = thing.zones.empty() ? slots.zones : thing.zones;
    PutFixed(draft, grammar.catalogue().capability(choice.capability), phrase);
    if (slots.value) PutValue(draft, grammar.catalogue().capability(choice.capability), *slots.value);
    if (choice.word != nullptr) draft.value = choice.word->name;
    PutTexts(draft, grammar.catalogue().capability(choice.capability), slots, text);
    drafts.push_back(std::move(draft));
  }
  return drafts;
}

// "运动模式": the word alone tells what is meant, unless several capabilities claim it.
std::optional<std::vector<Draft>> FromWordAlone(const Phrase& phrase, const Slots& slots, const Grammar& grammar, const Normalised& text,
                                                float& cost) {
  const Capability* owner = nullptr;
  const Word* word = nullptr;
  Op op = phrase.op;
  int claims = 0;
  for (const WordMeaning& meaning : grammar.word(*slots.word)) {
    const Capability& c = grammar.catalogue().capability(meaning.capability);
    const auto fitting = OpFor(c, phrase.op, true);
    if (!fitting) continue;
    if (owner != nullptr && owner->id == c.id) continue;
    ++claims;
    if (owner != nullptr) continue;
    owner = &c;
    word = &c.value.words[meaning.word];
    op = *fitting;
  }
  if (claims != 1) return std::nullopt;
  cost += 0.3F;
  Draft draft;
  draft.capability = owner->id;
  draft.op = op;
  draft.zones = slots.zones;
  draft.value = word->name;
  PutTexts(draft, *owner, slots, text);
  return std::vector<Draft>{std::move(draft)};
}

std::optional<std::vector<Draft>> FromCapability(const Phrase& phrase, const Slots& slots, const Grammar& grammar, const Normalised& text,
                                                 float& cost) {
  const Capability& c = grammar.catalogue().capability(phrase.capability);
  Draft draft;
  draft.capability = c.id;
  draft.op = phrase.op;
  draft.zones = slots.zones;
  PutFixed(draft, c, phrase);
  if (slots.value) {
    const auto fits = ValueFits(c, *slots.value);
    if (!fits) return std::nullopt;
    cost += *fits;
    PutValue(draft, c, *slots.value);
  }
  if (slots.word) {
    const auto& meanings = grammar.word(*slots.word);
    const auto own = std::find_if(meanings.begin(), meanings.end(), [&](const WordMeaning& m) { return m.capability == c.id; });
    if (own == meanings.end()) return std::nullopt;
    draft.value = c.value.words[own->word].name;
  }
  PutTexts(draft, c, slots, text);
  return std::vector<Draft>{std::move(draft)};
}

}  // namespace

std::optional<float> ValueFits(const Capability& c, const Amount& amount) {
  const ValueSpec& v = c.value;
  if (const auto* word = std::get_if<std::string>(&amount.value)) {
    if (v.has_range || c.FindWord(*word) != nullptr) return 0.0F;
    return std::nullopt;
  }
  const double number = std::get<double>(amount.value);
  const bool plain = amount.unit.empty() || amount.unit == "number";
  if (plain && NumberedWord(c, number) != nullptr) return 0.0F;
  if (c.is_service()) {  // a service takes what its skill understands
    if (!v.has_range && c.slot_text) return std::nullopt;
    return UnitFits(v, amount.unit) || plain ? std::optional<float>(0.3F) : std::nullopt;
  }
  if (!v.has_range) return std::nullopt;
  if ((plain || amount.unit == "degree") && IsFahrenheit(c, number)) return 0.1F;
  if (plain) {
    const bool in_levels = v.levels > 0 && number >= v.first_level && number <= v.levels;
    const bool in_range = v.levels == 0 && number >= v.min && number <= v.max;
    return in_levels || in_range ? 0.1F : 0.1F + kOutsideRangeCost;
  }
  if (!UnitFits(v, amount.unit)) return std::nullopt;
  return LevelCost(v, amount.unit, number);
}

std::optional<Op> OpFor(const Capability& c, Op asked, bool has_value) {
  const auto first = [&](std::initializer_list<Op> ops) -> std::optional<Op> {
    for (const Op op : ops) {
      if (c.Can(op)) return op;
    }
    return std::nullopt;
  };
  switch (asked) {
    case Op::kOn:
      if (has_value && c.Can(Op::kSet)) return Op::kSet;
      return first({Op::kOn, Op::kOpen, Op::kStart, Op::kPlay});
    case Op::kOpen:
      if (has_value && c.Can(Op::kSet)) return Op::kSet;
      return first({Op::kOpen, Op::kOn});
    case Op::kOff: return first({Op::kOff, Op::kClose, Op::kStop, Op::kPause, Op::kCancel});
    case Op::kClose: return first({Op::kClose, Op::kOff});
    case Op::kSet:
      if (c.Can(Op::kSet)) return Op::kSet;
      return has_value ? first({Op::kOn}) : std::nullopt;
    case Op::kStart: return first({Op::kStart, Op::kOn, Op::kPlay, Op::kOpen});
    case Op::kStop: return first({Op::kStop, Op::kPause, Op::kOff, Op::kCancel});
    case Op::kPlay: return first({Op::kPlay, Op::kStart});
    case Op::kPause: return first({Op::kPause, Op::kStop});
    case Op::kCancel: return first({Op::kCancel, Op::kStop, Op::kOff});
    case Op::kQuery: return c.Can(Op::kQuery) || !c.is_service() ? std::optional<Op>(Op::kQuery) : std::nullopt;
    default: return first({asked});
  }
}

namespace {

// "开一半" is said with words for more, but it names where to stop.
void SettleExtremes(std::vector<Draft>& drafts, const Catalogue& catalogue) {
  for (Draft& draft : drafts) {
    const bool steps = draft.op == Op::kIncrease || draft.op == Op::kDecrease;
    if (steps && std::holds_alternative<std::string>(draft.value) && catalogue.capability(draft.capability).Can(Op::kSet))
      draft.op = Op::kSet;
  }
}

// 给我, "tell me": the speaker is nobody to send things to.
bool IsToSomebody(const Slots& slots, const Normalised& text) {
  if (slots.to_end <= slots.to_begin) return true;
  const std::u32string_view to = std::u32string_view(text.text).substr(slots.to_begin, slots.to_end - slots.to_begin);
  constexpr std::array<std::u32string_view, 6> kNobody{U"我", U"你", U"我们", U"me", U"you", U"us"};
  return std::find(kNobody.begin(), kNobody.end(), to) == kNobody.end();
}

}  // namespace

std::optional<std::vector<Draft>> BuildDrafts(const Phrase& phrase, const Slots& slots, const Grammar& grammar, const Normalised& text,
                                              float& cost) {
  if (!IsToSomebody(slots, text)) return std::nullopt;
  std::optional<std::vector<Draft>> drafts;
  if (phrase.kind == PhraseKind::kCapability) drafts = FromCapability(phrase, slots, grammar, text, cost);
  else if (!slots.things.empty()) drafts = FromThings(phrase, slots, grammar, text, cost);
  else if (slots.word) drafts = FromWordAlone(phrase, slots, grammar, text, cost);
  if (drafts) SettleExtremes(*drafts, grammar.catalogue());
  return drafts;
}

}  // namespace deepcabin::understanding
