// Owner's manuals: any bytes are refused, or become text with pages within the limits, which answers any question or none.

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "skills/manual/manual.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  for (const bool is_html : {false, true}) {
    auto book = is_html ? manual::ReadHtml(text) : manual::ReadMarkdown(text);
    if (!book) continue;
    fuzz::Promise(!book->sections.empty() && book->sections.size() <= manual::kSectionsMax, "sections within the limit");
    for (const manual::Section& section : book->sections) {
      fuzz::Promise(section.page >= 1 && section.page <= manual::kPagesMax, "pages within the limit");
      fuzz::Promise(IsValidUtf8(section.text) && IsValidUtf8(section.title) && IsValidUtf8(section.chapter), "what is read is text");
      fuzz::Promise(!section.text.empty(), "a section has text");
    }
    std::vector<manual::Book> books;
    books.push_back(std::move(*book));
    const manual::Manual manual(std::move(books));
    if (const auto answer = manual.Ask(text.substr(0, 600))) fuzz::Promise(IsValidUtf8(answer->quote), "a quote is text");
  }
  return 0;
}
