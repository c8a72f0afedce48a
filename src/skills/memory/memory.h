#pragma once
// What the car remembers of its people: what they said they like, what they are used to, names, places. It stays in one file on the car
// (SQLite, mode 0600); everything can be listed, exported and forgotten, and what is forgotten is gone from the file's bytes. Memory holds
// facts, never rules: nothing that decides about safety reads it, and its text is data wherever it is shown.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace deepcabin::memory {

inline constexpr std::size_t kKeyBytesMax = 128;
inline constexpr std::size_t kTextBytesMax = 1024;  // a value, or the words it came from
inline constexpr std::size_t kOccupantBytesMax = 64;
inline constexpr std::size_t kFactsPerOccupantMax = 2000;
inline constexpr std::size_t kOccupantsMax = 32;
inline constexpr std::size_t kObservationsMax = 20'000;  // of habits, all together; the oldest go first
inline constexpr std::size_t kStateBytesMax = 256 * 1024;

enum class FactKind : std::uint8_t {
  kPreference,  // "我不吃香菜"
  kHabit,       // "我习惯 24 度"; learned ones are not facts but observations, see Usual
  kPlace,       // "我妈家在…": key is the label, value the place
  kPerson,      // "我女儿叫小满"
  kNote,        // anything else: "记住车停在 B2"
};
std::string_view FactKindName(FactKind kind);  // preference habit place person note

struct Fact {
  std::int64_t id = 0;
  std::string occupant;  // who it is about: the identifier of the account, "owner"
  FactKind kind = FactKind::kNote;
  std::string key;                           // "food.avoid", "公司"
  std::string value;                         // "香菜"
  std::string source;                        // how it is known: the words, or "learned"
  std::chrono::system_clock::time_point at;  // when it was learned or last confirmed
  std::chrono::seconds age{0};               // filled in by Recall
};

// What somebody usually does with a thing at this time of day.
struct Usual {
  double value = 0;
  double evidence = 0;    // decayed count of the times that agree
  double confidence = 0;  // evidence of this value against all
  int times = 0;
  std::chrono::system_clock::time_point last;
};

// Which facts; an empty member does not narrow.
struct FactFilter {
  std::optional<std::string> occupant, key;
  std::optional<FactKind> kind;
  std::optional<std::string> text;  // key, value or source contains it
};

// Thread-safe.
class Memory {
 public:
  // Opens or creates `file`; "" keeps everything in memory only. One that is damaged is set aside as "<file>.damaged-<seconds>" and a new
  // one is begun: `notice` says so.
  // kUnavailable: the folder cannot be written, or another process holds the file. `clock` outlives the memory.
  static Result<std::unique_ptr<Memory>> Open(const std::filesystem::path& file, const Clock& clock);
  ~Memory();
  const std::string& notice() const { return notice_; }  // "" when all is well

  // Stores a fact; the same occupant, kind, key and value is confirmed, not doubled. Returns its id. kInvalidArgument: empty, not UTF-8;
  // kResourceExhausted: too long, too many; kUnavailable: the disk is full or failing (the old facts stay).
  Result<std::int64_t> Remember(const Fact& fact);
  // Newest first.
  Result<std::vector<Fact>> Recall(const FactFilter& filter) const;
  // Removes what fits, observations of habits too, and its bytes from the file, the log beside it and unused pages; damaged files that were
  // set aside go with it. Returns how many facts and observations went.
  // An empty filter is refused (kInvalidArgument): see ForgetEverything.
  Result<std::size_t> Forget(const FactFilter& filter);
  // Of one occupant, or of all.
  Result<std::size_t> ForgetEverything(const std::optional<std::string>& occupant);
  // {"facts":[…],"habits":[…]}.
  Result<OrderedJson> Export(const std::optional<std::string>& occupant) const;

  // Habits. `what` is a capability ("hvac.temperature") or another name; `minute` the local minute of the day.
  Status Observe(std::string_view occupant, std::string_view what, int minute, double value);
  // Nothing until there is enough evidence: kEvidenceMin of at least kShareMin of all, near that time of day.
  Result<std::optional<Usual>> UsualValue(std::string_view occupant, std::string_view what, int minute) const;

  static constexpr double kHalfLifeDays = 21;  // an observation counts half after that long
  static constexpr double kMinutesNear = 90;   // of the day; further away it does not count
  static constexpr double kEvidenceMin = 2.5;
  static constexpr double kShareMin = 0.6;

  // A small table for what other rooms learned and want kept (what proposals were refused): name → text. Goes with ForgetEverything.
  Status PutState(std::string_view name, std::string_view text);
  Result<std::optional<std::string>> GetState(std::string_view name) const;

 private:
  struct Database;
  Memory(std::filesystem::path file, std::unique_ptr<Database> database, const Clock& clock);
  Status Erase() const;
  std::int64_t NowSeconds() const;

  const std::filesystem::path file_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unique_ptr<Database> database_;
  std::string notice_;
};

OrderedJson FactToJson(const Fact& fact);

}  // namespace deepcabin::memory
