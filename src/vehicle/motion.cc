#include "vehicle/motion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace deepcabin::vehicle {
namespace {

struct TravelRule {
  std::string_view pattern;  // `*` stands for any characters
  double per_second;
};

// The first pattern that fits. A window takes 4 s from end to end, the sunroof 6 s, the trunk 5 s.
constexpr std::array kTravel{
    TravelRule{"Vehicle.Cabin.Door.*.Window.Position", 25},
    TravelRule{"Vehicle.DeepCabin.Window.*ShadePosition", 20},
    TravelRule{"Vehicle.DeepCabin.Window.*Position", 25},
    TravelRule{"Vehicle.Cabin.Door.*.Shade.Position", 20},
    TravelRule{"Vehicle.Cabin.Door.*.Position", 25},
    TravelRule{"Vehicle.Cabin.RearShade.Position", 20},
    TravelRule{"Vehicle.Cabin.Sunroof.Shade.Position", 20},
    TravelRule{"Vehicle.DeepCabin.Sunroof.RearShadePosition", 20},
    TravelRule{"Vehicle.*.Sunroof.*Position", 100.0 / 6},
    TravelRule{"Vehicle.DeepCabin.Roof.Convertible.Position", 100.0 / 15},
    TravelRule{"Vehicle.Body.Trunk.*.Position", 20},
    TravelRule{"Vehicle.Body.Hood.Position", 20},
    TravelRule{"Vehicle.DeepCabin.Trunk.*Position", 20},
    TravelRule{"Vehicle.Body.RearMainSpoilerPosition", 30},
    TravelRule{"Vehicle.Body.Mirrors.*.Tilt", 50},
    TravelRule{"Vehicle.Body.Mirrors.*.Pan", 50},
    TravelRule{"Vehicle.Body.Mirrors.*.Yaw", 50},
    TravelRule{"Vehicle.DeepCabin.Visor.*.Position", 40},
    TravelRule{"Vehicle.Chassis.SteeringWheel.Tilt", 20},
    TravelRule{"Vehicle.Chassis.SteeringWheel.Extension", 20},
    TravelRule{"Vehicle.DeepCabin.Pedals.Position", 20},
    TravelRule{"Vehicle.DeepCabin.Chassis.Suspension.Height", 10},
    TravelRule{"Vehicle.DeepCabin.Screen.*.Tilt", 30},
    TravelRule{"Vehicle.DeepCabin.Cabin.Table.*.Position", 25},
    TravelRule{"Vehicle.DeepCabin.Armrest.*.Position", 25},
    TravelRule{"Vehicle.DeepCabin.Armrest.*.Height", 25},
    TravelRule{"Vehicle.DeepCabin.Armrest.*.Angle", 10},
    TravelRule{"Vehicle.DeepCabin.ChildSeat.*.Recline", 15},
    TravelRule{"Vehicle.*Seat.*.Position", 20},  // of seats in mm, of leg and foot rests in percent
    TravelRule{"Vehicle.Cabin.Seat.*.Headrest.Height", 15},
    TravelRule{"Vehicle.Cabin.Seat.*.Headrest.Angle", 8},
    TravelRule{"Vehicle.Cabin.Seat.*.Backrest.Recline", 8},
    TravelRule{"Vehicle.Cabin.Seat.*.Backrest.*Support*", 25},
    TravelRule{"Vehicle.Cabin.Seat.*.Backrest.LumbarHeight", 15},
    TravelRule{"Vehicle.Cabin.Seat.*.Seating.*Support*", 25},
    TravelRule{"Vehicle.Cabin.Seat.*.Height", 10},
    TravelRule{"Vehicle.Cabin.Seat.*.SeatBeltHeight", 20},
    TravelRule{"Vehicle.Cabin.Seat.*.Tilt", 5},
    TravelRule{"Vehicle.Cabin.Seat.*.Length", 15},
    TravelRule{"Vehicle.DeepCabin.Seat.*BackrestAngle", 8},
    TravelRule{"Vehicle.DeepCabin.Seat.*.ThighExtension*", 15},
    TravelRule{"Vehicle.DeepCabin.Seat.*.LateralPosition", 20},
    TravelRule{"Vehicle.DeepCabin.Seat.*.HeadrestDepth", 15},
    TravelRule{"Vehicle.DeepCabin.Seat.*.HeadrestWings", 25},
    TravelRule{"Vehicle.DeepCabin.Seat.*.Length", 20},
    TravelRule{"Vehicle.DeepCabin.Seat.*.Angle", 10},
    TravelRule{"Vehicle.DeepCabin.Seat.*.Table.Height", 25},
    TravelRule{"Vehicle.DeepCabin.Seat.*.ScreenTilt", 15},
};

bool Matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

double TravelPerSecond(const SignalSpec& spec) {
  if (spec.node != NodeType::kActuator || !IsNumeric(spec.type)) return 0;
  for (const TravelRule& rule : kTravel) {
    if (Matches(rule.pattern, spec.path)) return rule.per_second;
  }
  return 0;
}

ActuatorMotion::ActuatorMotion(Reporter& reporter)
    : reporter_(reporter), store_(reporter.store()), plans_(store_.catalogue().signals().size()) {
  for (SignalId id = 0; id < plans_.size(); ++id) {
    const SignalSpec& spec = store_.catalogue().signal(id);
    if (spec.node != NodeType::kActuator) continue;
    Plan& plan = plans_[id];
    plan.per_second = TravelPerSecond(spec);
    const std::string_view path = spec.path;
    const std::size_t dot = path.rfind('.');
    if (dot == std::string_view::npos) continue;
    const std::string branch(path.substr(0, dot + 1));
    const bool tells_open = path.substr(dot) == ".IsOpen" && spec.type == DataType::kBoolean;
    const bool tells_where = path.substr(dot) == ".Position" && plan.per_second > 0;
    if (!tells_open && !tells_where) continue;
    plan.lock = reporter_.Find(branch + "IsLocked");
    if (tells_where) plan.is_open = reporter_.Find(branch + "IsOpen");
    const SignalId position = reporter_.Find(branch + "Position");
    if (tells_open && position != kNoId && TravelPerSecond(store_.catalogue().signal(position)) > 0) plan.position = position;
  }
}

bool ActuatorMotion::TakeTargets() {
  store_.TakeActuations(actuated_);
  for (const SignalId signal : actuated_) Follow(signal);
  return !actuated_.empty();
}

void ActuatorMotion::Follow(SignalId signal) {
  const Datapoint point = store_.Get(signal);
  if (!point.target) return;
  const Plan& plan = plans_[signal];
  const auto goal = AsNumber(*point.target);
  if (!goal || (plan.per_second == 0 && plan.position == kNoId)) {
    if (!goal || !IsLockedAgainst(plan, signal, *goal)) FollowNow(signal, *point.target);
    return;
  }
  if (IsLockedAgainst(plan, signal, *goal)) return;  // stays where it is; the target tells what was asked
  if (plan.position == kNoId) {
    if (plan.is_open != kNoId) ReportTarget(plan.is_open, *goal != 0 ? 1 : 0);
    return Start(signal, *goal);
  }
  const SignalSpec& spec = store_.catalogue().signal(plan.position);
  const double end = *goal != 0 ? spec.max.value_or(100) : spec.min.value_or(0);
  ReportTarget(plan.position, end);
  Start(plan.position, end);
}

void ActuatorMotion::FollowNow(SignalId signal, const Value& target) {
  if (ObstacleOf(signal) != nullptr || reporter_.IsFrozen(signal)) return;
  const Publication publication{signal, target};
  static_cast<void>(store_.Publish({&publication, 1}));  // the target passed the same check
}

void ActuatorMotion::Start(SignalId signal, double goal) {
  for (Motion& motion : motions_) {
    if (motion.signal != signal) continue;
    motion.goal = goal;
    motion.stuck = false;
    return;
  }
  const double position = reporter_.Number(signal, goal);
  if (position == goal) Report(signal, goal);
  else motions_.push_back({signal, position, goal});
}

void ActuatorMotion::Step(Nanos dt) {
  const double seconds = std::chrono::duration<double>(dt).count();
  for (Motion& motion : motions_) Move(motion, seconds);
  std::erase_if(motions_, [](const Motion& motion) { return motion.position == motion.goal; });
}

void ActuatorMotion::Move(Motion& motion, double seconds) {
  const double way = plans_[motion.signal].per_second * seconds;
  const double left = motion.goal - motion.position;
  double next = std::abs(left) <= way ? motion.goal : motion.position + std::copysign(way, left);
  if (const Obstacle* obstacle = ObstacleOf(motion.signal)) {
    const bool passes = std::min(motion.position, next) <= obstacle->at && obstacle->at <= std::max(motion.position, next);
    motion.stuck = passes && obstacle->at != motion.goal;
    if (motion.stuck) next = obstacle->at;
  }
  if (next == motion.position) return;
  motion.position = next;
  Report(motion.signal, next);
}

void ActuatorMotion::Report(SignalId signal, double position) {
  const auto publish = [&](SignalId id, double number) {
    if (id == kNoId || reporter_.IsFrozen(id)) return;
    const Publication publication{id, NumberToValue(number, store_.catalogue().signal(id).type)};
    static_cast<void>(store_.Publish({&publication, 1}));  // between two legal values, so legal
  };
  publish(signal, position);
  const double shown = reporter_.Number(signal, position);  // 0.4 percent is shown as 0, and then the thing is closed
  publish(plans_[signal].is_open, shown != 0 ? 1 : 0);
}

void ActuatorMotion::ReportTarget(SignalId signal, double target) {
  const SignalSpec& spec = store_.catalogue().signal(signal);
  if (spec.node == NodeType::kActuator) static_cast<void>(store_.ReportTarget(signal, NumberToValue(target, spec.type)));
}

bool ActuatorMotion::IsLockedAgainst(const Plan& plan, SignalId signal, double goal) const {
  return plan.lock != kNoId && goal > reporter_.Number(signal, 0) && reporter_.Number(plan.lock, 0) != 0;
}

bool ActuatorMotion::moving() const {
  return std::any_of(motions_.begin(), motions_.end(), [](const Motion& motion) { return !motion.stuck; });
}

const ActuatorMotion::Obstacle* ActuatorMotion::ObstacleOf(SignalId signal) const {
  const auto it = std::find_if(obstacles_.begin(), obstacles_.end(), [&](const Obstacle& o) { return o.signal == signal; });
  return it == obstacles_.end() ? nullptr : &*it;
}

void ActuatorMotion::Block(SignalId signal, double at) {
  Unblock(signal);
  obstacles_.push_back({signal, at});
}

void ActuatorMotion::Unblock(SignalId signal) {
  const auto removed = std::erase_if(obstacles_, [&](const Obstacle& o) { return o.signal == signal; });
  if (removed == 0) return;
  if (plans_[signal].per_second == 0) return Follow(signal);
  for (Motion& motion : motions_) {
    if (motion.signal == signal) motion.stuck = false;
  }
}

void ActuatorMotion::Placed(SignalId signal) {
  const Plan& plan = plans_[signal];
  std::erase_if(motions_, [&](const Motion& motion) { return motion.signal == signal || motion.signal == plan.position; });
  const bool away_from_zero = reporter_.Number(signal, 0) != 0;
  reporter_.Report(plan.is_open, away_from_zero);
  if (plan.position == kNoId) return;
  const SignalSpec& spec = store_.catalogue().signal(plan.position);
  reporter_.Report(plan.position, away_from_zero ? spec.max.value_or(100) : 0);
}

void ActuatorMotion::Reset() {
  motions_.clear();
  obstacles_.clear();
}

}  // namespace deepcabin::vehicle
