// The signal store under load: updates a second with 10,000 subscriptions open (budget: 1,000,000), and what resetting and settling a car
// cost. Every update changes its value, so every update is news to somebody.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "base/random.h"
#include "vehicle/signal_store.h"
#include "vehicle/simulator.h"
#include "vehicle/vehicle_for_test.h"

namespace deepcabin::vehicle {
namespace {

constexpr std::size_t kSignals = 2500;
constexpr std::size_t kSubscriptions = 10'000;

Catalogue WideCatalogue() {
  std::string text = "area: bench\nsignals:\n";
  for (std::size_t i = 0; i < kSignals; ++i) {
    text += fmt::format("  - {{path: Vehicle.Cabin.Seat.Bench{}.Position, node: actuator, type: {}, min: 0, max: 100000}}\n", i,
                        i % 2 == 0 ? "float" : "uint32");
  }
  return std::move(*Catalogue::Parse({{"bench.yaml", text}}));
}

// One store for all threads of a run. `per_subscription` signals are named by each; 0: each subscribes to every signal.
struct Load {
  explicit Load(std::size_t per_subscription) {
    Random random(1);
    for (std::size_t i = 0; i < kSubscriptions; ++i) {
      std::vector<SignalId> signals;
      for (std::size_t k = 0; k < per_subscription; ++k) signals.push_back(static_cast<SignalId>(random.Below(kSignals)));
      subscriptions.push_back(std::move(*store.Subscribe(signals)));
    }
  }
  Catalogue catalogue = WideCatalogue();
  SystemClock clock;
  SignalStore store{catalogue, clock};
  std::vector<std::unique_ptr<Subscription>> subscriptions;
};

std::unique_ptr<Load> g_load;

void SetUp(const benchmark::State& state) { g_load = std::make_unique<Load>(static_cast<std::size_t>(state.range(0))); }
void TearDown(const benchmark::State&) { g_load.reset(); }

void BM_Publish(benchmark::State& state) {
  Random random(static_cast<std::uint64_t>(state.thread_index()) + 2);
  std::int64_t count = 0;
  Publication publication;
  for (auto _ : state) {
    publication.signal = static_cast<SignalId>(random.Below(kSignals));
    const std::int64_t number = ++count % 100000;
    if (publication.signal % 2 == 0) publication.value = static_cast<double>(number) + 0.5;
    else publication.value = number;
    if (!g_load->store.Publish({&publication, 1})) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(count);
}
BENCHMARK(BM_Publish)
    ->ArgName("signals_per_subscription")
    ->Arg(1)
    ->Arg(10)
    ->Arg(0)
    ->Setup(SetUp)
    ->Teardown(TearDown)
    ->Threads(1)
    ->Threads(2)
    ->UseRealTime();

// Readers that really read: the writer publishes, and after every thousand updates a tenth of the subscribers take what has come.
void BM_PublishAndTake(benchmark::State& state) {
  Random random(3);
  std::vector<Update> updates;
  std::int64_t count = 0;
  std::size_t reader = 0;
  for (auto _ : state) {
    const Publication publication{static_cast<SignalId>(random.Below(kSignals / 2) * 2), static_cast<double>(++count % 100000)};
    if (!g_load->store.Publish({&publication, 1})) state.SkipWithError("refused");
    if (count % 1000 != 0) continue;
    for (std::size_t i = 0; i < kSubscriptions / 10; ++i) {
      g_load->subscriptions[reader++ % kSubscriptions]->Take(updates, std::chrono::milliseconds(0));
    }
  }
  state.SetItemsProcessed(count);
}
BENCHMARK(BM_PublishAndTake)->ArgName("signals_per_subscription")->Arg(10)->Setup(SetUp)->Teardown(TearDown)->UseRealTime();

void BM_Get(benchmark::State& state) {
  Load load(0);
  DefaultVehicle(load.store);
  Random random(4);
  for (auto _ : state) benchmark::DoNotOptimize(load.store.Get(static_cast<SignalId>(random.Below(kSignals))));
}
BENCHMARK(BM_Get);

void BM_ResetVehicle(benchmark::State& state) {
  const Catalogue catalogue = WideCatalogue();
  SimulatedClock clock;
  SignalStore store(catalogue, clock);
  Simulator simulator(store);
  for (auto _ : state) simulator.Reset();
}
BENCHMARK(BM_ResetVehicle)->Unit(benchmark::kMicrosecond);

void BM_StepVehicle(benchmark::State& state) {
  const Catalogue catalogue = WideCatalogue();
  SimulatedClock clock;
  SignalStore store(catalogue, clock);
  Simulator simulator(store);
  for (auto _ : state) simulator.Step(std::chrono::milliseconds(20));
}
BENCHMARK(BM_StepVehicle);

// Four things that travel for four seconds: all windows, as `ask --batch` sees them.
void BM_SettleFourWindows(benchmark::State& state) {
  std::string text = "area: bench\nsignals:\n";
  for (int i = 0; i < 4; ++i) {
    text += fmt::format(
        "  - {{path: Vehicle.Cabin.Door.Row{}.DriverSide.Window.Position, node: actuator, type: uint8, min: 0, max: 100}}\n", i + 1);
  }
  const Catalogue catalogue = std::move(*Catalogue::Parse({{"bench.yaml", text}}));
  SimulatedClock clock;
  SignalStore store(catalogue, clock);
  Simulator simulator(store);
  std::int64_t goal = 100;
  for (auto _ : state) {
    for (SignalId window = 0; window < 4; ++window) {
      const Actuation actuation{window, goal};
      if (!safety::GuardedActuator::Of(store).Actuate({&actuation, 1})) state.SkipWithError("refused");
    }
    if (simulator.Settle(clock, std::chrono::seconds(30)) != std::chrono::seconds(4)) state.SkipWithError("not settled");
    goal = 100 - goal;
  }
}
BENCHMARK(BM_SettleFourWindows)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace deepcabin::vehicle

BENCHMARK_MAIN();
