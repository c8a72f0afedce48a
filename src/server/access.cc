#include "server/access.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/text.h"

namespace deepcabin::server {
namespace {

std::string Digest(std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

// "name:8080" → "name"; "[::1]:8080" → "[::1]".
std::string_view WithoutPort(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    return end == std::string_view::npos ? authority : authority.substr(0, end + 1);
  }
  return authority.substr(0, authority.find(':'));
}

bool IsAuthority(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::strchr(".-_:[]", c) != nullptr;
  });
  const std::string_view name = WithoutPort(text);
  if (!plain || name.empty()) return false;
  const std::string_view port = text.substr(name.size());
  return port.empty() || (port.size() >= 2 && port.size() <= 6 && port.front() == ':' &&
                          std::all_of(port.begin() + 1, port.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

}  // namespace

Status CheckSecretFile(const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return NotFound(fmt::format("{}: cannot be read", file.string()));
  if (!S_ISREG(info.st_mode)) return FailedPrecondition(fmt::format("{}: not a regular file", file.string()));
  if ((info.st_mode & 077) != 0) {
    return FailedPrecondition(fmt::format("{}: mode is {:04o}, others could read it; use chmod 600", file.string(), info.st_mode & 07777u));
  }
  return {};
}

Result<AccessToken> AccessToken::Load(const std::filesystem::path& file) {
  DC_RETURN_IF_ERROR(CheckSecretFile(file));
  std::ifstream in(file);
  std::array<char, kBytesMax + 2> buffer{};
  in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  const std::string_view text(buffer.data(), static_cast<std::size_t>(in.gcount()));
  auto token = FromText(Trim(text.substr(0, text.find('\n'))));
  if (!token) return Error{token.error().code, fmt::format("{}: {}", file.string(), token.error().message)};
  return token;
}

Result<AccessToken> AccessToken::FromText(std::string_view text) {
  if (text.size() < kBytesMin || text.size() > kBytesMax) {
    return InvalidArgument(fmt::format("an access token has {}..{} characters, this one {}", kBytesMin, kBytesMax, text.size()));
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    return InvalidArgument("an access token is printable ASCII without spaces");
  }
  AccessToken token;
  token.digest_ = Digest(text);
  return token;
}

bool AccessToken::Matches(std::string_view presented) const {
  const std::string digest = Digest(presented);
  return CRYPTO_memcmp(digest.data(), digest_.data(), digest_.size()) == 0;
}

HostPolicy::HostPolicy(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {
  for (std::string& name : allowed_) name = ToLowerAscii(name);
}

bool HostPolicy::IsNamed(std::string_view host) const {
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const std::string& name) { return name == host || name == WithoutPort(host); });
}

bool HostPolicy::IsOurHost(const Provenance& from) const {
  const std::string host = ToLowerAscii(from.host);
  if (!IsAuthority(host)) return false;
  std::string_view name = WithoutPort(host);
  if (name == "localhost" || name == "127.0.0.1" || name == "[::1]" || IsNamed(host)) return true;
  if (name.front() == '[') name = name.substr(1, name.size() - 2);
  return name == from.local_address;  // an address cannot be rebound
}

Status HostPolicy::Check(const Provenance& from, bool is_page) const {
  if (from.host.empty()) return InvalidArgument("the request names no host");
  if (!IsOurHost(from)) return PermissionDenied("this host name is not served here (see --allow-host)");
  if (is_page) return {};
  if (!from.origin.empty()) {
    const std::string origin = ToLowerAscii(from.origin);
    const std::string_view scheme = from.is_tls ? "https://" : "http://";
    const std::size_t at = origin.find("://");
    const std::string authority = at == std::string::npos ? "" : origin.substr(at + 3);
    const bool is_own = origin == std::string(scheme) + ToLowerAscii(from.host);
    if (!is_own && !(IsAuthority(authority) && IsNamed(authority))) {
      return PermissionDenied("pages of another origin may not use this server");
    }
    return {};
  }
  if (from.fetch_site == "cross-site" || from.fetch_site == "same-site") {
    return PermissionDenied("pages of another site may not use this server");
  }
  return {};
}

}  // namespace deepcabin::server
