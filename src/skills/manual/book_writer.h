#pragma once
// Where the readers of all formats write a book: titles, pages and paragraphs, within the limits.

#include <array>
#include <string>
#include <string_view>

#include "skills/manual/book.h"

namespace deepcabin::manual {

class BookWriter {
 public:
  // Without page marks, headings of the first two levels begin pages.
  explicit BookWriter(bool has_page_marks) : has_page_marks_(has_page_marks) {}

  // Each does nothing any more once a limit is broken.
  void Page(int number);
  void Heading(std::size_t level, std::string_view text);  // from 1
  void Line(std::string_view text);                        // goes on with the paragraph; an empty one ends it
  void EndParagraph();
  bool is_broken() const { return !status_.has_value(); }

  // kInvalidArgument: there was no text.
  Result<Book> Finish();

 private:
  void Begin();
  void Break(Error error);

  const bool has_page_marks_;
  Status status_;
  Book book_;
  std::array<std::string, 6> titles_{};
  int page_ = 1;
  bool is_first_heading_ = true;
  std::size_t bytes_ = 0;
  std::string paragraph_;
};

// N of "page N", or 0; for the inside of a comment.
int PageMark(std::string_view comment);

}  // namespace deepcabin::manual
