#pragma once
// Other programs in the car that use its large models: by which key we know them, and how much each may use (docs/models.md).

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "server/access.h"

namespace deepcabin::server {

// 0: none at all.
struct ClientQuota {
  std::int64_t requests_per_minute = 60, requests_per_day = 5'000;
  std::int64_t tokens_per_minute = 200'000, tokens_per_day = 2'000'000;  // of requests and answers together
};

struct ChatLimits {
  std::size_t running_max = 32, running_per_client_max = 16;
  std::size_t waiting_max = 64, waiting_per_client_max = 16;
  std::chrono::milliseconds waiting_time_max{10'000};
  ClientQuota quota;  // of a client for which the file says nothing else
};

struct ClientKey {
  std::string name;
  AccessToken key;
  ClientQuota quota;
};

// Who asks when no key tells: whoever holds the server's token, or is on this machine when there is none.
inline constexpr std::string_view kOwner = "owner";

class ClientKeys {
 public:
  static constexpr std::size_t kClientsMax = 64;
  static constexpr std::size_t kFileBytesMax = 256 << 10;

  // A YAML file with mode 0600: clients: [{name, key, requests_per_minute, requests_per_day, tokens_per_minute, tokens_per_day}…]. What
  // is left out of the quota is `standard`'s. kFailedPrecondition, kNotFound, kInvalidArgument "file:line: reason", without the key.
  static Result<ClientKeys> Load(const std::filesystem::path& file, const ClientQuota& standard);
  static Result<ClientKeys> Parse(const std::string& text, const std::string& file, const ClientQuota& standard);

  const ClientKey* Find(std::string_view presented) const;
  const ClientKey* Named(std::string_view name) const;
  const std::vector<ClientKey>& keys() const { return keys_; }

 private:
  std::vector<ClientKey> keys_;
};

// What each client has used in this minute and on this day (UTC's). Kept in memory. Thread-safe.
class QuotaBook {
 public:
  explicit QuotaBook(const Clock& clock) : clock_(clock) {}

  struct Excess {
    std::string reason;                  // for people
    std::chrono::seconds retry_after{};  // until the minute, or the day, is over
  };
  // Counts a request of about so many tokens, or says what stands against it.
  std::optional<Excess> Enter(const std::string& client, const ClientQuota& quota, std::int64_t tokens);
  // Afterwards: it took `used` and not `tokens`.
  void Settle(const std::string& client, std::int64_t tokens, std::int64_t used);
  // {"client":{"requests_today","tokens_today"}…}
  OrderedJson ToJson() const;

 private:
  struct Window {
    std::int64_t number = -1, requests = 0, tokens = 0;
  };
  struct Account {
    Window minute, day;
  };
  Account& Now(const std::string& client);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Account> accounts_;  // names come from the file of keys, so they are few
};

}  // namespace deepcabin::server
