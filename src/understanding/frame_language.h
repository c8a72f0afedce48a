#pragma once
// The language that the student writes: a frame as a short row of symbols, and back.
//
//   <window><@row1.right><!set><3><0><%percent><:after><1><0><%min>        open the passenger's window by 30 percent in ten minutes
//   <media.music><!play><:text>周杰伦                                       text is copied from what was said
//   <?chat>                                                                 an escalation stands alone
//
// A place stands there only when it was spoken; the speaker's own is filled in afterwards. What was said comes after what was known when it
// was said: <@row1.left><window><!open><:value><window><!increase><:said>再开大点 (who speaks, the calls of the turn before, how and as
// what the phrasebook reads it).

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "catalogue/call.h"
#include "understanding/context.h"
#include "understanding/grammar.h"

namespace deepcabin::understanding {

// A symbol, or a stretch of copied text.
struct FramePart {
  bool is_symbol = true;
  std::string text;
  bool operator==(const FramePart&) const = default;
};
using FrameParts = std::vector<FramePart>;
std::string ToText(const FrameParts& parts);

// The numbers that a capability takes in one unit.
struct NumberRange {
  std::string unit;
  double low = 0, high = 0;
  bool fractions = false;
};

// What may be said of one capability with one op.
struct OpRules {
  std::vector<std::string> words;
  std::vector<NumberRange> numbers;
  bool free_value = false;   // any text as the value
  bool needs_value = false;  // means nothing without one
};

// Immutable; every const member is thread-safe.
class FrameLanguage {
 public:
  static constexpr int kCallsMax = 6;
  static constexpr int kDigitsMax = 5;    // before the point
  static constexpr int kDecimalsMax = 2;  // after it
  static constexpr std::string_view kSaid = "<:said>";

  // `catalogue` outlives it. The conditions are those that the phrasebook has names for.
  FrameLanguage(const Catalogue& catalogue, std::vector<NamedCondition> conditions);

  // All symbols, each once, in an order that depends on nothing but catalogue and conditions.
  std::vector<std::string> Symbols() const;

  // kInvalidArgument: the language cannot say it, e.g. a text that was not spoken; kOutOfRange: a number too
  // large, a day too far away. `source`: what
  // was said, normalised.
  Result<FrameParts> Encode(const Frame& frame, std::string_view source) const;
  // The place of a call whose place was not spoken stays kWhole. kInvalidArgument: not a sentence of the language.
  Result<Frame> Decode(const FrameParts& parts) const;
  // What stands before the words: the speaker, the calls of the turn before and what the phrasebook makes of the words (texts and times of
  // it are only marked), as short as can be; ends with kSaid.
  FrameParts Introduction(Zone speaker, const std::vector<Call>& last_calls, ReadAs how, const Frame& read) const;

  const Catalogue& catalogue() const { return catalogue_; }
  const std::vector<NamedCondition>& conditions() const { return conditions_; }
  // The places where it makes sense to say the capability is, groups among them.
  std::vector<Zone> PlacesFor(const Capability& capability) const;
  const OpRules& RulesFor(const Capability& capability, Op op) const;

  static std::string CapabilitySymbol(const Capability& c) { return "<" + c.name + ">"; }
  static std::string ZoneSymbol(Zone zone);
  static std::string OpSymbol(Op op);
  static std::string WordSymbol(std::string_view word);
  static std::string UnitSymbol(std::string_view unit);
  static std::string EscalationSymbol(Escalation escalation);
  static std::string ConditionSymbol(const NamedCondition& condition) { return "<&" + condition.name + ">"; }
  static std::span<const std::string_view> DaySymbols();
  static std::span<const std::string_view> RepeatSymbols();

 private:
  class Writer;
  class Reader;
  static OpRules MakeRules(const Capability& capability, Op op);

  const Catalogue& catalogue_;
  std::vector<NamedCondition> conditions_;
  std::map<std::string, CapabilityId, std::less<>> capability_of_;
  std::map<std::string, Zone, std::less<>> zone_of_;
  std::map<std::string, Op, std::less<>> op_of_;
  std::unordered_map<std::uint32_t, OpRules> rules_;  // capability * kOpCount + op
};

}  // namespace deepcabin::understanding
