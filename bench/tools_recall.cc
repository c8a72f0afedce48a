// tools_recall FILE…: how often the capabilities that are meant are among those that a large model gets to see, and how long finding them
// takes. Files as for `deepcabin eval`.

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "agent/retrieval.h"
#include "agent/slow_path.h"
#include "cli/car.h"
#include "cli/dialogue.h"

namespace deepcabin::cli {
namespace {

// Of this thread: other programs on the machine do not count.
double CpuMs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Share {
  std::size_t found = 0, wanted = 0;
  void Add(const Share& other) {
    found += other.found;
    wanted += other.wanted;
  }
  double percent() const { return wanted == 0 ? 100 : 100.0 * static_cast<double>(found) / static_cast<double>(wanted); }
};

Share ShareOf(const Json& gold, const std::vector<CapabilityId>& got, const Catalogue& catalogue) {
  Share share;
  for (const Json& call : gold) {
    if (!call.is_object() || !call.contains("capability") || !call["capability"].is_string()) continue;
    const Capability* capability = catalogue.FindCapability(call["capability"].get<std::string>());
    ++share.wanted;
    share.found += capability != nullptr && std::find(got.begin(), got.end(), capability->id) != got.end() ? 1u : 0u;
  }
  return share;
}

class Recall {
 public:
  explicit Recall(const Knowledge& knowledge)
      : knowledge_(knowledge), retrieval_(knowledge.catalogue, *knowledge.phrasebook),
        understander_(*knowledge.phrasebook, knowledge.student_or_null()) {}

  Status Add(const std::string& line);
  void Print();

 private:
  const Knowledge& knowledge_;
  agent::Retrieval retrieval_;
  understanding::Understander understander_;
  Share by_words_, with_hints_;
  std::vector<double> times_ms_;
};

// The last turn may be meant in several ways: the one that is found best counts.
Status Recall::Add(const std::string& line) {
  DC_ASSIGN_OR_RETURN(const Json json, ParseJson(line));
  DC_ASSIGN_OR_RETURN(const Dialogue dialogue, Dialogue::FromJson(json));
  const Json gold = json.value("gold", Json::array());
  if (gold.size() != dialogue.turns.size()) return InvalidArgument("`gold` has not one list a turn");
  std::vector<Call> last_calls;
  std::string before;
  for (std::size_t i = 0; i < dialogue.turns.size(); ++i) {
    understanding::Context context;
    context.speaker = dialogue.speaker;
    context.last_calls = last_calls;
    DC_ASSIGN_OR_RETURN(const auto understood, understander_.Understand(dialogue.turns[i], context));
    agent::Retrieval::Query query{dialogue.turns[i], before, {}, {}};
    for (const Call& call : last_calls) query.recent.push_back(call.capability);
    const double start = CpuMs();
    const auto by_words = retrieval_.Find(query, agent::kCardsCount);
    times_ms_.push_back(CpuMs() - start);
    query.hints = understood.guesses;
    for (const Call& call : understood.frame.calls) query.hints.push_back(call.capability);
    const auto with_hints = retrieval_.Find(query, agent::kCardsCount);
    std::vector<Json> readings{gold[i]};
    if (i + 1 == dialogue.turns.size()) {
      for (const Json& other : json.value("alt", Json::array())) readings.push_back(other);
    }
    const auto best = [&](const std::vector<CapabilityId>& got) {
      Share found = ShareOf(readings.front(), got, knowledge_.catalogue);
      for (const Json& reading : readings) {
        const Share share = ShareOf(reading, got, knowledge_.catalogue);
        if (found.wanted > 0 && share.wanted > 0 && share.percent() > found.percent()) found = share;
      }
      return found;
    };
    by_words_.Add(best(by_words));
    with_hints_.Add(best(with_hints));
    if (!understood.frame.calls.empty()) last_calls = understood.frame.calls;
    before = dialogue.turns[i];
  }
  return {};
}

void Recall::Print() {
  std::sort(times_ms_.begin(), times_ms_.end());
  const auto at = [&](double share) {
    return times_ms_.empty() ? 0 : times_ms_[static_cast<std::size_t>(share * static_cast<double>(times_ms_.size() - 1))];
  };
  std::cout << fmt::format(
      "recall@{}: {:.2f} % by words alone, {:.2f} % with the fast path's hints, of {} capabilities in {} turns\n"
      "retrieval: p50 {:.2f} ms, p99 {:.2f} ms, slowest {:.2f} ms of processor time\n",
      agent::kCardsCount, by_words_.percent(), with_hints_.percent(), by_words_.wanted, times_ms_.size(), at(0.5), at(0.99), at(1));
}

int Measure(const std::vector<std::string>& files) {
  const auto knowledge = Knowledge::Load(FindHome(""));
  if (!knowledge) {
    std::cerr << knowledge.error().message << "\n";
    return 1;
  }
  Recall recall(**knowledge);
  for (const std::string& file : files) {
    std::ifstream in(file);
    std::size_t number = 0;
    while (auto line = ReadLine(in)) {
      ++number;
      const Status added = *line ? recall.Add(**line) : Status(line->error());
      if (!added) {
        std::cerr << fmt::format("{}:{}: {}\n", file, number, added.error().message);
        return 2;
      }
    }
  }
  recall.Print();
  return 0;
}

}  // namespace
}  // namespace deepcabin::cli

int main(int argc, char** argv) { return deepcabin::cli::Measure(std::vector<std::string>(argv + 1, argv + argc)); }
