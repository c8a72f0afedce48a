#include "agent/services/navigation.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "agent/owner.h"

namespace deepcabin::agent {
namespace {

const std::string& In(const skills::Spoken& spoken, Language language) { return language == Language::kChinese ? spoken.zh : spoken.en; }

constexpr std::string_view kRoute = "navi.route";
constexpr std::string_view kTraffic = "navi.traffic";  // on and off is the layer of the map; asked for is the road ahead

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool IsAboutSpice(std::string_view text) { return Has(text, "不辣") || Has(text, "not spicy") || Has(text, "mild"); }

// 最近的那个, "the first one": of what was suggested, and that is one place.
bool PointsBack(std::string_view text) {
  constexpr std::string_view kWords =
      "|这个|那个|这里|那里|这儿|那儿|这家|那家|第一个|第一家|头一个|头一家|最近的|最近那个|最近那家|最近的那个|最近的那家|最近的一个|"
      "最近的一家|就近的|"
      "there|here|it|that|this one|that one|the first|first one|the first one|nearest|the nearest|nearest one|the nearest one|closest|"
      "the closest|closest one|the closest one|that place|this place|";
  return Has(kWords, fmt::format("|{}|", text));
}

}  // namespace

bool NavigationService::Handles(const ServiceRequest& request) const {
  constexpr std::array<std::string_view, 5> kOurs{"navi.route", "navi.waypoint", "navi.poi", "navi.preference", "navi.info"};
  const bool asks_for_traffic = request.capability.name == kTraffic && request.call.op == Op::kQuery;
  return asks_for_traffic || std::find(kOurs.begin(), kOurs.end(), request.capability.name) != kOurs.end();
}

ServiceAnswer NavigationService::Run(const ServiceRequest& request) {
  parts_.navigation.SetSettings(Settings());
  const Call& call = request.call;
  const Capability& capability = request.capability;
  const Language language = request.language;
  if (capability.name == kRoute && call.op == Op::kSet) return ArriveBy(call.when.value_or(When{}), language);
  if (capability.name == kRoute) return Navigate(request);
  if (capability.name == "navi.waypoint") return Waypoint(request);
  if (capability.name == "navi.poi") return Search(call.text, language);
  if (capability.name == "navi.info") return Tell(language);
  if (capability.name == kTraffic) return TellTraffic(language);
  const auto* wish = std::get_if<std::string>(&call.value);
  if (wish != nullptr && *wish == "avoid_toll")
    return Done(parts_.navigation.Edit({.kind = skills::TripEdit::Kind::kAvoidTolls}, Now()), language);
  return {.said = Either(language, "这个路线偏好我还不会", "I cannot prefer routes by that yet")};
}

// "Be there by six" is a wish about the trip, nothing to do at six.
bool NavigationService::TakesTime(const ServiceRequest& request) const {
  return request.call.op == Op::kQuery || (request.call.op == Op::kSet && request.capability.name == kRoute);
}

// A bare "six" is the next six o'clock, of the morning or the evening.
ServiceAnswer NavigationService::ArriveBy(const When& when, Language language) {
  int hour = 0, minute = 0;
  if (when.kind != WhenKind::kAt || std::sscanf(when.time.c_str(), "%2d:%2d", &hour, &minute) != 2)
    return {.said = Either(language, "要几点前到？", "By what time?")};
  const skills::Situation now = Now();
  skills::LocalTime by = std::chrono::floor<std::chrono::days>(now.now) + std::chrono::hours(hour) + std::chrono::minutes(minute);
  const bool is_named = when.day == "tomorrow";
  if (is_named) by += std::chrono::hours(24);
  while (by <= now.now) by += std::chrono::hours(hour < 12 && hour > 0 && by + std::chrono::hours(12) > now.now ? 12 : 24);
  ServiceAnswer answer = Done(parts_.navigation.Edit({.kind = skills::TripEdit::Kind::kArriveBy, .by = by}, now), language);
  if (answer.done) answer.said = Either(language, "来得及：", "In time: ") + answer.said;
  return answer;
}

ServiceAnswer NavigationService::Accept(Language language) {
  ServiceAnswer answer = Done(parts_.navigation.AcceptSuggestion(Now()), language);
  const Capability* route = parts_.catalogue.FindCapability(kRoute);
  if (route == nullptr) return answer;
  Call call;
  call.capability = route->id;
  call.op = Op::kStart;
  const OrderedJson trip = Trip();
  if (answer.done && trip.contains("destination")) call.text = trip["destination"].value(language == Language::kChinese ? "zh" : "en", "");
  answer.taken = std::move(call);
  return answer;
}

// 先去A再去B is two calls of one utterance.
void NavigationService::KeepVia(const ServiceRequest& request) {
  const std::lock_guard lock(mutex_);
  if (via_said_ != request.said) via_.clear();
  via_said_ = request.said;
  if (!request.said.empty()) via_.push_back(request.call.text);
}

std::vector<std::string> NavigationService::TakeVia(std::string_view said) {
  const std::lock_guard lock(mutex_);
  return via_said_ == said ? std::exchange(via_, {}) : std::vector<std::string>();
}

ServiceAnswer NavigationService::Navigate(const ServiceRequest& request) {
  const auto& [call, capability, speaker, language, said] = request;
  skills::Navigation& navigation = parts_.navigation;
  if (call.op == Op::kStop || call.op == Op::kCancel) {
    const bool was_active = navigation.is_active();
    navigation.Stop();
    return {
        .done = true,
        .said = was_active ? Either(language, "导航结束了", "The route is ended") : Either(language, "现在没有导航", "There is no route")};
  }
  if (call.op == Op::kQuery) return Tell(language);
  const std::string& to = call.text.empty() ? call.to : call.text;
  if (to.empty() || PointsBack(to)) return Accept(language);
  return Done(navigation.RouteTo(to, TakeVia(said), Now()), language);
}

// A charger on the way is charged at before everything else; another stop lies where it fits.
ServiceAnswer NavigationService::Waypoint(const ServiceRequest& request) {
  const auto& [call, capability, speaker, language, said] = request;
  skills::Navigation& navigation = parts_.navigation;
  if (call.op == Op::kCancel) {
    return Done(navigation.Edit({.kind = skills::TripEdit::Kind::kRemove, .text = call.text}, Now()), language);
  }
  KeepVia(request);
  if (skills::ReadWish(call.text).category == skills::Category::kCharger) return Done(navigation.ChargeFirst(Now()), language);
  if (!navigation.is_active()) return Done(navigation.RouteTo(call.text, {}, Now()), language);
  return Done(navigation.Edit({.kind = skills::TripEdit::Kind::kAddStop, .text = call.text}, Now()), language);
}

ServiceAnswer NavigationService::Search(const std::string& text, Language language) {
  skills::Navigation& navigation = parts_.navigation;
  if (IsAboutSpice(text)) {
    if (navigation.is_active())
      return Done(navigation.Edit({.kind = skills::TripEdit::Kind::kReplace, .not_spicy = true}, Now()), language);
    skills::NavigationSettings mild = Settings();
    mild.not_spicy = true;
    navigation.SetSettings(std::move(mild));
    return Done(navigation.Suggest({}, Now()), language);
  }
  return Done(navigation.Suggest(skills::ReadWish(text), Now()), language);
}

ServiceAnswer NavigationService::Tell(Language language) const {
  const OrderedJson trip = Trip();
  if (!trip.value("active", false)) return {.done = true, .said = Either(language, "现在没有导航", "There is no route")};
  const auto position = Now().position;
  const auto guidance = parts_.navigation.GuidanceAt(position);
  if (!guidance) return {.done = false, .said = Either(language, "现在读不到位置", "I do not know where we are")};
  const std::string kilometres = skills::KilometreText(guidance->metres_left);
  const std::string next = In(guidance->said, language);
  return {.done = true,
          .said = language == Language::kChinese ? fmt::format("还有{}公里，{}", kilometres, next)
                                                 : fmt::format("{} km to go; {}", kilometres, next)};
}

ServiceAnswer NavigationService::TellTraffic(Language language) const {
  const auto jammed = Number("Vehicle.DeepCabin.Navigation.IsCongestionAhead");
  if (!jammed) return {.said = Either(language, "现在没有路况消息", "there is no news of the traffic")};
  return {
      .done = true,
      .said = *jammed > 0 ? Either(language, "前面堵车", "There is a jam ahead") : Either(language, "前面不堵", "The road ahead is clear")};
}

ServiceAnswer NavigationService::Done(const skills::Answer& answer, Language language) const {
  return {.done = answer.done, .said = In(answer.said, language), .asks = answer.asks, .trip_changed = answer.done && !answer.asks};
}

std::optional<double> NavigationService::Number(std::string_view path) const {
  const auto id = parts_.catalogue.FindSignal(path);
  if (!id) return std::nullopt;
  const auto current = parts_.signals.Get(*id).current;
  return current ? AsNumber(*current) : std::nullopt;
}

skills::Situation NavigationService::Now() const {
  skills::Situation now;
  now.position = {Number("Vehicle.CurrentLocation.Latitude").value_or(skills::kDemoStart.lat),
                  Number("Vehicle.CurrentLocation.Longitude").value_or(skills::kDemoStart.lon)};
  now.heading = Number("Vehicle.CurrentLocation.Heading");
  now.battery_percent = Number("Vehicle.Powertrain.TractionBattery.StateOfCharge.Current").value_or(50);
  const auto utc = std::chrono::duration_cast<std::chrono::seconds>(parts_.clock.WallTime().time_since_epoch());
  now.now = skills::LocalTime(utc + parts_.utc_offset);
  now.conditions.outside_celsius = Number("Vehicle.Exterior.AirTemperature").value_or(20);
  return now;
}

// What people told the car about food and places, on top of what it was delivered with.
skills::NavigationSettings NavigationService::Settings() const {
  skills::NavigationSettings settings = parts_.settings;
  if (parts_.memory != nullptr) {
    const auto facts = parts_.memory->Recall({.occupant = std::string(kOwner), .key = {}, .kind = {}, .text = {}});
    for (const memory::Fact& fact : facts ? *facts : std::vector<memory::Fact>{}) {
      const std::string cuisine = skills::ReadWish(fact.value).cuisine;
      if (fact.key == "food.like" && !cuisine.empty()) settings.preferences.favourite_cuisines.push_back(cuisine);
      if (fact.key == "food.avoid" && !cuisine.empty()) settings.disliked_cuisines.push_back(cuisine);
      if (fact.key == "food.avoid" && Has(fact.value, "辣")) settings.not_spicy = true;
      const bool home = fact.key == "家" || fact.key == "home", company = fact.key == "公司" || fact.key == "company";
      if (fact.kind != memory::FactKind::kPlace || (!home && !company)) continue;
      const auto found = parts_.map.Search({.text = fact.value, .near = Now().position, .radius_m = 100'000, .count_max = 1});
      if (found && !found->empty()) (home ? settings.home : settings.company) = found->front().position;
    }
  }
  return settings;
}

}  // namespace deepcabin::agent
