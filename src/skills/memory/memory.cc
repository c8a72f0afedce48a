#include "skills/memory/memory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/text.h"

namespace deepcabin::memory {
namespace {

constexpr std::array<std::string_view, 5> kKindNames{"preference", "habit", "place", "person", "note"};
constexpr int kBusyMs = 1000;
constexpr const char* kDamaged = ".damaged-";
constexpr double kDaySeconds = 24 * 3600;

// Deleted content is overwritten, and the log is emptied after a deletion (Memory::Erase).
constexpr const char* kSchema = R"(
PRAGMA secure_delete = ON;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS facts (id INTEGER PRIMARY KEY, occupant TEXT NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL,
  value TEXT NOT NULL, source TEXT NOT NULL, at INTEGER NOT NULL, UNIQUE (occupant, kind, key, value));
CREATE TABLE IF NOT EXISTS observations (id INTEGER PRIMARY KEY, occupant TEXT NOT NULL, what TEXT NOT NULL, minute INTEGER NOT NULL,
  value REAL NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS observations_by_what ON observations (occupant, what);
CREATE TABLE IF NOT EXISTS states (name TEXT PRIMARY KEY, text TEXT NOT NULL);
PRAGMA user_version = 1;
)";

// The parts of a FactFilter, each bound or null.
#define MEMORY_FITS                                                                                 \
  " WHERE (?1 IS NULL OR occupant = ?1) AND (?2 IS NULL OR key = ?2) AND (?3 IS NULL OR kind = ?3)" \
  " AND (?4 IS NULL OR instr(key, ?4) OR instr(value, ?4) OR instr(source, ?4))"
constexpr std::string_view kSelectFacts =
    "SELECT id, occupant, kind, key, value, source, at FROM facts" MEMORY_FITS " ORDER BY at DESC, id DESC";
constexpr std::string_view kDeleteFacts = "DELETE FROM facts" MEMORY_FITS;
#undef MEMORY_FITS

Error Failed(sqlite3* db, std::string_view doing) {
  const int code = sqlite3_errcode(db);
  const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  return {damaged ? ErrorCode::kDataLoss : ErrorCode::kUnavailable, fmt::format("memory: {}: {}", doing, sqlite3_errmsg(db))};
}

// One prepared statement; parameters are bound, never pasted.
class Statement {
 public:
  Statement(sqlite3* db, std::string_view sql) : db_(db) {
    ok_ = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &handle_, nullptr) == SQLITE_OK;
  }
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(std::string_view text) {
    return Bound(sqlite3_bind_text(handle_, ++at_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
  }
  Statement& Bind(std::int64_t number) { return Bound(sqlite3_bind_int64(handle_, ++at_, number)); }
  Statement& Bind(double number) { return Bound(sqlite3_bind_double(handle_, ++at_, number)); }
  template <typename T>
  Statement& Bind(const std::optional<T>& value) {
    return value ? Bind(*value) : Bound(sqlite3_bind_null(handle_, ++at_));
  }
  // True: a row; false: done.
  Result<bool> Step(std::string_view doing) {
    const int code = ok_ ? sqlite3_step(handle_) : SQLITE_ERROR;
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return Failed(db_, doing);
  }
  std::string Text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)));
  }
  std::int64_t Int(int column) const { return sqlite3_column_int64(handle_, column); }
  double Double(int column) const { return sqlite3_column_double(handle_, column); }

 private:
  Statement& Bound(int code) {
    ok_ = ok_ && code == SQLITE_OK;
    return *this;
  }
  sqlite3* db_;
  sqlite3_stmt* handle_ = nullptr;
  bool ok_ = false;
  int at_ = 0;
};

Status Execute(sqlite3* db, const char* sql, std::string_view doing) {
  return sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? Status() : Status(Failed(db, doing));
}

// SQLite calls it a success when somebody else's reading keeps it from being done, and says so in a row.
Status EmptyLog(sqlite3* db) {
  Statement checkpoint(db, "PRAGMA wal_checkpoint(TRUNCATE)");
  DC_ASSIGN_OR_RETURN(const bool row, checkpoint.Step("empty the log"));
  if (!row || checkpoint.Int(0) != 0) return Unavailable("memory: the log cannot be emptied while another reads");
  return {};
}

Result<std::int64_t> Count(sqlite3* db, std::string_view sql, std::string_view occupant) {
  Statement count(db, sql);
  if (!occupant.empty()) count.Bind(occupant);
  DC_ASSIGN_OR_RETURN(const bool row, count.Step("count"));
  return row ? count.Int(0) : 0;
}

Status CheckText(std::string_view what, std::string_view text, std::size_t bytes_max, bool may_be_empty = false) {
  if (text.empty() && !may_be_empty) return InvalidArgument(fmt::format("memory: no {}", what));
  if (text.size() > bytes_max) return ResourceExhausted(fmt::format("memory: a {} of {} bytes, at most {}", what, text.size(), bytes_max));
  if (!IsValidUtf8(text) || text.find('\0') != std::string_view::npos)
    return InvalidArgument(fmt::format("memory: a {} that is no text", what));
  return {};
}

void BindFilter(Statement& statement, const FactFilter& filter) {
  const auto kind = filter.kind ? std::optional(static_cast<std::int64_t>(*filter.kind)) : std::nullopt;
  statement.Bind(filter.occupant).Bind(filter.key).Bind(kind).Bind(filter.text);
}

}  // namespace

struct Memory::Database {
  sqlite3* db = nullptr;
  ~Database() { sqlite3_close(db); }

  // kDataLoss: the file is damaged.
  static Result<std::unique_ptr<Database>> Open(const std::filesystem::path& file) {
    if (file.empty()) return Prepared(":memory:");
    const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);  // before SQLite: never readable by others
    if (descriptor < 0 || fchmod(descriptor, 0600) != 0 || close(descriptor) != 0) {
      return Unavailable(fmt::format("memory: cannot write {}", file.string()));
    }
    return Prepared(file.c_str());
  }

 private:
  static Result<std::unique_ptr<Database>> Prepared(const char* name) {
    auto made = std::make_unique<Database>();
    if (sqlite3_open_v2(name, &made->db, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) return Failed(made->db, "open");
    sqlite3_busy_timeout(made->db, kBusyMs);
    DC_RETURN_IF_ERROR(Execute(made->db, kSchema, "open"));
    Statement check(made->db, "PRAGMA integrity_check(1)");
    DC_ASSIGN_OR_RETURN(const bool row, check.Step("check"));
    if (!row || check.Text(0) != "ok") return Error{ErrorCode::kDataLoss, "memory: " + check.Text(0)};
    return made;
  }
};

std::string_view FactKindName(FactKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

OrderedJson FactToJson(const Fact& fact) {
  return {{"id", fact.id},
          {"occupant", fact.occupant},
          {"kind", FactKindName(fact.kind)},
          {"key", fact.key},
          {"value", fact.value},
          {"source", fact.source},
          {"at", std::chrono::system_clock::to_time_t(fact.at)},
          {"age_s", fact.age.count()}};
}

Memory::Memory(std::filesystem::path file, std::unique_ptr<Database> database, const Clock& clock)
    : file_(std::move(file)), clock_(clock), database_(std::move(database)) {}
Memory::~Memory() = default;

Result<std::unique_ptr<Memory>> Memory::Open(const std::filesystem::path& file, const Clock& clock) {
  auto database = Database::Open(file);
  std::string notice;
  if (!database && database.error().code == ErrorCode::kDataLoss) {
    const std::filesystem::path aside =
        fmt::format("{}{}{}", file.string(), kDamaged, std::chrono::system_clock::to_time_t(clock.WallTime()));
    std::error_code error;
    std::filesystem::rename(file, aside, error);
    if (error) return Unavailable(fmt::format("memory: {} is damaged and cannot be set aside: {}", file.string(), error.message()));
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(file.string() + suffix, error);
    notice = fmt::format("{}; it lies at {} now, and memory begins anew", database.error().message, aside.string());
    database = Database::Open(file);
  }
  if (!database) return database.error();
  std::unique_ptr<Memory> memory(new Memory(file, std::move(*database), clock));
  memory->notice_ = std::move(notice);
  return memory;
}

std::int64_t Memory::NowSeconds() const { return std::chrono::system_clock::to_time_t(clock_.WallTime()); }

Result<std::int64_t> Memory::Remember(const Fact& fact) {
  DC_RETURN_IF_ERROR(CheckText("occupant", fact.occupant, kOccupantBytesMax));
  DC_RETURN_IF_ERROR(CheckText("key", fact.key, kKeyBytesMax));
  DC_RETURN_IF_ERROR(CheckText("value", fact.value, kTextBytesMax));
  DC_RETURN_IF_ERROR(CheckText("source", fact.source, kTextBytesMax, true));
  const std::lock_guard lock(mutex_);
  sqlite3* db = database_->db;
  DC_ASSIGN_OR_RETURN(const std::int64_t own, Count(db, "SELECT count(*) FROM facts WHERE occupant = ?1", fact.occupant));
  DC_ASSIGN_OR_RETURN(const std::int64_t people, Count(db, "SELECT count(DISTINCT occupant) FROM facts", ""));
  if (own >= static_cast<std::int64_t>(kFactsPerOccupantMax) || (own == 0 && people >= static_cast<std::int64_t>(kOccupantsMax))) {
    return ResourceExhausted(fmt::format("memory: more than {} facts of one person, or of {} people", kFactsPerOccupantMax, kOccupantsMax));
  }
  Statement insert(db,
                   "INSERT INTO facts (occupant, kind, key, value, source, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                   "ON CONFLICT (occupant, kind, key, value) DO UPDATE SET source = excluded.source, at = excluded.at RETURNING id");
  insert.Bind(fact.occupant)
      .Bind(static_cast<std::int64_t>(fact.kind))
      .Bind(fact.key)
      .Bind(fact.value)
      .Bind(fact.source)
      .Bind(NowSeconds());
  DC_ASSIGN_OR_RETURN(const bool row, insert.Step("remember"));
  const std::int64_t id = row ? insert.Int(0) : 0;
  DC_RETURN_IF_ERROR(insert.Step("remember"));
  return id;
}

Result<std::vector<Fact>> Memory::Recall(const FactFilter& filter) const {
  const std::lock_guard lock(mutex_);
  Statement select(database_->db, kSelectFacts);
  BindFilter(select, filter);
  std::vector<Fact> facts;
  for (;;) {
    DC_ASSIGN_OR_RETURN(const bool row, select.Step("recall"));
    if (!row) return facts;
    const std::int64_t kind = std::clamp<std::int64_t>(select.Int(2), 0, kKindNames.size() - 1);
    const auto at = std::chrono::system_clock::from_time_t(select.Int(6));
    facts.push_back({select.Int(0), select.Text(1), static_cast<FactKind>(kind), select.Text(3), select.Text(4), select.Text(5), at,
                     std::chrono::seconds(std::max<std::int64_t>(0, NowSeconds() - select.Int(6)))});
  }
}

Result<std::size_t> Memory::Forget(const FactFilter& filter) {
  if (!filter.occupant && !filter.key && !filter.kind && !filter.text) return InvalidArgument("memory: forget what?");
  const std::lock_guard lock(mutex_);
  sqlite3* db = database_->db;
  Statement facts(db, kDeleteFacts);
  BindFilter(facts, filter);
  DC_RETURN_IF_ERROR(facts.Step("forget"));
  auto gone = static_cast<std::size_t>(sqlite3_changes(db));
  if (!filter.kind || filter.kind == FactKind::kHabit) {
    Statement habits(db,
                     "DELETE FROM observations WHERE (?1 IS NULL OR occupant = ?1) AND (?2 IS NULL OR what = ?2) "
                     "AND (?3 IS NULL OR instr(what, ?3))");
    habits.Bind(filter.occupant).Bind(filter.key).Bind(filter.text);
    DC_RETURN_IF_ERROR(habits.Step("forget"));
    gone += static_cast<std::size_t>(sqlite3_changes(db));
  }
  DC_RETURN_IF_ERROR(Erase());
  return gone;
}

Result<std::size_t> Memory::ForgetEverything(const std::optional<std::string>& occupant) {
  const std::lock_guard lock(mutex_);
  std::size_t gone = 0;
  for (const char* sql : {"DELETE FROM facts WHERE ?1 IS NULL OR occupant = ?1",
                          "DELETE FROM observations WHERE ?1 IS NULL OR occupant = ?1", "DELETE FROM states WHERE ?1 IS NULL OR ?1 = ?1"}) {
    Statement erase(database_->db, sql);
    erase.Bind(occupant);
    DC_RETURN_IF_ERROR(erase.Step("forget everything"));
    gone += static_cast<std::size_t>(sqlite3_changes(database_->db));
  }
  DC_RETURN_IF_ERROR(Erase());
  return gone;
}

// secure_delete has overwritten the rows in their pages; now the pages go from the log into the file, the log is cut to nothing, and the
// file is written anew without its unused pages. A deletion that cannot be finished is an error, so that nobody says "forgotten".
Status Memory::Erase() const {
  if (file_.empty()) return Execute(database_->db, "VACUUM", "erase");
  DC_RETURN_IF_ERROR(EmptyLog(database_->db));
  DC_RETURN_IF_ERROR(Execute(database_->db, "VACUUM", "erase"));
  DC_RETURN_IF_ERROR(EmptyLog(database_->db));
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(file_.parent_path(), error)) {
    if (!entry.path().filename().string().starts_with(file_.filename().string() + kDamaged)) continue;
    if (!std::filesystem::remove(entry.path(), error)) return Unavailable(fmt::format("memory: cannot remove {}", entry.path().string()));
  }
  return {};
}

Result<OrderedJson> Memory::Export(const std::optional<std::string>& occupant) const {
  FactFilter filter;
  filter.occupant = occupant;
  DC_ASSIGN_OR_RETURN(const auto facts, Recall(filter));
  OrderedJson json = {{"facts", OrderedJson::array()}, {"habits", OrderedJson::array()}};
  for (const Fact& fact : facts) json["facts"].push_back(FactToJson(fact));
  const std::lock_guard lock(mutex_);
  Statement select(database_->db,
                   "SELECT occupant, what, minute, value, at FROM observations WHERE ?1 IS NULL OR occupant = ?1 ORDER BY id");
  select.Bind(occupant);
  for (;;) {
    DC_ASSIGN_OR_RETURN(const bool row, select.Step("export"));
    if (!row) return json;
    json["habits"].push_back({{"occupant", select.Text(0)},
                              {"what", select.Text(1)},
                              {"minute", select.Int(2)},
                              {"value", select.Double(3)},
                              {"at", select.Int(4)}});
  }
}

Status Memory::Observe(std::string_view occupant, std::string_view what, int minute, double value) {
  DC_RETURN_IF_ERROR(CheckText("occupant", occupant, kOccupantBytesMax));
  DC_RETURN_IF_ERROR(CheckText("habit", what, kKeyBytesMax));
  if (minute < 0 || minute >= 24 * 60 || !std::isfinite(value)) return InvalidArgument("memory: no minute of a day, or no number");
  const std::lock_guard lock(mutex_);
  Statement insert(database_->db, "INSERT INTO observations (occupant, what, minute, value, at) VALUES (?1, ?2, ?3, ?4, ?5)");
  insert.Bind(occupant).Bind(what).Bind(static_cast<std::int64_t>(minute)).Bind(value).Bind(NowSeconds());
  DC_RETURN_IF_ERROR(insert.Step("observe"));
  Statement trim(database_->db, "DELETE FROM observations WHERE id <= (SELECT max(id) FROM observations) - ?1");
  trim.Bind(static_cast<std::int64_t>(kObservationsMax));
  DC_RETURN_IF_ERROR(trim.Step("observe"));
  return {};
}

Result<std::optional<Usual>> Memory::UsualValue(std::string_view occupant, std::string_view what, int minute) const {
  const std::lock_guard lock(mutex_);
  Statement select(database_->db, "SELECT minute, value, at FROM observations WHERE occupant = ?1 AND what = ?2 ORDER BY id");
  select.Bind(occupant).Bind(what);
  std::vector<Usual> values;
  double all = 0;
  for (;;) {
    DC_ASSIGN_OR_RETURN(const bool row, select.Step("recall a habit"));
    if (!row) break;
    const double apart = std::abs(static_cast<double>(select.Int(0) - minute));
    const double near = 1 - std::min(apart, 24 * 60 - apart) / kMinutesNear;  // at one o'clock, midnight is near
    if (near <= 0) continue;
    const double days = std::max(0.0, static_cast<double>(NowSeconds() - select.Int(2)) / kDaySeconds);
    const double weight = std::min(1.0, 2 * near) * std::exp2(-days / kHalfLifeDays);
    all += weight;
    auto it = std::find_if(values.begin(), values.end(), [&](const Usual& usual) { return usual.value == select.Double(1); });
    if (it == values.end()) it = values.insert(it, Usual{.value = select.Double(1), .last = {}});
    it->evidence += weight;
    ++it->times;
    it->last = std::chrono::system_clock::from_time_t(select.Int(2));
  }
  const auto best = std::max_element(values.begin(), values.end(), [](const Usual& a, const Usual& b) { return a.evidence < b.evidence; });
  if (best == values.end() || best->evidence < kEvidenceMin || best->evidence < kShareMin * all) return std::optional<Usual>();
  best->confidence = best->evidence / all;
  return std::optional(*best);
}

Status Memory::PutState(std::string_view name, std::string_view text) {
  DC_RETURN_IF_ERROR(CheckText("name", name, kKeyBytesMax));
  DC_RETURN_IF_ERROR(CheckText("state", text, kStateBytesMax, true));
  const std::lock_guard lock(mutex_);
  Statement put(database_->db, "INSERT INTO states (name, text) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET text = excluded.text");
  put.Bind(name).Bind(text);
  DC_RETURN_IF_ERROR(put.Step("keep a state"));
  return {};
}

Result<std::optional<std::string>> Memory::GetState(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  Statement get(database_->db, "SELECT text FROM states WHERE name = ?1");
  get.Bind(name);
  DC_ASSIGN_OR_RETURN(const bool row, get.Step("recall a state"));
  return row ? std::optional(get.Text(0)) : std::nullopt;
}

}  // namespace deepcabin::memory
