#pragma once
// After-sales: booking a slot at a workshop, and the file that a breakdown or an accident needs. A maker's own system would stand behind
// ServiceBooking; here a workshop is simulated and nobody outside the car hears of it.

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace deepcabin::aftersales {

using LocalTime = std::chrono::local_seconds;

struct Booking {
  LocalTime at{};
  std::string what;
};

// Thread-safe.
class ServiceBooking {
 public:
  virtual ~ServiceBooking() = default;
  // kNotFound: nothing within four weeks.
  virtual Result<LocalTime> FirstFree(LocalTime from) const = 0;
  virtual Status Book(const Booking& booking) = 0;  // kFailedPrecondition: that slot is taken; one booking at a time, the newest counts
  virtual std::optional<Booking> Current() const = 0;
  virtual void Cancel() = 0;
};

// Open Monday to Saturday, 9 to 17, on the hour; every third slot is somebody else's.
class SimulatedWorkshop final : public ServiceBooking {
 public:
  Result<LocalTime> FirstFree(LocalTime from) const override;
  Status Book(const Booking& booking) override;
  std::optional<Booking> Current() const override;
  void Cancel() override;

 private:
  mutable std::mutex mutex_;
  std::optional<Booking> booking_;
};

struct Fact {
  std::string zh, en, value;
};

// What happened, as data and as text for a person, with the photos to take and the facts to exchange.
struct Claim {
  bool is_accident = false;
  LocalTime at{};
  std::vector<Fact> facts;

  OrderedJson ToJson() const;
  std::string ToText(bool zh) const;
  // claim-<time>.json and .txt in `folder`, readable by their owner only. kUnavailable, kResourceExhausted past kClaimsMax files.
  Result<std::filesystem::path> Save(const std::filesystem::path& folder, bool zh) const;
};
inline constexpr int kClaimsMax = 200;

}  // namespace deepcabin::aftersales
