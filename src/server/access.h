#pragma once
// Who may talk to the server: access token, Host and Origin.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deepcabin::server {

// kFailedPrecondition unless `file` is a regular file that only its owner can read or write (mode 0600 or less). kNotFound.
Status CheckSecretFile(const std::filesystem::path& file);

// An access token. The comparison takes the same time wherever the difference is.
class AccessToken {
 public:
  static constexpr std::size_t kBytesMin = 16;
  static constexpr std::size_t kBytesMax = 4096;

  // Reads the first line of a 0600 file. kInvalidArgument: shorter or longer than the limits, or not printable ASCII.
  static Result<AccessToken> Load(const std::filesystem::path& file);
  static Result<AccessToken> FromText(std::string_view text);

  bool Matches(std::string_view presented) const;

 private:
  std::string digest_;  // SHA-256, so that lengths do not show either
};

// What a request says about where it comes from; absent headers are empty.
struct Provenance {
  std::string_view host, origin, fetch_site;
  std::string_view local_address;  // of the connection, as text
  bool is_tls = false;
};

// Names by which the server may be called. Defends against DNS rebinding (Host) and against other pages (Origin, Sec-Fetch-Site).
class HostPolicy {
 public:
  // `allowed`: "name" (any port) or "name:port", in addition to localhost, 127.0.0.1 and [::1].
  explicit HostPolicy(std::vector<std::string> allowed);

  // kInvalidArgument: no Host. kPermissionDenied: a Host that is not ours (an IP literal is ours when the connection came to it),
  // or, unless `is_page`, an Origin or a Sec-Fetch-Site other than our own pages.
  Status Check(const Provenance& from, bool is_page) const;

 private:
  bool IsOurHost(const Provenance& from) const;
  bool IsNamed(std::string_view host) const;

  std::vector<std::string> allowed_;
};

}  // namespace deepcabin::server
