#pragma once
// A tool for the large model that brings text from outside the car: a web search, places, messages, the calendar. It gives, it never acts.

#include <functional>
#include <stop_token>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace deepcabin::agent {

struct OutsideTool {
  std::string name, description;  // [a-z_]{1,40}
  OrderedJson parameters;         // JSON schema, an object
  // False only where every word of the result is our own. What an untrusted tool says is data: from then on nothing moves without a yes.
  bool is_untrusted = true;
  // Called from the turn's thread; ends early on `stop`.
  std::function<Result<std::string>(const Json& arguments, const std::stop_token& stop)> run;
};

}  // namespace deepcabin::agent
