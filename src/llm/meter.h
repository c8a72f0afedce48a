#pragma once
// What the endpoints were used for and what it cost, a row for each day, endpoint and task, in SQLite. Keeps budgets: a call that would go
// past an endpoint's budget of the day is not made. A day is UTC's.

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "llm/client.h"

struct sqlite3;

namespace deepcabin::llm {

// Cost of so many tokens at an endpoint's price, in the currency of models.yaml.
double Cost(const Price& price, const Usage& usage);
// About how many tokens a request holds; rather too many than too few.
std::int64_t EstimateTokens(const ChatRequest& request);

// One exchange that has ended.
struct ExchangeRecord {
  std::string endpoint{};
  Task task = Task::kQuestion;
  bool answered = false;  // its reply was the answer
  bool hedge = false;
  std::optional<FaultKind> fault{};
  Usage usage{};
  double cost = 0, reserved = 0;  // `reserved`: what Reserve was asked for
  double first_token_ms = 0, total_ms = 0;
};

// Thread-safe.
class Meter {
 public:
  // `path` empty: in memory. A damaged file is set aside as FILE.damaged-N, and a new one begun; word() says so. kUnavailable: the file
  // cannot be opened or made.
  static Result<std::unique_ptr<Meter>> Open(const std::filesystem::path& path, const Clock& clock);
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  // Sets `cost` aside before a call. False: it, what was spent today and what other calls have set aside go past `budget` (0 = no limit).
  bool Reserve(std::string_view endpoint, double cost, double budget);
  // After each call; what it had set aside is free again. A failure to write is kept in word(), and the budget is still counted.
  void Record(const ExchangeRecord& record);
  double SpentToday(std::string_view endpoint);

  // Of the last so many days, the newest first: {"today":{"endpoint":cost…},"rows":[{"day","endpoint","task","answers","tries","hedges",
  // "faults","input_tokens","cached_tokens","output_tokens","reasoning_tokens","cost","first_token_ms","total_ms"}…],
  // "faults":[{"day","endpoint","kind","count"}…],"note":word()}. Days are "2026-03-02"; times are means over the answers.
  OrderedJson ToJson(int days);
  std::string word() const;  // what went wrong with the file, "" = nothing

 private:
  explicit Meter(std::filesystem::path path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}
  Status OpenFile();
  void SetAside();
  int Write(const ExchangeRecord& record);
  void Today();  // begins a new day's sums
  std::string DayBefore(int days) const;

  const std::filesystem::path path_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  sqlite3* db_ = nullptr;
  std::string word_, day_;
  struct Sum {
    double spent = 0, reserved = 0;
  };
  std::map<std::string, Sum, std::less<>> today_{};
};

}  // namespace deepcabin::llm
