#pragma once
// The guard: may this actuator take this value now, said by this person, for this reason? Policy is data (policy/*.yaml, from the table
// P01–P23); the guard reads it, the vehicle's state, and nothing else: never the words that were spoken. Unknown means stricter.

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalogue/catalogue.h"
#include "vehicle/broker.h"

namespace deepcabin::safety {

struct PolicyTable;  // safety/policy_table.h

enum class DecisionKind : std::uint8_t { kAllow, kConfirm, kConfirmTouch, kDeny };  // ordered by strictness
std::string_view DecisionKindName(DecisionKind kind);                               // allow confirm confirm_touch deny

enum class Origin : std::uint8_t {
  kSpoken,     // the person in `speaker` asked for it in this turn
  kTouched,    // pressed on the driver's display
  kProposed,   // the cockpit's own idea, or a routine
  kUntrusted,  // derived from text of the outside: web, POI name, message, a tool result of a large model
  kModel,      // a large model chose it for what the person in `speaker` said
  kGuessed,    // the likeliest reading of what the person in `speaker` said, not sure enough to act on
};
std::string_view OriginName(Origin origin);

struct Reason {
  std::string zh, en;
};

struct Decision {
  DecisionKind kind = DecisionKind::kDeny;
  std::string rule;  // "P09.moving"
  Reason reason;
  bool by_driver = false;       // kConfirm: only the driver's yes counts, not the speaker's
  bool safe_direction = false;  // towards the safe side (lights on, lock, stop): generous rate limits
};

// One thing to judge: an interface and the value it shall take (services: no value; the op says what).
struct Request {
  InterfaceId interface = kNoId;
  Op op = Op::kSet;
  std::optional<Value> target = std::nullopt;  // absent for services
  Zone speaker = Zone::kWhole;                 // kWhole = unknown, treated as passenger
  Origin origin = Origin::kSpoken;
  bool confirmed = false;  // a spoken yes bound to exactly this request was given
  bool touched = false;    // a touch on the driver's display bound to exactly this request was given
  bool known = false;      // who is called or written to is a known contact
};

// What the policy looks at, as read at one moment. Stale (> 500 ms) or conflicting motion counts as moving.
enum class Motion : std::uint8_t { kParked, kCreep, kMoving };
struct PolicyState {
  Motion motion = Motion::kMoving;
  double speed_kmh = 0;
  bool dark = true;           // night or unknown
  bool raining = true;        // or unknown
  bool child_present = true;  // or unknown
  bool child_in_row1_right = true;
  bool window_lock = true;
  bool anti_pinch = false;  // the power windows' auto-reverse works
  bool power_on = false;
  bool crashed = false;  // a crash was signalled
  bool cruise_active = false;
};

class Guard {
 public:
  // Policy from `directory`/*.yaml. kInvalidArgument "file:line: reason" for a broken one; a class without a rule is broken.
  // kNotFound when there is none. `catalogue` must outlive the guard.
  static Result<Guard> Load(const std::filesystem::path& directory, const Catalogue& catalogue);
  // The same from memory: file name → text. For tests and fuzzing.
  static Result<Guard> Parse(const std::map<std::string, std::string>& files, const Catalogue& catalogue);

  // Pure and total: any request, any state, always a decision. Thread-safe.
  Decision Judge(const Request& request, const PolicyState& state, const std::optional<Value>& current) const;
  // Strictest of several; group words, scenes and undo are judged step by step, never as one word.
  const std::string& policy_hash() const { return policy_hash_; }
  const PolicyTable& table() const { return *table_; }

 private:
  Guard(std::shared_ptr<const PolicyTable> table, const Catalogue& catalogue);
  Decision JudgeAs(const Interface& interface, const Request& request, const PolicyState& state, const std::optional<Value>& current) const;

  std::shared_ptr<const PolicyTable> table_;
  const Catalogue* catalogue_ = nullptr;
  std::string policy_hash_;
};

// Reads the vehicle's state for the policy; stale, missing or contradicting signals read as the strict value. Motion counts as fresh for
// 500 ms; other signals change rarely and count once they were reported, since a dead car shows in its motion anyway.
// Towards "moving" at once, towards "parked" one second after movement was last seen; so somebody must look now and then (10 Hz is plenty).
// Thread-safe.
class PolicyStateReader {
 public:
  PolicyStateReader(const vehicle::SignalReader& reader, const Clock& clock);
  PolicyState Read() const;
  // Movement seen before belongs to another vehicle: simulated runs that start over.
  void Forget();

 private:
  struct MotionSignals {
    std::optional<Value> speed, is_moving, current_gear, selected_gear, park_lock, parking_brake;
  };
  MotionSignals ReadMotion() const;
  Motion Settle(Motion seen, bool is_evidence) const;
  void ReadChildren(PolicyState& state) const;
  bool AntiPinchWorks() const;

  const vehicle::SignalReader& reader_;
  const Clock& clock_;
  // signal ids looked up once; kNoId where the catalogue lacks it
  SignalId speed_, is_moving_, current_gear_, selected_gear_, park_lock_, parking_brake_;
  SignalId light_, rain_, window_lock_, ignition_, crash_, cruise_;
  std::vector<SignalId> pinch_, child_, child_row1_right_;
  mutable std::atomic<std::int64_t> moving_seen_ns_, creep_seen_ns_;
};

}  // namespace deepcabin::safety
