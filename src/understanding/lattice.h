#pragma once
// Everything that could stand at each position of an utterance: words, names, zones, amounts, times, and the things composed of them.

#include <cstdint>
#include <span>
#include <vector>

#include "understanding/grammar.h"
#include "understanding/normalise.h"
#include "understanding/numbers.h"

namespace deepcabin::understanding {

struct ZoneMention {
  enum class Kind : std::uint8_t { kNamed, kSpeaker, kOther };  // other: the one across from what was spoken of before
  Zone zone = Zone::kWhole;
  Kind kind = Kind::kNamed;
  bool except = false;  // everywhere but there

  bool is_speaker() const { return kind == Kind::kSpeaker; }
};

// A few zones in one breath: 主驾和副驾. Empty: none was said.
using ZoneMentions = std::vector<ZoneMention>;

struct Thing {
  ZoneMentions zones;
  std::uint32_t name = 0;  // id of Grammar::name
};

template <typename T>
struct Span {
  std::uint32_t end = 0;
  float cost = 0;
  T value{};
};

struct Amount {
  SpokenValue value;
  std::string_view unit;  // "degree" is open between temperature and angle
};

class Lattice {
 public:
  // Longest utterance that is looked at; what is longer belongs to the student or a large model.
  static constexpr std::size_t kCharactersMax = 400;

  // `by_ear`: words that only sound like what is written count too, at a cost.
  Lattice(const Grammar& grammar, const Normalised& text, bool by_ear);

  const Grammar& grammar() const { return grammar_; }
  const Normalised& normalised() const { return text_; }
  std::size_t size() const { return text_.text.size(); }
  char32_t at(std::size_t position) const { return text_.text[position]; }

  const std::vector<Span<Symbol>>& Symbols(std::size_t position) const { return cells_[position].symbols; }
  // Whether a word of that list may stand there (MayFollow, also for slots: there or after); "no" is certain.
  bool MayStand(std::size_t position, Symbol symbol) const { return (places_[symbol] >> position % 64 & 1) != 0; }
  bool MayFollow(std::size_t position, Symbol symbol) const {
    return size() > 64 ? places_[symbol] != 0 : position < 64 && places_[symbol] >> position != 0;
  }
  // Those of one symbol.
  std::span<const Span<Symbol>> SpansOf(std::size_t position, Symbol symbol) const;
  const std::vector<Span<std::uint32_t>>& Words(std::size_t position) const { return cells_[position].words; }
  const std::vector<Span<std::uint32_t>>& Conditions(std::size_t position) const { return cells_[position].conditions; }
  const std::vector<Span<std::uint32_t>>& Names(std::size_t position) const { return cells_[position].names; }
  // Ends of the small words (list `skip`) that stand at `position`.
  const std::vector<std::uint32_t>& SkipEnds(std::size_t position) const { return cells_[position].skips; }
  // Computed when first asked for.
  const std::vector<Span<Amount>>& Amounts(std::size_t position);
  const std::vector<Span<ZoneMentions>>& Zones(std::size_t position);
  const std::vector<Span<std::vector<Thing>>>& Things(std::size_t position);
  const std::vector<Span<double>>& Durations(std::size_t position);
  const std::vector<Span<When>>& Whens(std::size_t position);

  // `position` past one space.
  std::size_t SkipSpace(std::size_t position) const { return position < size() && at(position) == U' ' ? position + 1 : position; }
  // Ends reachable from `position` by at most `count` small words of list `skip`, position itself first.
  std::vector<std::size_t> AfterSkips(std::size_t position, int count) const;
  // End of a word of list `symbol` standing at `position`, or 0.
  std::size_t AfterSymbol(std::size_t position, Symbol symbol) const;

  Symbol skip() const { return skip_; }
  // A word of list `then` with two characters or more stands at `position`.
  bool HasThen(std::size_t position) const { return AfterSymbol(position, then_) >= position + 2; }

 private:
  struct Cell {
    std::vector<Span<Symbol>> symbols;  // by symbol, then end
    std::vector<std::uint32_t> skips;
    std::vector<Span<std::uint32_t>> names, zones, words, conditions;
    std::vector<Span<Amount>> amounts;
    std::vector<Span<ZoneMentions>> zone_lists;
    std::vector<Span<std::vector<Thing>>> things;
    std::vector<Span<double>> durations;
    std::vector<Span<When>> whens;
    bool has_amounts = false, has_zone_lists = false, has_things = false, has_durations = false, has_whens = false;
  };

  void Scan(std::size_t position);
  bool IsPartOfTime(std::size_t position, std::size_t end) const;
  void ScanByEar(std::size_t position);
  void Add(std::size_t position, std::uint32_t end, float cost, std::span<const std::uint32_t> items);
  void Items(std::size_t position, std::vector<Span<Thing>>& out);
  void ExceptZones(std::size_t position, std::vector<Span<ZoneMentions>>& out);
  void ExtendThings(std::size_t begin, std::vector<Thing>& sofar, std::size_t position, float cost);
  std::size_t AfterAnd(std::size_t position) const;

  const Grammar& grammar_;
  const Normalised& text_;
  std::vector<Cell> cells_;
  std::vector<Span<Symbol>> merged_;
  std::vector<std::uint64_t> places_;  // by symbol: a bit for each place where it may stand, modulo 64
  Symbol skip_, and_, then_, max_, min_, mid_, except_, besides_, rest_;
};

}  // namespace deepcabin::understanding
