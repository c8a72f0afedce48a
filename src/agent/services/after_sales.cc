#include "agent/services/after_sales.h"

#include <algorithm>
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
    const auto& [call, capability, speaker, language, said] = request;
    constexpr std::array<std::string_view, 7> kBooking{"", "预约", "我的预约", "booking", "my booking", "appointment", "my appointment"};
    const bool is_plain = capability.name == "service" && std::find(kBooking.begin(), kBooking.end(), call.text) != kBooking.end();
    const auto about = [&](std::initializer_list<std::string_view> words) {
      return request.capability.name == "service" && HasAny(request.call.text, words);
    };
    const std::lock_guard lock(mutex_);
    asked_ = call;
    wanted_.reset();
    claim_.reset();
    const bool is_accident = about({"事故", "保险", "accident", "insurance"});
    if (call.op == Op::kCall &&
        (is_plain || is_accident || about({"救援", "拖车", "搭电", "补胎", "送油", "roadside", "tow", "breakdown"}))) {
      claim_ = is_accident;
      ServiceAnswer answer = is_accident ? NotDone(language, "要整理一份事故报告吗？", "Shall I put an accident report together?")
                                         : NotDone(language, "救援电话还没有接入，要先整理救援资料吗？",
                                                   "Roadside assistance is not connected. Shall I prepare what they will ask for?");
      answer.asks = true;
      return answer;
    }
    if (call.op == Op::kCall || !(is_plain || about({"保养", "修", "检", "胎", "4S", "service", "inspection", "oil"}))) {
      const std::string what = skills::CleanName(call.text);
      const auto& names = language == Language::kChinese ? capability.names_zh : capability.names_en;
      return NotDone(language, "{}还没有接入", "{} is not connected yet", what.empty() ? names.front() : what);
    }
    if (call.op == Op::kSet) {
      const auto slot = parts_.booking.FirstFree(From(call.when));
      if (!slot) return NotDone(language, "四周内没有空位", "nothing is free within four weeks");
      wanted_ = {*slot, call.text.empty() ? Either(language, "保养", "a service") : skills::CleanName(call.text)};
      ServiceAnswer answer = NotDone(language, "最早{}有空，约{}吗？", "{} is free. Shall I book it for {}?", Told(*slot), wanted_->what);
      answer.asks = true;
      return WithCard(std::move(answer), *wanted_, false);
    }
    const auto current = parts_.booking.Current();
    if (!current) return Done(language, "没有预约", "There is no booking");
    if (call.op != Op::kCancel)
      return WithCard(Done(language, "预约在{}，{}", "The booking is on {}, {}", Told(current->at), current->what), *current, true);
    parts_.booking.Cancel();
    return WithCard(Done(language, "{}的预约已取消", "The booking on {} is cancelled", Told(current->at)), *current, false);
  }

  ServiceAnswer Accept(Language language) override {
    const std::lock_guard lock(mutex_);
    if (!wanted_ && !claim_) return {};
    ServiceAnswer answer = wanted_ ? Book(*wanted_, language) : Keep(MakeClaim(*claim_), language);
    answer.taken = asked_;
    wanted_.reset();
    claim_.reset();
    return answer;
  }

  void Decline() override {
    const std::lock_guard lock(mutex_);
    wanted_.reset();
    claim_.reset();
  }

 private:
  static ServiceAnswer WithCard(ServiceAnswer answer, const aftersales::Booking& booking, bool is_booked) {
    answer.card = {{"kind", "booking"}, {"at", Told(booking.at)}, {"what", booking.what}, {"booked", is_booked}};
    return answer;
  }

  ServiceAnswer Book(const aftersales::Booking& wanted, Language language) {
    if (!parts_.booking.Book(wanted)) return NotDone(language, "这个时间没有约上", "that slot could not be booked");
    return WithCard(Done(language, "约好了{}，{}", "Booked for {}, {}", Told(wanted.at), wanted.what), wanted, true);
  }

  ServiceAnswer Keep(const aftersales::Claim& claim, Language language) const {
    ServiceAnswer answer = Done(language, "资料整理好了，请按清单拍照", "The file is ready; take the photos on the list");
    answer.card = claim.ToJson();
    if (parts_.folder.empty()) return answer;
    const auto saved = claim.Save(parts_.folder, language == Language::kChinese);
    if (!saved) return NotDone(language, "资料没有存下来：{}", "the file could not be kept: {}", saved.error().message);
    answer.card["file"] = saved->filename().string();
    return answer;
  }

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

  aftersales::Claim MakeClaim(bool is_accident) const {
    aftersales::Claim claim{.is_accident = is_accident, .at = Now(), .facts = {}};
    const auto add = [&](std::string zh, std::string en, const std::string& path, std::string_view unit) {
      const auto value = car_.Get(path);
      claim.facts.push_back({std::move(zh), std::move(en), value ? ValueToString(*value) + std::string(unit) : "?"});
    };
    for (const Row& row : kRows) add(std::string(row.zh), std::string(row.en), std::string(row.path), row.unit);
    const auto lat = car_.Number("Vehicle.CurrentLocation.Latitude"), lon = car_.Number("Vehicle.CurrentLocation.Longitude");
    const auto near = lat && lon ? parts_.map.NameArea({*lat, *lon}) : Result<skills::AreaName>(NotFound("no position"));
    claim.facts.push_back({"位置", "place", near ? near->zh : "?"});
    const Capability* doors = car_.catalogue.FindCapability("door");
    for (const Interface& door : car_.catalogue.interfaces()) {
      if (doors == nullptr || door.capability != doors->id) continue;
      const std::string zone(ZoneName(door.zone));
      add("车门开着 " + zone, "door open " + zone, car_.catalogue.signal(door.signal).path, "");
    }
    return claim;
  }

  const CarAccess car_;
  const AfterSalesParts parts_;
  std::mutex mutex_;
  std::optional<aftersales::Booking> wanted_;
  std::optional<bool> claim_;  // whether of an accident
  Call asked_;
};

}  // namespace

std::unique_ptr<Service> MakeAfterSalesService(const CarAccess& car, const AfterSalesParts& parts) {
  return std::make_unique<AfterSalesService>(car, parts);
}

}  // namespace deepcabin::agent
