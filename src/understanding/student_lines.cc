#include "understanding/student_lines.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/text.h"

namespace deepcabin::understanding {
namespace {

constexpr double kUncommonShare = 0.4;  // of samples whose capabilities no lesson uses
constexpr double kLaterShare = 0.04;    // of single commands that get a time put before or after them
constexpr std::size_t kLineBytesMax = 1u << 20;
constexpr unsigned kHeldOutOneIn = 10;

// The text in the form that understanding sees.
Result<std::string> Plain(const Normaliser& normaliser, std::string_view text) {
  DC_ASSIGN_OR_RETURN(const Normalised normalised, normaliser.Run(text));
  return EncodeUtf8(normalised.text);
}

// 十分钟后, in ten minutes: said before or after the command.
void DoLater(std::string& text, Language language, Call& call, Random& random) {
  const auto minutes = static_cast<int>(1 + random.Below(12)) * (random.Chance(0.5) ? 5 : 1);
  const bool zh = language == Language::kChinese;
  const std::string time =
      zh ? fmt::format("{}分钟{}", minutes, random.Chance(0.5) ? "后" : "以后") : fmt::format("in {} minutes", minutes);
  const std::string_view gap = zh ? "" : " ";
  text = random.Chance(0.6) == zh ? fmt::format("{}{}{}", time, gap, text) : fmt::format("{}{}{}", text, gap, time);
  call.when.emplace();
  call.when->kind = WhenKind::kAfter;
  call.when->seconds = minutes * 60;
}

}  // namespace

void Stumble(std::string& said, Random& random) {
  constexpr double kSmallWordShare = 0.2;
  constexpr double kDropShare = 0.1;
  constexpr std::array<std::string_view, 8> kBeforeZh{"嗯", "那个", "请", "帮我", "麻烦", "呃", "你好", "给我"};
  constexpr std::array<std::string_view, 6> kAfterZh{"吧", "呗", "啊", "谢谢", "哈", "好吗"};
  constexpr std::array<std::string_view, 6> kBeforeEn{"um ", "please ", "hey ", "okay ", "can you ", "so "};
  constexpr std::array<std::string_view, 4> kAfterEn{" please", " thanks", " now", " okay"};
  constexpr std::u32string_view kKeep = U"零一二三四五六七八九十百半两不别没无非关开左右前后上下主副高低大小增减";
  std::u32string text = DecodeUtf8(said);
  const bool zh = std::any_of(text.begin(), text.end(), IsHan);
  if (zh && text.size() >= 5 && random.Chance(kDropShare)) {
    const std::size_t at = random.Below(text.size());
    if (IsHan(text[at]) && kKeep.find(text[at]) == std::u32string_view::npos) text.erase(at, 1);
  }
  said = EncodeUtf8(text);
  if (random.Chance(kSmallWordShare))
    said = std::string(zh ? kBeforeZh[random.Below(kBeforeZh.size())] : kBeforeEn[random.Below(kBeforeEn.size())]) + said;
  if (random.Chance(kSmallWordShare)) said += zh ? kAfterZh[random.Below(kAfterZh.size())] : kAfterEn[random.Below(kAfterEn.size())];
}

bool IsCopied(const StudentLine& line) {
  const std::string_view target = line.target;
  for (std::size_t at = target.find('>'); at != std::string_view::npos; at = target.find('>', at + 1)) {
    const std::string_view text = target.substr(at + 1, target.find('<', at) - at - 1);
    if (!text.empty() && line.said.find(text) == std::string::npos) return false;
  }
  return true;
}

std::optional<StudentLine> Joined(const StudentLine& first, const StudentLine& second, Random& random) {
  constexpr std::array<std::string_view, 5> kZh{",", ",再", ",然后", ",顺便", "再"};
  constexpr std::array<std::string_view, 4> kEn{" and ", ", ", " then ", " and then "};
  const auto is_command = [](const StudentLine& line) {
    return !line.target.starts_with("<?") && line.target.find("<:") == std::string::npos;
  };
  const auto is_zh = [](const StudentLine& line) {
    const std::u32string text = DecodeUtf8(line.said);
    return std::any_of(text.begin(), text.end(), IsHan);
  };
  const bool alone = first.before.empty() && second.before.empty() && first.speaker == second.speaker;
  if (!alone || !is_command(first) || !is_command(second) || is_zh(first) != is_zh(second)) return std::nullopt;
  const std::string_view join = is_zh(first) ? kZh[random.Below(kZh.size())] : kEn[random.Below(kEn.size())];
  return StudentLine{first.speaker, {}, fmt::format("{}{}{}", first.said, join, second.said), first.target + second.target};
}

bool IsHeldOut(std::string_view lesson_id) { return HashBytes(lesson_id) % kHeldOutOneIn == 0; }

StudentLines::StudentLines(const FrameLanguage& language, const Phrasebook& phrasebook)
    : language_(language), phrasebook_(phrasebook), is_common_(language.catalogue().capabilities().size()) {}

Result<std::optional<StudentLine>> StudentLines::Turn(const std::string& text, Zone speaker, const std::vector<Call>& before, Frame frame) {
  DC_ASSIGN_OR_RETURN(const std::string said, Plain(phrasebook_.normaliser(), text));
  for (Call& call : frame.calls) {
    for (std::string* copied : {&call.text, &call.to}) {
      if (copied->empty()) continue;
      DC_ASSIGN_OR_RETURN(*copied, Plain(phrasebook_.normaliser(), *copied));
    }
    if (call.when && !call.when->condition.text.empty()) {
      DC_ASSIGN_OR_RETURN(call.when->condition.text, Plain(phrasebook_.normaliser(), call.when->condition.text));
    }
  }
  const auto target = language_.Encode(frame, said);
  if (!target) {
    ++refused_[target.error().message];
    return std::optional<StudentLine>();
  }
  return std::optional(StudentLine{speaker, before, said, ToText(*target)});
}

Result<Frame> StudentLines::FrameOf(const Json& gold) const {
  Frame frame;
  if (!gold.is_array()) return InvalidArgument("a turn's gold is a list");
  for (Json item : gold) {
    if (!item.is_object()) return InvalidArgument("a gold call is an object");
    if (item.contains("escalation") && item["escalation"].is_string()) {
      if (const auto escalation = ParseEscalation(item["escalation"].get<std::string>())) frame.escalation = *escalation;
      continue;
    }
    if (!item.contains("capability")) continue;  // {"outcome": …} says what becomes of it, not what was meant
    for (const char* key : {"natural_zone", "outcome"}) item.erase(key);
    DC_ASSIGN_OR_RETURN(Call call, CallFromJson(item, language_.catalogue()));
    frame.calls.push_back(std::move(call));
  }
  return frame;
}

Status StudentLines::ReadLesson(const Json& json, std::vector<Lesson>& lessons) {
  if (!json.is_object()) return InvalidArgument("a lesson is an object");
  const Json turns = json.value("turns", Json());
  const Json golds = json.value("gold", Json());
  if (!turns.is_array() || !golds.is_array() || turns.size() != golds.size()) return InvalidArgument("`gold` has one list a turn");
  const auto speaker = ParseZone(json.value("speaker", "row1.left"));
  if (!speaker) return InvalidArgument("unknown speaker");
  Lesson lesson{json.value("id", ""), {}};
  std::vector<Call> before;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (!turns[i].is_string()) return InvalidArgument("a turn is a text");
    DC_ASSIGN_OR_RETURN(const Frame frame, FrameOf(golds[i]));
    DC_ASSIGN_OR_RETURN(auto line, Turn(turns[i].get<std::string>(), *speaker, before, frame));
    if (line) lesson.lines.push_back(std::move(*line));
    for (const Call& call : frame.calls) is_common_[call.capability] = true;
    before = frame.calls;
  }
  lessons.push_back(std::move(lesson));
  return {};
}

Result<std::vector<Lesson>> StudentLines::ReadLessons(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return NotFound(fmt::format("cannot read {}", file.string()));
  std::vector<Lesson> lessons;
  int number = 0;
  for (std::string text; std::getline(in, text);) {
    ++number;
    if (Trim(text).empty()) continue;
    const auto json = ParseJson(text, {.bytes_max = kLineBytesMax});
    const Status status = json ? ReadLesson(*json, lessons) : Status(json.error());
    if (!status) return InvalidArgument(fmt::format("{}:{}: {}", file.string(), number, status.error().message));
  }
  return lessons;
}

Result<Understood> StudentLines::Read(const std::string& text, Zone speaker, const std::vector<Call>& before) const {
  Context context;
  context.speaker = speaker;
  context.last_calls = before;
  context.state = [&](SignalId signal) { return language_.catalogue().signal(signal).initial; };
  return phrasebook_.Understand(text, context);
}

std::string StudentLines::SourceOf(const StudentLine& line, bool is_read) const {
  Understood read;
  if (is_read) read = Read(line.said, line.speaker, line.before).value_or(read);
  return ToText(language_.Introduction(line.speaker, line.before, HowRead(read), read.frame)) + line.said;
}

// A need's remedy depends on the state, which the student does not see: it is what the phrasebook does in the vehicle as it is delivered.
std::optional<Frame> StudentLines::MeantBy(const Sample& sample) const {
  Frame frame;
  frame.calls = sample.calls;
  frame.escalation = sample.escalation;
  if (sample.state.empty() && (!frame.calls.empty() || sample.need.empty())) return frame;
  const auto understood = Read(sample.text, sample.speaker, {});
  if (!understood || understood->frame.route != "phrasebook") return std::nullopt;
  return understood->frame;
}

std::optional<StudentLine> StudentLines::Of(const Sample& sample, Random& random) {
  const bool common = std::all_of(sample.calls.begin(), sample.calls.end(), [&](const Call& call) { return is_common_[call.capability]; });
  if (!common && !random.Chance(kUncommonShare)) return std::nullopt;
  auto frame = MeantBy(sample);
  // A question is answered now: the student writes no time behind one.
  const auto asks_later = [](const Call& call) { return call.op == Op::kQuery && call.when; };
  if (!frame || std::any_of(frame->calls.begin(), frame->calls.end(), asks_later)) return std::nullopt;
  std::string text = sample.text;
  if (frame->calls.size() == 1 && !frame->calls[0].when && frame->calls[0].op != Op::kQuery && sample.need.empty() &&
      random.Chance(kLaterShare)) {
    DoLater(text, sample.language, frame->calls[0], random);
  }
  auto line = Turn(text, sample.speaker, sample.before, std::move(*frame));
  return line ? std::move(*line) : std::nullopt;
}

}  // namespace deepcabin::understanding
