#include "web/fetch.h"

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <random>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::web {
namespace {

constexpr long kRedirectsMax = 3;
constexpr std::size_t kToldBytesMax = 200;  // of what a service says about an error
constexpr std::string_view kProtocols = "http,https";

struct Reading {
  const FetchRequest& request;
  const std::stop_token& stop;
  std::string body{};
  bool too_long = false;
};

std::size_t TakeBytes(const char* bytes, std::size_t, std::size_t count, void* user) {
  auto& reading = *static_cast<Reading*>(user);
  if (reading.body.size() + count > reading.request.response_bytes_max) {
    reading.too_long = true;
    return 0;
  }
  reading.body.append(bytes, count);
  return count;
}

int CheckStop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Reading*>(user)->stop.stop_requested() ? 1 : 0;
}

// Scheme, host and path: what may be told.
std::string_view Shown(std::string_view url) { return url.substr(0, url.find_first_of("?#")); }

Error ErrorOf(CURLcode code, const Reading& reading) {
  const std::string_view url = Shown(reading.request.url);
  if (reading.too_long)
    return ResourceExhausted(fmt::format("{}: the answer has more than {} bytes", url, reading.request.response_bytes_max));
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return InvalidArgument(fmt::format("{}: not an http or https address", url));
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::kDeadlineExceeded, fmt::format("{}: no answer within {} ms", url, reading.request.timeout.count())};
    default: return Unavailable(fmt::format("{}: {}", url, curl_easy_strerror(code)));
  }
}

}  // namespace

Result<FetchResponse> Fetch(const FetchRequest& request, const std::stop_token& stop) {
  static const bool is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;  // thread-safe since libcurl 7.84
  DC_CHECK(is_ready);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  DC_CHECK(curl != nullptr);
  Reading reading{request, stop};
  curl_slist* lines = nullptr;
  for (const std::string& line : request.headers) lines = curl_slist_append(lines, line.c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(lines, curl_slist_free_all);
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, kProtocols.data());
  set(CURLOPT_REDIR_PROTOCOLS_STR, kProtocols.data());
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, kRedirectsMax);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_HTTPHEADER, headers.get());
  if (!request.ca_file.empty()) set(CURLOPT_CAINFO, request.ca_file.c_str());
  if (!request.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.c_str());
  }
  set(CURLOPT_WRITEFUNCTION, &TakeBytes);
  set(CURLOPT_WRITEDATA, &reading);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &CheckStop);
  set(CURLOPT_XFERINFODATA, &reading);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) return ErrorOf(code, reading);
  FetchResponse response;
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  const char* type = nullptr;
  curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) response.content_type = type;
  response.body = std::move(reading.body);
  return response;
}

Result<Json> FetchJson(const FetchRequest& request, const std::stop_token& stop) {
  DC_ASSIGN_OR_RETURN(const FetchResponse response, Fetch(request, stop));
  if (response.status / 100 != 2) {
    return Unavailable(fmt::format("{}: status {}: {}", Shown(request.url), response.status,
                                   ReplaceInvalidUtf8(std::string_view(response.body).substr(0, kToldBytesMax))));
  }
  auto json = ParseJson(response.body, {.bytes_max = request.response_bytes_max});
  if (!json) return Unavailable(fmt::format("{}: {}", Shown(request.url), json.error().message));
  return json;
}

std::string UrlEscape(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Form::Form() {
  std::random_device random;
  boundary_ = fmt::format("deepcabin{:08x}{:08x}{:08x}", random(), random(), random());
}

void Form::Add(std::string_view name, std::string_view value) {
  body_ += fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", boundary_, name, value);
}

void Form::AddFile(std::string_view name, std::string_view file_name, std::string_view content_type, std::string_view bytes) {
  body_ += fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n", boundary_, name,
                       file_name, content_type);
  body_ += bytes;
  body_ += "\r\n";
}

std::string Form::TakeBody() {
  body_ += fmt::format("--{}--\r\n", boundary_);
  return std::move(body_);
}

}  // namespace deepcabin::web
