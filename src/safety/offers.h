#pragma once
// Typed questions that wait for a yes. An offer is bound to exactly what was asked: who asked, for which calls with which values, and in
// which state of the car. It answers once, lapses after 15 seconds or when anything that the policy looks at has changed, and can be
// answered only from where a yes counts. What the calls are stays with the caller; safety sees their text (`binding`) and nothing else.

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "safety/guard.h"

namespace deepcabin::safety {

inline constexpr std::chrono::seconds kOfferLife{15};
inline constexpr std::size_t kPromptsPerMinuteMoving = 2;
inline constexpr std::chrono::seconds kPromptBlockTime{60};
inline constexpr std::size_t kOpenOffersMax = 256;  // sessions with a question open

struct OfferDraft {
  std::string session;
  Zone speaker = Zone::kWhole;
  SafetyClass safety = SafetyClass::kComfort;  // the strictest of the calls
  DecisionKind kind = DecisionKind::kConfirm;  // kConfirm or kConfirmTouch
  bool by_driver = false;                      // Decision::by_driver of any of the calls
  std::string question;                        // for people
  std::string binding;                         // the calls and their values as text, e.g. their JSON
};

struct Offer {
  std::string id;  // "offer-7"
  OfferDraft draft;
  std::string hash;  // binds session, speaker, calls and state
  Nanos created{0}, expires{0};
};

// Where an answer came from.
struct OfferAnswer {
  std::string session;
  Zone speaker = Zone::kWhole;
  bool touched = false;  // pressed on the driver's display
  std::string binding;   // what the caller is about to do; must be what was offered
};

// Thread-safe.
class Offers {
 public:
  explicit Offers(const Clock& clock) : clock_(clock) {}

  // Opens a question; one of the same session that was still open is dropped. kResourceExhausted: too many prompts while moving (the
  // class is then refused for a minute), or too many sessions. kInvalidArgument: a draft that is no question.
  Result<Offer> Make(OfferDraft draft, const PolicyState& state);
  // The session's open offer, unless it has lapsed.
  std::optional<Offer> Open(std::string_view session, const PolicyState& state);
  // A yes. Returns the offer and closes it. kNotFound: none open. kDeadlineExceeded, kFailedPrecondition: lapsed by time, by a changed
  // state or by other calls than offered; closed. kPermissionDenied: not from there, or a touch is needed; it stays open.
  Result<Offer> Accept(const OfferAnswer& answer, const PolicyState& state);
  // A no, or the session moved on to something else. False when there was none.
  bool Close(std::string_view session);

 private:
  Status AllowPrompt(const OfferDraft& draft, const PolicyState& state);

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Offer, std::less<>> by_session_;
  std::deque<Nanos> prompts_moving_;
  std::map<SafetyClass, Nanos> blocked_until_;
  std::uint64_t next_id_ = 1;
};

}  // namespace deepcabin::safety
