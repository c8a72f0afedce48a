#include "cli/large_models.h"

#include <iostream>

#include <fmt/format.h>

namespace deepcabin::cli {

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
  made->redacting_ = std::make_unique<llm::RedactingClient>(made->client_, std::move(secrets), made->log_.get());
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
