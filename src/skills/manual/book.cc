#include "skills/manual/book.h"

#include <algorithm>
#include <charconv>
#include <fstream>

#include <fmt/format.h>

#include "base/text.h"
#include "skills/manual/book_writer.h"
#include "skills/manual/pdf.h"

namespace deepcabin::manual {
namespace {

constexpr std::size_t kTitleBytesMax = 240;
constexpr std::size_t kTitleOfPageCharsMax = 40;  // of a PDF's page: a longer first line is text
constexpr std::string_view kNotUtf8 = "the manual is not UTF-8: convert it first, for instance with iconv";

// Control characters, invisible ones, and those that turn the direction of writing.
bool IsHidden(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE0FFF);
}

std::string Cleaned(std::string_view text) {
  std::string out;
  for (const char32_t c : DecodeUtf8(text)) {
    if (c == U'\t' || c == U'\u00A0') out += ' ';
    else if (!IsHidden(c)) AppendUtf8(c, out);
  }
  return std::string(Trim(out));
}

// Without what only marks up: stars, code marks, the addresses of links and pictures.
std::string WithoutMarks(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '`' || c == '*' || (c == '!' && line.substr(i + 1).starts_with('['))) continue;
    const std::size_t middle = c == '[' ? line.find("](", i) : std::string_view::npos;
    const std::size_t end = middle != std::string_view::npos ? line.find(')', middle) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += c;
      continue;
    }
    out += line.substr(i + 1, middle - i - 1);
    i = end;
  }
  return out;
}

// "| a | b | c |" → "a: b; c"; "" for the line under a table's head.
std::string TableRow(std::string_view line, bool is_chinese) {
  std::string out;
  std::size_t filled = 0;
  for (const std::string_view cell : Split(line, '|')) {
    const std::string_view text = Trim(cell);
    if (text.empty() || text.find_first_not_of("-: ") == std::string_view::npos) continue;
    if (filled == 1) out += is_chinese ? "：" : ": ";
    if (filled > 1) out += is_chinese ? "；" : "; ";
    out += text;
    ++filled;
  }
  return out;
}

void MarkdownLine(std::string_view raw, BookWriter& writer) {
  const std::string_view line = Trim(raw);
  if (line.starts_with("<!--")) {
    if (const int page = PageMark(line.substr(4)); page > 0) writer.Page(page);
    return;
  }
  const std::size_t level = std::min(line.find_first_not_of('#'), line.size());
  if (level >= 1 && level <= 6 && level < line.size() && line[level] == ' ') {
    writer.Heading(level, WithoutMarks(line.substr(level)));
  } else if (line.starts_with('|')) {
    const bool is_chinese = std::any_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xE3; });
    writer.EndParagraph();
    writer.Line(WithoutMarks(TableRow(line, is_chinese)));
    writer.EndParagraph();
  } else if (line.starts_with("```") || line.starts_with("---") || line.starts_with("===")) {
    writer.EndParagraph();
  } else {
    const bool is_item = line.starts_with("- ") || line.starts_with("* ") || line.starts_with("+ ");
    const std::size_t digits = line.find_first_not_of("0123456789");
    const bool is_step = digits != 0 && digits != std::string_view::npos && line.substr(digits).starts_with(". ");
    if (is_item || is_step) writer.EndParagraph();
    writer.Line(WithoutMarks(line.substr(is_item || line.starts_with("> ") ? 2 : 0)));
  }
}

Result<std::string> ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return NotFound(fmt::format("{}: no such file", path.string()));
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kFileBytesMax) {
    return ResourceExhausted(fmt::format("{}: {} bytes, at most {}", path.string(), size, kFileBytesMax));
  }
  std::ifstream in(path, std::ios::binary);
  std::string text(static_cast<std::size_t>(size), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in && !text.empty()) return Unavailable(fmt::format("{}: cannot be read", path.string()));
  return text;
}

Result<std::string> ReadFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::string all;
  for (const auto& file : files) {
    DC_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
    all += text + "\n";
    if (all.size() > kFileBytesMax) return ResourceExhausted(fmt::format("{}: over {} bytes", folder.string(), kFileBytesMax));
  }
  return all;
}

Result<Book> ReadUnnamed(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    DC_ASSIGN_OR_RETURN(const std::string text, ReadFolder(path));
    return ReadMarkdown(text);
  }
  const std::string ending = ToLowerAscii(path.extension().string());
  if (ending == ".pdf") {
    DC_ASSIGN_OR_RETURN(const std::string text, PdfText(path));
    return ReadPdfText(text);
  }
  if (ending != ".md" && ending != ".html" && ending != ".htm")
    return InvalidArgument(fmt::format("a manual is .md, .html or .pdf, not \"{:.20}\"", ending));
  DC_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ending == ".md" ? ReadMarkdown(text) : ReadHtml(text);
}

}  // namespace

int PageMark(std::string_view comment) {
  const std::string_view text = Trim(comment);
  if (!text.starts_with("page ")) return 0;
  const std::string_view digits = Trim(text.substr(5));
  int page = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), page);
  return page;
}

void BookWriter::Break(Error error) {
  if (status_) status_ = std::move(error);
}

void BookWriter::Page(int number) {
  EndParagraph();
  if (number < 1 || number > kPagesMax) return Break(ResourceExhausted(fmt::format("page {}: pages go from 1 to {}", number, kPagesMax)));
  page_ = number;
  Begin();
}

void BookWriter::Heading(std::size_t level, std::string_view text) {
  EndParagraph();
  if (!has_page_marks_ && level <= 2 && !std::exchange(is_first_heading_, false)) {
    if (page_ >= kPagesMax) return Break(ResourceExhausted(fmt::format("more than {} pages", kPagesMax)));
    ++page_;
  }
  std::string title = Cleaned(text);
  if (title.size() > kTitleBytesMax) title = ReplaceInvalidUtf8(title.substr(0, kTitleBytesMax));
  bytes_ += title.size();
  for (std::size_t i = level - 1; i < titles_.size(); ++i) titles_[i].clear();
  titles_[level - 1] = std::move(title);
  Begin();
}

// A section without text gives way to the next, so that a heading on top of a page leaves no empty one behind.
void BookWriter::Begin() {
  if (is_broken()) return;
  if (book_.sections.size() >= kSectionsMax) return Break(ResourceExhausted(fmt::format("more than {} sections", kSectionsMax)));
  Section section{.page = page_, .chapter = {}, .title = {}, .text = {}};
  for (const std::string& title : titles_) {
    if (title.empty()) continue;
    if (!section.title.empty()) section.chapter += (section.chapter.empty() ? "" : " / ") + section.title;
    section.title = title;
  }
  if (!book_.sections.empty() && book_.sections.back().text.empty()) book_.sections.pop_back();
  book_.sections.push_back(std::move(section));
}

void BookWriter::Line(std::string_view text) {
  const std::string line = Cleaned(text);
  if (line.empty()) return EndParagraph();
  if (is_broken()) return;
  bytes_ += line.size() + 1;
  if (bytes_ > kTextBytesMax) return Break(ResourceExhausted(fmt::format("more than {} bytes of text", kTextBytesMax)));
  // Between Latin words a line's end is a space; between Chinese characters it is nothing.
  const bool is_latin =
      !paragraph_.empty() && (static_cast<unsigned char>(paragraph_.back()) < 0x80 || static_cast<unsigned char>(line[0]) < 0x80);
  paragraph_ += (is_latin ? " " : "") + line;
}

void BookWriter::EndParagraph() {
  if (paragraph_.empty()) return;
  if (book_.sections.empty()) Begin();
  if (!is_broken()) book_.sections.back().text += paragraph_ + "\n";
  paragraph_.clear();
}

Result<Book> BookWriter::Finish() {
  EndParagraph();
  DC_RETURN_IF_ERROR(std::move(status_));
  if (!book_.sections.empty() && book_.sections.back().text.empty()) book_.sections.pop_back();
  if (book_.sections.empty()) return InvalidArgument("there is no text in the manual");
  return std::move(book_);
}

Result<Book> ReadMarkdown(std::string_view text) {
  if (text.size() > kFileBytesMax) return ResourceExhausted(fmt::format("{} bytes, at most {}", text.size(), kFileBytesMax));
  if (!IsValidUtf8(text)) return InvalidArgument(std::string(kNotUtf8));
  BookWriter writer(text.find("<!-- page ") != std::string_view::npos);
  for (const std::string_view line : Split(text, '\n')) {
    MarkdownLine(line, writer);
    if (writer.is_broken()) break;
  }
  return writer.Finish();
}

Result<Book> ReadPdfText(std::string_view text) {
  BookWriter writer(true);
  bool any = false;
  int page = 0;
  for (const std::string_view sheet : Split(text, '\f')) {
    if (writer.is_broken()) break;
    ++page;
    if (Trim(sheet).empty()) continue;
    any = true;
    writer.Page(page);
    bool is_first = true;
    for (const std::string_view line : Split(sheet, '\n')) {
      const bool is_title = is_first && !Trim(line).empty() && DecodeUtf8(Trim(line)).size() <= kTitleOfPageCharsMax;
      if (is_title) writer.Heading(1, line);
      else writer.Line(line);
      is_first = is_first && Trim(line).empty();
    }
    writer.EndParagraph();
  }
  if (!any)
    return FailedPrecondition("the PDF holds no text, only pictures of pages: run text recognition over it first (for instance ocrmypdf)");
  return writer.Finish();
}

Result<Book> ReadBook(const std::filesystem::path& path) {
  auto book = ReadUnnamed(path);
  if (!book) return Error{book.error().code, fmt::format("{}: {}", path.filename().string(), book.error().message)};
  book->name = path.filename().string();
  return book;
}

}  // namespace deepcabin::manual
