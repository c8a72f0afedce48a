#pragma once
// The race of one request: who is asked, when a second endpoint is asked beside the first, who is listened to, who takes over. Knows no
// threads and no clock: it is told what happened and when, and tells its host what to do. matrix.cc is the host; in a test, the test.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "llm/client.h"

namespace deepcabin::llm {

struct RaceTimes {
  Nanos first_token_max = std::chrono::milliseconds(2'500);  // then another one is asked, hedge or not
  Nanos stall = std::chrono::milliseconds(1'400);            // so long without a piece in the middle of an answer is late
  Nanos back_off = std::chrono::milliseconds(200);           // before the same endpoint is asked again
  Nanos retry_after_max = std::chrono::seconds(2);           // longer than this nobody waits
  Nanos permit_again = std::chrono::milliseconds(100), permit_max = std::chrono::milliseconds(1'500);
  Nanos total = std::chrono::seconds(120);
};

inline constexpr int kTriesMax = 2;      // in each request,
inline constexpr int kExchangesMax = 3;  // and a hedge

enum class StartKind : std::uint8_t { kFirst, kRetry, kHedge };
enum class Permit : std::uint8_t { kYes, kNotNow, kNo };
enum class CancelReason : std::uint8_t { kBeaten, kSilent, kGivenUp };  // another was first; it fell silent; nobody waits any more

class RaceHost {
 public:
  virtual ~RaceHost() = default;
  virtual Permit MayStart(std::size_t candidate, StartKind kind) = 0;  // kYes is followed by Start
  virtual void Start(std::size_t lane, std::size_t candidate, StartKind kind) = 0;
  virtual void Cancel(std::size_t lane, CancelReason reason) = 0;
  // From now on this lane's pieces are the answer. `restart`: another's were before, and do not count any more.
  virtual void Lead(std::size_t lane, bool restart) = 0;
  virtual bool IsCommitted() const = 0;
};

class Race {
 public:
  enum class End : std::uint8_t { kRunning, kWon, kFailed, kNobody, kLate };

  // `patience`: of each candidate, best first.
  Race(RaceHost& host, std::vector<Nanos> patience, const RaceTimes& times) : host_(host), patience_(std::move(patience)), times_(times) {}

  void Begin(Nanos now);
  // Lanes are numbered in the order of Start. OnPiece: whether the piece is part of the answer. What a cancelled lane still says is
  // ignored.
  bool OnPiece(std::size_t lane, Nanos now);
  bool OnDone(std::size_t lane, Nanos now);  // true: this lane's reply is the answer
  void OnFault(std::size_t lane, const Fault& fault, Nanos now);
  void OnTime(Nanos now);
  Nanos NextTime() const;  // when OnTime wants to be called, if nothing else happens before
  void GiveUp();           // cancels what runs

  End end() const { return end_; }

 private:
  struct Lane {
    std::size_t candidate = 0;
    Nanos last_heard{0};  // a piece, or the start
    bool alive = true;
  };
  struct Waiting {  // a try that is not sent yet
    std::size_t candidate = 0;
    Nanos at{0}, until{0};
  };
  bool StartNext(StartKind kind, Nanos now);
  void StartAt(std::size_t candidate, StartKind kind, Nanos now);
  void TryAgain(std::size_t failed, const Fault& fault, Nanos now);
  void Finish(End end);
  void CancelOthers(std::size_t lane, CancelReason reason);
  bool AnyAlive() const;
  std::optional<std::size_t> Latest() const;  // the youngest lane that is alive
  std::optional<Nanos> LateAt() const;        // when another endpoint is to be asked beside those that run
  void AskBeside(Nanos now);

  RaceHost& host_;
  const std::vector<Nanos> patience_;
  const RaceTimes times_;
  std::vector<Lane> lanes_;
  std::optional<std::size_t> leader_;
  std::optional<Waiting> waiting_;
  std::optional<std::size_t> beaten_;  // the last candidate that lost without a fault of its own
  std::size_t next_candidate_ = 0;
  int tries_ = 0;
  bool hedged_ = false, hedge_refused_ = false, beside_refused_ = false, had_leader_ = false;
  Nanos began_{0};
  End end_ = End::kRunning;
};

}  // namespace deepcabin::llm
