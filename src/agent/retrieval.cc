#include "agent/retrieval.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/text.h"
#include "understanding/lattice.h"

namespace deepcabin::agent {
namespace {

using understanding::Symbol;

constexpr float kSaturation = 1.2F;  // BM25's k1
constexpr float kNameWeight = 1.0F, kPhraseWeight = 1.6F, kNamedWeight = 6.0F;
constexpr float kHintScore = 60.0F, kRecentScore = 9.0F, kBeforeShare = 0.4F;
constexpr std::size_t kCommonShare = 8;  // a word in more than an eighth of the documents tells nothing

bool IsWordCharacter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9'); }

// English words without what grammar puts at their end; crude, but alike on both sides.
std::uint64_t WordTerm(std::u32string word) {
  for (const std::u32string_view end : {U"ing", U"ed", U"es", U"s", U"er"}) {
    if (word.size() > end.size() + 3 && std::u32string_view(word).ends_with(end)) {
      word.resize(word.size() - end.size());
      break;
    }
  }
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char32_t c : word) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash | (1ULL << 63);
}

// Calls f(term, weight) for every word, Han character and pair of Han characters.
template <typename F>
void EachTerm(std::u32string_view text, F&& f) {
  std::u32string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char32_t c = i < text.size() ? text[i] : U' ';
    if (IsWordCharacter(c)) {
      word.push_back(c);
      continue;
    }
    if (word.size() > 1) f(WordTerm(word), 1.0F);
    word.clear();
    if (!IsHan(c)) continue;
    f(std::uint64_t{c}, 0.35F);
    if (i + 1 < text.size() && IsHan(text[i + 1])) f((std::uint64_t{c} << 24) | text[i + 1], 1.0F);
  }
}

}  // namespace

void Retrieval::Index::Add(std::uint64_t term, std::uint32_t document, float count) {
  auto& list = postings[term];
  if (!list.empty() && list.back().document == document) list.back().weight += count;
  else list.push_back({document, count});
  if (lengths.size() <= document) lengths.resize(document + 1);
  lengths[document] += count;
}

void Retrieval::Index::Finish(std::size_t documents, float length_share) {
  lengths.resize(documents);
  float total = 0;
  for (const float length : lengths) total += length;
  const float mean = std::max(1.0F, total / static_cast<float>(documents));
  for (auto& [term, list] : postings) {
    if (list.size() * kCommonShare > documents) {
      list.clear();
      continue;
    }
    const auto n = static_cast<float>(list.size());
    const float rarity = std::log(1 + (static_cast<float>(documents) - n + 0.5F) / (n + 0.5F));
    for (Posting& posting : list) {
      const float norm = kSaturation * (1 - length_share + length_share * lengths[posting.document] / mean);
      posting.weight = rarity * posting.weight * (kSaturation + 1) / (posting.weight + norm);
    }
  }
}

Retrieval::Retrieval(const Catalogue& catalogue, const understanding::Phrasebook& phrasebook)
    : catalogue_(catalogue), phrasebook_(phrasebook) {
  AddNames();
  AddPhrases();
}

void Retrieval::AddNames() {
  for (const Capability& c : catalogue_.capabilities()) {
    const auto add = [&](const std::string& text, float weight) {
      const auto normalised = phrasebook_.normaliser().Run(text);
      if (normalised) EachTerm(normalised->text, [&](std::uint64_t term, float w) { names_.Add(term, c.id, w * weight); });
    };
    for (const auto* names : {&c.names_zh, &c.names_en}) {
      for (const std::string& name : *names) add(name, 1.0F);
    }
    for (const Word& word : c.value.words) {
      for (const auto* names : {&word.zh, &word.en}) {
        for (const std::string& name : *names) add(name, 0.4F);
      }
    }
    add(c.about, 0.5F);
    add(ReplaceAll(ReplaceAll(c.name, ".", " "), "_", " "), 0.5F);
  }
  names_.Finish(catalogue_.capabilities().size(), 0.6F);
}

// Walks every sequence of symbols once and notes for each phrase which symbols it may hold.
void Retrieval::AddPhrases() {
  const understanding::Grammar& grammar = phrasebook_.grammar();
  const understanding::Trie& trie = grammar.sequences();
  std::vector<std::set<Symbol>> symbols(grammar.phrases().size());
  struct Step {
    std::uint32_t node;
    std::size_t depth;
  };
  std::vector<Step> open{{understanding::Trie::kRoot, 0}};
  std::vector<Symbol> path;
  while (!open.empty()) {
    const Step step = open.back();
    open.pop_back();
    path.resize(step.depth > 0 ? step.depth - 1 : 0);
    if (step.depth > 0) path.push_back(trie.label(step.node));
    for (const std::uint32_t phrase : trie.Values(step.node)) {
      if (phrase < symbols.size()) symbols[phrase].insert(path.begin(), path.end());
    }
    for (std::uint32_t child = trie.ChildrenBegin(step.node); child < trie.ChildrenEnd(step.node); ++child) {
      if (trie.label(child) != understanding::Trie::kNoLabel) open.push_back({child, step.depth + 1});
    }
  }
  phrase_means_.resize(symbols.size());
  for (std::uint32_t i = 0; i < symbols.size(); ++i) {
    const understanding::Phrase& phrase = grammar.phrases()[i];
    std::set<CapabilityId> means;
    if (phrase.kind == understanding::PhraseKind::kCapability) means.insert(phrase.capability);
    if (phrase.kind == understanding::PhraseKind::kNeed) {
      for (const auto& remedy : grammar.needs()[phrase.need].remedies) {
        for (const auto& call : remedy.calls) means.insert(call.capability);
      }
    }
    phrase_means_[i].assign(means.begin(), means.end());
    if (means.empty()) continue;
    for (const Symbol symbol : symbols[i]) {
      if (symbol >= understanding::kSlotSymbols) phrases_.Add(symbol, i, 1.0F);
    }
  }
  phrases_.Finish(symbols.size(), 0.9F);
}

void Retrieval::Score(const std::string& text, float share, std::vector<float>& scores) const {
  auto normalised = phrasebook_.normaliser().Run(text);
  if (!normalised) return;
  if (normalised->text.size() > understanding::Lattice::kCharactersMax) normalised->text.resize(understanding::Lattice::kCharactersMax);
  EachTerm(normalised->text, [&](std::uint64_t term, float weight) {
    const auto found = names_.postings.find(term);
    if (found == names_.postings.end()) return;
    for (const Posting& p : found->second) scores[p.document] += share * kNameWeight * weight * p.weight;
  });
  const understanding::Grammar& grammar = phrasebook_.grammar();
  const understanding::Lattice lattice(grammar, *normalised, false);
  std::vector<Symbol> present;
  std::vector<float> named(scores.size());
  for (std::size_t i = 0; i < normalised->text.size(); ++i) {
    for (const auto& span : lattice.Symbols(i)) present.push_back(span.value);
    for (const auto& span : lattice.Names(i)) {
      const auto& meanings = grammar.name(span.value);
      const float weight = kNamedWeight * static_cast<float>(std::min<std::size_t>(span.end - i, 6)) / 3;
      for (const auto& meaning : meanings) named[meaning.capability] = std::max(named[meaning.capability], weight);
    }
    for (const auto& span : lattice.Words(i)) {
      const auto& meanings = grammar.word(span.value);
      const float weight = kNamedWeight / (1.5F + static_cast<float>(meanings.size()) / 4);
      for (const auto& meaning : meanings) named[meaning.capability] = std::max(named[meaning.capability], weight);
    }
  }
  std::sort(present.begin(), present.end());
  present.erase(std::unique(present.begin(), present.end()), present.end());
  std::vector<float> by_phrase(phrase_means_.size());
  for (const Symbol symbol : present) {
    const auto found = phrases_.postings.find(symbol);
    if (found == phrases_.postings.end()) continue;
    for (const Posting& p : found->second) by_phrase[p.document] += p.weight;
  }
  std::vector<float> best(scores.size());
  for (std::size_t phrase = 0; phrase < by_phrase.size(); ++phrase) {
    if (by_phrase[phrase] <= 0) continue;
    for (const CapabilityId id : phrase_means_[phrase]) best[id] = std::max(best[id], by_phrase[phrase]);
  }
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += share * (kPhraseWeight * best[i] + named[i]);
}

std::vector<CapabilityId> Retrieval::Find(const Query& query, std::size_t count) const {
  std::vector<float> scores(catalogue_.capabilities().size());
  Score(query.text, 1.0F, scores);
  if (!query.before.empty()) Score(query.before, kBeforeShare, scores);
  for (const CapabilityId id : query.hints) scores[id] += kHintScore;
  for (const CapabilityId id : query.recent) scores[id] += kRecentScore;
  std::vector<CapabilityId> order;
  for (CapabilityId id = 0; id < scores.size(); ++id) {
    if (scores[id] > 0) order.push_back(id);
  }
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::partial_sort(order.begin(), end, order.end(),
                    [&](CapabilityId a, CapabilityId b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  order.erase(end, order.end());
  return order;
}

}  // namespace deepcabin::agent
