#include "understanding/resolve.h"

#include <algorithm>

#include <fmt/format.h>

#include "understanding/ellipsis.h"
#include "understanding/remedies.h"

namespace deepcabin::understanding {
namespace {

constexpr double kConfident = 0.98;
constexpr double kRivalled = 0.6;   // two phrases fit equally well and mean different things
constexpr double kWithAside = 0.8;  // a remark beside the command was passed over
constexpr float kEasyCostPerClause = 1.2F;

// The group word for exactly these zones, if there is one.
Zone GroupOf(ZoneSet wanted, ZoneSet placed) {
  for (const Zone group : {Zone::kFront, Zone::kRear, Zone::kLeft, Zone::kRight}) {
    if (ExpandZone(group, placed) == wanted) return group;
  }
  return Zone::kAll;
}

Zone OwnZone(const Capability& c, const Catalogue& catalogue, Zone speaker) {
  if (c.zones.empty() || c.shared) return Zone::kWhole;
  ZoneSet own;
  for (const InterfaceId id : catalogue.Resolve(c, Zone::kWhole, speaker)) own.Add(catalogue.interface(id).zone);
  if (own.size() != 1) return GroupOf(own, c.zones);
  Zone only = Zone::kAll;
  own.ForEach([&](Zone zone) { only = zone; });
  return only;
}

bool SameTarget(const Call& a, const Call& b) { return a.capability == b.capability && a.zone == b.zone; }

class Resolver {
 public:
  Resolver(const Grammar& grammar, const Normalised& text, const Context& context) : grammar_(grammar), text_(text), context_(context) {}

  Understood Run(const Reading& reading) {
    out_.language = text_.language;
    for (const Item& item : reading.items) Take(item);
    if (pending_when_ && !calls_.empty()) AttachBackwards();
    Finish(reading);
    return std::move(out_);
  }

 private:
  void Take(const Item& item) {
    switch (item.kind) {
      case Item::Kind::kClause: TakeClause(item.clause); break;
      case Item::Kind::kWhen:
        pending_when_ = item.when;
        when_used_ = false;
        break;
      case Item::Kind::kDuration:
        for (Call& call : LastGroup()) call.for_seconds = item.seconds;
        break;
      case Item::Kind::kRepair: repairing_ = !groups_.empty(); break;
      case Item::Kind::kThen:
      case Item::Kind::kStop:
        if (when_used_) pending_when_.reset();
        break;
      case Item::Kind::kFiller:
      case Item::Kind::kAside:
      case Item::Kind::kUnknown: break;
    }
  }

  std::span<Call> LastGroup() {
    if (groups_.empty()) return {};
    return std::span<Call>(calls_).subspan(groups_.back());
  }

  void TakeClause(const Clause& clause) {
    const Phrase& phrase = grammar_.phrases()[clause.phrase];
    if (clause.rival != kNoId) {
      rivalled_ = true;
      Note(fmt::format("{} ~ {}", phrase.source, grammar_.phrases()[clause.rival].source));
    }
    ++clauses_;
    std::vector<Call> calls;
    switch (phrase.kind) {
      case PhraseKind::kGeneric:
      case PhraseKind::kCapability:
        for (Draft draft : clause.drafts) {
          KeepToTheSubject(draft, clause);
          for (Call& call : PlaceDraft(draft, grammar_.catalogue(), context_.speaker)) calls.push_back(std::move(call));
        }
        break;
      case PhraseKind::kNeed: calls = TakeNeed(grammar_.needs()[phrase.need], clause); break;
      case PhraseKind::kDialogue: calls = TakeDialogue(phrase, clause); break;
      case PhraseKind::kEscalation:
        out_.frame.escalation = phrase.escalation;
        said_escalation_ = true;
        break;
    }
    Note(fmt::format("「{}」→ {}", text_.Original(clause.begin, clause.end), Explain(phrase, calls)));
    Append(std::move(calls));
  }

  // 冰箱切到保温，温度四十五度: a bare aspect (温度, brightness) after another thing is that thing's aspect.
  void KeepToTheSubject(Draft& draft, const Clause& clause) const {
    if (calls_.empty() || !draft.zones.empty() || !BeginsWithAspect(clause)) return;
    const Catalogue& catalogue = grammar_.catalogue();
    const std::string& before = catalogue.capability(calls_.back().capability).name;
    const std::string& now = catalogue.capability(draft.capability).name;
    const std::string area = before.substr(0, before.find('.') + 1);
    if (now.starts_with(area)) return;
    const std::string aspect = now.substr(now.find_last_of("._") + 1);
    for (const std::string& name :
         {fmt::format("{}_{}", before, aspect), area + aspect, fmt::format("{}{}_{}", area, aspect, before.substr(area.size()))}) {
      const Capability* c = catalogue.FindCapability(name);
      if (c == nullptr || !c->Can(draft.op)) continue;
      draft.capability = c->id;
      return;
    }
  }

  bool BeginsWithAspect(const Clause& clause) const {
    std::u32string_view text = std::u32string_view(text_.text).substr(clause.begin, clause.end - clause.begin);
    const Symbol aspect = grammar_.ListSymbol("aspect");
    for (std::size_t start = 0; start < text.size() && start < 6; ++start) {
      std::uint32_t node = Trie::kRoot;
      for (std::size_t i = start; i < text.size(); ++i) {
        node = grammar_.lexicon().Child(node, text[i]);
        if (node == Trie::kRoot) break;
        for (const std::uint32_t packed : grammar_.lexicon().Values(node)) {
          const LexItem item = LexItem::Of(packed);
          if (item.kind == LexKind::kSymbol && item.id == aspect) return true;
        }
      }
    }
    return false;
  }

  std::string Explain(const Phrase& phrase, const std::vector<Call>& calls) const {
    std::string what;
    for (const Call& call : calls) {
      what += fmt::format("{}{} {}", what.empty() ? "" : ", ", grammar_.catalogue().capability(call.capability).name, OpName(call.op));
      if (call.zone != Zone::kWhole) what += fmt::format(" @{}", ZoneName(call.zone));
    }
    if (phrase.kind == PhraseKind::kNeed) what = fmt::format("{}: {}", grammar_.needs()[phrase.need].name, what);
    if (phrase.kind == PhraseKind::kEscalation) what = EscalationName(phrase.escalation);
    return fmt::format("{} ({})", what, phrase.source);
  }

  void Note(const std::string& line) { out_.frame.reasoning += (out_.frame.reasoning.empty() ? "" : "\n") + line; }

  std::vector<Call> TakeNeed(const Need& need, const Clause& clause) {
    Zone near = context_.speaker;
    if (!clause.slots.zones.empty() && !clause.slots.zones.front().is_speaker) near = clause.slots.zones.front().zone;
    const Remedy* remedy = ChooseRemedy(need, grammar_.catalogue(), context_, near);
    if (remedy == nullptr) {
      out_.frame.escalation = Escalation::kClarify;
      return {};
    }
    const auto say = [&](const Bilingual& text) {
      if (!text.zh.empty()) out_.says.push_back(text.In(text_.language));
    };
    say(remedy->because);
    say(remedy->say);
    say(remedy->clarify);
    if (!remedy->clarify.zh.empty()) out_.frame.escalation = Escalation::kClarify;
    else if (remedy->escalation != Escalation::kNone) out_.frame.escalation = remedy->escalation;
    else if (remedy->calls.empty()) out_.frame.escalation = Escalation::kAnswer;
    std::vector<Call> calls;
    for (const RemedyCall& wanted : remedy->calls) {
      Draft draft;
      draft.capability = wanted.capability;
      draft.op = wanted.op;
      draft.value = wanted.value;
      draft.unit = wanted.unit;
      draft.text = wanted.text;
      if (wanted.zone_is_speaker && near != context_.speaker) draft.zones.push_back({near, false});
      else if (wanted.zone != Zone::kWhole) draft.zones.push_back({wanted.zone, false});
      for (Call& call : PlaceDraft(draft, grammar_.catalogue(), context_.speaker)) calls.push_back(std::move(call));
    }
    return calls;
  }

  std::vector<Call> TakeDialogue(const Phrase& phrase, const Clause& clause) {
    switch (phrase.dialogue) {
      case DialogueKind::kYes: out_.act = DialogueAct::kYes; return {};
      case DialogueKind::kNo: out_.act = DialogueAct::kNo; return {};
      case DialogueKind::kUndo:
      case DialogueKind::kRestore: out_.act = DialogueAct::kUndo; return {};
      case DialogueKind::kCancel: out_.act = DialogueAct::kCancel; return {};
      default: break;
    }
    const std::span<const Call> before = groups_.empty() ? std::span<const Call>(context_.last_calls) : LastGroup();
    auto calls = FillEllipsis(phrase, clause, before, grammar_, text_, context_.speaker);
    unresolved_ = unresolved_ || calls.empty();
    return calls;
  }

  void Append(std::vector<Call> calls) {
    if (calls.empty()) return;
    if (repairing_) Replace(calls);
    repairing_ = false;
    if (pending_when_) {
      for (Call& call : calls) call.when = pending_when_;
      when_used_ = true;
    }
    groups_.push_back(calls_.size());
    for (Call& call : calls) {
      // said twice, the later one counts: 空调打开…空调打开
      const auto same = [&](const Call& c) { return SameTarget(c, call) && c.op == call.op && c.value == call.value && !c.when; };
      if (!call.when && std::any_of(calls_.begin(), calls_.end(), same)) continue;
      calls_.push_back(std::move(call));
    }
  }

  // 二档…哦不一档: what is said after takes the place of what it corrects.
  void Replace(const std::vector<Call>& calls) {
    const std::size_t from = groups_.back();
    const bool when_moves = !calls_.empty() && from < calls_.size() && calls_[from].when && !pending_when_;
    if (when_moves) pending_when_ = calls_[from].when;
    (void)calls;
    calls_.resize(from);
    groups_.pop_back();
  }

  // 打开空调，十分钟后: a time at the end belongs to what was said before it.
  void AttachBackwards() {
    if (when_used_) return;
    for (Call& call : LastGroup()) call.when = pending_when_;
  }

  void Finish(const Reading& reading) {
    Frame& frame = out_.frame;
    frame.calls = std::move(calls_);
    frame.route = "phrasebook";
    if (unresolved_) {  // part of it pointed at something that was not said: nothing is done by halves
      frame.calls.clear();
      frame.escalation = Escalation::kClarify;
    }
    const bool asks =
        frame.escalation == Escalation::kAnswer || frame.escalation == Escalation::kCreate || frame.escalation == Escalation::kRefuse;
    if (asks && said_escalation_) frame.calls.clear();  // "why did you turn on the radio": a question never changes anything
    if (!frame.calls.empty() && (frame.escalation == Escalation::kChat || frame.escalation == Escalation::kClarify)) {
      frame.escalation = Escalation::kNone;  // "好冷啊我都快哭了，开暖气": the command is what counts
    }
    const float slack = clauses_ == 0 ? 0 : reading.cost / static_cast<float>(clauses_) - kEasyCostPerClause;
    const double base = rivalled_ ? kRivalled : reading.aside_characters > 0 ? kWithAside : kConfident;
    frame.confidence = base - std::clamp(0.15 * static_cast<double>(slack), 0.0, 0.3);
    if (out_.act == DialogueAct::kUndo || out_.act == DialogueAct::kCancel) frame.escalation = Escalation::kCancel;
  }

  const Grammar& grammar_;
  const Normalised& text_;
  const Context& context_;
  Understood out_;
  std::vector<Call> calls_;
  std::vector<std::size_t> groups_;  // where the calls of each clause begin
  std::optional<When> pending_when_;
  bool when_used_ = false;
  bool repairing_ = false;
  bool rivalled_ = false;
  bool unresolved_ = false;
  bool said_escalation_ = false;
  int clauses_ = 0;
};

}  // namespace

std::vector<Call> PlaceDraft(const Draft& draft, const Catalogue& catalogue, Zone speaker) {
  const Capability& c = catalogue.capability(draft.capability);
  Call call;
  call.capability = draft.capability;
  call.op = draft.op;
  call.value = draft.value;
  call.unit = draft.unit;
  call.text = draft.text;
  call.to = draft.to;
  call.for_seconds = draft.for_seconds;
  if (draft.zones.empty() || c.zones.empty()) {
    call.zone = OwnZone(c, catalogue, speaker);
    return {call};
  }
  std::vector<Call> calls;
  for (const ZoneMention& mention : draft.zones) {
    call.zone = mention.is_speaker ? speaker : mention.zone;
    call.zone_spoken = true;
    const bool known = std::any_of(calls.begin(), calls.end(), [&](const Call& other) { return other.zone == call.zone; });
    if (!known) calls.push_back(call);
  }
  return calls;
}

Understood Resolve(const Reading& reading, const Grammar& grammar, const Normalised& text, const Context& context) {
  return Resolver(grammar, text, context).Run(reading);
}

}  // namespace deepcabin::understanding
