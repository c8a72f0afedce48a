#include "skills/manual/manual.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"

namespace deepcabin::manual {
namespace {

constexpr float kTitleWeight = 1.2F, kChapterShare = 0.4F, kRelatedWeight = 0.4F;
constexpr float kTextLengthShare = 0.6F, kTitleLengthShare = 0.5F;
constexpr float kNextSectionShare = 0.25F;  // of a page's second best section
constexpr float kCoveredMin = 0.35F;        // less is no answer
constexpr float kFirstSentenceBonus = 0.35F;

// Half width and lower case: what both sides of the comparison are brought to.
std::u32string Folded(std::string_view text) {
  std::u32string out = DecodeUtf8(text);
  for (char32_t& c : out) {
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
    if (c >= U'A' && c <= U'Z') c += 0x20;
  }
  return out;
}

bool IsMostlyChinese(std::u32string_view text) {
  const auto han = std::count_if(text.begin(), text.end(), [](char32_t c) { return IsHan(c); });
  return static_cast<std::size_t>(han) * 6 > text.size();
}

bool IsLatin(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9'); }

// A Latin word stands alone; a Chinese one anywhere.
bool Holds(std::u32string_view text, std::u32string_view word) {
  for (std::size_t at = text.find(word); at != std::u32string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !IsLatin(text[at - 1]) || !IsLatin(word.front());
    const std::size_t end = at + word.size();
    const bool ends = end == text.size() || !IsLatin(text[end]) || !IsLatin(word.back()) || text[end] == U's';
    if (begins && ends) return true;
  }
  return false;
}

// Where a sentence ends: after its mark and closing quotes, or at the paragraph's end. A point inside a number ends nothing.
std::vector<std::string_view> Sentences(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  const auto end_at = [&](std::size_t end) {
    if (const auto sentence = Trim(text.substr(begin, end - begin)); !sentence.empty()) out.push_back(sentence);
    begin = end;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_point = text[i] == '.' || text[i] == '!' || text[i] == '?';
    const bool is_step =
        text[i] == '.' && i > begin && text.substr(begin, i - begin).find_first_not_of(" 0123456789") == std::string_view::npos;
    if (text[i] == '\n') end_at(i + 1);
    else if (is_point && !is_step && (i + 1 == text.size() || text[i + 1] == ' ' || text[i + 1] == '\n')) end_at(i + 1);
    for (const std::string_view mark : {"。", "！", "？"}) {
      if (!text.substr(i).starts_with(mark)) continue;
      std::size_t end = i + mark.size();
      for (const std::string_view closing : {"”", "』", "）"}) end += text.substr(end).starts_with(closing) ? closing.size() : 0;
      end_at(end);
    }
  }
  end_at(text.size());
  return out;
}

std::size_t Characters(std::string_view text) {
  const std::u32string decoded = DecodeUtf8(text);
  const auto latin = static_cast<std::size_t>(std::count_if(decoded.begin(), decoded.end(), [](char32_t c) { return c < 0x2E80; }));
  return decoded.size() - latin + latin / 2;  // two Latin letters are as wide as one Chinese character
}

}  // namespace

Manual::Manual(std::vector<Book> books, const Synonyms& synonyms) : books_(std::move(books)) {
  for (std::uint32_t b = 0; b < books_.size(); ++b) {
    for (std::uint32_t s = 0; s < books_[b].sections.size(); ++s) {
      const Section& section = books_[b].sections[s];
      const auto id = static_cast<std::uint32_t>(places_.size());
      const std::u32string text = Folded(section.text), title = Folded(section.title);
      for (const Term& term : TermsOf(text)) texts_.Add(term.id, id, term.weight);
      for (const Term& term : TermsOf(title)) {
        texts_.Add(term.id, id, term.weight);
        titles_.Add(term.id, id, term.weight);
      }
      for (const Term& term : TermsOf(Folded(section.chapter))) titles_.Add(term.id, id, kChapterShare * term.weight);
      places_.push_back({b, s, IsMostlyChinese(text)});
      (places_.back().is_chinese ? has_chinese_ : has_english_) = true;
    }
  }
  texts_.Finish(places_.size(), kTextLengthShare, 1);
  titles_.Finish(places_.size(), kTitleLengthShare, 1);
  for (const auto& group : synonyms) {
    auto& terms = groups_.emplace_back();
    for (const std::string& word : group) {
      std::u32string folded = Folded(word);
      if (folded.size() < 2) continue;
      for (const Term& term : TermsOf(folded)) terms.push_back(term);
      words_.emplace_back(std::move(folded), static_cast<std::uint32_t>(groups_.size() - 1));
    }
  }
}

bool Manual::is_all_shipped() const {
  return std::all_of(books_.begin(), books_.end(), [](const Book& book) { return book.is_shipped; });
}

int Manual::pages() const {
  int count = 0;
  for (const Book& book : books_) {
    for (const Section& section : book.sections) count = std::max(count, section.page);
  }
  return count;
}

float Manual::Rarity(std::uint64_t term) const {
  const auto documents = static_cast<float>(places_.size());
  const auto n = static_cast<float>(texts_.Find(term).size());
  return std::log(1 + (documents - n + 0.5F) / (n + 0.5F));
}

Manual::Query Manual::Read(std::string_view question) const {
  std::u32string text = Folded(question);
  if (text.size() > kQuestionCharsMax) text.resize(kQuestionCharsMax);
  Query query;
  query.is_chinese = std::any_of(text.begin(), text.end(), [](char32_t c) { return IsHan(c); });
  std::unordered_set<std::uint64_t> seen;
  for (const Term& term : TermsOf(text)) {
    if (seen.insert(term.id).second) query.terms.push_back(term);
  }
  std::unordered_set<std::uint32_t> groups;
  for (const auto& [word, group] : words_) {
    if (groups.contains(group) || !Holds(text, word)) continue;
    groups.insert(group);
    for (const Term& term : groups_[group]) {
      if (seen.insert(term.id).second) query.related.push_back({term.id, term.weight * kRelatedWeight});
    }
  }
  return query;
}

std::vector<Hit> Manual::Find(std::string_view question, std::size_t pages) const {
  const Query query = Read(question);
  std::vector<float> scores(places_.size()), covered(places_.size());
  float asked = 0;
  const auto add = [&](const Term& term) {
    for (const auto& posting : texts_.Find(term.id)) scores[posting.document] += term.weight * posting.weight;
    for (const auto& posting : titles_.Find(term.id)) scores[posting.document] += term.weight * kTitleWeight * posting.weight;
  };
  for (const Term& term : query.terms) {
    add(term);
    const float weight = term.weight * Rarity(term.id);
    asked += weight;
    for (const auto& posting : texts_.Find(term.id)) covered[posting.document] += weight;
  }
  for (const Term& term : query.related) add(term);
  const bool is_chinese = query.is_chinese ? has_chinese_ : !has_english_;  // another language is better than nothing
  std::map<std::pair<std::uint32_t, int>, Hit> best;                        // of each page
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    if (scores[i] <= 0 || place.is_chinese != is_chinese) continue;
    const Section& section = books_[place.book].sections[place.section];
    const Hit hit{&section, books_[place.book].is_shipped, scores[i], covered[i] / std::max(asked, 1e-6F)};
    Hit& page = best[{place.book, section.page}];
    const float less = std::min(page.score, hit.score);
    if (hit.score > page.score) page = hit;
    page.score += kNextSectionShare * less;
  }
  std::vector<Hit> hits;
  for (const auto& [page, hit] : best) hits.push_back(hit);
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; });
  if (hits.size() > pages) hits.resize(pages);
  return hits;
}

std::optional<Answer> Manual::Ask(std::string_view question) const {
  const auto hits = Find(question, 1);
  if (hits.empty() || hits.front().covered < kCoveredMin) return std::nullopt;
  const Section& section = *hits.front().section;
  return Answer{
      .title = section.title, .quote = Quote(section, Read(question)), .page = section.page, .is_shipped = hits.front().is_shipped};
}

// The sentence that holds most of the question's rare words, the first one favoured, and those after it as far as they fit.
std::string Manual::Quote(const Section& section, const Query& query) const {
  const auto sentences = Sentences(section.text);
  std::unordered_map<std::uint64_t, float> weights;
  float all = 0;
  for (const auto* terms : {&query.terms, &query.related}) {
    for (const Term& term : *terms) all += weights[term.id] = term.weight * Rarity(term.id);
  }
  std::size_t best = 0;
  float best_score = -1;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    std::unordered_set<std::uint64_t> held;
    float score = i == 0 ? kFirstSentenceBonus * all : 0;
    for (const Term& term : TermsOf(Folded(sentences[i]))) {
      const auto found = weights.find(term.id);
      if (found != weights.end() && held.insert(term.id).second) score += found->second;
    }
    if (score > best_score) best = i;
    best_score = std::max(best_score, score);
  }
  const std::string_view first = sentences[best];
  std::string_view quote = first;
  for (std::size_t i = best + 1; i < sentences.size(); ++i) {  // views of one text: what lies between comes along
    const std::string_view longer(first.data(), static_cast<std::size_t>(sentences[i].data() + sentences[i].size() - first.data()));
    if (Characters(longer) > kQuoteCharsMax) break;
    quote = longer;
  }
  std::u32string cut = DecodeUtf8(ReplaceAll(std::string(quote), "\n", query.is_chinese ? "" : " "));
  const std::size_t limit = 2 * kQuoteCharsMax;
  if (cut.size() > limit) cut.replace(limit, std::u32string::npos, U"…");
  return EncodeUtf8(cut);
}

}  // namespace deepcabin::manual
