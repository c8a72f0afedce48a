#pragma once
// The proposals a cockpit knows: loaded once from proposals/*.yaml (docs/proposals.md is the format), checked against the catalogue,
// immutable after that.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/proposals/condition.h"
#include "base/result.h"
#include "catalogue/call.h"

namespace deepcabin::agent {

inline constexpr std::size_t kProposalRulesMax = 500;
inline constexpr std::size_t kProposalCallsMax = 8;
inline constexpr std::size_t kSayCharactersMaxZh = 40;  // eight seconds of speech
inline constexpr std::size_t kSayCharactersMaxEn = 120;
inline constexpr int kUrgentPriority = 80;  // from here on a proposal is about safety: no quiet hours, no hourly maximum of all

// "{alias}" or "{alias/1000}" in what is said: the value of an input at that moment.
struct SayPart {
  std::string text;  // before the value
  InputIndex input = kNoInput;
  double divisor = 1;
};
using SayText = std::vector<SayPart>;

struct ProposalRule {
  std::string name;
  std::string where;  // "comfort.yaml:12"
  std::string when;   // as written
  RuleCondition condition;
  std::vector<InputIndex> inputs;  // what the condition looks at, each once
  SayText zh, en;
  std::vector<Call> calls;                            // on yes; at once when `unasked`
  std::vector<std::optional<InputIndex>> value_from;  // per call: the value is this fact's, where it is known
  Zone to = Zone::kRow1Left;                          // who is asked
  bool unasked = false;                               // a listed safety reaction: acts, and says so
  bool again = false;                                 // comes back after the cooldown while the condition still holds
  int priority = 50;                                  // 0..100
  Nanos cooldown{std::chrono::minutes(30)};           // after it was made
  Nanos expires{std::chrono::seconds(20)};            // how long a yes counts
  int per_hour = 2;
  std::optional<std::pair<int, int>> quiet{{1350, 390}};  // minutes of the day; by default 22:30 to 06:30
};

class Rulebook {
 public:
  // kInvalidArgument "file:line: reason" for a broken rule, an unknown signal, a call that the catalogue lacks. kNotFound: no file.
  static Result<Rulebook> Load(const std::filesystem::path& directory, const Catalogue& catalogue);
  // The same from memory: file name → text. `catalogue` must outlive the rulebook.
  static Result<Rulebook> Parse(const std::map<std::string, std::string>& files, const Catalogue& catalogue);

  const std::vector<ProposalRule>& rules() const { return rules_; }  // highest priority first
  const ConditionNames& names() const { return names_; }
  const std::vector<ProposalInput>& inputs() const { return names_.inputs; }
  const Catalogue& catalogue() const { return *catalogue_; }
  const ProposalRule* Find(std::string_view name) const;

 private:
  friend class RulebookReader;
  std::vector<ProposalRule> rules_;
  ConditionNames names_;
  const Catalogue* catalogue_ = nullptr;
};

}  // namespace deepcabin::agent
