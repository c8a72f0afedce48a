#pragma once
// How the endpoints have been lately, and how much may be tried. Three things that keep trouble small: a breaker for each endpoint (one
// that fails again and again is left alone for a while), a budget for second tries over all of them, and a purse for hedges.

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "llm/client.h"

namespace deepcabin::llm {

inline constexpr int kFailuresInARowMax = 5;
inline constexpr std::size_t kOutcomesKept = 20;  // the breaker also opens when half of so many failed
inline constexpr std::chrono::seconds kFirstPause{5}, kLongestPause{60};
inline constexpr std::chrono::minutes kSettingsPause{10};  // bad key, no funds: somebody has to repair something first
inline constexpr std::size_t kLatenciesKept = 100, kLatenciesEnough = 20;

// When a second endpoint is asked because the first has not said a word yet. The longest is below the 1.5 s that a fault may cost.
struct Patience {
  Nanos shortest = std::chrono::milliseconds(1'000), longest = std::chrono::milliseconds(1'400);
  Nanos unmeasured = std::chrono::milliseconds(1'200);  // with fewer than kLatenciesEnough measured first tokens
};

enum class Breaker : std::uint8_t { kClosed, kOpen, kProbe };  // kProbe: its pause is over; the next request finds out
std::string_view BreakerName(Breaker breaker);

struct EndpointHealth {
  Breaker breaker = Breaker::kClosed;
  Nanos pause_left{0};
  std::string why{};          // the breaker is open, for people
  double first_token_ms = 0;  // moving average; 0 = not measured in the last ten minutes
  double error_share = 0;     // moving average; half of it is forgotten in each minute without news
  Nanos patience{0};
  bool proven = false;  // its last answer was good and is at most a minute old
};

// Thread-safe.
class Health {
 public:
  Health(const Clock& clock, std::uint64_t seed, Patience patience = {}) : clock_(clock), patience_(patience), random_(seed) {}

  EndpointHealth View(std::string_view endpoint) const;
  enum class Entry : std::uint8_t { kNo, kYes, kProbe };
  // Before an exchange. kProbe: it is the one that finds out whether the endpoint is back. Each yes is answered by one of the four below.
  Entry Enter(std::string_view endpoint);
  void Succeeded(std::string_view endpoint);
  void Failed(std::string_view endpoint, const Fault& fault);
  void Late(std::string_view endpoint, Nanos waited);  // it had not said a word when another one answered: a failure, and at least so slow
  void Abandoned(std::string_view endpoint);           // we ended it for a reason of our own; says nothing about the endpoint
  void FirstToken(std::string_view endpoint, Nanos after);  // the exchange goes on
  // The settings have changed: what was shut because of them opens.
  void ForgetFaultsOfSettings();

 private:
  struct State {
    std::deque<double> latencies_ms{};
    std::deque<bool> failed{};
    int failures_in_a_row = 0;
    double first_token_ms = 0, error_share = 0;
    bool open = false, probing = false, by_settings = false;
    int pauses = 0;  // how often in a row the breaker opened
    Nanos open_until{0}, last_good{0}, last_end{0};
    std::string why{};
  };
  State& At(std::string_view endpoint);
  double ErrorShare(const State& state) const;
  void Measure(State& state, Nanos first_token);
  void Open(State& state, Nanos pause, std::string why);
  Nanos PatienceFor(const State& state) const;

  const Clock& clock_;
  const Patience patience_;
  mutable std::mutex mutex_;
  Random random_;
  std::map<std::string, State, std::less<>> states_{};
};

inline constexpr std::chrono::seconds kTryWindow{60};
inline constexpr double kExtraTries = 0.1;    // of the requests of the last minute
inline constexpr double kExtraHedges = 0.05;  // of the requests
inline constexpr int kExtraFloor = 10;        // a car that asks once a minute may still try twice

// However many requests fail, no more than 1.1 times as many tries go out, plus the floor. Thread-safe.
class TryBudget {
 public:
  explicit TryBudget(const Clock& clock) : clock_(clock) {}
  void Request();  // its first try needs no permission
  // A second try. To an endpoint that is proven to answer it is no retry but the way round a fault, and never refused.
  bool Extra(bool proven);
  bool Hedge();  // a second exchange beside one that is only late

 private:
  struct Second {
    std::int64_t at = 0;
    int requests = 0, extra = 0;
  };
  Second& Now();
  bool HasRoom() const;

  const Clock& clock_;
  std::mutex mutex_;
  std::deque<Second> window_{};
  double purse_ = kExtraFloor;
};

}  // namespace deepcabin::llm
