#pragma once
// What left the car, for its owner to read: one JSON line per exchange with an endpoint, in a file of mode 0600. The text stands in it as
// it left, hidden things as placeholders; of what went to an endpoint that may see all, the log still keeps only the hidden form.
// Thread-safe.

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace deepcabin::llm {

struct OutboundRecord {
  std::string endpoint, model, task;
  std::string text;                     // hidden form; the newest kOutboundTextBytesMax bytes are kept
  std::map<std::string, int> replaced;  // kind → how many different ones
  bool in_clear = false;                // the endpoint may see all and got the text as it was
};

inline constexpr std::size_t kOutboundTextBytesMax = 8u << 10;
inline constexpr std::size_t kOutboundFileBytesMax = 4u << 20;  // then it becomes outbound.1.jsonl, and the one before that goes

class OutboundLog {
 public:
  // `directory` must exist. kUnavailable: the file cannot be opened.
  static Result<std::unique_ptr<OutboundLog>> Open(const std::filesystem::path& directory, const Clock& clock);
  ~OutboundLog();
  OutboundLog(const OutboundLog&) = delete;
  OutboundLog& operator=(const OutboundLog&) = delete;

  // Whole lines or nothing. kUnavailable: full disk, I/O error; then nothing should leave.
  Status Append(const OutboundRecord& record);

  // The newest `count` records, oldest first; lines that are no record are left out. kNotFound: there is no log.
  static Result<std::vector<Json>> Read(const std::filesystem::path& directory, std::size_t count);

 private:
  OutboundLog(std::filesystem::path directory, const Clock& clock) : directory_(std::move(directory)), clock_(clock) {}
  Status OpenFile();

  const std::filesystem::path directory_;
  const Clock& clock_;
  std::mutex mutex_;
  int fd_ = -1;
  std::size_t bytes_ = 0;
};

}  // namespace deepcabin::llm
