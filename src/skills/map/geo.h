#pragma once
// Places on the earth: degrees of WGS 84, metres between them.

#include <cmath>
#include <numbers>

namespace deepcabin::skills {

struct Position {
  double lat = 0, lon = 0;  // degrees
  bool operator==(const Position&) const = default;
};

inline constexpr double kEarthRadiusM = 6'371'000;
inline constexpr double kMetresPerDegree = kEarthRadiusM * std::numbers::pi / 180;

inline double Radians(double degrees) { return degrees * std::numbers::pi / 180; }

inline bool IsOnEarth(const Position& p) { return std::abs(p.lat) <= 90 && std::abs(p.lon) <= 180; }  // false for NaN

// Along the great circle.
inline double DistanceM(const Position& a, const Position& b) {
  const double dlat = std::sin(Radians(b.lat - a.lat) / 2), dlon = std::sin(Radians(b.lon - a.lon) / 2);
  const double h = dlat * dlat + std::cos(Radians(a.lat)) * std::cos(Radians(b.lat)) * dlon * dlon;
  return 2 * kEarthRadiusM * std::asin(std::sqrt(std::fmin(1, h)));
}

// Clockwise from north, 0 to 360.
inline double BearingDegrees(const Position& a, const Position& b) {
  const double dlon = Radians(b.lon - a.lon);
  const double y = std::sin(dlon) * std::cos(Radians(b.lat));
  const double x =
      std::cos(Radians(a.lat)) * std::sin(Radians(b.lat)) - std::sin(Radians(a.lat)) * std::cos(Radians(b.lat)) * std::cos(dlon);
  const double degrees = std::atan2(y, x) * 180 / std::numbers::pi;
  return degrees < 0 ? degrees + 360 : degrees;
}

inline Position Between(const Position& a, const Position& b, double share) {
  return {a.lat + (b.lat - a.lat) * share, a.lon + (b.lon - a.lon) * share};
}

// The point of the line a–b closest to `p`, as a share of the way from a to b.
inline double ClosestShare(const Position& p, const Position& a, const Position& b) {
  const double shrink = std::cos(Radians(p.lat));
  const double dx = (b.lon - a.lon) * shrink, dy = b.lat - a.lat;
  const double squared = dx * dx + dy * dy;
  if (squared == 0) return 0;
  const double share = ((p.lon - a.lon) * shrink * dx + (p.lat - a.lat) * dy) / squared;
  return share < 0 ? 0 : share > 1 ? 1 : share;
}

}  // namespace deepcabin::skills
