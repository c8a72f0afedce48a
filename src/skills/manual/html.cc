// HTML by libxml2's parser, which forgives what browsers forgive. Only its events are used: nothing is kept of the tree.

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "skills/manual/book_writer.h"

namespace deepcabin::manual {
namespace {

constexpr std::size_t kLineBytesMax = 64u << 10;  // then the paragraph goes on with the next line
constexpr std::array<std::string_view, 6> kUnread{"script", "style", "head", "noscript", "template", "svg"};
constexpr std::array<std::string_view, 14> kInline{"a",   "b",   "i",     "em",   "strong", "span", "code",
                                                   "sub", "sup", "small", "font", "u",      "mark", "abbr"};

template <typename Words>
bool IsAny(std::string_view name, const Words& words) {
  return std::find(words.begin(), words.end(), name) != words.end();
}

class HtmlReader {
 public:
  explicit HtmlReader(bool has_page_marks) : writer_(has_page_marks) {}

  Result<Book> Read(std::string_view text) {
    htmlSAXHandler events{};
    events.startElement = [](void* self, const xmlChar* name, const xmlChar**) { static_cast<HtmlReader*>(self)->Open(View(name)); };
    events.endElement = [](void* self, const xmlChar* name) { static_cast<HtmlReader*>(self)->Close(View(name)); };
    events.characters = [](void* self, const xmlChar* bytes, int count) {
      static_cast<HtmlReader*>(self)->Text({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count)});
    };
    events.ignorableWhitespace = events.characters;
    events.comment = [](void* self, const xmlChar* comment) { static_cast<HtmlReader*>(self)->Comment(View(comment)); };
    const std::unique_ptr<htmlParserCtxt, decltype(&htmlFreeParserCtxt)> parser(
        htmlCreatePushParserCtxt(&events, this, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8), &htmlFreeParserCtxt);
    if (!parser) return Internal("no HTML parser");
    htmlCtxtUseOptions(parser.get(),
                       HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
    constexpr std::size_t kPiece = 1u << 16;
    for (std::size_t at = 0; at < text.size() && !writer_.is_broken() && !too_deep_; at += kPiece) {
      const std::string_view piece = text.substr(at, kPiece);
      htmlParseChunk(parser.get(), piece.data(), static_cast<int>(piece.size()), at + kPiece >= text.size() ? 1 : 0);
    }
    if (too_deep_) return ResourceExhausted(fmt::format("elements lie more than {} deep in each other", kDepthMax));
    Flush();
    return writer_.Finish();
  }

 private:
  static std::string_view View(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

  void Open(std::string_view name) {
    if (++depth_ > kDepthMax) too_deep_ = true;
    if (unread_ > 0 || IsAny(name, kUnread)) {
      ++unread_;
      return;
    }
    if (!IsAny(name, kInline)) Flush();
  }

  void Close(std::string_view name) {
    --depth_;
    if (unread_ > 0) {
      --unread_;
      return;
    }
    if (IsAny(name, kInline)) return;
    if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
      writer_.Heading(static_cast<std::size_t>(name[1] - '0'), line_);
      line_.clear();
    } else Flush();
  }

  void Text(std::string_view text) {
    if (unread_ > 0) return;
    for (const char c : text) line_ += c == '\n' || c == '\r' ? ' ' : c;
    if (line_.size() > kLineBytesMax) {
      writer_.Line(ReplaceInvalidUtf8(line_));
      line_.clear();
    }
  }

  void Comment(std::string_view text) {
    if (const int page = PageMark(text); page > 0) {
      Flush();
      writer_.Page(page);
    }
  }

  void Flush() {
    if (!line_.empty()) writer_.Line(line_);
    line_.clear();
    writer_.EndParagraph();
  }

  BookWriter writer_;
  std::string line_;
  int depth_ = 0, unread_ = 0;
  bool too_deep_ = false;
};

}  // namespace

Result<Book> ReadHtml(std::string_view text) {
  if (text.size() > kFileBytesMax) return ResourceExhausted(fmt::format("{} bytes, at most {}", text.size(), kFileBytesMax));
  if (!IsValidUtf8(text)) return InvalidArgument("the manual is not UTF-8: convert it first, for instance with iconv");
  return HtmlReader(text.find("<!-- page ") != std::string_view::npos).Read(text);
}

}  // namespace deepcabin::manual
