#pragma once
// A day of driving from a file, replayed on simulated time: what would the cockpit have said, and was it what a sensible person expects?

#include <map>
#include <string>
#include <vector>

#include "agent/proposals/proposer.h"
#include "base/yaml.h"
#include "safety/guard.h"

namespace deepcabin::cli {

inline constexpr std::size_t kDayBytesMax = 256 * 1024;

// Seconds since midnight.
struct DayStep {
  int at = 0;
  std::string scenario;  // of the simulator; selected before what is set
  std::vector<std::pair<SignalId, Value>> signals;
  std::vector<std::pair<std::string, std::optional<Value>>> facts;
};

// One of `say` should (or, in `never`, must not) be said between `from` and `to`.
struct Label {
  std::vector<std::string> say;
  int from = 0, to = 24 * 3600;
  int most = 1;  // times that are right
  int said = 0;
};

struct Day {
  std::string name;
  int weekday = 2;  // 0 = Sunday
  std::vector<DayStep> steps;
  std::vector<Label> expect, never;
  std::map<std::string, std::string, std::less<>> answers;  // rule, or "default" → yes, no, ignore

  // kInvalidArgument "file:line: reason".
  static Result<Day> Parse(const std::string& file, const std::string& text, const agent::Rulebook& book);
};

struct Said {
  int at = 0;
  agent::Proposal proposal;
  std::string outcome;  // what became of it: "yes: done", "no", "ignored", "withdrawn", "unasked: done"
  std::string verdict;  // "right", "not expected", "must not"
};

struct DayScore {
  std::vector<Said> said;
  std::vector<Label> missed;
  int right = 0, must_not = 0, met = 0, expected = 0;

  double precision() const { return said.empty() ? 1 : static_cast<double>(right) / static_cast<double>(said.size()); }
  double recall() const { return expected == 0 ? 1 : static_cast<double>(met) / expected; }
};

// Replays and scores. Deterministic.
Result<DayScore> ReplayDay(const Day& day, const agent::Rulebook& book, const safety::Guard& guard);

}  // namespace deepcabin::cli
