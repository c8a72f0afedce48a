// `deepcabin replay DAY…`: what the cockpit would have said on those days, and its precision and recall against the labels in them.

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/replay.h"

namespace deepcabin::cli {
namespace {

std::string Clock(int seconds) { return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60); }

void PrintDay(const Day& day, const DayScore& score, const std::string& language, double seconds) {
  std::cout << "== " << day.name << "\n";
  for (const Said& said : score.said) {
    std::cout << fmt::format("{}  {:<22} {}{}{}{}\n", Clock(said.at), said.proposal.rule,
                             language == "en" ? said.proposal.en : said.proposal.zh, said.outcome.empty() ? "" : "  [" + said.outcome + "]",
                             said.verdict == "right" ? "" : "  !! ", said.verdict == "right" ? "" : said.verdict);
  }
  for (const Label& label : score.missed) {
    std::cout << fmt::format("          missed: {} between {} and {}\n", fmt::join(label.say, " or "), Clock(label.from), Clock(label.to));
  }
  std::cout << fmt::format("precision {:.1f} % of {} said, recall {:.1f} % of {} expected, {:.1f} s\n\n", 100 * score.precision(),
                           score.said.size(), 100 * score.recall(), score.expected, seconds);
}

}  // namespace

int ReplayCommand(const std::filesystem::path& home, const ReplayOptions& options) {
  const auto catalogue = Catalogue::Load(home / "catalogue");
  if (!catalogue) return Complain(catalogue.error());
  const auto guard = safety::Guard::Load(home / "policy", *catalogue);
  if (!guard) return Complain(guard.error());
  const auto book = agent::Rulebook::Load(home / "proposals", *catalogue);
  if (!book) return Complain(book.error());
  DayScore all;
  std::size_t said = 0;
  for (const std::string& file : options.files) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in || text.str().size() > kDayBytesMax)
      return Complain(NotFound(fmt::format("cannot read {}, or it exceeds {} bytes", file, kDayBytesMax)));
    const auto day = Day::Parse(file, text.str(), *book);
    if (!day) return Complain(day.error());
    const auto begin = std::chrono::steady_clock::now();
    const auto score = ReplayDay(*day, *book, *guard);
    if (!score) return Complain(score.error());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    PrintDay(*day, *score, options.language, seconds);
    all.right += score->right;
    all.met += score->met;
    all.expected += score->expected;
    all.must_not += score->must_not;
    said += score->said.size();
  }
  const double precision = said == 0 ? 1 : static_cast<double>(all.right) / static_cast<double>(said);
  std::cout << fmt::format("{} days: precision {:.1f} % ({} of {} said), recall {:.1f} % ({} of {} expected), {} that must not\n",
                           options.files.size(), 100 * precision, all.right, said, 100 * all.recall(), all.met, all.expected, all.must_not);
  return kOk;
}

}  // namespace deepcabin::cli
