#pragma once
// Navigation for the turn: suggests places, makes trips and changes them, says what it does, guides. Words are understood elsewhere; what
// arrives here is typed. Everything said comes in Chinese and English, computed from the map and the battery.

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "skills/map/map.h"
#include "skills/trip/explain.h"
#include "skills/trip/planner.h"

namespace deepcabin::skills {

inline constexpr std::size_t kChoicesMax = 24, kChargerChoicesMax = 12;  // candidates of one stop
inline constexpr Position kDemoStart{30.6035, 124.0500};                 // where the demonstration city's day begins

// What the car knows of itself and the day when it is asked.
struct Situation {
  Position position;
  std::optional<double> heading{};  // degrees, clockwise from north
  double battery_percent = 50;
  LocalTime now{};
  Conditions conditions{};
};

struct NavigationSettings {
  Preferences preferences{};  // favourite cuisines come from memory
  std::vector<std::string> disliked_cuisines{};
  bool not_spicy = false;
  std::optional<Position> home{}, company{};
  CarModel car{};
  double reserve_percent = 10;
};

struct Answer {
  bool done = false;  // false: nothing was changed, and `said` tells why
  Spoken said;
  Spoken details{};   // for the page: name, rating, distance, hours
  bool asks = false;  // a yes is waited for; AcceptSuggestion is what it does
};

struct TripEdit {
  enum class Kind : std::uint8_t {
    kReplace,      // another place instead of the last choice ("换一家不辣的"): `text` may say what
    kAddFirst,     // before everything else ("先去接孩子")
    kAddStop,      // wherever it fits before the destination
    kRemove,       // the stop that `text` names
    kChargeFirst,  // to `percent`
    kAvoidTolls,
    kAllowTolls,
    kArriveBy,  // at the destination, by `by`
  };
  Kind kind = Kind::kReplace;
  std::string text{};
  bool not_spicy = false;
  double percent = 100;
  LocalTime by{};
};

struct Guidance {
  RouteStep step;  // the next one
  double metres_to_step = 0, metres_left = 0;
  bool off_route = false;
  Spoken said;
};

// A point of the way and where it leads there, in degrees clockwise from north.
struct WayPoint {
  Position position;
  double heading = 0;
};

// Thread-safe. The map must outlive it.
class Navigation {
 public:
  Navigation(const MapSource& map, NavigationSettings settings) : map_(map), settings_(std::move(settings)) {}

  void SetSettings(NavigationSettings settings);

  // The best place of a kind near here; asks whether to go. Nothing wished for: something to eat.
  Answer Suggest(const Wish& wish, const Situation& situation);
  // The yes to the last suggestion.
  Answer AcceptSuggestion(const Situation& situation);
  void DropSuggestion();

  // To a name or a kind ("川菜馆", "家", "云帆大厦"), over others in this order.
  Answer RouteTo(std::string_view to, const std::vector<std::string>& via, const Situation& situation);
  // A charger before everything else, then on. Is also the yes to a suggestion that is open.
  Answer ChargeFirst(const Situation& situation, double percent = 100);
  Answer Edit(const TripEdit& edit, const Situation& situation);
  // Anew from here: battery or traffic have changed, or a stop was reached. Says what is different.
  Answer Replan(const Situation& situation, std::vector<Slowdown> slowdowns = {});
  void Stop();

  bool is_active() const;
  // {"active":false} or the trip: route as GeoJSON LineString, stops, totals, explanations.
  OrderedJson PlanJson() const;
  Result<Guidance> GuidanceAt(const Position& position) const;
  std::optional<Place> Destination() const;  // of the trip under way
  // How far ahead the next place of a kind lies that suits (any, where `suits` is empty): along the trip's way, or in the direction of
  // travel where none is followed. Nothing within 15 km: nullopt.
  std::optional<double> MetresAhead(const PlaceQuery& kind, const Situation& situation,
                                    const std::function<bool(const Place&)>& suits = {}) const;
  // Where somebody will be who goes on along the way from the point that is nearest to `from`; its end where it is shorter.
  std::optional<WayPoint> Further(const Position& from, double metres) const;

 private:
  struct Goal {
    Wish wish;
    StopWish stop;
    bool is_first = false, is_last = false, keeps_order = false;
    bool not_spicy = false;
    std::vector<Position> not_again{};  // places that were turned down
  };
  struct Trip {
    std::vector<Goal> goals;
    RouteOptions route;
    TripRequest request{};
    TripPlan plan{};
    Route way{};  // all legs
    std::vector<double> stop_at_metre{};
    std::vector<Spoken> reasons{};  // of each planned stop; empty where there was no choice
  };

  // Nothing where there is no such place: `why`.
  std::optional<Goal> Find(std::string_view text, const Situation& situation, Spoken& why) const;
  std::vector<Place> Choices(const Goal& goal, const Situation& situation) const;
  Goal ChargeGoal(const Situation& situation, double percent) const;
  std::vector<Place> ChargersAlong(const Situation& situation, const std::vector<Goal>& goals) const;
  TripRequest MakeRequest(const Trip& trip, const Situation& situation) const;
  // Plans and, where that works out, takes the trip's place.
  Answer Take(Trip trip, const Situation& situation);
  Answer Describe(const Trip& trip) const;

  const MapSource& map_;
  mutable std::mutex mutex_;
  NavigationSettings settings_;
  std::optional<Goal> suggested_;
  std::optional<Trip> trip_;
};

}  // namespace deepcabin::skills
