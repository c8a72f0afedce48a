#pragma once
// One request on its way through the matrix. The exchanges' threads only put news into the inbox; everything else happens in the thread
// that asks: it drives the race, calls the listener, and ends exchanges.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "llm/matrix.h"

namespace deepcabin::llm {

inline constexpr std::size_t kInboxBytesMax = 8 * 1024 * 1024;  // not heard yet; more is a fault of the one that sends

struct News {
  struct Piece {
    std::string text{};
    bool reasoning = false;
  };
  std::size_t lane = 0;
  std::variant<Piece, ChatReply, Fault> what;
};

// Thread-safe.
class Inbox {
 public:
  void Put(News news);
  // Everything that has come; waits for it until `wait` is over or `stop` is asked for.
  std::deque<News> Take(Nanos wait, const std::stop_token& stop);

 private:
  std::mutex mutex_;
  std::condition_variable_any came_;
  std::deque<News> news_{};
  std::size_t bytes_ = 0;
};

class Turn final : public RaceHost {
 public:
  Turn(Matrix& matrix, const Models& models, const Route& route, const ChatRequest& request, ChatListener& listener, std::uint64_t number);
  Result<ChatReply> Run(const std::stop_token& stop);

  Permit MayStart(std::size_t candidate, StartKind kind) override;
  void Start(std::size_t lane, std::size_t candidate, StartKind kind) override;
  void Cancel(std::size_t lane, CancelReason reason) override;
  void Lead(std::size_t lane, bool restart) override;
  bool IsCommitted() const override { return heard_ && listener_.IsCommitted(); }

 private:
  struct Lane final : ExchangeListener {
    Lane(Inbox& to, std::size_t own_number) : inbox(to), number(own_number) {}
    void OnReasoning(std::string_view piece) override { inbox.Put({number, News::Piece{std::string(piece), true}}); }
    void OnContent(std::string_view piece) override { inbox.Put({number, News::Piece{std::string(piece), false}}); }
    void OnDone(ChatReply reply) override { inbox.Put({number, std::move(reply)}); }
    void OnFault(Fault what) override { inbox.Put({number, std::move(what)}); }

    Inbox& inbox;
    const std::size_t number;
    const Endpoint* endpoint = nullptr;
    StartKind kind = StartKind::kFirst;
    Nanos started{0}, first_token{0}, patience{0};
    double reserved = 0;
    bool probe = false, settled = false;
    std::optional<Fault> fault{};
    std::unique_ptr<Exchange> exchange;  // last: ended before what it talks to
  };

  void Hear(News& news);
  void HearDone(Lane& lane, ChatReply reply);
  void HearFault(Lane& lane, Fault fault);
  // Writes the exchange into the meter; `usage` is what it is known to have used.
  void Settle(Lane& lane, bool answered, const Usage& usage);
  void TellFailed(const Lane& lane) const;
  Error WhyFailed() const;
  double Milliseconds(Nanos from, Nanos to) const { return std::chrono::duration<double, std::milli>(to - from).count(); }

  Matrix& matrix_;
  const Models& models_;
  const Route& route_;
  const ChatRequest& request_;
  ChatListener& listener_;
  const std::uint64_t number_;
  const Nanos began_;
  Race race_;
  bool heard_ = false;       // the listener was told something
  bool next_probe_ = false;  // what MayStart learned for Start
  double cost_ = 0;
  std::optional<ChatReply> reply_{};
  Inbox inbox_;
  std::vector<std::unique_ptr<Lane>> lanes_{};
};

}  // namespace deepcabin::llm
