#pragma once
// A service outside the car: where it lies, with which key, and how its answer is read. What it says is strangers' text: every field may be
// missing, of another type, or absurd.

#include <chrono>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace deepcabin::skills {

struct Outside {
  std::string url{}, air_url{}, search_url{};  // no slash at the end; the last two where a source has several addresses
  std::string key{};                           // goes to this service only, and into no message
  std::string model{};                         // where a service has several
  std::string ca_file{};                       // PEM, in place of the system's
  std::size_t answer_bytes_max = 4u << 20;
  std::chrono::milliseconds timeout{3'000};  // for one answer, however many exchanges it takes
};

// The exchanges behind one answer; they share one deadline.
class Exchange {
 public:
  explicit Exchange(const Outside& outside, std::stop_token stop = {})
      : outside_(outside), stop_(std::move(stop)), end_(std::chrono::steady_clock::now() + outside.timeout) {}

  // A body is posted as JSON. kUnauthenticated: 401, 403; kResourceExhausted: 429, an answer too large; kDeadlineExceeded; kUnavailable:
  // all else, with the status. An object with 400 or 404 is an answer: map services say so that there is no way.
  Result<Json> Ask(const std::string& url, std::vector<std::string> headers = {}, std::string body = {});

 private:
  const Outside& outside_;
  const std::stop_token stop_;
  const std::chrono::steady_clock::time_point end_;
};

// Null where there is no such member or element.
const Json& At(const Json& json, std::string_view key);
const Json& At(const Json& json, std::size_t index);
// Nothing where it is no array.
std::span<const Json> Items(const Json& json);
// A number, or a string that is one: many services write "12.5".
std::optional<double> NumberOf(const Json& json);
// One line, cleaned; "" where it is no string.
std::string TextOf(const Json& json, std::size_t characters_max = 60);

}  // namespace deepcabin::skills
