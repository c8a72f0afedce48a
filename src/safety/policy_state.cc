// PolicyStateReader: from signals to the few facts that the policy asks for.

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "safety/guard.h"

namespace deepcabin::safety {
namespace {

using std::chrono::milliseconds;
constexpr Nanos kMotionAgeMax = milliseconds(500);
constexpr Nanos kSettleTime = milliseconds(1000);
constexpr double kStandstillKmh = 0.5;  // wheel sensors do not read an exact zero
constexpr double kCreepKmh = 5;
constexpr double kMovingForSureKmh = 1.5;  // above this, "not moving" is a contradiction
constexpr double kDarkPercent = 20;
constexpr int kGearNeutral = 0, kGearPark = 126;  // VSS: 126 park, 127 drive, otherwise the gear's number, negative for reverse
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min() / 2;

SignalId Find(const Catalogue& catalogue, std::string_view path) { return catalogue.FindSignal(path).value_or(kNoId); }

std::vector<SignalId> FindSeats(const Catalogue& catalogue, std::string_view before, std::string_view after) {
  std::vector<SignalId> found;
  for (const char* row : {"Row1", "Row2", "Row3"}) {
    for (const char* side : {"DriverSide", "Middle", "PassengerSide"}) {
      const SignalId id = Find(catalogue, fmt::format("{}{}.{}{}", before, row, side, after));
      if (id != kNoId) found.push_back(id);
    }
  }
  return found;
}

std::optional<Value> Reported(const vehicle::SignalReader& reader, SignalId id) {
  if (id == kNoId) return std::nullopt;
  vehicle::Datapoint point = reader.Get(id);
  return point.current_at == Nanos(0) ? std::nullopt : std::move(point.current);
}

// As reported within the last half second; anything older says nothing about motion.
std::optional<Value> Fresh(const vehicle::SignalReader& reader, SignalId id, Nanos now) {
  if (id == kNoId) return std::nullopt;
  vehicle::Datapoint point = reader.Get(id);
  const Nanos age = now > point.current_at ? now - point.current_at : point.current_at - now;
  return point.current_at == Nanos(0) || age > kMotionAgeMax ? std::nullopt : std::move(point.current);
}

std::optional<bool> Flag(const std::optional<Value>& value) {
  const bool* flag = value ? std::get_if<bool>(&*value) : nullptr;
  return flag != nullptr ? std::optional<bool>(*flag) : std::nullopt;
}

std::optional<double> Number(const std::optional<Value>& value) {
  const auto number = value ? AsNumber(*value) : std::nullopt;
  return number && std::isfinite(*number) ? number : std::nullopt;
}

bool IsPowered(const std::optional<Value>& value) {
  const auto* word = value ? std::get_if<std::string>(&*value) : nullptr;
  return word != nullptr && (*word == "ON" || *word == "START" || *word == "ACC");
}

}  // namespace

PolicyStateReader::PolicyStateReader(const vehicle::SignalReader& reader, const Clock& clock)
    : reader_(reader), clock_(clock), moving_seen_ns_(kNever), creep_seen_ns_(kNever) {
  const Catalogue& c = reader.catalogue();
  speed_ = Find(c, "Vehicle.Speed");
  is_moving_ = Find(c, "Vehicle.IsMoving");
  current_gear_ = Find(c, "Vehicle.Powertrain.Transmission.CurrentGear");
  selected_gear_ = Find(c, "Vehicle.Powertrain.Transmission.SelectedGear");
  park_lock_ = Find(c, "Vehicle.Powertrain.Transmission.IsParkLockEngaged");
  parking_brake_ = Find(c, "Vehicle.Chassis.ParkingBrake.IsEngaged");
  light_ = Find(c, "Vehicle.Exterior.LightIntensity");
  rain_ = Find(c, "Vehicle.Body.Raindetection.Intensity");
  window_lock_ = Find(c, "Vehicle.Cabin.IsWindowChildLockEngaged");
  ignition_ = Find(c, "Vehicle.LowVoltageSystemState");
  crash_ = Find(c, "Vehicle.DeepCabin.IsCrashDetected");
  cruise_ = Find(c, "Vehicle.ADAS.CruiseControl.IsActive");
  pinch_ = FindSeats(c, "Vehicle.DeepCabin.Window.", ".IsPinchDetected");
  child_ = FindSeats(c, "Vehicle.DeepCabin.Occupant.", ".IsChild");
  const SignalId row1_right = Find(c, "Vehicle.DeepCabin.Occupant.Row1.PassengerSide.IsChild");
  if (row1_right != kNoId) child_row1_right_.push_back(row1_right);
}

void PolicyStateReader::Forget() {
  moving_seen_ns_ = kNever;
  creep_seen_ns_ = kNever;
}

PolicyStateReader::MotionSignals PolicyStateReader::ReadMotion() const {
  const Nanos now = clock_.Now();
  return {.speed = Fresh(reader_, speed_, now),
          .is_moving = Fresh(reader_, is_moving_, now),
          .current_gear = Fresh(reader_, current_gear_, now),
          .selected_gear = Fresh(reader_, selected_gear_, now),
          .park_lock = Fresh(reader_, park_lock_, now),
          .parking_brake = Fresh(reader_, parking_brake_, now)};
}

// A second of calm before "parked" (or "creep") is believed again. Missing signals are strict while they are missing, but are no evidence
// of movement afterwards.
Motion PolicyStateReader::Settle(Motion seen, bool is_evidence) const {
  const std::int64_t now = clock_.Now().count();
  if (is_evidence && seen == Motion::kMoving) moving_seen_ns_ = now;
  if (is_evidence && seen == Motion::kCreep) creep_seen_ns_ = now;
  if (seen == Motion::kMoving || now - moving_seen_ns_ < kSettleTime.count()) return Motion::kMoving;
  if (seen == Motion::kCreep || now - creep_seen_ns_ < kSettleTime.count()) return Motion::kCreep;
  return Motion::kParked;
}

void PolicyStateReader::ReadChildren(PolicyState& state) const {
  const auto any_child = [this](const std::vector<SignalId>& seats) {
    if (seats.empty()) return true;  // nobody can tell
    for (const SignalId seat : seats) {
      if (Flag(Reported(reader_, seat)).value_or(true)) return true;
    }
    return false;
  };
  state.child_present = any_child(child_);
  state.child_in_row1_right = any_child(child_row1_right_);
}

// Auto-reverse is trusted when every window reports and none has something in its way.
bool PolicyStateReader::AntiPinchWorks() const {
  for (const SignalId window : pinch_) {
    if (Flag(Reported(reader_, window)).value_or(true)) return false;
  }
  return !pinch_.empty();
}

namespace {

// Parked needs everything to agree; whatever is missing or at odds with the rest counts as moving.
Motion MotionOf(double kmh, bool is_moving, const std::optional<double>& current_gear, const std::optional<double>& selected_gear,
                bool park_lock, bool parking_brake) {
  const auto drives = [](const std::optional<double>& gear) { return gear && *gear != kGearNeutral && *gear != kGearPark; };
  const auto parks = [](const std::optional<double>& gear) { return gear && *gear == kGearPark; };
  const bool in_gear = drives(current_gear) || drives(selected_gear);
  const bool in_park = parks(current_gear) || parks(selected_gear) || park_lock;
  const bool stands = kmh <= kStandstillKmh;
  if (kmh > kCreepKmh) return Motion::kMoving;
  if (in_gear && in_park) return Motion::kMoving;
  if (is_moving ? stands : kmh > kMovingForSureKmh) return Motion::kMoving;
  if (in_park) return stands ? Motion::kParked : Motion::kMoving;
  if (in_gear || !stands) return Motion::kCreep;
  return parking_brake ? Motion::kParked : Motion::kCreep;  // neutral
}

}  // namespace

PolicyState PolicyStateReader::Read() const {
  PolicyState state;
  const MotionSignals m = ReadMotion();
  const auto speed = Number(m.speed);
  const auto is_moving = Flag(m.is_moving);
  const auto current_gear = Number(m.current_gear), selected_gear = Number(m.selected_gear);
  const bool is_known = speed && is_moving && (current_gear || selected_gear);
  const Motion seen = is_known ? MotionOf(std::abs(*speed), *is_moving, current_gear, selected_gear, Flag(m.park_lock).value_or(false),
                                          Flag(m.parking_brake).value_or(false))
                               : Motion::kMoving;
  state.motion = Settle(seen, is_known);
  // A speed nobody knows is a high one.
  state.speed_kmh = speed ? std::abs(*speed) : std::numeric_limits<double>::infinity();
  state.dark = Number(Reported(reader_, light_)).value_or(0) < kDarkPercent;
  state.raining = Number(Reported(reader_, rain_)).value_or(100) > 0;
  ReadChildren(state);
  state.window_lock = Flag(Reported(reader_, window_lock_)).value_or(true);
  state.anti_pinch = AntiPinchWorks();
  state.power_on = IsPowered(Reported(reader_, ignition_));
  state.crashed = Flag(Reported(reader_, crash_)).value_or(false);
  state.cruise_active = Flag(Reported(reader_, cruise_)).value_or(false);
  return state;
}

}  // namespace deepcabin::safety
