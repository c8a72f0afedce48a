#include "skills/media/player.h"

#include <cmath>

namespace deepcabin::media {
namespace {

constexpr double kJumpMaxS = 86'400;  // a clock that leaps further counts as this much
constexpr double kRateMin = 0.25, kRateMax = 4;

void Keep(std::vector<Track>& tracks, const Track& track) {
  std::erase(tracks, track);
  if (tracks.size() >= kKeptMax) tracks.erase(tracks.begin());
  tracks.push_back(track);
}

}  // namespace

bool Player::Play(std::vector<Track> tracks) {
  std::erase_if(tracks, [this](const Track& t) { return std::find(disliked_.begin(), disliked_.end(), t) != disliked_.end(); });
  if (tracks.empty()) return false;
  Advance();
  tracks.resize(std::min(tracks.size(), kKeptMax));
  queue_ = std::move(tracks);
  Begin(0);
  state_ = State::kPlay;
  return true;
}

void Player::Begin(std::size_t index) {
  at_ = index;
  position_s_ = 0;
  Keep(history_, queue_[at_]);
}

void Player::SetState(State state, Nanos at) {
  Advance(std::min(at, clock_.Now()));
  if (state == State::kStop) position_s_ = 0;
  state_ = queue_.empty() ? State::kStop : state;
}

void Player::Set(Loop loop, double rate) {
  Advance();
  loop_ = loop;
  if (std::isfinite(rate)) rate_ = std::clamp(rate, kRateMin, kRateMax);
}

bool Player::Skip(int by) {
  if (queue_.empty()) return false;
  const auto count = static_cast<int>(queue_.size());
  const int to = static_cast<int>(at_) + by;
  if (loop_ == Loop::kShuffle) return GoTo(Another());
  if (loop_ != Loop::kAll && (to < 0 || to >= count)) return false;
  return GoTo(static_cast<std::size_t>((to + count) % count));
}

bool Player::GoTo(std::size_t index) {
  Advance();
  if (index >= queue_.size()) return false;
  Begin(index);
  return true;
}

void Player::Seek(double position_s) {
  Advance();
  if (!queue_.empty() && std::isfinite(position_s)) position_s_ = std::clamp(position_s, 0.0, queue_[at_].length_s);
}

void Player::SetFavourite(bool is_favourite) {
  if (queue_.empty()) return;
  if (is_favourite) Keep(favourites_, queue_[at_]);
  else std::erase(favourites_, queue_[at_]);
}

void Player::Dislike() {
  if (queue_.empty()) return;
  Keep(disliked_, queue_[at_]);
  SetFavourite(false);
  if (!Skip(1)) SetState(State::kStop);
}

// What is beyond the end of a track belongs to the next.
void Player::Advance(Nanos now) {
  const double passed = std::clamp(std::chrono::duration<double>(now - since_).count(), 0.0, kJumpMaxS);
  since_ = now;
  if (state_ != State::kPlay || queue_.empty()) return;
  double position = position_s_ + passed * rate_;
  while (queue_[at_].length_s > 0 && position >= queue_[at_].length_s) {
    position -= queue_[at_].length_s;
    if (loop_ == Loop::kOrder && at_ + 1 == queue_.size()) {
      state_ = State::kStop;
      position = 0;
      break;
    }
    Begin(loop_ == Loop::kOne ? at_ : loop_ == Loop::kShuffle ? Another() : (at_ + 1) % queue_.size());
  }
  position_s_ = position;
}

}  // namespace deepcabin::media
