// `deepcabin chat`: a dialogue in the terminal, with history and completion. The car is a simulated one on the wall clock.

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <fmt/format.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/car.h"
#include "cli/commands.h"
#include "cli/dialogue.h"
#include "cli/large_models.h"

namespace deepcabin::cli {
namespace {

constexpr const char* kCommands[] = {"/help", "/quit", "/speaker ", "/state ", "/why", "/think", "/signals "};
constexpr std::string_view kHelp =
    "Say what you want, in Chinese or English.\n"
    "  /speaker row1.right     speak from another seat\n"
    "  /state {\"Vehicle.Speed\":80}   set signals of the simulated car\n"
    "  /signals Seat.Row1      show signals whose path contains that\n"
    "  /why                    how the last sentence was understood\n"
    "  /think                  what the large model thought before it answered\n"
    "  /quit                   leave\n";

// readline's completion has no context pointer; these are the fixed words above.
char* NextCommand(const char* text, int state) {
  static std::size_t at = 0;
  if (state == 0) at = 0;
  while (at < std::size(kCommands)) {
    const std::string_view command = kCommands[at++];
    if (command.starts_with(text)) return strdup(std::string(command).c_str());
  }
  return nullptr;
}

char** Complete(const char* text, int, int) {
  rl_attempted_completion_over = 1;
  return text[0] == '/' ? rl_completion_matches(text, NextCommand) : nullptr;
}

// What a large model writes, as it comes. What it thinks is folded away: /think shows it.
class Stream {
 public:
  void Take(const OrderedJson& event) {
    const std::string type = event.value("type", "");
    if (type == "turn.reasoning") {
      if (thoughts_.empty()) std::cout << "    thinking…\n" << std::flush;
      thoughts_ += event.value("piece", "");
    } else if (type == "turn.piece") {
      written_ += event.value("piece", "");
      std::cout << event.value("piece", "") << std::flush;
    } else if (type == "turn.restart") {
      std::cout << "\n";
      written_.clear();
    }
  }
  void Begin() {
    written_.clear();
    thoughts_.clear();
  }
  // What counts is the reply: what of it was not written yet, or all of it where it is another.
  void End(std::string_view reply) const {
    const bool goes_on = reply.starts_with(written_);
    if (!goes_on) std::cout << "\n";
    std::cout << reply.substr(goes_on ? written_.size() : 0) << "\n";
  }
  const std::string& thoughts() const { return thoughts_; }

 private:
  std::string written_, thoughts_;
};

class ChatLoop {
 public:
  // `models` may be empty; all outlive it.
  ChatLoop(const Knowledge& knowledge, LargeModels& models, const OutsideServices& outside, const ChatOptions& options)
      : knowledge_(knowledge),
        car_(knowledge, models.is_empty() ? nullptr : &models.matrix(), knowledge.OutsideTools(outside, nullptr), &outside),
        speaker_(ParseZone(options.speaker).value_or(Zone::kRow1Left)), language_(ParseLanguage(options.language)) {
    car_.cockpit().SetEventSink([this](const OrderedJson& event) { stream_.Take(event); });
  }

  // False: leave.
  bool Line(const std::string& line) {
    if (line == "/quit" || line == "/exit") return false;
    if (line == "/help") std::cout << kHelp;
    else if (line == "/why") std::cout << (why_.empty() ? "-" : why_) << "\n";
    else if (line == "/think") std::cout << (stream_.thoughts().empty() ? "-" : stream_.thoughts()) << "\n";
    else if (line.starts_with("/speaker ")) SetSpeaker(line.substr(9));
    else if (line.starts_with("/state ")) SetState(line.substr(7));
    else if (line.starts_with("/signals ")) ShowSignals(line.substr(9));
    else if (line.starts_with("/")) std::cout << "no such command; /help lists them\n";
    else Say(line);
    return true;
  }
  std::string Prompt() const { return fmt::format("{}> ", ZoneName(speaker_)); }

 private:
  void Say(const std::string& line) {
    stream_.Begin();
    const auto result = car_.cockpit().Run({"", line, speaker_, language_, false});
    if (!result) {
      std::cout << result.error().message << "\n";
      return;
    }
    why_ = result->reasoning;
    stream_.End(result->reply);
    for (const auto& call : result->results) {
      const std::string value = DumpJson(CallToJson(call.call, knowledge_.catalogue).value("value", OrderedJson()));
      std::cout << fmt::format("    {:<9} {} {} {} {} {}\n", agent::OutcomeName(call.outcome),
                               knowledge_.catalogue.capability(call.call.capability).name, ZoneName(call.call.zone), OpName(call.call.op),
                               value == "null" ? "" : value, call.rule);
    }
    std::cout << fmt::format("    {} · {:.2f} · {:.2f} ms\n", result->frame.route, result->frame.confidence, result->times.total_ms);
  }

  void SetSpeaker(const std::string& name) {
    const auto zone = ParseZone(std::string(Trim(name)));
    if (zone && IsSeat(*zone)) speaker_ = *zone;
    else std::cout << "seats are row1.left row1.right row2.left row2.middle row2.right row3.left row3.right\n";
  }

  void SetState(const std::string& text) {
    const auto state = ParseJson(text);
    const Status status = state ? car_.SetState(*state) : Status(state.error());
    if (!status) std::cout << status.error().message << "\n";
  }

  void ShowSignals(const std::string& part) {
    int shown = 0;
    for (SignalId id = 0; id < knowledge_.catalogue.signals().size() && shown < 40; ++id) {
      const std::string& path = knowledge_.catalogue.signal(id).path;
      if (path.find(Trim(part)) == std::string::npos) continue;
      const auto point = car_.store().Get(id);
      std::cout << fmt::format("    {} = {}\n", path, point.current ? ValueToString(*point.current) : "?");
      ++shown;
    }
    if (shown == 0) std::cout << "no signal has that in its path\n";
  }

  const Knowledge& knowledge_;
  Stream stream_;
  SimulatedCar car_;
  Zone speaker_;
  std::optional<Language> language_;
  std::string why_;
};

std::string HistoryFile() {
  const char* home = std::getenv("HOME");
  return home == nullptr ? "" : std::string(home) + "/.deepcabin_history";
}

void RunInteractive(ChatLoop& loop) {
  rl_attempted_completion_function = Complete;
  const std::string history = HistoryFile();
  if (!history.empty()) read_history(history.c_str());
  while (char* typed = readline(loop.Prompt().c_str())) {
    const std::string line(Trim(typed));
    std::free(typed);
    if (line.empty()) continue;
    add_history(line.c_str());
    if (!loop.Line(line)) break;
  }
  if (!history.empty() && write_history(history.c_str()) == 0) history_truncate_file(history.c_str(), 1000);
}

}  // namespace

int Chat(const std::filesystem::path& home, const ChatOptions& options) {
  const auto knowledge = Knowledge::Load(home);
  if (!knowledge) return Complain(knowledge.error());
  const auto outside = LoadOutside(options.services, llm::SystemEnvironment);
  if (!outside) return Complain(outside.error());
  const SystemClock clock;
  const auto secrets = [] { return std::make_shared<const llm::SecretDictionary>(std::vector<llm::Secret>{}); };
  const auto models = LargeModels::Load(home, StateFolder(), clock, secrets, [](const OrderedJson&) {});
  if (!models) return Complain(models.error());
  ChatLoop loop(**knowledge, **models, *outside, options);
  if (isatty(STDIN_FILENO) != 0) {
    std::cout << "DeepCabin. /help tells more, /quit leaves.\n";
    RunInteractive(loop);
    return kOk;
  }
  while (auto line = ReadLine(std::cin)) {
    if (!*line) return Complain(line->error());
    if (!Trim(**line).empty() && !loop.Line(std::string(Trim(**line)))) break;
  }
  return kOk;
}

}  // namespace deepcabin::cli
