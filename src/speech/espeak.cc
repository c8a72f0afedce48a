#include "speech/espeak.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

#include <fmt/format.h>

#include "speech/wav.h"

namespace deepcabin::speech {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

// A running program. It is ended and waited for when this goes.
class Child {
 public:
  Child(const std::string& program, std::vector<std::string> arguments, int in, int out) {
    arguments.insert(arguments.begin(), program);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid_, program.c_str(), &actions, nullptr, pointers.data(), environ) != 0) pid_ = -1;
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    Wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool started() const { return pid_ > 0; }
  // Whether it ended well.
  bool Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t pid_ = -1;
};

Status ReadAll(int fd, std::chrono::steady_clock::time_point until, std::size_t bytes_max, std::string& out) {
  std::array<char, 16384> piece{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd waiting{fd, POLLIN, 0};
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) == 0) return Error{ErrorCode::kDeadlineExceeded, "the voice takes too long"};
    const ssize_t count = read(fd, piece.data(), piece.size());
    if (count == 0) return {};
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unavailable("the voice cannot be heard");
    if (out.size() + static_cast<std::size_t>(count) > bytes_max) {
      return ResourceExhausted(fmt::format("more than {} bytes of sound", bytes_max));
    }
    out.append(piece.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

Result<std::string> Espeak::Say(const std::string& text, bool chinese) const {
  const auto until = std::chrono::steady_clock::now() + timeout;
  const Descriptor words(memfd_create("words", MFD_CLOEXEC));
  std::array<int, 2> ends{};
  if (words.get() < 0 || pipe2(ends.data(), O_CLOEXEC) != 0) return Unavailable("no file for the voice");
  const Descriptor sound(ends[0]);
  Descriptor its_end(ends[1]);
  if (write(words.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || lseek(words.get(), 0, SEEK_SET) != 0) {
    return Unavailable("no file for the voice");
  }
  Child child(program, {"-b", "1", "-v", chinese ? "cmn" : "en-us", "-s", chinese ? "190" : "165", "--stdin", "--stdout"}, words.get(),
              its_end.get());
  its_end.Close();
  if (!child.started()) return Unavailable(fmt::format("{} does not run: install it, or see models/speech.example.yaml", program));
  std::string bytes;
  DC_RETURN_IF_ERROR(ReadAll(sound.get(), until, sound_bytes_max, bytes));
  if (!child.Wait()) return Unavailable(fmt::format("{} failed", program));
  auto whole = WithTrueSizes(std::move(bytes));
  if (!whole) return Unavailable(fmt::format("{}: {}", program, whole.error().message));
  return whole;
}

}  // namespace deepcabin::speech
