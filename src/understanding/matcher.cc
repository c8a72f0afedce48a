#include "understanding/matcher.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/text.h"

namespace deepcabin::understanding {
namespace {

// Costs of a reading; lower is better. Chosen so that one phrase beats two, a specific phrase a generic one, a known word free text.
constexpr float kClauseCost = 1.0F;
constexpr float kCapabilityBonus = -0.1F;   // a phrase written for one capability
constexpr float kDialogueAloneCost = 0.5F;  // nothing was said before
constexpr float kDialogueBonus = -0.15F;    // what was spoken of before comes before short phrases that name nothing
constexpr float kEscalationCost = 0.1F;
constexpr float kForeignLanguageCost = 0.4F;  // an English phrase in a Chinese sentence, and the reverse
constexpr float kSkipCost = 0.05F;
constexpr float kFillerCost = 0.06F;
constexpr float kCommaInsideCost = 0.15F;
constexpr float kTextPerHan = 0.17F;
constexpr float kTextPerWord = 0.4F;
constexpr float kTextAcrossComma = 1.2F;
constexpr float kTextAcrossThen = 1.0F;
constexpr float kUnseparatedHanCost = 0.2F;        // two commands in a row with nothing between them
constexpr float kUnseparatedLatinCost = 1.2F;      // English has a word or a comma there
constexpr float kUnseparatedDialogueCost = 3.0F;   // 关小一点 is no 关 and 小一点
constexpr float kUnseparatedAfterNoCost = 5.0F;    // 不要打开车窗 is no "no" and an order
constexpr float kLeadAfterTextCost = 1.0F;         // 比我更爱你: the last word belongs to the text
constexpr float kUnseparatedAfterTextCost = 2.5F;  // the free text went on
constexpr float kTimeAfterMessageCost = 2.0F;
constexpr float kLeadingRepairCost = 1.5F;  // 不是我开的窗: nothing was said that could be wrong
constexpr float kOneCharacterCost = 3.0F;   // 切, 挂, 开 inside a sentence are parts of words
constexpr float kAsideCost = 1.8F;
constexpr float kAsidePerCharacter = 0.05F;
constexpr std::size_t kAsideMax = 24;  // characters
constexpr float kUnknownCost = 5.0F;
constexpr float kRivalMargin = 0.02F;
constexpr int kSkipsInRow = 3;
constexpr std::size_t kTextMax = 120;
constexpr std::size_t kChildrenPerSpan = 6;  // looking at a child is so much cheaper than asking for one
constexpr std::size_t kVisitsMax = 40'000;   // of phrase nodes in one utterance; then the rest stays unread

bool IsDigit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool IsSeparator(char32_t c) { return c == U',' || c == U'.' || c == U'?'; }

class Search {
 public:
  Search(const Grammar& grammar, const Normalised& text, const Hearing& hearing)
      : grammar_(grammar), sequences_(grammar.sequences()), text_(text), lattice_(grammar, text, hearing.by_ear),
        dialogue_cost_(hearing.in_dialogue ? kDialogueBonus : kDialogueAloneCost) {}

  // Every clause that begins at `begin`, the cheapest for each end.
  std::vector<Clause> ClausesAt(std::size_t begin) {
    found_.clear();
    begin_ = static_cast<std::uint32_t>(begin);
    Slots slots;
    Walk(Trie::kRoot, begin, slots, 0, 0);
    return Cheapest();
  }

  Lattice& lattice() { return lattice_; }
  const Lattice& lattice() const { return lattice_; }

 private:
  void Walk(std::uint32_t node, std::size_t position, Slots& slots, float cost, int skips) {
    if (!CanEnd(node, position)) return;
    if (++visits_ > kVisitsMax) return;
    if (skips == 0) {
      for (const std::uint32_t phrase : sequences_.Values(node)) Finish(phrase, position, slots, cost);
    }
    if (position >= lattice_.size()) return;
    const char32_t c = lattice_.at(position);
    if (c == U' ') {
      Walk(node, position + 1, slots, cost, skips);
      return;
    }
    // What the node can go on with, met with what stands here: the smaller side asks the larger.
    const std::size_t children = sequences_.ChildrenEnd(node) - sequences_.ChildrenBegin(node);
    if (children <= kChildrenPerSpan * lattice_.Symbols(position).size()) WalkChildren(node, position, slots, cost);
    else WalkSpans(node, position, slots, cost);
    if (node == Trie::kRoot || skips >= kSkipsInRow) return;
    for (const std::uint32_t end : lattice_.SkipEnds(position)) Walk(node, end, slots, cost + kSkipCost, skips + 1);
    if (c == U',') Walk(node, position + 1, slots, cost + kCommaInsideCost, skips + 1);
  }

  // Whether what every phrase on from `node` needs is said at all.
  bool CanEnd(std::uint32_t node, std::size_t position) const {
    const std::uint32_t needed = sequences_.Ahead(node);
    return needed == Trie::kNoLabel || lattice_.MayFollow(position, needed);
  }

  void WalkChildren(std::uint32_t node, std::size_t position, Slots& slots, float cost) {
    const std::span<const std::uint32_t> labels = sequences_.ChildLabels(node);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::uint32_t label = labels[i];
      if (label < kSlotSymbols ? !lattice_.MayFollow(position, label) : !lattice_.MayStand(position, label)) continue;
      const std::uint32_t next = sequences_.ChildrenBegin(node) + static_cast<std::uint32_t>(i);
      if (label < kSlotSymbols) {
        WalkSlot(static_cast<Slot>(label), next, position, slots, cost);
        continue;
      }
      for (const auto& span : lattice_.SpansOf(position, label)) Walk(next, span.end, slots, cost + span.cost, 0);
    }
  }

  void WalkSpans(std::uint32_t node, std::size_t position, Slots& slots, float cost) {
    const auto& spans = lattice_.Symbols(position);
    std::uint32_t next = Trie::kRoot;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      if (i == 0 || spans[i].value != spans[i - 1].value) next = sequences_.Child(node, spans[i].value);
      if (next != Trie::kRoot) Walk(next, spans[i].end, slots, cost + spans[i].cost, 0);
    }
    for (Symbol slot = 0; slot < kSlotSymbols; ++slot) {
      next = sequences_.Child(node, slot);
      if (next != Trie::kRoot) WalkSlot(static_cast<Slot>(slot), next, position, slots, cost);
    }
  }

  // Fills `field` with each of `spans` in turn and goes on after it.
  template <typename Spans, typename Field>
  void WalkFilled(const Spans& spans, std::uint32_t next, Field& field, Slots& slots, float cost) {
    if (spans.empty()) return;
    Field saved = std::move(field);
    for (const auto& span : spans) {
      field = span.value;
      Walk(next, span.end, slots, cost + span.cost, 0);
    }
    field = std::move(saved);
  }

  void WalkSlot(Slot slot, std::uint32_t next, std::size_t position, Slots& slots, float cost) {
    if (!CanEnd(next, position)) return;
    switch (slot) {
      case Slot::kWhen: WalkFilled(lattice_.Whens(position), next, slots.when, slots, cost); break;
      case Slot::kAny: WalkText(next, position, passed_begin_, passed_end_, slots, cost); break;
      case Slot::kThings: WalkFilled(lattice_.Things(position), next, slots.things, slots, cost); break;
      case Slot::kZone: WalkFilled(lattice_.Zones(position), next, slots.zones, slots, cost); break;
      case Slot::kValue: WalkFilled(lattice_.Amounts(position), next, slots.value, slots, cost); break;
      case Slot::kWord: WalkFilled(lattice_.Words(position), next, slots.word, slots, cost); break;
      case Slot::kDuration: WalkFilled(lattice_.Durations(position), next, slots.duration_seconds, slots, cost); break;
      case Slot::kText: WalkText(next, position, slots.text_begin, slots.text_end, slots, cost); break;
      case Slot::kTo: WalkText(next, position, slots.to_begin, slots.to_end, slots, cost); break;
    }
  }

  // Free text ends where the phrase goes on, or anywhere when the phrase ends with it.
  void WalkText(std::uint32_t next, std::size_t position, std::uint32_t& begin, std::uint32_t& end, Slots& slots, float cost) {
    if (lattice_.at(position) == U'\'') return;  // the 's of "phone's"
    const std::uint32_t saved_begin = begin;
    const std::uint32_t saved_end = end;
    float text_cost = 0;
    for (std::size_t stop = position + 1; stop <= lattice_.size() && stop - position <= kTextMax; ++stop) {
      const char32_t last = lattice_.at(stop - 1);
      const bool in_number =
          last == U'.' && stop - 1 > position && stop < lattice_.size() && IsDigit(lattice_.at(stop - 2)) && IsDigit(lattice_.at(stop));
      if ((last == U'.' && !in_number) || last == U'?') break;
      if (stop > position + 1 && lattice_.HasThen(stop - 1)) text_cost += kTextAcrossThen;
      if (IsHan(last)) text_cost += kTextPerHan;
      else if (last == U' ' || stop == position + 1) text_cost += kTextPerWord;
      else if (last == U',') text_cost += kTextAcrossComma;
      if (last == U' ' || last == U',') continue;
      const bool inside_word = stop < lattice_.size() && !IsHan(last) && !IsHan(lattice_.at(stop)) && lattice_.at(stop) != U' ' &&
                               !IsSeparator(lattice_.at(stop));
      if (inside_word) continue;
      begin = static_cast<std::uint32_t>(position);
      end = static_cast<std::uint32_t>(stop);
      Walk(next, stop, slots, cost + text_cost, 0);
    }
    begin = saved_begin;
    end = saved_end;
  }

  void Finish(std::uint32_t index, std::size_t position, const Slots& slots, float cost) {
    const Phrase& phrase = grammar_.phrases()[index];
    if (phrase.language != text_.language && !Shows(phrase.language, begin_, position)) return;
    float total = cost + kClauseCost + (phrase.language == text_.language ? 0 : kForeignLanguageCost);
    std::vector<Draft> drafts;
    switch (phrase.kind) {
      case PhraseKind::kCapability: total += kCapabilityBonus; [[fallthrough]];
      case PhraseKind::kGeneric: {
        auto built = BuildDrafts(phrase, slots, grammar_, text_, total);
        if (!built) return;
        drafts = std::move(*built);
        break;
      }
      case PhraseKind::kDialogue: total += dialogue_cost_; break;
      case PhraseKind::kEscalation: total += kEscalationCost; break;
      case PhraseKind::kNeed: break;
    }
    const auto end = static_cast<std::uint32_t>(position);
    const bool is_dialogue = phrase.kind == PhraseKind::kDialogue;
    for (Clause& known : found_) {
      if (known.end != end || is_dialogue != IsDialogue(known) || (is_dialogue && !SameDialogue(known, phrase))) continue;
      if (total < known.cost - 1e-6F) {
        const bool rival = known.cost - total < kRivalMargin && Differs(known, index, drafts);
        known = {begin_, end, index, total, slots, std::move(drafts), rival ? known.phrase : kNoId, {}};
      } else if (known.rival == kNoId && total - known.cost < kRivalMargin && Differs(known, index, drafts)) {
        known.rival = index;
      }
      return;
    }
    found_.push_back({begin_, end, index, total, slots, std::move(drafts), kNoId, {}});
  }

  // Whether some character there is of that language's script: "red" in an English sentence is nothing a Chinese phrase may take.
  bool Shows(Language language, std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i) {
      const char32_t c = text_.text[i];
      if (language == Language::kChinese ? IsHan(c) : c >= U'a' && c <= U'z') return true;
    }
    return false;
  }

  bool IsDialogue(const Clause& clause) const { return grammar_.phrases()[clause.phrase].kind == PhraseKind::kDialogue; }

  bool SameDialogue(const Clause& clause, const Phrase& phrase) const {
    const Phrase& other = grammar_.phrases()[clause.phrase];
    return other.dialogue == phrase.dialogue && other.dimension == phrase.dimension;
  }

  // One clause for each end. Behind a dialogue phrase stands the next best reading: what was said before may not suit the first.
  std::vector<Clause> Cheapest() {
    std::sort(found_.begin(), found_.end(),
              [](const Clause& a, const Clause& b) { return std::tie(a.end, b.cost) < std::tie(b.end, a.cost); });
    std::vector<Clause> best;  // the dearest of each end came first: each takes what came before as its fallback
    for (Clause& clause : found_) {
      const bool is_new = best.empty() || best.back().end != clause.end;
      if (is_new) {
        best.push_back(std::move(clause));
        continue;
      }
      if (IsDialogue(clause)) clause.fallback.push_back(std::move(best.back()));
      best.back() = std::move(clause);
    }
    return best;
  }

  // Whether the two readings would do different things.
  bool Differs(const Clause& known, std::uint32_t index, const std::vector<Draft>& drafts) const {
    const Phrase& a = grammar_.phrases()[known.phrase];
    const Phrase& b = grammar_.phrases()[index];
    if (!known.drafts.empty() && !drafts.empty()) {
      const Draft& x = known.drafts.front();
      const Draft& y = drafts.front();
      return x.capability != y.capability || x.op != y.op || x.value != y.value;
    }
    return a.kind != b.kind || a.need != b.need || a.escalation != b.escalation || a.dialogue != b.dialogue;
  }

  const Grammar& grammar_;
  const Trie& sequences_;
  const Normalised& text_;
  Lattice lattice_;
  std::vector<Clause> found_;
  float dialogue_cost_;
  std::uint32_t begin_ = 0;
  std::uint32_t passed_begin_ = 0, passed_end_ = 0;  // of @any: covered, kept nowhere
  std::size_t visits_ = 0;
};

struct State {
  float cost = std::numeric_limits<float>::infinity();
  std::uint32_t from = 0;
  Item item;
};

Reading Unread(std::size_t characters) {
  Reading reading;
  reading.unknown_characters = characters;
  return reading;
}

// Shortest path over positions: each step is one item.
class Path {
 public:
  Path(const Grammar& grammar, const Normalised& text, const Hearing& hearing)
      : search_(grammar, text, hearing), grammar_(grammar), hearing_(hearing), clauses_(text.text.size()), states_(text.text.size() + 1),
        lead_(grammar.ListSymbol("lead")), tail_(grammar.ListSymbol("tail")), and_(grammar.ListSymbol("and")),
        then_(grammar.ListSymbol("then")), repair_(grammar.ListSymbol("repair")), if_(grammar.ListSymbol("condition.if")),
        when_(grammar.ListSymbol("condition.when")), end_(grammar.ListSymbol("condition.end")), above_(grammar.ListSymbol("above")),
        below_(grammar.ListSymbol("below")), mark_(grammar.ListSymbol("condition.mark")), no_aside_(grammar.ListSymbol("no_aside")),
        on_(grammar.ListSymbol("on")), off_(grammar.ListSymbol("off")), beyond_(grammar.ListSymbol("beyond")),
        to_(grammar.ListSymbol("to")) {}

  // Where the whole can be read, phrases are looked for only where a reading gets to; else from every character on. What is read by ear
  // is read whole or not at all.
  Reading Run() {
    if (!Reach({.asides = true, .unknown = false})) {
      if (hearing_.by_ear || !IsShort()) return Unread(states_.size() - 1);
      Reach({.asides = true, .unknown = true});
      return Gather();
    }
    Reading reading = Gather();
    const bool idle_aside = reading.aside_characters > 0 && !reading.has_command;
    // An aside stands beside a command or is none: what else could it all be?
    if (idle_aside && Reach({.asides = false, .unknown = false})) return Gather();
    return reading;
  }

 private:
  // A long sentence of which something is not understood is told, not ordered: it is not picked over for scraps.
  bool IsShort() const {
    constexpr std::size_t kHanMax = 26;
    constexpr std::size_t kLatinMax = 80;
    const std::u32string& text = search_.lattice().normalised().text;
    const auto han = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char32_t c) { return IsHan(c); }));
    return han <= kHanMax && text.size() <= kLatinMax;
  }

  struct Allowed {
    bool asides, unknown;
  };

  // Whether the end can be reached by such steps.
  bool Reach(Allowed allowed) {
    allowed_ = allowed;
    std::fill(states_.begin(), states_.end(), State{});
    states_[0].cost = 0;
    const std::size_t size = states_.size() - 1;
    for (std::size_t i = 0; i < size; ++i) {
      if (states_[i].cost == std::numeric_limits<float>::infinity()) continue;
      Steps(i);
    }
    return states_[size].cost != std::numeric_limits<float>::infinity();
  }

  Reading Gather() {
    const std::size_t size = states_.size() - 1;
    Reading reading;
    reading.cost = states_[size].cost;
    for (std::size_t i = size; i > 0; i = states_[i].from) reading.items.push_back(std::move(states_[i].item));
    std::reverse(reading.items.begin(), reading.items.end());
    for (const Item& item : reading.items) {
      if (item.kind == Item::Kind::kUnknown) reading.unknown_characters += item.end - item.begin;
      if (item.kind == Item::Kind::kAside) reading.aside_characters += item.end - item.begin;
      reading.has_clause = reading.has_clause || item.kind == Item::Kind::kClause;
      reading.has_command = reading.has_command || (item.kind == Item::Kind::kClause && MeansCalls(item.clause));
    }
    const bool only_small_words = std::all_of(reading.items.begin(), reading.items.end(), [](const Item& item) {
      return item.kind != Item::Kind::kClause && item.kind != Item::Kind::kAside && item.kind != Item::Kind::kUnknown;
    });
    if (only_small_words) TakeAsWhole(reading);
    return reading;
  }

  bool MeansCalls(const Clause& clause) const {
    return !clause.drafts.empty() || (hearing_.in_dialogue && grammar_.phrases()[clause.phrase].kind == PhraseKind::kDialogue);
  }

  const std::vector<Clause>& ClausesAt(std::size_t position) {
    if (!clauses_[position]) clauses_[position] = search_.ClausesAt(position);
    return *clauses_[position];
  }

  // "好", "okay": a small word beside a command, but alone it is an answer.
  void TakeAsWhole(Reading& reading) {
    std::size_t size = states_.size() - 1;
    while (size > 0 && (IsSeparator(search_.lattice().at(size - 1)) || search_.lattice().at(size - 1) == U' ')) --size;
    for (const Clause& clause : ClausesAt(0)) {
      if (clause.end != size) continue;
      Item item = Of(Item::Kind::kClause);
      item.end = clause.end;
      item.clause = clause;
      reading.items = {std::move(item)};
      return;
    }
  }

  void Step(std::size_t from, std::size_t to, float cost, Item item) {
    const float total = states_[from].cost + cost;
    if (total >= states_[to].cost) return;
    item.begin = static_cast<std::uint32_t>(from);
    item.end = static_cast<std::uint32_t>(to);
    states_[to] = {total, static_cast<std::uint32_t>(from), std::move(item)};
  }
  static Item Of(Item::Kind kind) {
    Item item;
    item.kind = kind;
    return item;
  }

  void Steps(std::size_t i) {
    Lattice& lattice = search_.lattice();
    const char32_t c = lattice.at(i);
    if (c == U' ' || IsSeparator(c) || c == U'-' || c == U'\'') {
      Step(i, i + 1, c == U' ' ? 0 : 0.01F, Of(c == U'.' || c == U'?' ? Item::Kind::kStop : Item::Kind::kFiller));
      return;
    }
    for (const auto& span : lattice.Symbols(i)) {
      if (span.value == tail_ || span.value == lattice.skip()) Step(i, span.end, kFillerCost, Of(Item::Kind::kFiller));
      if (span.value == lead_) Step(i, span.end, kFillerCost + (FollowsText(i) ? kLeadAfterTextCost : 0), Of(Item::Kind::kFiller));
      if (span.value == and_) Step(i, span.end, 0.02F, Of(Item::Kind::kFiller));
      if (span.value == then_) Step(i, span.end, 0.02F, Of(Item::Kind::kThen));
      if (span.value == repair_) Step(i, span.end, RepairCost(i, span.end), Of(Item::Kind::kRepair));
      if (span.value == if_) Condition(i, span.end, WhenKind::kIf);
      if (span.value == when_) Condition(i, span.end, WhenKind::kOnce);
    }
    Condition(i, i, WhenKind::kOnce);  // 下雨的时候…: the mark comes after
    for (const auto& span : lattice.Whens(i)) {
      Item item = Of(Item::Kind::kWhen);
      item.when = span.value;
      Step(i, span.end, 0.1F + (FollowsMessage(i) ? kTimeAfterMessageCost : 0), std::move(item));
    }
    for (const auto& span : lattice.Durations(i)) {
      Item item = Of(Item::Kind::kDuration);
      item.seconds = span.value;
      Step(i, span.end, 0.4F + (FollowsMessage(i) ? kTimeAfterMessageCost : 0), std::move(item));
    }
    for (const Clause& clause : ClausesAt(i)) {
      const float cost = clause.cost + GlueCost(i, clause) + (IsScrap(i, clause.end) ? kOneCharacterCost : 0);
      if (states_[i].cost + cost >= states_[clause.end].cost) continue;
      Item item = Of(Item::Kind::kClause);
      item.clause = clause;
      Step(i, clause.end, cost, std::move(item));
    }
    if (allowed_.asides) Aside(i);
    if (allowed_.unknown) Step(i, i + 1, kUnknownCost, Of(Item::Kind::kUnknown));
  }

  float RepairCost(std::size_t begin, std::size_t end) const {
    const bool has_end = end >= states_.size() - 1 || IsSeparator(search_.lattice().at(end));
    return begin > 0 || has_end || hearing_.in_dialogue ? 0.05F : kLeadingRepairCost;
  }

  // One character of Chinese that does not stand alone between two marks.
  bool IsScrap(std::size_t begin, std::size_t end) const {
    const Lattice& lattice = search_.lattice();
    const auto is_mark = [&](std::size_t at) { return at >= lattice.size() || IsSeparator(lattice.at(at)); };
    return end == begin + 1 && IsHan(lattice.at(begin)) && !((begin == 0 || is_mark(begin - 1)) && is_mark(end));
  }

  static bool EndsInText(const State& state) {
    const Slots& slots = state.item.clause.slots;
    return state.item.kind == Item::Kind::kClause && state.item.end > 0 && std::max(slots.text_end, slots.to_end) == state.item.end;
  }

  // "to call mum": between the text and the word there may be a space.
  bool FollowsText(std::size_t at) const {
    while (at > 0 && states_[at].item.kind == Item::Kind::kFiller && search_.lattice().at(states_[at].item.begin) == U' ')
      at = states_[at].from;
    return EndsInText(states_[at]);
  }

  // 发微信说我晚到半小时: the time belongs to what is written.
  bool FollowsMessage(std::size_t at) const {
    const State& state = states_[at];
    const auto& drafts = state.item.clause.drafts;
    return EndsInText(state) && !drafts.empty() && drafts.front().op == Op::kSend;
  }

  // What it costs that `clause` follows another with nothing between them but spaces; after free text, but small words.
  float GlueCost(std::size_t begin, const Clause& clause) const {
    std::size_t at = begin;
    bool small_words = false;
    while (at > 0 && states_[at].item.kind == Item::Kind::kFiller && !IsSeparator(search_.lattice().at(states_[at].item.begin))) {
      small_words = small_words || search_.lattice().at(states_[at].item.begin) != U' ';
      at = states_[at].from;
    }
    const State& before = states_[at];
    if (at == 0 || before.item.kind != Item::Kind::kClause) return 0;
    if (EndsInText(before)) return kUnseparatedAfterTextCost;
    const Phrase& said = grammar_.phrases()[before.item.clause.phrase];
    if (said.kind == PhraseKind::kDialogue && said.dialogue == DialogueKind::kNo) return kUnseparatedAfterNoCost;
    const bool is_dialogue = said.kind == PhraseKind::kDialogue || grammar_.phrases()[clause.phrase].kind == PhraseKind::kDialogue;
    if (small_words) return is_dialogue ? kUnseparatedDialogueCost / 2 : 0;
    const float glue = IsHan(search_.lattice().at(begin)) ? kUnseparatedHanCost : kUnseparatedLatinCost;
    return is_dialogue ? std::max(glue, kUnseparatedDialogueCost) : glue;
  }

  // "The baby is asleep, turn the music down": what stands between two marks and speaks of nothing that the car has or does may be passed
  // over, unless it tells a story, asks, or denies.
  void Aside(std::size_t i) {
    Lattice& lattice = search_.lattice();
    if (i > 0 && !IsSeparator(lattice.at(i - 1)) && !(lattice.at(i - 1) == U' ' && i > 1 && IsSeparator(lattice.at(i - 2)))) return;
    std::size_t end = i;
    for (; end < lattice.size() && !IsSeparator(lattice.at(end)); ++end) {
      if (end - i > kAsideMax * (IsHan(lattice.at(i)) ? 1 : 3)) return;
      if (lattice.AfterSymbol(end, no_aside_) != 0) return;
      for (const auto& name : lattice.Names(end)) {
        if (name.end - end >= 2) return;
      }
      for (const Symbol verb : {on_, off_, to_}) {
        const std::size_t after = lattice.AfterSymbol(end, verb);
        if (after >= end + 2) return;
      }
    }
    if (end == i || (end < lattice.size() && lattice.at(end) == U'?')) return;
    const float length = static_cast<float>(end - i) / (IsHan(lattice.at(i)) ? 1.0F : 3.0F);
    Step(i, end, kAsideCost + kAsidePerCharacter * length, Of(Item::Kind::kAside));
  }

  // `compares`: a number was spoken: 温度超过三十度就…
  void AddCondition(std::size_t begin, std::size_t end, WhenKind kind, const StateCondition& state, bool marked, bool compares) {
    Lattice& lattice = search_.lattice();
    std::size_t stop = end;
    bool closed = false;
    for (int i = 0; i < 3; ++i) {
      const std::size_t at = lattice.SkipSpace(stop);
      const std::size_t next = std::max(lattice.AfterSymbol(at, end_), lattice.AfterSymbol(at, mark_));
      if (next == 0) break;
      closed = closed || lattice.AfterSymbol(at, mark_) != 0;
      stop = next;
    }
    if (!marked && !closed && !(compares && stop > end)) return;  // 孩子睡着了小点声: no condition but the reason
    Item item = Of(Item::Kind::kWhen);
    item.when.kind = kind;
    item.when.condition.text = lattice.normalised().Original(begin, end);
    if (state.signal != kNoId) item.when.condition.signal = grammar_.catalogue().signal(state.signal).path;
    if (state.capability != kNoId) item.when.condition.capability = grammar_.catalogue().capability(state.capability).name;
    item.when.condition.zone = state.zone;
    item.when.condition.comparison = state.comparison;
    item.when.condition.value = state.value;
    Step(begin, stop, 0.2F, std::move(item));
  }

  // A condition whose words begin at `at`; `begin` is where its mark (如果, when) began.
  void Condition(std::size_t begin, std::size_t at, WhenKind kind) {
    Lattice& lattice = search_.lattice();
    const bool marked = at != begin;
    for (const std::size_t start : marked ? lattice.AfterSkips(at, 2) : std::vector<std::size_t>{at}) {
      if (start >= lattice.size()) continue;
      for (const auto& span : lattice.Conditions(start))
        AddCondition(begin, span.end, kind, grammar_.conditions()[span.value].state, marked, false);
      for (const auto& name : lattice.Names(start)) Comparison(begin, name, kind, marked);
    }
  }

  // 温度高于三十度, speed above 80
  void Comparison(std::size_t begin, const Span<std::uint32_t>& name, WhenKind kind, bool marked) {
    Lattice& lattice = search_.lattice();
    for (const std::size_t after : lattice.AfterSkips(name.end, 2)) {
      for (const auto& [symbol, sign] : {std::pair{above_, ">"}, {below_, "<"}}) {
        const std::size_t end = lattice.AfterSymbol(after, symbol);
        if (end == 0) continue;
        for (const auto& amount : lattice.Amounts(lattice.SkipSpace(end))) {
          StateCondition state;
          for (const NameMeaning& meaning : grammar_.name(name.value)) {
            const Capability& c = grammar_.catalogue().capability(meaning.capability);
            if (c.is_service() || !ValueFits(c, amount.value)) continue;
            state.capability = c.id;
            break;
          }
          if (state.capability == kNoId) continue;
          state.comparison = sign;
          state.value = amount.value.value;
          const std::size_t beyond = lattice.AfterSymbol(amount.end, beyond_);  // 三十度以上
          AddCondition(begin, beyond != 0 ? beyond : amount.end, kind, state, marked, true);
        }
      }
    }
  }

  Search search_;
  const Grammar& grammar_;
  Hearing hearing_;
  Allowed allowed_{true, true};
  std::vector<std::optional<std::vector<Clause>>> clauses_;  // by where they begin, once asked for
  std::vector<State> states_;
  Symbol lead_, tail_, and_, then_, repair_, if_, when_, end_, above_, below_, mark_, no_aside_, on_, off_, beyond_, to_;
};

}  // namespace

Reading Match(const Grammar& grammar, const Normalised& text, const Hearing& hearing) {
  if (text.text.empty() || text.text.size() > Lattice::kCharactersMax) return Unread(text.text.size());
  return Path(grammar, text, hearing).Run();
}

}  // namespace deepcabin::understanding
