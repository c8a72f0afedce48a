#include "llm/turn.h"

#include <algorithm>

#include <fmt/format.h>

namespace deepcabin::llm {
namespace {

// In our own words: a vendor's own may be anything.
std::string_view InWords(FaultKind kind) {
  switch (kind) {
    case FaultKind::kBadRequest: return "does not take this request";
    case FaultKind::kBadKey: return "refuses the key";
    case FaultKind::kNoFunds: return "has no funds left";
    case FaultKind::kNotFound: return "knows no such model";
    case FaultKind::kBusy: return "takes no more requests right now";
    case FaultKind::kServerFault: return "failed";
    case FaultKind::kUnreachable: return "cannot be reached";
    case FaultKind::kSilent: return "did not answer in time";
    case FaultKind::kCut: return "broke off";
    case FaultKind::kBroken: return "sent something unreadable";
    case FaultKind::kCancelled: return "was cancelled";
  }
  return "";
}

// Whether the endpoint had begun to work when it failed, and so will bill the input.
bool HadBegun(FaultKind kind) {
  return kind == FaultKind::kSilent || kind == FaultKind::kCut || kind == FaultKind::kBroken || kind == FaultKind::kCancelled;
}

std::string_view KindName(StartKind kind) { return kind == StartKind::kFirst ? "first" : kind == StartKind::kRetry ? "retry" : "hedge"; }

std::vector<Nanos> PatienceOf(const Models& models, const Route& route, const Health& health) {
  std::vector<Nanos> patience;
  for (const Place& place : route.order) patience.push_back(health.View(models.endpoints[place.endpoint].name).patience);
  return patience;
}

}  // namespace

void Inbox::Put(News news) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto* piece = std::get_if<News::Piece>(&news.what)) {
      const bool was_full = bytes_ > kInboxBytesMax;
      bytes_ += piece->text.size() + sizeof(News);
      if (was_full) return;
      if (bytes_ > kInboxBytesMax) news.what = Fault{FaultKind::kBroken, 0, {}, "sends faster than anybody can listen"};
    }
    news_.push_back(std::move(news));
  }
  came_.notify_one();
}

std::deque<News> Inbox::Take(Nanos wait, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  came_.wait_for(lock, stop, std::max(wait, Nanos(0)), [this] { return !news_.empty(); });
  bytes_ = 0;
  return std::exchange(news_, {});
}

Turn::Turn(Matrix& matrix, const Models& models, const Route& route, const ChatRequest& request, ChatListener& listener,
           std::uint64_t number)
    : matrix_(matrix), models_(models), route_(route), request_(request), listener_(listener), number_(number), began_(matrix.clock_.Now()),
      race_(*this, PatienceOf(models, route, matrix.health_), matrix.options_.times) {}

Result<ChatReply> Turn::Run(const std::stop_token& stop) {
  matrix_.budget_.Request();
  if (!stop.stop_requested()) race_.Begin(began_);
  while (race_.end() == Race::End::kRunning) {
    std::deque<News> all = inbox_.Take(race_.NextTime() - matrix_.clock_.Now(), stop);
    if (stop.stop_requested()) break;
    for (News& news : all) Hear(news);
    race_.OnTime(matrix_.clock_.Now());
  }
  if (race_.end() == Race::End::kRunning) race_.GiveUp();
  for (const auto& lane : lanes_) lane->exchange.reset();
  if (!reply_) return WhyFailed();
  for (const auto& lane : lanes_) {  // the request was good, for another one took it
    if (lane->fault && lane->fault->kind == FaultKind::kBadRequest) matrix_.health_.Failed(lane->endpoint->name, *lane->fault);
  }
  reply_->tries = static_cast<int>(lanes_.size());
  reply_->cost = cost_;
  return *std::move(reply_);
}

Permit Turn::MayStart(std::size_t candidate, StartKind kind) {
  const Place& place = route_.order[candidate];
  const Endpoint& e = models_.endpoints[place.endpoint];
  const bool proven = matrix_.health_.View(e.name).proven;
  const Health::Entry entry = matrix_.health_.Enter(e.name);
  if (entry == Health::Entry::kNo) return Permit::kNo;
  next_probe_ = entry == Health::Entry::kProbe;
  bool allowed = true;
  if (kind == StartKind::kRetry) allowed = matrix_.budget_.Extra(proven);
  // Beside a probe, which is expected to be late, a hedge counts as a retry.
  if (kind == StartKind::kHedge) allowed = lanes_.back()->probe ? matrix_.budget_.Extra(proven) : matrix_.budget_.Hedge();
  const bool paid = allowed && matrix_.meter_.Reserve(e.name, place.input_cost, e.budget_per_day);
  if (paid) return Permit::kYes;
  if (next_probe_) matrix_.health_.Abandoned(e.name);
  return allowed ? Permit::kNo : Permit::kNotNow;
}

void Turn::Start(std::size_t number, std::size_t candidate, StartKind kind) {
  const Place& place = route_.order[candidate];
  auto lane = std::make_unique<Lane>(inbox_, number);
  lane->endpoint = &models_.endpoints[place.endpoint];
  lane->kind = kind;
  lane->started = matrix_.clock_.Now();
  lane->patience = matrix_.health_.View(lane->endpoint->name).patience;
  lane->reserved = place.input_cost;
  lane->probe = next_probe_;
  matrix_.Tell({{"type", "model.try"}, {"request", number_}, {"endpoint", lane->endpoint->name}, {"kind", KindName(kind)}});
  lanes_.push_back(std::move(lane));
  lanes_.back()->exchange = matrix_.client_.Start(*lanes_.back()->endpoint, request_, *lanes_.back());
}

void Turn::Cancel(std::size_t number, CancelReason reason) {
  Lane& lane = *lanes_[number];
  lane.exchange.reset();
  const std::string& name = lane.endpoint->name;
  const Nanos waited = matrix_.clock_.Now() - lane.started;
  const bool silent = lane.first_token == Nanos(0) && waited >= lane.patience;
  lane.fault = Fault{FaultKind::kCancelled, 0, {}, {}};
  if (reason == CancelReason::kSilent || (reason == CancelReason::kBeaten && silent) || race_.end() == Race::End::kLate) {
    lane.fault = Fault{FaultKind::kSilent, 0, {}, {}};
    if (silent) matrix_.health_.Late(name, waited);
    else matrix_.health_.Failed(name, *lane.fault);
    TellFailed(lane);
  } else if (lane.probe) {
    matrix_.health_.Abandoned(name);
  }
  Settle(lane, false, {.input_tokens = EstimateTokens(request_)});
}

void Turn::Lead(std::size_t number, bool restart) {
  if (!restart) return;
  matrix_.Tell({{"type", "model.restart"}, {"request", number_}, {"endpoint", lanes_[number]->endpoint->name}});
  if (std::exchange(heard_, false)) listener_.OnRestart();
}

void Turn::Hear(News& news) {
  Lane& lane = *lanes_[news.lane];
  const Nanos now = matrix_.clock_.Now();
  if (lane.settled || race_.end() != Race::End::kRunning) return;
  if (auto* fault = std::get_if<Fault>(&news.what)) return HearFault(lane, std::move(*fault));
  if (lane.first_token == Nanos(0)) {
    lane.first_token = now;
    matrix_.health_.FirstToken(lane.endpoint->name, now - lane.started);
  }
  if (auto* reply = std::get_if<ChatReply>(&news.what)) return HearDone(lane, std::move(*reply));
  const auto& piece = std::get<News::Piece>(news.what);
  if (!race_.OnPiece(news.lane, now) || piece.text.empty()) return;  // an empty piece says no more than that it lives
  heard_ = true;
  if (piece.reasoning) listener_.OnReasoning(piece.text);
  else listener_.OnContent(piece.text);
  race_.OnPiece(news.lane, matrix_.clock_.Now());  // the time that the listener took is no silence of the endpoint
}

void Turn::HearDone(Lane& lane, ChatReply reply) {
  const Nanos now = matrix_.clock_.Now();
  if (!race_.OnDone(lane.number, now)) return;
  matrix_.health_.Succeeded(lane.endpoint->name);
  if (reply.usage.input_tokens == 0) reply.usage.input_tokens = EstimateTokens(request_);  // not every server says
  Settle(lane, true, reply.usage);
  reply.endpoint = lane.endpoint->name;
  if (reply.model.empty()) reply.model = lane.endpoint->model;
  reply.first_token_ms = Milliseconds(began_, lane.first_token);
  reply.total_ms = Milliseconds(began_, now);
  reply_ = std::move(reply);
}

void Turn::HearFault(Lane& lane, Fault fault) {
  lane.exchange.reset();
  lane.fault = std::move(fault);
  const std::string& name = lane.endpoint->name;
  if (lane.fault->kind != FaultKind::kBadRequest) matrix_.health_.Failed(name, *lane.fault);  // that one may be the request's own fault
  else if (lane.probe) matrix_.health_.Abandoned(name);
  TellFailed(lane);
  Settle(lane, false, {.input_tokens = HadBegun(lane.fault->kind) ? EstimateTokens(request_) : 0});
  race_.OnFault(lane.number, *lane.fault, matrix_.clock_.Now());
}

void Turn::Settle(Lane& lane, bool answered, const Usage& usage) {
  lane.settled = true;
  ExchangeRecord record{.endpoint = lane.endpoint->name, .task = request_.task, .answered = answered};
  record.hedge = lane.kind == StartKind::kHedge;
  if (lane.fault && lane.fault->kind != FaultKind::kCancelled) record.fault = lane.fault->kind;
  record.usage = usage;
  record.cost = Cost(lane.endpoint->price, usage);
  record.reserved = lane.reserved;
  if (lane.first_token > Nanos(0)) record.first_token_ms = Milliseconds(lane.started, lane.first_token);
  record.total_ms = Milliseconds(lane.started, matrix_.clock_.Now());
  matrix_.meter_.Record(record);
  cost_ += record.cost;
}

void Turn::TellFailed(const Lane& lane) const {
  matrix_.Tell({{"type", "model.failed"},
                {"request", number_},
                {"endpoint", lane.endpoint->name},
                {"fault", FaultKindName(lane.fault->kind)},
                {"status", lane.fault->status},
                {"message", InWords(lane.fault->kind)}});
}

Error Turn::WhyFailed() const {
  if (race_.end() == Race::End::kRunning) return FailedPrecondition("the request was cancelled");
  if (race_.end() == Race::End::kLate) return {ErrorCode::kDeadlineExceeded, "no large model answered in time"};
  Error error{ErrorCode::kUnavailable, heard_ && listener_.IsCommitted() ? "the answer broke off: " : "no large model answered: "};
  std::vector<FaultKind> kinds;
  for (const auto& lane : lanes_) {
    if (!lane->fault) continue;
    if (!kinds.empty()) error.message += "; ";
    error.message += fmt::format("{} {}", lane->endpoint->name, InWords(lane->fault->kind));
    kinds.push_back(lane->fault->kind);
  }
  if (kinds.empty()) error.message += "what could be asked was just now refused by a breaker or a budget";
  const auto all = [&](FaultKind kind) {
    return !kinds.empty() && std::all_of(kinds.begin(), kinds.end(), [kind](FaultKind k) { return k == kind; });
  };
  if (all(FaultKind::kBadRequest)) error.code = ErrorCode::kInvalidArgument;
  if (all(FaultKind::kNoFunds)) error.code = ErrorCode::kResourceExhausted;
  if (all(FaultKind::kSilent)) error.code = ErrorCode::kDeadlineExceeded;
  return error;
}

}  // namespace deepcabin::llm
