#include "skills/manual/book.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>

#include <fmt/format.h>

#include "base/text.h"
#include "skills/map/names.h"

namespace deepcabin::manual {
namespace {

constexpr std::size_t kTitleCharsMax = 80;
constexpr std::size_t kLineBytesMax = 64u << 10, kSectionBytesMax = 8u << 10;  // the rest of a line goes; a section is cut in two

// As names are, but for signs that mean something in a text ("< 5 km/h").
std::string Cleaned(std::string_view text) {
  std::string out;
  for (const char32_t c : DecodeUtf8(text)) {
    if (c == U'\t' || c == 0xA0) out += ' ';
    else if (c == U'<' || c == U'>' || c == U'`' || !skills::IsHarmfulInName(c)) AppendUtf8(c, out);
  }
  return std::string(Trim(out));
}

// "| a | b | c |" → "a: b; c"; "" for the line under a table's head.
std::string TableRow(std::string_view line) {
  std::string out;
  int filled = 0;
  for (const std::string_view cell : Split(line, '|')) {
    const std::string_view text = Trim(cell);
    if (text.empty() || text.find_first_not_of("-: ") == text.npos) continue;
    if (filled > 0) out += filled == 1 ? "：" : "；";
    out += text;
    ++filled;
  }
  const bool is_latin = std::none_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xE3; });
  return is_latin ? ReplaceAll(ReplaceAll(out, "：", ": "), "；", "; ") : out;
}

// Writes a book: pages, titles and paragraphs, within the limits.
class Writer {
 public:
  explicit Writer(std::string_view text) : has_page_marks_(text.find("<!-- page ") != text.npos) {}

  void Line(std::string_view raw);
  Result<Book> Finish() {
    EndParagraph();
    if (too_much_) return ResourceExhausted(fmt::format("pages go from 1 to {}, sections to {}", kPagesMax, kSectionsMax));
    std::erase_if(book_.sections, [](const Section& section) { return section.text.empty(); });
    if (book_.sections.empty()) return InvalidArgument("there is no text in the manual");
    return std::move(book_);
  }

 private:
  void Begin(int page);
  void Heading(std::size_t level, std::string_view text);
  void Add(std::string_view text);
  void EndParagraph() {
    if (paragraph_.empty()) return;
    if (book_.sections.empty()) Begin(1);
    if (book_.sections.back().text.size() > kSectionBytesMax) Begin(book_.sections.back().page);
    book_.sections.back().text += paragraph_ + "\n";
    paragraph_.clear();
  }

  const bool has_page_marks_;
  bool too_much_ = false;
  Book book_;
  std::array<std::string, 6> titles_{};
  std::string paragraph_;
};

void Writer::Line(std::string_view raw) {
  const std::string_view line = Trim(raw);
  if (line.starts_with("<!--")) {
    constexpr std::string_view kMark = "<!-- page ";
    int page = 0;
    if (line.starts_with(kMark)) std::from_chars(line.data() + kMark.size(), line.data() + line.size(), page);
    if (line.starts_with(kMark)) EndParagraph();
    if (line.starts_with(kMark)) Begin(page);
    return;
  }
  const std::size_t level = std::min(line.find_first_not_of('#'), line.size());
  if (level >= 1 && level <= titles_.size() && level < line.size() && line[level] == ' ') return Heading(level, line.substr(level));
  const bool is_rule = line.starts_with("```") || line.starts_with("---") || line.starts_with("===");
  if (level == line.size() || is_rule) return EndParagraph();  // nothing, or a heading of nothing
  const bool is_item = line.starts_with("- ") || line.starts_with("* ") || line.starts_with("+ ") || line.starts_with("> ");
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  const bool is_step = digits > 0 && line.substr(digits).starts_with(". ");
  const bool is_row = line.starts_with('|');
  const std::string row = is_row ? TableRow(line) : "";
  if (is_row && row.empty()) return paragraph_.clear();  // what stands above is the table's head
  if (is_item || is_step || is_row) EndParagraph();
  Add(is_row ? row : std::string(line.substr(is_item ? 2 : 0)));
}

void Writer::Begin(int page) {
  too_much_ = too_much_ || page < 1 || page > kPagesMax || book_.sections.size() >= kSectionsMax;
  if (too_much_) page = 1;
  Section section{.page = page, .chapter = {}, .title = {}, .text = {}};
  for (const std::string& title : titles_) {
    if (title.empty()) continue;
    if (!section.title.empty()) section.chapter += (section.chapter.empty() ? "" : " / ") + section.title;
    section.title = title;
  }
  if (too_much_) book_.sections.clear();
  book_.sections.push_back(std::move(section));
}

void Writer::Heading(std::size_t level, std::string_view text) {
  EndParagraph();
  for (std::size_t i = level; i < titles_.size(); ++i) titles_[i].clear();
  titles_[level - 1] = skills::CleanName(text, kTitleCharsMax);
  const int page = book_.sections.empty() ? 0 : book_.sections.back().page;
  Begin(std::max(1, page + (has_page_marks_ || level > 2 ? 0 : 1)));
}

// Between Latin words a line's end is a space; between Chinese characters it is nothing.
void Writer::Add(std::string_view text) {
  const std::string line = Cleaned(text.substr(0, kLineBytesMax));
  const auto is_latin = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!line.empty() && !paragraph_.empty() && (is_latin(paragraph_.back()) || is_latin(line.front()))) paragraph_ += ' ';
  paragraph_ += line;
  if (paragraph_.size() > kSectionBytesMax) EndParagraph();
}

// Nothing nests here, so nothing nests too deep.
std::string MarkdownOfHtml(std::string_view html) {
  constexpr std::array<std::string_view, 5> kUnread{"script", "style", "head", "template", "svg"};
  constexpr std::array<std::string_view, 10> kInline{"a", "b", "i", "em", "strong", "span", "code", "sub", "sup", "u"};
  const std::string low = ToLowerAscii(html);
  std::string out;
  for (std::size_t at = 0; at < html.size();) {
    const std::size_t open = std::min(html.find('<', at), html.size());
    std::string text(html.substr(at, open - at));
    std::replace(text.begin(), text.end(), '\n', ' ');
    out += text;
    const bool is_comment = html.substr(open).starts_with("<!--");
    const std::size_t close = html.find(is_comment ? "-->" : ">", open);
    if (close == html.npos) break;
    at = close + (is_comment ? 3 : 1);
    if (is_comment) out += fmt::format("\n{}\n", html.substr(open, at - open));
    if (is_comment) continue;
    const bool ends = low[open + 1] == '/';
    const std::size_t begin = open + (ends ? 2 : 1);
    const std::string name = low.substr(begin, low.find_first_not_of("abcdefghijklmnopqrstuvwxyz123456", begin) - begin);
    if (!ends && std::find(kUnread.begin(), kUnread.end(), name) != kUnread.end()) at = std::min(low.find("</" + name, at), low.size());
    else if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6')
      out += ends ? "\n\n" : "\n" + std::string(static_cast<std::size_t>(name[1] - '0'), '#') + " ";
    else if (std::find(kInline.begin(), kInline.end(), name) == kInline.end()) out += "\n\n";
  }
  for (const auto& [name, text] :
       {std::pair{"&nbsp;", " "}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
    out = ReplaceAll(std::move(out), name, text);
  return out;
}

Result<std::string> ReadFile(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return NotFound("no such file");
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kTextBytesMax) return ResourceExhausted(fmt::format("{} bytes, at most {}", size, kTextBytesMax));
  std::ifstream in(path, std::ios::binary);
  std::string text(static_cast<std::size_t>(size), '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(size))) return Unavailable("cannot be read");
  return text;
}

Result<Book> ReadUnnamed(const std::filesystem::path& path) {
  std::error_code error;
  const std::string ending = ToLowerAscii(path.extension().string());
  std::vector<std::filesystem::path> files{path};
  if (std::filesystem::is_directory(path, error)) {
    files.clear();
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
      if (entry.path().extension() == ".md") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
  } else if (ending == ".pdf") {
    return ReadPdf(path);
  } else if (ending != ".md" && ending != ".html" && ending != ".htm") {
    return InvalidArgument(fmt::format("a manual is .md, .html or .pdf, not \"{:.20}\"", ending));
  }
  std::string all;
  for (const auto& file : files) {
    DC_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
    all += text + "\n";
    if (all.size() > kTextBytesMax) return ResourceExhausted(fmt::format("over {} bytes", kTextBytesMax));
  }
  return ending.starts_with(".htm") ? ReadHtml(all) : ReadMarkdown(all);
}

}  // namespace

Result<Book> ReadMarkdown(std::string_view text) {
  if (text.size() > 2 * kTextBytesMax) return ResourceExhausted(fmt::format("{} bytes, at most {}", text.size(), 2 * kTextBytesMax));
  if (!IsValidUtf8(text)) return InvalidArgument("the manual is not UTF-8: convert it first, for instance with iconv");
  Writer writer(text);
  for (std::size_t at = 0, end = 0; at < text.size(); at = end + 1) {
    end = std::min(text.find('\n', at), text.size());
    writer.Line(text.substr(at, end - at));
  }
  return writer.Finish();
}

Result<Book> ReadHtml(std::string_view text) { return ReadMarkdown(MarkdownOfHtml(text)); }

Result<Book> ReadBook(const std::filesystem::path& path) {
  auto book = ReadUnnamed(path);
  if (!book) return Error{book.error().code, fmt::format("{}: {}", path.filename().string(), book.error().message)};
  book->name = path.filename().string();
  return book;
}

}  // namespace deepcabin::manual
