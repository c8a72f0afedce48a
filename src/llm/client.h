#pragma once
// One exchange with one endpoint: a request goes out, a stream of events comes back. No retries, no choice: that is the matrix's work.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "llm/chat.h"
#include "llm/endpoint.h"

namespace deepcabin::llm {

// Why an exchange failed, so that the matrix knows what to do about it.
enum class FaultKind : std::uint8_t {
  kBadRequest,   // 400, 413, 422: the same request fails again, anywhere alike
  kBadKey,       // 401, 403: nothing to be had until somebody repairs the settings
  kNoFunds,      // 402, arrears
  kNotFound,     // 404: no such model or path
  kBusy,         // 429, 503: later, or elsewhere
  kServerFault,  // 5xx, insufficient_system_resource
  kUnreachable,  // name not found, refused, TLS failed
  kSilent,       // no first token, or no further one, within the endpoint's timeouts
  kCut,          // the stream ended early
  kBroken,       // what came is not what was agreed: JSON, UTF-8, sizes
  kCancelled,
};
std::string_view FaultKindName(FaultKind kind);

struct Fault {
  FaultKind kind = FaultKind::kServerFault;
  int status = 0;  // HTTP's, where there was one
  std::optional<std::chrono::milliseconds> retry_after;
  std::string message;  // short, without keys, may be shown
};

// Hears one exchange; called from the client's thread: must not block. After OnDone or OnFault nothing more comes.
class ExchangeListener {
 public:
  virtual ~ExchangeListener() = default;
  virtual void OnReasoning(std::string_view piece) = 0;  // whole characters of UTF-8
  virtual void OnContent(std::string_view piece) = 0;
  virtual void OnDone(ChatReply reply) = 0;
  virtual void OnFault(Fault fault) = 0;
};

// A running exchange. Destroying it cancels it: when the destructor returns the listener is not called any more. It must not be destroyed
// from inside the listener.
class Exchange {
 public:
  virtual ~Exchange() = default;
};

class ChatClient {
 public:
  virtual ~ChatClient() = default;
  // Thread-safe. Never fails by itself: what goes wrong is told to the listener, from the client's thread. `listener` outlives the
  // exchange.
  virtual std::unique_ptr<Exchange> Start(const Endpoint& endpoint, const ChatRequest& request, ExchangeListener& listener) = 0;
};

}  // namespace deepcabin::llm
