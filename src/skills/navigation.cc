#include "skills/navigation.h"

#include <algorithm>

#include <fmt/format.h>

#include "skills/map/names.h"

namespace deepcabin::skills {
namespace {

constexpr double kChoiceRadiusM = 12'000, kChargerRadiusM = 60'000, kNameRadiusM = 300'000;
constexpr std::size_t kSearchedMax = 80;
constexpr double kMetresPerSecond = 9;  // for a first order of choices, before roads are looked at
constexpr double kArrivedMetres = 250;
constexpr double kErrandMinutes = 5, kMealMinutes = 60, kShopMinutes = 25;
constexpr std::size_t kTurnedDownMax = 50;
constexpr double kWaitSuggestedMinutes = 30;  // longer, and it is no suggestion

double StayMinutes(Category category) {
  switch (category) {
    case Category::kRestaurant: return kMealMinutes;
    case Category::kCafe:
    case Category::kSupermarket:
    case Category::kMall:
    case Category::kFastFood: return kShopMinutes;
    default: return kErrandMinutes;
  }
}

// 川菜 → 川菜馆, 火锅 → 火锅店, nothing → 餐厅.
Spoken KindText(const Place& place) {
  const SpokenName cuisine = CuisineName(place.cuisine), category = CategoryName(place.category);
  if (place.category != Category::kRestaurant || cuisine.zh.empty()) return {std::string(category.zh), std::string(category.en)};
  const std::string_view suffix = cuisine.zh.ends_with("馆") ? "" : cuisine.zh.ends_with("菜") ? "馆" : "店";
  return {fmt::format("{}{}", cuisine.zh, suffix), fmt::format("{} restaurant", cuisine.en)};
}

Spoken DetailText(const Place& place, double metres, LocalTime now) {
  const Spoken kind = KindText(place);
  Spoken text{fmt::format("{} · {}", place.name_zh, kind.zh), fmt::format("{} · {}", place.name_en, kind.en)};
  const auto add = [&](const std::string& zh, const std::string& en) { text.zh += " · " + zh, text.en += " · " + en; };
  if (place.rating > 0) add(fmt::format("{:.1f} 分", place.rating), fmt::format("{:.1f} of 5", place.rating));
  add(fmt::format("{} 公里", KilometreText(metres)), fmt::format("{} km", KilometreText(metres)));
  if (place.power_kw > 0) add(fmt::format("{} 千瓦", place.power_kw), fmt::format("{} kW", place.power_kw));
  if (place.free_plugs >= 0) add(fmt::format("{} 个空桩", place.free_plugs), fmt::format("{} free plugs", place.free_plugs));
  const int closes = OpeningHours::Parse(place.opening_hours).ClosesAtMinute(now);
  if (closes >= 0)
    add(fmt::format("营业到 {:02}:{:02}", closes / 60 % 24, closes % 60),
        fmt::format("open until {:02}:{:02}", closes / 60 % 24, closes % 60));
  return text;
}

Answer Refuse(const Error& error) {
  return {.done = false,
          .said = {fmt::format("这个行程排不了（{}）。", error.message), fmt::format("This trip cannot be planned: {}.", error.message)}};
}
Answer Refuse(Spoken why) { return {.done = false, .said = std::move(why)}; }
Answer NoTrip() { return {.done = false, .said = {"现在没有在导航。", "There is no trip to change."}}; }

// Appends a leg's route to the way so far.
void Append(Route& way, const Route& leg) {
  for (RouteStep step : leg.steps) {
    step.at_metre += way.total.metres;
    way.steps.push_back(std::move(step));
  }
  way.shape.insert(way.shape.end(), leg.shape.begin(), leg.shape.end());
  way.total.metres += leg.total.metres;
  way.total.seconds += leg.total.seconds;
}

}  // namespace

void Navigation::SetSettings(NavigationSettings settings) {
  const std::lock_guard lock(mutex_);
  settings_ = std::move(settings);
}

std::vector<Place> Navigation::Choices(const Goal& goal, const Situation& situation) const {
  const bool is_charger = goal.wish.category == Category::kCharger;
  auto found = map_.Search({.category = goal.wish.category,
                            .cuisine = goal.wish.cuisine,
                            .near = situation.position,
                            .radius_m = is_charger ? kChargerRadiusM : kChoiceRadiusM,
                            .count_max = kSearchedMax});
  if (!found) return {};
  std::erase_if(*found, [&](const Place& place) {
    const auto& disliked = settings_.disliked_cuisines;
    const bool is_disliked = goal.wish.cuisine.empty() &&
                             std::any_of(disliked.begin(), disliked.end(), [&](const auto& c) { return HasCuisine(place.cuisine, c); });
    const bool is_too_hot = (goal.not_spicy || (settings_.not_spicy && goal.wish.cuisine.empty())) && IsSpicy(place.cuisine);
    return is_disliked || is_too_hot || std::find(goal.not_again.begin(), goal.not_again.end(), place.position) != goal.not_again.end();
  });
  const StopWish several{.category = Category::kOther, .candidates = {2, Place{}}};
  const auto weight = [&](const Place& p) { return p.distance_m / kMetresPerSecond + Dislike(settings_.preferences, several, p); };
  std::stable_sort(found->begin(), found->end(), [&](const Place& a, const Place& b) { return weight(a) < weight(b); });
  const std::size_t most = is_charger ? kChargerChoicesMax : kChoicesMax;
  if (found->size() > most) found->resize(most);
  return std::move(*found);
}

std::optional<Navigation::Goal> Navigation::Find(std::string_view text, const Situation& situation, Spoken& why) const {
  Goal goal{.wish = ReadWish(text), .stop = {}};
  const bool is_home = text == "家" || text == "home" || text == "我家", is_company = text == "公司" || text == "work" || text == "单位";
  if (is_home || is_company) {
    const auto& kept = is_home ? settings_.home : settings_.company;
    why = is_home ? Spoken{"还不知道家的地址。", "I do not know the address of your home yet."}
                  : Spoken{"还不知道公司的地址。", "I do not know the address of your work yet."};
    if (!kept) return std::nullopt;
    const Category category = is_home ? Category::kResidential : Category::kCompany;
    const Place place{.position = *kept, .category = category, .name_zh = is_home ? "家" : "公司", .name_en = is_home ? "home" : "work"};
    goal.stop = {.category = category, .candidates = {place}, .at_any_hour = true};
    return goal;
  }
  if (!goal.wish.name.empty()) {
    const auto found = map_.Search({.text = goal.wish.name, .near = situation.position, .radius_m = kNameRadiusM, .count_max = 1});
    if (found && !found->empty()) {
      const Place& place = found->front();
      goal.wish.category.reset();
      goal.stop = {.category = place.category, .candidates = {place}, .stay_minutes = StayMinutes(place.category), .at_any_hour = true};
      return goal;
    }
    const std::string name = CleanName(goal.wish.name);
    why = {fmt::format("地图上找不到“{}”。", name), fmt::format("\"{}\" is not on the map.", name)};
    if (!goal.wish.category) return std::nullopt;
  }
  goal.wish.name.clear();
  goal.stop = {.category = *goal.wish.category, .candidates = Choices(goal, situation), .stay_minutes = StayMinutes(*goal.wish.category)};
  return goal;
}

Navigation::Goal Navigation::ChargeGoal(const Situation& situation, double percent) const {
  Goal goal{.wish = {.category = Category::kCharger, .cuisine = {}, .name = {}},
            .stop = {.category = Category::kCharger, .candidates = {}},
            .is_first = true};
  goal.stop.candidates = Choices(goal, situation);
  goal.stop.charge_to_percent = std::clamp(percent, 1.0, 100.0);
  return goal;
}

std::vector<Place> Navigation::ChargersAlong(const Situation& situation, const std::vector<Goal>& goals) const {
  std::vector<Place> chargers;
  std::vector<Position> around{situation.position};
  for (const Goal& goal : goals) {
    if (goal.stop.candidates.empty()) continue;
    around.push_back(Between(situation.position, goal.stop.candidates[0].position, 0.5));
    around.push_back(goal.stop.candidates[0].position);
  }
  for (const Position& near : around) {
    const auto found = map_.Search({.category = Category::kCharger, .near = near, .radius_m = kChargerRadiusM, .count_max = 8});
    if (!found) continue;
    for (const Place& place : *found) {
      const bool is_new = std::none_of(chargers.begin(), chargers.end(), [&](const Place& p) { return p.id == place.id; });
      if (is_new) chargers.push_back(place);
    }
  }
  return chargers;
}

TripRequest Navigation::MakeRequest(const Trip& trip, const Situation& situation) const {
  TripRequest request{.start = situation.position, .battery_percent = situation.battery_percent, .depart = situation.now};
  request.route = trip.route;
  request.reserve_percent = std::min(settings_.reserve_percent, situation.battery_percent);
  request.preferences = settings_.preferences;
  request.car = settings_.car;
  request.conditions = situation.conditions;
  for (std::size_t i = 0; i < trip.goals.size(); ++i) {
    StopWish stop = trip.goals[i].stop;
    for (std::size_t j = 0; j < trip.goals.size(); ++j) {
      const Goal &mine = trip.goals[i], &other = trip.goals[j];
      const bool comes_before =
          (other.is_first && !mine.is_first) || (mine.is_last && !other.is_last) || (mine.keeps_order && other.keeps_order && j < i);
      if (i != j && comes_before) stop.after |= 1U << j;
    }
    request.stops.push_back(std::move(stop));
  }
  return request;
}

Answer Navigation::Take(Trip trip, const Situation& situation) {
  trip.request = MakeRequest(trip, situation);
  if (const Status fits = CheckTrip(trip.request); !fits) return Refuse(fits.error());
  auto legs = TripLegs(map_, trip.request);
  if (!legs) return Refuse(legs.error());
  auto plan = SolveTrip(trip.request, *legs);
  if (!plan && plan.error().code == ErrorCode::kNotFound) {  // with the chargers on the way
    trip.request.chargers = ChargersAlong(situation, trip.goals);
    legs = TripLegs(map_, trip.request);
    if (!legs) return Refuse(legs.error());
    plan = SolveTrip(trip.request, *legs);
  }
  if (!plan && plan.error().code != ErrorCode::kNotFound) return Refuse(plan.error());
  if (!plan) return {.done = false, .said = ExplainFailure(trip.request, *legs)};
  trip.plan = std::move(*plan);
  Position at = situation.position;
  trip.way = {};
  trip.stop_at_metre.clear();
  trip.reasons.clear();
  for (std::size_t i = 0; i < trip.plan.stops.size(); ++i) {
    const PlannedStop& stop = trip.plan.stops[i];
    const auto leg = map_.FindRoute(at, stop.place.position, trip.route);
    if (!leg) return Refuse(leg.error());
    Append(trip.way, *leg);
    trip.stop_at_metre.push_back(trip.way.total.metres);
    at = stop.place.position;
    const Place* earlier = nullptr;  // a charger for a charger, a meal for a meal
    if (trip_) {
      for (const PlannedStop& old : trip_->plan.stops) {
        if (old.place.category == stop.place.category) earlier = &old.place;
      }
    }
    Spoken reason = ExplainChoice(trip.request, *legs, trip.plan, i, earlier);
    if (reason.zh.empty() && trip_) {  // chosen before: what spoke for it still does
      for (std::size_t old = 0; old < trip_->plan.stops.size(); ++old) {
        if (trip_->plan.stops[old].place.position == stop.place.position) reason = trip_->reasons[old];
      }
    }
    trip.reasons.push_back(std::move(reason));
    // What was announced stays, whatever else changes; only chargers are chosen anew.
    if (!stop.wish || trip.goals[*stop.wish].stop.charge_to_percent) continue;
    trip.goals[*stop.wish].stop.candidates = {stop.place};
    trip.goals[*stop.wish].stop.at_any_hour = true;
  }
  trip_ = std::move(trip);
  suggested_.reset();
  return Describe(*trip_);
}

Answer Navigation::Describe(const Trip& trip) const {
  const PlannedStop& last = trip.plan.stops.back();
  Answer answer{.done = true, .said = {}};
  answer.said.zh = fmt::format("好的，去{}，{} 公里，{} 到，到达时电量 {:.0f}%。", last.place.name_zh, KilometreText(trip.plan.metres),
                               ClockText(last.arrival), last.battery_arrival);
  answer.said.en = fmt::format("Going to {}, {} km, there at {} with {:.0f}% left.", last.place.name_en, KilometreText(trip.plan.metres),
                               ClockText(last.arrival), last.battery_arrival);
  for (const PlannedStop& stop : trip.plan.stops) {
    if (stop.charge_minutes == 0) continue;
    answer.said.zh += fmt::format("途中在{}充电 {:.0f} 分钟。", stop.place.name_zh, stop.charge_minutes);
    answer.said.en += fmt::format(" Charging {:.0f} minutes at {}.", stop.charge_minutes, stop.place.name_en);
  }
  for (const PlannedStop& stop : trip.plan.stops) {
    const bool is_closed = stop.wait_minutes == 0 && OpeningHours::Parse(stop.place.opening_hours).At(stop.arrival) == OpenState::kClosed;
    if (is_closed) {
      answer.said.zh += fmt::format("注意，{}到达时不营业。", stop.place.name_zh);
      answer.said.en += fmt::format(" Mind that {} is closed then.", stop.place.name_en);
    } else if (stop.wait_minutes >= 5) {
      answer.said.zh += fmt::format("{}要等 {:.0f} 分钟才开门。", stop.place.name_zh, stop.wait_minutes);
      answer.said.en += fmt::format(" {} opens {:.0f} minutes after we arrive.", stop.place.name_en, stop.wait_minutes);
    }
  }
  for (const Spoken& reason : trip.reasons) {
    answer.details.zh += reason.zh;
    answer.details.en += (answer.details.en.empty() || reason.en.empty() ? "" : " ") + reason.en;
  }
  return answer;
}

Answer Navigation::Suggest(const Wish& wish, const Situation& situation) {
  const std::lock_guard lock(mutex_);
  Goal goal{.wish = wish, .stop = {}};
  if (!goal.wish.category && !goal.wish.name.empty()) {
    Spoken why;
    auto named = Find(goal.wish.name, situation, why);
    if (!named) return {.done = false, .said = why};
    goal = std::move(*named);
  } else {
    if (!goal.wish.category) goal.wish.category = Category::kRestaurant;
    if (suggested_ && suggested_->wish.category == goal.wish.category) goal.not_again = suggested_->not_again;
    goal.stop = {.category = *goal.wish.category, .candidates = Choices(goal, situation), .stay_minutes = StayMinutes(*goal.wish.category)};
  }
  Trip trip{.goals = {goal}, .route = {}};
  const TripRequest request = MakeRequest(trip, situation);
  const auto legs = TripLegs(map_, request);
  if (!legs) return Refuse(legs.error());
  const auto plan = SolveTrip(request, *legs, {.battery = true});  // whether the battery lasts is seen when a trip is made
  if (!plan) return {.done = false, .said = ExplainFailure(request, *legs)};
  const PlannedStop& stop = plan->stops.back();
  if (stop.wait_minutes > kWaitSuggestedMinutes) {
    return {.done = false,
            .said = {fmt::format("附近的{}现在都不营业，最早 {} 开门。", KindText(stop.place).zh,
                                 ClockText(stop.arrival + std::chrono::minutes(std::llround(stop.wait_minutes)))),
                     fmt::format("Every {} near here is closed; the first opens at {}.", KindText(stop.place).en,
                                 ClockText(stop.arrival + std::chrono::minutes(std::llround(stop.wait_minutes))))}};
  }
  goal.stop.candidates = {stop.place};
  const auto& favourites = settings_.preferences.favourite_cuisines;
  const bool by_habit = wish.cuisine.empty() &&
                        std::any_of(favourites.begin(), favourites.end(), [&](const auto& c) { return HasCuisine(stop.place.cuisine, c); });
  const Spoken kind = KindText(stop.place);
  const std::string rated_zh = stop.place.rating >= 4.5 ? "评分很高的"
                               : stop.place.rating > 0  ? fmt::format("评分 {:.1f} 的", stop.place.rating)
                                                        : "";
  const std::string rated_en = stop.place.rating >= 4.5 ? "highly rated "
                               : stop.place.rating > 0  ? fmt::format("{:.1f} star ", stop.place.rating)
                                                        : "";
  Answer answer{.done = true,
                .said = {fmt::format("{}推荐附近一家{}{}，需要导航过去吗？", by_habit ? "根据您的饮食习惯，" : "", rated_zh, kind.zh),
                         fmt::format("{}a {}{} is near. Shall I take you there?",
                                     by_habit ? "Going by what you like to eat, " : "I found something: ", rated_en, kind.en)}};
  if (!wish.category && !wish.name.empty()) {
    const std::string& name_zh = stop.place.name_zh.empty() ? stop.place.name_en : stop.place.name_zh;
    const std::string& name_en = stop.place.name_en.empty() ? stop.place.name_zh : stop.place.name_en;
    answer.said = {fmt::format("找到{}，{}公里，需要导航过去吗？", CleanName(name_zh), KilometreText(stop.leg.metres)),
                   fmt::format("{} is {} km away. Shall I take you there?", CleanName(name_en), KilometreText(stop.leg.metres))};
  }
  answer.details = DetailText(stop.place, stop.leg.metres, stop.arrival);
  answer.asks = true;
  if (goal.not_again.size() < kTurnedDownMax) goal.not_again.push_back(stop.place.position);  // asked again, it is another one
  suggested_ = std::move(goal);
  return answer;
}

Answer Navigation::AcceptSuggestion(const Situation& situation) {
  const std::lock_guard lock(mutex_);
  if (!suggested_) return {.done = false, .said = {"现在没有待确认的推荐。", "There is no suggestion to accept."}};
  Goal goal = *suggested_;
  goal.is_last = true;
  return Take({.goals = {std::move(goal)}, .route = trip_ ? trip_->route : RouteOptions{}}, situation);
}

void Navigation::DropSuggestion() {
  const std::lock_guard lock(mutex_);
  suggested_.reset();
}

Answer Navigation::RouteTo(std::string_view to, const std::vector<std::string>& via, const Situation& situation) {
  const std::lock_guard lock(mutex_);
  Trip trip{.goals = {}, .route = trip_ ? trip_->route : RouteOptions{}};
  Spoken why;
  for (const std::string& text : via) {
    auto goal = Find(text, situation, why);
    if (!goal) return Refuse(why);
    goal->keeps_order = true;
    trip.goals.push_back(std::move(*goal));
  }
  auto goal = Find(to, situation, why);
  if (!goal) return Refuse(why);
  goal->is_last = true;
  trip.goals.push_back(std::move(*goal));
  return Take(std::move(trip), situation);
}

Answer Navigation::ChargeFirst(const Situation& situation, double percent) {
  const std::lock_guard lock(mutex_);
  Trip trip{.goals = {}, .route = {}};
  if (trip_) trip = {.goals = trip_->goals, .route = trip_->route};
  if (suggested_) {
    trip.goals.assign(1, *suggested_);
    trip.goals.back().is_last = true;
  }
  std::erase_if(trip.goals, [](const Goal& goal) { return goal.stop.charge_to_percent.has_value(); });
  trip.goals.push_back(ChargeGoal(situation, percent));
  Answer answer = Take(std::move(trip), situation);
  if (!answer.done) return answer;
  const PlannedStop& charge = trip_->plan.stops.front();
  const PlannedStop& last = trip_->plan.stops.back();
  const std::string km = KilometreText(charge.leg.metres), full_zh = percent >= 100 ? "充满" : fmt::format("充到 {:.0f}% ", percent);
  answer.said = {fmt::format("好的，前方{}公里有充电桩，", km), fmt::format("All right, there is a charger {} km ahead. ", km)};
  if (trip_->plan.stops.size() == 1) {
    answer.said.zh += fmt::format("我带您去{}，大约充 {:.0f} 分钟。", full_zh, charge.charge_minutes);
    answer.said.en += fmt::format("Charging takes about {:.0f} minutes.", charge.charge_minutes);
    return answer;
  }
  const bool is_meal = last.place.category == Category::kRestaurant;
  answer.said.zh += fmt::format("{}后我会带您去{}。", full_zh, is_meal ? "餐厅" : last.place.name_zh);
  answer.said.en += fmt::format("Once {}, I will take you to {}.", percent >= 100 ? "full" : fmt::format("at {:.0f}%", percent),
                                is_meal ? "the restaurant" : last.place.name_en);
  return answer;
}

Answer Navigation::Edit(const TripEdit& edit, const Situation& situation) {
  if (edit.kind == TripEdit::Kind::kChargeFirst) return ChargeFirst(situation, edit.percent);
  const std::lock_guard lock(mutex_);
  if (!trip_) return NoTrip();
  Trip trip{.goals = trip_->goals, .route = trip_->route};
  switch (edit.kind) {
    case TripEdit::Kind::kReplace: {
      // The last goal that is a meal or whatever kind was chosen from; without one, the destination.
      auto goal =
          std::find_if(trip.goals.rbegin(), trip.goals.rend(), [](const Goal& g) { return g.wish.category && !g.stop.charge_to_percent; });
      if (goal == trip.goals.rend()) goal = trip.goals.rbegin();
      if (!edit.text.empty()) goal->wish = ReadWish(edit.text);
      else if (edit.not_spicy) goal->wish.cuisine.clear();
      if (!goal->wish.category) goal->wish.category = goal->stop.category;
      const auto index = static_cast<std::size_t>(trip.goals.rend() - goal) - 1;
      for (const PlannedStop& stop : trip_->plan.stops) {
        if (stop.wish == index && goal->not_again.size() < kTurnedDownMax) goal->not_again.push_back(stop.place.position);
      }
      goal->not_spicy |= edit.not_spicy;
      goal->stop.category = *goal->wish.category;
      goal->stop.candidates = Choices(*goal, situation);
      goal->stop.at_any_hour = false;
      break;
    }
    case TripEdit::Kind::kAddFirst:
    case TripEdit::Kind::kAddStop: {
      Spoken why;
      auto goal = Find(edit.text, situation, why);
      if (!goal) return Refuse(why);
      goal->is_first = edit.kind == TripEdit::Kind::kAddFirst;
      if (goal->is_first) {
        for (Goal& other : trip.goals) other.is_first = false;
      }
      trip.goals.push_back(std::move(*goal));
      break;
    }
    case TripEdit::Kind::kRemove: {
      const Wish wish = ReadWish(edit.text);
      const std::size_t before = trip.goals.size();
      std::erase_if(trip.goals, [&](const Goal& goal) {
        const auto& places = goal.stop.candidates;
        return wish.name.empty() ? wish.category == goal.stop.category
                                 : places.size() == 1 && (places[0].name_zh.find(wish.name) != std::string::npos ||
                                                          places[0].name_en.find(wish.name) != std::string::npos);
      });
      if (trip.goals.size() == before)
        return {.done = false,
                .said = {fmt::format("行程里没有{:.60}。", edit.text), fmt::format("The trip has no stop {:.60}.", edit.text)}};
      if (trip.goals.empty()) {
        trip_.reset();
        return {.done = true, .said = {"好的，导航已结束。", "All right, guidance has ended."}};
      }
      break;
    }
    case TripEdit::Kind::kAvoidTolls:
    case TripEdit::Kind::kAllowTolls: trip.route.avoid_tolls = edit.kind == TripEdit::Kind::kAvoidTolls; break;
    case TripEdit::Kind::kArriveBy: {
      const auto last = std::find_if(trip.goals.begin(), trip.goals.end(), [](const Goal& goal) { return goal.is_last; });
      (last != trip.goals.end() ? *last : trip.goals.back()).stop.arrive_by = edit.by;
      break;
    }
    case TripEdit::Kind::kChargeFirst: break;
  }
  return Take(std::move(trip), situation);
}

Answer Navigation::Replan(const Situation& situation, std::vector<Slowdown> slowdowns) {
  const std::lock_guard lock(mutex_);
  if (!trip_) return NoTrip();
  Trip trip{.goals = trip_->goals, .route = trip_->route};
  trip.route.slowdowns = std::move(slowdowns);
  const PlannedStop& next = trip_->plan.stops.front();
  if (next.wish && DistanceM(situation.position, next.place.position) < kArrivedMetres) {
    const bool is_charged = situation.battery_percent + 1 >= trip.goals[*next.wish].stop.charge_to_percent.value_or(0);
    if (is_charged) trip.goals.erase(trip.goals.begin() + static_cast<std::ptrdiff_t>(*next.wish));
  }
  if (trip.goals.empty()) {
    trip_.reset();
    return {.done = true, .said = {"已到达目的地。", "You have arrived."}};
  }
  return Take(std::move(trip), situation);
}

void Navigation::Stop() {
  const std::lock_guard lock(mutex_);
  trip_.reset();
  suggested_.reset();
}

bool Navigation::is_active() const {
  const std::lock_guard lock(mutex_);
  return trip_.has_value();
}

}  // namespace deepcabin::skills
