#pragma once
// What a large model sees of the car: three tools of our own beside those from outside, cards of capabilities, and the state.
//
// One compact tool for all calls, with a card of text for each of the twenty or so capabilities that may be meant, and not a function for
// each of them: so the list of tools is the same bytes in every request, and an endpoint's prefix cache holds it with the system prompt and
// the history. The cards stand at the very end. What a function's schema would enforce, CallFromJson, the capability and the guard check
// anyway, since no endpoint is trusted to keep to a schema.

#include <string>
#include <string_view>
#include <vector>

#include "agent/outside_tool.h"
#include "base/clock.h"
#include "catalogue/catalogue.h"
#include "llm/chat.h"
#include "safety/guard.h"
#include "vehicle/broker.h"

namespace deepcabin::agent {

inline constexpr std::string_view kCallTool = "car_call", kSearchTool = "search_capabilities", kStateTool = "vehicle_state";

// Sorted by name; always the same bytes.
std::vector<llm::Tool> ModelTools(const std::vector<OutsideTool>& outside);

// Who the model is, what it may do and how it speaks. Always the same bytes.
std::string_view SystemPrompt(Language language);

// One line: name, what people call it, ops, zones, what the value may be.
std::string CapabilityCard(const Capability& capability);
std::string CapabilityCards(const Catalogue& catalogue, const std::vector<CapabilityId>& ids);

// What changes from turn to turn: time, who speaks, how the car moves. No place, nobody's name.
std::string Surroundings(const safety::PolicyState& state, const Clock& clock, Zone speaker, Language language);

struct StateText {
  std::string text;
  bool is_untrusted = false;  // holds words that somebody outside may have chosen: a title, a device's name
};
// The present values of capabilities, a line each. Position, identity and health are not told.
StateText ReadState(const Catalogue& catalogue, const vehicle::SignalReader& signals, const std::vector<CapabilityId>& ids,
                    Language language);

// Text from outside, cleaned, cut to a limit and fenced in: everything within is data.
std::string AsData(std::string_view source, std::string_view text);

}  // namespace deepcabin::agent
