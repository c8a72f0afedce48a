#include "skills/manual/pdf.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "skills/manual/book.h"

namespace deepcabin::manual {
namespace {

constexpr std::string_view kMemory = "--as=1073741824", kSeconds = "--cpu=60";
constexpr int kNotThere = 127;

// What the program writes, up to the limit; `status` is how it ended.
std::string Output(int from, pid_t child, int& status) {
  std::string text;
  std::array<char, 1u << 16> buffer{};
  for (ssize_t count = 0; (count = read(from, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > kTextBytesMax) kill(child, SIGKILL);
    if (text.size() > kTextBytesMax) break;
  }
  close(from);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return text;
}

}  // namespace

Result<std::string> PdfText(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return NotFound("no such file");
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kFileBytesMax) return ResourceExhausted(fmt::format("{} bytes, at most {}", size, kFileBytesMax));
  std::string head(5, '\0');
  std::ifstream(path, std::ios::binary).read(head.data(), 5);
  if (head != "%PDF-") return InvalidArgument("this is no PDF");
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Unavailable("no pipe to pdftotext");
  // util-linux's prlimit sets the limits and becomes the program: nothing of ours runs between fork and exec.
  std::vector<std::string> words{"prlimit",
                                 std::string(kMemory),
                                 std::string(kSeconds),
                                 "--core=0",
                                 "pdftotext",
                                 "-q",
                                 "-enc",
                                 "UTF-8",
                                 "-l",
                                 std::to_string(kPagesMax + 1),
                                 std::filesystem::absolute(path, error).string(),
                                 "-"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<char*, 1> environment{nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, "prlimit", &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failed != 0) close(ends[0]);
  if (failed != 0) return Unavailable("prlimit of util-linux cannot be started");
  int status = 0;
  std::string text = Output(ends[0], child, status);
  if (text.size() > kTextBytesMax) return ResourceExhausted(fmt::format("more than {} bytes of text", kTextBytesMax));
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotThere)
    return Unavailable("pdftotext is not installed: Debian's package poppler-utils");
  if (!WIFEXITED(status)) return Unavailable(fmt::format("pdftotext was ended by signal {}", WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return InvalidArgument("pdftotext cannot read it: it is damaged or has a password");
  return text;
}

}  // namespace deepcabin::manual
