#pragma once
// A request and a response without the library that carries them, so that routes can be read and tested alone.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace deepcabin::server {

// The request target, decoded. See ParseTarget.
struct Target {
  std::string path;                          // percent-decoded, begins with "/"
  std::map<std::string, std::string> query;  // percent-decoded
};

inline constexpr std::size_t kTargetBytesMax = 8192;
inline constexpr std::size_t kQueryFieldsMax = 16;

// kInvalidArgument: not an absolute path, bad percent escapes, bytes below 0x20, bad UTF-8, a repeated or too many query fields.
Result<Target> ParseTarget(std::string_view target);

struct Request {
  std::string method;  // "GET", "POST", …
  Target target;
  std::string argument;  // what stood in the {braces} of the route's pattern
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::shared_ptr<const std::string> body;  // may be shared between responses
  std::string_view static_body;             // used when `body` is null; lives as long as the program
  std::vector<std::pair<std::string, std::string>> headers;

  std::string_view text() const { return body ? std::string_view(*body) : static_body; }
};

Response JsonResponse(std::string json, int status = 200);
// `status` 0: the one of the error's code. Adds Retry-After to 429 and 503.
Response ErrorResponse(const Error& error, int status = 0);

}  // namespace deepcabin::server
