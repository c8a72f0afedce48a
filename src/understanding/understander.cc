#include "understanding/understander.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace deepcabin::understanding {
namespace {

// Misheard or loosely read: the phrasebook's own words for it are at most this sure.
constexpr double kWholeReading = 0.71;

// The student's answer counts from this confidence on. Chosen on lessons that training never saw (docs/student.md).
constexpr double kActs = 0.65;       // to do something
constexpr double kAsked = 0.95;      // to change something on what looks like a question, or to take back what was read loosely
constexpr double kEscalates = 0.45;  // to say what kind of help is wanted
constexpr double kOverrules = 0.75;  // what the phrasebook read whole
constexpr double kGuesses = 0.4;     // to ask whether that was meant
constexpr double kGuessFirst = 0.8;  // and so sure of what it is about
constexpr double kFilled = 0.9;      // that what was said next is what was asked for

double Since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

bool Changes(const Call& call) { return call.op != Op::kQuery && call.op != Op::kSearch; }

// What may be offered: a plain command, now, that somebody can say yes to.
bool IsWorthAsking(const Frame& frame, double first, const Normalised& text) {
  const auto is_plain = [](const Call& call) { return Changes(call) && !call.when && !call.for_seconds; };
  return frame.confidence >= kGuesses && first >= kGuessFirst && !frame.calls.empty() && !LooksLikeQuestion(text) &&
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

bool MayDecide(const Understood& student, const Understood& phrasebook, const Normalised& text) {
  const Frame& frame = student.frame;
  if (frame.calls.empty()) {
    // What was read loosely as a command is taken back only by somebody who is sure.
    return frame.confidence >= (phrasebook.frame.calls.empty() ? kEscalates : kAsked);
  }
  const bool changes = std::any_of(frame.calls.begin(), frame.calls.end(), Changes);
  const bool doubtful = changes && LooksLikeQuestion(text);
  return frame.confidence >= (doubtful ? kAsked : kActs);
}

// 再短一点, 那黄河呢: not understood by itself, it goes on with the talk before it.
bool GoesOnTalking(const Understood& read, const Context& context) {
  const Escalation last = context.last_escalation;
  const bool was_talk = last == Escalation::kAnswer || last == Escalation::kCreate || last == Escalation::kPlan;
  const bool is_nothing = read.frame.route == "none" || read.frame.escalation == Escalation::kClarify;
  return was_talk && is_nothing && read.frame.calls.empty() && !read.guess && read.act == DialogueAct::kNone;
}

}  // namespace

bool IsReadWhole(const Understood& read) {
  return read.frame.route == "phrasebook" && (read.act != DialogueAct::kNone || read.frame.confidence > kWholeReading);
}

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
  if (student_ == nullptr || context.offer_open || (is_whole && read.act != DialogueAct::kNone)) return read;
  const auto start = std::chrono::steady_clock::now();
  DC_ASSIGN_OR_RETURN(const Normalised normalised, phrasebook_.normaliser().Run(text));
  double first = 0;
  auto thought = student_->Understand(normalised, context, &first);
  if (timings != nullptr) timings->student_ms = Since(start);
  if (is_whole && (!thought || thought->frame.confidence < kOverrules)) return read;
  // What helps in this state the student does not know; that nothing is asked of the car it may.
  if (is_whole && read.is_need && !AsksNothingOfTheCar(thought->frame)) return read;
  if (is_whole && LosesTheTime(thought->frame, read.frame)) return read;
  if (thought && !MayDecide(*thought, read, normalised)) {
    for (const Call& call : thought->frame.calls) read.guesses.push_back(call.capability);
    if (read.frame.calls.empty() && IsWorthAsking(thought->frame, first, normalised)) read.guess = std::move(thought->frame);
    return read;
  }
  if (!thought) return read;
  return std::move(*thought);
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
