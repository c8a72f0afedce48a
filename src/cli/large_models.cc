#include "cli/large_models.h"

#include <condition_variable>
#include <iostream>
#include <thread>

#include <fmt/format.h>

namespace deepcabin::cli {

namespace {

constexpr std::string_view kNobody = "http://127.0.0.1:1";  // where no program listens

// An exchange that begins later.
class LateExchange final : public llm::Exchange {
 public:
  LateExchange(llm::ChatClient& client, llm::Endpoint endpoint, llm::ChatRequest request, llm::ExchangeListener& listener)
      : thread_([this, &client, &listener, endpoint = std::move(endpoint), request = std::move(request)](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any never;
          std::unique_lock lock(mutex);
          never.wait_for(lock, stop, FaultyClient::kDelay, [] { return false; });
          if (!stop.stop_requested()) begun_ = client.Start(endpoint, request, listener);
        }) {}

 private:
  std::unique_ptr<llm::Exchange> begun_;
  std::jthread thread_;  // last: it ends before what it makes goes
};

}  // namespace

std::unique_ptr<llm::Exchange> FaultyClient::Start(const llm::Endpoint& endpoint, const llm::ChatRequest& request,
                                                   llm::ExchangeListener& listener) {
  if (is_down) {
    llm::Endpoint nobody = endpoint;
    nobody.url = kNobody;
    return inner_.Start(nobody, request, listener);
  }
  if (is_slow) return std::make_unique<LateExchange>(inner_, endpoint, request, listener);
  return inner_.Start(endpoint, request, listener);
}

std::filesystem::path StateFolder() {
  if (const std::string state = llm::SystemEnvironment("XDG_STATE_HOME"); !state.empty()) return std::filesystem::path(state) / "deepcabin";
  const std::string home = llm::SystemEnvironment("HOME");
  return home.empty() ? std::filesystem::path() : std::filesystem::path(home) / ".local/state/deepcabin";
}

Result<std::unique_ptr<LargeModels>> LargeModels::Load(const std::filesystem::path& home, const std::filesystem::path& state,
                                                       const Clock& clock, llm::RedactingClient::Secrets secrets, llm::Observer observer) {
  DC_ASSIGN_OR_RETURN(llm::Dialects dialects, llm::Dialects::Load(home / "models"));
  const auto names = dialects.Names();
  const auto path = llm::ModelsPath(llm::SystemEnvironment);
  DC_ASSIGN_OR_RETURN(llm::Models models, llm::LoadModels(path, llm::SystemEnvironment, {names.begin(), names.end()}));
  std::unique_ptr<LargeModels> made(new LargeModels(std::move(dialects)));
  made->is_empty_ = models.endpoints.empty();
  if (!made->is_empty_) {
    std::error_code error;
    std::filesystem::create_directories(state, error);
    std::filesystem::permissions(state, std::filesystem::perms::owner_all, error);
    DC_ASSIGN_OR_RETURN(made->log_, llm::OutboundLog::Open(state, clock));
  }
  // A car whose disk is full still drives: then the meter counts in memory.
  auto meter = llm::Meter::Open(made->is_empty_ ? std::filesystem::path() : state / "usage.db", clock);
  if (!meter) meter = llm::Meter::Open({}, clock);
  DC_ASSIGN_OR_RETURN(made->meter_, std::move(meter));
  made->redacting_ = std::make_unique<llm::RedactingClient>(made->faulty_, std::move(secrets), made->log_.get());
  made->matrix_ = std::make_unique<llm::Matrix>(models, *made->redacting_, *made->meter_, clock, std::move(observer));
  made->StartLocals(models, state);
  return made;
}

void LargeModels::StartLocals(const llm::Models& models, const std::filesystem::path& state) {
  for (const llm::LocalModel& local : models.locals) {
    const llm::Endpoint* endpoint = models.Find(local.endpoint);
    if (endpoint == nullptr) continue;
    llm::LocalServerOptions options;
    options.gguf = local.gguf;
    options.context_tokens = endpoint->context_tokens;
    options.memory_mib = local.memory_mib;
    options.log = state / (local.endpoint + ".log");
    locals_.push_back(std::make_unique<Local>());
    Local& here = *locals_.back();
    auto server =
        llm::LocalServer::Start(std::move(options), [this, &here, name = local.endpoint](llm::LocalState now, const std::string& word) {
          const std::lock_guard lock(here.mutex);
          here.serves = now == llm::LocalState::kServing;
          matrix_->SetUrl(name, here.serves ? here.url : "");
          if (now == llm::LocalState::kGivenUp) std::cerr << fmt::format("deepcabin: {}: {}\n", name, word);
        });
    if (!server) {
      std::cerr << fmt::format("deepcabin: {}: {}\n", local.endpoint, server.error().message);
      continue;
    }
    const std::lock_guard lock(here.mutex);
    here.url = (*server)->url();
    here.server = std::move(*server);
    if (here.serves) matrix_->SetUrl(local.endpoint, here.url);
  }
}

}  // namespace deepcabin::cli
