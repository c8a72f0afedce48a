// `deepcabin serve`: the live cockpit behind HTTP and WebSocket.

#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "cli/car.h"
#include "cli/commands.h"
#include "llm/curl_client.h"
#include "llm/matrix.h"
#include "server/http_server.h"

namespace deepcabin::cli {
namespace {

class CockpitRunner final : public server::TurnRunner {
 public:
  CockpitRunner(agent::Cockpit& cockpit, const Catalogue& catalogue) : cockpit_(cockpit), catalogue_(catalogue) {}
  Result<OrderedJson> Run(const agent::TurnRequest& request) override {
    DC_ASSIGN_OR_RETURN(const agent::TurnResult result, cockpit_.Run(request));
    OrderedJson json = agent::TurnToJson(result, catalogue_);
    json["session"] = result.session;
    json["turn"] = result.turn;
    json["text"] = result.text;
    json["lang"] = LanguageName(result.language);
    return json;
  }
  OrderedJson OpenOffer(const std::string& session) override { return cockpit_.OpenOffer(session); }

 private:
  agent::Cockpit& cockpit_;
  const Catalogue& catalogue_;
};

// Lets the cockpit look after what is due, ten times a second.
class Ticker {
 public:
  explicit Ticker(agent::Cockpit& cockpit)
      : thread_([&cockpit](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any wake;
          std::unique_lock lock(mutex);
          while (!stop.stop_requested()) {
            cockpit.Tick();
            wake.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
          }
        }) {}

 private:
  std::jthread thread_;
};

// The large models of models.yaml; none set up is no error.
struct LargeModels {
  explicit LargeModels(llm::Dialects loaded) : dialects(std::move(loaded)), client(dialects) {}

  static Result<std::unique_ptr<LargeModels>> Load(const std::filesystem::path& home, const Clock& clock) {
    DC_ASSIGN_OR_RETURN(llm::Dialects dialects, llm::Dialects::Load(home / "models"));
    const auto names = dialects.Names();
    const auto path = llm::ModelsPath(llm::SystemEnvironment);
    DC_ASSIGN_OR_RETURN(llm::Models models, llm::LoadModels(path, llm::SystemEnvironment, {names.begin(), names.end()}));
    auto result = std::make_unique<LargeModels>(std::move(dialects));
    auto meter = llm::Meter::Open(UsagePath(), clock);
    if (!meter) meter = llm::Meter::Open({}, clock);  // a car whose disk is full still drives
    DC_ASSIGN_OR_RETURN(result->meter, std::move(meter));
    result->matrix = std::make_unique<llm::Matrix>(std::move(models), result->client, *result->meter, clock);
    return result;
  }

  const llm::Dialects dialects;
  llm::CurlClient client;
  std::unique_ptr<llm::Meter> meter;
  std::unique_ptr<llm::Matrix> matrix;
};

}  // namespace

int Serve(const std::filesystem::path& home, const ServeOptions& options) {
  const auto knowledge = Knowledge::Load(home);
  if (!knowledge) return Complain(knowledge.error());
  const Catalogue& catalogue = (*knowledge)->catalogue;
  const SystemClock clock;
  vehicle::SignalStore store(catalogue, clock);
  vehicle::Simulator simulator(store);
  if (const Status status = simulator.SelectScenario(options.scenario); !status) return Complain(status.error());
  std::unique_ptr<safety::AuditLog> audit = safety::AuditLog::InMemory(clock);
  if (!options.audit_directory.empty()) {
    auto opened = safety::AuditLog::Open({.directory = options.audit_directory}, clock);
    if (!opened) return Complain(opened.error());
    audit = std::move(*opened);
  }
  safety::GuardedActuator actuator(store, *(*knowledge)->guard, clock, audit.get());
  agent::Cockpit cockpit({catalogue, *(*knowledge)->phrasebook, store, actuator, clock, {}, (*knowledge)->student_or_null()});
  CockpitRunner runner(cockpit, catalogue);
  const auto large = LargeModels::Load(home, clock);
  if (!large) return Complain(large.error());
  server::Services services{
      catalogue,
      store,
      runner,
      *audit,
      clock,
      [&](SignalId signal, const Value& value) { return simulator.SetSensor(signal, value); },
      [&](const std::string& name, std::optional<std::uint64_t> seed) { return simulator.SelectScenario(name, seed); },
      [&] {
        return OrderedJson{{"name", simulator.scenario()}, {"names", vehicle::Simulator::ScenarioNames()}};
      }};
  services.chat = (*large)->matrix.get();
  services.models = [&] { return (*large)->matrix->StatusJson(); };
  services.model_usage = [&](int days) { return (*large)->meter->ToJson(days); };
  server::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.token_file = options.token_file;
  server_options.tls_certificate_file = options.tls_cert;
  server_options.tls_key_file = options.tls_key;
  server_options.client_keys_file = options.client_keys;
  server_options.allow_hosts = options.allow_hosts;
  server_options.stop_on_signals = true;
  auto server = server::Server::Create(server_options, services);
  if (!server) return Complain(server.error());
  // The bare pointer: while the server goes it waits for turns that still publish, and by then its owner is already empty.
  cockpit.SetEventSink([publisher = server->get()](const OrderedJson& event) { publisher->Publish(event); });
  std::cout << fmt::format("DeepCabin listens on {}", (*server)->Url()) << std::endl;
  Status ended;
  {
    const vehicle::SimulatorThread running(simulator);
    const Ticker ticker(cockpit);
    ended = (*server)->Run();
    cockpit.StopThinking();
  }
  server->reset();  // before the cockpit that its workers use
  if (!ended) return Complain(ended.error());
  return kOk;
}

}  // namespace deepcabin::cli
