#pragma once
// One turn, from what was said to what is answered, and what all turns of a cockpit work with.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/cockpit.h"
#include "agent/executor.h"
#include "agent/routines.h"
#include "agent/session.h"
#include "agent/slow_path.h"
#include "safety/offers.h"
#include "understanding/understander.h"

namespace deepcabin::agent {

inline constexpr std::size_t kCallsMax = 8;  // per turn (safety.md T17)

// What was answered at once and still moves; its receipt follows.
struct Receipt {
  std::string session, turn;
  Language language = Language::kChinese;
  std::vector<Execution> executions;
  Nanos deadline{0};
};

// What the turns of a cockpit share. Its members are thread-safe; the receipts are guarded by `mutex`.
struct Workbench {
  explicit Workbench(const Cockpit::Parts& p)
      : parts(p), understander(p.phrasebook, p.student), executor(parts), offers(p.clock), routines(p.clock) {
    if (parts.chat != nullptr) slow = std::make_unique<SlowPath>(parts, sink);
  }

  Cockpit::Parts parts;
  understanding::Understander understander;
  Executor executor;
  safety::Offers offers;
  Routines routines;
  EventSink sink;
  std::unique_ptr<SlowPath> slow;  // where there is a large model
  std::atomic<bool> is_closing{false};
  std::mutex mutex;
  std::vector<Receipt> receipts;

  const Catalogue& catalogue() const { return parts.catalogue; }
  void Emit(const OrderedJson& event) const {
    if (sink) sink(event);
  }
  // The sentences of what was carried out, as one text.
  std::string Join(const std::vector<Execution>& executions, Language language) const;
  // Whether a condition is true now.
  bool Holds(const Condition& condition) const;

 private:
  std::vector<Value> Values(const Execution& execution) const;
};

// Tells the page that the session's open question is closed: "yes", "no" or "expired".
void CloseEvent(const EventSink& sink, const Session& session, const std::string& turn, std::string_view answer);

// Runs once, on a locked session; its members are what the stages hand on.
class Turn final : private CallCarrier {
 public:
  Turn(Workbench& bench, Session& session, const TurnRequest& request) : bench_(bench), session_(session), request_(request) {}
  Result<TurnResult> Run();

 private:
  Result<understanding::Understood> Understand();
  void Act();
  // 打开吧, "leave it shut", said while that very thing is asked about, answers the question. A whole command does not: it asks anew.
  void TakeAsAnswer();
  void TakeGuess();
  // A yes or no with nothing open, or the no to what was open.
  void PlainAnswer();
  void CloseOffer();
  void Confirm();
  void Undo();
  // What is about memory, and yes or no to a place or a proposal: no call waits behind those questions.
  bool HasProposal() const;
  bool TakeStatement();
  bool TakeAnswer();
  void AcceptService();
  void AnswerProposal(bool yes);
  void EmitFrame() const;
  // The slow path: a large model answers, and what it wants done is carried out here.
  bool IsPlain() const;
  bool WantsPicture() const;
  void Paint();
  bool WantsModel() const;
  void Think();
  Execution Carry(const Call& call, safety::Origin origin) override;
  std::string Tell(const Execution& execution) override { return bench_.Join({execution}, result_.language); }
  void Execute();
  static Execution Refused(const Call& call, std::string reason);
  // Services that need nothing but a clock: timers and reminders speak up when they are due; the time is told.
  bool IsSpokenService(const Call& call) const;
  Execution SpokenService(const Call& call);
  // All other services: asked of the desk, by way of the guard.
  bool IsServed(const Call& call) const;
  Execution Served(const Call& call);
  ServiceAnswer Waiting(const Capability& capability) const;
  std::string ListRoutines(CapabilityId capability) const;
  Execution Schedule(const Call& call);
  Execution ScheduleAt(const Call& call, const When& when);
  // One question for all that needs a yes.
  void MakeOffer();
  void ReadBack(std::vector<Execution>& executions);
  // Live: gives what does not travel the moment it needs. What travels is told as moving; its receipt follows from Tick.
  void WaitForTheQuick(std::vector<Execution>& executions);
  void Reply();
  void Announce();
  void Remember();
  void RememberWords();

  Workbench& bench_;
  Session& session_;
  const TurnRequest& request_;
  Stopwatch whole_;
  safety::AuditContext audit_;
  understanding::Understood understood_;
  TurnResult result_;
  std::vector<Execution> executions_;
  safety::Origin origin_ = safety::Origin::kSpoken;  // of what is carried out now
  bool trip_changed_ = false;
  SlowAnswer thought_;
  bool offer_refused_ = false;
  std::string spoken_;  // of what a model had the services do: for the driver, not for the model
  std::string reply_;   // said instead of, or after, what the results say
};

}  // namespace deepcabin::agent
