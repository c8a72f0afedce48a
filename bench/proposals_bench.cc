// What proposals cost: one signal change over the rules that ship (budget: 50 µs over 60 rules), a tick, and reading a sentence for memory.
//   proposals_bench [Google Benchmark's options]; reads catalogue/ and proposals/ of the working folder

#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

#include "agent/proposals/proposer.h"
#include "base/random.h"
#include "skills/memory/statements.h"

namespace deepcabin::agent {
namespace {

struct Loaded {
  Loaded() : catalogue(std::move(*Catalogue::Load("catalogue"))), book(std::move(*Rulebook::Load("proposals", catalogue))) {}
  Catalogue catalogue;
  Rulebook book;
};

const Loaded& TheLoaded() {
  static const Loaded loaded;
  return loaded;
}

// Random changes of `signals`, in advance.
std::vector<vehicle::Update> Changes(const std::vector<SignalId>& signals) {
  Random random(3);
  std::vector<vehicle::Update> changes;
  for (int i = 0; i < 4096; ++i) {
    const SignalId id = signals[random.Below(signals.size())];
    const SignalSpec& spec = TheLoaded().catalogue.signal(id);
    vehicle::Update update{id, {}};
    if (spec.type == DataType::kString) {
      update.datapoint.current = spec.allowed.empty() ? std::string("x") : spec.allowed[random.Below(spec.allowed.size())];
    } else {
      update.datapoint.current = NumberToValue(std::round(random.Uniform() * 120), spec.type);
    }
    changes.push_back(std::move(update));
  }
  return changes;
}

void Run(benchmark::State& state, const std::vector<SignalId>& signals) {
  SimulatedClock clock;
  Proposer proposer(TheLoaded().book, clock, [](const Proposal&, ProposalEvent) {}, {.utc_offset = std::chrono::minutes(0)});
  for (const SignalId id : proposer.signals()) {
    const vehicle::Update update{id, {.current = TheLoaded().catalogue.signal(id).initial, .target = {}}};
    proposer.OnSignals({&update, 1});
  }
  const auto changes = Changes(signals.empty() ? proposer.signals() : signals);
  std::size_t at = 0;
  for (auto _ : state) {
    proposer.OnSignals({&changes[at++ % changes.size()], 1});
    if (at % 64 == 0) clock.Advance(std::chrono::milliseconds(100));
  }
  state.counters["rules"] = static_cast<double>(TheLoaded().book.rules().size());
}

void BM_AnySignal(benchmark::State& state) { Run(state, {}); }
BENCHMARK(BM_AnySignal);

// The signals that most rules look at.
void BM_Speed(benchmark::State& state) { Run(state, {*TheLoaded().catalogue.FindSignal("Vehicle.Speed")}); }
BENCHMARK(BM_Speed);
void BM_Ignition(benchmark::State& state) { Run(state, {*TheLoaded().catalogue.FindSignal("Vehicle.LowVoltageSystemState")}); }
BENCHMARK(BM_Ignition);

void BM_Tick(benchmark::State& state) {
  SimulatedClock clock;
  Proposer proposer(TheLoaded().book, clock, [](const Proposal&, ProposalEvent) {}, {.utc_offset = std::chrono::minutes(0)});
  for (auto _ : state) {
    clock.Advance(std::chrono::milliseconds(100));
    proposer.Tick();
  }
}
BENCHMARK(BM_Tick);

void BM_Statement(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(memory::ParseStatements("把空调调到二十四度，再帮我找个不辣的餐厅"));
}
BENCHMARK(BM_Statement);

}  // namespace
}  // namespace deepcabin::agent

BENCHMARK_MAIN();
