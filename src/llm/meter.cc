#include "llm/meter.h"

#include <algorithm>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sqlite3.h>

namespace deepcabin::llm {
namespace {

constexpr int kDaysKept = 400;
constexpr int kBusyTimeoutMs = 200;  // `deepcabin models test` may write beside a running car

constexpr const char* kSchema = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS usage (day TEXT, endpoint TEXT, task TEXT, answers INTEGER, tries INTEGER, hedges INTEGER, faults INTEGER,
    input INTEGER, cached INTEGER, output INTEGER, reasoning INTEGER, cost REAL, first_token_ms REAL, total_ms REAL,
    PRIMARY KEY (day, endpoint, task)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS fault (day TEXT, endpoint TEXT, kind TEXT, count INTEGER, PRIMARY KEY (day, endpoint, kind)) WITHOUT ROWID;
)";

// A prepared statement; the values are bound in order.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) { status_ = sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(std::string_view text) {
    sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& Bind(std::int64_t number) {
    sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }
  Statement& Bind(double number) {
    sqlite3_bind_double(statement_, ++bound_, number);
    return *this;
  }
  int Step() { return status_ == SQLITE_OK ? sqlite3_step(statement_) : status_; }
  std::string Text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr ? "" : text;
  }
  std::int64_t Integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double Real(int column) const { return sqlite3_column_double(statement_, column); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int status_ = SQLITE_OK, bound_ = 0;
};

bool IsDamage(int status) { return (status & 0xFF) == SQLITE_CORRUPT || (status & 0xFF) == SQLITE_NOTADB; }

std::int64_t TokensOf(std::string_view text) { return static_cast<std::int64_t>(text.size() / 3) + 1; }

}  // namespace

double Cost(const Price& price, const Usage& usage) {
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached_tokens, 0, std::max<std::int64_t>(0, usage.input_tokens));
  const auto fresh = static_cast<double>(std::max<std::int64_t>(0, usage.input_tokens) - cached);
  const auto output = static_cast<double>(std::max<std::int64_t>(0, usage.output_tokens));
  return (static_cast<double>(cached) * price.cached + fresh * price.input + output * price.output) / 1e6;
}

std::int64_t EstimateTokens(const ChatRequest& request) {
  std::int64_t tokens = 0;
  for (const Message& message : request.messages) {
    tokens += 4 + TokensOf(message.content) + TokensOf(message.reasoning);
    for (const ToolCall& call : message.tool_calls) tokens += TokensOf(call.name) + TokensOf(call.arguments);
  }
  for (const Tool& tool : request.tools) tokens += TokensOf(tool.name) + TokensOf(tool.description) + TokensOf(DumpJson(tool.parameters));
  return tokens;
}

Result<std::unique_ptr<Meter>> Meter::Open(const std::filesystem::path& path, const Clock& clock) {
  std::unique_ptr<Meter> meter(new Meter(path, clock));
  std::error_code ignored;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  const Status opened = meter->OpenFile();
  if (!opened && opened.error().code != ErrorCode::kDataLoss) return opened.error();
  if (!opened) {
    meter->SetAside();
    DC_RETURN_IF_ERROR(meter->OpenFile());
  }
  meter->Today();
  return meter;
}

Meter::~Meter() { sqlite3_close(db_); }

Status Meter::OpenFile() {
  sqlite3_close(db_);
  db_ = nullptr;
  const std::string name = path_.empty() ? ":memory:" : path_.string();
  int status = sqlite3_open_v2(name.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  if (status == SQLITE_OK) {
    sqlite3_busy_timeout(db_, kBusyTimeoutMs);
    status = sqlite3_exec(db_, kSchema, nullptr, nullptr, nullptr);
  }
  if (status == SQLITE_OK) {
    Statement check(db_, "PRAGMA quick_check(1)");
    status = check.Step();
    status = status == SQLITE_ROW ? (check.Text(0) == "ok" ? SQLITE_OK : SQLITE_CORRUPT) : status;
  }
  if (status == SQLITE_OK) status = Statement(db_, "DELETE FROM usage WHERE day < ?1").Bind(DayBefore(kDaysKept)).Step();
  if (status == SQLITE_DONE) return {};
  if (IsDamage(status)) return Error{ErrorCode::kDataLoss, fmt::format("{} is damaged", name)};
  return Unavailable(fmt::format("cannot open {}: {}", name, sqlite3_errstr(status)));
}

void Meter::SetAside() {
  sqlite3_close(db_);
  db_ = nullptr;
  std::error_code ignored;
  std::filesystem::path aside;
  for (int i = 1; i == 1 || std::filesystem::exists(aside, ignored); ++i) aside = fmt::format("{}.damaged-{}", path_.string(), i);
  std::filesystem::rename(path_, aside, ignored);
  for (const char* rest : {"-wal", "-shm"}) std::filesystem::remove(path_.string() + rest, ignored);
  word_ = fmt::format("the meter's file was damaged; it is kept as {}, and a new one is begun", aside.filename().string());
}

std::string Meter::DayBefore(int days) const {
  return fmt::format("{:%Y-%m-%d}", std::chrono::floor<std::chrono::seconds>(clock_.WallTime() - std::chrono::hours(24 * days)));
}

void Meter::Today() {
  const std::string day = DayBefore(0);
  if (day == day_) return;
  day_ = day;
  for (auto& [endpoint, sum] : today_) sum.spent = 0;  // what is set aside stays so
  Statement sums(db_, "SELECT endpoint, sum(cost) FROM usage WHERE day = ?1 GROUP BY endpoint");
  sums.Bind(day);
  while (sums.Step() == SQLITE_ROW) today_[sums.Text(0)].spent = sums.Real(1);
}

bool Meter::Reserve(std::string_view endpoint, double cost, double budget) {
  const std::lock_guard lock(mutex_);
  Today();
  Sum& sum = today_[std::string(endpoint)];
  if (budget > 0 && sum.spent + sum.reserved + cost > budget) return false;
  sum.reserved += cost;
  return true;
}

double Meter::SpentToday(std::string_view endpoint) {
  const std::lock_guard lock(mutex_);
  Today();
  const auto found = today_.find(endpoint);
  return found == today_.end() ? 0 : found->second.spent + found->second.reserved;
}

int Meter::Write(const ExchangeRecord& r) {
  Statement row(db_, R"(INSERT INTO usage VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    ON CONFLICT DO UPDATE SET answers = answers + ?4, tries = tries + 1, hedges = hedges + ?5, faults = faults + ?6, input = input + ?7,
      cached = cached + ?8, output = output + ?9, reasoning = reasoning + ?10, cost = cost + ?11,
      first_token_ms = first_token_ms + ?12, total_ms = total_ms + ?13)");
  row.Bind(day_).Bind(r.endpoint).Bind(TaskName(r.task)).Bind(std::int64_t{r.answered}).Bind(std::int64_t{r.hedge});
  row.Bind(std::int64_t{r.fault.has_value()}).Bind(r.usage.input_tokens).Bind(r.usage.cached_tokens).Bind(r.usage.output_tokens);
  row.Bind(r.usage.reasoning_tokens).Bind(r.cost).Bind(r.answered ? r.first_token_ms : 0).Bind(r.answered ? r.total_ms : 0);
  const int status = row.Step();
  if (status != SQLITE_DONE || !r.fault) return status;
  Statement fault(db_, "INSERT INTO fault VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET count = count + 1");
  return fault.Bind(day_).Bind(r.endpoint).Bind(FaultKindName(*r.fault)).Step();
}

void Meter::Record(const ExchangeRecord& record) {
  const std::lock_guard lock(mutex_);
  Today();
  Sum& sum = today_[record.endpoint];
  sum.reserved = std::max(0.0, sum.reserved - record.reserved);
  sum.spent += record.cost;
  int status = Write(record);
  if (IsDamage(status)) {
    SetAside();
    status = OpenFile() ? Write(record) : SQLITE_CANTOPEN;
  }
  if (status != SQLITE_DONE) word_ = fmt::format("the meter cannot write: {}", sqlite3_errstr(status));
}

OrderedJson Meter::ToJson(int days) {
  const std::lock_guard lock(mutex_);
  Today();
  OrderedJson json = {{"today", OrderedJson::object()}, {"rows", OrderedJson::array()}, {"faults", OrderedJson::array()}};
  for (const auto& [endpoint, sum] : today_) json["today"][endpoint] = sum.spent;
  Statement usage(db_, "SELECT * FROM usage WHERE day > ?1 ORDER BY day DESC, endpoint, task");
  usage.Bind(DayBefore(days));
  while (usage.Step() == SQLITE_ROW) {
    OrderedJson row = {{"day", usage.Text(0)}, {"endpoint", usage.Text(1)}, {"task", usage.Text(2)}};
    int column = 3;
    for (const char* name :
         {"answers", "tries", "hedges", "faults", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"}) {
      row[name] = usage.Integer(column++);
    }
    const double answers = static_cast<double>(std::max<std::int64_t>(1, usage.Integer(3)));
    row["cost"] = usage.Real(column);
    row["first_token_ms"] = usage.Real(column + 1) / answers;
    row["total_ms"] = usage.Real(column + 2) / answers;
    json["rows"].push_back(std::move(row));
  }
  Statement faults(db_, "SELECT * FROM fault WHERE day > ?1 ORDER BY day DESC, endpoint, kind");
  faults.Bind(DayBefore(days));
  while (faults.Step() == SQLITE_ROW) {
    json["faults"].push_back(
        {{"day", faults.Text(0)}, {"endpoint", faults.Text(1)}, {"kind", faults.Text(2)}, {"count", faults.Integer(3)}});
  }
  if (!word_.empty()) json["note"] = word_;
  return json;
}

std::string Meter::word() const {
  const std::lock_guard lock(mutex_);
  return word_;
}

}  // namespace deepcabin::llm
