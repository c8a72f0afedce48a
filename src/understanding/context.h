#pragma once
// What understanding may know besides the words: who speaks, what was said before, and the vehicle's state (to read only).

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalogue/call.h"
#include "understanding/missing.h"

namespace deepcabin::understanding {

struct Context {
  Zone speaker = Zone::kRow1Left;
  std::vector<Call> last_calls;                         // of the turn before, as they were carried out
  Escalation last_escalation = Escalation::kNone;       // of the turn before, where it was talk and no order
  bool offer_open = false;                              // a question waits for yes or no
  std::optional<OpenCall> open;                         // the turn before asked for what this call lacks
  std::function<std::optional<Value>(SignalId)> state;  // the present value; may be empty: nothing is known
};

// What a turn does besides calls; only meaningful inside a dialogue.
enum class DialogueAct : std::uint8_t { kNone, kYes, kNo, kUndo, kCancel };

struct Understood {
  Frame frame;
  Language language = Language::kChinese;
  DialogueAct act = DialogueAct::kNone;
  bool elliptical = false;             // the calls were filled in from what was said before, none stands on its own
  std::vector<CapabilityId> remedies;  // no order but a need, and the calls are what helps now: what may help in any state
  std::optional<OpenCall> open;        // a call that was meant but lacks something: not among the frame's calls
  std::vector<CapabilityId> guesses;   // what it may be about, too unsure to act on
  std::optional<Frame> guess;          // a command that it may be: worth asking about, where nobody else can tell
  std::vector<std::string> says;       // sentences of remedies, in the speaker's language
};

// How the phrasebook made something of the words: as an order or a question, whole; as a need; with words misheard or left over.
enum class ReadAs : std::uint8_t { kNothing, kWhole, kNeed, kLoosely };

}  // namespace deepcabin::understanding
