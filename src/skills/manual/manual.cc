#include "skills/manual/manual.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"

namespace deepcabin::manual {
namespace {

constexpr float kTitleWeight = 1.2F, kChapterShare = 0.4F, kRelatedWeight = 0.6F;
constexpr float kTextLengthShare = 0.6F, kTitleLengthShare = 0.5F;
constexpr float kNextSectionShare = 0.25F;  // of a page's second best section
constexpr float kCoveredMin = 0.25F;        // less is no answer
constexpr float kFirstSentenceBonus = 0.1F;
// What questions are made of, whatever they are about.
constexpr std::u32string_view kAskingCharacters = U"的了吗呢吧啊是有什么怎样哪为何谁我你您它这那个该要会能可以请问一下时候意思";
constexpr std::u32string_view kAskingWords =
    U" what which where when why how who does do is are was can could should would will may must the an my your it its this that to of in "
    U"on "
    U"for if and or me tell mean means get there have has use car need when with ";

// Half width and lower case: what both sides of the comparison are brought to.
std::u32string Folded(std::string_view text) {
  std::u32string out = DecodeUtf8(text);
  for (char32_t& c : out) {
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
    if (c >= U'A' && c <= U'Z') c += 0x20;
  }
  return out;
}

bool IsLatin(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9'); }

// The question without what every question has; its other words stay apart.
std::u32string WithoutAsking(std::u32string_view text) {
  std::u32string out, word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char32_t c = i < text.size() ? text[i] : U' ';
    if (IsLatin(c)) word += c;
    if (IsLatin(c)) continue;
    if (kAskingWords.find(U" " + word + U" ") == kAskingWords.npos) out += word;
    word.clear();
    out += kAskingCharacters.find(c) == kAskingCharacters.npos ? c : U' ';
  }
  return out;
}

// A Latin word stands alone, but for a plural's s; a Chinese one anywhere.
bool Holds(std::u32string_view text, std::u32string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if (!IsLatin(word.back()) || ((at == 0 || !IsLatin(text[at - 1])) && (end == text.size() || !IsLatin(text[end]) || text[end] == U's')))
      return true;
  }
  return false;
}

// They end after their mark and what closes it, or with the paragraph. A point in a number, or after a step's number, ends nothing.
std::vector<std::string_view> Sentences(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  for (std::size_t i = 0, end = 0; i < text.size(); ++i) {
    const bool is_point = (text[i] == '.' || text[i] == '!' || text[i] == '?') && (i + 1 == text.size() || text[i + 1] == ' ');
    if (text[i] == '\n') end = i + 1;
    else if (is_point && text.substr(begin, i - begin).find_first_not_of(" 0123456789") != text.npos) end = i + 1;
    for (const std::string_view mark : {"。", "！", "？"}) {
      if (text.substr(i).starts_with(mark)) end = i + mark.size();
    }
    if (i + 1 == text.size()) end = text.size();
    if (end <= i) continue;
    for (const std::string_view closing : {"”", "』", "）"}) end += text.substr(end).starts_with(closing) ? closing.size() : 0;
    if (const std::string_view sentence = Trim(text.substr(begin, end - begin)); !sentence.empty()) out.push_back(sentence);
    begin = end;
  }
  return out;
}

// As wide as so many Chinese characters.
std::size_t Width(std::string_view text) {
  std::size_t halves = 0;
  for (const char32_t c : DecodeUtf8(text)) halves += c < 0x2E80 ? 1 : 2;
  return halves / 2;
}

}  // namespace

Manual::Manual(std::vector<Book> books, const Synonyms& synonyms) : books_(std::move(books)) {
  for (const Book& book : books_) {
    is_all_shipped_ = is_all_shipped_ && book.is_shipped;
    for (const Section& section : book.sections) {
      const auto id = static_cast<std::uint32_t>(places_.size());
      const std::u32string text = Folded(section.text);
      for (const Term& term : TermsOf(text)) texts_.Add(term.id, id, term.weight);
      for (const Term& term : TermsOf(Folded(section.title))) {
        texts_.Add(term.id, id, term.weight);
        titles_.Add(term.id, id, term.weight);
      }
      for (const Term& term : TermsOf(Folded(section.chapter))) titles_.Add(term.id, id, kChapterShare * term.weight);
      const auto han = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char32_t c) { return IsHan(c); }));
      places_.push_back({&section, &book, han * 6 > text.size()});
      (places_.back().is_chinese ? has_chinese_ : has_english_) = true;
      pages_ = std::max(pages_, section.page);
    }
  }
  texts_.Finish(places_.size(), kTextLengthShare, 1);
  titles_.Finish(places_.size(), kTitleLengthShare, 1);
  for (const auto& group : synonyms) {
    auto& terms = groups_.emplace_back();
    for (const std::string& word : group) {
      std::u32string folded = Folded(word);
      if (folded.size() < 2) continue;
      for (const Term& term : TermsOf(folded)) terms.push_back({term.id, term.weight * kRelatedWeight});
      words_.emplace_back(std::move(folded), groups_.size() - 1);
    }
  }
}

float Manual::Rarity(std::uint64_t term) const {
  const auto all = static_cast<float>(places_.size()), some = static_cast<float>(texts_.Find(term).size());
  return std::log(1 + (all - some + 0.5F) / (some + 0.5F));
}

Manual::Query Manual::Read(std::string_view question) const {
  std::u32string text = Folded(question);
  text.resize(std::min(text.size(), kQuestionCharsMax));
  Query query;
  query.is_chinese = std::any_of(text.begin(), text.end(), [](char32_t c) { return IsHan(c); });
  std::unordered_set<std::uint64_t> seen;
  const auto add = [&](const std::vector<Term>& terms) {
    for (const Term& term : terms) {
      if (seen.insert(term.id).second) query.terms.push_back(term);
    }
  };
  add(TermsOf(WithoutAsking(text)));
  query.said = query.terms.size();
  for (const auto& [word, group] : words_) {
    if (Holds(text, word)) add(groups_[group]);
  }
  return query;
}

std::vector<Hit> Manual::Find(std::string_view question, std::size_t pages) const {
  const Query query = Read(question);
  std::vector<float> scores(places_.size()), covered(places_.size());
  float asked = 1e-6F;
  for (std::size_t i = 0; i < query.terms.size(); ++i) {
    const Term& term = query.terms[i];
    const bool is_said = i < query.said;
    const float weight = Rarity(term.id) * (is_said ? term.weight : term.weight / kRelatedWeight);  // another word for it covers it too
    asked += is_said ? weight : 0;
    for (const auto& posting : texts_.Find(term.id)) {
      scores[posting.document] += term.weight * posting.weight;
      covered[posting.document] += weight;
    }
    for (const auto& posting : titles_.Find(term.id)) scores[posting.document] += term.weight * kTitleWeight * posting.weight;
  }
  const bool is_chinese = query.is_chinese ? has_chinese_ : !has_english_;  // another language is better than nothing
  std::map<std::pair<const Book*, int>, Hit> best;                          // of each page
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    if (scores[i] <= 0 || place.is_chinese != is_chinese) continue;
    Hit& page = best[{place.book, place.section->page}];
    const float less = std::min(page.score, scores[i]);
    if (scores[i] > page.score) page = {place.section, scores[i], std::min(1.0F, covered[i] / asked)};
    page.score += kNextSectionShare * less;
  }
  std::vector<Hit> hits;
  for (const auto& [page, hit] : best) hits.push_back(hit);
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; });
  hits.resize(std::min(hits.size(), pages));
  return hits;
}

std::optional<Answer> Manual::Ask(std::string_view question) const {
  const auto hits = Find(question, 1);
  if (hits.empty() || hits.front().covered < kCoveredMin) return std::nullopt;
  const Section& section = *hits.front().section;
  return Answer{.title = section.title, .quote = Quote(section, Read(question)), .page = section.page};
}

// The sentence that holds most of the question's rare words, the first one favoured, and those after it as far as they fit.
std::string Manual::Quote(const Section& section, const Query& query) const {
  const auto sentences = Sentences(section.text);
  std::unordered_map<std::uint64_t, float> weights;
  float all = 0, best_score = -1;
  for (const Term& term : query.terms) all += weights[term.id] = term.weight * Rarity(term.id);
  std::size_t best = 0;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    std::unordered_map<std::uint64_t, float> left = weights;
    float score = i == 0 ? kFirstSentenceBonus * all : 0;
    for (const Term& term : TermsOf(Folded(sentences[i]))) score += std::exchange(left[term.id], 0.0F);
    if (score > best_score) best = i;
    best_score = std::max(best_score, score);
  }
  std::string_view quote = sentences[best];
  for (std::size_t i = best + 1; i < sentences.size(); ++i) {  // views of one text: what lies between comes along
    const char* end = sentences[i].data() + sentences[i].size();
    const std::string_view longer(quote.data(), static_cast<std::size_t>(end - quote.data()));
    if (Width(longer) > kQuoteCharsMax) break;
    quote = longer;
  }
  std::string line(quote);
  for (const std::string_view mark : {"。", "：", "；"}) line = ReplaceAll(std::move(line), std::string(mark) + "\n", mark);
  std::u32string cut = DecodeUtf8(ReplaceAll(std::move(line), "\n", query.is_chinese ? "；" : " "));
  if (cut.size() > 2 * kQuoteCharsMax) cut.replace(2 * kQuoteCharsMax, cut.npos, U"…");
  return EncodeUtf8(cut);
}

}  // namespace deepcabin::manual
