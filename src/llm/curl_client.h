#pragma once
// ChatClient over libcurl: one network thread carries all exchanges. TLS is verified, HTTP/2 is taken where it is offered, connections are
// used again, redirects are not followed. Plain http goes to this machine and private networks only. No proxy is used unless the options
// name one: the environment (http_proxy, …), .netrc and cookies are not looked at. The key travels in the Authorization header alone.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/result.h"
#include "llm/client.h"
#include "llm/dialect.h"

namespace deepcabin::llm {

inline constexpr std::size_t kRequestBytesMax = 16u << 20;
inline constexpr std::size_t kHeaderBytesMax = 64 * 1024;       // of an answer, all lines together
inline constexpr long kReadBytes = 2 * 1024;                    // at once, from one connection
inline constexpr std::int64_t kBytesPerSecondMax = 4 << 20;     // of one exchange
inline constexpr long kIdleConnectionsMax = 32;                 // kept for later
inline constexpr std::chrono::milliseconds kLingerTime{1'000};  // for the end of a stream whose answer is whole, to keep its connection
inline constexpr std::chrono::hours kRetryAfterMax{24};

struct CurlClientOptions {
  std::string proxy;  // URL; "" = none
  std::size_t exchanges_max = 512;
};

// Timeouts, all from the endpoint: connecting (with name and TLS); the first token, from Start on; every further token; the whole exchange.
// Only what the model says counts as a token: comments, blank lines and empty chunks do not.
class CurlClient final : public ChatClient {
 public:
  // `dialects` outlives the client.
  explicit CurlClient(const Dialects& dialects, CurlClientOptions options = {});
  // Running exchanges end with kCancelled; their handles may be destroyed later.
  ~CurlClient() override;

  // An exchange must not be destroyed under a lock that its listener takes. Another one's may be destroyed inside the listener.
  std::unique_ptr<Exchange> Start(const Endpoint& endpoint, const ChatRequest& request, ExchangeListener& listener) override;

 private:
  class Core;
  const Dialects& dialects_;
  std::shared_ptr<Core> core_;
  std::jthread thread_;
};

// kInvalidArgument unless `url` is https, or http to this machine or a private network, and names no user.
Status CheckAddress(const std::string& url);

}  // namespace deepcabin::llm
