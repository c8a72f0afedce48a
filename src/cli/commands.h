#pragma once
// The subcommands of `deepcabin`. Each returns the exit status: 0 answered, 2 bad usage or input, 1 an inner failure.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace deepcabin::cli {

inline constexpr int kOk = 0;
inline constexpr int kInnerFailure = 1;
inline constexpr int kBadInput = 2;

// Prints "deepcabin: message" and returns the exit status that fits the error.
int Complain(const Error& error);

struct AskOptions {
  std::string text, language = "auto", speaker = "row1.left", state, session, services;
  bool json = false, batch = false;
};
int Ask(const std::filesystem::path& home, const AskOptions& options);

struct EvalOptions {
  std::vector<std::string> files;
  std::string failures;
  bool json = false;
};
int Eval(const std::filesystem::path& home, const EvalOptions& options);

struct ServeOptions {
  std::string listen = "127.0.0.1:8080", token_file, client_keys, tls_cert, tls_key, audit_directory, state_directory, map, services;
  std::string scenario = "parked";
  std::vector<std::string> allow_hosts, manuals;
};
int Serve(const std::filesystem::path& home, const ServeOptions& options);

struct ChatOptions {
  std::string language = "auto", speaker = "row1.left", services;
};
int Chat(const std::filesystem::path& home, const ChatOptions& options);

struct CatalogueOptions {
  std::string command, argument, format = "vss-json";
  bool json = false;
};
int CatalogueCommand(const std::filesystem::path& home, const CatalogueOptions& options);

struct MapOptions {
  std::string command, file, argument;
};
int MapCommand(const MapOptions& options);

struct ManualOptions {
  std::vector<std::string> files;
  std::string ask;
};
int ManualCommand(const std::filesystem::path& home, const ManualOptions& options);

struct PhrasebookOptions {
  std::string command, text, language, mix = "even", output;
  std::uint64_t count = 10, seed = 1;
};
int PhrasebookCommand(const std::filesystem::path& home, const PhrasebookOptions& options);

struct ModelsOptions {
  std::string command, argument;
  bool json = false;
};
int ModelsCommand(const std::filesystem::path& home, const ModelsOptions& options);

struct ReplayOptions {
  std::vector<std::string> files;
  std::string language = "zh";
};
int ReplayCommand(const std::filesystem::path& home, const ReplayOptions& options);

struct StudentOptions {
  std::string command, model = "models/student.gguf";
  std::vector<std::string> lessons;
  bool held_out = false;
  std::uint64_t count = 10, seed = 1;
};
int StudentCommand(const std::filesystem::path& home, const StudentOptions& options);

struct PrivacyOptions {
  std::string directory;
  std::size_t count = 50;
  bool json = false;
};
int PrivacyCommand(const PrivacyOptions& options);

}  // namespace deepcabin::cli
