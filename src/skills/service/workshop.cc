#include "skills/service/workshop.h"

#include <array>
#include <fstream>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace deepcabin::aftersales {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr int kOpens = 9, kCloses = 17, kDaysAheadMax = 28;

bool IsFree(LocalTime slot) {
  const auto day = std::chrono::floor<days>(slot);
  const auto hour = (slot - day) / hours(1);
  const bool is_open = std::chrono::weekday(day) != std::chrono::Sunday && hour >= kOpens && hour < kCloses;
  return is_open && slot == day + hours(hour) && (day.time_since_epoch().count() + hour) % 3 != 0;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kPhotos{
    {{"全景：两车与车道线、路牌", "the whole scene with lanes and signs"},
     {"各受损处近照", "each damage from near"},
     {"双方车牌", "both plates"},
     {"刹车痕迹与碎片", "skid marks and debris"},
     {"仪表盘与里程", "the instruments and the odometer"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kExchange{
    {{"对方姓名与电话", "name and telephone of the other side"},
     {"驾驶证与行驶证", "licence and registration"},
     {"保险公司与保单号", "insurer and policy number"},
     {"目击者联系方式", "how to reach witnesses"}}};

template <typename Table>
OrderedJson Listed(const Table& table) {
  OrderedJson out = OrderedJson::array();
  for (const auto& [zh, en] : table) out.push_back({{"zh", zh}, {"en", en}});
  return out;
}

}  // namespace

Result<LocalTime> SimulatedWorkshop::FirstFree(LocalTime from) const {
  LocalTime slot = std::chrono::ceil<hours>(from);
  for (int i = 0; i < kDaysAheadMax * 24; ++i, slot += hours(1)) {
    if (IsFree(slot)) return slot;
  }
  return NotFound(fmt::format("nothing is free within {} days", kDaysAheadMax));
}

Status SimulatedWorkshop::Book(const Booking& booking) {
  if (!IsFree(booking.at)) return FailedPrecondition("this slot is taken");
  const std::lock_guard lock(mutex_);
  booking_ = booking;
  return {};
}

std::optional<Booking> SimulatedWorkshop::Current() const {
  const std::lock_guard lock(mutex_);
  return booking_;
}

void SimulatedWorkshop::Cancel() {
  const std::lock_guard lock(mutex_);
  booking_.reset();
}

OrderedJson Claim::ToJson() const {
  OrderedJson out{{"kind", "claim"},
                  {"what", is_accident ? "accident" : "roadside"},
                  {"time", fmt::format("{:%Y-%m-%d %H:%M:%S}", std::chrono::sys_seconds(at.time_since_epoch()))},
                  {"facts", OrderedJson::array()},
                  {"photos", Listed(kPhotos)},
                  {"exchange", is_accident ? Listed(kExchange) : OrderedJson::array()}};
  for (const Fact& fact : facts) out["facts"].push_back({{"zh", fact.zh}, {"en", fact.en}, {"value", fact.value}});
  return out;
}

std::string Claim::ToText(bool zh) const {
  const OrderedJson json = ToJson();
  const char* const key = zh ? "zh" : "en";
  std::string text = is_accident ? (zh ? "事故报告" : "Accident report") : (zh ? "道路救援资料" : "Roadside assistance");
  text += "\n" + json["time"].get<std::string>() + "\n";
  for (const auto& fact : json["facts"]) text += fmt::format("{}: {}\n", fact[key].get<std::string>(), fact["value"].get<std::string>());
  for (const auto& [list, title] : {std::pair("photos", zh ? "请拍照" : "Photos to take"), {"exchange", zh ? "请交换" : "To exchange"}}) {
    if (!json[list].empty()) text += fmt::format("\n{}\n", title);
    for (const auto& item : json[list]) text += fmt::format("[ ] {}\n", item[key].get<std::string>());
  }
  return text;
}

Result<std::filesystem::path> Claim::Save(const std::filesystem::path& folder, bool zh) const {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (int i = 1; i <= kClaimsMax; ++i) {
    std::filesystem::path path = folder / fmt::format("claim-{:%Y%m%d-%H%M%S}-{}.json", std::chrono::sys_seconds(at.time_since_epoch()), i);
    if (std::filesystem::exists(path, error)) continue;
    for (const std::string& text : {DumpJson(ToJson(), 2), ToText(zh)}) {
      std::ofstream out(path);
      std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, error);
      out << text;
      out.close();
      if (error || !out) return Unavailable("cannot write " + path.string());
      path.replace_extension(".txt");
    }
    return path.replace_extension(".json");
  }
  return ResourceExhausted(fmt::format("more than {} claims at one time", kClaimsMax));
}

}  // namespace deepcabin::aftersales
