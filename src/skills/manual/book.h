#pragma once
// An owner's manual as text: sections with title and page, read from Markdown, HTML or PDF. What is read may be anybody's file: it is
// bounded, and cleaned of control and invisible characters.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deepcabin::manual {

inline constexpr std::size_t kFileBytesMax = 64u << 20;  // of one file
inline constexpr std::size_t kTextBytesMax = 16u << 20;  // of one manual, as text
inline constexpr int kPagesMax = 5'000;
inline constexpr std::size_t kSectionsMax = 50'000;
inline constexpr int kDepthMax = 256;  // HTML elements in each other

struct Section {
  int page = 1;         // from 1
  std::string chapter;  // the headings above the title, joined by " / "
  std::string title;    // the nearest heading; may be empty
  std::string text;     // paragraphs, each ended by '\n'
};

struct Book {
  std::string name;  // file or folder
  bool is_shipped = false;
  std::vector<Section> sections;
};

// Both want UTF-8. "<!-- page N -->" begins page N; where there is none, every heading of the first two levels begins a page.
// kResourceExhausted: a limit above; kInvalidArgument: not UTF-8, or nothing to read.
Result<Book> ReadMarkdown(std::string_view text);
Result<Book> ReadHtml(std::string_view text);
// What pdftotext writes: pages end with a form feed, a page's first short line is its title. kFailedPrecondition: no text, only pictures.
Result<Book> ReadPdfText(std::string_view text);

// A file by its ending (.md, .html, .htm, .pdf), or the Markdown files of a folder in the order of their names. PDF is read by poppler's
// pdftotext in a process of its own with little memory and time, for a PDF may be made to break its reader. kUnavailable: pdftotext is
// missing, or gave up.
Result<Book> ReadBook(const std::filesystem::path& path);

}  // namespace deepcabin::manual
