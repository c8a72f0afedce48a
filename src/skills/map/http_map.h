#pragma once
// Maps of services outside, behind the interface of every map. They answer or say why not; who else to ask then is the caller's choice.
// Slow parts of a route are not passed on: such services know the traffic themselves. Names come back cleaned, numbers checked.

#include <memory>

#include "skills/map/map.h"
#include "skills/outside.h"

namespace deepcabin::skills {

inline constexpr std::size_t kTableExchangesMax = 64;  // of one table
inline constexpr std::size_t kShapePointsMax = 200'000, kRouteStepsMax = 5'000;

// Routes and tables from Valhalla at `url`, places from Photon at `search_url`.
std::unique_ptr<MapSource> MakeValhallaMap(Outside outside);
// AMap's Web API, with a key. Knows China only; positions are shifted on the way out and back (below).
std::unique_ptr<MapSource> MakeAmap(Outside outside);

// What both have in common. Thread-safe.
class HttpMap : public MapSource {
 public:
  Result<std::vector<Place>> Search(const PlaceQuery& query) const final;
  Result<Route> FindRoute(const Position& from, const Position& to, const RouteOptions& options) const final;
  Result<LegTable> Legs(std::span<const Position> from, std::span<const Position> to, const RouteOptions& options) const final;

 protected:
  // The service takes so many starts and ends in one exchange.
  HttpMap(Outside outside, std::size_t from_max, std::size_t to_max) : outside_(std::move(outside)), from_max_(from_max), to_max_(to_max) {}
  const Outside& outside() const { return outside_; }

 private:
  // As the service gives them: distances are computed, far ones left out, and the order made elsewhere.
  virtual Result<std::vector<Place>> Find(const PlaceQuery& query) const = 0;
  virtual Result<Route> Way(const Position& from, const Position& to, const RouteOptions& options) const = 0;
  // Row by row, as many as asked for.
  virtual Result<std::vector<Leg>> Block(Exchange& exchange, std::span<const Position> from, std::span<const Position> to,
                                         const RouteOptions& options) const = 0;

  const Outside outside_;
  const std::size_t from_max_, to_max_;
};

// Not reachable where a number is missing or absurd.
Leg MakeLeg(std::optional<double> metres, std::optional<double> seconds);
// A turn, and the stretch of road that follows it; one without length or time makes the route unreachable.
void AddStep(Route& route, RouteStep step, const Leg& stretch);
Error NoWay(const Position& from, const Position& to, const RouteOptions& options, std::string_view code);

// The shifted coordinates that Chinese maps have to use (GCJ-02), and those of the earth (WGS-84). There is no official formula; the one
// that everybody uses stands in amap.cc. How far it lies from the maps' own has not been measured; there and back again it is exact within
// a millimetre, and it shifts by up to 717 m (a grid of 0.4°). Outside the rectangle 72.004–137.8347° E, 0.8293–55.8271° N nothing is
// shifted. Parts of China's neighbours lie in it.
Position ToGcj02(const Position& wgs84);
Position ToWgs84(const Position& gcj02);

}  // namespace deepcabin::skills
