// `deepcabin eval FILE.jsonl`: exact match, false actions, routes and latency.

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/dialogue.h"
#include "cli/score.h"

namespace deepcabin::cli {
namespace {

struct Count {
  int right = 0, all = 0;
};

struct Tally {
  Count overall;
  std::map<std::string, Count> by_category, by_language;
  std::map<std::string, int> routes;
  std::vector<double> latencies_ms;
  int false_actions = 0;
};

double Percent(const Count& count) { return count.all == 0 ? 0 : 100.0 * count.right / count.all; }

double Quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

class Evaluation {
 public:
  Evaluation(const Knowledge& knowledge, std::ostream* failures) : knowledge_(knowledge), car_(knowledge), failures_(failures) {}

  Status Line(const Json& json) {
    DC_ASSIGN_OR_RETURN(const Dialogue dialogue, Dialogue::FromJson(json));
    const Json golds = json.value("gold", Json());
    if (!golds.is_array() || golds.size() != dialogue.turns.size()) return InvalidArgument("`gold` has one list a turn");
    DC_ASSIGN_OR_RETURN(const auto results, RunDialogue(car_, dialogue));
    bool right = true;
    for (std::size_t i = 0; i < results.size(); ++i) {
      ++tally_.routes[results[i].frame.route];
      tally_.latencies_ms.push_back(results[i].times.total_ms);
      DC_ASSIGN_OR_RETURN(const Gold gold, Gold::FromJson(golds[i], knowledge_.catalogue));
      const Json alternatives = i + 1 == results.size() ? json.value("alt", Json::array()) : Json::array();
      DC_ASSIGN_OR_RETURN(const bool matched, AnyMatches(gold, alternatives, results[i], dialogue.speaker));
      right = right && matched;
      if (!matched && IsFalseAction(gold, results[i])) ++tally_.false_actions;
    }
    Book(json, dialogue, right);
    if (!right && failures_ != nullptr) WriteFailure(json, results);
    return {};
  }

  const Tally& tally() const { return tally_; }

 private:
  Result<bool> AnyMatches(const Gold& gold, const Json& alternatives, const agent::TurnResult& result, Zone speaker) const {
    if (Matches(gold, result, knowledge_.catalogue, speaker)) return true;
    if (!alternatives.is_array()) return InvalidArgument("`alt` is a list of lists of calls");
    for (const Json& alternative : alternatives) {
      DC_ASSIGN_OR_RETURN(const Gold other, Gold::FromJson(alternative, knowledge_.catalogue));
      if (Matches(other, result, knowledge_.catalogue, speaker)) return true;
    }
    return false;
  }

  void Book(const Json& json, const Dialogue& dialogue, bool right) {
    const std::string category = json.value("cat", "?");
    const std::string language = dialogue.language ? std::string(LanguageName(*dialogue.language)) : "auto";
    for (Count* count : {&tally_.overall, &tally_.by_category[category], &tally_.by_language[language]}) {
      ++count->all;
      count->right += right ? 1 : 0;
    }
  }

  void WriteFailure(const Json& json, const std::vector<agent::TurnResult>& results) {
    OrderedJson out = {{"id", json.value("id", Json())}, {"cat", json.value("cat", "?")}, {"turns", json["turns"]}, {"gold", json["gold"]}};
    out["alt"] = json.value("alt", Json::array());
    out["got"] = OrderedJson::array();
    for (const auto& result : results) {
      OrderedJson turn = agent::TurnToJson(result, knowledge_.catalogue);
      turn.erase("latency_ms");
      out["got"].push_back(std::move(turn));
    }
    *failures_ << DumpJson(out) << "\n";
  }

  const Knowledge& knowledge_;
  SimulatedCar car_;
  std::ostream* failures_;
  Tally tally_;
};

OrderedJson ToJson(Tally tally) {
  std::sort(tally.latencies_ms.begin(), tally.latencies_ms.end());
  OrderedJson json = {{"count", tally.overall.all}, {"exact_match", Percent(tally.overall)}, {"false_actions", tally.false_actions}};
  for (const auto& [name, count] : tally.by_category) json["by_category"][name] = {{"count", count.all}, {"exact_match", Percent(count)}};
  for (const auto& [name, count] : tally.by_language) json["by_language"][name] = {{"count", count.all}, {"exact_match", Percent(count)}};
  const double turns = static_cast<double>(std::max<std::size_t>(1, tally.latencies_ms.size()));
  for (const auto& [name, count] : tally.routes) json["routes"][name] = count / turns;
  json["latency_ms"] = {
      {"p50", Quantile(tally.latencies_ms, 0.5)}, {"p95", Quantile(tally.latencies_ms, 0.95)}, {"p99", Quantile(tally.latencies_ms, 0.99)}};
  return json;
}

void Print(const OrderedJson& json) {
  std::cout << fmt::format("exact match   {:6.2f} %  of {}\n", json["exact_match"].get<double>(), json["count"].get<int>());
  for (const char* by : {"by_language", "by_category"}) {
    if (!json.contains(by)) continue;
    for (const auto& [name, row] : json[by].items()) {
      std::cout << fmt::format("  {:<12}{:6.2f} %  of {}\n", name, row["exact_match"].get<double>(), row["count"].get<int>());
    }
  }
  std::cout << fmt::format("false actions {}\n", json["false_actions"].get<int>());
  for (const auto& [name, share] : json["routes"].items())
    std::cout << fmt::format("route {:<12}{:5.1f} %\n", name, 100 * share.get<double>());
  const auto& latency = json["latency_ms"];
  std::cout << fmt::format("latency       p50 {:.3f} ms, p95 {:.3f} ms, p99 {:.3f} ms\n", latency["p50"].get<double>(),
                           latency["p95"].get<double>(), latency["p99"].get<double>());
}

}  // namespace

int Eval(const std::filesystem::path& home, const EvalOptions& options) {
  const auto knowledge = Knowledge::Load(home);
  if (!knowledge) return Complain(knowledge.error());
  std::ofstream failures;
  if (!options.failures.empty()) {
    failures.open(options.failures);
    if (!failures) return Complain(InvalidArgument(fmt::format("cannot write {}", options.failures)));
  }
  Evaluation evaluation(**knowledge, options.failures.empty() ? nullptr : &failures);
  for (const std::string& file : options.files) {
    std::ifstream in(file);
    if (!in) return Complain(NotFound(fmt::format("cannot read {}", file)));
    int number = 0;
    while (auto line = ReadLine(in)) {
      ++number;
      if (*line && Trim(**line).empty()) continue;
      const auto json = *line ? ParseJson(**line, {.bytes_max = kLineBytesMax}) : Result<Json>(line->error());
      const Status status = json ? evaluation.Line(*json) : Status(json.error());
      if (!status) return Complain(InvalidArgument(fmt::format("{}:{}: {}", file, number, status.error().message)));
    }
  }
  const OrderedJson json = ToJson(evaluation.tally());
  if (options.json) std::cout << DumpJson(json) << "\n";
  else Print(json);
  return kOk;
}

}  // namespace deepcabin::cli
