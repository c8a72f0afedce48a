#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "llm/curl_client.h"

namespace deepcabin::llm {
namespace {

// Loopback, private and link-local addresses; names that only a local network knows.
bool IsPrivateHost(std::string host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  in6_addr six{};
  if (inet_pton(AF_INET6, host.c_str(), &six) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_LINKLOCAL(&six) || (six.s6_addr[0] & 0xFE) == 0xFC;
  }
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) {
    const std::uint32_t a = ntohl(four.s_addr);
    return a >> 24 == 127 || a >> 24 == 10 || a >> 20 == 0xAC1 || a >> 16 == 0xC0A8 || a >> 16 == 0xA9FE;
  }
  constexpr std::string_view kLocal[] = {".localhost", ".local", ".lan", ".internal", ".home.arpa"};
  return host.find('.') == std::string::npos ||
         std::any_of(std::begin(kLocal), std::end(kLocal), [&](auto end) { return host.ends_with(end); });
}

std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  std::string copy = text;
  curl_free(text);
  return ToLowerAscii(copy);
}

}  // namespace

Status CheckAddress(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return InvalidArgument("the address is no URL, or names a user");  // not shown: it may hold a password
  }
  const std::string scheme = PartOf(parsed.get(), CURLUPART_SCHEME), host = PartOf(parsed.get(), CURLUPART_HOST);
  if (scheme == "https") return {};
  if (scheme != "http") return InvalidArgument(fmt::format("an address with {}://: http and https only", scheme));
  if (!IsPrivateHost(host)) return InvalidArgument(fmt::format("http://{} is neither this machine nor a private network: use https", host));
  return {};
}

}  // namespace deepcabin::llm
