// api_test_server --routes          prints the route table, a JSON object a line
// api_test_server CATALOGUE_DIR [--listen ADDRESS]  serves on a free loopback port until SIGTERM, with a cockpit that answers by script

#include <atomic>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "server/http_server.h"
#include "server/routes.h"
#include "vehicle/simulator.h"

namespace {

using namespace deepcabin;

void PrintRoutes() {
  for (const server::Route& route : server::Routes()) {
    fmt::print("{}\n", DumpJson(OrderedJson{{"method", route.method}, {"path", route.pattern}, {"needs_token", route.needs_token}}));
  }
}

// Every kind of event a turn can cause, and an offer when asked for one.
class ScriptedTurns final : public server::TurnRunner {
 public:
  server::Server* server = nullptr;

  Result<OrderedJson> Run(const agent::TurnRequest& request) override {
    const std::string turn = request.session + "-1";
    const OrderedJson of_turn = {{"session", request.session}, {"turn", turn}};
    const OrderedJson call = {{"capability", "window.position"},
                              {"zone", "row1.left"},
                              {"op", "open"},
                              {"value", 40},
                              {"unit", "percent"},
                              {"interface", "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"},
                              {"when", {{"kind", "after"}, {"seconds", 5}}}};
    const OrderedJson latency = {{"normalise", 0.01}, {"total", 0.1}};
    Tell(of_turn, {{"type", "turn.started"}, {"text", request.text}, {"speaker", ZoneName(request.speaker)}});
    const OrderedJson frame = {{"calls", OrderedJson::array({call})},
                               {"escalation", nullptr},
                               {"confidence", 0.9},
                               {"route", "phrasebook"},
                               {"reasoning", "开窗"}};
    Tell(of_turn, frame, "turn.frame");
    Tell(of_turn, {{"type", "turn.call"},
                   {"index", 0},
                   {"call", call},
                   {"outcome", "done"},
                   {"reason", ""},
                   {"rule", "P07.parked"},
                   {"interfaces", OrderedJson::array({"Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"})}});
    Tell(of_turn, {{"type", "turn.reply"}, {"reply", "主驾车窗正在打开"}, {"latency_ms", latency}});
    Tell(of_turn, {{"type", "turn.receipt"}, {"reply", "主驾车窗已经全开"}});
    if (request.session == "offering") Tell(of_turn, OpenOffer(request.session), "offer");
    if (request.session == "offering") Tell(of_turn, {{"type", "offer.closed"}, {"answer", "expired"}});
    OrderedJson json = {{"turn", turn}, {"lang", "zh"}};
    json.update(frame);
    json["calls"][0]["outcome"] = "done";
    json["calls"][0]["reason"] = "";
    json["reply"] = "主驾车窗正在打开";
    json["latency_ms"] = latency;
    return json;
  }

  OrderedJson OpenOffer(const std::string& session) override {
    if (session != "offering") return nullptr;
    return {{"question", "打开后备箱吗？"}, {"expires_ms", 15000}, {"touch", true}};
  }

 private:
  void Tell(const OrderedJson& of_turn, const OrderedJson& fields, const std::string& type = "") {
    OrderedJson event = of_turn;
    event.update(fields);
    if (!type.empty()) event["type"] = type;
    server->Publish(event);
  }
};

// Says hello.
class ScriptedModel final : public llm::ChatModel {
 public:
  Result<llm::ChatReply> Chat(const llm::ChatRequest&, llm::ChatListener& listener, const std::stop_token&) override {
    listener.OnContent("你好");
    llm::ChatReply reply;
    reply.message.content = "你好";
    return reply;
  }
};

class OneRecord final : public safety::AuditLog {
 public:
  void Append(Json) override {}
  std::vector<Json> Tail(std::size_t) const override { return {Json{{"seq", 1}, {"what", "window.position"}}}; }
  bool degraded() const override { return false; }
};

int Serve(const std::string& catalogue_directory, const std::string& listen) {
  const auto catalogue = Catalogue::Load(catalogue_directory);
  if (!catalogue) {
    fmt::print(stderr, "{}\n", catalogue.error().message);
    return 1;
  }
  const SystemClock clock;
  vehicle::SignalStore store(*catalogue, clock);
  vehicle::Simulator simulator(store);
  ScriptedTurns turns;
  OneRecord audit;
  ScriptedModel model;
  std::atomic<int> facts = 1;
  std::atomic<bool> stale = false;
  const server::Services services{
      .catalogue = *catalogue,
      .signals = store,
      .turns = turns,
      .audit = audit,
      .clock = clock,
      .set_sensor = [&](SignalId signal, const Value& value) { return simulator.SetSensor(signal, value); },
      .set_scenario = [&](const std::string& name, std::optional<std::uint64_t> seed) { return simulator.SelectScenario(name, seed); },
      .scenario =
          [&] {
            return OrderedJson{{"name", simulator.scenario()}, {"names", vehicle::Simulator::ScenarioNames()}};
          },
      .chat = &model,
      .models =
          [] {
            return OrderedJson::array({{{"endpoint", "home"}, {"model", "r1"}, {"state", "closed"}}});
          },
      .model_usage =
          [](int) {
            return OrderedJson{{"rows", OrderedJson::array()}};
          },
      // Memory fails until its only fact is forgotten.
      .memory = [&facts]() -> Result<OrderedJson> {
        if (facts > 0) return Internal("the disk is gone");
        return OrderedJson{{"facts", OrderedJson::array()}, {"habits", OrderedJson::array()}};
      },
      .forget = [&facts](std::int64_t id) -> Status {
        if (id != 1) return NotFound("there is no such fact");
        facts = 0;
        return {};
      },
      .trip =
          [] {
            return OrderedJson{{"active", false}};
          },
      .picture = [](std::string_view id) -> std::optional<server::Services::Picture> {
        if (id != "5ee") return std::nullopt;
        return server::Services::Picture{"image/png", std::make_shared<const std::string>("\x89PNG")};
      },
      .transcribe = [](const std::string& wav, const std::string&) -> Result<std::string> {
        if (wav.empty()) return InvalidArgument("this is no WAV sound");
        if (wav.size() > 1'000) return ResourceExhausted("too long a sound");
        return std::string("打开车窗");
      },
      .speak = [](const std::string& text) -> Result<std::string> {
        if (text.size() > 1'000) return ResourceExhausted("too much to say");
        return "RIFF" + text;
      },
      .faults =
          [&stale] {
            return OrderedJson{{"faults", OrderedJson::array({{{"name", "signals_stale"}, {"on", stale.load()}}})}};
          },
      .set_fault = [&stale](const std::string& name, bool on) -> Status {
        if (name != "signals_stale") return NotFound("no such fault");
        stale = on;
        return {};
      }};
  server::ServerOptions options;
  options.listen = listen;
  options.stop_on_signals = true;
  auto server = server::Server::Create(options, services);
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().message);
    return 1;
  }
  turns.server = server->get();
  fmt::print("DeepCabin listens on {}\n", (*server)->Url());
  std::fflush(stdout);
  const vehicle::SimulatorThread drive(simulator);
  return (*server)->Run() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--routes") {
    PrintRoutes();
    return 0;
  }
  if (first.empty()) {
    fmt::print(stderr, "usage: api_test_server --routes | CATALOGUE_DIR [--listen ADDRESS]\n");
    return 2;
  }
  return Serve(first, argc > 3 && std::string(argv[2]) == "--listen" ? argv[3] : "127.0.0.1:0");
}
