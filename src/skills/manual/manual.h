#pragma once
// Questions to owner's manuals: which page answers, and in which of its own sentences. Nothing is said that does not stand there.
//
// Two signals are added up: the words of the text (BM25 over pairs of Han characters and English stems), and the words of titles, which
// count again by themselves. Words that mean the same as one of the question's ("雨刷", "雨刮器") count a part of it in both.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bm25.h"
#include "skills/manual/book.h"

namespace deepcabin::manual {

using Synonyms = std::vector<std::vector<std::string>>;  // groups of words that mean the same, in any language

inline constexpr std::size_t kQuestionCharsMax = 200;  // the rest is not read
inline constexpr std::size_t kQuoteCharsMax = 120;     // a quote goes beyond one sentence as far as it fits

struct Hit {
  const Section* section = nullptr;
  float score = 0;
  float covered = 0;  // how much of what the question asks for stands there, 0 to 1
};

struct Answer {
  std::string title, quote;
  int page = 0;
};

// Never changes; thread-safe.
class Manual {
 public:
  explicit Manual(std::vector<Book> books = {}, const Synonyms& synonyms = {});
  Manual(const Manual&) = delete;
  Manual& operator=(const Manual&) = delete;

  // The best section of each of the best pages, best first; in the question's language where a manual is written in it.
  std::vector<Hit> Find(std::string_view question, std::size_t pages) const;
  // Nothing where no page covers the question.
  std::optional<Answer> Ask(std::string_view question) const;

  bool is_empty() const { return places_.empty(); }
  bool is_all_shipped() const { return is_all_shipped_; }
  int pages() const { return pages_; }

 private:
  struct Place {  // a document of the indexes
    const Section* section;
    const Book* book;
    bool is_chinese;
  };
  // What is asked for, each term once: first those that are said, then from `said` on those of words that mean the same.
  struct Query {
    std::vector<Term> terms;
    std::size_t said = 0;
    bool is_chinese = false;
  };
  Query Read(std::string_view question) const;
  float Rarity(std::uint64_t term) const;
  std::string Quote(const Section& section, const Query& query) const;

  const std::vector<Book> books_;
  std::vector<Place> places_;
  std::vector<std::pair<std::u32string, std::size_t>> words_;  // of the synonyms → group
  std::vector<std::vector<Term>> groups_;
  Bm25 texts_, titles_;
  bool is_all_shipped_ = true, has_chinese_ = false, has_english_ = false;
  int pages_ = 0;
};

}  // namespace deepcabin::manual
