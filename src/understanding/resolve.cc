#include "understanding/resolve.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "understanding/ellipsis.h"
#include "understanding/place.h"
#include "understanding/remedies.h"

namespace deepcabin::understanding {
namespace {

constexpr double kConfident = 0.98;
constexpr double kRivalled = 0.6;   // two phrases fit equally well and mean different things
constexpr double kWithAside = 0.8;  // a remark beside the command was passed over
constexpr float kEasyCostPerClause = 1.2F;

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
      case Item::Kind::kThen: then_ = true; [[fallthrough]];
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
    if (bare_reminder_ && errand_begin_ == 0) errand_begin_ = clause.begin;
    std::vector<Call> calls;
    switch (phrase.kind) {
      case PhraseKind::kGeneric:
      case PhraseKind::kCapability:
        calls = TakeCommand(clause);
        commanded_ = true;
        break;
      case PhraseKind::kNeed: calls = TakeNeed(grammar_.needs()[phrase.need], clause); break;
      case PhraseKind::kDialogue:
        calls = TakeDialogue(phrase, clause);
        if (!calls.empty() || acted_) break;
        if (!clause.fallback.empty()) return TakeClause(clause.fallback.front());
        unresolved_ = true;
        break;
      case PhraseKind::kEscalation:
        out_.frame.escalation = phrase.escalation;
        said_escalation_ = true;
        break;
    }
    Note(fmt::format("「{}」→ {}", text_.Original(clause.begin, clause.end), Explain(phrase, calls)));
    if (phrase.kind == PhraseKind::kNeed && !calls.empty()) needs_.push_back({phrase.need, static_cast<std::uint32_t>(groups_.size())});
    const bool is_bare = calls.size() == 1 && IsReminder(calls.front()) && calls.front().text.empty();
    Append(std::move(calls));
    if (is_bare && !calls_.empty() && IsReminder(calls_.back())) bare_reminder_ = calls_.size() - 1;
  }

  bool IsReminder(const Call& call) const {
    return call.op == Op::kSet && grammar_.catalogue().capability(call.capability).name == "reminder";
  }

  // 提醒我八点给妈妈打电话: what comes after the time is what is to be remembered, and no order.
  void TakeErrand() {
    if (!bare_reminder_ || errand_begin_ == 0 || *bare_reminder_ >= calls_.size()) return;
    Call& reminder = calls_[*bare_reminder_];
    for (std::size_t i = *bare_reminder_ + 1; i < calls_.size() && !reminder.when; ++i) reminder.when = calls_[i].when;
    std::size_t end = text_.text.size();
    while (end > errand_begin_ && (text_.text[end - 1] == U'.' || text_.text[end - 1] == U',')) --end;
    reminder.text = text_.Original(WithSmallWords(errand_begin_), end);
    calls_.resize(*bare_reminder_ + 1);
    while (!groups_.empty() && groups_.back() >= calls_.size()) groups_.pop_back();  // the reminder's own stays
  }

  // 给妈妈打电话: the words before a text that the phrase has no use for belong to it all the same.
  std::size_t WithSmallWords(std::size_t begin) const {
    constexpr std::u32string_view kSmall = U"给跟和把去要帮";
    while (begin > 0 && kSmall.find(text_.text[begin - 1]) != kSmall.npos) --begin;
    return begin;
  }

  std::vector<Call> TakeCommand(const Clause& clause) {
    std::vector<Call> calls;
    for (Draft draft : clause.drafts) {
      KeepToTheSubject(draft, clause);
      const Capability& c = grammar_.catalogue().capability(draft.capability);
      if (clause.drafts.size() == 1 && draft.zones.empty() && c.zones.size() > 1 && SaysEach(clause))
        draft.zones.push_back({.zone = Zone::kAll});
      // A question to the manual is about what was asked.
      if (c.name == "manual" && draft.text.empty()) draft.text = text_.Original(clause.begin, clause.end);
      std::optional<When> when = clause.slots.when;
      if (c.skill == "reminders" && draft.op == Op::kSet && !draft.text.empty()) {
        Slots slots = clause.slots;
        slots.text_begin = static_cast<std::uint32_t>(WithSmallWords(slots.text_begin));
        draft.text = text_.Original(slots.text_begin, slots.text_end);
        if (!when) when = TakeTimeOut(slots, draft);
      }
      if (c.name.starts_with("phone.")) draft.text = SpokenDigits(draft.text);
      for (Call& call : PlaceDraft(draft, grammar_.catalogue(), Whereabouts())) {
        if (when) call.when = when;
        calls.push_back(std::move(call));
      }
      // 开个缝就行 after the passenger's window: it was not named again, so it is still that one.
      const bool goes_on = !context_.last_calls.empty() && context_.last_calls.back().zone_spoken &&
                           ((context_.last_calls.back().capability == c.id && !Names(clause, c.id)) || IsAlsoOfIt(clause, c));
      if (!goes_on || !draft.zones.empty()) continue;
      calls.back().zone = context_.last_calls.back().zone;
      calls.back().zone_spoken = true;
    }
    return calls;
  }

  // 车窗都打开: every one of them.
  bool SaysEach(const Clause& clause) const {
    return std::u32string_view(text_.text).substr(clause.begin, clause.end - clause.begin).find(U'都') != std::u32string_view::npos;
  }

  // 三点开会, "remind me at eight": of the two hours it may be, the one at which people are up.
  void ToWakingHours() {
    if (NamesPartOfDay(text_.text)) return;
    for (Call& call : calls_) {
      if (!call.when || call.when->kind != WhenKind::kAt || call.when->time.size() != 5 || !call.when->repeat.empty()) continue;
      if (grammar_.catalogue().capability(call.capability).name != "reminder") continue;
      const bool is_today = call.when->day.empty() || call.when->day == "today";
      const int hour = (call.when->time[0] - '0') * 10 + call.when->time[1] - '0';
      if (hour >= 1 && hour <= (is_today ? 8 : 6)) call.when->time = fmt::format("{:02}{}", hour + 12, call.when->time.substr(2));
    }
  }

  // 靠背也直一点 after the passenger's seat was moved: another part of the same thing, at the same place.
  bool IsAlsoOfIt(const Clause& clause, const Capability& c) const {
    const Call& last = context_.last_calls.back();
    const std::string& before = grammar_.catalogue().capability(last.capability).name;
    const std::u32string_view said = std::u32string_view(text_.text).substr(clause.begin, clause.end - clause.begin);
    const bool also = said.find(U'也') != said.npos || said.find(U" too") != said.npos || said.find(U"as well") != said.npos;
    const bool is_there = !ExpandZone(last.zone, c.zones).empty();
    return also && is_there && c.name.starts_with(before.substr(0, before.find('.') + 1));
  }

  // 幺三八零零… is a number to dial. Anything else stays as it is.
  static std::string SpokenDigits(const std::string& text) {
    constexpr std::u32string_view kHan = U"零一二三四五六七八九";
    constexpr std::size_t kDigitsMin = 3;
    std::string digits;
    for (const char32_t c : DecodeUtf8(text)) {
      const std::size_t digit = c == U'幺' ? 1 : c == U'〇' ? 0 : c == U'两' ? 2 : kHan.find(c);
      if (digit == kHan.npos && c != U' ' && !(c >= U'0' && c <= U'9')) return text;
      if (c != U' ') digits += static_cast<char>(digit == kHan.npos ? static_cast<char>(c) : '0' + static_cast<char>(digit));
    }
    return digits.size() >= kDigitsMin ? digits : text;
  }

  // 提醒我明天下午三点去接孩子: the time is no part of what is to be said.
  std::optional<When> TakeTimeOut(const Slots& slots, Draft& draft) const {
    for (const bool day_alone : {false, true}) {
      if (auto when = TakeTimeOut(slots, day_alone, draft)) return when;
    }
    return std::nullopt;
  }

  std::optional<When> TakeTimeOut(const Slots& slots, bool day_alone, Draft& draft) const {
    for (std::size_t at = slots.text_begin; at < slots.text_end; ++at) {
      const bool inside_word = at > 0 && !IsHan(text_.text[at]) && text_.text[at - 1] != U' ' && !IsHan(text_.text[at - 1]);
      auto read = inside_word ? std::nullopt : day_alone ? ReadDay(text_.text, at) : ReadWhen(text_.text, at);
      if (!read || read->end > slots.text_end) continue;
      std::size_t rest = read->end;
      while (rest < slots.text_end &&
             (text_.text[rest] == U'的' || text_.text[rest] == U'要' || text_.text[rest] == U' ' || text_.text[rest] == U','))
        ++rest;
      const std::string before = text_.Original(slots.text_begin, at);
      const std::string after = text_.Original(rest, slots.text_end);
      const bool needs_space = !before.empty() && !after.empty() && !IsHan(text_.text[rest]);
      draft.text = fmt::format("{}{}{}", before, needs_space ? " " : "", after);
      return std::move(read->when);
    }
    return std::nullopt;
  }

  understanding::Whereabouts Whereabouts() const {
    const Zone last = !calls_.empty() ? calls_.back().zone : context_.last_calls.empty() ? Zone::kWhole : context_.last_calls.back().zone;
    return {context_.speaker, last};
  }

  // Whether the clause says a name of the capability.
  bool Names(const Clause& clause, CapabilityId capability) const {
    return SaysAny(clause, [&](const LexItem& item) {
      if (item.kind != LexKind::kName) return false;
      const auto& meanings = grammar_.name(item.id);
      return std::any_of(meanings.begin(), meanings.end(), [&](const NameMeaning& m) { return m.capability == capability; });
    });
  }

  // Whether some word of the clause is such an item. `first_max`: looking at words that begin among so many first characters.
  template <typename Is>
  bool SaysAny(const Clause& clause, Is is, std::size_t first_max = 1000) const {
    const std::u32string_view text = std::u32string_view(text_.text).substr(clause.begin, clause.end - clause.begin);
    for (std::size_t start = 0; start < text.size() && start < first_max; ++start) {
      std::uint32_t node = Trie::kRoot;
      for (std::size_t i = start; i < text.size(); ++i) {
        node = grammar_.lexicon().Child(node, text[i]);
        if (node == Trie::kRoot) break;
        for (const std::uint32_t packed : grammar_.lexicon().Values(node)) {
          if (is(LexItem::Of(packed))) return true;
        }
      }
    }
    return false;
  }

  // 冰箱切到保温，温度四十五度: a bare aspect (温度, brightness) after another thing is that thing's aspect.
  void KeepToTheSubject(Draft& draft, const Clause& clause) const {
    const Call* spoken_of = !calls_.empty() ? &calls_.back() : context_.last_calls.empty() ? nullptr : &context_.last_calls.back();
    if (spoken_of == nullptr || !draft.zones.empty() || !BeginsWithAspect(clause)) return;
    const Catalogue& catalogue = grammar_.catalogue();
    const std::string& before = catalogue.capability(spoken_of->capability).name;
    const std::string& now = catalogue.capability(draft.capability).name;
    const std::string area = before.substr(0, before.find('.') + 1);
    if (now.starts_with(area)) return;
    const std::string aspect = now.substr(now.find_last_of("._") + 1);
    const std::string stem = before.substr(0, std::max(before.find('.'), before.rfind('_')));  // light.ambient_color → light.ambient
    for (const std::string& name : {fmt::format("{}_{}", before, aspect), fmt::format("{}_{}", stem, aspect), area + aspect,
                                    fmt::format("{}{}_{}", area, aspect, before.substr(area.size()))}) {
      const Capability* c = catalogue.FindCapability(name);
      if (c == nullptr || !c->Can(draft.op)) continue;
      draft.capability = c->id;
      return;
    }
  }

  bool BeginsWithAspect(const Clause& clause) const {
    const Symbol aspect = grammar_.ListSymbol("aspect");
    return SaysAny(
        clause, [&](const LexItem& item) { return item.kind == LexKind::kSymbol && item.id == aspect; }, 6);
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
    if (!clause.slots.zones.empty() && !clause.slots.zones.front().is_speaker()) near = clause.slots.zones.front().zone;
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
    if (const Escalation said = EscalationOf(*remedy); said != Escalation::kNone) out_.frame.escalation = said;
    return CallsOf(*remedy, grammar_.catalogue(), near, Whereabouts());
  }

  std::vector<Call> TakeDialogue(const Phrase& phrase, const Clause& clause) {
    acted_ = true;
    switch (phrase.dialogue) {
      case DialogueKind::kYes: out_.act = DialogueAct::kYes; return {};
      case DialogueKind::kNo:
        if (groups_.empty()) out_.act = DialogueAct::kNo;
        else repairing_ = true;  // "six degrees, no, four"
        return {};
      case DialogueKind::kUndo:
      case DialogueKind::kRestore: out_.act = DialogueAct::kUndo; return {};
      case DialogueKind::kCancel: out_.act = DialogueAct::kCancel; return {};
      default: break;
    }
    acted_ = false;
    if (context_.offer_open && phrase.dialogue == DialogueKind::kStop) {  // 不不不，别关: said to a question, it is a no
      out_.act = DialogueAct::kNo;
      acted_ = true;
      return {};
    }
    elliptical_ = true;
    const std::span<const Call> before = groups_.empty() ? std::span<const Call>(context_.last_calls) : LastGroup();
    return FillEllipsis(phrase, clause, before, grammar_, text_, Whereabouts());
  }

  void Append(std::vector<Call> calls) {
    if (calls.empty()) return;
    if (repairing_) Replace();
    repairing_ = false;
    if (pending_when_) {
      for (Call& call : calls) call.when = pending_when_;
      when_used_ = true;
    }
    groups_.push_back(calls_.size());
    for (Call& call : calls) {
      // said twice, the later one counts: 空调打开…空调打开
      const auto same = [&](const Call& c) {
        return SameTarget(c, call) && c.op == call.op && c.value == call.value && c.text == call.text && c.to == call.to && !c.when;
      };
      if (!call.when && std::any_of(calls_.begin(), calls_.end(), same)) continue;
      calls_.push_back(std::move(call));
    }
  }

  // 二档…哦不一档: what is said after takes the place of what it corrects.
  void Replace() {
    const std::size_t from = groups_.back();
    const bool when_moves = !calls_.empty() && from < calls_.size() && calls_[from].when && !pending_when_;
    if (when_moves) pending_when_ = calls_[from].when;
    calls_.resize(from);
    groups_.pop_back();
  }

  // 打开空调，十分钟后: a time at the end belongs to what was said before it.
  void AttachBackwards() {
    if (when_used_) return;
    for (Call& call : LastGroup()) call.when = pending_when_;
  }

  // "I'm cold, close the window": a need beside a command that meets it is only the reason. So is one beside 关掉吧.
  void DropReasons() {
    for (auto it = needs_.rbegin(); it != needs_.rend(); ++it) {
      const std::uint32_t group = it->group;
      if (group >= groups_.size() || groups_.size() < 2) continue;
      const std::size_t from = groups_[group];
      const std::size_t to = group + 1 < groups_.size() ? groups_[group + 1] : calls_.size();
      const auto others = [&](auto is) {
        for (std::size_t i = 0; i < calls_.size(); ++i) {
          if ((i < from || i >= to) && is(calls_[i])) return true;
        }
        return false;
      };
      // 我冷了，再放点音乐: two wishes. Without such a word between them, one is why the other is said.
      const bool is_reason =
          elliptical_ || (commanded_ && !then_) || others([&](const Call& call) { return Meets(grammar_.needs()[it->need], call); });
      if (!is_reason || calls_.size() == to - from) continue;  // 没电了，找充电站: both are one call
      calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(from), calls_.begin() + static_cast<std::ptrdiff_t>(to));
      for (std::size_t later = group + 1; later < groups_.size(); ++later) groups_[later] -= to - from;
      groups_.erase(groups_.begin() + group);
      out_.says.clear();
    }
  }

  // Whether the call is of the kind that helps against the need: the same part of the car as one of its remedies.
  bool Meets(const Need& need, const Call& call) const {
    const auto area = [&](CapabilityId id) {
      const std::string& name = grammar_.catalogue().capability(id).name;
      return name.substr(0, name.find('.'));
    };
    return std::any_of(need.remedies.begin(), need.remedies.end(), [&](const Remedy& remedy) {
      return std::any_of(remedy.calls.begin(), remedy.calls.end(),
                         [&](const RemedyCall& r) { return area(r.capability) == area(call.capability); });
    });
  }

  // 香氛现在用的哪一款: a question word that no phrase accounts for. 能…吗 only asks to have something done.
  bool Asks(const Reading& reading) const {
    constexpr auto kWords = std::to_array<std::u32string_view>(
        {U"哪一", U"哪个", U"哪款", U"哪种", U"几点", U"多长时间", U"多久", U"到底", U"为什么", U"为啥", U"怎么", U"咋回事"});
    for (const Item& item : reading.items) {
      if (item.kind != Item::Kind::kFiller && item.kind != Item::Kind::kAside) continue;
      for (const std::u32string_view word : kWords) {
        const std::size_t at = text_.text.find(word, item.begin);
        if (at != std::u32string::npos && at < item.end) return true;
      }
    }
    return false;
  }

  // 先去A，然后去B，最后回家: the way ends at the last, the others lie on it.
  void LeadByTheFirst() {
    const Capability* stop = grammar_.catalogue().FindCapability("navi.waypoint");
    const auto is_route = [&](const Call& call) {
      return call.op == Op::kStart && !call.text.empty() && grammar_.catalogue().capability(call.capability).name == "navi.route";
    };
    const auto last = std::find_if(calls_.rbegin(), calls_.rend(), is_route);
    if (stop == nullptr || last == calls_.rend()) return;
    for (auto call = std::next(last); call != calls_.rend(); ++call) {
      if (!is_route(*call)) continue;
      call->capability = stop->id;
      call->op = Op::kSet;
    }
  }

  // With a question open, 是的，打开 is the yes: the rest only says it again.
  bool AnswersOffer() const {
    return context_.offer_open && (out_.act == DialogueAct::kYes || out_.act == DialogueAct::kNo) && !commanded_;
  }

  // What may help with the needs that were spoken of, whatever the state.
  void NameRemedies() {
    for (const NeedTaken& taken : needs_) {
      for (const Remedy& remedy : grammar_.needs()[taken.need].remedies) {
        for (const RemedyCall& call : remedy.calls) out_.remedies.push_back(call.capability);
      }
    }
  }

  void Finish(const Reading& reading) {
    if (!commanded_) NameRemedies();
    Frame& frame = out_.frame;
    TakeErrand();
    DropReasons();
    LeadByTheFirst();
    ToWakingHours();
    if (AnswersOffer()) {
      calls_.clear();
      unresolved_ = false;
    }
    if (Asks(reading)) {
      const bool changes =
          std::any_of(calls_.begin(), calls_.end(), [](const Call& c) { return c.op != Op::kQuery && c.op != Op::kSearch; });
      if (changes) {
        calls_.clear();
        frame.escalation = Escalation::kAnswer;
      }
    }
    frame.calls = std::move(calls_);
    frame.route = "phrasebook";
    out_.elliptical = elliptical_ && !commanded_;
    if (unresolved_ && !commanded_) {  // part of it pointed at something that was not said: nothing is done by halves
      frame.calls.clear();
      frame.escalation = Escalation::kClarify;
    }
    const bool asks = frame.escalation == Escalation::kAnswer || frame.escalation == Escalation::kCreate ||
                      frame.escalation == Escalation::kRefuse || frame.escalation == Escalation::kPlan;
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
  struct NeedTaken {
    std::uint32_t need, group;
  };
  std::vector<NeedTaken> needs_;
  std::optional<std::size_t> bare_reminder_;  // the call of a reminder without words
  std::size_t errand_begin_ = 0;              // where the clause after it begins
  std::optional<When> pending_when_;
  bool when_used_ = false;
  bool repairing_ = false;
  bool rivalled_ = false;
  bool unresolved_ = false;
  bool said_escalation_ = false;
  bool acted_ = false;       // a yes, no, undo or cancel
  bool elliptical_ = false;  // some call was filled in from what was said before
  bool commanded_ = false;   // a command that stands on its own
  bool then_ = false;        // 再, and then
  int clauses_ = 0;
};

}  // namespace

Understood Resolve(const Reading& reading, const Grammar& grammar, const Normalised& text, const Context& context) {
  return Resolver(grammar, text, context).Run(reading);
}

}  // namespace deepcabin::understanding
