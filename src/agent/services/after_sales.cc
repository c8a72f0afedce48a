#include "agent/services/after_sales.h"

#include <array>
#include <cstdio>
#include <mutex>

#include <fmt/chrono.h>

#include "agent/services/say.h"
#include "skills/map/names.h"

namespace deepcabin::agent {
namespace {

using aftersales::LocalTime;
using std::chrono::days;

bool HasAny(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

std::string Told(LocalTime at) { return fmt::format("{:%m-%d %H:%M}", std::chrono::sys_seconds(at.time_since_epoch())); }

bool IsDay(LocalTime day, LocalTime today, std::string_view wanted) {
  constexpr std::array<std::string_view, 3> kAhead{"today", "tomorrow", "day_after_tomorrow"};
  constexpr std::array<std::string_view, 7> kDays{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  const std::chrono::weekday weekday(std::chrono::floor<days>(day));
  const auto ahead = static_cast<std::size_t>((day - today) / days(1));
  if (ahead < kAhead.size() && wanted == kAhead[ahead]) return true;
  return wanted == kDays[weekday.c_encoding()] ||
         (wanted == "weekend" && (weekday == std::chrono::Saturday || weekday == std::chrono::Sunday));
}

// What the file of a breakdown or an accident holds of the car.
struct Row {
  std::string_view zh, en, path, unit;
};
constexpr std::array<Row, 12> kRows{{{"车架号", "VIN", "Vehicle.VehicleIdentification.VIN", ""},
                                     {"里程", "odometer", "Vehicle.TraveledDistance", " m"},
                                     {"纬度", "latitude", "Vehicle.CurrentLocation.Latitude", ""},
                                     {"经度", "longitude", "Vehicle.CurrentLocation.Longitude", ""},
                                     {"车速", "speed", "Vehicle.Speed", " km/h"},
                                     {"碰撞信号", "crash signal", "Vehicle.DeepCabin.IsCrashDetected", ""},
                                     {"不能行驶", "broken down", "Vehicle.IsBrokenDown", ""},
                                     {"故障码数", "stored faults", "Vehicle.Diagnostics.DTCCount", ""},
                                     {"双闪", "hazard lights", "Vehicle.Body.Lights.Hazard.IsSignaling", ""},
                                     {"车外温度", "outside temperature", "Vehicle.Exterior.AirTemperature", " °C"},
                                     {"雨量", "rain", "Vehicle.Body.Raindetection.Intensity", " %"},
                                     {"路面结冰", "icy road", "Vehicle.DeepCabin.Exterior.IsRoadIcy", ""}}};

class AfterSalesService final : public Service {
 public:
  AfterSalesService(const CarAccess& car, const AfterSalesParts& parts) : car_(car), parts_(parts) {}

  bool Handles(const ServiceRequest& request) const override { return request.capability.skill == "service"; }
  bool TakesTime(const ServiceRequest& request) const override { return request.capability.name == "service"; }

  ServiceAnswer Run(const ServiceRequest& request) override {
    const auto& [call, capability, speaker, language] = request;
    if (capability.name != "service")
      return NotDone(language, "{}还没有接入", "{} is not connected yet",
                     Either(language, capability.names_zh.front(), capability.names_en.front()));
    const bool is_accident = HasAny(call.text, {"事故", "保险", "accident", "insurance"});
    const bool is_rescue = call.text.empty() || HasAny(call.text, {"救援", "拖车", "搭电", "补胎", "送油", "roadside", "tow", "breakdown"});
    const bool is_workshop =
        call.text.empty() || HasAny(call.text, {"保养", "修", "检", "轮胎", "换胎", "4S", "service", "inspection", "oil"});
    const std::lock_guard lock(mutex_);
    wanted_.reset();
    claim_.reset();
    if (call.op == Op::kCall && (is_accident || is_rescue)) {
      claim_ = is_accident;
      ServiceAnswer answer = is_accident ? NotDone(language, "要整理一份事故报告吗？", "shall I put an accident report together?")
                                         : NotDone(language, "救援电话还没有接入，要先整理救援资料吗？",
                                                   "roadside assistance is not connected. Shall I prepare what they will ask for?");
      answer.asks = true;
      return answer;
    }
    if (!is_workshop || call.op == Op::kCall)
      return NotDone(language, "{}还没有接入", "{} is not connected yet", skills::CleanName(call.text));
    if (call.op == Op::kSet) return Book(call, language);
    const auto current = parts_.booking.Current();
    if (!current) return Done(language, "没有预约", "There is no booking");
    if (call.op == Op::kCancel) parts_.booking.Cancel();
    ServiceAnswer answer =
        call.op == Op::kCancel
            ? Done(language, "{}的{}预约已取消", "The booking of {} for {} is cancelled", Told(current->at), current->what)
            : Done(language, "预约在{}，{}", "The booking is on {}, {}", Told(current->at), current->what);
    answer.card = {{"kind", "booking"}, {"at", Told(current->at)}, {"what", current->what}, {"booked", call.op != Op::kCancel}};
    return answer;
  }

  ServiceAnswer Accept(Language language) override {
    const std::lock_guard lock(mutex_);
    if (const auto wanted = std::exchange(wanted_, std::nullopt)) {
      if (!parts_.booking.Book(*wanted)) return NotDone(language, "这个时间没有约上", "that slot could not be booked");
      ServiceAnswer answer = Done(language, "约好了{}，{}", "Booked for {}, {}", Told(wanted->at), wanted->what);
      answer.card = {{"kind", "booking"}, {"at", Told(wanted->at)}, {"what", wanted->what}, {"booked", true}};
      return answer;
    }
    const auto asked = std::exchange(claim_, std::nullopt);
    if (!asked) return {};
    const aftersales::Claim claim = MakeClaim(*asked);
    ServiceAnswer answer = Done(language, "资料整理好了，请按清单拍照", "The file is ready; take the photos on the list");
    answer.card = claim.ToJson();
    if (parts_.folder.empty()) return answer;
    const auto saved = claim.Save(parts_.folder, language == Language::kChinese);
    if (!saved) return NotDone(language, "资料没有存下来：{}", "the file could not be kept: {}", saved.error().message);
    answer.card["file"] = saved->filename().string();
    return answer;
  }

  void Decline() override {
    const std::lock_guard lock(mutex_);
    wanted_.reset();
    claim_.reset();
  }

 private:
  LocalTime Now() const {
    return LocalTime(std::chrono::floor<std::chrono::seconds>(parts_.clock.WallTime()).time_since_epoch() + parts_.utc_offset);
  }

  // The first moment that a wish for a time allows.
  LocalTime From(const std::optional<When>& when) const {
    const LocalTime now = Now(), today = std::chrono::floor<days>(now);
    if (!when) return now;
    if (when->kind == WhenKind::kAfter) return now + std::chrono::seconds(static_cast<int>(std::clamp(when->seconds, 0.0, 2e6)));
    int hour = 0, minute = 0;
    if (std::sscanf(when->time.c_str(), "%2d:%2d", &hour, &minute) < 1) hour = 0;
    LocalTime day = today;
    for (int ahead = 0; ahead < 14 && !when->day.empty() && !IsDay(day, today, when->day); ++ahead) day += days(1);
    return std::max(now, day + std::chrono::hours(hour) + std::chrono::minutes(minute));
  }

  ServiceAnswer Book(const Call& call, Language language) {
    const auto slot = parts_.booking.FirstFree(From(call.when));
    if (!slot) return NotDone(language, "四周内没有空位", "nothing is free within four weeks");
    wanted_ = {*slot, call.text.empty() ? Either(language, "保养", "service") : skills::CleanName(call.text)};
    ServiceAnswer answer = NotDone(language, "最早{}有空，约{}吗？", "{} is free. Shall I book it for {}?", Told(*slot), wanted_->what);
    answer.asks = true;
    answer.card = {{"kind", "booking"}, {"at", Told(*slot)}, {"what", wanted_->what}, {"booked", false}};
    return answer;
  }

  aftersales::Claim MakeClaim(bool is_accident) const {
    aftersales::Claim claim{.is_accident = is_accident, .at = Now(), .facts = {}};
    for (const Row& row : kRows) {
      const auto value = car_.Get(row.path);
      claim.facts.push_back({std::string(row.zh), std::string(row.en), value ? ValueToString(*value) + std::string(row.unit) : "?"});
    }
    const auto lat = car_.Number("Vehicle.CurrentLocation.Latitude"), lon = car_.Number("Vehicle.CurrentLocation.Longitude");
    const auto near = lat && lon ? parts_.map.NameArea({*lat, *lon}) : Result<skills::AreaName>(NotFound("no position"));
    claim.facts.push_back({"位置", "place", near ? near->zh : "?"});
    const Capability* doors = car_.catalogue.FindCapability("door");
    for (const InterfaceId id :
         doors != nullptr ? car_.catalogue.Resolve(*doors, Zone::kWhole, Zone::kWhole) : std::vector<InterfaceId>{}) {
      const Interface& door = car_.catalogue.interface(id);
      const auto open = car_.Number(car_.catalogue.signal(door.signal).path);
      claim.facts.push_back({"车门 " + std::string(ZoneName(door.zone)), "door " + std::string(ZoneName(door.zone)),
                             !open        ? "?"
                             : *open != 0 ? "open"
                                          : "closed"});
    }
    return claim;
  }

  const CarAccess car_;
  const AfterSalesParts parts_;
  std::mutex mutex_;
  std::optional<aftersales::Booking> wanted_;
  std::optional<bool> claim_;  // whether of an accident
};

}  // namespace

std::unique_ptr<Service> MakeAfterSalesService(const CarAccess& car, const AfterSalesParts& parts) {
  return std::make_unique<AfterSalesService>(car, parts);
}

}  // namespace deepcabin::agent
