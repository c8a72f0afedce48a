#pragma once
// Conditions of proposal rules: what is written ("raining for 5s and any windows > 5") and what it compiles to, a flat list of nodes that
// is evaluated from front to back. Values are three-valued: what rests on a signal that was never reported is unknown, and an unknown
// condition does not hold.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalogue/catalogue.h"

namespace deepcabin::agent {

inline constexpr std::size_t kConditionNodesMax = 96;
inline constexpr int kConditionDepthMax = 16;  // brackets and definitions inside one another

// Something a condition looks at: a signal, or a fact that the owner of the proposals tells (place, charger ahead, what memory holds).
struct ProposalInput {
  std::string name;
  SignalId signal = kNoId;             // kNoId: a fact
  DataType type = DataType::kBoolean;  // facts: kBoolean, kDouble or kString
};

using InputIndex = std::uint16_t;
inline constexpr InputIndex kNoInput = 0xFFFF;
// Every rulebook has these two first; the engine keeps them.
inline constexpr InputIndex kTimeInput = 0;     // minutes since local midnight
inline constexpr InputIndex kWorkdayInput = 1;  // Monday to Friday

enum class NodeKind : std::uint8_t { kCompare, kTimeBetween, kAnd, kOr, kNot, kFor, kWithin };
enum class Comparison : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };

struct ConditionNode {
  NodeKind kind = NodeKind::kCompare;
  // kCompare: `input` (minus `minus`) against `number` or `text`. With `until`, once true it stays so until `until` is crossed.
  InputIndex input = kNoInput, minus = kNoInput;
  Comparison comparison = Comparison::kEqual;
  bool is_text = false;
  double number = 0;
  std::optional<double> until;
  std::string text;
  // kTimeBetween: minutes of the day; `from` > `to` goes over midnight.
  int from = 0, to = 0;
  // Operands; they stand before this node.
  std::uint16_t left = 0, right = 0;
  // kFor: true since that long. kWithin: true at some time in the last so long.
  Nanos duration{0};
};

using RuleCondition = std::vector<ConditionNode>;  // the last node is the whole

// What names in a condition mean.
struct ConditionNames {
  std::vector<ProposalInput> inputs;
  std::map<std::string, InputIndex, std::less<>> by_name;
  std::map<std::string, std::vector<InputIndex>, std::less<>> groups;
  std::map<std::string, std::string, std::less<>> definitions;  // name → condition
};

// kInvalidArgument with the place in the text.
Result<RuleCondition> ParseCondition(std::string_view text, const ConditionNames& names, const Catalogue& catalogue);
// "90s" "20min" "2h". kInvalidArgument otherwise.
Result<Nanos> ParseDuration(std::string_view text);
// "07:30" as minutes of the day.
std::optional<int> ParseMinutes(std::string_view text);

// The present value of an input.
struct InputValue {
  bool known = false, is_text = false;
  double number = 0;
  std::string text;
};

// Evaluates one condition; keeps what hysteresis and times need. Not thread-safe.
class ConditionState {
 public:
  explicit ConditionState(const RuleCondition& nodes) : nodes_(&nodes), states_(nodes.size()) {}
  bool Evaluate(const std::vector<InputValue>& inputs, Nanos now);
  // When the result may change though no input does; Nanos::max() for never.
  Nanos wake() const { return wake_; }

 private:
  enum Three : std::uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };
  struct State {
    Three value = kUnknown;
    Nanos since{0}, last_true{-1};
  };
  Three Compare(const ConditionNode& node, const State& before, const std::vector<InputValue>& inputs) const;
  Three Timed(const ConditionNode& node, State& state, Nanos now);

  const RuleCondition* nodes_;
  std::vector<State> states_;
  Nanos wake_{Nanos::max()};
};

}  // namespace deepcabin::agent
