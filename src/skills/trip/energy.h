#pragma once
// How much a leg takes out of the battery and how long it takes to put it back. Physics of a two-ton car with round numbers, the same as
// the simulated vehicle's; a carmaker replaces CarModel by its own. docs/trips.md writes the formulas out.

#include "skills/map/map.h"

namespace deepcabin::skills {

struct CarModel {
  double capacity_kwh = 75;
  double mass_kg = 2100;
  double rolling = 0.01;       // rolling resistance
  double drag_area_m2 = 0.62;  // drag coefficient × front
  double driveline = 0.88;     // of the battery's energy that reaches the wheels
  double recuperation = 0.65;  // of the energy of a descent that comes back
  double base_kw = 0.3;        // computers, pumps, lights
  double charge_kw_max = 150;
};

struct Conditions {
  double outside_celsius = 20;
  bool climate_on = true;
};

double ClimateKw(const Conditions& conditions);
// A cold battery gives less.
double UsableKwh(const CarModel& car, const Conditions& conditions);
double LegKwh(const CarModel& car, const Conditions& conditions, const Leg& leg);
inline double LegPercent(const CarModel& car, const Conditions& conditions, const Leg& leg) {
  return LegKwh(car, conditions, leg) / UsableKwh(car, conditions) * 100;
}
// At an even 60 km/h.
double RangeKm(const CarModel& car, const Conditions& conditions, double percent);
// What the battery takes at this state of charge, where the charger can give `charger_kw`.
double ChargeKw(const CarModel& car, const Conditions& conditions, double percent, double charger_kw);
double ChargeSeconds(const CarModel& car, const Conditions& conditions, double from_percent, double to_percent, double charger_kw);

}  // namespace deepcabin::skills
