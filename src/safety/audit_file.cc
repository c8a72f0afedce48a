#include "safety/audit_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "safety/sha256.h"

namespace deepcabin::safety {
namespace {

constexpr std::string_view kPrefix = "audit-", kSuffix = ".jsonl";
constexpr std::string_view kHashKey = ",\"hash\":\"";
constexpr std::string_view kHashEnd = "\"}";
constexpr std::size_t kSealLength = kHashKey.size() + kSha256HexLength + kHashEnd.size();

Error SystemError(std::string_view what, const std::filesystem::path& path) {
  return Unavailable(fmt::format("{} {}: {}", what, path.string(), std::generic_category().message(errno)));
}

}  // namespace

std::vector<AuditFile> ListAuditFiles(const std::filesystem::path& directory) {
  std::vector<AuditFile> files;
  std::error_code failure;
  for (std::filesystem::directory_iterator it(directory, failure), end; !failure && it != end; it.increment(failure)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    const std::string_view digits = std::string_view(name).substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
    AuditFile file{it->path(), 0};
    const auto [end_of_number, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), file.index);
    if (bad == std::errc() && end_of_number == digits.data() + digits.size()) files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(), [](const AuditFile& a, const AuditFile& b) { return a.index < b.index; });
  return files;
}

std::filesystem::path AuditFilePath(const std::filesystem::path& directory, std::uint64_t index) {
  return directory / fmt::format("{}{:06}{}", kPrefix, index, kSuffix);
}

std::string SealAuditLine(std::string record) {
  const std::string hash = Sha256Hex(record);
  record.pop_back();  // the closing brace; the hash is the object's last field
  return fmt::format("{}{}{}{}", record, kHashKey, hash, kHashEnd);
}

Result<std::string> CheckAuditLine(std::string_view line) {
  const Error damaged{ErrorCode::kDataLoss, "the record was changed after it was written"};
  if (line.size() <= kSealLength || line.size() > kAuditLineBytesMax) return damaged;
  const std::string_view seal = line.substr(line.size() - kSealLength);
  const std::string_view hash = seal.substr(kHashKey.size(), kSha256HexLength);
  if (!seal.starts_with(kHashKey) || !seal.ends_with(kHashEnd)) return damaged;
  if (Sha256Hex(fmt::format("{}}}", line.substr(0, line.size() - kSealLength))) != hash) return damaged;
  return std::string(hash);
}

AuditAppender::~AuditAppender() { Close(); }

void AuditAppender::Close() {
  if (fd_ < 0) return;
  ::fdatasync(fd_);
  ::close(fd_);
  fd_ = -1;
}

Status AuditAppender::Open(const std::filesystem::path& path) {
  Close();
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (fd_ < 0) return SystemError("cannot open", path);
  struct stat about {};
  if (::fstat(fd_, &about) != 0) return SystemError("cannot read", path);
  bytes_ = static_cast<std::uint64_t>(about.st_size);
  return {};
}

Status AuditAppender::Append(std::string_view line) {
  if (fd_ < 0) return Unavailable("the audit file is not open");
  std::string bytes(line);
  bytes += '\n';
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::write(fd_, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int reason = errno;
      // If even this fails, the torn line is found and set aside when the log is opened next.
      if (done > 0 && ::ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) bytes_ += done;
      return Unavailable(fmt::format("cannot write the audit log: {}", std::generic_category().message(reason)));
    }
    done += static_cast<std::size_t>(written);
  }
  bytes_ += bytes.size();
  return {};
}

}  // namespace deepcabin::safety
