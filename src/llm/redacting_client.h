#pragma once
// Stands between the matrix and the client: every request to an endpoint is hidden as that endpoint's setting wants it and noted in the
// outbound log, every answer comes back with what was hidden. Hedges and second tries pass here too, so nothing leaves unnoted.

#include <functional>
#include <memory>

#include "llm/client.h"
#include "llm/outbound_log.h"
#include "llm/redaction.h"

namespace deepcabin::llm {

class RedactingClient final : public ChatClient {
 public:
  // What is secret at the moment; called at every start, from any thread.
  using Secrets = std::function<std::shared_ptr<const SecretDictionary>()>;

  // All outlive it; `log` may be null in tests only.
  RedactingClient(ChatClient& inner, Secrets secrets, OutboundLog* log) : inner_(inner), secrets_(std::move(secrets)), log_(log) {}

  // An endpoint that nothing may be sent to, and a log that cannot be written, are faults of kind kBadRequest.
  std::unique_ptr<Exchange> Start(const Endpoint& endpoint, const ChatRequest& request, ExchangeListener& listener) override;

 private:
  ChatClient& inner_;
  const Secrets secrets_;
  OutboundLog* log_;
};

// The request with everything hidden, and a word to the model about the placeholders.
ChatRequest Hidden(const ChatRequest& request, Redaction& redaction);

}  // namespace deepcabin::llm
