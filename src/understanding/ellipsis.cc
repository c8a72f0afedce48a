#include "understanding/ellipsis.h"

#include <algorithm>
#include <array>

namespace deepcabin::understanding {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// What is turned up or down when something switched was spoken of before: after "turn on the air conditioning", "higher" is its
// temperature.
constexpr std::array<Pair, 11> kDials{{{"hvac.power", "hvac.temperature"},
                                       {"hvac.ac", "hvac.temperature"},
                                       {"hvac.auto", "hvac.temperature"},
                                       {"light.ambient", "light.ambient_brightness"},
                                       {"light.ambient_color", "light.ambient_brightness"},
                                       {"seat.massage", "seat.massage_intensity"},
                                       {"seat.massage_mode", "seat.massage_intensity"},
                                       {"fragrance.type", "fragrance.power"},
                                       {"media.music", "sound.volume"},
                                       {"media.playback", "sound.volume"},
                                       {"screen.power", "screen.brightness"}}};

// What is switched, stopped or stepped through when an aspect of it was spoken of before.
constexpr std::array<Pair, 18> kWholes{{{"screen.brightness", "screen.power"},
                                        {"hud.brightness", "hud.power"},
                                        {"seat.massage_mode", "seat.massage"},
                                        {"seat.massage_intensity", "seat.massage"},
                                        {"light.ambient_color", "light.ambient"},
                                        {"light.ambient_brightness", "light.ambient"},
                                        {"light.ambient_mode", "light.ambient"},
                                        {"hvac.temperature", "hvac.power"},
                                        {"hvac.fan", "hvac.power"},
                                        {"fragrance.type", "fragrance.power"},
                                        {"fridge.temperature", "fridge.power"},
                                        {"navi.poi", "navi.route"},
                                        {"media.music", "media.playback"},
                                        {"media.podcast", "media.playback"},
                                        {"media.audiobook", "media.playback"},
                                        {"media.radio", "media.playback"},
                                        {"media.video", "media.playback"},
                                        {"media.news", "media.playback"}}};

// What "another one" changes when the thing itself was spoken of before.
constexpr std::array<Pair, 5> kChoices{{{"seat.massage", "seat.massage_mode"},
                                        {"light.ambient", "light.ambient_color"},
                                        {"light.ambient_brightness", "light.ambient_color"},
                                        {"fragrance.power", "fragrance.type"},
                                        {"assistant", "assistant.voice"}}};

// Two things with one purpose at the two ends of the car.
constexpr std::array<Pair, 2> kEnds{{{"wiper.front", "wiper.rear"}, {"hvac.defrost_front", "hvac.defrost_rear"}}};

// Here "open" takes the lock off.
constexpr std::array<std::string_view, 2> kOpenedByUnlocking{"door.lock", "charging.plug_lock"};

// What a word of a dimension means when nothing before suits it.
constexpr std::array<Pair, 2> kDefaults{{{"warmth", "hvac.temperature"}, {"loudness", "sound.volume"}}};

template <std::size_t N>
std::string_view PartnerOf(const std::array<Pair, N>& pairs, std::string_view name) {
  for (const auto& [one, other] : pairs) {
    if (one == name) return other;
  }
  return {};
}

std::optional<Op> Opposite(Op op) {
  switch (op) {
    case Op::kIncrease: return Op::kDecrease;
    case Op::kDecrease: return Op::kIncrease;
    case Op::kOn: return Op::kOff;
    case Op::kOff: return Op::kOn;
    case Op::kOpen: return Op::kClose;
    case Op::kClose: return Op::kOpen;
    default: return std::nullopt;
  }
}

constexpr std::string_view kAgain = "again";  // a dimension that everything has: that of the last step

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
         const Whereabouts& whereabouts)
      : phrase_(phrase), clause_(clause), before_(before), grammar_(grammar), text_(text), whereabouts_(whereabouts),
        catalogue_(grammar.catalogue()) {}

  std::vector<Call> Run() const {
    switch (phrase_.dialogue) {
      case DialogueKind::kMore: return Placed(phrase_.dimension == kAgain ? MoreOfTheSame() : Steps(Op::kIncrease));
      case DialogueKind::kLess: return Placed(Steps(Op::kDecrease));
      case DialogueKind::kSet: return Placed(Set());
      case DialogueKind::kZone:
      case DialogueKind::kInsteadZone: return Placed({before_.begin(), before_.end()});
      case DialogueKind::kOn: return Placed(Switched(Op::kOn));
      case DialogueKind::kOff: return Placed(Switched(Op::kOff));
      case DialogueKind::kStop: return Placed(Stopped());
      case DialogueKind::kNext: return Placed(Next());
      case DialogueKind::kBack: return Placed(Reversed());
      case DialogueKind::kExcept: return clause_.slots.zones.empty() ? std::vector<Call>{} : Placed(Reversed());
      case DialogueKind::kText: return WithText();
      case DialogueKind::kPick: return Picked();
      case DialogueKind::kWhen: return AtTime();
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
    const Capability* dial = catalogue_.FindCapability(PartnerOf(kDials, c.name));
    return dial != nullptr && dial->Can(op) && HasDimension(*dial, phrase_.dimension) ? dial : nullptr;
  }

  // 再来点 after 关小一点 is smaller still; after a switch or a number it is more.
  std::vector<Call> MoreOfTheSame() const {
    std::vector<Call> calls;
    for (const Call& call : before_) {
      const bool steps = call.op == Op::kIncrease || call.op == Op::kDecrease;
      const bool points = call.op == Op::kSet && std::holds_alternative<std::string>(call.value);
      if (points) calls.push_back(call);
      else if (steps) calls.push_back(WithAmount(Like(call, call.capability), call.op));
    }
    return calls.empty() ? Steps(Op::kIncrease) : calls;
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
      for (const Call& call : PlaceDraft(draft, catalogue_, whereabouts_)) calls.push_back(WithAmount(call, op));
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
    std::optional<Call> found;
    for (const WordMeaning& meaning : grammar_.word(*clause_.slots.word)) {
      const Capability& owner = catalogue_.capability(meaning.capability);
      const auto op = AreaOf(owner) == AreaOf(c) ? OpFor(owner, Op::kSet, true) : std::nullopt;
      if (!op || (found && owner.id != c.id)) continue;
      found = Like(before, owner.id);
      found->op = *op;
      found->value = owner.value.words[meaning.word].name;
      if (owner.id == c.id) break;
    }
    return found;
  }

  // 右边那个 after a seat of the second row is the right one of that row.
  Zone Narrowed(Zone zone, const Call& before) const {
    if (zone != Zone::kLeft && zone != Zone::kRight) return zone;
    const bool left = zone == Zone::kLeft;
    switch (before.zone) {
      case Zone::kRow1Left:
      case Zone::kRow1Right: return left ? Zone::kRow1Left : Zone::kRow1Right;
      case Zone::kRow2Left:
      case Zone::kRow2Middle:
      case Zone::kRow2Right: return left ? Zone::kRow2Left : Zone::kRow2Right;
      case Zone::kRow3Left:
      case Zone::kRow3Right: return left ? Zone::kRow3Left : Zone::kRow3Right;
      default: return zone;
    }
  }

  // The calls at the places that the phrase names; as they are when it names none.
  std::vector<Call> Placed(std::vector<Call> calls) const {
    if (clause_.slots.zones.empty()) return calls;
    std::vector<Call> moved;
    for (const Call& call : calls) {
      const Capability* c = &catalogue_.capability(call.capability);
      for (const Zone zone : PlacesOf(clause_.slots.zones, *c, whereabouts_)) {
        Call there = call;
        there.zone = Narrowed(zone, call);
        there.zone_spoken = true;
        there.when.reset();
        if (const Capability* twin = TwinAt(*c, zone)) {
          there.capability = twin->id;
          there.zone = Zone::kWhole;
        } else if (ExpandZone(there.zone, c->zones).empty()) {
          continue;
        }
        const bool again = std::any_of(moved.begin(), moved.end(),
                                       [&](const Call& m) { return m.capability == there.capability && m.zone == there.zone; });
        if (!again) moved.push_back(std::move(there));
      }
    }
    return moved;
  }

  // 后面的也刮一下 after the front wiper: the thing of that end of the car.
  const Capability* TwinAt(const Capability& c, Zone zone) const {
    if (!c.zones.empty()) return nullptr;
    if (zone == Zone::kRear) return catalogue_.FindCapability(PartnerOf(kEnds, c.name));
    if (zone != Zone::kFront) return nullptr;
    for (const auto& [front, rear] : kEnds) {
      if (rear == c.name) return catalogue_.FindCapability(front);
    }
    return nullptr;
  }

  // The capability that a question to the manual was about.
  const Capability* Asked(const Call& call) const {
    if (catalogue_.capability(call.capability).name != "manual" || call.text.empty()) return nullptr;
    const auto hits = catalogue_.Search(call.text, 1);
    return hits.empty() ? nullptr : &catalogue_.capability(hits.front().capability);
  }

  std::vector<Call> Switched(Op asked) const {
    std::vector<Call> calls;
    for (const Call& call : before_) {
      const Capability* c = &catalogue_.capability(call.capability);
      if (const Capability* about = Asked(call)) c = about;
      const bool unlocks = std::find(kOpenedByUnlocking.begin(), kOpenedByUnlocking.end(), c->name) != kOpenedByUnlocking.end();
      const Op op = unlocks && asked == Op::kOn ? Op::kOff : asked;
      auto fitting = OpFor(*c, op, false);
      if (const Capability* whole = catalogue_.FindCapability(PartnerOf(kWholes, c->name)); !fitting && whole != nullptr) {
        c = whole;
        fitting = OpFor(*c, op, false);
      }
      if (!fitting) continue;
      Call switched = Like(call, c->id);
      if (c->id != call.capability && Asked(call) != nullptr) switched.zone = Zone::kWhole;
      switched.op = *fitting;
      if (c->id == call.capability && !c->Can(Op::kSet)) switched.value = call.value;  // scene off: which one
      AddOnce(calls, std::move(switched));
    }
    return calls;
  }

  static void AddOnce(std::vector<Call>& calls, Call call) {
    const bool again = std::any_of(calls.begin(), calls.end(), [&](const Call& c) {
      return c.capability == call.capability && c.zone == call.zone && c.op == call.op;
    });
    if (!again) calls.push_back(std::move(call));
  }

  // "Stop": only what runs, and moves, can stop. Nothing is switched off by it.
  std::vector<Call> Stopped() const {
    std::vector<Call> calls;
    for (const Call& call : before_) {
      const Capability* c = &catalogue_.capability(call.capability);
      if (!c->Can(Op::kStop) && !c->Can(Op::kPause)) c = catalogue_.FindCapability(PartnerOf(kWholes, c->name));
      if (c == nullptr || (!c->Can(Op::kStop) && !c->Can(Op::kPause))) continue;
      Call stopped = Like(call, c->id);
      stopped.op = c->Can(Op::kPause) ? Op::kPause : Op::kStop;
      AddOnce(calls, std::move(stopped));
    }
    return calls;
  }

  std::vector<Call> Next() const {
    std::vector<Call> calls;
    for (const Call& call : before_) {
      if (call.op == Op::kSearch) AddOnce(calls, call);  // another place of the kind
      const Capability* c = &catalogue_.capability(call.capability);
      for (const std::string_view other : {PartnerOf(kChoices, c->name), PartnerOf(kWholes, c->name)}) {
        if (c->Can(Op::kNext)) break;
        if (const Capability* found = catalogue_.FindCapability(other)) c = found;
      }
      if (!c->Can(Op::kNext)) continue;
      Call next = Like(call, c->id);
      next.op = Op::kNext;
      AddOnce(calls, std::move(next));
    }
    return calls;
  }

  // One step back of the last step; for a switch, the other way.
  std::vector<Call> Reversed() const {
    std::vector<Call> calls;
    for (const Call& call : before_) {
      auto op = Opposite(call.op);
      const Capability& c = catalogue_.capability(call.capability);
      // A bit back is a step, not all the way.
      if (phrase_.dialogue == DialogueKind::kBack && call.op == Op::kOpen && c.Can(Op::kDecrease)) op = Op::kDecrease;
      if (phrase_.dialogue == DialogueKind::kBack && call.op == Op::kClose && c.Can(Op::kIncrease)) op = Op::kIncrease;
      if (!op || !catalogue_.capability(call.capability).Can(*op)) continue;
      Call back = Like(call, call.capability);
      back.op = *op;
      calls.push_back(WithAmount(std::move(back), *op));
    }
    return calls;
  }

  std::vector<Call> WithText() const {
    if (before_.empty() || clause_.slots.text_end <= clause_.slots.text_begin) return {};
    Call call = before_.back();
    const Capability& c = catalogue_.capability(call.capability);
    if (!c.slot_text) return {};
    call.text = text_.Original(clause_.slots.text_begin, clause_.slots.text_end);
    return {call};
  }

  // 第二个 after a search for places: that is where to go.
  std::vector<Call> Picked() const {
    const Capability* route = catalogue_.FindCapability("navi.route");
    if (before_.empty() || route == nullptr) return {};
    const std::string& name = catalogue_.capability(before_.back().capability).name;
    if (name != "navi.poi" && name != "navi.route") return {};
    Call call;
    call.capability = route->id;
    call.op = Op::kStart;
    call.text = text_.Original(clause_.begin, clause_.end);
    return {call};
  }

  std::vector<Call> AtTime() const {
    std::vector<Call> calls(before_.begin(), before_.end());
    for (Call& call : calls) {
      if (clause_.slots.when) {
        call.when = clause_.slots.when;
      } else if (clause_.slots.duration_seconds && call.for_seconds) {
        call.for_seconds = clause_.slots.duration_seconds;
      } else if (clause_.slots.duration_seconds && call.when && call.when->kind == WhenKind::kAfter) {
        call.when->seconds = *clause_.slots.duration_seconds;
      } else {
        return {};
      }
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
      for (Call& call : PlaceDraft(draft, catalogue_, whereabouts_)) calls.push_back(std::move(call));
    }
    return calls;
  }

  const Phrase& phrase_;
  const Clause& clause_;
  std::span<const Call> before_;
  const Grammar& grammar_;
  const Normalised& text_;
  const Whereabouts& whereabouts_;
  const Catalogue& catalogue_;
};

}  // namespace

std::vector<Call> FillEllipsis(const Phrase& phrase, const Clause& clause, std::span<const Call> before, const Grammar& grammar,
                               const Normalised& text, const Whereabouts& whereabouts) {
  return Filler(phrase, clause, before, grammar, text, whereabouts).Run();
}

}  // namespace deepcabin::understanding
