#include "agent/proposals/condition.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::agent {
namespace {

// Thrown inside this file only, caught in ParseCondition.
struct Wrong {
  std::string message;
};

std::optional<double> ParseNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

bool IsComparison(std::string_view token) {
  return token == "<" || token == "<=" || token == ">" || token == ">=" || token == "=" || token == "!=";
}

Comparison ComparisonOf(std::string_view token) {
  if (token == "<") return Comparison::kLess;
  if (token == "<=") return Comparison::kLessEqual;
  if (token == ">") return Comparison::kGreater;
  if (token == ">=") return Comparison::kGreaterEqual;
  return token == "=" ? Comparison::kEqual : Comparison::kNotEqual;
}

std::vector<std::string_view> Tokens(std::string_view text) {
  std::vector<std::string_view> tokens;
  const auto is_space = [](char c) { return c == ' ' || c == '\n'; };
  for (std::size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    if (text[i] == '<' || text[i] == '>' || text[i] == '!' || text[i] == '=') {
      if (end < text.size() && text[end] == '=') ++end;
    } else if (text[i] != '(' && text[i] != ')') {
      while (end < text.size() && !is_space(text[end]) && std::string_view("()<>=!").find(text[end]) == std::string_view::npos) ++end;
    }
    tokens.push_back(text.substr(i, end - i));
    i = end;
  }
  return tokens;
}

}  // namespace

// or-terms of and-terms of factors; a factor may carry "for 5s" or "within 10min".
class ConditionParser {
 public:
  ConditionParser(const ConditionNames& names, const Catalogue& catalogue) : names_(names), catalogue_(catalogue) {}

  std::uint16_t Parse(std::string_view text, int depth) {
    if (depth > kConditionDepthMax) throw Wrong{fmt::format("more than {} levels", kConditionDepthMax)};
    const auto outer_tokens = std::move(tokens_);
    const std::size_t outer_at = at_;
    tokens_ = Tokens(text);
    at_ = 0;
    const std::uint16_t node = Or(depth);
    if (at_ < tokens_.size()) throw Wrong{fmt::format("`{}` is not expected here", tokens_[at_])};
    tokens_ = outer_tokens;
    at_ = outer_at;
    return node;
  }
  RuleCondition Take() && { return std::move(nodes_); }

 private:
  std::string_view Peek() const { return at_ < tokens_.size() ? tokens_[at_] : std::string_view(); }
  std::string_view Next(std::string_view wanted) {
    if (at_ >= tokens_.size()) throw Wrong{fmt::format("the end, where {} is expected", wanted)};
    return tokens_[at_++];
  }
  bool Skip(std::string_view token) {
    if (Peek() != token) return false;
    ++at_;
    return true;
  }
  std::uint16_t Add(ConditionNode node) {
    if (nodes_.size() >= kConditionNodesMax) throw Wrong{fmt::format("more than {} parts", kConditionNodesMax)};
    nodes_.push_back(std::move(node));
    return static_cast<std::uint16_t>(nodes_.size() - 1);
  }
  std::uint16_t Join(NodeKind kind, std::uint16_t left, std::uint16_t right) {
    ConditionNode node;
    node.kind = kind;
    node.left = left;
    node.right = right;
    return Add(std::move(node));
  }

  std::uint16_t Or(int depth) {
    std::uint16_t left = And(depth);
    while (Skip("or")) left = Join(NodeKind::kOr, left, And(depth));
    return left;
  }
  std::uint16_t And(int depth) {
    std::uint16_t left = Factor(depth);
    while (Skip("and")) left = Join(NodeKind::kAnd, left, Factor(depth));
    return left;
  }
  std::uint16_t Factor(int depth) {
    if (depth > kConditionDepthMax) throw Wrong{fmt::format("more than {} levels", kConditionDepthMax)};
    if (Skip("not")) {
      const std::uint16_t inner = Factor(depth + 1);
      return Join(NodeKind::kNot, inner, inner);
    }
    std::uint16_t node = 0;
    if (Skip("(")) {
      node = Or(depth + 1);
      if (Next("`)`") != ")") throw Wrong{"a bracket is not closed"};
    } else {
      node = Atom(depth);
    }
    for (std::string_view word = Peek(); word == "for" || word == "within"; word = Peek()) {
      ++at_;
      const auto duration = ParseDuration(Next("a duration"));
      if (!duration) throw Wrong{duration.error().message};
      ConditionNode timed;
      timed.kind = word == "for" ? NodeKind::kFor : NodeKind::kWithin;
      timed.left = node;
      timed.duration = *duration;
      node = Add(std::move(timed));
    }
    return node;
  }

  std::uint16_t Atom(int depth) {
    const std::string_view name = Next("a name");
    if (name == "time") return TimeBetween();
    if (name == "any" || name == "all") {
      const std::string_view group = Next("a group");
      const auto it = names_.groups.find(group);
      if (it == names_.groups.end()) throw Wrong{fmt::format("`{}` is no group", group)};
      const std::size_t start = at_;
      std::optional<std::uint16_t> joined;
      for (const InputIndex input : it->second) {
        at_ = start;
        const std::uint16_t one = Compare(input);
        joined = joined ? Join(name == "any" ? NodeKind::kOr : NodeKind::kAnd, *joined, one) : one;
      }
      return *joined;
    }
    if (const auto it = names_.definitions.find(name); it != names_.definitions.end()) return Parse(it->second, depth + 1);
    return Compare(Input(name));
  }

  InputIndex Input(std::string_view name) const {
    const auto it = names_.by_name.find(name);
    if (it == names_.by_name.end()) throw Wrong{fmt::format("`{}` is no input, fact or definition", name)};
    return it->second;
  }

  std::uint16_t TimeBetween() {
    const std::string_view range = Next("a time");
    const auto dash = range.find('-');
    const auto from = ParseMinutes(range.substr(0, dash));
    const auto to = dash == std::string_view::npos ? std::nullopt : ParseMinutes(range.substr(dash + 1));
    if (!from || !to) throw Wrong{fmt::format("`{}` is not like 07:30-09:00", range)};
    ConditionNode node;
    node.kind = NodeKind::kTimeBetween;
    node.input = kTimeInput;
    node.from = *from;
    node.to = *to;
    return Add(std::move(node));
  }

  std::uint16_t Compare(InputIndex input) {
    ConditionNode node;
    node.input = input;
    const ProposalInput& left = names_.inputs[input];
    if (Skip("-")) {
      node.minus = Input(Next("a name"));
      if (!IsNumeric(left.type) || !IsNumeric(names_.inputs[node.minus].type))
        throw Wrong{fmt::format("`{}`: only numbers differ", left.name)};
    }
    if (!IsComparison(Peek())) {
      if (left.type != DataType::kBoolean) throw Wrong{fmt::format("`{}` is not yes or no: compare it with something", left.name)};
      node.number = 1;
      return Add(std::move(node));
    }
    node.comparison = ComparisonOf(Next("a comparison"));
    const std::string_view value = Next("a value");
    if (left.type == DataType::kString) {
      CompareText(node, left, value);
      return Add(std::move(node));
    }
    const auto number = ParseNumber(value);
    if (!number || left.type == DataType::kBoolean) throw Wrong{fmt::format("`{}` cannot be compared with `{}`", left.name, value)};
    node.number = *number;
    if (Skip("until")) node.until = Until(node, Next("a number"));
    return Add(std::move(node));
  }

  void CompareText(ConditionNode& node, const ProposalInput& left, std::string_view value) const {
    if (node.comparison != Comparison::kEqual && node.comparison != Comparison::kNotEqual) throw Wrong{"text is only = or !="};
    node.is_text = true;
    node.text = std::string(value);
    if (left.signal == kNoId) return;
    const auto& allowed = catalogue_.signal(left.signal).allowed;
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      throw Wrong{fmt::format("`{}` is never `{}`", left.name, value)};
    }
  }

  static double Until(const ConditionNode& node, std::string_view text) {
    const auto number = ParseNumber(text);
    const bool above = node.comparison == Comparison::kGreater || node.comparison == Comparison::kGreaterEqual;
    const bool below = node.comparison == Comparison::kLess || node.comparison == Comparison::kLessEqual;
    if (!number || (above && *number > node.number) || (below && *number < node.number) || (!above && !below)) {
      throw Wrong{fmt::format("`until {}` does not lie on the other side", text)};
    }
    return *number;
  }

  const ConditionNames& names_;
  const Catalogue& catalogue_;
  std::vector<std::string_view> tokens_;
  std::size_t at_ = 0;
  RuleCondition nodes_;
};

Result<RuleCondition> ParseCondition(std::string_view text, const ConditionNames& names, const Catalogue& catalogue) {
  ConditionParser parser(names, catalogue);
  try {
    parser.Parse(text, 0);
  } catch (const Wrong& wrong) {
    return InvalidArgument(wrong.message);
  }
  return std::move(parser).Take();
}

Result<Nanos> ParseDuration(std::string_view text) {
  const std::size_t letters = text.find_first_of("smh");
  const auto number = ParseNumber(text.substr(0, letters));
  const std::string_view unit = letters == std::string_view::npos ? std::string_view() : text.substr(letters);
  const double seconds = unit == "s" ? 1 : unit == "min" ? 60 : unit == "h" ? 3600 : 0;
  constexpr double kHoursMax = 24 * 31;
  if (!number || seconds == 0 || *number < 0 || *number * seconds > kHoursMax * 3600) {
    return InvalidArgument(fmt::format("`{}` is no duration like 5s, 20min, 2h of at most {} h", text, kHoursMax));
  }
  return std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(*number * seconds));
}

std::optional<int> ParseMinutes(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0, 1, 3, 4}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0'), minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (hour > 24 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

ConditionState::Three ConditionState::Compare(const ConditionNode& node, const State& before, const std::vector<InputValue>& inputs) const {
  const InputValue& input = inputs[node.input];
  if (!input.known) return kUnknown;
  const auto three = [](bool is) { return is ? kTrue : kFalse; };
  if (node.kind == NodeKind::kTimeBetween) {
    const int now = static_cast<int>(input.number);
    return three(node.from <= node.to ? now >= node.from && now < node.to : now >= node.from || now < node.to);
  }
  if (node.is_text) return three((input.text == node.text) == (node.comparison == Comparison::kEqual));
  double value = input.number;
  if (node.minus != kNoInput) {
    if (!inputs[node.minus].known) return kUnknown;
    value -= inputs[node.minus].number;
  }
  const double limit = before.value == kTrue && node.until ? *node.until : node.number;
  switch (node.comparison) {
    case Comparison::kLess: return three(value < limit);
    case Comparison::kLessEqual: return three(value <= limit);
    case Comparison::kGreater: return three(value > limit);
    case Comparison::kGreaterEqual: return three(value >= limit);
    case Comparison::kEqual: return three(value == limit);
    case Comparison::kNotEqual: return three(value != limit);
  }
  return kUnknown;
}

ConditionState::Three ConditionState::Timed(const ConditionNode& node, State& state, Nanos now) {
  const State& child = states_[node.left];
  if (node.kind == NodeKind::kFor) {
    if (child.value != kTrue) return child.value;
    if (now - child.since >= node.duration) return kTrue;
    wake_ = std::min(wake_, child.since + node.duration);
    return kFalse;
  }
  if (child.value == kTrue) state.last_true = Nanos::max();
  else if (state.last_true == Nanos::max()) state.last_true = now;  // it has just ended
  if (child.value == kTrue) return kTrue;
  if (state.last_true.count() < 0 || now - state.last_true >= node.duration) return child.value;
  wake_ = std::min(wake_, state.last_true + node.duration);
  return kTrue;
}

bool ConditionState::Evaluate(const std::vector<InputValue>& inputs, Nanos now) {
  wake_ = Nanos::max();
  for (std::size_t i = 0; i < nodes_->size(); ++i) {
    const ConditionNode& node = (*nodes_)[i];
    State& state = states_[i];
    const Three left = states_[node.left].value, right = states_[node.right].value;
    Three value = kUnknown;
    switch (node.kind) {
      case NodeKind::kCompare:
      case NodeKind::kTimeBetween: value = Compare(node, state, inputs); break;
      case NodeKind::kAnd: value = std::min(left, right); break;
      case NodeKind::kOr: value = std::max(left, right); break;
      case NodeKind::kNot: value = static_cast<Three>(kTrue - left); break;
      case NodeKind::kFor:
      case NodeKind::kWithin: value = Timed(node, state, now); break;
    }
    if (value != state.value) {
      state.value = value;
      state.since = now;
    }
  }
  return states_.back().value == kTrue;
}

}  // namespace deepcabin::agent
