#pragma once
// One table: error code → HTTP status, and the JSON of an error.

#include <string>

#include "base/result.h"

namespace deepcabin::server {

int HttpStatusOf(ErrorCode code);

// {"error":{"code","message"}}. Codes whose messages are made for developers (internal, data loss) show a fixed text instead.
std::string ErrorBody(const Error& error);

}  // namespace deepcabin::server
