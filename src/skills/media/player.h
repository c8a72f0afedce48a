#pragma once
// What plays: a queue, a place in it, a position that follows the clock. Nothing runs in the background: the position is worked out when
// somebody asks, so a clock that stands still or jumps is no trouble.

#include <algorithm>

#include "base/clock.h"
#include "base/random.h"
#include "skills/media/library.h"

namespace deepcabin::media {

inline constexpr std::size_t kKeptMax = 500;  // favourites, titles heard, titles never to be heard again

enum class State : std::uint8_t { kStop, kPlay, kPause };
enum class Loop : std::uint8_t { kOrder, kOne, kAll, kShuffle };

// One thread at a time.
class Player {
 public:
  explicit Player(const Clock& clock) : clock_(clock), since_(clock.Now()) {}

  // Begins with the first that is not disliked; false when nothing is left to play.
  bool Play(std::vector<Track> tracks);
  void SetState(State state, Nanos at);  // somebody paused at `at`, a while ago
  void SetState(State state) { SetState(state, now()); }
  void Set(Loop loop, double rate);
  bool Skip(int by);  // false at either end
  bool GoTo(std::size_t index);
  void Seek(double position_s);  // stops at either end
  void SetFavourite(bool is_favourite);
  void Dislike();  // never again, and on to the next

  Nanos now() const { return clock_.Now(); }
  State state() const { return state_; }
  const Track* current() const { return queue_.empty() ? nullptr : &queue_[at_]; }
  double position_s() const { return position_s_; }  // as of the last change or Advance
  std::size_t index() const { return at_; }
  const std::vector<Track>& favourites() const { return favourites_; }  // oldest first, as the next
  const std::vector<Track>& history() const { return history_; }

  void Advance() { Advance(now()); }

 private:
  void Advance(Nanos now);
  void Begin(std::size_t index);
  std::size_t Another() { return (at_ + 1 + random_.Below(std::max<std::size_t>(queue_.size() - 1, 1))) % queue_.size(); }

  const Clock& clock_;
  Random random_{1};
  std::vector<Track> queue_, favourites_, history_, disliked_;
  std::size_t at_ = 0;
  State state_ = State::kStop;
  Loop loop_ = Loop::kOrder;
  double position_s_ = 0, rate_ = 1;
  Nanos since_;
};

}  // namespace deepcabin::media
