// `./dev bench`: measures the budgets of the design, warm and repeated, and writes the table.
//   deepcabin_bench [--home DIR] [--write FILE]

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "cli/car.h"
#include "understanding/sampler.h"

namespace deepcabin {
namespace {

using Steady = std::chrono::steady_clock;

double MsSince(Steady::time_point start) { return std::chrono::duration<double, std::milli>(Steady::now() - start).count(); }

struct Quantiles {
  double p50 = 0, p99 = 0;
};

Quantiles Of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) { return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))]; };
  return {at(0.5), at(0.99)};
}

// What people say, as often as the evaluation text has it: commands, chat, half sentences.
std::vector<std::string> Sentences(const std::filesystem::path& home) {
  std::vector<std::string> sentences;
  std::ifstream in(home / "eval" / "seen.jsonl");
  for (std::string line; std::getline(in, line);) {
    const auto json = ParseJson(line);
    if (!json || !json->contains("turns")) continue;
    for (const Json& turn : (*json)["turns"]) sentences.push_back(turn.get<std::string>());
  }
  return sentences;
}

struct Row {
  std::string what, budget, measured;
};

Row PhrasebookMatch(const cli::Knowledge& knowledge, const std::vector<std::string>& sentences) {
  std::vector<double> ms;
  understanding::Context context;
  for (int round = 0; round < 12; ++round) {
    for (const std::string& sentence : sentences) {
      const auto start = Steady::now();
      const auto understood = knowledge.phrasebook->Understand(sentence, context);
      if (understood && round > 1) ms.push_back(MsSince(start));
    }
  }
  const Quantiles q = Of(ms);
  return {"phrasebook match, p50 / p99", "- / 0.2 ms", fmt::format("{:.3f} / {:.3f} ms", q.p50, q.p99)};
}

// A whole sentence to a frame, confidence and what it thinks of the phrasebook's reading aside; those of about twenty characters apart.
Row StudentThinks(const cli::Knowledge& knowledge, const std::vector<std::string>& sentences) {
  constexpr const char* kWhat = "student, utterance of 16 to 24 characters to frame, one thread, p50 / p99";
  if (!knowledge.student) return {kWhat, "8 / 20 ms", "no weights"};
  std::vector<double> ms;
  const understanding::Context context;
  for (int round = 0; round < 3; ++round) {
    for (const std::string& sentence : sentences) {
      const auto text = knowledge.phrasebook->normaliser().Run(sentence);
      if (!text || text->text.size() < 16 || text->text.size() > 24) continue;
      const auto start = Steady::now();
      const auto thought = knowledge.student->Understand(*text, context, {});
      if (thought && round > 0) ms.push_back(MsSince(start));
    }
  }
  const Quantiles q = Of(ms);
  return {kWhat, "8 / 20 ms", fmt::format("{:.3f} / {:.3f} ms", q.p50, q.p99)};
}

// Lines with noise, fillers and several commands, written as JSON; what has to be read before is not counted.
Row SamplerLines(const cli::Knowledge& knowledge, const std::filesystem::path& home) {
  constexpr int kLines = 500'000;
  const std::string what = "sampler, lines/s on one core";
  const auto book = understanding::Phrasebook::Load(home / "phrasebook", knowledge.catalogue, {});  // with what is needed to write
  const auto fillers = understanding::Fillers::Load(home / "phrasebook" / "fillers", knowledge.catalogue);
  if (!book || !fillers) return {what, "200,000", "the phrasebook cannot be read"};
  understanding::SampleOptions options;
  options.fillers = &*fillers;
  understanding::Sampler sampler(*book, options, 1);
  std::string piece;
  const auto start = Steady::now();
  for (int i = 0; i < kLines; ++i) {
    if (piece.size() > 1u << 16) piece.clear();
    AppendSampleJson(sampler.Next(), knowledge.catalogue, piece);
  }
  return {what, "200,000", fmt::format("{:.0f}", kLines / MsSince(start) * 1000)};
}

// From the text to the target standing in the signal store (a turn on simulated time, less the wait for what moves).
Row UtteranceToSignal(const cli::Knowledge& knowledge, const std::vector<std::string>& sentences) {
  cli::SimulatedCar car(knowledge);
  std::vector<double> ms;
  for (int round = 0; round < 4; ++round) {
    for (std::size_t i = 0; i < sentences.size(); ++i) {
      if (i % 50 == 0) car.StartOver();
      const std::string& sentence = sentences[i];
      const auto start = Steady::now();
      const auto result = car.cockpit().Run({"", sentence, Zone::kRow1Left, std::nullopt, false});
      if (result && round > 0) ms.push_back(MsSince(start) - result->times.vehicle_ms);
    }
  }
  const Quantiles q = Of(ms);
  return {"utterance to signal written, fast path, p50 / p99", "- / 30 ms", fmt::format("{:.3f} / {:.3f} ms", q.p50, q.p99)};
}

Row StoreUpdates(const cli::Knowledge& knowledge) {
  constexpr int kSubscriptions = 10'000;
  constexpr int kUpdates = 2'000'000;
  const SystemClock clock;
  vehicle::SignalStore store(knowledge.catalogue, clock);
  vehicle::DefaultVehicle(store);
  const SignalId speed = knowledge.catalogue.FindSignal("Vehicle.Speed").value_or(0);
  std::vector<std::unique_ptr<vehicle::Subscription>> subscriptions;
  for (int i = 0; i < kSubscriptions; ++i) {
    const SignalId ids[] = {speed, static_cast<SignalId>(i % static_cast<int>(knowledge.catalogue.signals().size()))};
    if (auto subscription = store.Subscribe(ids)) subscriptions.push_back(std::move(*subscription));
  }
  const auto start = Steady::now();
  for (int i = 0; i < kUpdates; ++i) {
    const vehicle::Publication publication{speed, Value(static_cast<double>(i % 200))};
    if (!store.Publish({&publication, 1})) return {"signal store", "", "publishing failed"};
  }
  const double seconds = MsSince(start) / 1000;
  return {"signal store, updates/s with subscriptions", "1,000,000 with 10,000",
          fmt::format("{:.0f} with {}", kUpdates / seconds, subscriptions.size())};
}

Row Memory() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS:"))
      return {"memory, everything loaded", "200 MB", fmt::format("{:.0f} MB", std::stod(line.substr(6)) / 1024)};
  }
  return {"memory, everything loaded", "200 MB", "not readable"};
}

std::string Machine() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line;
  while (std::getline(cpuinfo, line)) {
    if (line.starts_with("model name"))
      return fmt::format("{}, {} cores", line.substr(line.find(':') + 2), std::thread::hardware_concurrency());
  }
  return "unknown machine";
}

std::string Table(const std::vector<Row>& rows) {
  std::ostringstream out;
  out << "| what | budget | measured |\n|---|---|---|\n";
  for (const Row& row : rows) out << "| " << row.what << " | " << row.budget << " | " << row.measured << " |\n";
  return out.str();
}

int Run(const std::string& home, const std::string& file) {
  const auto start = Steady::now();
  const std::filesystem::path found = cli::FindHome(home);
  const auto knowledge = cli::Knowledge::Load(found);
  if (!knowledge) {
    std::cerr << "deepcabin_bench: " << knowledge.error().message << "\n";
    return 2;
  }
  const cli::SimulatedCar car(**knowledge);
  const double start_ms = MsSince(start);
  const std::vector<std::string> sentences = Sentences(found);
  if (sentences.empty()) {
    std::cerr << "deepcabin_bench: no sentences in eval/seen.jsonl\n";
    return 2;
  }
  std::vector<Row> rows;
  rows.push_back({"start to ready (one cold run)", "1 s", fmt::format("{:.2f} s", start_ms / 1000)});
  rows.push_back(Memory());
  rows.push_back(PhrasebookMatch(**knowledge, sentences));
  rows.push_back(StudentThinks(**knowledge, sentences));
  rows.push_back(UtteranceToSignal(**knowledge, sentences));
  rows.push_back(SamplerLines(**knowledge, found));
  rows.push_back(StoreUpdates(**knowledge));
  const std::string table = Table(rows);
  std::cout << table;
  if (file.empty()) return 0;
  const std::time_t now = std::time(nullptr);
  char date[16];
  std::strftime(date, sizeof(date), "%Y-%m-%d", std::gmtime(&now));
  std::ofstream out(file);
  out << "# Benchmarks\n\nMade by `./dev bench` on " << date << ": " << Machine()
      << ".\nWarm and repeated unless a row says otherwise; shared machines are noisy, so compare ratios before seconds.\n\n"
      << table
      << "\nNot measured here: signal change to web page (p99 50 ms; `npm --prefix hmi run latency`, numbers in hmi/README.md), and full "
         "build "
         "from clean (6 min). What the student and its engine reach: student.md, engine.md.\n";
  return out ? 0 : 1;
}

}  // namespace
}  // namespace deepcabin

int main(int argc, char** argv) {
  std::string home;
  std::string file;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--home") == 0) home = argv[i + 1];
    if (std::strcmp(argv[i], "--write") == 0) file = argv[i + 1];
  }
  return deepcabin::Run(home, file);
}
