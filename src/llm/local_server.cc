#include "llm/local_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::llm {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr milliseconds kTick{20};            // how soon the end of a child is seen
constexpr milliseconds kStartingEvery{200};  // between two questions to one that starts
constexpr std::int64_t kMiB = 1 << 20;

SteadyTime Now() { return std::chrono::steady_clock::now(); }

// False: told to stop.
bool Wait(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

// The program's path, "" where there is none.
std::string FindProgram(const std::string& program) {
  if (program.find('/') != std::string::npos) return access(program.c_str(), X_OK) == 0 ? program : "";
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : Split(path == nullptr ? "/usr/local/bin:/usr/bin" : path, ':')) {
    std::string candidate = fmt::format("{}/{}", folder, program);
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

std::uint16_t FreePort() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = fd >= 0 && bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
  if (fd >= 0) close(fd);
  return bound ? ntohs(address.sin_port) : std::uint16_t{0};
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string HowItEnded(int status) {
  if (WIFEXITED(status)) return fmt::format("it ended with status {}", WEXITSTATUS(status));
  return fmt::format("it was ended by signal {}", WTERMSIG(status));
}

std::size_t Ignore(char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

bool AsksWell(std::uint16_t port) {
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return false;
  const std::string url = fmt::format("http://127.0.0.1:{}/health", port);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 1'000L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Ignore);
  long status = 0;
  if (curl_easy_perform(curl.get()) == CURLE_OK) curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return status == 200;
}

Result<std::unique_ptr<LocalServer>> LocalServer::Start(LocalServerOptions options, OnState on_state, Health health) {
  const std::string program = FindProgram(options.program);
  if (program.empty()) return NotFound(fmt::format("no program {:.200}: build llama.cpp, or say where it is", options.program));
  options.program = program;
  std::error_code failed;
  const auto bytes = std::filesystem::file_size(options.gguf, failed);
  if (failed) return NotFound(fmt::format("no model file {}", options.gguf.string()));
  if (options.memory_mib == 0) options.memory_mib = 2 * static_cast<std::int64_t>(bytes) / kMiB + 4096;
  const std::uint16_t port = FreePort();
  if (port == 0) return Unavailable("no free port on loopback");
  return std::unique_ptr<LocalServer>(new LocalServer(std::move(options), port, std::move(on_state), std::move(health)));
}

LocalServer::LocalServer(LocalServerOptions options, std::uint16_t port, OnState on_state, Health health)
    : options_(std::move(options)), port_(port), on_state_(std::move(on_state)), health_(std::move(health)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

LocalServer::~LocalServer() = default;

std::string LocalServer::url() const { return fmt::format("http://127.0.0.1:{}/v1", port_); }

void LocalServer::Set(LocalState state, const std::string& word) {
  state_ = state;
  if (on_state_) on_state_(state, word);
}

void LocalServer::Run(const std::stop_token& stop) {
  std::deque<SteadyTime> crashes;
  while (!stop.stop_requested()) {
    Set(LocalState::kStarting, "");
    const std::string why = Live(stop);
    if (stop.stop_requested()) break;
    crashes.push_back(Now());
    while (Now() - crashes.front() > options_.crash_window) crashes.pop_front();
    const auto count = static_cast<int>(crashes.size());
    if (count >= options_.crashes_max) {
      return Set(LocalState::kGivenUp,
                 fmt::format("{}; {} times within {} s, so it is not started again", why, count, options_.crash_window.count() / 1'000));
    }
    Set(LocalState::kWaiting, why);
    Wait(options_.back_off * (1 << std::min(count - 1, 6)), stop);
  }
  Set(LocalState::kStopped, "");
}

std::string LocalServer::Live(const std::stop_token& stop) {
  const pid_t child = Spawn();
  if (child < 0) return "it cannot be started";
  bool serving = false;
  const SteadyTime began = Now();
  SteadyTime last_yes = began, next_question = began + kStartingEvery;
  while (Wait(kTick, stop)) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) return HowItEnded(status);
    if (Now() < next_question) continue;
    const bool well = health_(port_);
    if (well) last_yes = Now();
    if (well && !std::exchange(serving, true)) Set(LocalState::kServing, "");
    next_question = Now() + (serving ? options_.health_every : kStartingEvery);
    if (Now() - last_yes <= (serving ? options_.health_late : options_.start_max)) continue;
    End(child);
    return serving ? "it hung" : fmt::format("it did not serve within {} ms", options_.start_max.count());
  }
  End(child);
  return "";
}

void LocalServer::End(pid_t child) const {
  kill(child, SIGTERM);
  const SteadyTime latest = Now() + options_.stop_max;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (Now() >= latest) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return;
    }
    Wait(kTick, {});
  }
}

// fork and not posix_spawn, for that one knows neither the signal at our death nor limits. Between fork and execve only what POSIX allows
// there: everything is made ready before. Keys of the environment stay here: the child gets what it needs to find its libraries.
pid_t LocalServer::Spawn() const {
  std::vector<std::string> arguments{options_.program,
                                     "--host",
                                     "127.0.0.1",
                                     "--port",
                                     std::to_string(port_),
                                     "--model",
                                     options_.gguf.string(),
                                     "--ctx-size",
                                     std::to_string(options_.context_tokens)};
  arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
  std::vector<std::string> environment;
  for (const char* name : {"PATH", "HOME", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"}) {
    if (const char* value = std::getenv(name)) environment.push_back(fmt::format("{}={}", name, value));
  }
  const std::vector<char*> argv = Pointers(arguments), envp = Pointers(environment);
  const std::string log = options_.log.empty() ? "/dev/null" : options_.log.string();
  const auto bytes = static_cast<rlim_t>(options_.memory_mib * kMiB);
  const rlimit limit{bytes, bytes};
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before that line
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setrlimit(RLIMIT_AS, &limit);
  const int in = open("/dev/null", O_RDONLY), out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) _exit(127);
  close_range(3, ~0U, 0);
  execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

}  // namespace deepcabin::llm
