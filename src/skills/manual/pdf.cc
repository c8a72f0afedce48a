#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include <fmt/format.h>

#include "base/text.h"
#include "skills/manual/book.h"

namespace deepcabin::manual {
namespace {

constexpr std::size_t kTitleCharsMax = 40;  // a longer first line is text
constexpr int kNotThere = 127;

// What the program writes, up to the limit and a little more; `status` is how it ended. util-linux's prlimit sets the limits and becomes
// the program, so that nothing of ours runs between fork and exec.
std::string Output(const std::string& file, int& status) {
  std::array<std::string, 11> words{
      "prlimit", "--as=1073741824", "--cpu=60", "--core=0", "pdftotext", "-q", "-enc", "UTF-8", "-l", std::to_string(kPagesMax + 1), file};
  std::array<char*, words.size() + 2> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  std::string to_us = "-";
  arguments[words.size()] = to_us.data();
  std::array<char*, 1> no_environment{};
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = 0;
  const bool started = posix_spawnp(&child, "prlimit", &actions, nullptr, arguments.data(), no_environment.data()) == 0;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  std::array<char, 1u << 16> buffer{};
  for (ssize_t count = 1; started && count > 0 && text.size() <= kTextBytesMax;) {
    count = read(ends[0], buffer.data(), buffer.size());
    if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);  // one that still writes ends by that
  while (started && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return text;
}

}  // namespace

Result<Book> ReadPdf(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return NotFound("no such file");
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kFileBytesMax) return ResourceExhausted(fmt::format("{} bytes, at most {}", size, kFileBytesMax));
  int status = kNotThere << 8;  // as waitpid gives it
  const std::string text = Output(std::filesystem::absolute(path, error).string(), status);
  if (text.size() > kTextBytesMax) return ResourceExhausted(fmt::format("more than {} bytes of text", kTextBytesMax));
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotThere)
    return Unavailable("pdftotext is not installed: Debian's package poppler-utils");
  if (status != 0) return InvalidArgument("pdftotext cannot read it: it is no PDF, damaged, too large for it, or has a password");
  std::string markdown;
  int page = 0;
  for (const std::string_view sheet : Split(text, '\f')) {  // one ends every page
    ++page;
    const std::string_view words = Trim(sheet);
    if (words.empty()) continue;
    const std::string_view first = words.substr(0, words.find('\n'));
    markdown += fmt::format("<!-- page {} -->\n{}{}\n", page, DecodeUtf8(first).size() <= kTitleCharsMax ? "# " : "", words);
  }
  if (markdown.empty())
    return FailedPrecondition("the PDF holds no text, only pictures of pages: run text recognition over it first (for instance ocrmypdf)");
  return ReadMarkdown(ReplaceInvalidUtf8(markdown));
}

}  // namespace deepcabin::manual
