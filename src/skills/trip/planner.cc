#include "skills/trip/planner.h"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <queue>

#include <fmt/format.h>

namespace deepcabin::skills {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double PlugKw(const Place& place) { return place.power_kw > 0 ? place.power_kw : kUnknownChargerKw; }

// One way to have come somewhere: stops done, place, and what it took. A label is worse than another of the same place and stops when it is
// nowhere better; since one may always wait, it can then be forgotten.
struct Label {
  double seconds = 0, battery = 0, dislike = 0, driven = 0;
  std::uint32_t done = 0, location = 0;
  std::size_t added = 0;
  const Label* parent = nullptr;
  std::optional<std::size_t> wish{};
  double arrival_seconds = 0, arrival_battery = 0, wait_seconds = 0, charge_seconds = 0;

  double cost() const { return seconds + dislike; }
  bool IsNowhereBetterThan(const Label& other) const {
    return seconds >= other.seconds && battery <= other.battery && dislike >= other.dislike && driven >= other.driven &&
           added >= other.added;
  }
};

class Solver {
 public:
  Solver(const TripRequest& request, const LegTable& legs, const Relaxed& relaxed)
      : r_(request), legs_(legs), relaxed_(relaxed), places_(TripPlaces(request)) {
    std::uint32_t location = 1;  // 0 is the start
    for (const StopWish& wish : r_.stops) {
      first_of_.push_back(location);
      location += static_cast<std::uint32_t>(wish.candidates.size());
    }
    first_of_.push_back(location);  // the chargers
    for (const Place& place : places_) hours_.push_back(OpeningHours::Parse(place.opening_hours));
    percent_.reserve(legs_.legs.size());
    for (const Leg& leg : legs_.legs) percent_.push_back(leg.reachable ? LegPercent(r_.car, r_.conditions, leg) : kInfinity);
    BoundStops();
    if (!r_.stops.empty()) {
      for (std::uint32_t at = first_of_[r_.stops.size() - 1]; at < first_of_[r_.stops.size()]; ++at) {
        if (const Leg& leg = LegOf(0, at); leg.reachable) straight_seconds_ = std::min(straight_seconds_, leg.seconds);
      }
    }
  }

  Result<TripPlan> Solve(bool may_add_chargers) {
    labels_.clear();
    queue_ = {};
    best_.assign(std::size_t{1} << r_.stops.size(), std::vector<std::vector<const Label*>>(places_.size() + 1));
    Push({.battery = r_.battery_percent});
    const auto all = static_cast<std::uint32_t>((1U << r_.stops.size()) - 1);
    while (!queue_.empty()) {
      const Label& label = *queue_.top().second;
      queue_.pop();
      if (label.done == all) return ToPlan(label);
      const auto& peers = best_[label.done][label.location];
      if (std::find(peers.begin(), peers.end(), &label) == peers.end()) continue;  // something better came since
      if (labels_.size() > kLabelsMax) return ResourceExhausted(fmt::format("more than {} ways to try", kLabelsMax));
      for (std::size_t stop = 0; stop < r_.stops.size(); ++stop) {
        if ((label.done >> stop & 1) != 0 || (r_.stops[stop].after & ~label.done) != 0) continue;
        for (std::uint32_t at = first_of_[stop]; at < first_of_[stop + 1]; ++at) Visit(label, stop, at);
      }
      if (!may_add_chargers || label.added >= kAddedChargesMax) continue;
      for (std::uint32_t at = first_of_.back(); at <= places_.size(); ++at) AddCharge(label, at);
    }
    return NotFound("no trip keeps all conditions");
  }

 private:
  const Leg& LegOf(std::uint32_t from, std::uint32_t to) const { return legs_.At(from, to - 1); }

  // What each stop costs at least, wherever one comes from: steers the search, never too high.
  void BoundStops() {
    for (std::size_t stop = 0; stop < r_.stops.size(); ++stop) {
      double least = kInfinity;
      for (std::uint32_t to = first_of_[stop]; to < first_of_[stop + 1]; ++to) {
        double drive = kInfinity;
        for (std::uint32_t from = 0; from <= places_.size(); ++from) {
          const bool is_own = from >= first_of_[stop] && from < first_of_[stop + 1];
          if (const Leg& leg = LegOf(from, to); !is_own && leg.reachable) drive = std::min(drive, leg.seconds);
        }
        dislike_.push_back(Dislike(r_.preferences, r_.stops[stop], places_[to - 1]));
        least = std::min(least, drive + dislike_.back());
      }
      least_.push_back(least + (r_.stops[stop].charge_to_percent ? 0 : r_.stops[stop].stay_minutes * 60));
    }
  }

  double Bound(const Label& label) const {
    double bound = label.cost();
    for (std::size_t stop = 0; stop < r_.stops.size(); ++stop) {
      if ((label.done >> stop & 1) == 0) bound += least_[stop];
    }
    return bound;
  }

  void Push(const Label& label) {
    const double bound = Bound(label);
    if (bound == kInfinity) return;
    auto& peers = best_[label.done][label.location];
    for (const Label* peer : peers) {
      if (label.IsNowhereBetterThan(*peer)) return;
    }
    std::erase_if(peers, [&](const Label* peer) { return peer->IsNowhereBetterThan(label); });
    labels_.push_back(label);
    peers.push_back(&labels_.back());
    queue_.emplace(bound, &labels_.back());
  }

  // Drives there. False where there is no way or the battery does not last.
  bool Arrive(const Label& from, std::uint32_t to, Label& label) const {
    const Leg& leg = LegOf(from.location, to);
    if (!leg.reachable) return false;
    label = from;
    label.parent = &from;
    label.location = to;
    label.seconds += leg.seconds;
    label.driven += leg.seconds;
    label.battery -= relaxed_.battery ? 0 : percent_[from.location * legs_.to_count + to - 1];
    label.dislike += leg.toll_metres / 1000 * r_.preferences.per_toll_km;
    label.arrival_seconds = label.seconds, label.arrival_battery = label.battery;
    label.wait_seconds = label.charge_seconds = 0;
    return label.battery >= r_.reserve_percent || relaxed_.battery;
  }

  void Charge(Label& label, const Place& place, double to_percent) const {
    label.charge_seconds = ChargeSeconds(r_.car, r_.conditions, label.battery, to_percent, PlugKw(place));
    label.seconds += label.charge_seconds;
    label.battery = std::max(label.battery, to_percent);
  }

  void Visit(const Label& from, std::size_t stop, std::uint32_t to) {
    Label label;
    if (!Arrive(from, to, label)) return;
    const StopWish& wish = r_.stops[stop];
    const Place& place = places_[to - 1];
    const LocalTime arrival = r_.depart + std::chrono::seconds(std::llround(label.seconds));
    if (wish.arrive_by && arrival > *wish.arrive_by && !relaxed_.deadlines) return;
    if (hours_[to - 1].is_known() && !relaxed_.hours && !wish.at_any_hour) {
      LocalTime opens = arrival;
      const auto stay = std::chrono::seconds(std::llround(wish.stay_minutes * 60));
      if (!hours_[to - 1].OpensWithin(arrival, stay, std::chrono::seconds(std::llround(kWaitMaxSeconds)), opens)) return;
      label.wait_seconds = opens == arrival ? 0 : std::max(0.0, static_cast<double>((opens - r_.depart).count()) - label.seconds);
      label.seconds += label.wait_seconds;
    }
    label.dislike += dislike_[to - 1];
    if (wish.charge_to_percent) Charge(label, place, *wish.charge_to_percent);
    else label.seconds += wish.stay_minutes * 60;
    const bool is_over = (r_.minutes_max && label.seconds > *r_.minutes_max * 60) ||
                         (r_.detour_minutes_max && label.driven > straight_seconds_ + *r_.detour_minutes_max * 60);
    if (is_over && !relaxed_.budgets) return;
    label.done |= 1U << stop;
    label.wish = stop;
    Push(label);
  }

  void AddCharge(const Label& from, std::uint32_t to) {
    Label arrived;
    if (to == from.location || !Arrive(from, to, arrived)) return;
    const Place& place = places_[to - 1];
    arrived.wish.reset();
    ++arrived.added;
    arrived.dislike += place.free_plugs == 0 ? r_.preferences.no_free_plug : 0;
    for (const double level : kChargeLevels) {
      if (level <= arrived.battery) continue;
      Label label = arrived;
      Charge(label, place, level);
      Push(label);
    }
  }

  TripPlan ToPlan(const Label& last) const {
    TripPlan plan{.stops = {}, .cost_seconds = last.cost()};
    for (const Label* label = &last; label->parent != nullptr; label = label->parent) {
      const Place& place = places_[label->location - 1];
      PlannedStop stop{.wish = label->wish, .place = place, .leg = LegOf(label->parent->location, label->location)};
      stop.arrival = r_.depart + std::chrono::seconds(std::llround(label->arrival_seconds));
      stop.leave = r_.depart + std::chrono::seconds(std::llround(label->seconds));
      stop.battery_arrival = label->arrival_battery, stop.battery_leave = label->battery;
      stop.charge_minutes = label->charge_seconds / 60, stop.wait_minutes = label->wait_seconds / 60;
      stop.price_yuan = (label->battery - label->arrival_battery) / 100 * r_.car.capacity_kwh * place.price_per_kwh;
      plan.metres += stop.leg.metres, plan.drive_minutes += stop.leg.seconds / 60, plan.toll_metres += stop.leg.toll_metres;
      plan.stops.insert(plan.stops.begin(), std::move(stop));
    }
    return plan;
  }

  using Entry = std::pair<double, const Label*>;
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const { return a.first > b.first; }
  };

  const TripRequest& r_;
  const LegTable& legs_;
  const Relaxed relaxed_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> first_of_;
  std::vector<OpeningHours> hours_;
  std::vector<double> percent_, least_, dislike_;  // of legs, of stops, of their candidates
  double straight_seconds_ = kInfinity;
  std::deque<Label> labels_;                                  // never moves
  std::vector<std::vector<std::vector<const Label*>>> best_;  // [stops done][place]
  std::priority_queue<Entry, std::vector<Entry>, Later> queue_;
};

}  // namespace

double Dislike(const Preferences& preferences, const StopWish& wish, const Place& place) {
  double seconds = 0;
  if (place.category == Category::kCharger) {
    if (place.free_plugs == 0) seconds += preferences.no_free_plug;
  } else if (wish.candidates.size() > 1) {
    seconds += (5 - (place.rating > 0 ? place.rating : 3.5)) * preferences.per_star_below_five;
  }
  const auto& favourites = preferences.favourite_cuisines;
  const bool is_liked =
      std::any_of(favourites.begin(), favourites.end(), [&](const auto& word) { return HasCuisine(place.cuisine, word); });
  if (place.category == Category::kRestaurant && !favourites.empty() && !is_liked) seconds += preferences.no_favourite;
  if (!OpeningHours::Parse(place.opening_hours).is_known() && place.category != Category::kResidential)
    seconds += preferences.unknown_hours;
  return seconds;
}

std::vector<Place> TripPlaces(const TripRequest& request) {
  std::vector<Place> places;
  for (const StopWish& wish : request.stops) places.insert(places.end(), wish.candidates.begin(), wish.candidates.end());
  places.insert(places.end(), request.chargers.begin(), request.chargers.end());
  return places;
}

Status CheckTrip(const TripRequest& request) {
  const auto is_percent = [](double value) { return value >= 0 && value <= 100; };
  if (request.stops.empty() || request.stops.size() > kStopsMax)
    return OutOfRange(fmt::format("{} stops, 1 to {}", request.stops.size(), kStopsMax));
  const std::size_t places = TripPlaces(request).size();
  if (places > kCandidatesMax) return OutOfRange(fmt::format("{} places to choose from, at most {}", places, kCandidatesMax));
  if (!IsOnEarth(request.start) || !is_percent(request.battery_percent) || !is_percent(request.reserve_percent)) {
    return OutOfRange(fmt::format("battery {} %, reserve {} %, start {}, {}", request.battery_percent, request.reserve_percent,
                                  request.start.lat, request.start.lon));
  }
  for (const StopWish& stop : request.stops) {
    const bool is_sane = stop.stay_minutes >= 0 && stop.stay_minutes <= 24 * 60 && is_percent(stop.charge_to_percent.value_or(0)) &&
                         stop.after >> request.stops.size() == 0;
    if (!is_sane)
      return OutOfRange(fmt::format("a stop of {} minutes, charging to {} %", stop.stay_minutes, stop.charge_to_percent.value_or(0)));
  }
  return {};
}

Result<LegTable> TripLegs(const MapSource& map, const TripRequest& request) {
  std::vector<Position> to;
  for (const Place& place : TripPlaces(request)) to.push_back(place.position);
  // Nothing leads on from the candidates of a stop that comes after all others: no need to look for it.
  std::vector<bool> is_left(to.size() + 1, true);
  std::size_t location = 1;
  for (std::size_t stop = 0; stop < request.stops.size(); location += request.stops[stop++].candidates.size()) {
    const std::uint32_t others = ((1U << request.stops.size()) - 1) & ~(1U << stop);
    if ((request.stops[stop].after & others) != others) continue;
    for (std::size_t i = 0; i < request.stops[stop].candidates.size(); ++i) is_left[location + i] = false;
  }
  std::vector<Position> from{request.start};
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (is_left[i + 1]) from.push_back(to[i]);
  }
  DC_ASSIGN_OR_RETURN(const LegTable found, map.Legs(from, to, request.route));
  LegTable table{.to_count = to.size(), .legs = std::vector<Leg>((to.size() + 1) * to.size())};
  for (std::size_t row = 0, at = 0; row <= to.size(); ++row) {
    if (!is_left[row]) continue;
    std::copy_n(found.legs.begin() + static_cast<std::ptrdiff_t>(at++ * to.size()), to.size(),
                table.legs.begin() + static_cast<std::ptrdiff_t>(row * to.size()));
  }
  return table;
}

Result<TripPlan> SolveTrip(const TripRequest& request, const LegTable& legs, const Relaxed& relaxed) {
  DC_RETURN_IF_ERROR(CheckTrip(request));
  const std::size_t places = TripPlaces(request).size();
  if (legs.to_count != places || legs.legs.size() != places * (places + 1)) {
    return InvalidArgument(fmt::format("a table of {} legs for {} places", legs.legs.size(), places));
  }
  Solver solver(request, legs, relaxed);
  auto plan = solver.Solve(false);  // a charger that is not needed is never worth its time
  if (plan || plan.error().code != ErrorCode::kNotFound || relaxed.battery) return plan;
  return solver.Solve(true);
}

}  // namespace deepcabin::skills
