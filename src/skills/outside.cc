#include "skills/outside.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "skills/map/names.h"
#include "web/fetch.h"

namespace deepcabin::skills {
namespace {

constexpr std::size_t kToldCharactersMax = 80;  // of what a service says about a failure

}  // namespace

Result<Json> Exchange::Ask(const std::string& url, std::vector<std::string> headers, std::string body) {
  const std::string_view shown = std::string_view(url).substr(0, url.find_first_of("?#"));
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  if (left.count() <= 0)
    return Error{ErrorCode::kDeadlineExceeded, fmt::format("{}: no answer within {} ms", shown, outside_.timeout.count())};
  if (!body.empty()) headers.emplace_back("Content-Type: application/json");
  web::FetchRequest request{
      .url = url, .headers = std::move(headers), .body = std::move(body), .ca_file = outside_.ca_file, .timeout = left};
  request.response_bytes_max = outside_.answer_bytes_max;
  DC_ASSIGN_OR_RETURN(const web::FetchResponse response, web::Fetch(request, stop_));
  const int status = response.status;
  auto json = ParseJson(response.body, {.bytes_max = outside_.answer_bytes_max});
  const bool is_good = status / 100 == 2, is_refusal = (status == 400 || status == 404) && json && json->is_object();
  if (json && (is_good || is_refusal)) return json;
  if (is_good) return Unavailable(fmt::format("{}: {}", shown, json.error().message));
  const ErrorCode code = status == 401 || status == 403 ? ErrorCode::kUnauthenticated
                         : status == 429                ? ErrorCode::kResourceExhausted
                                                        : ErrorCode::kUnavailable;
  return Error{code, fmt::format("{}: status {}: {}", shown, status, CleanName(response.body, kToldCharactersMax))};
}

const Json& At(const Json& json, std::string_view key) {
  static const Json nothing;
  if (!json.is_object()) return nothing;
  const auto found = json.find(key);
  return found != json.end() ? *found : nothing;
}

const Json& At(const Json& json, std::size_t index) { return index < Items(json).size() ? json[index] : At(Json(), ""); }

std::span<const Json> Items(const Json& json) {
  return json.is_array() ? std::span<const Json>(json.get_ref<const Json::array_t&>()) : std::span<const Json>();
}

std::optional<double> NumberOf(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (!json.is_string()) return std::nullopt;
  const auto& text = json.get_ref<const std::string&>();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
  return is_whole ? std::optional(value) : std::nullopt;
}

std::string TextOf(const Json& json, std::size_t characters_max) {
  return json.is_string() ? CleanName(json.get_ref<const std::string&>(), characters_max) : std::string();
}

}  // namespace deepcabin::skills
