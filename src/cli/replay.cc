#include "cli/replay.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/yaml_reader.h"
#include "safety/guarded_actuator.h"
#include "vehicle/simulator.h"

namespace deepcabin::cli {
namespace {

constexpr int kDaySeconds = 24 * 3600;
constexpr int kAnswerAfterSeconds = 4;
constexpr std::size_t kDayStepsMax = 5000;
constexpr std::array<std::string_view, 7> kWeekdays{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

class DayReader {
 public:
  DayReader(const std::string& file, const agent::Rulebook& book) : yaml_(file), book_(book) {}

  Day Read(const YAML::Node& root) {
    yaml_.AllowKeys(root, {"day", "about", "weekday", "answers", "steps", "expect", "never"});
    if (!root["day"] || !root["steps"]) yaml_.Fail(root, "`day` and `steps` are needed");
    Day day;
    day.name = yaml_.String(root["day"]);
    if (root["weekday"]) {
      const auto it = std::find(kWeekdays.begin(), kWeekdays.end(), yaml_.String(root["weekday"]));
      if (it == kWeekdays.end()) yaml_.Fail(root["weekday"], "no weekday");
      day.weekday = static_cast<int>(it - kWeekdays.begin());
    }
    if (root["answers"]) {
      for (const auto& entry : yaml_.Map(root["answers"])) {
        const std::string answer = yaml_.String(entry.second);
        if (answer != "yes" && answer != "no" && answer != "ignore") yaml_.Fail(entry.second, "an answer is yes, no or ignore");
        const std::string rule = yaml_.String(entry.first);
        day.answers.emplace(rule == "default" ? rule : RuleName(entry.first), answer);
      }
    }
    for (const YAML::Node& node : yaml_.Sequence(root["steps"])) ReadStep(node, day);
    if (root["expect"]) day.expect = Labels(root["expect"]);
    if (root["never"]) day.never = Labels(root["never"]);
    return day;
  }

 private:
  std::string RuleName(const YAML::Node& node) const {
    std::string name = yaml_.String(node);
    if (book_.Find(name) == nullptr) yaml_.Fail(node, fmt::format("no proposal `{}`", name));
    return name;
  }

  int Time(const YAML::Node& node) const {
    const std::string text = yaml_.String(node);
    const auto minutes = agent::ParseMinutes(text.substr(0, 5));
    int seconds = 0;
    if (text.size() == 8) seconds = (text[6] - '0') * 10 + (text[7] - '0');
    if (!minutes || (text.size() != 5 && text.size() != 8) || seconds < 0 || seconds > 59) yaml_.Fail(node, "a time is 07:30 or 07:30:15");
    return *minutes * 60 + seconds;
  }

  void ReadStep(const YAML::Node& node, Day& day) {
    yaml_.AllowKeys(node, {"at", "scenario", "set", "facts"});
    if (!node["at"]) yaml_.Fail(node, "`at` is missing");
    if (day.steps.size() >= kDayStepsMax) yaml_.Fail(node, fmt::format("more than {} steps", kDayStepsMax));
    DayStep step;
    step.at = Time(node["at"]);
    if (!day.steps.empty() && step.at < day.steps.back().at) yaml_.Fail(node, "steps go forward in time");
    if (node["scenario"]) step.scenario = yaml_.String(node["scenario"]);
    if (node["set"]) {
      for (const auto& entry : yaml_.Map(node["set"])) ReadSignal(entry.first, entry.second, step);
    }
    if (node["facts"]) {
      for (const auto& entry : yaml_.Map(node["facts"])) ReadFact(entry.first, entry.second, step);
    }
    day.steps.push_back(std::move(step));
  }

  // By the name that the rules use, a group's name (every member), or the path.
  void ReadSignal(const YAML::Node& name, const YAML::Node& node, DayStep& step) const {
    const std::string word = yaml_.String(name);
    std::vector<SignalId> signals;
    if (const auto group = book_.names().groups.find(word); group != book_.names().groups.end()) {
      for (const agent::InputIndex input : group->second) signals.push_back(book_.inputs()[input].signal);
    } else if (const auto one = book_.names().by_name.find(word); one != book_.names().by_name.end()) {
      signals.push_back(book_.inputs()[one->second].signal);
    } else if (const auto path = book_.catalogue().FindSignal(word)) {
      signals.push_back(*path);
    }
    if (signals.empty() || signals[0] == kNoId) yaml_.Fail(name, fmt::format("`{}` is no signal", word));
    for (const SignalId signal : signals) step.signals.emplace_back(signal, ReadValue(node, book_.catalogue().signal(signal).type));
  }

  void ReadFact(const YAML::Node& name, const YAML::Node& node, DayStep& step) const {
    const std::string word = yaml_.String(name);
    const auto it = book_.names().by_name.find(word);
    if (it == book_.names().by_name.end() || book_.inputs()[it->second].signal != kNoId) yaml_.Fail(name, "no such fact");
    if (node.IsNull() || yaml_.String(node) == "unknown") step.facts.emplace_back(word, std::nullopt);
    else step.facts.emplace_back(word, ReadValue(node, book_.inputs()[it->second].type));
  }

  Value ReadValue(const YAML::Node& node, DataType type) const {
    if (type == DataType::kString) return yaml_.String(node);
    bool truth = false;
    if (type != DataType::kBoolean) return NumberToValue(yaml_.Number(node), type);
    if (!YAML::convert<bool>::decode(node, truth)) yaml_.Fail(node, "yes or no is expected here");
    return truth;
  }

  std::vector<Label> Labels(const YAML::Node& nodes) const {
    std::vector<Label> labels;
    for (const YAML::Node& node : yaml_.Sequence(nodes)) {
      yaml_.AllowKeys(node, {"say", "from", "to", "most"});
      Label label;
      if (!node["say"]) yaml_.Fail(node, "`say` is missing");
      if (node["say"].IsSequence()) {
        for (const YAML::Node& name : node["say"]) label.say.push_back(RuleName(name));
      } else {
        label.say.push_back(RuleName(node["say"]));
      }
      if (node["from"]) label.from = Time(node["from"]);
      if (node["to"]) label.to = Time(node["to"]);
      if (node["most"]) label.most = static_cast<int>(yaml_.Number(node["most"]));
      labels.push_back(std::move(label));
    }
    return labels;
  }

  YamlReader yaml_;
  const agent::Rulebook& book_;
};

// The car, the guard and the proposer of one day.
class Replay {
 public:
  Replay(const Day& day, const agent::Rulebook& book, const safety::Guard& guard)
      : day_(day), store_(book.catalogue(), clock_), simulator_(store_), actuator_(store_, guard, clock_, nullptr),
        proposer_(book, clock_, [this](const agent::Proposal& p, agent::ProposalEvent event) { Happened(p, event); },
                  {.utc_offset = std::chrono::minutes(0)}) {}

  Result<std::vector<Said>> Run() {
    clock_.Advance(std::chrono::hours(16 + 24 * ((day_.weekday + 5) % 7)));  // the clock stands on a Monday, 08:00
    const auto signals = proposer_.signals();
    DC_ASSIGN_OR_RETURN(const auto subscription, store_.Subscribe(signals));
    auto step = day_.steps.begin();
    for (; step != day_.steps.end() && step->at == 0; ++step) DC_RETURN_IF_ERROR(Apply(*step));  // how the day begins is no event
    std::vector<vehicle::Update> updates;
    for (const SignalId signal : signals) updates.push_back({signal, store_.Get(signal)});
    proposer_.OnSignals(updates);
    for (second_ = 0; second_ < kDaySeconds; ++second_) {
      for (; step != day_.steps.end() && step->at <= second_; ++step) DC_RETURN_IF_ERROR(Apply(*step));
      subscription->Take(updates, std::chrono::milliseconds(0));
      proposer_.OnSignals(updates);
      proposer_.Tick();
      AnswerDue();
      clock_.Advance(std::chrono::seconds(1));
      simulator_.Step(std::chrono::seconds(1));
    }
    return std::move(said_);
  }

 private:
  Status Apply(const DayStep& step) {
    if (!step.scenario.empty()) DC_RETURN_IF_ERROR(simulator_.SelectScenario(step.scenario));
    for (const auto& [signal, value] : step.signals) DC_RETURN_IF_ERROR(simulator_.SetSensor(signal, value));
    for (const auto& [name, value] : step.facts) DC_RETURN_IF_ERROR(proposer_.SetFact(name, value));
    return {};
  }

  void Happened(const agent::Proposal& proposal, agent::ProposalEvent event) {
    if (event == agent::ProposalEvent::kMade) {
      said_.push_back({second_, proposal, proposal.unasked ? "unasked: " + Act(proposal) : "", ""});
      return;
    }
    const auto it = std::find_if(said_.rbegin(), said_.rend(), [&](const Said& s) { return s.proposal.id == proposal.id; });
    if (it != said_.rend()) it->outcome = event == agent::ProposalEvent::kExpired ? "ignored" : "withdrawn";
  }

  void AnswerDue() {
    for (const agent::Proposal& open : proposer_.Open()) {
      if (clock_.Now() - open.made < std::chrono::seconds(kAnswerAfterSeconds) || open.calls.empty()) continue;
      auto answer = day_.answers.find(open.rule);
      if (answer == day_.answers.end()) answer = day_.answers.find("default");
      const std::string word = answer == day_.answers.end() ? "yes" : answer->second;
      if (word == "ignore") continue;
      const auto taken = proposer_.Answer(open.id, word == "yes" ? agent::ProposalAnswer::kYes : agent::ProposalAnswer::kNo);
      const auto it = std::find_if(said_.rbegin(), said_.rend(), [&](const Said& s) { return s.proposal.id == open.id; });
      if (taken && it != said_.rend()) it->outcome = word == "yes" ? "yes: " + Act(*taken) : "no";
    }
  }

  // Sends the calls the way a cockpit does; the words for what came of it.
  std::string Act(const agent::Proposal& proposal) {
    const Catalogue& catalogue = store_.catalogue();
    safety::DecisionKind strictest = safety::DecisionKind::kAllow;
    std::string rule;
    for (const Call& call : proposal.calls) {
      const Capability& capability = catalogue.capability(call.capability);
      std::vector<safety::Request> requests;
      for (const InterfaceId id : catalogue.Resolve(capability, call.zone, proposal.to)) {
        safety::Request request{.interface = id,
                                .op = call.op,
                                .speaker = proposal.to,
                                .origin = safety::Origin::kProposed,
                                .confirmed = !proposal.unasked,
                                .touched = !proposal.unasked};
        if (const SignalId signal = catalogue.interface(id).signal; signal != kNoId && call.op != Op::kQuery) {
          auto target = TargetValue(capability, call.op, call.value, call.unit, actuator_.Present(signal));
          if (!target) return "failed: " + target.error().message;
          request.target = std::move(*target);
        } else if (const auto decision = actuator_.Judge(request); decision.kind > strictest) {
          strictest = decision.kind;
          rule = decision.rule;
          continue;
        } else {
          continue;  // a service: this replay has none
        }
        requests.push_back(std::move(request));
      }
      for (const safety::Attempt& attempt : actuator_.Actuate(requests, {.session = "replay", .turn = proposal.id, .utterance = ""})) {
        if (attempt.decision.kind <= strictest) continue;
        strictest = attempt.decision.kind;
        rule = attempt.decision.rule;
      }
    }
    return strictest == safety::DecisionKind::kAllow ? "done" : fmt::format("{} {}", safety::DecisionKindName(strictest), rule);
  }

  const Day& day_;
  SimulatedClock clock_;
  vehicle::SignalStore store_;
  vehicle::Simulator simulator_;
  safety::GuardedActuator actuator_;
  agent::Proposer proposer_;
  std::vector<Said> said_;
  int second_ = 0;
};

bool Names(const Label& label, const Said& said) {
  return said.at >= label.from && said.at <= label.to &&
         std::find(label.say.begin(), label.say.end(), said.proposal.rule) != label.say.end();
}

}  // namespace

Result<Day> Day::Parse(const std::string& file, const std::string& text, const agent::Rulebook& book) {
  DC_ASSIGN_OR_RETURN(const auto documents, ParseYaml({{file, text}}));
  try {
    return DayReader(file, book).Read(documents.begin()->second);
  } catch (const Broken& broken) {
    return InvalidArgument(broken.message);
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("{}:{}: {}", file, e.mark.line + 1, e.msg));
  }
}

Result<DayScore> ReplayDay(const Day& day, const agent::Rulebook& book, const safety::Guard& guard) {
  DayScore score;
  DC_ASSIGN_OR_RETURN(score.said, Replay(day, book, guard).Run());
  std::vector<Label> labels = day.expect;
  for (Said& said : score.said) {
    said.verdict = "not expected";
    for (Label& label : labels) {
      if (label.said >= label.most || !Names(label, said)) continue;
      ++label.said;
      ++score.right;
      said.verdict = "right";
      break;
    }
    const auto forbids = [&](const Label& label) { return Names(label, said); };
    if (said.verdict != "right" && std::any_of(day.never.begin(), day.never.end(), forbids)) {
      said.verdict = "must not";
      ++score.must_not;
    }
  }
  score.expected = static_cast<int>(labels.size());
  for (const Label& label : labels) {
    if (label.said > 0) ++score.met;
    else score.missed.push_back(label);
  }
  return score;
}

}  // namespace deepcabin::cli
