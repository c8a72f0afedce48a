#include "agent/services/vehicle.h"

#include <array>
#include <mutex>

#include "agent/replies.h"
#include "agent/services/say.h"

namespace deepcabin::agent {
namespace {

constexpr std::string_view kOdometer = "Vehicle.TraveledDistance", kHazard = "Vehicle.Body.Lights.Hazard.IsSignaling";

// What should be shut, locked or off when the car is left.
struct Watched {
  std::string_view capability, zh, en;
  bool at_rest;  // what the signal reads then
};
constexpr std::array<Watched, 9> kWatched{{{"door", "没关", "open", false},
                                           {"trunk", "没关", "open", false},
                                           {"frunk", "没关", "open", false},
                                           {"hood", "没关", "open", false},
                                           {"window", "没关", "open", false},
                                           {"sunroof", "没关", "open", false},
                                           {"door.lock", "没锁上", "unlocked", true},
                                           {"light.low_beam", "开着", "on", false},
                                           {"light.hazard", "开着", "on", false}}};

class VehicleService final : public Service {
 public:
  VehicleService(const CarAccess& car, const health::Plan& plan, const Clock& clock) : car_(car), plan_(plan), clock_(clock) {}

  bool Handles(const ServiceRequest& request) const override { return request.capability.skill == "vehicle"; }

  ServiceAnswer Run(const ServiceRequest& request) override {
    const std::string& name = request.capability.name;
    const Language language = request.language;
    if (name.starts_with("vehicle.tyre")) return Tyres(request);
    if (name == "vehicle.status") return Everything(language);
    if (name == "vehicle.diagnosis") return Told(CheckUp({}), false, language);
    if (name == "vehicle.maintenance") return Maintenance(language);
    if (name == "vehicle.trip") return Trip(request);
    if (name == "vehicle.identity") return Identity(request);
    if (name == "vehicle.find") {
      if (!car_.Move(kHazard, true, request.speaker)) return NotDone(language, "双闪没有打开", "the hazard lights did not come on");
      return Done(language, "正在打双闪，喇叭还没有接入", "The hazard lights go on; the horn is not connected");
    }
    const auto speed = car_.Number("Vehicle.Speed");
    if (!speed) return NotDone(language, "读不到车速", "the speed is not known");
    return Done(language, "车速{:.0f}公里每小时", "{:.0f} km/h", *speed);
  }

 private:
  std::optional<double> Read(std::string_view path) const {
    const auto value = car_.Get(path);
    if (!value) return std::nullopt;
    if (const auto* word = std::get_if<std::string>(&*value)) return *word == "NORMAL" ? 0 : 1;
    return AsNumber(*value);
  }

  ServiceAnswer Tyres(const ServiceRequest& request) const {
    const std::string what = request.capability.name == "vehicle.tyre_pressure" ? "Tire.Pressure" : "Tire.AirTemperature";
    std::vector<health::Check> checks;
    for (const InterfaceId id : car_.catalogue.Resolve(request.capability, request.call.zone, request.speaker)) {
      const Zone zone = car_.catalogue.interface(id).zone;
      const bool is_front = zone == Zone::kRow1Left || zone == Zone::kRow1Right,
                 is_left = zone == Zone::kRow1Left || zone == Zone::kRow2Left;
      const std::string part = fmt::format("Row{}.Wheel.{}.{}", is_front ? 1 : 2, is_left ? "Left" : "Right", what);
      for (health::Check& check : CheckUp(part)) checks.push_back(std::move(check));
    }
    return Told(checks, true, request.language);
  }

  std::vector<health::Check> CheckUp(std::string_view part) const {
    return health::CheckUp(
        plan_, [this](std::string_view path) { return Read(path); }, part);
  }

  // What is wrong, or with `all` each; what could not be read counts as neither.
  static ServiceAnswer Told(const std::vector<health::Check>& checks, bool all, Language language) {
    std::string told;
    std::size_t bad = 0, unknown = 0;
    OrderedJson rows = OrderedJson::array();
    for (const health::Check& check : checks) {
      bad += check.ok && !*check.ok ? 1 : 0;
      unknown += check.ok ? 0 : 1;
      if (check.ok && (all || !*check.ok))
        told +=
            (told.empty() ? "" : Either(language, "，", ", ")) + (language == Language::kChinese ? check.zh : check.en) + " " + check.value;
      rows.push_back(
          {{"zh", check.zh}, {"en", check.en}, {"ok", check.ok ? OrderedJson(*check.ok) : OrderedJson()}, {"value", check.value}});
    }
    ServiceAnswer answer = unknown == checks.size() ? NotDone(language, "读不到", "it cannot be read")
                           : bad == 0 && all        ? Done(language, "正常", "Fine")
                           : bad == 0               ? Done(language, "查了{}项都正常", "{} checks, all fine", checks.size() - unknown)
                                                    : Done(language, "{}项不正常", "{} not as it should be", bad);
    if (!told.empty()) answer.said += Either(language, "：", ": ") + told;
    if (unknown > 0 && answer.done) answer.said += Say(language, "，{}项读不到", "; {} could not be read", unknown);
    answer.card = {{"kind", "health"}, {"checks", rows}};
    return answer;
  }

  ServiceAnswer Everything(Language language) const {
    std::string told;
    const auto add = [&](const std::string& text) { told += (told.empty() ? "" : Either(language, "，", ", ")) + text; };
    int unknown = 0;
    bool any_open = false;
    for (const Watched& watched : kWatched) {
      const Capability* capability = car_.catalogue.FindCapability(watched.capability);
      if (capability == nullptr) continue;
      std::vector<Zone> zones;
      std::size_t count = 0;
      for (const Interface& interface : car_.catalogue.interfaces()) {
        if (interface.capability != capability->id) continue;
        const auto number = Read(car_.catalogue.signal(interface.signal).path);
        ++count;
        unknown += number ? 0 : 1;
        if (number && (*number != 0) != watched.at_rest) zones.push_back(interface.zone);
      }
      any_open = any_open || (!zones.empty() && watched.en == "open");
      if (zones.size() == count && count > 1) zones = {Zone::kWhole};
      for (const Zone zone : zones)
        add(ThingLabel(*capability, zone, language) + Say(language, "{}", " {}", Either(language, watched.zh, watched.en)));
    }
    const auto faults = car_.Number("Vehicle.Diagnostics.DTCCount");
    if (!faults) ++unknown;
    else add(*faults > 0 ? Say(language, "有{:.0f}个故障码", "{:.0f} stored faults", *faults) : Either(language, "没有故障", "no faults"));
    if (unknown > 0) add(Say(language, "有{}项读不到", "{} could not be read", unknown));
    if (!any_open && unknown == 0) told = Either(language, "门窗都关着，", "Doors and windows are shut, ") + told;
    return Done(language, "{}", "{}", told);
  }

  ServiceAnswer Maintenance(Language language) const {
    const auto metres = car_.Number(kOdometer);
    const auto today = std::chrono::floor<std::chrono::days>(clock_.WallTime());
    const auto due = metres ? health::NextService(plan_, *metres / 1000, today) : std::nullopt;
    if (!due) return NotDone(language, "保养信息读不到", "the service plan cannot be read");
    const std::string& item = language == Language::kChinese ? due->item.zh : due->item.en;
    if (due->km < 0 || due->days < 0 || car_.Number("Vehicle.Service.IsServiceDue").value_or(0) > 0)
      return Done(language, "该保养了：{}", "A service is due: {}", item);
    return Done(language, "下次保养是{}，还有{:.0f}公里或{}天", "Next is {}, in {:.0f} km or {} days", item, due->km, due->days);
  }

  ServiceAnswer Trip(const ServiceRequest& request) {
    const Language language = request.language;
    const auto metres = car_.Number(kOdometer);
    if (!metres) return NotDone(language, "读不到里程", "the odometer cannot be read");
    const std::lock_guard lock(mutex_);
    if (request.call.op == Op::kOff) {
      reset_at_km_ = *metres / 1000;
      return Done(language, "小计里程已清零", "The trip meter is at zero");
    }
    const double trip = reset_at_km_ < 0 ? car_.Number("Vehicle.TraveledDistanceSinceStart").value_or(0) / 1000
                                         : std::max(0.0, *metres / 1000 - reset_at_km_);
    const auto fuel = car_.Number("Vehicle.Powertrain.FuelSystem.AverageConsumption");
    const double minutes = car_.Number("Vehicle.TripDuration").value_or(0) / 60;
    return Done(language, "总里程{:.0f}公里，小计{:.1f}公里，开了{:.0f}分钟，平均油耗{}",
                "{:.0f} km in all, {:.1f} km on the trip meter, {:.0f} minutes, {}", *metres / 1000, trip, minutes,
                fuel ? Say(language, "{:.1f}升", "{:.1f} l/100 km on average", *fuel) : Either(language, "未知", "consumption unknown"));
  }

  ServiceAnswer Identity(const ServiceRequest& request) const {
    const Language language = request.language;
    if (request.speaker != Zone::kRow1Left) return NotDone(language, "车辆信息只告诉主驾", "that is for the driver only");
    const std::string of = "Vehicle.VehicleIdentification.";
    const std::string vin = car_.Word(of + "VIN");
    return Done(language, "{} {}，{:.0f}款，车架号{}，车牌没有登记", "{} {}, {:.0f}, VIN {}; no plate is on record",
                car_.Word(of + "Brand"), car_.Word(of + "Model"), car_.Number(of + "Year").value_or(0),
                vin.empty() ? Either(language, "未知", "unknown") : vin);
  }

  const CarAccess car_;
  const health::Plan& plan_;
  const Clock& clock_;
  std::mutex mutex_;
  double reset_at_km_ = -1;  // of the trip meter, by the odometer; -1: since the start
};

}  // namespace

std::unique_ptr<Service> MakeVehicleService(const CarAccess& car, const health::Plan& plan, const Clock& clock) {
  return std::make_unique<VehicleService>(car, plan, clock);
}

}  // namespace deepcabin::agent
