// `deepcabin serve`: the live cockpit behind HTTP and WebSocket.

#include <array>
#include <atomic>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "agent/proposals/proposer.h"
#include "cli/car.h"
#include "cli/commands.h"
#include "cli/journey.h"
#include "cli/large_models.h"
#include "cli/outside.h"
#include "server/http_server.h"
#include "speech/speech.h"

namespace deepcabin::cli {
namespace {

class CockpitRunner final : public server::TurnRunner {
 public:
  CockpitRunner(agent::Cockpit& cockpit, agent::Foresight& foresight, const Catalogue& catalogue)
      : cockpit_(cockpit), foresight_(foresight), catalogue_(catalogue) {}
  Result<OrderedJson> Run(const agent::TurnRequest& request) override {
    DC_ASSIGN_OR_RETURN(const agent::TurnResult result, cockpit_.Run(request));
    foresight_.Learn(result);
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
  agent::Foresight& foresight_;
  const Catalogue& catalogue_;
};

// Lets the car look after what is due, again and again on a thread of its own.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds pause, std::function<void()> tick)
      : thread_([pause, tick = std::move(tick)](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any wake;
          std::unique_lock lock(mutex);
          while (!stop.stop_requested()) {
            tick();
            wake.wait_for(lock, stop, pause, [] { return false; });
          }
        }) {}

 private:
  std::jthread thread_;
};

// Looks at what the car reports and lets the proposer think about it.
class Watcher {
 public:
  Watcher(agent::Proposer& proposer, vehicle::SignalReader& signals) {
    const auto watched = proposer.signals();
    auto subscription = signals.Subscribe(watched);
    if (!subscription) return;  // more readers than the store takes: nothing is proposed
    // A subscription tells changes only; what stands already, such as an ignition that is on, is told first.
    std::vector<vehicle::Update> updates;
    for (const SignalId signal : watched) updates.push_back({signal, signals.Get(signal)});
    proposer.OnSignals(updates);
    thread_ = std::jthread([&proposer, subscription = std::move(*subscription)](const std::stop_token& stop) {
      std::vector<vehicle::Update> news;
      while (!stop.stop_requested() && subscription->Take(news, std::chrono::milliseconds(100))) {
        if (!news.empty()) proposer.OnSignals(news);
        proposer.Tick();
      }
    });
  }

 private:
  std::jthread thread_;
};

// JSON that lives in memory's table of states, written when it has changed.
class Kept {
 public:
  explicit Kept(std::string_view name) : name_(name) {}

  void TakeUp(const memory::Memory& memory, const std::function<Status(const Json&)>& load) {
    const auto text = memory.GetState(name_);
    if (!text || !*text) return;
    const auto json = ParseJson(**text);
    const Status taken = json ? load(*json) : Status(json.error());
    if (!taken) std::cerr << fmt::format("deepcabin: {} are not taken up: {}\n", name_, taken.error().message);
  }

  void Keep(memory::Memory& memory, const Json& json) {
    std::string now = DumpJson(json);
    if (now != kept_ && memory.PutState(name_, now)) kept_ = std::move(now);
  }

 private:
  const std::string_view name_;
  std::string kept_;
};

// Faults that can be put into the simulated car, from the page's scenario desk.
class Faults {
 public:
  Faults(vehicle::Simulator& simulator, FaultyClient& models) : simulator_(simulator), models_(models) {}

  OrderedJson ToJson() const {
    OrderedJson faults = OrderedJson::array();
    for (const auto& [name, on] :
         {std::pair("model_down", models_.is_down.load()), {"model_slow", models_.is_slow.load()}, {"signals_stale", stale_.load()}}) {
      faults.push_back({{"name", name}, {"on", on}});
    }
    return {{"faults", std::move(faults)}};
  }

  Status Set(const std::string& name, bool on) {
    if (name == "model_down") models_.is_down = on;
    else if (name == "model_slow") models_.is_slow = on;
    else if (name == "signals_stale") return SetStale(on);
    else return NotFound(fmt::format("no fault \"{:.40}\": model_down, model_slow, signals_stale", name));
    return {};
  }

 private:
  // What the guard judges by: when these grow old, the car counts as moving.
  Status SetStale(bool on) {
    constexpr std::array<std::string_view, 3> kVital{"Vehicle.Speed", "Vehicle.Powertrain.Transmission.CurrentGear",
                                                     "Vehicle.Powertrain.Transmission.SelectedGear"};
    for (const std::string_view path : kVital) DC_RETURN_IF_ERROR(on ? simulator_.Freeze(path) : simulator_.Thaw(path));
    stale_ = on;
    return {};
  }

  vehicle::Simulator& simulator_;
  FaultyClient& models_;
  std::atomic<bool> stale_{false};
};

// Everything of a running cockpit, in the order in which it is made.
class LiveCar {
 public:
  static Result<std::unique_ptr<LiveCar>> Make(const std::filesystem::path& home, const ServeOptions& options) {
    std::unique_ptr<LiveCar> car(new LiveCar);
    DC_ASSIGN_OR_RETURN(car->knowledge_, Knowledge::Load(home, options.map, options.manuals));
    const Catalogue& catalogue = car->knowledge_->catalogue;
    car->store_ = std::make_unique<vehicle::SignalStore>(catalogue, car->clock_);
    car->simulator_ = std::make_unique<vehicle::Simulator>(*car->store_);
    DC_RETURN_IF_ERROR(car->simulator_->SelectScenario(options.scenario));
    car->audit_ = safety::AuditLog::InMemory(car->clock_);
    if (!options.audit_directory.empty()) {
      DC_ASSIGN_OR_RETURN(car->audit_, safety::AuditLog::Open({.directory = options.audit_directory}, car->clock_));
    }
    car->actuator_ = std::make_unique<safety::GuardedActuator>(*car->store_, *car->knowledge_->guard, car->clock_, car->audit_.get());
    DC_RETURN_IF_ERROR(car->OpenMemory(options.state_directory));
    DC_RETURN_IF_ERROR(car->OpenModels(home, options.state_directory));
    car->faults_ = std::make_unique<Faults>(*car->simulator_, car->models_->faults());
    DC_ASSIGN_OR_RETURN(auto speech, speech::LoadSettings(speech::SettingsPath(llm::SystemEnvironment), llm::SystemEnvironment));
    car->speech_ = std::make_unique<speech::Speech>(std::move(speech));
    DC_ASSIGN_OR_RETURN(car->outside_, LoadOutside(options.services, llm::SystemEnvironment));
    car->pictures_ = MakePictures(car->outside_, [live = car.get()] { return live->Secrets(); });
    car->services_ = std::make_unique<ServiceSet>(*car->knowledge_, *car->store_, *car->actuator_, car->clock_, car->memory_.get(),
                                                  &car->outside_, options.state_directory);
    car->proposer_ = std::make_unique<agent::Proposer>(
        *car->knowledge_->proposals, car->clock_, [live = car.get()](const auto& proposal, auto what) { live->Propose(proposal, what); });
    car->cockpit_ = std::make_unique<agent::Cockpit>(
        agent::Cockpit::Parts{catalogue,
                              *car->knowledge_->phrasebook,
                              *car->store_,
                              *car->actuator_,
                              car->clock_,
                              {},
                              car->knowledge_->student_or_null(),
                              car->models_->is_empty() ? nullptr : &car->models_->matrix(),
                              car->knowledge_->OutsideTools(car->outside_, [live = car.get()] { return live->Secrets(); }),
                              &car->services_->desk(),
                              car->proposer_.get(),
                              car->pictures_.get()});
    car->runner_ = std::make_unique<CockpitRunner>(*car->cockpit_, car->services_->foresight(), catalogue);
    car->journey_ =
        std::make_unique<Journey>(car->services_->navigation(), car->services_->navigation_service(), *car->simulator_, car->clock_);
    car->cockpit_->SetEventSink([live = car.get()](const OrderedJson& event) { live->Publish(event); });
    return car;
  }

  server::Services Services() {
    server::Services services{
        knowledge_->catalogue,
        *store_,
        *runner_,
        *audit_,
        clock_,
        [this](SignalId signal, const Value& value) { return simulator_->SetSensor(signal, value); },
        [this](const std::string& name, std::optional<std::uint64_t> seed) { return simulator_->SelectScenario(name, seed); },
        [this] {
          return OrderedJson{{"name", simulator_->scenario()}, {"names", vehicle::Simulator::ScenarioNames()}};
        }};
    services.chat = &models_->matrix();
    services.models = [this] { return models_->matrix().StatusJson(); };
    services.model_usage = [this](int days) { return models_->meter().ToJson(days); };
    services.memory = [this] { return memory_->Export(std::nullopt); };
    services.forget = [this](std::int64_t id) { return Forget(id); };
    services.trip = [this] { return services_->desk().Trip(); };
    if (pictures_ != nullptr) services.picture = [this](std::string_view id) { return PictureOf(id); };
    if (outside_.map == nullptr) services.roads = [this](const auto& box) { return Roads(box); };
    if (speech_->hears()) {
      services.transcribe = [this](const std::string& wav, const std::string& language) { return speech_->Transcribe(wav, language); };
    }
    if (speech_->speaks()) services.speak = [this](const std::string& text) { return speech_->Speak(text); };
    services.faults = [this] { return faults_->ToJson(); };
    services.set_fault = [this](const std::string& name, bool on) { return faults_->Set(name, on); };
    return services;
  }

  // Who hears what happens; none by default.
  void SetPublisher(server::Server* publisher) { publisher_ = publisher; }
  agent::Cockpit& cockpit() { return *cockpit_; }
  agent::Proposer& proposer() { return *proposer_; }
  vehicle::Simulator& simulator() { return *simulator_; }
  vehicle::SignalStore& store() { return *store_; }
  agent::Foresight& foresight() { return services_->foresight(); }

  // What waited for its time when the program ended waits again; what was learned from yes and no is still known.
  void TakeUp() {
    routines_.TakeUp(*memory_, [this](const Json& json) { return cockpit_->LoadRoutines(json); });
    learned_.TakeUp(*memory_, [this](const Json& json) { return proposer_->SetLearned(json); });
  }

  // Ten times a second.
  void Tick() {
    cockpit_->Tick();
    if (journey_->Step()) Publish({{"type", "trip"}, {"plan", services_->desk().Trip()}});
    if (ticks_ % kTicksOfSaving == 0) Keep();
    if (ticks_ % kTicksOfForesight == 0) services_->foresight().Tell(*proposer_);
    ++ticks_;
  }

  void Keep() {
    routines_.Keep(*memory_, cockpit_->SaveRoutines());
    learned_.Keep(*memory_, proposer_->Learned());
  }

 private:
  static constexpr unsigned kTicksOfSaving = 10, kTicksOfForesight = 50;

  LiveCar() = default;

  Status OpenMemory(const std::filesystem::path& folder) {
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    DC_ASSIGN_OR_RETURN(memory_, memory::Memory::Open(folder.empty() ? folder : folder / "memory.db", clock_));
    if (!memory_->notice().empty()) std::cerr << "deepcabin: " << memory_->notice() << "\n";
    return {};
  }

  Status OpenModels(const std::filesystem::path& home, const std::filesystem::path& state) {
    const auto secrets = [this] { return Secrets(); };
    const auto observer = [this](const OrderedJson& event) { Publish(event); };
    DC_ASSIGN_OR_RETURN(models_, LargeModels::Load(home, state.empty() ? StateFolder() : state, clock_, secrets, observer));
    return {};
  }

  // Names and places that memory holds must not leave the car.
  std::shared_ptr<const llm::SecretDictionary> Secrets() {
    std::vector<llm::Secret> secrets;
    const auto facts = memory_->Recall({});
    for (const memory::Fact& fact : facts ? *facts : std::vector<memory::Fact>{}) {
      if (fact.kind == memory::FactKind::kPerson) secrets.push_back({.kind = "name", .text = fact.value});
      if (fact.kind == memory::FactKind::kPlace) secrets.push_back({.kind = "place", .text = fact.value});
    }
    return std::make_shared<const llm::SecretDictionary>(secrets);
  }

  OrderedJson Roads(const std::array<double, 4>& box) const {
    constexpr std::size_t kRoadsMax = 6'000;  // as many as the page draws
    OrderedJson features = OrderedJson::array();
    for (const auto& road : knowledge_->map->Roads({box[1], box[0]}, {box[3], box[2]}, kRoadsMax)) {
      OrderedJson line = OrderedJson::array();
      for (const skills::Position& point : road) line.push_back({point.lon, point.lat});
      features.push_back({{"type", "Feature"},
                          {"properties", OrderedJson::object()},
                          {"geometry", {{"type", "LineString"}, {"coordinates", std::move(line)}}}});
    }
    return {{"type", "FeatureCollection"}, {"features", std::move(features)}};
  }

  std::optional<server::Services::Picture> PictureOf(std::string_view id) const {
    const auto picture = pictures_->Find(id);
    if (picture == nullptr) return std::nullopt;
    return server::Services::Picture{picture->content_type, {picture, &picture->bytes}};
  }

  Status Forget(std::int64_t id) {
    DC_ASSIGN_OR_RETURN(const auto facts, memory_->Recall({}));
    for (const memory::Fact& fact : facts) {
      if (fact.id != id) continue;
      DC_ASSIGN_OR_RETURN([[maybe_unused]] const std::size_t gone,
                          memory_->Forget({.occupant = fact.occupant, .key = fact.key, .kind = fact.kind, .text = fact.value}));
      return {};
    }
    return NotFound(fmt::format("there is no fact {}", id));
  }

  void Propose(const agent::Proposal& proposal, agent::ProposalEvent what) {
    if (what != agent::ProposalEvent::kMade) {
      Publish({{"type", "proposal.closed"}, {"id", proposal.id}, {"answer", "expired"}});
      return;
    }
    if (proposal.unasked) cockpit_->React(proposal);
    OrderedJson event = {{"type", "proposal"}};
    event.update(agent::ProposalToJson(proposal, knowledge_->catalogue));
    Publish(event);
  }

  void Publish(const OrderedJson& event) const {
    if (server::Server* publisher = publisher_) publisher->Publish(event);
  }

  const SystemClock clock_{};
  std::unique_ptr<Knowledge> knowledge_;
  std::unique_ptr<vehicle::SignalStore> store_;
  std::unique_ptr<vehicle::Simulator> simulator_;
  std::unique_ptr<safety::AuditLog> audit_;
  std::unique_ptr<safety::GuardedActuator> actuator_;
  std::unique_ptr<memory::Memory> memory_;
  Kept routines_{"routines"}, learned_{"proposals"};
  unsigned ticks_ = 0;
  std::atomic<server::Server*> publisher_{nullptr};
  std::unique_ptr<LargeModels> models_;
  OutsideServices outside_;
  std::unique_ptr<agent::Pictures> pictures_;
  std::unique_ptr<Faults> faults_;
  std::unique_ptr<speech::Speech> speech_;
  std::unique_ptr<ServiceSet> services_;
  std::unique_ptr<agent::Proposer> proposer_;
  std::unique_ptr<agent::Cockpit> cockpit_;
  std::unique_ptr<CockpitRunner> runner_;
  std::unique_ptr<Journey> journey_;
};

}  // namespace

int Serve(const std::filesystem::path& home, const ServeOptions& options) {
  const auto made = LiveCar::Make(home, options);
  if (!made) return Complain(made.error());
  LiveCar& car = **made;
  server::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.token_file = options.token_file;
  server_options.tls_certificate_file = options.tls_cert;
  server_options.tls_key_file = options.tls_key;
  server_options.client_keys_file = options.client_keys;
  server_options.allow_hosts = options.allow_hosts;
  server_options.stop_on_signals = true;
  auto server = server::Server::Create(server_options, car.Services());
  if (!server) return Complain(server.error());
  // The bare pointer: while the server goes it waits for turns that still publish, and by then its owner is already empty.
  car.SetPublisher(server->get());
  std::cout << fmt::format("DeepCabin listens on {}", (*server)->Url()) << std::endl;
  Status ended;
  {
    const vehicle::SimulatorThread running(car.simulator());
    car.TakeUp();
    const Ticker ticker(std::chrono::milliseconds(100), [&car] { car.Tick(); });
    const Ticker outlook(std::chrono::minutes(5), [&car] { car.foresight().AskOutside(); });
    const Watcher watcher(car.proposer(), car.store());
    ended = (*server)->Run();
    car.cockpit().StopThinking();
    car.Keep();
  }
  server->reset();  // before the cockpit that its workers use
  car.SetPublisher(nullptr);
  if (!ended) return Complain(ended.error());
  return kOk;
}

}  // namespace deepcabin::cli
