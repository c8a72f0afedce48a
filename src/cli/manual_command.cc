// `deepcabin manual [FILE…] [--ask TEXT]`: what is read out of manuals, and what they answer.

#include <iostream>

#include <fmt/format.h>

#include "cli/car.h"
#include "cli/commands.h"

namespace deepcabin::cli {

int ManualCommand(const std::filesystem::path& home, const ManualOptions& options) {
  const auto catalogue = Catalogue::Load(home / "catalogue");
  if (!catalogue) return Complain(catalogue.error());
  const auto read = ReadManuals(home, *catalogue, options.files);
  if (!read) return Complain(read.error());
  const manual::Manual& manual = **read;
  if (manual.is_empty()) return Complain(NotFound("there is no manual: give a file (.md, .html or .pdf)"));
  if (options.ask.empty()) {
    std::cout << fmt::format("{} pages\n", manual.pages());
    return kOk;
  }
  const auto answer = manual.Ask(options.ask);
  std::cout << (answer ? fmt::format("page {}, {}: {}\n", answer->page, answer->title, answer->quote) : "not in the manual\n");
  for (const manual::Hit& hit : manual.Find(options.ask, 3))
    std::cout << fmt::format("  {:>6.2f} {:>3.0f} %  page {}: {}\n", hit.score, 100 * hit.covered, hit.section->page, hit.section->title);
  return answer ? kOk : kBadInput;
}

}  // namespace deepcabin::cli
