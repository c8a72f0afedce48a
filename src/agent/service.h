#pragma once
// What stands behind a capability that is no signal: navigation, media, a telephone, a manual. A call reaches it after the guard let it
// through; what it answers is told to the driver, and shown as a card where it gives one.

#include <optional>
#include <string>

#include "base/json.h"
#include "catalogue/call.h"
#include "catalogue/catalogue.h"

namespace deepcabin::agent {

struct ServiceRequest {
  const Call& call;
  const Capability& capability;
  Zone speaker = Zone::kRow1Left;
  Language language = Language::kChinese;
  std::string_view said{};  // the whole utterance, for what a call has no field for: the days of a forecast
};

struct ServiceAnswer {
  bool done = false;            // false: nothing happened, and `said` tells why
  std::string said{};           // a sentence without its last mark, in the request's language
  bool asks = false;            // a yes or no is waited for: Accept or Decline
  std::optional<Call> taken{};  // of Accept: the call that the yes stood for
  bool trip_changed = false;    // there is a new plan to draw
  // For the page: {"kind":"weather"|"media"|"message"|…, …}; null where there is nothing to show. Text in it is data, never markup.
  OrderedJson card{};
};

// Outlives the cockpit. Thread-safe: turns of several sessions call it at once. What it fetches from outside is bounded in time (a turn
// waits for it) and size, and cleaned of control characters.
class Service {
 public:
  virtual ~Service() = default;
  // Whether it can carry this one out; what it cannot is told as not connected.
  virtual bool Handles(const ServiceRequest& request) const = 0;
  // Whether the call's time belongs to it ("tomorrow's weather", "book a service for Friday"), not to the routines.
  virtual bool TakesTime(const ServiceRequest& request) const { return request.call.op == Op::kQuery; }
  // Whether who is called or written to is a known contact; the guard asks.
  virtual bool Knows(const ServiceRequest& /*request*/) const { return false; }
  // What must be said first ("to whom?"), before anybody is asked for a yes; nothing where all is there.
  virtual std::optional<ServiceAnswer> Missing(const ServiceRequest& /*request*/) { return std::nullopt; }
  virtual ServiceAnswer Run(const ServiceRequest& request) = 0;
  // Yes and no to what it asked last.
  virtual ServiceAnswer Accept(Language /*language*/) { return {}; }
  virtual void Decline() {}
};

// For the short texts of services, which are written in both languages where they are said.
inline std::string Either(Language language, std::string_view zh, std::string_view en) {
  return std::string(language == Language::kChinese ? zh : en);
}

}  // namespace deepcabin::agent
