#include "safety/audit_log.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <fstream>
#include <mutex>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "safety/audit_file.h"
#include "safety/sha256.h"

namespace deepcabin::safety {
namespace {

constexpr std::size_t kTailMax = 1000;
constexpr std::size_t kPendingMax = 4096;           // records kept in memory while the disk is full; then new ones are counted only
constexpr std::size_t kRecordBytesMax = 32u << 10;  // a larger one keeps its head
constexpr std::uint64_t kRecordsBetweenReserveTries = 64;
const std::string kNoHash(kSha256HexLength, '0');

std::string TimeText(const Clock& clock) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(clock.WallTime().time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(since / 1000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), since % 1000);
}

// Only an object that fits a line is logged as it is.
Json Bounded(Json record) {
  if (!record.is_object()) record = Json{{"record", std::move(record)}};
  std::string text = DumpJson(record);
  if (text.size() <= kRecordBytesMax) return record;
  return Json{{"cut", true}, {"bytes", text.size()}, {"record", text.substr(0, kRecordBytesMax / 2)}};
}

class MemoryLog final : public AuditLog {
 public:
  MemoryLog(const Clock& clock, std::size_t capacity) : clock_(clock), capacity_(capacity) {}

  void Append(Json record) override {
    record = Bounded(std::move(record));
    const std::lock_guard lock(mutex_);
    record["seq"] = ++seq_;
    record["time"] = TimeText(clock_);
    record["prev"] = last_;
    last_ = Sha256Hex(DumpJson(record));
    records_.push_back(std::move(record));
    if (records_.size() > capacity_) records_.pop_front();
  }
  std::vector<Json> Tail(std::size_t count) const override {
    const std::lock_guard lock(mutex_);
    const std::size_t from = records_.size() - std::min(count, records_.size());
    return {records_.begin() + static_cast<std::ptrdiff_t>(from), records_.end()};
  }
  bool degraded() const override { return false; }

 private:
  const Clock& clock_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<Json> records_;
  std::string last_ = kNoHash;
  std::uint64_t seq_ = 0;
};

std::string ReadWhole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

class FileLog final : public AuditLog {
 public:
  FileLog(const AuditOptions& options, const Clock& clock) : options_(options), clock_(clock) {}
  ~FileLog() override {
    if (lock_fd_ >= 0) ::close(lock_fd_);
  }

  Status Start();
  void Append(Json record) override;
  std::vector<Json> Tail(std::size_t count) const override;
  bool degraded() const override {
    const std::lock_guard lock(mutex_);
    return !pending_.empty() || dropped_ > 0;
  }

 private:
  Status LockDirectory();
  // Takes up the newest file: sets a torn last line aside, remembers the last records. False when its end cannot be trusted.
  bool TakeUp(const AuditFile& file);
  void SetAside(const AuditFile& file, std::string_view torn, std::size_t keep);
  void Seal(Json record);
  void WritePending();
  Status WriteLine(const std::string& line);
  Status Rotate();
  void KeepReserve();
  std::filesystem::path reserve_path() const { return options_.directory / "reserve"; }

  const AuditOptions options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  int lock_fd_ = -1;
  AuditAppender out_;
  std::uint64_t index_ = 0;  // of the open file
  std::uint64_t seq_ = 0;
  std::string last_hash_ = kNoHash;
  std::deque<std::string> pending_;  // sealed lines that wait for room, oldest first
  std::uint64_t dropped_ = 0;
  bool has_reserve_ = false;
  std::uint64_t records_since_try_ = 0;
  std::deque<Json> tail_;
};

Status FileLog::LockDirectory() {
  const std::filesystem::path path = options_.directory / "lock";
  lock_fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (lock_fd_ < 0) return Unavailable(fmt::format("cannot open {}: {}", path.string(), std::generic_category().message(errno)));
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0)
    return Unavailable(fmt::format("{} is in use by another process", options_.directory.string()));
  return {};
}

Status FileLog::Start() {
  std::error_code failure;
  std::filesystem::create_directories(options_.directory, failure);
  if (failure) return Unavailable(fmt::format("cannot make {}: {}", options_.directory.string(), failure.message()));
  ::chmod(options_.directory.c_str(), S_IRWXU);
  DC_RETURN_IF_ERROR(LockDirectory());
  const std::vector<AuditFile> files = ListAuditFiles(options_.directory);
  index_ = files.empty() ? 1 : files.back().index;
  // Whoever was killed right after a rotation left an empty file; the chain's end is in the one before it.
  bool is_sound = true;
  for (auto file = files.rbegin(); file != files.rend() && is_sound && last_hash_ == kNoHash; ++file) is_sound = TakeUp(*file);
  // A damaged end stays where it is, for Verify to report; the log goes on in a new file.
  if (!is_sound) {
    ++index_;
    last_hash_ = kNoHash;
  }
  DC_RETURN_IF_ERROR(out_.Open(AuditFilePath(options_.directory, index_)));
  KeepReserve();
  return {};
}

void FileLog::SetAside(const AuditFile& file, std::string_view torn, std::size_t keep) {
  std::ofstream(file.path.string() + ".torn", std::ios::binary | std::ios::app) << torn << '\n';
  std::error_code failure;
  std::filesystem::resize_file(file.path, keep, failure);
}

bool FileLog::TakeUp(const AuditFile& file) {
  const std::string text = ReadWhole(file.path);
  const std::size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  if (whole < text.size()) SetAside(file, std::string_view(text).substr(whole), whole);
  std::string_view lines = std::string_view(text).substr(0, whole);
  bool is_sound = true;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 1);
    const auto hash = CheckAuditLine(line);
    auto record = hash ? ParseJson(line) : Result<Json>(hash.error());
    is_sound = record && record->is_object() && record->value("seq", std::uint64_t{0}) > 0;
    if (!is_sound) continue;
    last_hash_ = *hash;
    seq_ = record->value("seq", std::uint64_t{0});
    tail_.push_back(std::move(record).value());
    if (tail_.size() > kTailMax) tail_.pop_front();
  }
  return is_sound;
}

// Room that is given up when the disk is full, so that the log can still say what happened meanwhile.
void FileLog::KeepReserve() {
  if (has_reserve_ || options_.reserve_bytes == 0) return;
  const int fd = ::open(reserve_path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (fd < 0) return;
  has_reserve_ = ::posix_fallocate(fd, 0, static_cast<off_t>(options_.reserve_bytes)) == 0;
  ::close(fd);
  if (!has_reserve_) ::unlink(reserve_path().c_str());
}

Status FileLog::Rotate() {
  DC_RETURN_IF_ERROR(out_.Open(AuditFilePath(options_.directory, index_ + 1)));
  ++index_;
  const std::vector<AuditFile> files = ListAuditFiles(options_.directory);
  const std::size_t files_max = static_cast<std::size_t>(std::max(options_.files_max, 1));
  for (std::size_t i = 0; i + files_max < files.size(); ++i) ::unlink(files[i].path.c_str());
  return {};
}

Status FileLog::WriteLine(const std::string& line) {
  if (out_.bytes() > 0 && out_.bytes() + line.size() + 1 > options_.file_bytes_max) DC_RETURN_IF_ERROR(Rotate());
  Status status = out_.Append(line);
  if (status || !has_reserve_) return status;
  ::unlink(reserve_path().c_str());
  has_reserve_ = false;
  return out_.Append(line);
}

void FileLog::WritePending() {
  while (!pending_.empty()) {
    if (!WriteLine(pending_.front())) return;
    pending_.pop_front();
  }
}

void FileLog::Seal(Json record) {
  record["seq"] = ++seq_;
  record["time"] = TimeText(clock_);
  record["prev"] = last_hash_;
  std::string line = SealAuditLine(DumpJson(record));
  last_hash_ = line.substr(line.size() - 2 - kSha256HexLength, kSha256HexLength);
  record["hash"] = last_hash_;
  pending_.push_back(std::move(line));
  tail_.push_back(std::move(record));
  if (tail_.size() > kTailMax) tail_.pop_front();
}

void FileLog::Append(Json record) {
  record = Bounded(std::move(record));
  const std::lock_guard lock(mutex_);
  if (pending_.size() >= kPendingMax) WritePending();
  if (pending_.size() >= kPendingMax) {
    ++dropped_;  // counted, and said so as soon as there is room
    return;
  }
  if (dropped_ > 0) Seal(Json{{"event", "audit.dropped"}, {"count", std::exchange(dropped_, 0)}});
  Seal(std::move(record));
  WritePending();
  if (!has_reserve_ && pending_.empty() && ++records_since_try_ >= kRecordsBetweenReserveTries) {
    records_since_try_ = 0;
    KeepReserve();
  }
}

std::vector<Json> FileLog::Tail(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  const std::size_t from = tail_.size() - std::min(count, tail_.size());
  return {tail_.begin() + static_cast<std::ptrdiff_t>(from), tail_.end()};
}

// The chain so far, while files are checked one after the other.
struct Chain {
  std::string hash;  // empty before the first record
  std::uint64_t seq = 0;
};

Status VerifyFile(const AuditFile& file, Chain& chain) {
  const std::string text = ReadWhole(file.path);
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    const auto fail = [&](std::string_view why) {
      return Error{ErrorCode::kDataLoss, fmt::format("{}:{}: {}", file.path.string(), number, why)};
    };
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return fail("a torn line");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const auto hash = CheckAuditLine(line);
    if (!hash) return fail(hash.error().message);
    const auto record = ParseJson(line);
    if (!record || !record->is_object()) return fail("not a JSON object");
    const auto seq = record->find("seq");
    const auto prev = record->find("prev");
    if (seq == record->end() || !seq->is_number_unsigned() || prev == record->end() || !prev->is_string()) return fail("no seq or prev");
    if (!chain.hash.empty() && prev->get<std::string>() != chain.hash) return fail("does not follow the record before it");
    if (!chain.hash.empty() && seq->get<std::uint64_t>() != chain.seq + 1) return fail(fmt::format("seq is not {}", chain.seq + 1));
    chain = {*hash, seq->get<std::uint64_t>()};
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::Open(const AuditOptions& options, const Clock& clock) {
  auto log = std::make_unique<FileLog>(options, clock);
  DC_RETURN_IF_ERROR(log->Start());
  return Result<std::unique_ptr<AuditLog>>(std::move(log));
}

std::unique_ptr<AuditLog> AuditLog::InMemory(const Clock& clock, std::size_t capacity) {
  return std::make_unique<MemoryLog>(clock, capacity);
}

Status AuditLog::Verify(const std::filesystem::path& directory) {
  const std::vector<AuditFile> files = ListAuditFiles(directory);
  if (files.empty()) return NotFound(fmt::format("no audit log in {}", directory.string()));
  Chain chain;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i > 0 && files[i].index != files[i - 1].index + 1) {
      return Error{ErrorCode::kDataLoss, fmt::format("{}:1: the file before it is missing", files[i].path.string())};
    }
    DC_RETURN_IF_ERROR(VerifyFile(files[i], chain));
  }
  return {};
}

}  // namespace deepcabin::safety
