// `deepcabin student symbols | lines | score | fingerprint`.

#include <iostream>

#include <fmt/format.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "understanding/student_lines.h"
#include "understanding/understander.h"

namespace deepcabin::cli {
namespace {

constexpr double kLessonShare = 0.65;  // of the lines, where there are lessons
constexpr double kJoinShare = 0.25;    // of those, with a second one after it
constexpr double kReadLesson = 0.85;   // of the lessons' lines show what the phrasebook reads
constexpr double kReadSample = 0.3;    // its own lines it reads so well that the student would take its word for everything

void Print(const std::string& source, const std::string& target) {
  const OrderedJson json = {{"source", source}, {"target", target}};
  std::cout << DumpJson(json) << '\n';
}

int PrintSymbols(const understanding::FrameLanguage& language) {
  for (const std::string& symbol : language.Symbols()) std::cout << symbol << '\n';
  return kOk;
}

// The lessons' lines: those kept apart, or all others.
Result<std::vector<understanding::StudentLine>> ReadLessons(understanding::StudentLines& lines, const std::vector<std::string>& files,
                                                            bool held_out) {
  std::vector<understanding::StudentLine> out;
  for (const std::string& file : files) {
    DC_ASSIGN_OR_RETURN(auto lessons, lines.ReadLessons(file));
    for (auto& lesson : lessons) {
      if (understanding::IsHeldOut(lesson.id) != held_out) continue;
      for (auto& line : lesson.lines) out.push_back(std::move(line));
    }
  }
  return out;
}

// One JSON line for each line that training never saw: what the student makes of it through the engine.
int Score(const Catalogue& catalogue, const understanding::FrameLanguage& language, const understanding::Phrasebook& book,
          const StudentOptions& options) {
  const auto student = understanding::Student::Load(options.model, catalogue, book.grammar());
  if (!student) return Complain(student.error());
  understanding::StudentLines lines(language, book);
  const auto lessons = ReadLessons(lines, options.lessons, true);
  if (!lessons) return Complain(lessons.error());
  int right = 0;
  for (const auto& line : *lessons) {
    const std::string source = lines.SourceOf(line, true);
    const Stopwatch writing;
    const auto written = student->Write(source.substr(0, source.size() - line.said.size()), line.said);
    const double ms = writing.ElapsedMs();
    const std::string got = written ? understanding::ToText(written->parts) : "";
    const OrderedJson json = {{"source", source},
                              {"target", line.target},
                              {"got", got},
                              {"right", got == line.target},
                              {"confidence", written ? written->confidence : 0},
                              {"no_order", written ? written->no_order : 0},
                              {"ms", ms}};
    right += got == line.target ? 1 : 0;
    std::cout << DumpJson(json) << '\n';
  }
  std::cerr << fmt::format("{} of {} lines written exactly\n", right, lessons->size());
  return kOk;
}

int PrintLines(const std::filesystem::path& home, const understanding::FrameLanguage& language, const understanding::Phrasebook& book,
               const StudentOptions& options) {
  const auto fillers = understanding::Fillers::Load(home / "phrasebook" / "fillers", language.catalogue());
  if (!fillers) return Complain(fillers.error());
  const auto unseen = understanding::HeldOut::Load(home / "eval" / "held_out.txt");
  if (!unseen) return Complain(unseen.error());
  understanding::StudentLines lines(language, book);
  const auto read = ReadLessons(lines, options.lessons, options.held_out);
  if (!read) return Complain(read.error());
  const auto& lessons = *read;
  std::ios::sync_with_stdio(false);
  if (options.held_out) {
    for (const auto& line : lessons) Print(lines.SourceOf(line, true), line.target);
    return kOk;
  }
  understanding::SampleOptions sample_options;
  sample_options.fillers = &*fillers;
  sample_options.held_out = &*unseen;
  understanding::Sampler sampler(book, sample_options, options.seed);
  Random random(options.seed);
  for (std::uint64_t written = 0; written < options.count;) {
    std::optional<understanding::StudentLine> line;
    const bool is_lesson = !lessons.empty() && random.Chance(kLessonShare);
    if (is_lesson) {
      line = lessons[random.Below(lessons.size())];
      if (random.Chance(kJoinShare)) line = understanding::Joined(*line, lessons[random.Below(lessons.size())], random);
    } else {
      line = lines.Of(sampler.Next(), random);
    }
    if (!line) continue;
    understanding::Stumble(line->said, random);
    if (!understanding::IsCopied(*line)) continue;
    Print(lines.SourceOf(*line, random.Chance(is_lesson ? kReadLesson : kReadSample)), line->target);
    ++written;
  }
  for (const auto& [reason, count] : lines.refused()) std::cerr << fmt::format("{:7}  {}\n", count, reason);
  return kOk;
}

}  // namespace

int StudentCommand(const std::filesystem::path& home, const StudentOptions& options) {
  const auto catalogue = Catalogue::Load(home / "catalogue");
  if (!catalogue) return Complain(catalogue.error());
  const auto book = understanding::Phrasebook::Load(home / "phrasebook", *catalogue);
  if (!book) return Complain(book.error());
  const understanding::FrameLanguage language(*catalogue, book->grammar().conditions());
  if (options.command == "symbols") return PrintSymbols(language);
  if (options.command == "score") return Score(*catalogue, language, *book, options);
  if (options.command == "lines") return PrintLines(home, language, *book, options);
  std::cout << catalogue->fingerprint() << '\n';
  return kOk;
}

}  // namespace deepcabin::cli
