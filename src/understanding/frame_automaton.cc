#include "understanding/frame_automaton.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace deepcabin::understanding {
namespace {

using engine::kNoToken;
using engine::TokenId;

// What the numbers of a state mean.
enum Word : std::size_t { kPlace, kCapability, kOp, kInteger, kNumber, kSpanStart, kSpanLength, kProgress };
enum Place : std::uint32_t { kStart, kAfterCapability, kAfterZone, kTail, kInNumber, kInSpan, kInClock, kInCondition };
// How far a call has come: what may still follow is what comes later.
enum Stage : std::uint32_t { kValue, kText, kTo, kFor, kWhen, kDone };

std::uint32_t CallsOf(const engine::AutomatonState& s) { return s.words[kProgress] & 0xFF; }
std::uint32_t StageOf(const engine::AutomatonState& s) { return (s.words[kProgress] >> 8) & 0xFF; }
void SetStage(engine::AutomatonState& s, Stage stage) { s.words[kProgress] = (s.words[kProgress] & 0xFF) | (stage << 8); }

// The number being written: digits before the point, whether the point was written, digits after it, their value, the sign.
struct NumberState {
  std::uint32_t digits = 0, decimals = 0, fraction = 0;
  bool has_point = false, negative = false;

  static NumberState Of(std::uint32_t word) {
    return {word & 0xF, (word >> 4) & 0xF, (word >> 8) & 0xFF, ((word >> 16) & 1) != 0, ((word >> 17) & 1) != 0};
  }
  std::uint32_t Packed() const { return digits | decimals << 4 | fraction << 8 | (has_point ? 1U << 16 : 0U) | (negative ? 1U << 17 : 0U); }
};

// The clock time being written: digits so far, the first of them, what of day and repeat may still come.
struct ClockState {
  std::uint32_t digits = 0, first = 0, named = 0;
  static ClockState Of(std::uint32_t word) { return {word & 0xF, (word >> 4) & 0xF, (word >> 8) & 0xF}; }
  std::uint32_t Packed() const { return digits | first << 4 | named << 8; }
};

void Allow(TokenId token, std::span<std::uint64_t> mask) {
  if (token != kNoToken) mask[static_cast<std::size_t>(token) / 64] |= 1ULL << (token % 64);
}

// Whether a number of the range lies in [low, high], in hundredths.
bool Meets(std::int64_t low, std::int64_t high, std::int64_t range_low, std::int64_t range_high, std::int64_t step) {
  std::int64_t from = std::max(low, range_low);
  from = (from + step - 1) / step * step;
  return from <= std::min(high, range_high);
}

}  // namespace

void FrameAutomaton::AddRanges(const OpRules& rules, OpTable& table) const {
  constexpr double kSlack = 1e-6;
  for (const NumberRange& r : rules.numbers) {
    Range range{tokenizer_->Symbol(FrameLanguage::UnitSymbol(r.unit)).value_or(kNoToken), 0, 0, r.fractions ? 1 : 100};
    const auto low = static_cast<std::int64_t>(std::ceil(r.low * 100 - kSlack));
    const auto high = static_cast<std::int64_t>(std::floor(r.high * 100 + kSlack));
    const auto add = [&](std::int64_t from, std::int64_t to, std::vector<Range>& ranges) {
      range.low = from;
      range.high = to;
      if (Meets(0, 9'999'999, from, to, range.step)) ranges.push_back(range);
    };
    add(std::max<std::int64_t>(low, 0), high, table.ranges);
    if (low < 0) add(std::max<std::int64_t>(-high, 1), -low, table.negative);
  }
}

Result<FrameAutomaton> FrameAutomaton::Compile(const FrameLanguage& language, const engine::Tokenizer& tokenizer) {
  FrameAutomaton a;
  a.tokenizer_ = &tokenizer;
  const std::size_t vocab = tokenizer.vocab_size();
  std::string lacking;
  const auto id = [&](std::string_view symbol) {
    const auto token = tokenizer.Symbol(symbol);
    if (!token && lacking.empty()) lacking = symbol;
    return token.value_or(kNoToken);
  };
  a.capabilities_.resize((vocab + 63) / 64);
  a.capability_of_.assign(vocab, -1);
  a.op_of_.assign(vocab, -1);
  for (std::vector<bool>* flags : {&a.is_zone_, &a.is_word_, &a.is_unit_}) flags->assign(vocab, false);
  const auto mark = [](std::vector<bool>& flags, TokenId token) {
    if (token != kNoToken) flags[static_cast<std::size_t>(token)] = true;
    return token;
  };
  for (const std::string& symbol : language.Symbols()) {
    const bool may_lack = symbol.starts_with("<&");
    const TokenId token = may_lack ? tokenizer.Symbol(symbol).value_or(kNoToken) : id(symbol);
    if (symbol.starts_with("<%")) mark(a.is_unit_, token);
    if (may_lack && token != kNoToken) a.conditions_.push_back(token);
  }
  if (!lacking.empty())
    return FailedPrecondition(fmt::format("the weights file has no symbol {:.80}: it was trained for another catalogue", lacking));
  for (int i = 0; i < kOpCount; ++i) a.op_of_[static_cast<std::size_t>(id(FrameLanguage::OpSymbol(static_cast<Op>(i))))] = i;
  for (const Capability& c : language.catalogue().capabilities()) {
    const TokenId token = id(FrameLanguage::CapabilitySymbol(c));
    a.capability_of_[static_cast<std::size_t>(token)] = static_cast<std::int32_t>(c.id);
    CapabilityTable table{{}, {}, c.slot_text, c.slot_to};
    for (const Zone zone : language.PlacesFor(c)) table.zones.push_back(mark(a.is_zone_, id(FrameLanguage::ZoneSymbol(zone))));
    for (int i = 0; i < kOpCount; ++i) {
      const auto op = static_cast<Op>(i);
      if (!c.Can(op)) continue;
      table.ops.push_back(id(FrameLanguage::OpSymbol(op)));
      const OpRules& rules = language.RulesFor(c, op);
      OpTable op_table{{}, {}, {}, rules.free_value, rules.needs_value};
      for (const std::string& word : rules.words) op_table.words.push_back(mark(a.is_word_, id(FrameLanguage::WordSymbol(word))));
      a.AddRanges(rules, op_table);
      a.op_tables_.emplace(c.id * kOpCount + static_cast<std::uint32_t>(i), std::move(op_table));
    }
    if (!table.ops.empty()) Allow(token, a.capabilities_);
    a.capability_tables_.push_back(std::move(table));
  }
  a.starts_ = a.capabilities_;
  for (int i = 1; i <= static_cast<int>(Escalation::kCancel); ++i) {
    Allow(id(FrameLanguage::EscalationSymbol(static_cast<Escalation>(i))), a.starts_);
  }
  for (std::size_t digit = 0; digit < 10; ++digit) a.digits_[digit] = id(fmt::format("<{}>", digit));
  a.point_ = id("<.>");
  a.minus_ = id("<->");
  a.marks_ = {id("<:value>"),  id("<:text>"), id("<:to>"), id("<:for>"), id("<:after>"),
              id("<:before>"), id("<:at>"),   id("<:if>"), id("<:once>")};
  for (const std::string_view symbol : FrameLanguage::DaySymbols()) a.days_.push_back(id(symbol));
  for (const std::string_view symbol : FrameLanguage::RepeatSymbols()) a.repeats_.push_back(id(symbol));
  constexpr double kDurationMax = 999;
  const OpRules durations{{}, {{"s", 1, kDurationMax, false}, {"min", 1, kDurationMax, false}, {"h", 0.5, 99, true}}, false, true};
  a.AddRanges(durations, a.duration_);
  return a;
}

FrameParts FrameAutomaton::PartsOf(std::span<const TokenId> tokens) const {
  FrameParts parts;
  for (const TokenId token : tokens) {
    if (token == tokenizer_->eos()) break;
    const bool is_symbol = tokenizer_->IsSymbol(token);
    if (is_symbol || parts.empty() || parts.back().is_symbol) parts.push_back({is_symbol, ""});
    parts.back().text += tokenizer_->Text(token);
  }
  return parts;
}

FrameSentence::FrameSentence(const FrameAutomaton& automaton, std::string_view source)
    : a_(automaton), spans_(automaton.tokenizer(), source), has_text_(!source.empty()) {}

int FrameSentence::DigitOf(TokenId token) const {
  const auto found = std::find(a_.digits_.begin(), a_.digits_.end(), token);
  return found == a_.digits_.end() ? -1 : static_cast<int>(found - a_.digits_.begin());
}

const std::vector<FrameAutomaton::Range>& FrameSentence::RangesFor(const State& state) const {
  if (StageOf(state) > kText) return a_.duration_.ranges;
  const auto& table = a_.TableOf(state.words[kCapability], state.words[kOp]);
  return NumberState::Of(state.words[kNumber]).negative ? table.negative : table.ranges;
}

engine::Choice FrameSentence::Next(const State& state, Mask scratch) const {
  const auto allow_all = [&](const std::vector<TokenId>& tokens) {
    for (const TokenId token : tokens) Allow(token, scratch);
  };
  switch (state.words[kPlace]) {
    case kStart: return {kNoToken, a_.starts_};
    case kAfterCapability: allow_all(a_.capability_tables_[state.words[kCapability]].zones); [[fallthrough]];
    case kAfterZone: allow_all(a_.capability_tables_[state.words[kCapability]].ops); break;
    case kInNumber: AllowNumber(state, scratch); break;
    case kInClock: AllowClock(state, scratch); break;
    case kInCondition: allow_all(a_.conditions_); [[fallthrough]];
    case kInSpan: {
      const engine::Spans::Copied copied{state.words[kSpanStart], state.words[kSpanLength]};
      spans_.Allow(copied, scratch);
      if (spans_.MayEnd(copied) && spans_.Text(copied) != " ") AllowTail(state, scratch);
      break;
    }
    default: AllowTail(state, scratch);
  }
  return {kNoToken, scratch};
}

// What may follow a call that has come to this stage; `state` may be after an escalation too, then only the end.
void FrameSentence::AllowTail(const State& state, Mask mask) const {
  const std::uint32_t stage = StageOf(state);
  if (CallsOf(state) > 0) {
    const auto& capability = a_.capability_tables_[state.words[kCapability]];
    const auto& table = a_.TableOf(state.words[kCapability], state.words[kOp]);
    if (stage <= kValue) {
      for (const TokenId word : table.words) Allow(word, mask);
      if (table.free_value && has_text_) Allow(a_.marks_.value, mask);
      State number = state;
      number.words[kInteger] = number.words[kNumber] = 0;
      if (!table.ranges.empty()) AllowNumber(number, mask);
      if (!table.negative.empty()) Allow(a_.minus_, mask);
      if (table.needs_value) return;
    }
    if (stage <= kText && capability.slot_text && has_text_) Allow(a_.marks_.text, mask);
    if (stage <= kTo && capability.slot_to && has_text_) Allow(a_.marks_.to, mask);
    const bool changes = state.words[kOp] != static_cast<std::uint32_t>(Op::kQuery);
    if (stage <= kFor && changes) Allow(a_.marks_.for_how_long, mask);
    if (stage <= kWhen && changes) {
      for (const TokenId mark : {a_.marks_.after, a_.marks_.before, a_.marks_.at}) Allow(mark, mask);
      if (has_text_) Allow(a_.marks_.if_, mask), Allow(a_.marks_.once, mask);
    }
    if (CallsOf(state) < static_cast<std::uint32_t>(FrameLanguage::kCallsMax)) {
      for (std::size_t i = 0; i < mask.size(); ++i) mask[i] |= a_.capabilities_[i];
    }
  }
  Allow(a_.tokenizer().eos(), mask);
}

// Digits that can still become a number the capability takes; the unit once it is one.
void FrameSentence::AllowNumber(const State& state, Mask mask) const {
  const NumberState n = NumberState::Of(state.words[kNumber]);
  const std::int64_t integer = state.words[kInteger];
  for (const FrameAutomaton::Range& r : RangesFor(state)) {
    const auto meets = [&](std::int64_t low, std::int64_t high) { return Meets(low, high, r.low, r.high, r.step); };
    const std::int64_t now = integer * 100 + n.fraction;
    const bool complete = n.digits > 0 && (!n.has_point || n.decimals > 0);
    if (complete && meets(now, now)) Allow(r.unit, mask);
    for (std::size_t digit = 0; digit < 10; ++digit) {
      const auto d = static_cast<std::int64_t>(digit);
      bool may = false;
      if (n.has_point) {
        may = n.decimals == 0 ? meets(now + d * 10, now + d * 10 + 9) : n.decimals == 1 && meets(now + d, now + d);
      } else if (n.digits < FrameLanguage::kDigitsMax && (n.digits == 0 || integer > 0)) {
        std::int64_t scale = 100;
        for (std::uint32_t more = n.digits + 1; more <= FrameLanguage::kDigitsMax && !may; ++more, scale *= 10) {
          may = meets((integer * 10 + d) * scale, (integer * 10 + d + 1) * scale - 1);
          if (integer * 10 + d == 0) break;
        }
      }
      if (may) Allow(a_.digits_[digit], mask);
    }
    if (n.digits > 0 && !n.has_point && r.step == 1 && meets(integer * 100, integer * 100 + 99)) Allow(a_.point_, mask);
  }
}

void FrameSentence::AllowClock(const State& state, Mask mask) const {
  const ClockState clock = ClockState::Of(state.words[kNumber]);
  const std::array<std::size_t, 4> most{3, clock.first == 2 ? 4U : 10U, 6, 10};
  if (clock.digits < 4 && clock.named == 0) {
    for (std::size_t digit = 0; digit < most[clock.digits]; ++digit) Allow(a_.digits_[digit], mask);
  }
  if (clock.digits != 0 && clock.digits < 4) return;
  if (clock.named < 1) {
    for (const TokenId day : a_.days_) Allow(day, mask);
  }
  if (clock.named < 2) {
    for (const TokenId repeat : a_.repeats_) Allow(repeat, mask);
  }
  if (clock.digits == 4 || clock.named > 0) AllowTail(state, mask);
}

engine::AutomatonState FrameSentence::Advance(const State& state, TokenId token) const {
  State next = state;
  switch (state.words[kPlace]) {
    case kStart: return AfterTail(next, token);
    case kAfterCapability:
    case kAfterZone:
      next.words[kPlace] = a_.is_zone_[static_cast<std::size_t>(token)] ? kAfterZone : kTail;
      if (next.words[kPlace] == kTail) next.words[kOp] = static_cast<std::uint32_t>(a_.op_of_[static_cast<std::size_t>(token)]);
      return next;
    case kInNumber: return AfterNumber(next, token);
    case kInClock: return AfterClock(next, token);
    case kInCondition:
      if (std::find(a_.conditions_.begin(), a_.conditions_.end(), token) != a_.conditions_.end()) {
        next.words[kPlace] = kTail;
        return next;
      }
      next.words[kPlace] = kInSpan;
      break;
    case kInSpan:
      if (a_.tokenizer().IsSymbol(token) || token == a_.tokenizer().eos()) return AfterTail(next, token);
      break;
    default: return AfterTail(next, token);
  }
  const auto copied = spans_.Advance({state.words[kSpanStart], state.words[kSpanLength]}, token);
  next.words[kSpanStart] = copied.start;
  next.words[kSpanLength] = copied.length;
  return next;
}

engine::AutomatonState FrameSentence::AfterTail(State next, TokenId token) const {
  const auto& marks = a_.marks_;
  const auto enter = [&](Place place, Stage stage) {
    next.words[kPlace] = place;
    next.words[kInteger] = next.words[kNumber] = next.words[kSpanStart] = next.words[kSpanLength] = 0;
    SetStage(next, stage);
    return next;
  };
  const auto at = static_cast<std::size_t>(token);
  if (a_.capability_of_[at] >= 0) {
    const std::uint32_t calls = CallsOf(next) + 1;
    next = {};
    next.words[kPlace] = kAfterCapability;
    next.words[kCapability] = static_cast<std::uint32_t>(a_.capability_of_[at]);
    next.words[kProgress] = calls;
    return next;
  }
  if (a_.is_word_[at]) return enter(kTail, kText);
  if (token == marks.value) return enter(kInSpan, kText);
  if (token == marks.text) return enter(kInSpan, kTo);
  if (token == marks.to) return enter(kInSpan, kFor);
  if (token == marks.for_how_long) return enter(kInNumber, kWhen);
  if (token == marks.after || token == marks.before) return enter(kInNumber, kDone);
  if (token == marks.at) return enter(kInClock, kDone);
  if (token == marks.if_ || token == marks.once) return enter(kInCondition, kDone);
  if (token == a_.minus_ || DigitOf(token) >= 0) return AfterNumber(enter(kInNumber, kText), token);
  return enter(kTail, kDone);  // an escalation, or the end
}

engine::AutomatonState FrameSentence::AfterNumber(State next, TokenId token) const {
  NumberState n = NumberState::Of(next.words[kNumber]);
  if (a_.is_unit_[static_cast<std::size_t>(token)]) {
    next.words[kPlace] = kTail;
    return next;
  }
  if (token == a_.minus_) n.negative = true;
  if (token == a_.point_) n.has_point = true;
  if (const int digit = DigitOf(token); digit >= 0) {
    const auto d = static_cast<std::uint32_t>(digit);
    if (!n.has_point) {
      next.words[kInteger] = next.words[kInteger] * 10 + d;
      ++n.digits;
    } else {
      n.fraction += n.decimals == 0 ? d * 10 : d;
      ++n.decimals;
    }
  }
  next.words[kNumber] = n.Packed();
  return next;
}

engine::AutomatonState FrameSentence::AfterClock(State next, TokenId token) const {
  ClockState clock = ClockState::Of(next.words[kNumber]);
  if (const int digit = DigitOf(token); digit >= 0) {
    if (clock.digits == 0) clock.first = static_cast<std::uint32_t>(digit);
    ++clock.digits;
  } else if (std::find(a_.days_.begin(), a_.days_.end(), token) != a_.days_.end()) {
    clock.named = 1;
  } else if (std::find(a_.repeats_.begin(), a_.repeats_.end(), token) != a_.repeats_.end()) {
    clock.named = 2;
  } else {
    return AfterTail(next, token);
  }
  next.words[kNumber] = clock.Packed();
  return next;
}

}  // namespace deepcabin::understanding
