#include "understanding/understander.h"

#include <algorithm>
#include <array>

#include "base/clock.h"

namespace deepcabin::understanding {
namespace {

using Thought = Student::Thought;

// The student's answer counts from this confidence on. Chosen on lessons that training never saw (docs/student.md).
constexpr double kActs = 0.5;             // to do something, where the phrasebook read nothing
constexpr double kEscalates = 0.5;        // to say what kind of help is wanted, where the phrasebook read nothing
constexpr double kCorrects = 0.2;         // against what the phrasebook misheard or read loosely
constexpr double kOverrules = 0.65;       // against what it read whole
constexpr double kOverrulesNeed = 0.5;    // and took for a need
constexpr double kTakesBack = 0.5;        // to say that nothing is to be done although the phrasebook read an order
constexpr double kMoreForQuestion = 0.1;  // where it sounds like a question, and something would change
constexpr double kMoreForDoubt = 4;       // for each unit of probability that nothing is to be done at all
constexpr double kAdvantage = 4;          // so many times as likely as it finds the phrasebook's reading
// To ask whether that was meant.
constexpr double kGuesses = 0.2;
constexpr double kDoubtOfGuessMax = 0.02;  // it must be as sure as that that something is to be done
constexpr double kFilled = 0.9;            // that what was said next is what was asked for

bool Changes(const Call& call) { return call.op != Op::kQuery && call.op != Op::kSearch; }

// What may be offered: a plain command, now, that somebody can say yes to. To be without lights or wipers is nothing to propose.
bool IsWorthAsking(const Thought& thought, const Normalised& text, const Catalogue& catalogue) {
  const Frame& frame = thought.understood.frame;
  const auto is_plain = [&](const Call& call) {
    const SafetyClass safety = catalogue.capability(call.capability).safety;
    const bool darkens = call.op == Op::kOff && (safety == SafetyClass::kVisibility || safety == SafetyClass::kSignalling);
    return Changes(call) && !darkens && !call.when && !call.for_seconds;
  };
  return frame.confidence >= kGuesses && thought.no_order <= kDoubtOfGuessMax && !frame.calls.empty() && !LooksLikeQuestion(text) &&
         std::all_of(frame.calls.begin(), frame.calls.end(), is_plain);
}

// Talk, a question about the world, something to be written.
bool AsksNothingOfTheCar(const Frame& frame) {
  return frame.calls.empty() &&
         (frame.escalation == Escalation::kChat || frame.escalation == Escalation::kAnswer || frame.escalation == Escalation::kCreate);
}

// A time that was read is there; whoever would do the thing now has missed it.
bool LosesTheTime(const Frame& thought, const Frame& read) {
  const auto waits = [](const Call& call) { return call.when.has_value(); };
  return !thought.calls.empty() && std::any_of(read.calls.begin(), read.calls.end(), waits) &&
         std::none_of(thought.calls.begin(), thought.calls.end(), waits);
}

// Of a need the student may say that nothing is asked of the car, and that another thing is meant than all that may help; which of those
// helps in this state it does not know.
bool MayDecideNeed(const Frame& thought, const std::vector<CapabilityId>& remedies) {
  if (thought.calls.empty()) return AsksNothingOfTheCar(thought);
  return std::none_of(thought.calls.begin(), thought.calls.end(),
                      [&](const Call& call) { return std::find(remedies.begin(), remedies.end(), call.capability) != remedies.end(); });
}

bool IsReadWhole(const Understood& read) { return HowRead(read) == ReadAs::kWhole || HowRead(read) == ReadAs::kNeed; }

// Of the whole frame; that nothing is to be done it may know without knowing whether talk or an answer is wanted.
double ConfidenceOf(const Thought& thought) {
  return thought.understood.frame.calls.empty() ? thought.no_order : thought.understood.frame.confidence;
}

double ConfidenceWanted(const Thought& thought, const Understood& read, const Normalised& text) {
  const std::vector<Call>& calls = thought.understood.frame.calls;
  const ReadAs how = HowRead(read);
  if (calls.empty()) return how == ReadAs::kNothing ? kEscalates : kTakesBack;
  const bool doubtful = LooksLikeQuestion(text) && std::any_of(calls.begin(), calls.end(), Changes);
  constexpr std::array<double, 4> kWanted{kActs, kOverrules, kOverrulesNeed, kCorrects};  // by how it was read
  return kWanted[static_cast<std::size_t>(how)] + (doubtful ? kMoreForQuestion : 0) + kMoreForDoubt * thought.no_order;
}

// 再短一点, 那黄河呢: not understood by itself, it goes on with the talk before it.
bool GoesOnTalking(const Understood& read, const Context& context) {
  const Escalation last = context.last_escalation;
  const bool was_talk = last == Escalation::kAnswer || last == Escalation::kCreate || last == Escalation::kPlan;
  const bool is_nothing = read.frame.route == "none" || read.frame.escalation == Escalation::kClarify;
  return was_talk && is_nothing && read.frame.calls.empty() && !read.guess && read.act == DialogueAct::kNone;
}

}  // namespace

bool LooksLikeQuestion(const Normalised& text) {
  constexpr std::array<std::u32string_view, 35> kWords{
      U"?",    U"？",     U"什么",   U"怎么",   U"为啥",   U"干嘛",   U"多少",   U"哪",      U"谁",     U"几点",  U"吗",    U"你觉得",
      U"你说", U"就好了", U"呢",     U"如何",   U"是不是", U"有没有", U"能不能", U"会不会",  U"要不要", U"what ", U"why ",  U"how ",
      U"who ", U"when ",  U"where ", U"which ", U"is it ", U"does ",  U"did ",   U"should ", U"are ",   U"is ",   U"can i "};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::u32string_view word) { return text.text.find(word) != std::u32string::npos; });
}

Result<Understood> Understander::Read(std::string_view text, const Context& context, Timings* timings) const {
  DC_ASSIGN_OR_RETURN(Understood read, phrasebook_.Understand(text, context, timings));
  const bool is_whole = IsReadWhole(read);
  if (student_ == nullptr || (is_whole && (context.offer_open || read.act != DialogueAct::kNone))) return read;
  const Stopwatch thinking;
  DC_ASSIGN_OR_RETURN(const Normalised normalised, phrasebook_.normaliser().Run(text));
  auto thought = student_->Understand(normalised, context, read);
  const bool decides = thought && Decides(*thought, read, normalised, context);
  if (timings != nullptr) timings->student_ms = thinking.ElapsedMs();
  if (decides) return std::move(thought->understood);
  if (!thought || is_whole) return read;
  for (const Call& call : thought->understood.frame.calls) read.guesses.push_back(call.capability);
  if (read.frame.calls.empty() && IsWorthAsking(*thought, normalised, phrasebook_.grammar().catalogue()))
    read.guess = std::move(thought->understood.frame);
  return read;
}

bool Understander::Decides(const Student::Thought& thought, const Understood& read, const Normalised& text, const Context& context) const {
  const Frame& frame = thought.understood.frame;
  const double confidence = ConfidenceOf(thought);
  if (confidence < ConfidenceWanted(thought, read, text)) return false;
  if (HowRead(read) == ReadAs::kNothing) return true;
  if (!read.remedies.empty() && !MayDecideNeed(frame, read.remedies)) return false;
  if (LosesTheTime(frame, read.frame)) return false;
  const auto other = student_->Probability(read, text, context);
  // 空调调到四十度, 后天提醒我, 改到七点: of the same thing the student can only write another number or day, or leave out what was said
  // before.
  const bool is_beyond = !other && other.error().code == ErrorCode::kOutOfRange;
  const bool is_same =
      !frame.calls.empty() && !read.frame.calls.empty() && frame.calls.front().capability == read.frame.calls.front().capability;
  const bool lacks_text = read.elliptical && is_same && frame.calls.front().text.empty() && !read.frame.calls.front().text.empty();
  if (is_same && (is_beyond || lacks_text)) return false;
  return confidence >= kAdvantage * other.value_or(0);
}

// What was asked for comes before anything else that the words might mean, but for a whole command and for "never mind".
std::optional<Understood> Understander::ReadAsFilling(const Understood& read, std::string_view text, const Context& context) const {
  if (!context.open || read.act != DialogueAct::kNone) return std::nullopt;
  const auto is_command = [&](const Call& call) { return call.capability != context.open->call.capability; };
  const auto& calls = read.frame.calls;
  if (IsReadWhole(read) && !read.elliptical && std::any_of(calls.begin(), calls.end(), is_command)) return std::nullopt;
  const auto said = phrasebook_.normaliser().Run(text);
  auto call = said ? Filled(*context.open, *said) : std::nullopt;
  if (!call) return std::nullopt;
  Understood filled;
  filled.language = read.language;
  filled.frame.calls.push_back(std::move(*call));
  filled.frame.confidence = kFilled;
  filled.frame.route = "phrasebook";
  return filled;
}

Result<Understood> Understander::Understand(std::string_view text, const Context& context, Timings* timings) const {
  DC_ASSIGN_OR_RETURN(Understood read, Read(text, context, timings));
  if (auto filled = ReadAsFilling(read, text, context)) read = std::move(*filled);
  if (GoesOnTalking(read, context)) read.frame.escalation = context.last_escalation;
  std::vector<Call>& calls = read.frame.calls;
  const Catalogue& catalogue = phrasebook_.grammar().catalogue();
  for (auto call = calls.begin(); call != calls.end();) {
    const auto slot = MissingSlot(*call, catalogue);
    if (!slot) {
      ++call;
      continue;
    }
    if (!read.open) read.open = OpenCall{*call, *slot};
    call = calls.erase(call);
  }
  if (read.open && calls.empty()) {
    read.frame.escalation = Escalation::kClarify;
    read.frame.topic = CallSlotName(read.open->slot);
  }
  return read;
}

}  // namespace deepcabin::understanding
