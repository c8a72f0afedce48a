// `deepcabin manual [FILE…] [--ask TEXT]`: what is read out of manuals, and what they answer.

#include <iostream>

#include <fmt/format.h>

#include "agent/services/manual.h"
#include "cli/car.h"
#include "cli/commands.h"

namespace deepcabin::cli {
namespace {

constexpr std::size_t kPagesShown = 3;

int AskManual(const manual::Manual& manual, const std::string& question) {
  const auto answer = manual.Ask(question);
  if (answer) std::cout << fmt::format("page {}, {}: {}\n", answer->page, answer->title, answer->quote);
  else std::cout << "not in the manual\n";
  for (const manual::Hit& hit : manual.Find(question, kPagesShown)) {
    std::cout << fmt::format("  {:>6.2f}  {:>3.0f} %  page {}: {} / {}\n", hit.score, 100 * hit.covered, hit.section->page,
                             hit.section->chapter, hit.section->title);
  }
  return answer ? kOk : kBadInput;
}

}  // namespace

Result<std::vector<manual::Book>> ReadManuals(const std::filesystem::path& home, const std::vector<std::string>& files) {
  std::vector<manual::Book> books;
  for (const std::string& file : files) {
    DC_ASSIGN_OR_RETURN(manual::Book book, manual::ReadBook(file));
    books.push_back(std::move(book));
  }
  for (const char* language : {"zh", "en"}) {
    const auto folder = home / "data" / "manual" / language;
    std::error_code error;
    if (!files.empty() || !std::filesystem::is_directory(folder, error)) continue;
    DC_ASSIGN_OR_RETURN(manual::Book book, manual::ReadBook(folder));
    book.is_shipped = true;
    books.push_back(std::move(book));
  }
  return books;
}

int ManualCommand(const std::filesystem::path& home, const ManualOptions& options) {
  auto books = ReadManuals(home, options.files);
  if (!books) return Complain(books.error());
  if (books->empty()) return Complain(NotFound("there is no manual: give a file (.md, .html or .pdf)"));
  for (const manual::Book& book : *books) {
    int pages = 0;
    for (const manual::Section& section : book.sections) pages = std::max(pages, section.page);
    if (options.ask.empty()) std::cout << fmt::format("{}: {} pages, {} sections\n", book.name, pages, book.sections.size());
  }
  if (options.ask.empty()) return kOk;
  const auto catalogue = Catalogue::Load(home / "catalogue");
  if (!catalogue) return Complain(catalogue.error());
  return AskManual(manual::Manual(std::move(*books), agent::SynonymsOf(*catalogue)), options.ask);
}

}  // namespace deepcabin::cli
