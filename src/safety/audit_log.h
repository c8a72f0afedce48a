#pragma once
// Append-only log of every judged action: who, what, why, decision. One JSON object a line, hash-chained (each line carries SHA-256 of the
// previous line), rotated by size, survives kill -9 (a torn last line is set aside on open) and a full disk (reserved space; commands go
// on).

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace deepcabin::safety {

struct AuditOptions {
  std::filesystem::path directory;
  std::uint64_t file_bytes_max = 4u << 20;
  int files_max = 8;
  std::uint64_t reserve_bytes = 256u << 10;  // preallocated so that a full disk does not silence the log at once
};

class AuditLog {
 public:
  static Result<std::unique_ptr<AuditLog>> Open(const AuditOptions& options, const Clock& clock);
  // Keeps the last `capacity` records in memory only. For tests, `ask` and `eval`.
  static std::unique_ptr<AuditLog> InMemory(const Clock& clock, std::size_t capacity = 1000);
  virtual ~AuditLog() = default;

  // Adds a record (fields "seq", "time" and "prev" are added). Never throws, never blocks on a full disk: then the record is kept in
  // memory, `degraded()` turns true, and it is written when there is room again. Thread-safe.
  virtual void Append(Json record) = 0;
  // The newest records, oldest first; at most `count`.
  virtual std::vector<Json> Tail(std::size_t count) const = 0;
  virtual bool degraded() const = 0;

  // Checks the chain of a log directory; error names file and line of the first record that does not fit.
  static Status Verify(const std::filesystem::path& directory);
};

}  // namespace deepcabin::safety
