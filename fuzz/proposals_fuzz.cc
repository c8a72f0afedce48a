// The rules of proposals as YAML: a broken file is refused with its line, and one that loads can be fed with anything.

#include "agent/proposals/proposer.h"
#include "fuzz/fuzz.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto book = agent::Rulebook::Parse({{"fuzz.yaml", std::string(fuzz::Text(data, size))}}, fuzz::SmallCar());
  if (!book) {
    fuzz::Promise(book.error().message.starts_with("fuzz.yaml:"), "a refusal names the file");
    return 0;
  }
  SimulatedClock clock;
  std::size_t made = 0;
  agent::Proposer proposer(*book, clock,
                           [&](const agent::Proposal&, agent::ProposalEvent event) { made += event == agent::ProposalEvent::kMade; },
                           {.utc_offset = std::chrono::minutes(0)});
  for (std::size_t i = 0; i < 40; ++i) {
    const double number = size == 0 ? 0 : data[i % size];
    for (const SignalId signal : proposer.signals()) {
      const auto type = fuzz::SmallCar().signal(signal).type;
      vehicle::Update update{signal, {}};
      update.datapoint.current = IsNumeric(type) || type == DataType::kBoolean ? NumberToValue(number, type) : Value(std::string("x"));
      proposer.OnSignals({&update, 1});
    }
    clock.Advance(std::chrono::seconds(7));
    proposer.Tick();
    fuzz::Promise(proposer.Open().size() <= 3, "at most three are open");
  }
  return 0;
}
