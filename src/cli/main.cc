// The `deepcabin` program.

#include <exception>
#include <iostream>

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

CLI::App* AddStudent(CLI::App& app, StudentOptions& student) {
  CLI::App* student_command = app.add_subcommand("student", "The small model's schooling");
  student_command->require_subcommand(1);
  auto* score = student_command->add_subcommand("score", "What the student makes of the lessons that training never saw, as JSON lines");
  score->add_option("--lessons", student.lessons, "Files of dialogues with gold")->required();
  score->add_option("--model", student.model, "The weights file");
  student_command->add_subcommand("fingerprint", "Write what tells this catalogue apart: key deepcabin.catalogue of the weights file");
  student_command->add_subcommand("symbols", "Write the symbols of its language, one a line");
  auto* lines = student_command->add_subcommand("lines", "Write training lines: JSON lines of source and target");
  lines->add_option("--count", student.count, "Lines");
  lines->add_option("--seed", student.seed, "Same seed, same lines");
  lines->add_option("--lessons", student.lessons, "Files of dialogues with gold, as `eval` reads them");
  lines->add_flag("--held-out", student.held_out, "Instead, the lessons that training never sees, once");
  return student_command;
}

CLI::App* AddModels(CLI::App& app, ModelsOptions& models) {
  CLI::App* models_command = app.add_subcommand("models", "The large models");
  models_command->require_subcommand(1);
  models_command->add_subcommand("list", "Which are set up")->add_flag("--json", models.json);
  models_command->add_subcommand("test", "Ask one of them for a sentence")->add_option("name", models.argument)->required();
  models_command->add_subcommand("usage", "What they were used for, and what it cost")->add_flag("--json", models.json);
  models_command->add_subcommand("add-local", "Serve a GGUF file with a llama-server of our own")
      ->add_option("file", models.argument)
      ->required();
  models_command->callback([&models, models_command] { models.command = models_command->get_subcommands().front()->get_name(); });
  return models_command;
}

int Run(int argc, char** argv) {
  CLI::App app{"DeepCabin: the brain of a smart cockpit"};
  app.require_subcommand(1);
  app.set_version_flag("--version", DEEPCABIN_VERSION);
  std::string home;
  app.add_option("--home", home, "Folder with catalogue/, phrasebook/ and policy/ (default: $DEEPCABIN_HOME, or beside the program)");

  AskOptions ask;
  auto* ask_command = app.add_subcommand("ask", "Say one sentence to a simulated car");
  ask_command->add_option("text", ask.text, "What is said");
  ask_command->add_flag("--json", ask.json, "Print the turn as JSON");
  ask_command->add_flag("--batch", ask.batch, "Read one JSON request a line from standard input");
  ask_command->add_option("--lang", ask.language, "zh, en or auto");
  ask_command->add_option("--speaker", ask.speaker, "Seat of the speaker, e.g. row1.right");
  ask_command->add_option("--state", ask.state, "Signals to set first, as JSON");
  ask_command->add_option("--session", ask.session, "Name of the dialogue");

  ChatOptions chat;
  auto* chat_command = app.add_subcommand("chat", "A dialogue in the terminal");
  chat_command->add_option("--lang", chat.language, "zh, en or auto");
  chat_command->add_option("--speaker", chat.speaker, "Seat of the speaker");

  EvalOptions eval;
  auto* eval_command = app.add_subcommand("eval", "Score understanding on files of utterances with gold");
  eval_command->add_option("files", eval.files, "JSON lines")->required();
  eval_command->add_flag("--json", eval.json, "Print the scores as JSON");
  eval_command->add_option("--failures", eval.failures, "Write what was missed to this file");

  ServeOptions serve;
  auto* serve_command = app.add_subcommand("serve", "Run the cockpit: page, HTTP and WebSocket");
  serve_command->add_option("--listen", serve.listen, "Address and port (0: any)");
  serve_command->add_option("--token-file", serve.token_file, "File (mode 0600) with the access token");
  serve_command->add_option("--client-keys", serve.client_keys, "File (mode 0600) with the keys of programs that may use the large models");
  serve_command->add_option("--tls-cert", serve.tls_cert, "Certificate chain, PEM");
  serve_command->add_option("--tls-key", serve.tls_key, "Private key, PEM (mode 0600)");
  serve_command->add_option("--allow-host", serve.allow_hosts, "Further names this server is reached by");
  serve_command->add_option("--audit-dir", serve.audit_directory, "Keep the audit log in this folder");
  serve_command->add_option("--scenario", serve.scenario, "Driving scenario of the simulated car");

  CatalogueOptions catalogue;
  auto* catalogue_command = app.add_subcommand("catalogue", "What the car can do");
  catalogue_command->require_subcommand(1);
  auto* list = catalogue_command->add_subcommand("list", "Every interface");
  list->add_flag("--json", catalogue.json);
  auto* show = catalogue_command->add_subcommand("show", "One capability");
  show->add_option("name", catalogue.argument)->required();
  auto* search = catalogue_command->add_subcommand("search", "Find capabilities by words");
  search->add_option("text", catalogue.argument)->required();
  search->add_flag("--json", catalogue.json);
  catalogue_command->add_subcommand("check", "Refuse a broken catalogue with file, line and reason");
  auto* export_command = catalogue_command->add_subcommand("export", "Write the signal tree");
  export_command->add_option("--format", catalogue.format, "vss-json");

  PhrasebookOptions phrasebook;
  auto* phrasebook_command = app.add_subcommand("phrasebook", "What people say");
  phrasebook_command->require_subcommand(1);
  phrasebook_command->add_subcommand("check", "What collides and what nothing reaches");
  auto* try_command = phrasebook_command->add_subcommand("try", "Show how a sentence is read");
  try_command->add_option("text", phrasebook.text)->required();
  auto* sample = phrasebook_command->add_subcommand("sample", "Write training text: JSON lines of text and frame");
  sample->add_option("--count", phrasebook.count, "Lines");
  sample->add_option("--seed", phrasebook.seed, "Same seed, same lines");
  sample->add_option("--lang", phrasebook.language, "zh or en; both by default");
  sample->add_option("--mix", phrasebook.mix,
                     "even (all there is, rare capabilities as often as common ones), clean (without noise) or single (one command a line, "
                     "without noise)");

  auto* compile = phrasebook_command->add_subcommand("compile", "Write the compiled form, which starts faster than YAML");
  compile->add_option("--output", phrasebook.output, "File to write")->required();

  StudentOptions student;
  auto* student_command = AddStudent(app, student);
  ModelsOptions models;
  auto* models_command = AddModels(app, models);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kOk : kBadInput;
  }
  const std::filesystem::path found = FindHome(home);
  if (ask_command->parsed()) {
    if (ask.text.empty() && !ask.batch) return Complain(InvalidArgument("nothing was said: give a text, or --batch"));
    return Ask(found, ask);
  }
  if (chat_command->parsed()) return Chat(found, chat);
  if (eval_command->parsed()) return Eval(found, eval);
  if (serve_command->parsed()) return Serve(found, serve);
  if (catalogue_command->parsed()) {
    catalogue.command = catalogue_command->get_subcommands().front()->get_name();
    return CatalogueCommand(found, catalogue);
  }
  if (models_command->parsed()) return ModelsCommand(found, models);
  if (student_command->parsed()) {
    student.command = student_command->get_subcommands().front()->get_name();
    return StudentCommand(found, student);
  }
  phrasebook.command = phrasebook_command->get_subcommands().front()->get_name();
  return PhrasebookCommand(found, phrasebook);
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
