#pragma once
// Finds the best trip through the stops that somebody wishes for: which of the candidate places, in which order, charging where. The search
// is exact: of all orders, places and charging levels (of kChargeLevels, at chargers that may be added) none costs less. Cost is seconds:
// driving, staying, waiting, charging, and what we would rather avoid, counted as seconds too (Preferences).

#include <optional>
#include <string>
#include <vector>

#include "skills/map/map.h"
#include "skills/map/opening_hours.h"
#include "skills/trip/energy.h"

namespace deepcabin::skills {

inline constexpr std::size_t kStopsMax = 5;
inline constexpr std::size_t kCandidatesMax = 200;  // of all stops and the chargers together
inline constexpr std::size_t kAddedChargesMax = 3;
inline constexpr std::size_t kLabelsMax = 500'000;  // states of the search
inline constexpr std::array<double, 4> kChargeLevels{50, 70, 85, 100};
inline constexpr double kWaitMaxSeconds = 24 * 3600;  // for a door to open; waiting costs its time
inline constexpr double kUnknownChargerKw = 30;

// What a fault weighs, in seconds.
struct Preferences {
  std::vector<std::string> favourite_cuisines;  // OSM's words
  double per_star_below_five = 300;             // a rating of 4 costs one of these; unknown counts as 3.5
  double no_favourite = 600;                    // a restaurant without a favourite cuisine, where there are favourites
  double no_free_plug = 900;
  double unknown_hours = 120;
  double per_toll_km = 10;
};

struct StopWish {
  Category category = Category::kOther;  // what is looked for, for the words
  std::vector<Place> candidates;         // one is taken; with one there is no choice
  double stay_minutes = 0;
  std::optional<double> charge_to_percent{};  // charge there; then the stay is as long as it takes
  std::optional<LocalTime> arrive_by{};
  std::uint32_t after = 0;   // bits: the stops that come before this one
  bool at_any_hour = false;  // go there even where it is closed: somebody named the place
};

struct TripRequest {
  Position start{};
  double battery_percent = 50;
  LocalTime depart{};
  std::vector<StopWish> stops{};
  std::vector<Place> chargers{};  // may be added where the battery does not last
  RouteOptions route{};
  double reserve_percent = 10;                 // left at every arrival
  std::optional<double> minutes_max{};         // of the whole trip
  std::optional<double> detour_minutes_max{};  // of driving, beyond driving straight to the last stop
  Preferences preferences{};
  CarModel car{};
  Conditions conditions{};
};

struct PlannedStop {
  std::optional<std::size_t> wish;  // none: a charger that was added
  Place place;
  Leg leg;  // from the stop before
  LocalTime arrival{}, leave{};
  double battery_arrival = 0, battery_leave = 0;
  double charge_minutes = 0, wait_minutes = 0;
  double price_yuan = 0;  // of charging; 0: unknown or none
};

struct TripPlan {
  std::vector<PlannedStop> stops;
  double cost_seconds = 0;
  double metres = 0, drive_minutes = 0, toll_metres = 0;
};

// What a search leaves out of account, to find out what stands in the way.
struct Relaxed {
  bool battery = false, deadlines = false, hours = false, budgets = false;
};

// kNotFound: no plan keeps all conditions (trip/explain.h says which); kOutOfRange, kResourceExhausted: too large.
// `legs`: from the start and every candidate (in the order of TripPlaces) to every candidate.
Result<TripPlan> SolveTrip(const TripRequest& request, const LegTable& legs, const Relaxed& relaxed = {});

// All places of a request: the candidates of the first stop, of the second …, the chargers.
std::vector<Place> TripPlaces(const TripRequest& request);
Status CheckTrip(const TripRequest& request);
// The table that SolveTrip wants.
Result<LegTable> TripLegs(const MapSource& map, const TripRequest& request);

// Seconds that a place costs for what it is, apart from the time spent.
double Dislike(const Preferences& preferences, const StopWish& wish, const Place& place);

}  // namespace deepcabin::skills
