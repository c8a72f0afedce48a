#pragma once
// What must never happen, written down a second time: straight from the policy table (P01–P23), in plain code, by the names of things,
// without the guard's idea of directions and without its rule file. The devil tests hold every permission against it.

#include <cmath>
#include <set>
#include <string>

#include "catalogue/catalogue.h"
#include "safety/guard.h"

namespace deepcabin::safety {

class DevilOracle {
 public:
  explicit DevilOracle(const Catalogue& catalogue) : catalogue_(catalogue) {}

  // Why it is forbidden that `request` is let through in `state`, or "" where it is not.
  std::string Forbids(const Request& request, const PolicyState& state, const std::optional<Value>& current) const {
    const Interface& interface = catalogue_.interface(request.interface);
    const Capability& c = catalogue_.capability(interface.capability);
    const Asked a{request, state, interface, c, request.target ? request.target : std::optional<Value>(), current};
    if (!request.target && request.op == Op::kQuery) return "";
    for (const auto rule : {&DevilOracle::Always, &DevilOracle::Body, &DevilOracle::Access, &DevilOracle::Sight, &DevilOracle::Road,
                            &DevilOracle::Assistance, &DevilOracle::Person}) {
      std::string reason = (this->*rule)(a);
      if (!reason.empty()) return reason;
    }
    return "";
  }

 private:
  struct Asked {
    const Request& request;
    const PolicyState& state;
    const Interface& interface;
    const Capability& c;
    std::optional<Value> target, current;

    bool parked() const { return state.motion == Motion::kParked; }
    bool moving() const { return state.motion == Motion::kMoving; }
    bool driver() const {
      return request.speaker == Zone::kRow1Left || request.origin == Origin::kTouched || request.origin == Origin::kProposed;
    }
    bool consent() const { return request.confirmed || request.touched || request.origin == Origin::kTouched; }
    bool is(bool wanted) const { return target && *target == Value(wanted); }
    bool is(const char* text) const { return target && *target == Value(std::string(text)); }
    double number() const { return target ? AsNumber(*target).value_or(std::nan("")) : std::nan(""); }
    double now() const { return current ? AsNumber(*current).value_or(std::nan("")) : std::nan(""); }
    bool stays() const { return target && IsNumeric(c.value.type) && number() == now(); }
    // Opens, or opens further; where it stands is not known: any position that is not closed.
    bool opens() const {
      if (!target) return request.op == Op::kOpen || request.op == Op::kOn || request.op == Op::kSet || request.op == Op::kToggle;
      if (std::holds_alternative<bool>(*target)) return is(true);
      return std::isnan(now()) ? number() > 0 : number() > now();
    }
  };

  static bool In(const std::string& name, const std::set<std::string>& names) { return names.contains(name); }

  static bool MayModel(const Asked& a) {
    switch (a.c.safety) {
      case SafetyClass::kComfort:
      case SafetyClass::kReadOnly:
      case SafetyClass::kNavigation:
      case SafetyClass::kVisibility:
      case SafetyClass::kScreenContent: return true;
      default: return false;
    }
  }

  std::string Always(const Asked& a) const {
    if (a.c.safety == SafetyClass::kPowertrain) return "powertrain and chassis are the driver's hands' (P12)";
    if (a.request.target && (a.c.is_service() || a.c.node != NodeType::kActuator)) return "not an actuator";
    if (a.request.origin == Origin::kUntrusted && !a.consent()) return "text from outside acts without a yes (R1)";
    if (a.request.origin == Origin::kProposed && !a.consent() && a.c.safety != SafetyClass::kComfort &&
        a.c.safety != SafetyClass::kReadOnly) {
      return "the cockpit's own idea acts without a yes";
    }
    if (a.request.origin == Origin::kModel && !a.consent() && !MayModel(a)) return "a large model acts without a yes (S03)";
    if (a.request.origin == Origin::kGuessed && !a.consent() && a.c.safety != SafetyClass::kReadOnly)
      return "a guess acts without a yes (S04)";
    if (a.number() > 1e300 || (a.target && std::holds_alternative<double>(*a.target) && !std::isfinite(a.number())))
      return "no such number (T18)";
    const bool may_after_crash = a.c.safety == SafetyClass::kVisibility || a.c.safety == SafetyClass::kEmergency ||
                                 a.c.name == "light.hazard" || a.c.safety == SafetyClass::kReadOnly || a.stays();
    if (a.state.crashed && !may_after_crash) return "after a crash (state rule 10)";
    return "";
  }

  std::string Body(const Asked& a) const {
    if (a.stays()) return "";
    if (a.c.safety == SafetyClass::kSeatMotion && a.interface.zone == Zone::kRow1Left) {
      if (!a.parked()) return "the driver's seat moves while not parked (P02)";
      if (!a.driver()) return "a passenger moves the driver's seat (T10)";
    }
    if (In(a.c.name, {"steering.position", "steering.extension", "pedal.position", "mirror.fold"})) {
      if (!a.parked()) return "wheel, pedals or mirror fold move while not parked (P02)";
      if (!a.driver()) return "a passenger moves wheel, pedals or mirrors (T10)";
    }
    if (In(a.c.name, {"mirror.tilt", "mirror.pan"}) && !a.parked() && !(std::abs(a.number() - a.now()) <= 10)) {
      return "a mirror swings by more than 5 % while driving (P02)";
    }
    if (a.c.safety == SafetyClass::kSeatMotion && a.interface.zone != Zone::kRow1Left) {
      if (a.interface.zone == Zone::kRow1Right && a.state.child_in_row1_right) return "the seat under a child moves (P03)";
      if (a.moving() && a.c.name == "seat.recline" && a.number() > 120) return "lying flat while driving (P03)";
      if (a.moving() && In(a.c.name, {"seat.fold", "seat.zero_gravity", "seat.bed"}) && !a.is(false))
        return "lying flat while driving (P03)";
      if (!a.driver() && a.request.speaker != a.interface.zone) return "another's seat moves (P03)";
    }
    return "";
  }

  std::string Access(const Asked& a) const {
    if (a.c.safety == SafetyClass::kClosure && a.c.name != "scene.close_all" && a.opens()) {
      if (!a.parked()) return "a door, hatch or flap opens while not parked (P09, T01)";
      if (!a.driver() && a.request.speaker != a.interface.zone) return "a passenger opens what is not the own door (P09)";
      if (!a.driver() && a.state.child_present && a.interface.zone != Zone::kRow1Right) return "a child opens a door (T09)";
      const bool own = a.c.name.starts_with("door") && (a.request.speaker == a.interface.zone || a.interface.zone == Zone::kRow1Left);
      if (own ? !a.consent() : !a.request.touched) return "opens without the yes it needs (P09)";
    }
    if (In(a.c.name, {"door.lock", "trunk.lock", "frunk.lock"}) && !a.is(true)) {
      if (!a.parked()) return "unlocks while not parked (P10)";
      if (!a.driver()) return "somebody else unlocks (T08, T09)";
      if (!a.request.touched) return "unlocks without a touch (P10)";
    }
    if (In(a.c.name, {"child_lock", "window.lock"}) && !a.is(true)) {
      if (!a.parked() || !a.driver() || !a.request.touched) return "child protection is released (P11)";
    }
    if (a.c.name == "window" && a.opens() && !a.driver()) {
      if (a.request.speaker != a.interface.zone) return "a passenger opens another's window (P07)";
      const bool rear = a.interface.zone != Zone::kRow1Right && a.interface.zone != Zone::kRow1Left;
      if (rear && (a.state.child_present || a.state.window_lock)) return "a locked or child's window is opened from the rear (P07, T09)";
    }
    if (a.c.name == "window" && a.opens() && a.moving() && a.state.speed_kmh > 80 && !a.consent())
      return "a window opens at speed unasked (P07)";
    if (a.c.name == "window" && a.number() < a.now() && !(a.state.anti_pinch && a.state.power_on) && !a.consent()) {
      return "a window closes without anti-pinch and without a yes (P08)";
    }
    return "";
  }

  std::string Sight(const Asked& a) const {
    const bool lights_off = (a.c.name == "light.low_beam" && !a.is(true)) || (a.c.name == "light.high_beam" && a.is("OFF")) ||
                            (a.c.name == "light.auto" && !a.is("AUTO") && !a.is("BEAM")) ||
                            (In(a.c.name, {"light.position", "light.fog", "light.daytime"}) && !a.is(true));
    if (lights_off && !a.parked()) return "lights go out while in gear (P05, the Z20 accident)";
    if (lights_off && !a.driver()) return "a passenger puts the lights out (P05)";
    const bool wipers_off = (a.c.name == "wiper.front" && a.number() == 0) || (a.c.name == "wiper.auto" && !a.is("RAIN_SENSOR")) ||
                            (In(a.c.name, {"hvac.defrost_front", "hvac.defrost_rear", "mirror.heating"}) && !a.is(true));
    if (wipers_off && !a.driver()) return "a passenger stops wipers or defrost (P05)";
    if (wipers_off && !a.parked() && a.state.raining) return "wipers or defrost stop in the rain (P05)";
    if (wipers_off && !a.parked() && !a.consent()) return "wipers or defrost stop without a yes (P05)";
    if (a.c.name == "wiper.service" && a.is(true) && !a.parked()) return "wipers leave the glass while driving (P05)";
    return "";
  }

  std::string Road(const Asked& a) const {
    if (a.c.name == "light.turn_signal" && (!a.parked() || !a.driver())) return "the indicator is the driver's (P06)";
    if (a.c.name == "vehicle.find" && !a.parked()) return "the horn while driving (P06)";
    if (a.c.name == "light.hazard" && !a.is(true) && (!a.driver() || a.state.motion == Motion::kCreep)) return "hazard lights go out (P06)";
    if (a.c.safety == SafetyClass::kDriveStyle && !a.driver()) return "a passenger changes the drive style (P13)";
    if (a.c.safety == SafetyClass::kDriveStyle && a.moving() && !a.request.touched) return "drive style without a touch (P13)";
    if (a.c.safety == SafetyClass::kCharging && (!a.parked() || !a.driver())) return "charging (P22)";
    if (a.c.name == "charging.plug_lock" && !a.is(true) && !a.request.touched) return "the cable is released without a touch (P22)";
    return "";
  }

  std::string Assistance(const Asked& a) const {
    if (a.c.safety != SafetyClass::kAssistance) return "";
    if (!a.driver()) return "a passenger touches driver assistance (P15)";
    if (In(a.c.name, {"adas.cruise", "adas.pilot", "adas.lane_keep", "adas.lane_change", "adas.auto_parking", "adas.summon"}) &&
        !a.is(false)) {
      return "driver assistance is activated (P14)";
    }
    if (In(a.c.name, {"adas.cruise_speed", "adas.cruise_gap"}) && !(a.state.cruise_active && a.consent())) return "cruise setting (P14)";
    if (In(a.c.name, {"adas.aeb", "adas.lane_departure_warning", "adas.driver_monitor", "adas.blind_spot", "adas.forward_collision"}) &&
        !a.is(true)) {
      if (!a.parked()) return "protection goes off while driving (P14, T21)";
      if (!a.request.touched) return "protection goes off without a touch (P14)";
    }
    return "";
  }

  std::string Person(const Asked& a) const {
    const bool acts = a.request.op != Op::kQuery || a.request.target;
    if (a.c.safety == SafetyClass::kPurchase && acts && (!a.parked() || !a.driver() || !a.request.touched || a.state.child_present)) {
      return "a purchase (P18)";
    }
    if (a.c.safety == SafetyClass::kNavigation && a.request.op == Op::kSend && !a.target &&
        (!a.parked() || !a.driver() || !a.request.touched)) {
      return "the position leaves the car (P19, T13)";
    }
    const bool driver_display = !IsSeat(a.interface.zone) || a.interface.zone == Zone::kRow1Left;
    if (a.c.name == "media.video" && driver_display && a.request.op == Op::kPlay && !a.parked())
      return "video on the driver's display (P20)";
    if (In(a.c.name, {"system.factory_reset", "account.erase"}) && a.request.op == Op::kStart &&
        (!a.parked() || !a.driver() || !a.request.touched)) {
      return "data are erased (P21)";
    }
    if (In(a.c.name, {"net.hotspot", "net.bluetooth", "net.wifi"}) && a.is(true) && (!a.parked() || !a.driver() || !a.request.touched)) {
      return "the car opens to the outside (P21)";
    }
    if (a.c.safety == SafetyClass::kCommunication && a.request.op == Op::kSend && !a.target && !a.consent())
      return "a message goes out (P16)";
    return "";
  }

  const Catalogue& catalogue_;
};

}  // namespace deepcabin::safety
