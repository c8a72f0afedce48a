#include "understanding/lattice.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace deepcabin::understanding {
namespace {

constexpr std::size_t kThingsMax = 6;
constexpr std::size_t kZonesMax = 5;
constexpr std::size_t kSpansMax = 24;  // of things from one position
constexpr float kItemCost = 0.10F;
constexpr float kJoinedWithoutAndCost = 0.25F;
constexpr float kSkipCost = 0.04F;
constexpr float kMisheardCost = 0.3F;
constexpr float kZonedCost = 0.03F;  // "rear defrost" is a name before it is a zone and a name

bool IsLatin(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9'); }

}  // namespace

Lattice::Lattice(const Grammar& grammar, const Normalised& text, bool by_ear)
    : grammar_(grammar), text_(text), cells_(text.text.size() + 1), places_(grammar.symbol_count(), 0), skip_(grammar.ListSymbol("skip")),
      and_(grammar.ListSymbol("and")), then_(grammar.ListSymbol("then")), max_(grammar.ListSymbol("max")), min_(grammar.ListSymbol("min")),
      mid_(grammar.ListSymbol("mid")), except_(grammar.ListSymbol("except")), besides_(grammar.ListSymbol("besides")),
      rest_(grammar.ListSymbol("rest")) {
  std::fill_n(places_.begin(), kSlotSymbols, ~std::uint64_t{0});  // where the others stand is not known beforehand
  for (const Slot slot : {Slot::kThings, Slot::kZone, Slot::kWord}) places_[static_cast<Symbol>(slot)] = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    Scan(i);
    if (by_ear) ScanByEar(i);
  }
}

// Walks the lexicon from `position`. A word of Latin letters begins and ends at a word's edge.
void Lattice::Scan(std::size_t position) {
  if (position > 0 && IsLatin(at(position)) && IsLatin(at(position - 1)) && at(position) >= U'a') return;
  std::uint32_t node = Trie::kRoot;
  for (std::size_t end = position; end < size();) {
    node = grammar_.lexicon().Child(node, at(end));
    if (node == Trie::kRoot) break;
    ++end;
    const bool inside_word = end < size() && IsLatin(at(end)) && IsLatin(at(end - 1));
    if (inside_word || grammar_.lexicon().Values(node).empty()) continue;
    Add(position, static_cast<std::uint32_t>(end), 0, grammar_.lexicon().Values(node));
  }
}

// Words that differ from what is written in characters, not in sound.
void Lattice::ScanByEar(std::size_t position) {
  constexpr std::size_t kLengthMax = 8;
  std::uint32_t node = Trie::kRoot;
  for (std::size_t end = position; end < size() && end - position < kLengthMax;) {
    node = grammar_.by_sound().Child(node, grammar_.sounds().Of(at(end)));
    if (node == Trie::kRoot) break;
    ++end;
    for (const std::uint32_t word : grammar_.by_sound().Values(node)) {
      std::uint32_t written = Trie::kRoot;
      for (std::size_t i = position; i < end; ++i) {
        written = grammar_.lexicon().Child(written, at(i));
        if (written == Trie::kRoot) break;
      }
      if (written == word) continue;
      Add(position, static_cast<std::uint32_t>(end), kMisheardCost, grammar_.lexicon().Values(word));
    }
  }
}

// 下 is a small word, but not in 下午.
bool Lattice::IsPartOfTime(std::size_t position, std::size_t end) const {
  constexpr std::u32string_view kAfter = U"午周次个班礼";
  return end < size() && (at(position) == U'下' || at(position) == U'上') && end == position + 1 && kAfter.find(at(end)) != kAfter.npos;
}

void Lattice::Add(std::size_t position, std::uint32_t end, float cost, std::span<const std::uint32_t> items) {
  Cell& cell = cells_[position];
  const auto old = static_cast<std::ptrdiff_t>(cell.symbols.size());
  cell.symbols.reserve(cell.symbols.size() + items.size());
  const auto stands = [&](Symbol symbol) {
    if (symbol < places_.size()) places_[symbol] |= std::uint64_t{1} << position % 64;
  };
  for (const std::uint32_t packed : items) {
    const LexItem item = LexItem::Of(packed);
    switch (item.kind) {
      case LexKind::kSymbol:
        stands(item.id);
        cell.symbols.push_back({end, cost, item.id});
        if (item.id == skip_ && cost == 0 && !IsPartOfTime(position, end)) cell.skips.push_back(end);
        break;
      case LexKind::kName:
        stands(static_cast<Symbol>(Slot::kThings));
        cell.names.push_back({end, cost, item.id});
        break;
      case LexKind::kZone:
        stands(static_cast<Symbol>(Slot::kZone));
        cell.zones.push_back({end, cost, item.id});
        break;
      case LexKind::kWord:
        stands(static_cast<Symbol>(Slot::kWord));
        cell.words.push_back({end, cost, item.id});
        break;
      case LexKind::kCondition: cell.conditions.push_back({end, cost, item.id}); break;
    }
  }
  if (old == 0) return;
  // The lexicon has them in order; those of another word are merged in.
  merged_.resize(cell.symbols.size());
  std::merge(cell.symbols.begin(), cell.symbols.begin() + old, cell.symbols.begin() + old, cell.symbols.end(), merged_.begin(),
             [](const auto& a, const auto& b) { return std::tie(a.value, a.end) < std::tie(b.value, b.end); });
  cell.symbols.swap(merged_);
}

std::span<const Span<Symbol>> Lattice::SpansOf(std::size_t position, Symbol symbol) const {
  if (symbol >= places_.size() || !MayStand(position, symbol)) return {};
  const auto& symbols = cells_[position].symbols;
  const auto begin = std::lower_bound(symbols.begin(), symbols.end(), symbol, [](const auto& s, Symbol v) { return s.value < v; });
  auto end = begin;
  while (end != symbols.end() && end->value == symbol) ++end;
  return {begin, end};
}

std::size_t Lattice::AfterSymbol(std::size_t position, Symbol symbol) const {
  if (position >= size()) return 0;
  const auto spans = SpansOf(position, symbol);
  return spans.empty() ? 0 : spans.back().end;
}

std::vector<std::size_t> Lattice::AfterSkips(std::size_t position, int count) const {
  std::vector<std::size_t> ends{SkipSpace(position)};
  std::size_t from = 0;
  for (int round = 0; round < count; ++round) {
    const std::size_t to = ends.size();
    for (; from < to; ++from) {
      if (ends[from] >= size()) continue;
      for (const std::uint32_t skip_end : cells_[ends[from]].skips) {
        const std::size_t end = SkipSpace(skip_end);
        if (std::find(ends.begin(), ends.end(), end) == ends.end()) ends.push_back(end);
      }
    }
  }
  return ends;
}

const std::vector<Span<Amount>>& Lattice::Amounts(std::size_t position) {
  Cell& cell = cells_[position];
  if (cell.has_amounts || position >= size()) return cell.amounts;
  cell.has_amounts = true;
  const bool inside_number = position > 0 && IsLatin(at(position)) && IsLatin(at(position - 1));
  if (inside_number) return cell.amounts;
  const auto span_of_time = ReadDuration(text_.text, position);
  for (const AmountRead& read : ReadAmounts(text_.text, position)) {
    if (span_of_time && span_of_time->end > read.end && read.unit.empty()) continue;  // "half an hour" is no half
    cell.amounts.push_back({static_cast<std::uint32_t>(read.end), 0, {SpokenValue(read.value), read.unit}});
  }
  for (const auto& [symbol, word] : {std::pair{max_, "max"}, {min_, "min"}, {mid_, "mid"}}) {
    for (const auto& span : SpansOf(position, symbol)) cell.amounts.push_back({span.end, 0, {SpokenValue(std::string(word)), ""}});
  }
  return cell.amounts;
}

// The end of an "and" (or a comma) at `position`, spaces aside; `position` itself when there is none.
std::size_t Lattice::AfterAnd(std::size_t position) const {
  std::size_t at_word = SkipSpace(position);
  if (at_word < size() && at(at_word) == U',') at_word = SkipSpace(at_word + 1);
  const std::size_t end = AfterSymbol(at_word, and_);
  return end != 0 ? SkipSpace(end) : at_word;
}

namespace {

// One word may name several zones (三排 is both its seats): they are mentioned together.
void AddMention(std::vector<Span<ZoneMentions>>& open, std::uint32_t end, std::uint32_t zone, const ZoneMentions& before) {
  ZoneMention mention;
  if (zone == kSpeakerZone) mention.kind = ZoneMention::Kind::kSpeaker;
  else if (zone == kOtherZone) mention.kind = ZoneMention::Kind::kOther;
  else mention.zone = static_cast<Zone>(zone);
  for (auto& known : open) {
    if (known.end != end || known.value.size() <= before.size()) continue;
    known.value.push_back(mention);
    return;
  }
  open.push_back({end, 0, before});
  open.back().value.push_back(mention);
}

}  // namespace

const std::vector<Span<ZoneMentions>>& Lattice::Zones(std::size_t position) {
  Cell& cell = cells_[position];
  if (cell.has_zone_lists || position >= size()) return cell.zone_lists;
  cell.has_zone_lists = true;
  std::vector<Span<ZoneMentions>> open;
  for (const auto& span : cell.zones) AddMention(open, span.end, span.value, {});
  for (std::size_t i = 0; i < open.size() && open.size() < kSpansMax; ++i) {
    if (open[i].value.size() >= kZonesMax) continue;
    const std::size_t next = AfterAnd(open[i].end);
    if (next >= size()) continue;
    // Places in a row need an "and" between them, but for single seats: 左前右后.
    const bool joined = next != SkipSpace(open[i].end);
    const ZoneMentions before = open[i].value;
    if (!joined && !std::all_of(before.begin(), before.end(), [](const ZoneMention& m) { return IsSeat(m.zone) && !m.is_speaker(); }))
      continue;
    for (const auto& span : cells_[next].zones) {
      if (joined || span.value < kSeatCount) AddMention(open, span.end, span.value, before);
    }
  }
  ExceptZones(position, open);
  cell.zone_lists = std::move(open);
  return cell.zone_lists;
}

// 除了主驾(以外), all but mine
void Lattice::ExceptZones(std::size_t position, std::vector<Span<ZoneMentions>>& out) {
  for (const auto& word : SpansOf(position, except_)) {
    const std::size_t next = SkipSpace(word.end);
    if (next >= size() || next == position) continue;
    const std::vector<Span<ZoneMentions>> named = Zones(next);
    for (Span<ZoneMentions> span : named) {
      for (ZoneMention& mention : span.value) mention.except = true;
      std::size_t end = span.end;
      if (const std::size_t besides = AfterSymbol(SkipSpace(end), besides_)) end = besides;
      const std::size_t mark = SkipSpace(end);
      const std::size_t rest = AfterSymbol(SkipSpace(mark < size() && at(mark) == U',' ? mark + 1 : mark), rest_);  // 除了主驾，其他…
      span.end = static_cast<std::uint32_t>(rest != 0 ? rest : end);
      out.push_back(std::move(span));
    }
  }
}

// One thing: [zones] name, or name zones.
void Lattice::Items(std::size_t position, std::vector<Span<Thing>>& out) {
  const auto add = [&](std::size_t begin, const ZoneMentions& before, float cost) {
    if (begin >= size()) return;
    for (const auto& name : cells_[begin].names) {
      out.push_back({name.end, cost + name.cost + kItemCost, {before, name.value}});
      const bool all_before = before.size() == 1 && before.front().zone == Zone::kAll && !before.front().except;
      if (!before.empty() && !all_before) continue;
      for (const std::size_t after : AfterSkips(name.end, 1)) {
        if (after >= size()) continue;
        for (const auto& zones : Zones(after)) {
          if (all_before && !zones.value.front().except) continue;
          out.push_back({zones.end, cost + name.cost + kItemCost + kSkipCost, {zones.value, name.value}});
        }
      }
    }
  };
  add(position, {}, 0);
  for (const auto& zones : Zones(position)) {
    for (const std::size_t begin : AfterSkips(zones.end, 2)) {
      add(begin, zones.value, kZonedCost + (begin == SkipSpace(zones.end) ? 0 : kSkipCost));
    }
  }
}

void Lattice::ExtendThings(std::size_t begin, std::vector<Thing>& sofar, std::size_t position, float cost) {
  if (sofar.size() >= kThingsMax || position >= size() || cells_[begin].things.size() >= kSpansMax) return;
  std::vector<Span<Thing>> items;
  Items(position, items);
  for (auto& item : items) {
    if (cells_[begin].things.size() >= kSpansMax) return;
    // 主驾座椅加热和通风: a zone said once holds for what is joined to it
    const bool inherits = item.value.zones.empty() && !sofar.empty();
    sofar.push_back(item.value);
    if (inherits) sofar.back().zones = sofar[sofar.size() - 2].zones;
    const float total = cost + item.cost;
    cells_[begin].things.push_back({item.end, total, sofar});
    const std::size_t plain = SkipSpace(item.end);
    const std::size_t joined = AfterAnd(item.end);
    ExtendThings(begin, sofar, joined, total + (joined == plain ? kJoinedWithoutAndCost : 0));
    for (const std::size_t skipped : AfterSkips(item.end, 1)) {
      if (skipped == plain) continue;
      const std::size_t after = AfterAnd(skipped);
      if (after != skipped) ExtendThings(begin, sofar, after, total + kSkipCost);
    }
    sofar.pop_back();
  }
}

const std::vector<Span<std::vector<Thing>>>& Lattice::Things(std::size_t position) {
  Cell& cell = cells_[position];
  if (cell.has_things || position >= size()) return cell.things;
  cell.has_things = true;
  if (cell.names.empty() && cell.zones.empty()) return cell.things;
  std::vector<Thing> sofar;
  ExtendThings(position, sofar, position, 0);
  return cell.things;
}

const std::vector<Span<double>>& Lattice::Durations(std::size_t position) {
  Cell& cell = cells_[position];
  if (cell.has_durations || position >= size()) return cell.durations;
  cell.has_durations = true;
  if (position > 0 && IsLatin(at(position)) && IsLatin(at(position - 1))) return cell.durations;
  if (const auto read = ReadDuration(text_.text, position))
    cell.durations.push_back({static_cast<std::uint32_t>(read->end), 0, read->seconds});
  return cell.durations;
}

const std::vector<Span<When>>& Lattice::Whens(std::size_t position) {
  Cell& cell = cells_[position];
  if (cell.has_whens || position >= size()) return cell.whens;
  cell.has_whens = true;
  // 一点 alone is "a little", not one o'clock.
  auto read = ReadWhen(text_.text, position);
  if (read && !(read->end == position + 2 && text_.text.compare(position, 2, U"一点") == 0)) {
    cell.whens.push_back({static_cast<std::uint32_t>(read->end), 0, std::move(read->when)});
  }
  return cell.whens;
}

}  // namespace deepcabin::understanding
