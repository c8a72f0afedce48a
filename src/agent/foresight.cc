#include "agent/foresight.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "agent/owner.h"
#include "agent/proposals/proposer.h"

namespace deepcabin::agent {
namespace {

constexpr double kAtPlaceMetres = 150;
constexpr double kFarMetres = 150'000;
constexpr double kSchoolMetres = 250;
constexpr std::string_view kTemperature = "hvac.temperature", kRoute = "navi.route";  // what habits are about
constexpr std::string_view kMeal = "meal", kDestination = "destination";              // their names in memory
constexpr std::size_t kAddressesMax = 200;

int MinuteOfDay(const skills::LocalTime& time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(time - day).count());
}

bool IsNear(const std::optional<skills::Position>& place, const skills::Position& position) {
  return place && skills::DistanceM(*place, position) <= kAtPlaceMetres;
}

bool IsEating(skills::Category category) { return category == skills::Category::kRestaurant || category == skills::Category::kFastFood; }

}  // namespace

void Foresight::Learn(const TurnResult& turn) {
  if (parts_.memory == nullptr) return;
  const int minute = MinuteOfDay(parts_.service.Now().now);
  for (const CallResult& result : turn.results) {
    if (result.outcome == Outcome::kDone) LearnFrom(result.call, minute);
  }
}

void Foresight::LearnFrom(const Call& call, int minute) {
  const Capability& capability = parts_.catalogue.capability(call.capability);
  const auto observe = [&](std::string_view what, double value) {
    // A disk that is full costs a habit, not a turn.
    (void)parts_.memory->Observe(kOwner, what, minute, value);
  };
  const auto* degrees = std::get_if<double>(&call.value);
  const bool is_drivers = call.zone == Zone::kWhole || call.zone == Zone::kRow1Left || call.zone == Zone::kFront;
  if (capability.name == kTemperature && call.op == Op::kSet && degrees != nullptr && is_drivers) observe(kTemperature, *degrees);
  if (capability.name != kRoute || call.op != Op::kStart) return;
  const auto destination = parts_.navigation.Destination();
  if (!destination) return;
  if (IsEating(destination->category)) observe(kMeal, 1);
  const std::string label = LabelOf(destination->position, parts_.service.Settings());
  const Whither whither = label == "home" ? Whither::kHome : label == "company" ? Whither::kCompany : Whither::kElsewhere;
  observe(kDestination, static_cast<double>(whither));
}

std::map<std::string, std::optional<Value>> Foresight::Facts() {
  const skills::Situation now = parts_.service.Now();
  const int minute = MinuteOfDay(now.now);
  const skills::NavigationSettings settings = parts_.service.Settings();
  const auto& favourites = settings.preferences.favourite_cuisines;
  const auto is_liked = [&](const skills::Place& place) {
    const auto has = [&](const std::string& cuisine) { return skills::HasCuisine(place.cuisine, cuisine); };
    const auto& disliked = settings.disliked_cuisines;
    if (std::any_of(disliked.begin(), disliked.end(), has) || (settings.not_spicy && skills::IsSpicy(place.cuisine))) return false;
    return favourites.empty() || std::any_of(favourites.begin(), favourites.end(), has);
  };
  const auto has_free_plug = [](const skills::Place& place) { return place.free_plugs != 0; };

  std::map<std::string, std::optional<Value>> facts;
  const std::string label = LabelOf(now.position, settings);
  facts["place"] = label.empty() ? std::optional<Value>("road") : std::optional<Value>(label);
  facts["heading_for"] = HeadingFor(now, settings);
  facts["charger_ahead"] = KilometresTo(skills::Category::kCharger, now, has_free_plug);
  facts["rest_area_ahead"] = KilometresTo(skills::Category::kServiceArea, now);
  facts["restaurant_ahead"] = KilometresTo(skills::Category::kRestaurant, now, is_liked);
  if (parts_.map != nullptr) {
    const auto school = KilometresTo(skills::Category::kSchool, now);
    facts["school_zone"] = Value(school && std::get<double>(*school) * 1000 <= kSchoolMetres);
  }
  const auto meal = Usual(kMeal, minute);
  facts["driver_hungry"] = meal ? std::optional<Value>(true) : std::nullopt;
  const auto usual = UsualTemperature(minute);
  facts["usual_temperature"] = usual ? std::optional<Value>(*usual) : std::nullopt;
  AddFromOutside(facts);
  return facts;
}

void Foresight::AskOutside() {
  const auto rain = parts_.weather != nullptr ? parts_.weather->RainsToday() : std::nullopt;
  std::vector<skills::Appointment> appointments;
  if (parts_.agenda != nullptr) appointments = parts_.agenda->WithPlace();
  const std::lock_guard lock(mutex_);
  rain_today_ = rain;
  appointments_ = std::move(appointments);
}

void Foresight::AddFromOutside(std::map<std::string, std::optional<Value>>& facts) const {
  const std::lock_guard lock(mutex_);
  facts["rain_expected"] = rain_today_ ? std::optional<Value>(*rain_today_) : std::nullopt;
  const auto now = parts_.agenda != nullptr ? parts_.agenda->Now() : std::chrono::sys_seconds();
  const auto next = std::find_if(appointments_.begin(), appointments_.end(), [&](const auto& one) { return one.start > now; });
  const bool known = next != appointments_.end();
  const double minutes = known ? std::floor(std::chrono::duration<double, std::ratio<60>>(next->start - now).count()) : 0;
  facts["event_in"] = known ? std::optional<Value>(minutes) : std::nullopt;
  facts["event_place"] = known ? std::optional<Value>(next->place) : std::nullopt;
}

void Foresight::Tell(Proposer& proposer) {
  // A rule folder may do without some of the names.
  for (const auto& [name, value] : Facts()) (void)proposer.SetFact(name, value);
}

// "home", "company", a label that memory has, or "" on the road.
std::string Foresight::LabelOf(const skills::Position& position, const skills::NavigationSettings& settings) {
  if (IsNear(settings.home, position)) return "home";
  if (IsNear(settings.company, position)) return "company";
  if (parts_.memory == nullptr || parts_.map == nullptr) return "";
  const auto places = parts_.memory->Recall({.occupant = std::string(kOwner), .key = {}, .kind = memory::FactKind::kPlace, .text = {}});
  for (const memory::Fact& place : places ? *places : std::vector<memory::Fact>{}) {
    if (IsNear(PositionOf(place.value), position)) return place.key;
  }
  return "";
}

std::optional<skills::Position> Foresight::PositionOf(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (const auto known = addresses_.find(address); known != addresses_.end()) return known->second;
  if (addresses_.size() >= kAddressesMax) addresses_.clear();
  const auto found = parts_.map->Search({.text = address, .near = parts_.service.Here(), .radius_m = 100'000, .count_max = 1});
  std::optional<skills::Position> position;
  if (found && !found->empty()) position = found->front().position;
  return addresses_[address] = position;
}

// Of the trip, or where one usually goes from here at this hour.
std::optional<Value> Foresight::HeadingFor(const skills::Situation& now, const skills::NavigationSettings& settings) {
  const auto destination = parts_.navigation.Destination();
  if (!destination) {
    const auto usual = Usual(kDestination, MinuteOfDay(now.now));
    if (!usual) return std::nullopt;
    switch (static_cast<Whither>(std::lround(*usual))) {
      case Whither::kHome: return Value("home");
      case Whither::kCompany: return Value("company");
      case Whither::kElsewhere: break;
    }
    return std::nullopt;
  }
  if (destination->category == skills::Category::kCharger) return Value("charger");
  if (std::string label = LabelOf(destination->position, settings); !label.empty()) return Value(std::move(label));
  const auto guidance = parts_.navigation.GuidanceAt(now.position);
  return Value(guidance && guidance->metres_left > kFarMetres ? "far" : "elsewhere");
}

std::optional<Value> Foresight::KilometresTo(skills::Category category, const skills::Situation& now,
                                             const std::function<bool(const skills::Place&)>& suits) const {
  if (parts_.map == nullptr) return std::nullopt;
  const auto metres = parts_.navigation.MetresAhead({.category = category}, now, suits);
  return metres ? std::optional<Value>(std::round(*metres / 100) / 10) : std::nullopt;
}

// What somebody said goes before what they do.
std::optional<double> Foresight::UsualTemperature(int minute) const {
  if (parts_.memory == nullptr) return std::nullopt;
  const auto said = parts_.memory->Recall({.occupant = std::string(kOwner), .key = std::string(kTemperature), .kind = {}, .text = {}});
  double degrees = 0;
  for (const memory::Fact& fact : said ? *said : std::vector<memory::Fact>{}) {
    const auto [end, error] = std::from_chars(fact.value.data(), fact.value.data() + fact.value.size(), degrees);
    if (error == std::errc()) return degrees;
  }
  return Usual(kTemperature, minute);
}

std::optional<double> Foresight::Usual(std::string_view what, int minute) const {
  if (parts_.memory == nullptr) return std::nullopt;
  const auto usual = parts_.memory->UsualValue(kOwner, what, minute);
  return usual && *usual ? std::optional((*usual)->value) : std::nullopt;
}

}  // namespace deepcabin::agent
