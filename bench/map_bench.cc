// The embedded map and the trip planner in numbers: `map_bench [segments]`. A synthetic town grid with main roads of several ranks is
// written as .osm.pbf, imported, opened, and asked for routes, places and trips. Also the demonstration city's founding dialogue.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <functional>

#include <fmt/format.h>

#include "base/random.h"
#include "skills/map/embedded_map.h"
#include "skills/map/import.h"
#include "skills/map/osm_for_test.h"
#include "skills/navigation.h"

using namespace deepcabin;
using namespace deepcabin::skills;

namespace {

constexpr double kSpacing = 0.0015;  // degrees, about 160 m

// Of this thread's work, not of the clock on the wall: all of it runs on one thread, and the machine may have others to serve.
double Milliseconds(const std::function<void()>& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  };
  const double start = now();
  work();
  return now() - start;
}

void Print(const char* what, std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  const auto at = [&](double share) {
    return ms[std::min(ms.size() - 1, static_cast<std::size_t>(share * static_cast<double>(ms.size())))];
  };
  fmt::print("{:<58} p50 {:8.2f} ms   p99 {:8.2f} ms   max {:8.2f} ms   n {}\n", what, at(0.5), at(0.99), ms.back(), ms.size());
}

std::string MakeGrid(std::size_t segments, std::size_t& side) {
  side = static_cast<std::size_t>(std::sqrt(static_cast<double>(segments) / 2)) + 1;
  Random random(1);
  PbfWriterForTest writer;
  constexpr std::array<const char*, 4> kPlaces{"restaurant", "charging_station", "parking", "toilets"};
  for (std::size_t i = 0; i < side * side; ++i) {
    const Position p{28 + static_cast<double>(i / side) * kSpacing + random.Uniform() * 0.0005,
                     110 + static_cast<double>(i % side) * kSpacing + random.Uniform() * 0.0005};
    WrittenTags tags;
    if (random.Chance(0.05)) {
      const char* kind = kPlaces[random.Below(4)];
      tags = {{"amenity", kind},
              {"name", fmt::format("{} {}", kind, i)},
              {"opening_hours", "Mo-Su 09:00-22:00"},
              {"capacity:free", "2"},
              {"socket:type2:output", "120 kW"}};
    }
    writer.Node(static_cast<std::int64_t>(i + 1), p, tags);
  }
  const auto kind = [](std::size_t line) {
    return line % 100 == 0 ? "motorway_link" : line % 20 == 0 ? "trunk" : line % 5 == 0 ? "secondary" : "residential";
  };
  for (std::size_t line = 0; line < side; ++line) {
    for (const bool is_row : {true, false}) {
      for (std::size_t begin = 0; begin + 1 < side; begin += 200) {
        std::vector<std::int64_t> nodes;
        for (std::size_t i = begin; i <= std::min(begin + 200, side - 1); ++i)
          nodes.push_back(static_cast<std::int64_t>((is_row ? line * side + i : i * side + line) + 1));
        WrittenTags tags{{"highway", kind(line)}, {"name", fmt::format("Road {}", line)}};
        if (line % 100 == 0) tags.emplace_back("maxspeed", "110");
        writer.Way(nodes, tags);
      }
    }
  }
  return writer.Finish();
}

void RunGrid(std::size_t segments) {
  std::size_t side = 0;
  std::string pbf = MakeGrid(segments, side), compact;
  const double import_ms = Milliseconds([&] { compact = std::move(*ImportOsm(pbf)); });
  fmt::print("grid {} x {}: .osm.pbf {:.1f} MB\n{:<58} {:8.0f} ms   file {:.1f} MB\n", side, side, static_cast<double>(pbf.size()) / 1e6,
             "import", import_ms, static_cast<double>(compact.size()) / 1e6);
  std::unique_ptr<EmbeddedMap> map;
  const double open_ms = Milliseconds([&] { map = std::move(*EmbeddedMap::FromBytes(std::move(compact))); });
  fmt::print("{:<58} {:8.0f} ms   {} segments, {} crossings, {} places\n", "open, all checks", open_ms, map->map().segment_count(),
             map->map().node_count(), map->map().places.size());
  Random random(2);
  const double width = static_cast<double>(side) * kSpacing;
  const auto anywhere = [&] { return Position{28 + random.Uniform() * width, 110 + random.Uniform() * width}; };
  static_cast<void>(map->FindRoute(anywhere(), anywhere(), {}));  // makes room for the search
  std::vector<double> routes, near_routes, detours, places, names, trips;
  for (int i = 0; i < 200; ++i) {
    const Position a = anywhere(), b = anywhere();
    routes.push_back(Milliseconds([&] { static_cast<void>(map->FindRoute(a, b, {})); }));
    const Position c{std::min(28 + width, a.lat + 0.1), std::min(110 + width, a.lon + 0.1)};
    near_routes.push_back(Milliseconds([&] { static_cast<void>(map->FindRoute(a, c, {})); }));
    places.push_back(Milliseconds(
        [&] { static_cast<void>(map->Search({.category = Category::kCharger, .near = a, .radius_m = 12'000, .count_max = 24})); }));
    names.push_back(Milliseconds(
        [&] { static_cast<void>(map->Search({.text = fmt::format("parking {}", 1000 + i * 7), .near = a, .radius_m = 100'000})); }));
  }
  for (int i = 0; i < 20; ++i) {
    const Position a = anywhere();
    Navigation navigation(*map, {});
    trips.push_back(Milliseconds([&] {
      static_cast<void>(navigation.Suggest({}, {.position = a, .battery_percent = 50, .now = LocalTime(std::chrono::hours(12))}));
      static_cast<void>(navigation.ChargeFirst({.position = a, .battery_percent = 50, .now = LocalTime(std::chrono::hours(12))}));
    }));
  }
  Print("route between any two points", routes);
  Print("route of about 15 km", near_routes);
  Print("24 nearest chargers", places);
  Print("places by name", names);
  Print("suggest, then charge first", trips);
}

// Five stops among 200 places: the planner alone, times between places at random but like a map's.
void RunPlanner() {
  Random random(3);
  std::vector<double> ms, with_chargers;
  for (int round = 0; round < 60; ++round) {
    TripRequest r{.battery_percent = round % 2 == 0 ? 60.0 : 16.0, .depart = LocalTime(std::chrono::hours(11))};
    const auto place = [&](Category category) {
      Place p{.position = {30 + random.Uniform() * 0.3, 120 + random.Uniform() * 0.3},
              .category = category,
              .opening_hours = "Mo-Su 10:00-22:00"};
      p.rating = 3 + random.Uniform() * 2, p.power_kw = 60 + static_cast<int>(random.Below(100)),
      p.free_plugs = static_cast<int>(random.Below(4));
      return p;
    };
    for (int s = 0; s < 5; ++s) {
      r.stops.push_back({.category = Category::kRestaurant, .candidates = {}, .stay_minutes = 10});
      for (int i = 0; i < 36; ++i) r.stops.back().candidates.push_back(place(Category::kRestaurant));
    }
    for (int i = 0; i < 20; ++i) r.chargers.push_back(place(Category::kCharger));
    std::vector<Position> at{{30.15, 120.15}};
    for (const Place& p : TripPlaces(r)) at.push_back(p.position);
    LegTable legs{.to_count = at.size() - 1};
    for (const Position& from : at) {
      for (std::size_t to = 1; to < at.size(); ++to) {
        const double metres = DistanceM(from, at[to]) * (1.2 + random.Uniform() * 0.4), speed = 11;
        legs.legs.push_back({.reachable = true, .metres = metres, .seconds = metres / speed, .metres_speed2 = metres * speed * speed});
      }
    }
    bool found = false;
    (round % 2 == 0 ? ms : with_chargers).push_back(Milliseconds([&] { found = SolveTrip(r, legs).has_value(); }));
    if (!found) fmt::print("round {}: no trip\n", round);
  }
  Print("plan: 5 stops in any order, 200 places", ms);
  Print("plan: the same with 16 % charge, chargers to be added", with_chargers);
}

void RunCity() {
  std::unique_ptr<EmbeddedMap> map;
  const double open_ms = Milliseconds([&] { map = std::move(*EmbeddedMap::Open(DEEPCABIN_SOURCE_DIR "/data/demo_city.osm")); });
  fmt::print("demonstration city: imported and opened in {:.1f} ms, {} segments, {} places\n", open_ms, map->map().segment_count(),
             map->map().places.size());
  std::vector<double> suggest, charge;
  const Situation noon{.position = kDemoStart, .battery_percent = 42, .now = LocalTime(std::chrono::hours(12))};
  for (int i = 0; i < 100; ++i) {
    NavigationSettings settings;
    settings.preferences.favourite_cuisines = {"sichuan"};
    Navigation navigation(*map, settings);
    suggest.push_back(Milliseconds([&] { static_cast<void>(navigation.Suggest({}, noon)); }));
    charge.push_back(Milliseconds([&] { static_cast<void>(navigation.ChargeFirst(noon)); }));
  }
  Print("demonstration city: suggest", suggest);
  Print("demonstration city: charge first, route and explanation", charge);
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t segments = 1'000'000;
  if (argc > 1) std::from_chars(argv[1], argv[1] + std::string_view(argv[1]).size(), segments);
  RunCity();
  RunPlanner();
  RunGrid(std::clamp<std::size_t>(segments, 1000, 4'000'000));
  return 0;
}
