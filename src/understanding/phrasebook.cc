#include "understanding/phrasebook.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/yaml_reader.h"
#include "understanding/resolve.h"

namespace deepcabin::understanding {
namespace {

constexpr std::size_t kFileBytesMax = 4u << 20;  // of one YAML file
constexpr double kMisheardConfidence = 0.7;
constexpr double kLooseConfidence = 0.55;  // words were left over
constexpr double kWholeConfidence = 0.71;  // what is surer was read whole
constexpr std::size_t kMisheardMax = 6;    // characters that no phrase covers: with more it is another sentence, not a misheard one

bool ContainsAny(std::u32string_view text, std::span<const std::u32string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::u32string_view word) { return text.find(word) != std::u32string_view::npos; });
}

// What kind of help an unrecognised sentence asks for. A rough sorting: the student and a large model do better; nothing is ever done on
// it.
Escalation KindOfUnknown(const Normalised& text) {
  constexpr std::array<std::u32string_view, 26> kQuestion{
      U"什么", U"为什么", U"怎么",   U"多少",   U"哪",     U"谁",     U"几点",        U"吗",           U"呢",
      U"如何", U"是不是", U"有没有", U"?",      U"介绍",   U"解释",   U"翻译",        U"what ",        U"why ",
      U"how ", U"who ",   U"when ",  U"where ", U"which ", U"is it ", U"do you know", U"tell me about"};
  constexpr std::array<std::u32string_view, 8> kCreate{U"写一", U"写首", U"编一", U"画一", U"作一首", U"write ", U"compose ", U"draw "};
  if (ContainsAny(text.text, kCreate)) return Escalation::kCreate;
  if (ContainsAny(text.text, kQuestion)) return Escalation::kAnswer;
  return Escalation::kChat;
}

// Characters that a person would count: letters of Latin words weigh less than Han characters.
std::size_t Weight(const Normalised& text, std::size_t begin, std::size_t end) {
  std::size_t han = 0;
  std::size_t latin = 0;
  for (std::size_t i = begin; i < end; ++i) ++(IsHan(text.text[i]) ? han : latin);
  return han + (latin + 3) / 4;
}

// "Is it bad to leave the engine running": an English question tells itself by its first word, unless it asks to have something done.
bool OpensAQuestion(const Normalised& text) {
  if (text.language != Language::kEnglish) return false;
  constexpr std::array<std::u32string_view, 22> kOpeners{
      U"is ",  U"are ",  U"was ",    U"were ", U"do ",    U"does ",  U"did ", U"has ", U"have ", U"should ", U"why ",
      U"how ", U"what ", U"what's ", U"when ", U"where ", U"which ", U"who ", U"am ",  U"may ",  U"might ",  U"would it "};
  return std::any_of(kOpeners.begin(), kOpeners.end(), [&](std::u32string_view word) { return text.text.starts_with(word); });
}

// The names and values that are left over: what was meant by them is not known, so nothing is.
bool LeavesMeaningOver(const Reading& reading, Lattice& lattice) {
  for (const Item& item : reading.items) {
    if (item.kind != Item::Kind::kUnknown) continue;
    for (const auto& spans : {lattice.Names(item.begin), lattice.Words(item.begin)}) {
      for (const auto& span : spans) {
        if (span.end - item.begin >= 2) return true;
      }
    }
    if (!lattice.Amounts(item.begin).empty()) return true;
  }
  return false;
}

// People add words that no phrasebook foresees ("给咱把那个窗户…"). A sentence is still taken when every phrase found in it is a command
// that stands whole, little is left over, and nothing of what is left tells a story, asks or denies. The confidence says so.
bool IsLooselyRead(const Reading& reading, const Normalised& text, const Grammar& grammar) {
  constexpr std::size_t kLeftOverMax = 7;
  if (OpensAQuestion(text)) return false;
  if (!reading.has_command || text.text.find(U'?') != std::u32string::npos) return false;
  std::size_t unknown = 0;
  std::size_t known = 0;
  for (const Item& item : reading.items) {
    const std::size_t weight = Weight(text, item.begin, item.end);
    if (item.kind == Item::Kind::kUnknown) unknown += weight;
    if (item.kind != Item::Kind::kClause) continue;
    if (item.clause.drafts.empty()) return false;
    const bool has_text = item.clause.slots.text_end > item.clause.slots.text_begin;
    if (has_text || item.clause.rival != kNoId) return false;
    known += weight;
  }
  if (text.language == Language::kEnglish) unknown /= 2;
  if (unknown > kLeftOverMax || unknown > known) return false;
  Lattice lattice(grammar, text, false);
  if (LeavesMeaningOver(reading, lattice)) return false;
  const Symbol telling = grammar.ListSymbol("no_aside");
  for (std::size_t i = 0; i < text.text.size(); ++i) {
    if (lattice.AfterSymbol(i, telling) != 0) return false;
  }
  return true;
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

// Characters that stand twice in a row, once.
Normalised WithoutStutter(const Normalised& text) {
  Normalised out = text;
  out.text.clear();
  out.offsets.clear();
  for (std::size_t i = 0; i < text.text.size(); ++i) {
    if (i > 0 && IsHan(text.text[i]) && text.text[i] == text.text[i - 1]) continue;
    out.text.push_back(text.text[i]);
    out.offsets.push_back(text.offsets[i]);
  }
  return out;
}

// What a compiled form was made from.
std::uint64_t KeyOf(const std::map<std::string, std::string>& files, const Catalogue& catalogue) {
  ByteWriter key;
  key.Plain(HashFiles(files));
  key.Plain(catalogue.fingerprint());
  return HashBytes(key.bytes());
}

Result<Grammar> FromCompiled(const std::filesystem::path& file, std::uint64_t key, const Catalogue& catalogue) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return NotFound(fmt::format("no compiled phrasebook at {}", file.string()));
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  ByteReader reader(bytes);
  DC_ASSIGN_OR_RETURN(const auto made_from, reader.Plain<std::uint64_t>());
  if (made_from != key) return FailedPrecondition(fmt::format("{} was made from other sources", file.string()));
  return Grammar::Unpack(std::string_view(bytes).substr(sizeof(key)), catalogue);
}

}  // namespace

ReadAs HowRead(const Understood& read) {
  const bool is_whole = read.frame.route == "phrasebook" && (read.act != DialogueAct::kNone || read.frame.confidence > kWholeConfidence);
  if (!is_whole) return read.frame.calls.empty() ? ReadAs::kNothing : ReadAs::kLoosely;
  return read.remedies.empty() ? ReadAs::kWhole : ReadAs::kNeed;
}

Result<Phrasebook> Phrasebook::Load(const std::filesystem::path& directory, const Catalogue& catalogue,
                                    const std::filesystem::path& compiled) {
  Phrasebook book;
  DC_ASSIGN_OR_RETURN(auto normaliser, Normaliser::Create());
  book.normaliser_ = std::make_shared<const Normaliser>(std::move(normaliser));
  DC_ASSIGN_OR_RETURN(const auto files, ReadYamlTree(directory, kFileBytesMax));
  auto grammar = FromCompiled(compiled, KeyOf(files, catalogue), catalogue);
  if (!grammar) {
    DC_ASSIGN_OR_RETURN(const Sounds sounds, Sounds::Create());
    grammar = Grammar::Parse(files, catalogue, *book.normaliser_, sounds);
  }
  DC_ASSIGN_OR_RETURN(auto loaded, std::move(grammar));
  book.grammar_ = std::make_shared<const Grammar>(std::move(loaded));
  return book;
}

Result<std::string> Phrasebook::Compile(const std::filesystem::path& directory, const Catalogue& catalogue) {
  DC_ASSIGN_OR_RETURN(const auto normaliser, Normaliser::Create());
  DC_ASSIGN_OR_RETURN(const auto files, ReadYamlTree(directory, kFileBytesMax));
  DC_ASSIGN_OR_RETURN(const Sounds sounds, Sounds::Create());
  DC_ASSIGN_OR_RETURN(const auto grammar, Grammar::Parse(files, catalogue, normaliser, sounds));
  ByteWriter out;
  out.Plain(KeyOf(files, catalogue));
  return out.bytes() + grammar.Pack();
}

// What speech recognition may have written down wrongly: 打开远关灯, 把把车窗打打开. Only commands without free text are taken so, whole.
std::optional<Understood> Phrasebook::ReadByEar(const Normalised& text, const Context& context) const {
  constexpr std::size_t kCharactersMin = 4;  // two or three sound like too many things
  if (text.language != Language::kChinese || text.text.size() < kCharactersMin || text.text.find(U'?') != std::u32string::npos)
    return std::nullopt;
  constexpr std::size_t kCharactersMax = 22;
  if (text.text.size() > kCharactersMax) return std::nullopt;
  const Normalised smooth = WithoutStutter(text);
  for (const Normalised* spoken : {&text, &smooth}) {
    if (spoken == &smooth && smooth.text.size() == text.text.size()) break;
    const Normalised& variant = *spoken;
    const Reading reading = Match(*grammar_, variant, {.in_dialogue = !context.last_calls.empty(), .by_ear = true});
    const bool safe = std::all_of(reading.items.begin(), reading.items.end(), [](const Item& item) {
      if (item.kind != Item::Kind::kClause) return item.kind != Item::Kind::kAside;
      const Slots& slots = item.clause.slots;
      return slots.text_end == slots.text_begin && slots.to_end == slots.to_begin && item.clause.rival == kNoId;
    });
    if (!reading.complete() || !reading.has_command || !safe) continue;
    Understood understood = Resolve(reading, *grammar_, variant, context);
    if (understood.frame.calls.empty()) continue;
    understood.frame.confidence = std::min(understood.frame.confidence, kMisheardConfidence);
    return understood;
  }
  return std::nullopt;
}

Result<Understood> Phrasebook::Understand(std::string_view text, const Context& context, Timings* timings) const {
  const Stopwatch normalising;
  DC_ASSIGN_OR_RETURN(const Normalised normalised, normaliser_->Run(text));
  if (timings != nullptr) timings->normalise_ms = normalising.ElapsedMs();
  const Stopwatch matching;
  const bool in_dialogue = !context.last_calls.empty();
  const Reading reading = Match(*grammar_, normalised, {.in_dialogue = in_dialogue});
  Understood understood;
  bool is_read = reading.complete();
  if (is_read) {
    understood = Resolve(reading, *grammar_, normalised, context);
  } else if (auto heard = reading.unknown_characters <= kMisheardMax ? ReadByEar(normalised, context) : std::nullopt) {
    understood = std::move(*heard);
    is_read = true;
  } else if (IsLooselyRead(reading, normalised, *grammar_)) {
    understood = Resolve(reading, *grammar_, normalised, context);
    understood.frame.confidence = std::min(understood.frame.confidence, kLooseConfidence);
    is_read = true;
  }
  const bool nothing =
      understood.frame.calls.empty() && understood.frame.escalation == Escalation::kNone && understood.act == DialogueAct::kNone;
  if (!is_read || nothing) {
    understood = Understood{};
    understood.language = normalised.language;
    understood.frame.escalation = SpeaksOfTheCar(reading) ? Escalation::kClarify : KindOfUnknown(normalised);
    understood.frame.route = "none";
    understood.frame.confidence = 0;
  }
  if (timings != nullptr) timings->phrasebook_ms = matching.ElapsedMs();
  return understood;
}

}  // namespace deepcabin::understanding
