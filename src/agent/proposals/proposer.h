#pragma once
// Watches signals and facts and says what the cockpit would propose now. It never acts: it hands out typed offers, and whoever gets one
// asks the person, sends the calls through the guarded actuator after a yes, and tells the answer here, from which it learns.

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/proposals/rulebook.h"
#include "base/clock.h"
#include "base/json.h"
#include "vehicle/broker.h"

namespace deepcabin::agent {

struct Proposal {
  std::string id;    // "proposal-7"
  std::string rule;  // its name
  Zone to = Zone::kRow1Left;
  std::string zh, en;
  std::vector<Call> calls;  // empty: it only tells
  bool unasked = false;     // do it now and say so: a listed safety reaction; no answer is waited for
  int priority = 0;
  Nanos made{0}, expires{0};
};
OrderedJson ProposalToJson(const Proposal& proposal, const Catalogue& catalogue);

enum class ProposalAnswer : std::uint8_t { kYes, kNo, kExpired };
enum class ProposalEvent : std::uint8_t {
  kMade,
  kExpired,    // nobody answered
  kWithdrawn,  // what it was about is over
};
using ProposalSink = std::function<void(const Proposal& proposal, ProposalEvent event)>;

struct ProposerOptions {
  std::size_t open_max = 3;                          // urgent ones at once; an ordinary one waits until none is open
  std::chrono::seconds gap{30};                      // between two ordinary ones
  int per_hour_max = 10;                             // ordinary ones
  std::optional<std::chrono::minutes> utc_offset{};  // of the local time; none: the system's
};

// Thread-safe. The sink is called without any lock, by the thread that called in.
class Proposer {
 public:
  // `rulebook` and `clock` outlive the proposer.
  Proposer(const Rulebook& rulebook, const Clock& clock, ProposalSink sink, ProposerOptions options = {});

  // The signals to subscribe to.
  std::vector<SignalId> signals() const;
  // Signals have new values: evaluates the rules that look at them, no others. What came at one moment is given together, so that nothing
  // is proposed about a state that never was.
  void OnSignals(std::span<const vehicle::Update> updates);
  // A fact has a new value, or is known no more. kNotFound: no rule file declares it; kInvalidArgument: of another type.
  Status SetFact(std::string_view name, const std::optional<Value>& value);
  // Nothing new is said while a turn is running, a call is on, or somebody speaks.
  void SetBusy(bool busy);
  // Times and expiry. Some times a second is plenty.
  void Tick();

  // kNotFound: not open (any more). A yes hands back the calls to send, as proposed (safety::Origin::kProposed, confirmed).
  Result<Proposal> Answer(std::string_view id, ProposalAnswer answer);
  // Highest priority first.
  std::vector<Proposal> Open() const;

  // What was learned, {"rule": {"yes":2,"no":1,"expired":0,"factor":2.0}}; and back. Rules that are gone are skipped.
  Json Learned() const;
  Status SetLearned(const Json& json);

  static constexpr double kFactorMax = 16;       // how many times longer a cooldown may become
  static constexpr double kFactorMaxUrgent = 2;  // of safety: nobody talks it out of that

 private:
  struct RuleState {
    explicit RuleState(const ProposalRule& of) : rule(&of), condition(of.condition) {}
    const ProposalRule* rule;
    ConditionState condition;
    bool holds = false, pending = false;
    Nanos next_allowed{0};
    std::deque<Nanos> made;  // in the last hour
    int yes = 0, no = 0, expired = 0;
    double factor = 1;
  };
  using Happened = std::vector<std::pair<Proposal, ProposalEvent>>;

  void SetInput(InputIndex input, const std::optional<Value>& value, Happened& happened);
  void Evaluate(RuleState& state, Nanos now, Happened& happened);
  void SetTime(Happened& happened);
  void Dispatch(Happened& happened);
  bool MayMake(RuleState& state, Nanos now);
  Proposal Make(RuleState& state, Nanos now);
  std::string Say(const SayText& text) const;
  void Learn(RuleState& state, ProposalAnswer answer);
  void Emit(const Happened& happened) const;

  const Rulebook& rulebook_;
  const Clock& clock_;
  const ProposalSink sink_;
  const ProposerOptions options_;
  mutable std::mutex mutex_;
  std::vector<InputValue> inputs_;
  std::vector<RuleState> states_;                         // in the rulebook's order
  std::vector<std::vector<std::size_t>> rules_of_input_;  // indices into states_
  std::unordered_map<SignalId, std::vector<InputIndex>> inputs_of_signal_;
  std::vector<Proposal> open_;
  std::deque<Nanos> made_;  // ordinary ones of the last hour
  std::size_t pending_ = 0;
  bool busy_ = false;
  int minute_ = -1;
  std::uint64_t next_id_ = 1;
};

}  // namespace deepcabin::agent
