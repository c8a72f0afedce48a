#pragma once
// The policy as data: rules read from policy/*.yaml and made ready for one catalogue. docs/safety.md says what each key of the file means.

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalogue/catalogue.h"
#include "safety/direction.h"
#include "safety/guard.h"

namespace deepcabin::safety {

// Who speaks, seen from the thing: the driver; a passenger about the own seat's thing, the whole car's, another seat's; nobody knows.
enum class Speaker : std::uint8_t { kDriver, kOwn, kShared, kOther, kUnknown };
enum class Place : std::uint8_t { kDriver, kFrontPassenger, kRear, kWhole };

// Yes-or-no facts that a rule may ask for, one bit each.
enum class Fact : std::uint8_t { kChild, kChildHere, kRaining, kDark, kWindowLock, kAntiPinch, kPowerOn, kCrashed, kCruiseActive, kKnown };
using FactSet = std::uint16_t;
constexpr FactSet Bit(Fact fact) { return static_cast<FactSet>(1u << static_cast<unsigned>(fact)); }

inline constexpr std::uint8_t kAny = 0xFF;
inline constexpr double kInfinite = std::numeric_limits<double>::infinity();
inline constexpr std::size_t kLimitsMax = 8;

// A half-open or closed range of numbers: more than `over`, at most `upto`.
struct Band {
  double over = -kInfinite, upto = kInfinite;
  bool Has(double number) const { return number > over && number <= upto; }
};

struct Rule {
  std::string id;
  std::string where;  // "actions.yaml:12"
  DecisionKind then = DecisionKind::kDeny;
  Reason why;
  bool by_driver = false;  // only the driver's yes counts
  bool safe = false;       // a safe direction: generous rate limits
  bool is_broad = false;   // for every class; makes things stricter, but permits nothing by itself
  std::uint8_t acts = kAny, motions = kAny, speakers = kAny, places = kAny, origins = kAny;
  FactSet facts_asked = 0, facts_wanted = 0;
  std::uint8_t within = 0, beyond = 0;  // bit per limit
  Band kmh, reach, step;
  std::vector<std::string> words;  // the value is one of these words of the capability
};

// One capability's range in one named limit.
struct CapabilityLimit {
  bool listed = false;
  double min = -kInfinite, max = kInfinite;
};
struct Limit {
  std::string name;
  bool unlisted_within = false;
  std::vector<CapabilityLimit> by_capability;
  bool Within(CapabilityId capability, const std::optional<Value>& target) const;
};

struct PolicyTable {
  std::vector<Rule> rules;                                // in file order
  std::vector<std::vector<std::uint16_t>> by_capability;  // the rules that can apply to it, in file order
  std::vector<Sense> senses;                              // by capability
  std::vector<Limit> limits;
  WordActs words;
  std::vector<std::string> unmatched;  // capability names in the file that the catalogue does not have
  std::string hash;
};

// kInvalidArgument "file:line: reason": bad syntax, unknown key or word, two rules of one name, a class without a rule.
Result<PolicyTable> ParsePolicy(const std::map<std::string, std::string>& files, const Catalogue& catalogue);

}  // namespace deepcabin::safety
