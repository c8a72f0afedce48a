#pragma once
// The large models of a cockpit, put together: models.yaml, the client, what hides and notes everything that leaves, the matrix, the meter,
// and the llama-servers of our own.

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "llm/curl_client.h"
#include "llm/local_server.h"
#include "llm/matrix.h"
#include "llm/meter.h"
#include "llm/outbound_log.h"
#include "llm/redacting_client.h"

namespace deepcabin::cli {

// Faults of the line to large models, put in by hand to see what the cockpit does then. Without one it only passes on.
class FaultyClient final : public llm::ChatClient {
 public:
  static constexpr std::chrono::seconds kDelay{4};  // of a slow endpoint: more than a driver waits
  explicit FaultyClient(llm::ChatClient& inner) : inner_(inner) {}
  std::unique_ptr<llm::Exchange> Start(const llm::Endpoint& endpoint, const llm::ChatRequest& request,
                                       llm::ExchangeListener& listener) override;
  std::atomic<bool> is_down{false}, is_slow{false};

 private:
  llm::ChatClient& inner_;
};

class LargeModels {
 public:
  // `state` holds usage.db and outbound.jsonl; it is made where it is missing. `secrets` tells what else must not leave; it and the clock
  // outlive the models. No endpoint set up is no error: then is_empty().
  static Result<std::unique_ptr<LargeModels>> Load(const std::filesystem::path& home, const std::filesystem::path& state,
                                                   const Clock& clock, llm::RedactingClient::Secrets secrets, llm::Observer observer);

  bool is_empty() const { return is_empty_; }
  llm::Matrix& matrix() { return *matrix_; }
  llm::Meter& meter() { return *meter_; }
  FaultyClient& faults() { return faulty_; }

 private:
  explicit LargeModels(llm::Dialects dialects) : dialects_(std::move(dialects)), client_(dialects_), faulty_(client_) {}
  void StartLocals(const llm::Models& models, const std::filesystem::path& state);

  bool is_empty_ = true;
  const llm::Dialects dialects_;
  llm::CurlClient client_;
  FaultyClient faulty_;
  std::unique_ptr<llm::OutboundLog> log_;
  std::unique_ptr<llm::RedactingClient> redacting_;
  std::unique_ptr<llm::Meter> meter_;
  std::unique_ptr<llm::Matrix> matrix_;

  // A llama-server of our own. It tells its state from its own thread, which may be before we know its address.
  struct Local {
    std::mutex mutex;
    std::string url;
    bool serves = false;
    std::unique_ptr<llm::LocalServer> server;
  };
  std::vector<std::unique_ptr<Local>> locals_;  // last: they tell the matrix until they end
};

// Where a cockpit keeps its state by default: $XDG_STATE_HOME/deepcabin, else ~/.local/state/deepcabin; empty where there is no home.
std::filesystem::path StateFolder();

}  // namespace deepcabin::cli
