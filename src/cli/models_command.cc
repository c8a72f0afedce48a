// `deepcabin models list | test NAME | usage | add-local FILE.gguf`.

#include <future>
#include <iostream>
#include <set>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/large_models.h"
#include "llm/curl_client.h"
#include "llm/local_server.h"
#include "llm/matrix.h"

namespace deepcabin::cli {
namespace {

constexpr int kUsageDays = 30;

// Shows an answer as it comes; reasoning goes to standard error.
class Printer final : public llm::ChatListener {
 public:
  void OnReasoning(std::string_view piece) override { std::cerr << piece << std::flush; }
  void OnContent(std::string_view piece) override { std::cout << piece << std::flush; }
  void OnRestart() override { std::cout << "\n(another model takes over)\n"; }
  bool IsCommitted() const override { return false; }
};

int List(const llm::Models& models, bool as_json) {
  OrderedJson all = OrderedJson::array();
  for (const llm::Endpoint& e : models.endpoints) {
    const auto off = models.off.find(e.name);
    const std::string state = off != models.off.end() ? off->second : e.url.empty() ? "started with the car" : "ready";
    if (!as_json) {
      std::cout << fmt::format("{:<20}{:<30}{:<10}{}\n", e.name, e.model, llm::OutboundName(e.outbound), state);
      continue;
    }
    OrderedJson json = {{"endpoint", e.name}, {"model", e.model}, {"dialect", e.dialect}, {"url", e.url}};
    json["outbound"] = llm::OutboundName(e.outbound);
    json["price"] = {{"cached", e.price.cached}, {"input", e.price.input}, {"output", e.price.output}, {"currency", models.currency}};
    json["context_tokens"] = e.context_tokens;
    json["budget_per_day"] = e.budget_per_day;
    json["state"] = state;
    all.push_back(std::move(json));
  }
  if (as_json) std::cout << DumpJson(all) << "\n";
  else if (models.endpoints.empty()) std::cout << "no large model is set up: set DEEPSEEK_API_KEY, or see docs/models.md\n";
  return kOk;
}

int Usage(bool as_json) {
  const SystemClock clock;
  const auto meter = llm::Meter::Open(StateFolder() / "usage.db", clock);
  if (!meter) return Complain(meter.error());
  const OrderedJson json = (*meter)->ToJson(kUsageDays);
  if (as_json) {
    std::cout << DumpJson(json) << "\n";
    return kOk;
  }
  std::cout << fmt::format("{:<12}{:<20}{:<10}{:>8}{:>7}{:>8}{:>12}{:>12}{:>10}{:>10}{:>12}\n", "day", "endpoint", "task", "answers",
                           "tries", "faults", "input", "cached", "output", "cost", "first token");
  for (const OrderedJson& r : json["rows"]) {
    std::cout << fmt::format("{:<12}{:<20}{:<10}{:>8}{:>7}{:>8}{:>12}{:>12}{:>10}{:>10.4f}{:>9.0f} ms\n", r["day"].get<std::string>(),
                             r["endpoint"].get<std::string>(), r["task"].get<std::string>(), r["answers"].get<std::int64_t>(),
                             r["tries"].get<std::int64_t>(), r["faults"].get<std::int64_t>(), r["input_tokens"].get<std::int64_t>(),
                             r["cached_tokens"].get<std::int64_t>(), r["output_tokens"].get<std::int64_t>(), r["cost"].get<double>(),
                             r["first_token_ms"].get<double>());
  }
  if (json.contains("note")) std::cerr << json["note"].get<std::string>() << "\n";
  return kOk;
}

// Asks one endpoint for a word, so that key, address and model are known to be right.
int Test(const llm::Models& models, const llm::Dialects& dialects, const std::string& name) {
  const llm::Endpoint* endpoint = models.Find(name);
  if (endpoint == nullptr) return Complain(NotFound(fmt::format("no model \"{:.40}\" is set up", name)));
  const SystemClock clock;
  const auto meter = llm::Meter::Open(StateFolder() / "usage.db", clock);
  if (!meter) return Complain(meter.error());
  llm::CurlClient client(dialects);
  llm::Matrix matrix(models, client, **meter, clock);

  std::unique_ptr<llm::LocalServer> local;
  for (const llm::LocalModel& model : models.locals) {
    if (model.endpoint != name) continue;
    std::promise<std::string> ready;
    bool told = false;
    llm::LocalServerOptions options;
    options.gguf = model.gguf;
    options.context_tokens = endpoint->context_tokens;
    options.memory_mib = model.memory_mib;
    auto started = llm::LocalServer::Start(std::move(options), [&](llm::LocalState state, const std::string& word) {
      const bool settled = state == llm::LocalState::kServing || state == llm::LocalState::kGivenUp;
      if (settled && !std::exchange(told, true)) ready.set_value(word);
    });
    if (!started) return Complain(started.error());
    local = *std::move(started);
    std::cerr << "starting llama-server …\n";
    const std::string word = ready.get_future().get();
    if (!word.empty()) return Complain(Unavailable("llama-server: " + word));
    matrix.SetUrl(name, local->url());
  }

  llm::ChatRequest request;
  request.messages.push_back({llm::Role::kUser, "Say hello in one short sentence.", "", {}, ""});
  request.privacy = llm::Privacy::kGeneral;
  request.tokens_max = 200;
  request.endpoint = name;
  Printer printer;
  const auto reply = matrix.Chat(request, printer, {});
  std::cout << "\n";
  if (!reply) return Complain(reply.error());
  std::cout << fmt::format("{} ({}): first token {:.0f} ms, all {:.0f} ms, {} + {} tokens, {:.6f} {}\n", reply->endpoint, reply->model,
                           reply->first_token_ms, reply->total_ms, reply->usage.input_tokens, reply->usage.output_tokens, reply->cost,
                           models.currency);
  return kOk;
}

}  // namespace

int ModelsCommand(const std::filesystem::path& home, const ModelsOptions& options) {
  const std::filesystem::path path = llm::ModelsPath(llm::SystemEnvironment);
  if (options.command == "usage") return Usage(options.json);
  if (options.command == "add-local") {
    const auto name = llm::AddLocalModel(path, options.argument, llm::SystemEnvironment);
    if (!name) return Complain(name.error());
    std::cout << fmt::format("{} stands in {}; try it: deepcabin models test {}\n", *name, path.string(), *name);
    return kOk;
  }
  const auto dialects = llm::Dialects::Load(home / "models");
  if (!dialects) return Complain(dialects.error());
  const auto names = dialects->Names();
  const auto models = llm::LoadModels(path, llm::SystemEnvironment, {names.begin(), names.end()});
  if (!models) return Complain(models.error());
  if (options.command == "list") return List(*models, options.json);
  return Test(*models, *dialects, options.argument);
}

}  // namespace deepcabin::cli
