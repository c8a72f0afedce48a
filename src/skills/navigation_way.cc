// Where the car is on its way: what comes next, how far ahead a place lies, where it will be.

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "skills/navigation.h"

namespace deepcabin::skills {
namespace {

constexpr double kOffRouteMetres = 80;
constexpr double kAheadMetres = 15'000;  // places further away are not thought of
constexpr double kBesideMetres = 400;    // a place so near to the way lies on it
constexpr double kAheadDegrees = 50;     // to each side of where the car is heading
constexpr std::size_t kAheadSearched = 40;

struct TurnWords {
  std::string_view zh, en;
};
TurnWords WordsOf(Turn turn) {
  switch (turn) {
    case Turn::kStart: return {"出发", "start"};
    case Turn::kStraight: return {"直行", "go straight on"};
    case Turn::kSlightLeft: return {"靠左", "keep left"};
    case Turn::kLeft: return {"左转", "turn left"};
    case Turn::kSlightRight: return {"靠右", "keep right"};
    case Turn::kRight: return {"右转", "turn right"};
    case Turn::kUTurn: return {"掉头", "make a U-turn"};
    case Turn::kArrive: return {"到达", "arrive"};
  }
  return {};
}

// The point of the way that is nearest.
struct OnWay {
  double metre = 0, metres_away = std::numeric_limits<double>::infinity();
};
OnWay Locate(const std::vector<Position>& shape, const Position& position) {
  OnWay nearest;
  double metres = 0;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) {
    const double share = ClosestShare(position, shape[i], shape[i + 1]), length = DistanceM(shape[i], shape[i + 1]);
    const double away = DistanceM(position, Between(shape[i], shape[i + 1], share));
    if (away < nearest.metres_away) nearest = {metres + length * share, away};
    metres += length;
  }
  return nearest;
}

bool IsInFront(const Situation& situation, const Position& place) {
  if (!situation.heading) return false;
  const double turn = std::abs(std::remainder(BearingDegrees(situation.position, place) - *situation.heading, 360));
  return turn <= kAheadDegrees;
}

}  // namespace

Result<Guidance> Navigation::GuidanceAt(const Position& position) const {
  const std::lock_guard lock(mutex_);
  if (!trip_) return FailedPrecondition("no trip is under way");
  const OnWay here = Locate(trip_->way.shape, position);
  Guidance guidance{.step = {}, .said = {}};
  const auto& steps = trip_->way.steps;
  auto next = std::find_if(steps.begin(), steps.end(),
                           [&](const RouteStep& step) { return step.turn != Turn::kStart && step.at_metre > here.metre + 5; });
  if (next == steps.end()) --next;
  guidance.step = *next;
  guidance.metres_to_step = std::max(0.0, next->at_metre - here.metre);
  guidance.metres_left = std::max(0.0, trip_->way.total.metres - here.metre);
  guidance.off_route = here.metres_away > kOffRouteMetres;
  const auto words = WordsOf(next->turn);
  const double rounded = guidance.metres_to_step < 1000 ? std::round(guidance.metres_to_step / 10) * 10 : guidance.metres_to_step;
  const std::string far_zh = rounded < 1000 ? fmt::format("{:.0f} 米", rounded) : fmt::format("{} 公里", KilometreText(rounded));
  const std::string far_en = rounded < 1000 ? fmt::format("{:.0f} m", rounded) : fmt::format("{} km", KilometreText(rounded));
  guidance.said = {fmt::format("前方 {}{}{}。", far_zh, words.zh, next->road_zh.empty() ? "" : "，进入" + next->road_zh),
                   fmt::format("In {} {}{}.", far_en, words.en, next->road_en.empty() ? "" : " into " + next->road_en)};
  return guidance;
}

std::optional<Place> Navigation::Destination() const {
  const std::lock_guard lock(mutex_);
  return trip_ ? std::optional(trip_->plan.stops.back().place) : std::nullopt;
}

std::optional<double> Navigation::MetresAhead(const PlaceQuery& kind, const Situation& situation,
                                              const std::function<bool(const Place&)>& suits) const {
  PlaceQuery query = kind;
  query.near = situation.position;
  query.radius_m = kAheadMetres;
  query.count_max = kAheadSearched;
  const auto found = map_.Search(query);
  if (!found) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const OnWay here = trip_ ? Locate(trip_->way.shape, situation.position) : OnWay{};
  const bool follows_way = here.metres_away <= kOffRouteMetres;
  std::optional<double> nearest;
  for (const Place& place : *found) {
    if (suits && !suits(place)) continue;
    double metres = place.distance_m;
    if (follows_way) {
      const OnWay there = Locate(trip_->way.shape, place.position);
      metres = there.metre - here.metre;
      if (there.metres_away > kBesideMetres || metres <= 0) continue;
    } else if (!IsInFront(situation, place.position)) {
      continue;
    }
    nearest = std::min(nearest.value_or(metres), metres);
  }
  return nearest;
}

std::optional<WayPoint> Navigation::Further(const Position& from, double metres) const {
  const std::lock_guard lock(mutex_);
  if (!trip_) return std::nullopt;
  const std::vector<Position>& shape = trip_->way.shape;
  double left = Locate(shape, from).metre + metres;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) {
    const double length = DistanceM(shape[i], shape[i + 1]);
    const bool is_last = i + 2 == shape.size();
    if (left <= length || is_last) {
      const double share = length > 0 ? std::min(1.0, left / length) : 1;
      return WayPoint{Between(shape[i], shape[i + 1], share), BearingDegrees(shape[i], shape[i + 1])};
    }
    left -= length;
  }
  return std::nullopt;
}

}  // namespace deepcabin::skills
