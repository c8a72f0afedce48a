#pragma once
// A large model on the box itself: a `llama-server` (llama.cpp) that we start, watch, start again when it falls, and take with us when we
// go. It listens on a port of loopback and is an endpoint like any other.

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace deepcabin::llm {

struct LocalServerOptions {
  std::string program = "llama-server";  // a path, or a name looked for in PATH
  std::filesystem::path gguf{};
  int context_tokens = 8192;
  std::int64_t memory_mib = 0;                    // of address space; 0 = twice the file and 4 GiB: a fuse, not a fit
  std::filesystem::path log{};                    // what it says; empty = nowhere
  std::vector<std::string> arguments{};           // after those of our own
  std::chrono::milliseconds start_max{120'000};   // until /health says yes; reading a large file takes its time
  std::chrono::milliseconds health_every{2'000};  // once it serves
  std::chrono::milliseconds health_late{30'000};  // so long without a yes and it counts as hanging
  std::chrono::milliseconds back_off{500};        // doubles with each crash
  std::chrono::milliseconds stop_max{3'000};      // between SIGTERM and SIGKILL
  std::chrono::milliseconds crash_window{60'000};
  int crashes_max = 3;  // within the window, then nobody tries any more
};

enum class LocalState : std::uint8_t { kStarting, kServing, kWaiting, kGivenUp, kStopped };

// Whether GET http://127.0.0.1:port/health answers 200 within a second.
bool AsksWell(std::uint16_t port);

class LocalServer {
 public:
  using Health = std::function<bool(std::uint16_t port)>;
  // From the server's own thread, at every change; `word` is for people.
  using OnState = std::function<void(LocalState state, const std::string& word)>;

  // Starts it. kNotFound: no program or no model file. kUnavailable: no free port.
  static Result<std::unique_ptr<LocalServer>> Start(LocalServerOptions options, OnState on_state, Health health = AsksWell);
  // Ends it: SIGTERM, then SIGKILL.
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  std::string url() const;  // the same for life
  LocalState state() const { return state_; }

 private:
  LocalServer(LocalServerOptions options, std::uint16_t port, OnState on_state, Health health);
  void Run(const std::stop_token& stop);
  // One life of the child, until it ends or we are told to stop.
  std::string Live(const std::stop_token& stop);  // why it ended, for people
  pid_t Spawn() const;
  void End(pid_t child) const;
  void Set(LocalState state, const std::string& word);

  const LocalServerOptions options_;
  const std::uint16_t port_;
  const OnState on_state_;
  const Health health_;
  std::atomic<LocalState> state_{LocalState::kStarting};
  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace deepcabin::llm
