#pragma once
// A request and a response without the library that carries them, so that routes can be read and tested alone.

#include <functional>
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
  std::string client;  // whose key it came with; see chat_clients.h
};

class ResponseStream;

struct Response {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::shared_ptr<const std::string> body;  // may be shared between responses
  std::string_view static_body;             // used when `body` is null; lives as long as the program
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<ResponseStream> stream;  // where it is set the body comes from it, and status and headers are for what it streams

  std::string_view text() const { return body ? std::string_view(*body) : static_body; }
};

// An answer that another thread makes while it is sent. The session pulls: a slow reader holds up nobody but itself, and what waits for it
// is bounded by who makes it.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;

  struct Part {
    std::shared_ptr<Response> whole;  // in place of a stream, as its first and last part: an answer that became known only now
    std::string bytes;
    bool last = false;
  };
  // What there is. With nothing in it, `wake` is called once, from any thread, when there is more. Must not wait. Network thread.
  virtual Part Pull(std::function<void()> wake) = 0;
  // The reader has gone, and nothing is pulled any more. Must not wait. Network thread.
  virtual void Cancel() = 0;
};

Response JsonResponse(std::string json, int status = 200);
// `status` 0: the one of the error's code. Adds Retry-After to 429 and 503.
Response ErrorResponse(const Error& error, int status = 0);

int HttpStatusOf(ErrorCode code);
// {"error":{"code","message"}}. Codes whose messages are made for developers (internal, data loss) show a fixed text instead.
std::string ErrorBody(const Error& error);

}  // namespace deepcabin::server
