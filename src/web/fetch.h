#pragma once
// One HTTP exchange with a service outside the car (weather, search, maps, speech): small, bounded in time and size, no state. What comes
// back is strangers' text. Streams of large models are another matter (llm/client.h).

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace deepcabin::web {

struct FetchRequest {
  std::string url;                     // http or https
  std::vector<std::string> headers{};  // "Authorization: Bearer …"
  std::string body{};                  // not empty: POST
  std::string ca_file{};               // PEM, in place of the system's; for tests and private services
  std::chrono::milliseconds timeout{3'000};
  std::size_t response_bytes_max = 1 << 20;
};

struct FetchResponse {
  int status = 0;
  std::string content_type;
  std::string body;
};

// Blocks until the answer is there; ends within 100 ms of `stop`. Redirects are followed over the same protocols, three at most, and a
// key in a header does not follow to another host. No message carries the URL's query: keys lie there.
// kInvalidArgument: no such URL; kDeadlineExceeded; kResourceExhausted: more than response_bytes_max; kUnavailable: all else, a stop too.
// Any status is an answer. Thread-safe.
Result<FetchResponse> Fetch(const FetchRequest& request, const std::stop_token& stop = {});

// The same, and the body read as JSON; kUnavailable for a status that is not 2xx, with a piece of what the service says.
Result<Json> FetchJson(const FetchRequest& request, const std::stop_token& stop = {});

// For a path segment or a query's value.
std::string UrlEscape(std::string_view text);

// multipart/form-data, as files are uploaded.
class Form {
 public:
  Form();
  void Add(std::string_view name, std::string_view value);
  void AddFile(std::string_view name, std::string_view file_name, std::string_view content_type, std::string_view bytes);
  // What goes into FetchRequest::body and headers. The form must not be added to afterwards.
  std::string TakeBody();
  std::string Header() const { return "Content-Type: multipart/form-data; boundary=" + boundary_; }

 private:
  std::string boundary_, body_;
};

}  // namespace deepcabin::web
