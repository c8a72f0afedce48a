// The `deepcabin` program.

#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/car.h"
#include "cli/commands.h"

namespace deepcabin::cli {

int Complain(const Error& error) {
  std::cerr << "deepcabin: " << error.message << "\n";
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kOutOfRange:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kResourceExhausted: return kBadInput;
    default: return kInnerFailure;
  }
}

namespace {

// A command of the program: its options are read into what `run` holds.
struct Command {
  CLI::App* app = nullptr;
  std::function<int(const std::filesystem::path& home)> run;
};

// The name of the subcommand that was given.
std::string Given(const CLI::App* app) { return app->get_subcommands().front()->get_name(); }

void AddServices(CLI::App* command, std::string& file) {
  command->add_option("--services", file, "File that names the services outside (default: ~/.config/deepcabin/services.yaml)");
}

Command AddAsk(CLI::App& app) {
  auto ask = std::make_shared<AskOptions>();
  CLI::App* command = app.add_subcommand("ask", "Say one sentence to a simulated car");
  command->add_option("text", ask->text, "What is said");
  command->add_flag("--json", ask->json, "Print the turn as JSON");
  command->add_flag("--batch", ask->batch, "Read one JSON request a line from standard input");
  command->add_option("--lang", ask->language, "zh, en or auto");
  command->add_option("--speaker", ask->speaker, "Seat of the speaker, e.g. row1.right");
  command->add_option("--state", ask->state, "Signals to set first, as JSON");
  command->add_option("--session", ask->session, "Name of the dialogue");
  AddServices(command, ask->services);
  return {command, [ask](const auto& home) {
            if (ask->text.empty() && !ask->batch) return Complain(InvalidArgument("nothing was said: give a text, or --batch"));
            return Ask(home, *ask);
          }};
}

Command AddChat(CLI::App& app) {
  auto chat = std::make_shared<ChatOptions>();
  CLI::App* command = app.add_subcommand("chat", "A dialogue in the terminal");
  command->add_option("--lang", chat->language, "zh, en or auto");
  command->add_option("--speaker", chat->speaker, "Seat of the speaker");
  AddServices(command, chat->services);
  return {command, [chat](const auto& home) { return Chat(home, *chat); }};
}

Command AddEval(CLI::App& app) {
  auto eval = std::make_shared<EvalOptions>();
  CLI::App* command = app.add_subcommand("eval", "Score understanding on files of utterances with gold");
  command->add_option("files", eval->files, "JSON lines")->required();
  command->add_flag("--json", eval->json, "Print the scores as JSON");
  command->add_option("--failures", eval->failures, "Write what was missed to this file");
  return {command, [eval](const auto& home) { return Eval(home, *eval); }};
}

Command AddServe(CLI::App& app) {
  auto serve = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "Run the cockpit: page, HTTP and WebSocket");
  command->add_option("--listen", serve->listen, "Address and port (0: any)");
  command->add_option("--token-file", serve->token_file, "File (mode 0600) with the access token");
  command->add_option("--client-keys", serve->client_keys, "File (mode 0600) with the keys of programs that may use the large models");
  command->add_option("--state-dir", serve->state_directory,
                      "Keep what is remembered in this folder; without it nothing outlives the program");
  command->add_option("--map", serve->map, "A map file, or a small OpenStreetMap extract (default: a fictional city)");
  command->add_option("--manual", serve->manuals, "Owner's manuals, .md, .html or .pdf (default: the one of this car)");
  AddServices(command, serve->services);
  command->add_option("--tls-cert", serve->tls_cert, "Certificate chain, PEM");
  command->add_option("--tls-key", serve->tls_key, "Private key, PEM (mode 0600)");
  command->add_option("--allow-host", serve->allow_hosts, "Further names this server is reached by");
  command->add_option("--audit-dir", serve->audit_directory, "Keep the audit log in this folder");
  command->add_option("--scenario", serve->scenario, "Driving scenario of the simulated car");
  return {command, [serve](const auto& home) { return Serve(home, *serve); }};
}

// `run` is told which of its subcommands was given.
template <typename Options>
Command WithSubcommands(CLI::App* command, std::shared_ptr<Options> options, int (*run)(const std::filesystem::path&, const Options&)) {
  return {command, [command, options = std::move(options), run](const auto& home) {
            options->command = Given(command);
            return run(home, *options);
          }};
}

Command AddCatalogue(CLI::App& app) {
  auto catalogue = std::make_shared<CatalogueOptions>();
  CLI::App* command = app.add_subcommand("catalogue", "What the car can do");
  command->require_subcommand(1);
  command->add_subcommand("list", "Every interface")->add_flag("--json", catalogue->json);
  command->add_subcommand("show", "One capability")->add_option("name", catalogue->argument)->required();
  auto* search = command->add_subcommand("search", "Find capabilities by words");
  search->add_option("text", catalogue->argument)->required();
  search->add_flag("--json", catalogue->json);
  command->add_subcommand("check", "Refuse a broken catalogue with file, line and reason");
  command->add_subcommand("export", "Write the signal tree")->add_option("--format", catalogue->format, "vss-json");
  return WithSubcommands(command, catalogue, CatalogueCommand);
}

Command AddPhrasebook(CLI::App& app) {
  auto phrasebook = std::make_shared<PhrasebookOptions>();
  CLI::App* command = app.add_subcommand("phrasebook", "What people say");
  command->require_subcommand(1);
  command->add_subcommand("check", "What collides and what nothing reaches");
  command->add_subcommand("try", "Show how a sentence is read")->add_option("text", phrasebook->text)->required();
  auto* sample = command->add_subcommand("sample", "Write training text: JSON lines of text and frame");
  sample->add_option("--count", phrasebook->count, "Lines");
  sample->add_option("--seed", phrasebook->seed, "Same seed, same lines");
  sample->add_option("--lang", phrasebook->language, "zh or en; both by default");
  sample->add_option("--mix", phrasebook->mix,
                     "even (all there is, rare capabilities as often as common ones), clean (without noise) or single (one command a line, "
                     "without noise)");
  command->add_subcommand("compile", "Write the compiled form, which starts faster than YAML")
      ->add_option("--output", phrasebook->output, "File to write")
      ->required();
  return WithSubcommands(command, phrasebook, PhrasebookCommand);
}

Command AddStudent(CLI::App& app) {
  auto student = std::make_shared<StudentOptions>();
  CLI::App* command = app.add_subcommand("student", "The small model's schooling");
  command->require_subcommand(1);
  auto* score = command->add_subcommand("score", "What the student makes of the lessons that training never saw, as JSON lines");
  score->add_option("--lessons", student->lessons, "Files of dialogues with gold")->required();
  score->add_option("--model", student->model, "The weights file");
  command->add_subcommand("fingerprint", "Write what tells this catalogue apart: key deepcabin.catalogue of the weights file");
  command->add_subcommand("symbols", "Write the symbols of its language, one a line");
  auto* lines = command->add_subcommand("lines", "Write training lines: JSON lines of source and target");
  lines->add_option("--count", student->count, "Lines");
  lines->add_option("--seed", student->seed, "Same seed, same lines");
  lines->add_option("--lessons", student->lessons, "Files of dialogues with gold, as `eval` reads them");
  lines->add_flag("--held-out", student->held_out, "Instead, the lessons that training never sees, once");
  return WithSubcommands(command, student, StudentCommand);
}

Command AddModels(CLI::App& app) {
  auto models = std::make_shared<ModelsOptions>();
  CLI::App* command = app.add_subcommand("models", "The large models");
  command->require_subcommand(1);
  command->add_subcommand("list", "Which are set up")->add_flag("--json", models->json);
  command->add_subcommand("test", "Ask one of them for a sentence")->add_option("name", models->argument)->required();
  command->add_subcommand("usage", "What they were used for, and what it cost")->add_flag("--json", models->json);
  command->add_subcommand("add-local", "Serve a GGUF file with a llama-server of our own")
      ->add_option("file", models->argument)
      ->required();
  return WithSubcommands(command, models, ModelsCommand);
}

Command AddPrivacy(CLI::App& app) {
  auto privacy = std::make_shared<PrivacyOptions>();
  CLI::App* command = app.add_subcommand("privacy", "What left the car");
  command->require_subcommand(1);
  auto* log = command->add_subcommand("log", "What was sent to large models, newest last");
  log->add_option("--dir", privacy->directory, "The folder with outbound.jsonl")->required();
  log->add_option("--count", privacy->count, "Records");
  log->add_flag("--json", privacy->json);
  return {command, [privacy](const auto& /*home*/) { return PrivacyCommand(*privacy); }};
}

Command AddMap(CLI::App& app) {
  auto map = std::make_shared<MapOptions>();
  CLI::App* command = app.add_subcommand("map", "Maps for routes without a network");
  command->require_subcommand(1);
  auto* import = command->add_subcommand("import", "Make a map of an OpenStreetMap extract");
  import->add_option("extract", map->file, ".osm.pbf or .osm")->required();
  import->add_option("output", map->argument, "The map file to write")->required();
  command->add_subcommand("info", "What is in a map")->add_option("map", map->file, "A map file or a small extract")->required();
  auto* search = command->add_subcommand("search", "Find places by name or kind");
  search->add_option("map", map->file, "A map file or a small extract")->required();
  search->add_option("text", map->argument, "A name, or what is looked for")->required();
  return {command, [command, map](const auto& /*home*/) {
            map->command = Given(command);
            return MapCommand(*map);
          }};
}

Command AddManual(CLI::App& app) {
  auto manual = std::make_shared<ManualOptions>();
  CLI::App* command = app.add_subcommand("manual", "Read owner's manuals and try questions to them");
  command->add_option("files", manual->files, ".md, .html or .pdf, or a folder of .md (default: the manual of this car)");
  command->add_option("--ask", manual->ask, "A question");
  return {command, [manual](const auto& home) { return ManualCommand(home, *manual); }};
}

Command AddReplay(CLI::App& app) {
  auto replay = std::make_shared<ReplayOptions>();
  CLI::App* command = app.add_subcommand("replay", "What the cockpit would have proposed on days of driving, against their labels");
  command->add_option("days", replay->files, "Files of days (eval/days/*.yaml)")->required();
  command->add_option("--lang", replay->language, "zh or en");
  return {command, [replay](const auto& home) { return ReplayCommand(home, *replay); }};
}

int Run(int argc, char** argv) {
  CLI::App app{"DeepCabin: the brain of a smart cockpit"};
  app.require_subcommand(1);
  app.set_version_flag("--version", DEEPCABIN_VERSION);
  std::string home;
  app.add_option("--home", home, "Folder with catalogue/, phrasebook/ and policy/ (default: $DEEPCABIN_HOME, or beside the program)");
  const std::vector<Command> commands = {AddAsk(app),       AddChat(app),       AddEval(app),    AddServe(app),
                                         AddCatalogue(app), AddPhrasebook(app), AddStudent(app), AddModels(app),
                                         AddPrivacy(app),   AddMap(app),        AddManual(app),  AddReplay(app)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kOk : kBadInput;
  }
  for (const Command& command : commands) {
    if (command.app->parsed()) return command.run(FindHome(home));
  }
  return kBadInput;
}

}  // namespace
}  // namespace deepcabin::cli

int main(int argc, char** argv) {
  try {
    return deepcabin::cli::Run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "deepcabin: inner failure: " << e.what() << "\n";
    return deepcabin::cli::kInnerFailure;
  }
}
