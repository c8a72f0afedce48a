#pragma once
// Calls that wait: for a time, a delay, a condition; and timers and reminders, which only speak up. Thread-safe.

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "catalogue/call.h"

namespace deepcabin::agent {

inline constexpr std::size_t kRoutinesMax = 200;

struct Routine {
  std::uint64_t id = 0;
  std::string session;
  Zone speaker = Zone::kRow1Left;
  Language language = Language::kChinese;
  Call call;  // without `when`
  When when;
  std::chrono::system_clock::time_point due;  // kAfter, kAt
  bool armed = true;                          // kOnce: the condition was false at some time since it was set
};

class Routines {
 public:
  explicit Routines(const Clock& clock) : clock_(clock) {}

  // Works out when it is due. kInvalidArgument: a time that cannot be read; kResourceExhausted: too many; kFailedPrecondition: it waits
  // for an arrival and there is no route.
  Result<Routine> Add(Routine routine);
  // Takes out those that are due; repeated ones come back for the next time. `holds` tells whether a condition is true now.
  std::vector<Routine> Due(const std::function<bool(const Condition&)>& holds);
  // Removes those of a session for a capability; how many there were.
  std::size_t Cancel(const std::string& session, CapabilityId capability);
  std::vector<Routine> List(const std::string& session) const;

  // For a restart. Save: what waits, as JSON that Load takes back, beside what waits already. Load is all or nothing (kInvalidArgument for
  // what it cannot read, kResourceExhausted past kRoutinesMax) and returns those that fell due meanwhile and do not repeat: they are not
  // carried out late, somebody should say so. The guard judges a loaded one when it fires, like any other.
  Json Save(const Catalogue& catalogue) const;
  Result<std::vector<Routine>> Load(const Json& json, const Catalogue& catalogue);

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Routine> routines_;
  std::uint64_t next_id_ = 1;
};

// "10分钟后" / "tomorrow at 07:30": when it will happen, for a reply.
std::string DescribeWhen(const When& when, Language language);

}  // namespace deepcabin::agent
