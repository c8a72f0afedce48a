#pragma once
// The files of the audit log: audit-000001.jsonl, audit-000002.jsonl, … in one directory, each line one record that carries the SHA-256 of
// itself ("hash") and of the line before it ("prev"). Not thread-safe.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace deepcabin::safety {

inline constexpr std::size_t kAuditLineBytesMax = 64u << 10;

struct AuditFile {
  std::filesystem::path path;
  std::uint64_t index = 0;
};
// The log's files, oldest first.
std::vector<AuditFile> ListAuditFiles(const std::filesystem::path& directory);
std::filesystem::path AuditFilePath(const std::filesystem::path& directory, std::uint64_t index);

// `record` is a JSON object as text; returns it with its own hash as the last field, without newline.
std::string SealAuditLine(std::string record);
// The hash in a line; kDataLoss when the line is not as it was sealed.
Result<std::string> CheckAuditLine(std::string_view line);

// Appends whole lines or nothing. One open file.
class AuditAppender {
 public:
  AuditAppender() = default;
  ~AuditAppender();
  AuditAppender(const AuditAppender&) = delete;
  AuditAppender& operator=(const AuditAppender&) = delete;

  // Opens or makes the file; mode 0600.
  Status Open(const std::filesystem::path& path);
  void Close();
  // On failure (full disk, I/O error) what was half written is taken back.
  Status Append(std::string_view line);
  std::uint64_t bytes() const { return bytes_; }

 private:
  int fd_ = -1;
  std::uint64_t bytes_ = 0;
};

}  // namespace deepcabin::safety
