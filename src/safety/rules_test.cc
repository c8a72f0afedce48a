// Every rule of policy/actions.yaml, exercised over the real catalogue: each row makes one rule decide. A rule without a row fails here.

#include <set>

#include <gtest/gtest.h>

#include "safety/car_for_test.h"
#include "safety/policy_table.h"

namespace deepcabin::safety {
namespace {

constexpr auto A = DecisionKind::kAllow, C1 = DecisionKind::kConfirm, C2 = DecisionKind::kConfirmTouch, D = DecisionKind::kDeny;
constexpr Zone kDriver = Zone::kRow1Left, kFrontRight = Zone::kRow1Right, kRearLeft = Zone::kRow2Left, kRearRight = Zone::kRow2Right;
constexpr Zone kNobody = Zone::kWhole, kCar = Zone::kWhole;

using Change = void (*)(PolicyState&);
void AsItIs(PolicyState&) {}
void Child(PolicyState& s) { s.child_present = true; }
void ChildInFront(PolicyState& s) { s.child_present = s.child_in_row1_right = true; }
void Rain(PolicyState& s) { s.raining = true; }
void WindowLock(PolicyState& s) { s.window_lock = true; }
void NoAntiPinch(PolicyState& s) { s.anti_pinch = false; }
void NoPower(PolicyState& s) { s.power_on = false; }
void Crash(PolicyState& s) { s.crashed = true; }
void Cruise(PolicyState& s) { s.cruise_active = true; }

// A number stands for a level of the interface's own type; text for a word's signal value.
struct Row {
  const char* rule;
  DecisionKind decision;
  const char* capability;
  Zone zone;
  std::variant<std::monostate, bool, double, const char*> value;  // none: a service, judged by op
  Op op = Op::kSet;
  Zone speaker = kDriver;
  double kmh = 0;  // 0 parked, up to 5 creep
  Change change = AsItIs;
  Origin origin = Origin::kSpoken;
  std::optional<double> current = std::nullopt;
  bool known = false;
};

const Row kRows[] = {
    {"S01.untrusted", C1, "seat.massage", kDriver, true, Op::kOn, kDriver, 0, AsItIs, Origin::kUntrusted},
    {"S03.model", C1, "window", kDriver, 50.0, Op::kSet, kDriver, 0, AsItIs, Origin::kModel, 0},
    {"S03.model_dark", C1, "light.low_beam", kCar, false, Op::kOff, kDriver, 0, AsItIs, Origin::kModel, 1},
    {"S04.guessed", C1, "seat.massage", kDriver, true, Op::kOn, kDriver, 0, AsItIs, Origin::kGuessed},
    {"S02.proposed", C1, "window", kDriver, 50.0, Op::kSet, kDriver, 0, AsItIs, Origin::kProposed, 0},
    {"S10.crashed", D, "seat.massage", kDriver, true, Op::kOn, kDriver, 0, Crash},
    {"S10.crashed_dark", D, "light.low_beam", kCar, false, Op::kOff, kDriver, 0, Crash},
    {"S10.crashed_signal", D, "light.turn_signal", Zone::kLeft, true, Op::kOn, kDriver, 0, Crash},
    {"S10.crashed_hazard_off", D, "light.hazard", kCar, false, Op::kOff, kDriver, 0, Crash},

    {"P01.driver", A, "seat.heating", kFrontRight, 67.0, Op::kSet, kDriver, 100},
    {"P01.own", A, "seat.heating", kRearLeft, 67.0, Op::kSet, kRearLeft, 100},
    {"P01.shared", A, "light.ambient", kFrontRight, true, Op::kOn, kRearLeft, 100},
    {"P01.shared_unknown", A, "light.ambient", kFrontRight, true, Op::kOn, kNobody, 100},
    {"P01.driver_place", C1, "seat.heating", kDriver, 67.0, Op::kSet, kRearLeft, 100},
    {"P01.other_place", C1, "seat.heating", kFrontRight, 67.0, Op::kSet, kRearLeft, 100},
    {"P01.child", C1, "seat.heating", kRearLeft, 100.0, Op::kSet, kDriver, 0, Child},
    {"P01.child_passenger", D, "seat.heating", kRearLeft, 100.0, Op::kSet, kRearLeft, 0, Child},

    {"P02.stop", A, "steering.position", kCar, 40.0, Op::kStop, kDriver, 60, AsItIs, Origin::kSpoken, 40},
    {"P02.parked", A, "steering.position", kCar, 60.0, Op::kSet, kDriver, 0, AsItIs, Origin::kSpoken, 40},
    {"P02.mirror_small", A, "mirror.tilt", Zone::kLeft, 5.0, Op::kSet, kDriver, 60, AsItIs, Origin::kSpoken, 0},
    {"P02.mirror_large", D, "mirror.tilt", Zone::kLeft, 50.0, Op::kSet, kDriver, 60, AsItIs, Origin::kSpoken, 0},
    {"P02.mirror_nudge", A, "mirror.adjust", Zone::kLeft, "UP", Op::kSet, kDriver, 60},
    {"P02.moving", D, "mirror.fold", Zone::kLeft, true, Op::kOn, kDriver, 3},
    {"P02.passenger", D, "mirror.fold", Zone::kLeft, true, Op::kOn, kFrontRight},
    {"P02.seat_stop", A, "seat.recline", kDriver, 110.0, Op::kStop, kDriver, 60, AsItIs, Origin::kSpoken, 110},
    {"P02.seat_parked", A, "seat.recline", kDriver, 170.0, Op::kSet, kDriver},
    {"P02.seat_moving", D, "seat.recline", kDriver, 100.0, Op::kSet, kDriver, 3},
    {"P02.seat_passenger", D, "seat.recline", kDriver, 100.0, Op::kSet, kFrontRight},

    {"P03.stop", A, "seat.recline", kFrontRight, 110.0, Op::kStop, kNobody, 60, Child, Origin::kSpoken, 110},
    {"P03.child_seat", D, "seat.recline", kFrontRight, 110.0, Op::kSet, kDriver, 0, ChildInFront},
    {"P03.parked", A, "seat.recline", kFrontRight, 170.0, Op::kSet, kFrontRight},
    {"P03.creep", C1, "seat.recline", kFrontRight, 110.0, Op::kSet, kFrontRight, 3},
    {"P03.moving_upright", A, "seat.recline", kFrontRight, 110.0, Op::kSet, kFrontRight, 60},
    {"P03.moving_flat", D, "seat.recline", kFrontRight, 160.0, Op::kSet, kFrontRight, 60},
    {"P03.other_seat", D, "seat.recline", kFrontRight, 110.0, Op::kSet, kRearRight},

    {"P04.on", A, "light.low_beam", kCar, true, Op::kOn, kNobody, 120},
    {"P04.dazzling", A, "light.high_beam", kCar, "ON", Op::kOn, kDriver, 120},
    {"P04.dazzling_passenger", D, "light.high_beam", kCar, "ON", Op::kOn, kFrontRight, 120},
    {"P04.service_parked", A, "wiper.service", kCar, true, Op::kOn},
    {"P04.service_moving", D, "wiper.service", kCar, true, Op::kOn, kDriver, 60},

    {"P05.lights_moving", D, "light.low_beam", kCar, false, Op::kOff, kDriver, 3},
    {"P05.wash_end", A, "wiper.wash", Zone::kFront, false, Op::kStop, kDriver, 60, Rain},
    {"P05.rain", D, "wiper.front", kCar, 0.0, Op::kOff, kDriver, 60, Rain},
    {"P05.dry", C1, "wiper.front", kCar, 0.0, Op::kOff, kDriver, 60},
    {"P05.less_rain", C1, "wiper.front", kCar, 1.0, Op::kSet, kDriver, 60, Rain, Origin::kSpoken, 3},
    {"P05.less_dry", A, "wiper.front", kCar, 1.0, Op::kSet, kDriver, 60, AsItIs, Origin::kSpoken, 3},
    {"P05.other_moving", D, "mirror.streaming", kCar, false, Op::kOff, kDriver, 60},
    {"P05.cluster_style", A, "cluster.tyre_page", kCar, false, Op::kOff, kDriver, 60},
    {"P05.parked", A, "light.low_beam", kCar, false, Op::kOff},
    {"P05.passenger", D, "light.low_beam", kCar, false, Op::kOff, kFrontRight},
    {"P05.service_passenger", D, "wiper.service", kCar, true, Op::kOn, kFrontRight},

    {"P06.hazard_on", A, "light.hazard", kCar, true, Op::kOn, kNobody, 60, Crash},
    {"P06.hazard_off_creep", D, "light.hazard", kCar, false, Op::kOff, kDriver, 3},
    {"P06.hazard_off_moving", C1, "light.hazard", kCar, false, Op::kOff, kDriver, 60},
    {"P06.hazard_off_passenger", D, "light.hazard", kCar, false, Op::kOff, kFrontRight},
    {"P06.parked", A, "light.turn_signal", Zone::kLeft, true, Op::kOn},
    {"P06.moving", D, "light.turn_signal", Zone::kLeft, true, Op::kOn, kDriver, 60},
    {"P06.passenger", D, "light.turn_signal", Zone::kLeft, true, Op::kOn, kFrontRight},
    {"P06.show", D, "light.show", kCar, true, Op::kStart, kDriver, 60},

    {"P07.stop", A, "window", kRearLeft, 40.0, Op::kStop, kNobody, 120, Child, Origin::kSpoken, 40},
    {"P07.slow", A, "window", kRearLeft, 100.0, Op::kOpen, kDriver, 3, AsItIs, Origin::kSpoken, 0},
    {"P07.moving", A, "window", kDriver, 100.0, Op::kOpen, kDriver, 80, AsItIs, Origin::kSpoken, 0},
    {"P07.fast_little", C1, "window", kDriver, 20.0, Op::kSet, kDriver, 81, AsItIs, Origin::kSpoken, 0},
    {"P07.fast_wide", C2, "window", kDriver, 21.0, Op::kSet, kDriver, 81, AsItIs, Origin::kSpoken, 0},
    {"P07.child", C1, "window", kRearLeft, 50.0, Op::kSet, kDriver, 0, Child, Origin::kSpoken, 0},
    {"P07.child_passenger", D, "window", kRearLeft, 50.0, Op::kSet, kRearLeft, 0, Child, Origin::kSpoken, 0},
    {"P07.window_lock", C1, "window", kRearLeft, 50.0, Op::kSet, kDriver, 0, WindowLock, Origin::kSpoken, 0},
    {"P07.window_lock_passenger", D, "window", kRearLeft, 50.0, Op::kSet, kRearLeft, 0, WindowLock, Origin::kSpoken, 0},
    {"P07.convertible", D, "roof.convertible", kCar, 100.0, Op::kOpen, kDriver, 3, AsItIs, Origin::kSpoken, 0},
    {"P07.not_own", D, "window", kDriver, 50.0, Op::kSet, kRearLeft, 0, AsItIs, Origin::kSpoken, 0},

    {"P08.guarded", A, "window", kDriver, 0.0, Op::kClose, kDriver, 60, AsItIs, Origin::kSpoken, 50},
    {"P08.no_reverse", C1, "window", kDriver, 0.0, Op::kClose, kDriver, 60, NoAntiPinch, Origin::kSpoken, 50},
    {"P08.no_power", C1, "window", kDriver, 0.0, Op::kClose, kDriver, 0, NoPower, Origin::kSpoken, 50},
    {"P08.child", C2, "window", kDriver, 10.0, Op::kSet, kDriver, 0, Child, Origin::kSpoken, 50},
    {"P08.not_own", D, "window", kDriver, 0.0, Op::kClose, kRearLeft, 0, AsItIs, Origin::kSpoken, 50},

    {"P09.stop", A, "trunk", kCar, 40.0, Op::kStop, kNobody, 60, Child, Origin::kSpoken, 40},
    {"P09.moving", D, "door", kDriver, true, Op::kOpen, kDriver, 3},
    {"P09.child_door", D, "door", kRearLeft, true, Op::kOpen, kRearLeft, 0, Child},
    {"P09.child_door_driver", C2, "door", kRearLeft, true, Op::kOpen, kDriver, 0, Child},
    {"P09.own_door", C1, "door", kDriver, true, Op::kOpen},
    {"P09.own_door_passenger", C1, "door", kRearLeft, true, Op::kOpen, kRearLeft},
    {"P09.other_door", C2, "door", kRearLeft, true, Op::kOpen},
    {"P09.hatch", C2, "trunk", kCar, 100.0, Op::kOpen},
    {"P09.hatch_passenger", D, "door.auto_open", kRearLeft, true, Op::kOn, kRearLeft},
    {"P09.passenger", D, "trunk", kCar, 100.0, Op::kOpen, kRearLeft},
    {"P09.close", A, "trunk", kCar, 0.0, Op::kClose, kDriver, 60, AsItIs, Origin::kSpoken, 50},
    {"P09.close_child", C2, "door", kRearLeft, false, Op::kClose, kDriver, 0, Child},
    {"P09.close_passenger", C1, "trunk", kCar, 0.0, Op::kClose, kRearLeft, 0, AsItIs, Origin::kSpoken, 50},
    {"P09.close_unknown", D, "trunk", kCar, 0.0, Op::kClose, kNobody, 0, AsItIs, Origin::kSpoken, 50},

    {"P10.lock", A, "door.lock", kRearLeft, true, Op::kOn, kDriver, 100},
    {"P10.setting_safe", A, "door.approach_unlock", kCar, false, Op::kOff},
    {"P10.setting_moving", D, "door.approach_unlock", kCar, false, Op::kOff, kDriver, 60},
    {"P10.unlock_moving", D, "door.lock", kDriver, false, Op::kOff, kDriver, 3},
    {"P10.unlock", C2, "door.lock", kDriver, false, Op::kOff},
    {"P10.passenger", D, "door.lock", kRearLeft, false, Op::kOff, kRearLeft},

    {"P11.set", A, "child_lock", kRearLeft, true, Op::kOn, kDriver, 100},
    {"P11.clear_moving", D, "child_lock", kRearLeft, false, Op::kOff, kDriver, 60},
    {"P11.clear_child", D, "child_lock", kRearLeft, false, Op::kOff, kDriver, 0, Child},
    {"P11.clear", C2, "window.lock", kCar, false, Op::kOff},
    {"P11.passenger", D, "window.lock", kCar, false, Op::kOff, kRearLeft},

    {"P12.never", D, "drive.parking_brake", kCar, true, Op::kOn},

    {"P13.child_sport", D, "drive.mode", kCar, "SPORT", Op::kSet, kDriver, 0, Child},
    {"P13.parked", A, "drive.mode", kCar, "SPORT", Op::kSet},
    {"P13.creep", C1, "drive.mode", kCar, "SPORT", Op::kSet, kDriver, 3},
    {"P13.moving", C2, "drive.mode", kCar, "SPORT", Op::kSet, kDriver, 60},
    {"P13.passenger", D, "drive.mode", kCar, "SPORT", Op::kSet, kFrontRight},

    {"P14.activate", D, "adas.cruise", kCar, true, Op::kOn, kDriver, 100},
    {"P14.follow", C1, "adas.cruise_speed", kCar, 110.0, Op::kSet, kDriver, 100, Cruise},
    {"P14.not_active", D, "adas.cruise_speed", kCar, 110.0, Op::kSet, kDriver, 100},
    {"P14.protect", A, "adas.aeb", kCar, true, Op::kOn, kDriver, 100},
    {"P14.view", A, "adas.environment_view", kCar, false, Op::kOff, kDriver, 100},
    {"P14.reminder", A, "adas.speed_warning", kCar, 80.0, Op::kSet, kDriver, 100, AsItIs, Origin::kSpoken, 120},
    {"P14.reminder_off_parked", A, "adas.speed_warning", kCar, 0.0, Op::kOff},
    {"P14.reminder_off", C1, "adas.speed_warning", kCar, 0.0, Op::kOff, kDriver, 60},
    {"P14.limiter_lower", C1, "adas.speed_limiter", kCar, 60.0, Op::kSet, kDriver, 100, AsItIs, Origin::kSpoken, 100},
    {"P14.weaken_moving", D, "adas.aeb", kCar, false, Op::kOff, kDriver, 60},
    {"P14.weaken", C2, "adas.aeb", kCar, false, Op::kOff},
    {"P15.cancel", A, "adas.cruise", kCar, false, Op::kOff, kDriver, 100},
    {"P15.passenger", D, "adas.cruise", kCar, false, Op::kOff, kFrontRight, 100},

    {"P16.child_passenger", D, "phone.call", kCar, {}, Op::kCall, kRearLeft, 0, Child},
    {"P16.send", C1, "phone.message", kCar, {}, Op::kSend},
    {"P16.call_parked", A, "phone.call", kCar, {}, Op::kCall},
    {"P16.call_known", A, "phone.call", kCar, {}, Op::kCall, kDriver, 60, AsItIs, Origin::kSpoken, std::nullopt, true},
    {"P16.call_unknown", C1, "phone.call", kCar, {}, Op::kCall, kDriver, 60},
    {"P16.other", A, "phone.call", kCar, {}, Op::kStop, kDriver, 60},
    {"P16.passenger", C1, "phone.call", kCar, {}, Op::kStop, kFrontRight},

    {"P17.always", A, "phone.emergency", kCar, {}, Op::kCall, kNobody, 120, Crash},

    {"P18.moving", D, "service.payment", kCar, {}, Op::kStart, kDriver, 3},
    {"P18.child", D, "service.payment", kCar, {}, Op::kStart, kDriver, 0, Child},
    {"P18.parked", C2, "service.payment", kCar, {}, Op::kStart},
    {"P18.passenger", D, "service.payment", kCar, {}, Op::kStart, kFrontRight},

    {"P19.share_moving", D, "navi.share", kCar, {}, Op::kSend, kDriver, 60},
    {"P19.share_child", D, "navi.share", kCar, {}, Op::kSend, kDriver, 0, Child},
    {"P19.share_passenger", D, "navi.share", kCar, {}, Op::kSend, kFrontRight},
    {"P19.share", C2, "navi.share", kCar, {}, Op::kSend},
    {"P19.driver", A, "navi.route", kCar, {}, Op::kStart, kDriver, 60},
    {"P19.search", A, "navi.poi", kCar, {}, Op::kSearch, kRearLeft, 60},
    {"P19.passenger", C1, "navi.route", kCar, {}, Op::kStart, kRearLeft, 60},

    {"P20.stop", A, "media.video", kDriver, {}, Op::kStop, kRearLeft, 60},
    {"P20.driver_display", D, "media.video", kDriver, {}, Op::kPlay, kDriver, 3},
    {"P20.parked", A, "media.video", kDriver, {}, Op::kPlay},
    {"P20.passenger_screen", A, "screen.source", kRearLeft, "HDMI", Op::kSet, kRearLeft, 60},
    {"P20.other_screen", C1, "screen.source", kRearLeft, "HDMI", Op::kSet, kFrontRight, 60},

    {"P21.withdraw", A, "camera.cabin", Zone::kFront, false, Op::kOff, kDriver, 60},
    {"P21.record", A, "camera.dashcam", kCar, {}, Op::kStart, kDriver, 60},
    {"P21.moving", D, "net.hotspot", kCar, true, Op::kOn, kDriver, 60},
    {"P21.moving_off", D, "account.guest", kCar, false, Op::kOff, kDriver, 60},
    {"P21.child", D, "net.hotspot", kCar, true, Op::kOn, kDriver, 0, Child},
    {"P21.child_off", D, "account.guest", kCar, false, Op::kOff, kDriver, 0, Child},
    {"P21.parked", C2, "net.hotspot", kCar, true, Op::kOn},
    {"P21.parked_off", C2, "account.guest", kCar, false, Op::kOff},
    {"P21.passenger", D, "net.hotspot", kCar, true, Op::kOn, kFrontRight},

    {"P22.moving", D, "charging.limit", kCar, 80.0, Op::kSet, kDriver, 60},
    {"P22.cable", C2, "charging.plug_lock", kCar, false, Op::kOff},
    {"P22.stop", C1, "charging.session", kCar, "STOP", Op::kStop},
    {"P22.parked", A, "charging.limit", kCar, 80.0, Op::kSet},
    {"P22.passenger", D, "charging.limit", kCar, 80.0, Op::kSet, kFrontRight},

    {"P23.driver", A, "vehicle.trip", kCar, {}, Op::kOff, kDriver, 60},
    {"P23.passenger", C1, "vehicle.trip", kCar, {}, Op::kOff, kRearLeft, 60},
};

Request RequestOf(const Row& row) {
  Request request;
  request.interface = InterfaceOf(row.capability, row.zone);
  request.op = row.op;
  request.speaker = row.speaker;
  request.origin = row.origin;
  request.known = row.known;
  const DataType type = RealCatalogue().FindCapability(row.capability)->value.type;
  if (const auto* number = std::get_if<double>(&row.value)) request.target = NumberToValue(*number, type);
  if (const auto* flag = std::get_if<bool>(&row.value)) request.target = Value(*flag);
  if (const auto* text = std::get_if<const char*>(&row.value)) request.target = Value(std::string(*text));
  return request;
}

TEST(RulesTest, EveryRowIsDecidedByItsRule) {
  for (const Row& row : kRows) {
    if (RealCatalogue().FindCapability(row.capability) == nullptr) {
      ADD_FAILURE() << row.rule << ": no capability " << row.capability;
      continue;
    }
    PolicyState state = row.kmh == 0 ? ParkedState() : row.kmh <= 5 ? CreepState() : MovingState(row.kmh);
    row.change(state);
    const DataType type = RealCatalogue().FindCapability(row.capability)->value.type;
    const std::optional<Value> current = row.current ? std::optional<Value>(NumberToValue(*row.current, type)) : std::nullopt;
    const Decision decision = RealGuard().Judge(RequestOf(row), state, current);
    EXPECT_EQ(decision.rule, row.rule) << row.capability;
    EXPECT_EQ(DecisionKindName(decision.kind), DecisionKindName(row.decision)) << row.rule << " " << row.capability;
    EXPECT_FALSE(decision.reason.zh.empty()) << row.rule;
    EXPECT_FALSE(decision.reason.en.empty()) << row.rule;
  }
}

TEST(RulesTest, EveryRuleHasARow) {
  std::set<std::string> tested;
  for (const Row& row : kRows) tested.insert(row.rule);
  for (const Rule& rule : RealGuard().table().rules)
    EXPECT_TRUE(tested.contains(rule.id)) << rule.where << ": rule " << rule.id << " has no test";
}

TEST(RulesTest, EveryNameInThePolicyIsInTheCatalogue) {
  for (const std::string& name : RealGuard().table().unmatched) ADD_FAILURE() << "policy names `" << name << "`, which no capability bears";
}

}  // namespace
}  // namespace deepcabin::safety
