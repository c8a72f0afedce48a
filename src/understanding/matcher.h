#pragma once
// Finds the cheapest way to read a whole utterance as a sequence of phrases, times, conditions and small words. What no phrase covers makes
// the reading incomplete: nothing is guessed from part of a sentence.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "understanding/lattice.h"

namespace deepcabin::understanding {

// What a phrase's slots hold.
struct Slots {
  std::vector<Thing> things;
  ZoneMentions zones;
  std::optional<Amount> value;
  std::optional<std::uint32_t> word;  // id of Grammar::word
  std::optional<double> duration_seconds;
  std::optional<When> when;
  std::uint32_t text_begin = 0, text_end = 0, to_begin = 0, to_end = 0;
};

// A call that a phrase means, zones still as said.
struct Draft {
  CapabilityId capability = kNoId;
  Op op = Op::kOn;
  ZoneMentions zones;
  SpokenValue value;
  std::string unit;
  std::string text, to;
  std::optional<double> for_seconds;
};

struct Clause {
  std::uint32_t begin = 0, end = 0;
  std::uint32_t phrase = 0;
  float cost = 0;
  Slots slots;
  std::vector<Draft> drafts;     // generic and capability phrases
  std::uint32_t rival = kNoId;   // another phrase that fits as well and means something else
  std::vector<Clause> fallback;  // of a dialogue phrase: what the same words mean when nothing said before suits it (one, or none)
};

struct Item {
  enum class Kind : std::uint8_t { kClause, kWhen, kDuration, kThen, kRepair, kStop, kFiller, kAside, kUnknown };
  Kind kind = Kind::kFiller;
  std::uint32_t begin = 0, end = 0;
  Clause clause;
  When when;
  double seconds = 0;
};

struct Reading {
  std::vector<Item> items;
  float cost = 0;
  std::size_t unknown_characters = 0;  // not covered by anything
  std::size_t aside_characters = 0;    // passed over: a remark beside a command
  bool has_command = false;            // a phrase that means calls, alone or after what was said before
  bool has_clause = false;             // any phrase
  bool complete() const { return unknown_characters == 0 && (aside_characters == 0 || has_clause); }
};

struct Hearing {
  bool in_dialogue = false;  // something was said before, so that a dialogue phrase may mean it
  bool by_ear = false;       // words that only sound like what is written count too: a recogniser may have misheard
};

Reading Match(const Grammar& grammar, const Normalised& text, const Hearing& hearing);

// What `phrase` with these slots means as calls; nothing when it does not fit (the capability cannot do the op, the value is no value of
// it). `cost` is raised for readings that are possible but less likely. Shared with the sampler, which asks the same question backwards.
std::optional<std::vector<Draft>> BuildDrafts(const Phrase& phrase, const Slots& slots, const Grammar& grammar, const Normalised& text,
                                              float& cost);

// How well a spoken value suits a capability: a cost (0 = well, more = outside its range), or nothing when it cannot be meant.
std::optional<float> ValueFits(const Capability& capability, const Amount& amount);

// The op that `asked` becomes for a capability (打开 a window is open, a seat heater on), or nothing.
std::optional<Op> OpFor(const Capability& capability, Op asked, bool has_value);

}  // namespace deepcabin::understanding
