#include "llm/outbound_log.h"

#include <cerrno>
#include <ctime>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::llm {
namespace {

constexpr std::string_view kFile = "outbound.jsonl", kOlderFile = "outbound.1.jsonl";

std::string TimeText(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                     utc.tm_sec);
}

Error SystemError(std::string_view what, const std::filesystem::path& path) {
  return Unavailable(fmt::format("{} {}: {}", what, path.string(), std::generic_category().message(errno)));
}

// The newest bytes, from the beginning of a character.
std::string_view Newest(std::string_view text) {
  if (text.size() <= kOutboundTextBytesMax) return text;
  text.remove_prefix(text.size() - kOutboundTextBytesMax);
  while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80) text.remove_prefix(1);
  return text;
}

}  // namespace

Result<std::unique_ptr<OutboundLog>> OutboundLog::Open(const std::filesystem::path& directory, const Clock& clock) {
  std::unique_ptr<OutboundLog> log(new OutboundLog(directory, clock));
  DC_RETURN_IF_ERROR(log->OpenFile());
  return log;
}

OutboundLog::~OutboundLog() {
  if (fd_ >= 0) ::close(fd_);
}

Status OutboundLog::OpenFile() {
  const std::filesystem::path path = directory_ / kFile;
  if (fd_ >= 0) ::close(fd_);
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (fd_ < 0) return SystemError("cannot open", path);
  struct stat about {};
  if (::fstat(fd_, &about) != 0 || ::fchmod(fd_, S_IRUSR | S_IWUSR) != 0) return SystemError("cannot read", path);
  bytes_ = static_cast<std::size_t>(about.st_size);
  return {};
}

Status OutboundLog::Append(const OutboundRecord& record) {
  OrderedJson json = {
      {"time", TimeText(clock_.WallTime())}, {"endpoint", record.endpoint}, {"model", record.model},      {"task", record.task},
      {"bytes", record.text.size()},         {"in_clear", record.in_clear}, {"replaced", record.replaced}};
  json["text"] = ReplaceInvalidUtf8(Newest(record.text));
  const std::string line = DumpJson(json) + "\n";
  const std::lock_guard lock(mutex_);
  if (bytes_ + line.size() > kOutboundFileBytesMax || fd_ < 0) {
    std::error_code failure;
    if (bytes_ > 0) std::filesystem::rename(directory_ / kFile, directory_ / kOlderFile, failure);
    if (failure) return Unavailable(fmt::format("cannot put aside {}: {}", (directory_ / kFile).string(), failure.message()));
    DC_RETURN_IF_ERROR(OpenFile());
  }
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t written = ::write(fd_, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const Error error = SystemError("cannot write", directory_ / kFile);
      if (done > 0 && ::ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) bytes_ += done;
      return error;
    }
    done += static_cast<std::size_t>(written);
  }
  bytes_ += line.size();
  return {};
}

Result<std::vector<Json>> OutboundLog::Read(const std::filesystem::path& directory, std::size_t count) {
  std::vector<Json> records;
  bool any = false;
  for (const std::string_view name : {kOlderFile, kFile}) {
    std::ifstream in(directory / name);
    any = any || in.is_open();
    for (std::string line; std::getline(in, line);) {
      auto record = ParseJson(line);
      if (record && record->is_object() && record->contains("endpoint")) records.push_back(std::move(*record));
    }
  }
  if (!any) return NotFound(fmt::format("no log of what left in {}", directory.string()));
  if (records.size() > count) records.erase(records.begin(), records.end() - static_cast<std::ptrdiff_t>(count));
  return records;
}

}  // namespace deepcabin::llm
