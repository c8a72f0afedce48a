#pragma once
// An owner's manual as text: sections with title and page, read from Markdown, HTML or PDF. It may be anybody's file: it is bounded, and
// cleaned of control and invisible characters.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deepcabin::manual {

inline constexpr std::size_t kFileBytesMax = 64u << 20, kTextBytesMax = 16u << 20;  // of a file, and of what is read out of it
inline constexpr std::size_t kSectionsMax = 50'000;
inline constexpr int kPagesMax = 5'000;

struct Section {
  int page = 1;                // from 1
  std::string chapter, title;  // the nearest heading, and those above it joined by " / "; may be empty
  std::string text;            // paragraphs, each ended by '\n'; what Markdown has inside a line stays
};

struct Book {
  std::string name{};
  bool is_shipped = false;  // comes with the car: our own words
  std::vector<Section> sections{};
};

// UTF-8. "<!-- page N -->" begins page N; where there is none, every heading of the first two levels begins a page.
// kResourceExhausted: a limit above; kInvalidArgument: not UTF-8, or nothing to read.
Result<Book> ReadMarkdown(std::string_view text);
// The same; tags become paragraphs and headings, nothing is run or fetched.
Result<Book> ReadHtml(std::string_view text);

// By poppler's pdftotext, in a process of its own with bounded memory and time: a PDF may be made to break its reader. A page's first
// short line is its title. kFailedPrecondition: it has no text, only pictures; kUnavailable: no pdftotext.
Result<Book> ReadPdf(const std::filesystem::path& path);

// A file by its ending (.md, .html, .htm, .pdf), or the Markdown files of a folder in the order of their names.
Result<Book> ReadBook(const std::filesystem::path& path);

}  // namespace deepcabin::manual
