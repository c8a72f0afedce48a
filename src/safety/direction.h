#pragma once
// What a value does to a thing: on or off, more or less, or hold still. Told from the actuator, the value it shall take and the value it
// has, never from the words that asked for it. Where it cannot be told, every possibility is named and the strictest counts.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "catalogue/catalogue.h"

namespace deepcabin::safety {

// On: switch on, open, lock, raise, start. Off: switch off, close, unlock, stop. Less: lower, but not down to off. Stop: a thing that
// travels stays where it is. The last three belong to services.
enum class Act : std::uint8_t { kOn, kOff, kLess, kStop, kSend, kSearch, kCall };
inline constexpr int kActCount = 7;
using ActSet = std::uint8_t;
constexpr ActSet Bit(Act act) { return static_cast<ActSet>(1u << static_cast<unsigned>(act)); }

// Signal values and word names whose direction the policy file states.
using WordActs = std::unordered_map<std::string, Act>;

// A capability's directions, worked out once.
struct Sense {
  bool is_number = false;
  bool travels = false;      // moves through space, so that "stop" means "stay"; elsewhere it means "off"
  bool reversed = false;     // more is the less careful side (policy: reversed)
  double off = 0, full = 1;  // numbers: the off end and the end opposite to it
  std::optional<Value> on_value, off_value;
};
Sense SenseOf(const Capability& capability, bool reversed);

// The acts that `op` with `target` can be; never empty. Signals are judged by target and current alone; services, and signals without a
// target, by the op. Thread-safe.
ActSet ActsOf(const Capability& capability, const Sense& sense, const WordActs& words, Op op, const std::optional<Value>& target,
              const std::optional<Value>& current);

// How far towards fully on (0..100) `target` goes; 100 where that is not known.
double ReachPercent(const Sense& sense, const std::optional<Value>& target);
// How far `target` is from `current`, in percent of the range; 100 where that is not known.
double StepPercent(const Capability& capability, const std::optional<Value>& target, const std::optional<Value>& current);

// True when `target` is a value this capability can take: type, range, word. Not a number, infinity and foreign words are not.
bool IsLegal(const Capability& capability, const Value& target);

}  // namespace deepcabin::safety
