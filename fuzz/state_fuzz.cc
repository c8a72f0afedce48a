// Signals set from JSON (`ask --state`): all or nothing, and the simulated car goes on living.

#include <chrono>

#include "fuzz/fuzz.h"
#include "vehicle/simulator.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SimulatedClock clock;
  static vehicle::SignalStore store(fuzz::SmallCar(), clock);
  static vehicle::Simulator simulator(store);
  const auto json = ParseJson(fuzz::Text(data, size));
  if (!json) return 0;
  simulator.Reset();
  if (simulator.SetState(*json)) simulator.Settle(clock, std::chrono::seconds(2));
  return 0;
}
