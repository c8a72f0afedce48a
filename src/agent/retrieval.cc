#include "agent/retrieval.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "understanding/lattice.h"

namespace deepcabin::agent {
namespace {

using understanding::Symbol;

constexpr float kNameWeight = 1.0F, kPhraseWeight = 1.6F, kNamedWeight = 6.0F;
constexpr float kHintScore = 60.0F, kRecentScore = 9.0F, kBeforeShare = 0.4F;

}  // namespace

Retrieval::Retrieval(const Catalogue& catalogue, const understanding::Phrasebook& phrasebook)
    : catalogue_(catalogue), phrasebook_(phrasebook) {
  AddNames();
  AddPhrases();
}

void Retrieval::AddNames() {
  for (const Capability& c : catalogue_.capabilities()) {
    const auto add = [&](const std::string& text, float weight) {
      const auto normalised = phrasebook_.normaliser().Run(text);
      if (!normalised) return;
      for (const Term& term : TermsOf(normalised->text)) names_.Add(term.id, c.id, term.weight * weight);
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
  for (const Term& term : TermsOf(normalised->text)) {
    for (const auto& p : names_.Find(term.id)) scores[p.document] += share * kNameWeight * term.weight * p.weight;
  }
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
    for (const auto& p : phrases_.Find(symbol)) by_phrase[p.document] += p.weight;
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
