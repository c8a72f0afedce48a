#include "understanding/phrasebook.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"
#include "understanding/resolve.h"

namespace deepcabin::understanding {
namespace {

double Since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

bool ContainsAny(std::u32string_view text, std::span<const std::u32string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::u32string_view word) { return text.find(word) != std::u32string_view::npos; });
}

// What kind of help an unrecognised sentence asks for. A rough sorting: the student and a large model do better; nothing is ever done on it.
Escalation KindOfUnknown(const Normalised& text) {
  constexpr std::array<std::u32string_view, 26> kQuestion{
      U"什么", U"为什么", U"怎么", U"多少", U"哪", U"谁", U"几点", U"吗", U"呢", U"如何", U"是不是", U"有没有", U"?", U"介绍", U"解释",
      U"翻译", U"what ", U"why ", U"how ", U"who ", U"when ", U"where ", U"which ", U"is it ", U"do you know", U"tell me about"};
  constexpr std::array<std::u32string_view, 8> kCreate{U"写一", U"写首", U"编一", U"画一", U"作一首", U"write ", U"compose ", U"draw "};
  if (ContainsAny(text.text, kCreate)) return Escalation::kCreate;
  if (ContainsAny(text.text, kQuestion)) return Escalation::kAnswer;
  return Escalation::kChat;
}

// The sentence names something of the car and wants something done to it, but not all of it was understood: better to ask than to chat.
bool SpeaksOfTheCar(const Reading& reading) {
  std::size_t known = 0;
  std::size_t all = 0;
  for (const Item& item : reading.items) {
    const std::size_t length = item.end - item.begin;
    all += length;
    if (item.kind == Item::Kind::kClause && !item.clause.drafts.empty()) known += length;
  }
  return known * 2 >= all && known > 0;
}

}  // namespace

Result<Phrasebook> Phrasebook::Load(const std::filesystem::path& directory, const Catalogue& catalogue) {
  Phrasebook book;
  DC_ASSIGN_OR_RETURN(auto normaliser, Normaliser::Create());
  book.normaliser_ = std::make_shared<const Normaliser>(std::move(normaliser));
  DC_ASSIGN_OR_RETURN(auto grammar, Grammar::Load(directory, catalogue, *book.normaliser_));
  book.grammar_ = std::make_shared<const Grammar>(std::move(grammar));
  return book;
}

Result<Understood> Phrasebook::Understand(std::string_view text, const Context& context, Timings* timings) const {
  const auto start = std::chrono::steady_clock::now();
  DC_ASSIGN_OR_RETURN(const Normalised normalised, normaliser_->Run(text));
  if (timings != nullptr) timings->normalise_ms = Since(start);
  const auto matching = std::chrono::steady_clock::now();
  const Reading reading = Match(*grammar_, normalised);
  Understood understood;
  if (reading.complete()) {
    understood = Resolve(reading, *grammar_, normalised, context);
  }
  const bool nothing = understood.frame.calls.empty() && understood.frame.escalation == Escalation::kNone && understood.act == DialogueAct::kNone;
  if (!reading.complete() || nothing) {
    understood = Understood{};
    understood.language = normalised.language;
    understood.frame.escalation = SpeaksOfTheCar(reading) ? Escalation::kClarify : KindOfUnknown(normalised);
    understood.frame.route = "none";
    understood.frame.confidence = 0;
  }
  if (timings != nullptr) timings->phrasebook_ms = Since(matching);
  return understood;
}

}  // namespace deepcabin::understanding
