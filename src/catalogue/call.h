#pragma once
// Call and frame: the one form that the command line, the API, tests and training data share (design: "what an utterance means").

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "catalogue/catalogue.h"

namespace deepcabin {

// A spoken value: a number (with the call's unit), or a word: an enum word of the capability, "max", "min", "mid", a colour …
using SpokenValue = std::variant<std::monostate, double, std::string>;

// A comparison on a signal or capability: {"signal"|"capability", "zone", "comparison": "<" "<=" ">" ">=" "==" "!=", "value"} or free text.
struct Condition {
  std::string signal;      // VSS path, or empty
  std::string capability;  // or a capability
  Zone zone = Zone::kWhole;
  std::string comparison;
  SpokenValue value;
  std::string text;  // the words, always kept
};

enum class WhenKind : std::uint8_t { kIf, kOnce, kAt, kAfter, kBeforeArrival };

struct When {
  WhenKind kind = WhenKind::kAfter;
  double seconds = 0;             // kAfter, kBeforeArrival
  std::string time, day, repeat;  // kAt: "07:30", "today" "tomorrow" "monday" …, "daily" "weekday" "weekend" …
  Condition condition;            // kIf, kOnce
};

struct Call {
  CapabilityId capability = kNoId;
  Zone zone = Zone::kWhole;  // as resolved for this speaker; may be a group; kWhole where there is nothing to tell apart
  bool zone_spoken = false;  // the speaker named it
  Op op = Op::kSet;
  SpokenValue value;
  std::string unit;  // "level" "percent" "C" "F" "kmh" "mph" "cm" "s" "min" …
  std::string text, to;
  std::optional<double> for_seconds;
  std::optional<When> when;
};

enum class Escalation : std::uint8_t { kNone, kAnswer, kChat, kCreate, kClarify, kPlan, kRefuse, kCancel };
std::string_view EscalationName(Escalation escalation);  // "" for kNone
std::optional<Escalation> ParseEscalation(std::string_view name);

struct Frame {
  std::vector<Call> calls;
  Escalation escalation = Escalation::kNone;
  double confidence = 0;  // 0..1
  std::string route;      // "phrasebook", "student", "endpoint:<name>", "none"
  std::string reasoning;  // for people: which phrases and needs were recognised
  std::string topic;      // clarify/refuse: what about
};

OrderedJson CallToJson(const Call& call, const Catalogue& catalogue);
OrderedJson FrameToJson(const Frame& frame, const Catalogue& catalogue);
// Strict: unknown capability, zone, op, field or type is kInvalidArgument.
Result<Call> CallFromJson(const Json& json, const Catalogue& catalogue);

// What to write: the signal value that `op`/`value`/`unit` mean for this capability, given the present value (for steps and toggles).
// kInvalidArgument: the op or value is not one this capability can do; kOutOfRange: beyond its limits (absolute values are refused,
// relative steps stop at the limit). kFailedPrecondition: a step without a known present value.
Result<Value> TargetValue(const Capability& capability, Op op, const SpokenValue& value, std::string_view unit,
                          const std::optional<Value>& current);

// A signal value in the words people use for this capability: level, percent, degrees, enum word, on/off. For replies.
std::string DescribeValue(const Capability& capability, const Value& value, Language language);

}  // namespace deepcabin
