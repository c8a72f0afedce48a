#include "understanding/frame_language.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace deepcabin::understanding {
namespace {

constexpr std::array<std::string_view, 20> kUnits{"",   "level", "percent", "C",   "F", "kmh", "mph", "deg", "degrees", "cm",
                                                  "mm", "m",     "s",       "min", "h", "A",   "x",   "MHz", "km",      "mile"};
constexpr std::array<std::string_view, 9> kDays{"<~today>",    "<~tomorrow>", "<~monday>",   "<~tuesday>", "<~wednesday>",
                                                "<~thursday>", "<~friday>",   "<~saturday>", "<~sunday>"};
constexpr std::array<std::string_view, 4> kRepeats{"<~daily>", "<~weekday>", "<~weekend>", "<~weekly>"};
constexpr std::array<std::string_view, 10> kMarkers{"<:value>",  "<:text>", "<:to>", "<:for>",  "<:after>",
                                                    "<:before>", "<:at>",   "<:if>", "<:once>", "<:said>"};
constexpr std::array<std::string_view, 5> kWhenMarkers{"<:if>", "<:once>", "<:at>", "<:after>", "<:before>"};  // by kind
constexpr std::array<std::string_view, 12> kNumberSymbols{"<0>", "<1>", "<2>", "<3>", "<4>", "<5>",
                                                          "<6>", "<7>", "<8>", "<9>", "<.>", "<->"};
constexpr std::array<std::string_view, 3> kExtremes{"max", "min", "mid"};
constexpr double kServiceNumberMax = 99999;

bool TakesValue(Op op) {
  constexpr std::array<Op, 8> kOps{Op::kSet, Op::kOn, Op::kOpen, Op::kIncrease, Op::kDecrease, Op::kStart, Op::kPlay, Op::kSearch};
  return std::find(kOps.begin(), kOps.end(), op) != kOps.end();
}

bool IsStep(Op op) { return op == Op::kIncrease || op == Op::kDecrease; }

// How much of the signal's unit one spoken unit is; 0 where it does not fit. Asked of the catalogue's own arithmetic.
double FactorOf(const Capability& c, std::string_view unit) {
  constexpr double kSmall = 1.0 / 1024;
  Capability probe;  // the same amounts, as a plain number
  probe.value.type = DataType::kDouble;
  probe.value.min = c.value.min;
  probe.value.max = c.value.max;
  probe.value.has_range = true;
  probe.value.unit = c.value.unit;
  probe.value.levels = c.value.levels;
  probe.value.first_level = c.value.first_level;
  probe.value.step = c.value.step;
  const auto moved = TargetValue(probe, Op::kIncrease, kSmall, unit, Value(c.value.min));
  const auto number = moved ? AsNumber(*moved) : std::nullopt;
  return number ? (*number - c.value.min) / kSmall : 0;
}

std::vector<NumberRange> RangesOf(const Capability& c, Op op) {
  const ValueSpec& v = c.value;
  if (c.is_service() && !v.has_range) {
    std::vector<NumberRange> any;
    for (const std::string_view unit : kUnits) any.push_back({std::string(unit), 0, kServiceNumberMax, true});
    return any;
  }
  if (!v.has_range) return {};
  std::vector<NumberRange> ranges;
  for (const std::string_view unit : kUnits) {
    const bool is_level = unit == "level" || (unit.empty() && v.levels > 0);
    const double factor = FactorOf(c, unit);
    if (factor <= 0) continue;
    const double span = (v.max - v.min) / factor;
    if (IsStep(op)) {
      ranges.push_back({std::string(unit), is_level ? 1 : std::min(span / 1000, 1.0), std::min(span, kServiceNumberMax), !is_level});
    } else if (is_level) {
      if (v.levels > 0)
        ranges.push_back({std::string(unit), unit.empty() ? static_cast<double>(v.first_level) : 0, static_cast<double>(v.levels), false});
      if (v.levels == 0 || !unit.empty()) continue;
      ranges.push_back({"", v.min, v.max, true});
    } else if (unit == "percent" && v.unit != "percent") {
      ranges.push_back({"percent", 0, 100, true});
    } else {
      const double offset = unit == "F" ? 32 : 0;
      ranges.push_back({std::string(unit), v.min / factor + offset, std::min(v.max / factor + offset, kServiceNumberMax), true});
    }
  }
  return ranges;
}

bool InRange(const std::vector<NumberRange>& ranges, double number, std::string_view unit) {
  constexpr double kSlack = 1e-9;
  return std::any_of(ranges.begin(), ranges.end(), [&](const NumberRange& r) {
    const bool fits = r.fractions || number == std::floor(number);
    return r.unit == unit && fits && number >= r.low - kSlack && number <= r.high + kSlack;
  });
}

std::string_view DurationUnit(double seconds) {
  if (seconds >= 3600 && std::fmod(seconds, 1800) == 0) return "h";
  return seconds >= 60 && std::fmod(seconds, 60) == 0 ? "min" : "s";
}

double SecondsIn(std::string_view unit) { return unit == "h" ? 3600 : unit == "min" ? 60 : 1; }

bool SameCondition(const NamedCondition& named, const Condition& condition, const Catalogue& catalogue) {
  const StateCondition& s = named.state;
  const std::string signal = s.signal == kNoId ? "" : catalogue.signal(s.signal).path;
  const std::string capability = s.capability == kNoId ? "" : catalogue.capability(s.capability).name;
  return signal == condition.signal && capability == condition.capability && s.comparison == condition.comparison &&
         s.value == condition.value && s.zone == condition.zone;
}

}  // namespace

std::string ToText(const FrameParts& parts) {
  std::string text;
  for (const FramePart& part : parts) text += part.text;
  return text;
}

std::string FrameLanguage::ZoneSymbol(Zone zone) { return fmt::format("<@{}>", ZoneName(zone)); }
std::string FrameLanguage::OpSymbol(Op op) { return fmt::format("<!{}>", OpName(op)); }
std::string FrameLanguage::WordSymbol(std::string_view word) { return fmt::format("<={}>", word); }
std::string FrameLanguage::UnitSymbol(std::string_view unit) { return fmt::format("<%{}>", unit); }
std::string FrameLanguage::EscalationSymbol(Escalation escalation) { return fmt::format("<?{}>", EscalationName(escalation)); }
std::span<const std::string_view> FrameLanguage::DaySymbols() { return kDays; }
std::span<const std::string_view> FrameLanguage::RepeatSymbols() { return kRepeats; }

FrameLanguage::FrameLanguage(const Catalogue& catalogue, std::vector<NamedCondition> conditions)
    : catalogue_(catalogue), conditions_(std::move(conditions)) {
  for (const Capability& c : catalogue_.capabilities()) capability_of_.emplace(CapabilitySymbol(c), c.id);
  for (int i = 0; i < static_cast<int>(Zone::kWhole); ++i) zone_of_.emplace(ZoneSymbol(static_cast<Zone>(i)), static_cast<Zone>(i));
  for (int i = 0; i < kOpCount; ++i) op_of_.emplace(OpSymbol(static_cast<Op>(i)), static_cast<Op>(i));
  for (const Capability& c : catalogue_.capabilities()) {
    for (int i = 0; i < kOpCount; ++i) {
      const auto op = static_cast<Op>(i);
      if (c.Can(op)) rules_.emplace(c.id * kOpCount + static_cast<std::uint32_t>(op), MakeRules(c, op));
    }
  }
}

std::vector<std::string> FrameLanguage::Symbols() const {
  std::vector<std::string> symbols;
  for (const Capability& c : catalogue_.capabilities()) symbols.push_back(CapabilitySymbol(c));
  for (const auto& [symbol, op] : op_of_) symbols.push_back(symbol);
  for (const auto& [symbol, zone] : zone_of_) symbols.push_back(symbol);
  std::set<std::string> words;
  for (const std::string_view word : kExtremes) words.insert(WordSymbol(word));
  for (const Capability& c : catalogue_.capabilities()) {
    for (const Word& word : c.value.words) words.insert(WordSymbol(word.name));
  }
  symbols.insert(symbols.end(), words.begin(), words.end());
  for (const std::string_view unit : kUnits) symbols.push_back(UnitSymbol(unit));
  for (int i = 1; i <= static_cast<int>(Escalation::kCancel); ++i) symbols.push_back(EscalationSymbol(static_cast<Escalation>(i)));
  symbols.insert(symbols.end(), kNumberSymbols.begin(), kNumberSymbols.end());
  symbols.insert(symbols.end(), kMarkers.begin(), kMarkers.end());
  symbols.insert(symbols.end(), kDays.begin(), kDays.end());
  symbols.insert(symbols.end(), kRepeats.begin(), kRepeats.end());
  for (const NamedCondition& condition : conditions_) symbols.push_back(ConditionSymbol(condition));
  return symbols;
}

std::vector<Zone> FrameLanguage::PlacesFor(const Capability& capability) const {
  std::vector<Zone> places;
  for (int i = 0; i < static_cast<int>(Zone::kWhole); ++i) {
    const auto zone = static_cast<Zone>(i);
    if (!ExpandZone(zone, capability.zones).empty()) places.push_back(zone);
  }
  return places;
}

const OpRules& FrameLanguage::RulesFor(const Capability& c, Op op) const {
  static const OpRules kNothing;
  const auto found = rules_.find(c.id * kOpCount + static_cast<std::uint32_t>(op));
  return found == rules_.end() ? kNothing : found->second;
}

OpRules FrameLanguage::MakeRules(const Capability& c, Op op) {
  OpRules rules;
  rules.needs_value = op == Op::kSet && !c.is_service() && !c.slot_text;
  if (!TakesValue(op)) return rules;
  for (const Word& word : c.value.words) {
    if (!IsStep(op)) rules.words.push_back(word.name);
  }
  for (const std::string_view word : kExtremes) {
    if (c.value.has_range && c.FindWord(word) == nullptr) rules.words.emplace_back(word);
  }
  rules.numbers = RangesOf(c, op);
  rules.free_value = c.value.free_text && c.value.type == DataType::kString && !IsStep(op);
  if (rules.words.empty() && rules.numbers.empty() && !rules.free_value) rules.needs_value = false;
  return rules;
}

// Writes one frame; the first thing that cannot be said is kept.
class FrameLanguage::Writer {
 public:
  Writer(const FrameLanguage& language, std::string_view source) : language_(language), source_(source) {}

  Result<FrameParts> Run(const Frame& frame) {
    if (frame.calls.empty()) {
      if (frame.escalation == Escalation::kNone) return InvalidArgument("the frame means nothing");
      Symbol(EscalationSymbol(frame.escalation));
      return std::move(parts_);
    }
    if (frame.calls.size() > static_cast<std::size_t>(kCallsMax)) return InvalidArgument(fmt::format("more than {} calls", kCallsMax));
    for (const Call& call : frame.calls) WriteCall(call, false);
    if (!error_.empty()) return is_out_of_range_ ? OutOfRange(error_) : InvalidArgument(error_);
    return std::move(parts_);
  }

  // `brief`: as context, without texts and times.
  void WriteCall(const Call& call, bool brief) {
    const Capability& c = language_.catalogue().capability(call.capability);
    Symbol(CapabilitySymbol(c));
    const bool placed = call.zone_spoken && call.zone != Zone::kWhole && !c.zones.empty();
    if (placed && ExpandZone(call.zone, c.zones).empty()) Fail(fmt::format("{} is not at {}", c.name, ZoneName(call.zone)));
    if (placed) Symbol(ZoneSymbol(call.zone));
    if (!c.Can(call.op)) Fail(fmt::format("{} cannot {}", c.name, OpName(call.op)));
    Symbol(OpSymbol(call.op));
    WriteValue(c, call, brief);
    if (brief) return;
    if (!call.text.empty() && !c.slot_text) Fail(fmt::format("{} takes no text", c.name));
    if (!call.to.empty() && !c.slot_to) Fail(fmt::format("{} has no `to`", c.name));
    WriteText("<:text>", call.text);
    WriteText("<:to>", call.to);
    if (call.for_seconds) WriteDuration("<:for>", *call.for_seconds);
    if (call.when) WriteWhen(*call.when);
  }

  // That there are texts and times, not which.
  void MarkSlots(const Call& call) {
    if (!call.text.empty()) Symbol("<:text>");
    if (!call.to.empty()) Symbol("<:to>");
    if (call.for_seconds) Symbol("<:for>");
    if (call.when) Symbol(kWhenMarkers[static_cast<std::size_t>(call.when->kind)]);
  }

  FrameParts Take() { return std::move(parts_); }
  bool ok() const { return error_.empty(); }

 private:
  void Symbol(std::string_view symbol) { parts_.push_back({true, std::string(symbol)}); }
  void Fail(std::string reason) {
    if (error_.empty()) error_ = std::move(reason);
  }

  void FailBeyond(std::string reason) {
    is_out_of_range_ = true;
    Fail(std::move(reason));
  }

  void WriteText(std::string_view marker, std::string_view text) {
    if (text.empty()) return;
    if (source_.find(text) == std::string_view::npos) Fail("a text that was not said");
    if (text.find('<') != std::string_view::npos) Fail("a text with <");
    Symbol(marker);
    // A word has other pieces with the space before it than without: those that stand in what was said are to be copied.
    const std::string spaced = fmt::format(" {}", text);
    parts_.push_back({false, source_.find(spaced) == std::string_view::npos ? std::string(text) : spaced});
  }

  void WriteNumber(double number, std::string_view unit) {
    std::string digits = fmt::format("{:.{}f}", std::abs(number), kDecimalsMax);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
    if (std::min(digits.find('.'), digits.size()) > static_cast<std::size_t>(kDigitsMax)) Fail("a number with too many digits");
    if (number < 0) Symbol("<->");
    for (const char digit : digits) Symbol(fmt::format("<{}>", digit));
    Symbol(UnitSymbol(unit));
  }

  void WriteValue(const Capability& c, const Call& call, bool brief) {
    const OpRules& rules = language_.RulesFor(c, call.op);
    if (const auto* number = std::get_if<double>(&call.value)) {
      if (!InRange(rules.numbers, *number, call.unit)) {
        return FailBeyond(fmt::format("{} {} takes no {:g} {}", c.name, OpName(call.op), *number, call.unit));
      }
      WriteNumber(*number, call.unit);
    } else if (const auto* word = std::get_if<std::string>(&call.value)) {
      if (std::find(rules.words.begin(), rules.words.end(), *word) != rules.words.end()) Symbol(WordSymbol(*word));
      else if (rules.free_value && !brief) WriteText("<:value>", *word);
      else Fail(fmt::format("{} {} takes no \"{:.40}\"", c.name, OpName(call.op), *word));
    } else if (rules.needs_value) {
      Fail(fmt::format("{} {} needs a value", c.name, OpName(call.op)));
    }
  }

  void WriteDuration(std::string_view marker, double seconds) {
    if (seconds <= 0) Fail("a time that is not ahead");
    const std::string_view unit = DurationUnit(seconds);
    Symbol(marker);
    WriteNumber(seconds / SecondsIn(unit), unit);
  }

  void WriteWhen(const When& when) {
    switch (when.kind) {
      case WhenKind::kAfter: return WriteDuration("<:after>", when.seconds);
      case WhenKind::kBeforeArrival: return WriteDuration("<:before>", when.seconds);
      case WhenKind::kAt: return WriteClock(when);
      case WhenKind::kIf:
      case WhenKind::kOnce: break;
    }
    const std::string_view marker = when.kind == WhenKind::kIf ? "<:if>" : "<:once>";
    for (const NamedCondition& named : language_.conditions()) {
      if (!SameCondition(named, when.condition, language_.catalogue())) continue;
      Symbol(marker);
      Symbol(ConditionSymbol(named));
      return;
    }
    if (when.condition.text.empty()) Fail("a condition without words");
    WriteText(marker, when.condition.text);
  }

  void WriteClock(const When& when) {
    Symbol("<:at>");
    const bool has_time = when.time.size() == 5 && when.time[2] == ':';
    if (!when.time.empty() && !has_time) Fail("a clock time that is not HH:MM");
    if (has_time) {
      for (const std::size_t at : {0U, 1U, 3U, 4U}) Symbol(fmt::format("<{}>", when.time[at]));
    }
    const auto named = [&](const std::string& name, std::span<const std::string_view> known) {
      if (name.empty()) return;
      const std::string symbol = fmt::format("<~{}>", name);
      if (std::find(known.begin(), known.end(), symbol) == known.end()) FailBeyond("a day without a name");
      Symbol(symbol);
    };
    named(when.day, kDays);
    named(when.repeat, kRepeats);
    if (!has_time && when.day.empty() && when.repeat.empty()) Fail("a time that says nothing");
  }

  const FrameLanguage& language_;
  std::string_view source_;
  FrameParts parts_;
  std::string error_;
  bool is_out_of_range_ = false;
};

Result<FrameParts> FrameLanguage::Encode(const Frame& frame, std::string_view source) const { return Writer(*this, source).Run(frame); }

FrameParts FrameLanguage::Introduction(Zone speaker, const std::vector<Call>& last_calls, ReadAs how, const Frame& read) const {
  constexpr std::size_t kLastCallsMax = 2;
  constexpr std::array<std::string_view, 4> kHow{"", "<:value>", "<:once>", "<:if>"};  // begin nothing else before the words
  Writer writer(*this, "");
  for (std::size_t i = last_calls.size() - std::min(last_calls.size(), kLastCallsMax); i < last_calls.size(); ++i) {
    writer.WriteCall(last_calls[i], true);
  }
  FrameParts parts{{true, ZoneSymbol(speaker)}};
  for (FramePart& part : writer.Take()) parts.push_back(std::move(part));
  Writer reading(*this, "");
  for (const Call& call : read.calls) {
    reading.WriteCall(call, true);
    reading.MarkSlots(call);
  }
  FrameParts hint = reading.Take();
  if (read.calls.empty() && read.escalation != Escalation::kNone) hint.push_back({true, EscalationSymbol(read.escalation)});
  if (how != ReadAs::kNothing && reading.ok() && !hint.empty()) {
    parts.push_back({true, std::string(kHow[static_cast<std::size_t>(how)])});
    for (FramePart& part : hint) parts.push_back(std::move(part));
  }
  parts.push_back({true, std::string(kSaid)});
  return parts;
}

// Reads parts one after the other; what does not fit is an error.
class FrameLanguage::Reader {
 public:
  Reader(const FrameLanguage& language, const FrameParts& parts) : language_(language), parts_(parts) {}

  Result<Frame> Run() {
    Frame frame;
    if (parts_.size() == 1 && parts_[0].is_symbol && parts_[0].text.starts_with("<?")) {
      const auto escalation = ParseEscalation(Inner(parts_[0].text, 2));
      if (!escalation) return InvalidArgument("an unknown escalation");
      frame.escalation = *escalation;
      return frame;
    }
    while (at_ < parts_.size() && ok_) frame.calls.push_back(ReadCall());
    if (!ok_ || frame.calls.empty()) return InvalidArgument(fmt::format("{:.80} is no frame", ToText(parts_)));
    return frame;
  }

 private:
  static std::string_view Inner(std::string_view symbol, std::size_t skip) { return symbol.substr(skip, symbol.size() - skip - 1); }

  // The symbol at the reading place, "" for text or the end.
  std::string_view Peek() const { return at_ < parts_.size() && parts_[at_].is_symbol ? std::string_view(parts_[at_].text) : ""; }
  bool Eat(std::string_view symbol) {
    if (Peek() != symbol) return false;
    ++at_;
    return true;
  }
  std::string ReadText() {
    if (at_ >= parts_.size() || parts_[at_].is_symbol) {
      ok_ = false;
      return {};
    }
    const std::string& text = parts_[at_++].text;
    return text.starts_with(' ') ? text.substr(1) : text;
  }

  Call ReadCall() {
    Call call;
    const auto capability = language_.capability_of_.find(Peek());
    ok_ = capability != language_.capability_of_.end();
    if (!ok_) return call;
    call.capability = capability->second;
    ++at_;
    if (const auto zone = language_.zone_of_.find(Peek()); zone != language_.zone_of_.end()) {
      call.zone = zone->second;
      call.zone_spoken = true;
      ++at_;
    }
    const auto op = language_.op_of_.find(Peek());
    ok_ = op != language_.op_of_.end();
    if (!ok_) return call;
    call.op = op->second;
    ++at_;
    ReadValue(call);
    if (Eat("<:text>")) call.text = ReadText();
    if (Eat("<:to>")) call.to = ReadText();
    if (Eat("<:for>")) call.for_seconds = ReadDuration();
    ReadWhen(call);
    return call;
  }

  bool AtNumber() const { return Peek() == "<->" || (Peek().size() == 3 && Peek()[1] >= '0' && Peek()[1] <= '9'); }

  std::pair<double, std::string> ReadNumber() {
    std::string digits;
    for (; AtNumber() || Peek() == "<.>"; ++at_) digits += Peek()[1];
    ok_ = ok_ && Peek().starts_with("<%") && digits.size() <= 12;
    if (!ok_) return {};
    std::string unit(Inner(Peek(), 2));
    ++at_;
    return {std::strtod(digits.c_str(), nullptr), std::move(unit)};
  }

  void ReadValue(Call& call) {
    if (AtNumber()) {
      auto [number, unit] = ReadNumber();
      call.value = number;
      call.unit = std::move(unit);
    } else if (Peek().starts_with("<=")) {
      call.value = std::string(Inner(Peek(), 2));
      ++at_;
    } else if (Eat("<:value>")) {
      call.value = ReadText();
    }
  }

  double ReadDuration() {
    const auto [number, unit] = ReadNumber();
    return std::round(number * SecondsIn(unit));
  }

  void ReadWhen(Call& call) {
    When when;
    if (Eat("<:after>")) {
      when.kind = WhenKind::kAfter;
      when.seconds = ReadDuration();
    } else if (Eat("<:before>")) {
      when.kind = WhenKind::kBeforeArrival;
      when.seconds = ReadDuration();
    } else if (Eat("<:at>")) {
      when.kind = WhenKind::kAt;
      ReadClock(when);
    } else if (Peek() == "<:if>" || Peek() == "<:once>") {
      when.kind = Peek() == "<:if>" ? WhenKind::kIf : WhenKind::kOnce;
      ++at_;
      ReadCondition(when.condition);
    } else {
      return;
    }
    call.when = std::move(when);
  }

  void ReadClock(When& when) {
    std::string digits;
    for (; AtNumber() && digits.size() < 4; ++at_) digits += Peek()[1];
    ok_ = ok_ && (digits.empty() || digits.size() == 4);
    if (digits.size() == 4) when.time = digits.substr(0, 2) + ":" + digits.substr(2);
    const auto named = [&](std::span<const std::string_view> known, std::string& name) {
      if (std::find(known.begin(), known.end(), Peek()) == known.end()) return;
      name = Inner(Peek(), 2);
      ++at_;
    };
    named(kDays, when.day);
    named(kRepeats, when.repeat);
  }

  void ReadCondition(Condition& condition) {
    if (!Peek().starts_with("<&")) {
      condition.text = ReadText();
      return;
    }
    const std::string_view name = Inner(Peek(), 2);
    const auto& all = language_.conditions();
    const auto found = std::find_if(all.begin(), all.end(), [&](const NamedCondition& c) { return c.name == name; });
    ok_ = ok_ && found != all.end();
    if (!ok_) return;
    ++at_;
    const StateCondition& state = found->state;
    if (state.signal != kNoId) condition.signal = language_.catalogue().signal(state.signal).path;
    if (state.capability != kNoId) condition.capability = language_.catalogue().capability(state.capability).name;
    condition.zone = state.zone;
    condition.comparison = state.comparison;
    condition.value = state.value;
    condition.text = found->name;
  }

  const FrameLanguage& language_;
  const FrameParts& parts_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

Result<Frame> FrameLanguage::Decode(const FrameParts& parts) const { return Reader(*this, parts).Run(); }

}  // namespace deepcabin::understanding
