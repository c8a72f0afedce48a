#include "understanding/ellipsis.h"

#include <algorithm>
#include <array>

#include "understanding/resolve.h"

namespace deepcabin::understanding {
namespace {

// What is turned up or down when something switched was spoken of before: after "turn on the air conditioning", "higher" is its
// temperature.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kDials{{{"hvac.power", "hvac.temperature"},
                                                                               {"hvac.ac", "hvac.temperature"},
                                                                               {"hvac.auto", "hvac.temperature"},
                                                                               {"light.ambient", "light.ambient_brightness"},
                                                                               {"seat.massage", "seat.massage_intensity"},
                                                                               {"seat.massage_mode", "seat.massage_intensity"},
                                                                               {"media.music", "sound.volume"},
                                                                               {"media.playback", "sound.volume"},
                                                                               {"screen.power", "screen.brightness"}}};

// What a word of a dimension means when nothing before suits it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kDefaults{
    {{"warmth", "hvac.temperature"}, {"loudness", "sound.volume"}}};

bool HasDimension(const Capability& c, std::string_view dimension) {
  const std::string_view name = c.name;
  const auto contains = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (dimension == "brightness") return contains("brightness") || contains("light.") || contains("tint");
  if (dimension == "warmth") return c.value.unit == "celsius" || contains("heating");
  if (dimension == "loudness") return contains("volume") || contains("sound.");
  if (dimension == "height") return contains("height") || contains("position") || contains("legrest");
  if (dimension == "speed") return contains("speed") || contains("fan") || contains("wiper");
  if (dimension == "width") return contains("window") || contains("sunroof") || contains("shade") || contains("trunk");
  if (dimension == "strength") return !contains("position") && c.value.unit != "celsius";
  return true;
}

class Filler {
 public:
  Filler(const Phrase& phrase, const Clause& clause, std::span<const Call> before, const Grammar& grammar, const Normalised& text,
         Zone speaker)
      : phrase_(phrase), clause_(clause), before_(before), grammar_(grammar), text_(text), speaker_(speaker),
        catalogue_(grammar.catalogue()) {}

  std::vector<Call> Run() const {
    switch (phrase_.dialogue) {
      case DialogueKind::kMore: return Steps(Op::kIncrease);
      case DialogueKind::kLess: return Steps(Op::kDecrease);
      case DialogueKind::kSet: return Set();
      case DialogueKind::kZone:
      case DialogueKind::kInsteadZone: return Elsewhere();
      case DialogueKind::kOn: return Switched(Op::kOn);
      case DialogueKind::kOff: return Switched(Op::kOff);
      case DialogueKind::kStop: return Switched(Op::kStop);
      case DialogueKind::kSameThing: return SameForThings();
      case DialogueKind::kAgain: return {before_.begin(), before_.end()};
      default: return {};
    }
  }

 private:
  static Call Like(const Call& before, CapabilityId capability) {
    Call call;
    call.capability = capability;
    call.zone = before.zone;
    call.zone_spoken = before.zone_spoken;
    return call;
  }

  // The capability to turn, given the one spoken of: itself, or its dial.
  const Capability* DialOf(const Capability& c, Op op) const {
    if (c.Can(op) && HasDimension(c, phrase_.dimension)) return &c;
    for (const auto& [thing, dial] : kDials) {
      const Capability* found = thing == c.name ? catalogue_.FindCapability(dial) : nullptr;
      if (found != nullptr && found->Can(op)) return found;
    }
    return nullptr;
  }

  std::vector<Call> Steps(Op op) const {
    std::vector<Call> calls;
    for (const Call& call : before_) {
      const Capability* dial = DialOf(catalogue_.capability(call.capability), op);
      if (dial == nullptr) continue;
      const bool again =
          std::any_of(calls.begin(), calls.end(), [&](const Call& c) { return c.capability == dial->id && c.zone == call.zone; });
      if (!again) calls.push_back(WithAmount(Like(call, dial->id), op));
    }
    if (!calls.empty()) return calls;
    for (const auto& [dimension, name] : kDefaults) {
      const Capability* c = dimension == phrase_.dimension ? catalogue_.FindCapability(name) : nullptr;
      if (c == nullptr) continue;
      Draft draft;
      draft.capability = c->id;
      draft.zones = clause_.slots.zones;
      for (const Call& call : PlaceDraft(draft, catalogue_, speaker_)) calls.push_back(WithAmount(call, op));
    }
    return calls;
  }

  Call WithAmount(Call call, Op op) const {
    call.op = op;
    if (clause_.slots.value) PutAmount(call, *clause_.slots.value);
    return call;
  }

  void PutAmount(Call& call, const Amount& amount) const {
    Phrase phrase;
    phrase.kind = PhraseKind::kCapability;
    phrase.capability = call.capability;
    phrase.op = call.op;
    Slots slots;
    slots.value = amount;
    float cost = 0;
    const auto drafts = BuildDrafts(phrase, slots, grammar_, text_, cost);
    if (!drafts) return;
    call.value = drafts->front().value;
    call.unit = drafts->front().unit;
  }

  // "Two": of the thing spoken of; if it has no such value, of a sister that has.
  std::vector<Call> Set() const {
    std::vector<Call> calls;
    for (const Call& call : before_) {
      const Capability& c = catalogue_.capability(call.capability);
      if (clause_.slots.word) {
        if (auto found = SetWord(call, c)) calls.push_back(std::move(*found));
        continue;
      }
      if (!clause_.slots.value) continue;
      const Capability* best = nullptr;
      float best_cost = 0.5F;
      for (const Capability& other : catalogue_.capabilities()) {
        const bool sister = AreaOf(other) == AreaOf(c);
        if (!sister || !other.Can(Op::kSet)) continue;
        const auto cost = ValueFits(other, *clause_.slots.value);
        if (!cost) continue;
        const float total = *cost + (other.id == c.id ? 0.0F : IsDial(c, other) ? 0.2F : 0.4F);
        if (total >= best_cost) continue;
        best = &other;
        best_cost = total;
      }
      if (best == nullptr) continue;
      Call set = Like(call, best->id);
      set.op = Op::kSet;
      PutAmount(set, *clause_.slots.value);
      calls.push_back(std::move(set));
    }
    return calls;
  }

  static bool IsDial(const Capability& thing, const Capability& dial) {
    return std::any_of(kDials.begin(), kDials.end(), [&](const auto& row) { return row.first == thing.name && row.second == dial.name; }) ||
           (thing.name.starts_with("hvac.") && (dial.name == "hvac.fan" || dial.name == "hvac.temperature"));
  }

  static std::string_view AreaOf(const Capability& c) { return std::string_view(c.name).substr(0, c.name.find('.')); }

  std::optional<Call> SetWord(const Call& before, const Capability& c) const {
    for (const WordMeaning& meaning : grammar_.word(*clause_.slots.word)) {
      const Capability& owner = catalogue_.capability(meaning.capability);
      const auto op = AreaOf(owner) == AreaOf(c) ? OpFor(owner, Op::kSet, true) : std::nullopt;
      if (!op) continue;
      Call call = Like(before, owner.id);
      call.op = *op;
      call.value = owner.value.words[meaning.word].name;
      return call;
    }
    return std::nullopt;
  }

  std::vector<Call> Elsewhere() const {
    std::vector<Call> calls;
    for (const Call& call : before_) {
      for (const ZoneMention& mention : clause_.slots.zones) {
        Call moved = call;
        moved.zone = mention.is_speaker ? speaker_ : mention.zone;
        moved.zone_spoken = true;
        moved.when.reset();
        const bool placed = !ExpandZone(moved.zone, catalogue_.capability(call.capability).zones).empty();
        if (placed) calls.push_back(std::move(moved));
      }
    }
    return calls;
  }

  std::vector<Call> Switched(Op op) const {
    std::vector<Call> calls;
    for (const Call& call : before_) {
      const auto fitting = OpFor(catalogue_.capability(call.capability), op, false);
      if (!fitting) continue;
      Call switched = Like(call, call.capability);
      switched.op = *fitting;
      if (!catalogue_.capability(call.capability).Can(Op::kSet)) switched.value = call.value;  // scene off: which one
      calls.push_back(std::move(switched));
    }
    return calls;
  }

  // 座椅加热也要: the last op and value for another thing.
  std::vector<Call> SameForThings() const {
    if (before_.empty()) return {};
    Phrase phrase;
    phrase.kind = PhraseKind::kGeneric;
    phrase.op = before_.back().op;
    Slots slots = clause_.slots;
    if (!std::holds_alternative<std::monostate>(before_.back().value)) slots.value = Amount{before_.back().value, before_.back().unit};
    float cost = 0;
    auto drafts = BuildDrafts(phrase, slots, grammar_, text_, cost);
    if (!drafts) {
      slots.value.reset();
      drafts = BuildDrafts(phrase, slots, grammar_, text_, cost);
    }
    std::vector<Call> calls;
    if (!drafts) return calls;
    for (const Draft& draft : *drafts) {
      for (Call& call : PlaceDraft(draft, catalogue_, speaker_)) calls.push_back(std::move(call));
    }
    return calls;
  }

  const Phrase& phrase_;
  const Clause& clause_;
  std::span<const Call> before_;
  const Grammar& grammar_;
  const Normalised& text_;
  Zone speaker_;
  const Catalogue& catalogue_;
};

}  // namespace

std::vector<Call> FillEllipsis(const Phrase& phrase, const Clause& clause, std::span<const Call> before, const Grammar& grammar,
                               const Normalised& text, Zone speaker) {
  return Filler(phrase, clause, before, grammar, text, speaker).Run();
}

}  // namespace deepcabin::understanding
