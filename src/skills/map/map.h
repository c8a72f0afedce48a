#pragma once
// What navigation asks of a map: find places, find the way, say roughly where something is. The embedded map answers offline; services
// stand behind the same interface (http_map.h). Names of places come from outside: they are cleaned and bounded when they are
// read (names.h), and they stay untrusted text: shown and spoken, never obeyed.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "skills/map/categories.h"
#include "skills/map/geo.h"

namespace deepcabin::skills {

inline constexpr std::size_t kPlacesMax = 200;       // of one search
inline constexpr std::size_t kLegTableMax = 50'000;  // legs of one table
inline constexpr std::size_t kSlowdownsMax = 32;

struct Place {
  std::uint32_t id = 0;
  Position position{};
  Category category = Category::kOther;
  std::string name_zh{}, name_en{};  // one may stand in for the other
  std::string cuisine{};             // OSM's words, e.g. "sichuan;hot_pot"
  std::string opening_hours{};       // OSM's syntax; empty: unknown
  double rating = 0;                 // of 5; 0: unknown
  int power_kw = 0;                  // of a charger's strongest plug; 0: unknown
  int plugs = 0;                     // 0: unknown
  int free_plugs = -1;               // -1: unknown
  double price_per_kwh = 0;          // yuan; 0: unknown
  double distance_m = 0;             // from where was asked, as the crow flies
};

struct PlaceQuery {
  std::string text{};  // part of a name; empty: any
  std::optional<Category> category{};
  std::string cuisine{};  // one of OSM's words
  Position near{};
  double radius_m = 20'000;
  std::size_t count_max = 20;
};

// A part of the map where traffic is slower, or closed to us with a large factor.
struct Slowdown {
  Position centre;
  double radius_m = 0;
  double factor = 1;  // of the time, at least 1
};

struct RouteOptions {
  bool avoid_tolls = false, avoid_motorways = false, shortest = false;
  std::vector<Slowdown> slowdowns{};
};

// What a way costs. The square of the speed is summed along it, because that is what the air asks for (trip/energy.h).
struct Leg {
  bool reachable = false;
  double metres = 0, seconds = 0;
  double metres_speed2 = 0;  // sum of metres × (m/s)²
  double toll_metres = 0;
  double climb_metres = 0;   // end above start, where known
  double ascent_metres = 0;  // all that goes up
};

enum class Turn : std::uint8_t { kStart, kStraight, kSlightLeft, kLeft, kSlightRight, kRight, kUTurn, kArrive };

struct RouteStep {
  Turn turn = Turn::kStart;
  double at_metre = 0;
  Position position{};
  std::string road_zh{}, road_en{};  // the road after it
};

struct Route {
  Leg total;
  std::vector<Position> shape;
  std::vector<RouteStep> steps;
};

// Row by row: legs[from * to_count + to].
struct LegTable {
  std::size_t to_count = 0;
  std::vector<Leg> legs{};
  const Leg& At(std::size_t from, std::size_t to) const { return legs[from * to_count + to]; }
};

struct AreaName {
  std::string zh, en;  // coarse: district and city
};

// Thread-safe.
class MapSource {
 public:
  virtual ~MapSource() = default;
  // With a text best match first, else nearest first.
  virtual Result<std::vector<Place>> Search(const PlaceQuery& query) const = 0;
  // kNotFound: no road near, or no way between, with the numbers.
  virtual Result<Route> FindRoute(const Position& from, const Position& to, const RouteOptions& options) const = 0;
  // Every from to every to, without shapes. What cannot be reached is no error but Leg::reachable == false.
  virtual Result<LegTable> Legs(std::span<const Position> from, std::span<const Position> to, const RouteOptions& options) const = 0;
  // The nearest district and town that Search finds.
  Result<AreaName> NameArea(const Position& position) const;
};

}  // namespace deepcabin::skills
