#pragma once
// The slow path of a turn: a conversation with a large model, with tools, in bounded rounds. The model proposes; whatever it wants done
// becomes a call that the turn carries out like any other, by way of the guard. It never learns that a thing is done but from a receipt.

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/cockpit.h"
#include "agent/executor.h"
#include "agent/retrieval.h"
#include "llm/chat.h"

namespace deepcabin::agent {

inline constexpr int kRoundsMax = 4;                             // exchanges with the model in one turn; the last has no tools
inline constexpr std::size_t kToolCallsMax = 8;                  // in one turn, of all tools
inline constexpr std::size_t kToolArgumentsBytesMax = 8u << 10;  // of one call
inline constexpr std::size_t kToolResultBytesMax = 8u << 10;     // of one call
inline constexpr std::size_t kReasoningBytesMax = 32u << 10;     // kept of one turn
inline constexpr std::size_t kCardsCount = 20;                   // capabilities shown
inline constexpr std::chrono::seconds kThinkingTimeMax{45};      // for all rounds together
inline constexpr int kWorkTriesMax = 3;                          // of a work that is checked
inline constexpr std::size_t kHistoryTurnsMax = 12;              // of a session; then the older half goes at once, so that
inline constexpr std::size_t kHistoryTextBytesMax = 2048;        // the beginning of what is sent rarely changes

// A turn of the session before this one.
struct PastTurn {
  std::string said, answered;
  bool is_tainted = false;  // text from outside was in it, or in what it went back to
};

// Carries a call out; the turn does.
class CallCarrier {
 public:
  virtual ~CallCarrier() = default;
  virtual Execution Carry(const Call& call, safety::Origin origin) = 0;
  // What is said of it, made of what was read back.
  virtual std::string Tell(const Execution& execution) = 0;
};

struct SlowTurn {
  std::string session, turn, text;
  Language language = Language::kChinese;
  Zone speaker = Zone::kRow1Left;
  Escalation kind = Escalation::kAnswer;  // what kind of help the fast path thinks is wanted
  std::vector<CapabilityId> hints, recent;
  std::deque<PastTurn> history;
  std::string rules;  // of a strict form that is wanted, told with the wish
  // What is wrong with what was written, a sentence each; null: it is not checked.
  std::function<std::vector<std::string>(std::string_view written)> check;
};

struct SlowAnswer {
  std::string reply;      // fit to be said
  std::string written;    // all of it, for the history
  std::string reasoning;  // for the page only
  std::string endpoint;   // who answered; "" = nobody
  double endpoint_ms = 0;
  bool was_cancelled = false, is_tainted = false;
};

class SlowPath {
 public:
  // All outlive it. The index of capabilities is built beside, so that the cockpit is ready at once.
  SlowPath(const Cockpit::Parts& parts, const EventSink& sink);

  // Blocks until there is an answer, which there always is. Thread-safe.
  SlowAnswer Run(const SlowTurn& turn, CallCarrier& carrier, const std::stop_token& stop) const;

 private:
  class Conversation;
  const Cockpit::Parts& parts_;
  const EventSink& sink_;
  std::vector<llm::Tool> tools_;
  std::shared_future<std::shared_ptr<const Retrieval>> retrieval_;
};

}  // namespace deepcabin::agent
