#pragma once
// The turn: text → frame → guard → vehicle → receipts → reply. One Cockpit per car; sessions inside it, each with its own dialogue.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/outside_tool.h"
#include "agent/turn_request.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "catalogue/call.h"
#include "catalogue/catalogue.h"
#include "safety/guarded_actuator.h"
#include "understanding/understander.h"
#include "vehicle/broker.h"

namespace deepcabin::llm {
class ChatModel;
}

namespace deepcabin::agent {

class Pictures;
class Proposer;
struct Proposal;
class ServiceDesk;

enum class Outcome : std::uint8_t { kDone, kConfirm, kDenied, kFailed, kScheduled };
std::string_view OutcomeName(Outcome outcome);

struct CallResult {
  Call call;
  Outcome outcome = Outcome::kFailed;
  std::string reason;                   // for people, in the turn's language
  std::string rule;                     // the guard's rule id, when it decided
  std::vector<std::string> interfaces;  // what was addressed
  OrderedJson card{};                   // what a service has to show (service.h), or null
};

struct StageTimes {
  double normalise_ms = 0, phrasebook_ms = 0, student_ms = 0, endpoint_ms = 0, guard_ms = 0, vehicle_ms = 0, total_ms = 0;
};

struct TurnResult {
  std::string session, turn;  // turn ids count up within a session: "default-3"
  std::string text;
  Language language = Language::kChinese;
  Frame frame;
  std::vector<CallResult> results;  // one per frame.calls, in order
  std::string reply, reasoning;
  OrderedJson card{};  // what is shown with the reply: a picture; or null
  StageTimes times;
};

// The JSON of design §4.3: the frame's fields, per call outcome and reason, reply, reasoning, latency_ms.
OrderedJson TurnToJson(const TurnResult& result, const Catalogue& catalogue);

OrderedJson CallResultToJson(const CallResult& result, const Catalogue& catalogue);
OrderedJson TimesToJson(const StageTimes& times);

// What happens inside, for the page: {"type":"turn.started"|"turn.frame"|"turn.call"|"turn.reply"|"offer"|"offer.closed", …}; of a large
// model "turn.reasoning"|"turn.piece" (a piece of it each), "turn.restart" (forget the pieces) and "turn.endpoint".
using EventSink = std::function<void(const OrderedJson& event)>;

class Cockpit {
 public:
  // What a cockpit is made of; everything is owned by main and outlives it.
  struct Parts {
    const Catalogue& catalogue;
    const understanding::Phrasebook& phrasebook;
    const vehicle::SignalReader& signals;
    safety::GuardedActuator& actuator;
    const Clock& clock;
    // On simulated time: lets what moves arrive, at most that long. Empty in a live cockpit, which answers at once and sends receipts
    // later.
    std::function<void(Nanos limit)> settle;
    // Reads what the phrasebook does not; null where there is none.
    const understanding::Student* student = nullptr;
    // Answers what neither reads or what is no command; null where there is none. Turns of several sessions use it at once.
    llm::ChatModel* chat = nullptr;
    std::vector<OutsideTool> outside_tools = {};
    ServiceDesk* services = nullptr;  // what is no signal, and memory; null where there is none
    Proposer* proposer = nullptr;     // what the cockpit proposes unasked; a bare yes or no answers it
    Pictures* pictures = nullptr;     // paints; null where nobody does
  };

  explicit Cockpit(const Parts& parts);
  ~Cockpit();

  // Runs one turn to its receipts. Turns of one session run one after the other, of different sessions at once. Thread-safe.
  // A turn that waits for a large model ends when another of its session comes: the newest words win.
  // kInvalidArgument: empty or ill-formed text; kResourceExhausted: text too long, too many sessions.
  Result<TurnResult> Run(const TurnRequest& request);

  // The open offer of a session as JSON {"question","expires_ms","touch"}, or null.
  OrderedJson OpenOffer(const std::string& session) const;

  // Routines that are due, offers that lapsed, receipts that arrived. A live cockpit calls it ten times a second. Thread-safe.
  void Tick();

  // What waits for its time, for a restart (routines.h). LoadRoutines tells as receipts what fell due meanwhile and was not done.
  // Thread-safe.
  Json SaveRoutines() const;
  Status LoadRoutines(const Json& json);

  // Does what a listed safety reaction does, unasked, by way of the guard. Thread-safe.
  void React(const Proposal& proposal);

  // Ends all waiting for large models, for good: before shutting down. Thread-safe.
  void StopThinking();

  // One sink; called from the thread that runs the turn or the tick, outside all locks. Set before the first turn.
  void SetEventSink(EventSink sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deepcabin::agent
