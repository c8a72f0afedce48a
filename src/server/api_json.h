#pragma once
// How the API writes signals and the catalogue, and reads a turn.

#include <string_view>
#include <vector>

#include "agent/turn_request.h"
#include "base/json.h"
#include "base/result.h"
#include "catalogue/catalogue.h"
#include "vehicle/broker.h"

namespace deepcabin::server {

// {"path","node","type","unit","current","target","age_ms"}; null for what is not known.
OrderedJson SignalToJson(const SignalSpec& spec, const vehicle::Datapoint& datapoint, Nanos now);

// {"capabilities":[…],"interfaces":[…]} of `capabilities` and their interfaces.
OrderedJson CatalogueToJson(const Catalogue& catalogue, const std::vector<CapabilityId>& capabilities);

// Strict: unknown fields, wrong types, an unknown speaker or language are kInvalidArgument; a text past the limit kResourceExhausted.
Result<agent::TurnRequest> TurnRequestFromJson(const Json& json);

// The object's only field allowed are `fields`; kInvalidArgument names the first other one.
Status CheckFields(const Json& json, std::initializer_list<std::string_view> fields);

}  // namespace deepcabin::server
