#pragma once
// Calls and frames written straight into text, for training lines by the million. The same form as CallToJson and FrameToJson, without what
// follows from the rest (`interface`, `interfaces`) and without confidence and route.

#include <span>
#include <string>
#include <string_view>

#include "catalogue/call.h"

namespace deepcabin::understanding {

// `text` as a JSON string, quotes included. `text` is UTF-8.
void AppendJsonString(std::string_view text, std::string& out);
void AppendJsonValue(const Value& value, std::string& out);
void AppendCallJson(const Call& call, const Catalogue& catalogue, std::string& out);
// {"calls":[…],"escalation":…}
void AppendFrameJson(std::span<const Call> calls, Escalation escalation, const Catalogue& catalogue, std::string& out);
// [{"capability":…},…]
void AppendCallsJson(std::span<const Call> calls, const Catalogue& catalogue, std::string& out);

}  // namespace deepcabin::understanding
