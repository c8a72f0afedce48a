#pragma once
// Says why a trip is as it is, and why there is none: with the numbers, in Chinese and English.

#include <string>

#include "skills/trip/planner.h"

namespace deepcabin::skills {

struct Spoken {
  std::string zh, en;
};

// For a place that could have been another: what speaks for it against the rival. Empty where there was no choice.
// `earlier`: the place that the plan before had for the same stop; then the sentence says what is new.
Spoken ExplainChoice(const TripRequest& request, const LegTable& legs, const TripPlan& plan, std::size_t planned_stop,
                     const Place* earlier = nullptr);

// Why no plan was found: tries again with one condition less and says which it was. An error of kNotFound with the English sentence in it.
Spoken ExplainFailure(const TripRequest& request, const LegTable& legs);

std::string ClockText(LocalTime time);     // "18:05"
std::string KilometreText(double metres);  // "3", "0.8": as one speaks of it

}  // namespace deepcabin::skills
