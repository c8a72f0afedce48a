#pragma once
// Landmarks are a few crossings at the rim of the map. Times between them and every crossing bound the time between any two crossings from
// below (triangle inequality; Goldberg and Harrelson, "Computing the shortest path: A* search meets graph theory", 2005). The bounds stay
// true when traffic slows roads down or roads are left out.

#include "skills/map/compact.h"

namespace deepcabin::skills {

// Fills map.landmarks. The first one lies in the largest connected part that was found: CompactMap::IsConnected.
void MeasureLandmarks(MapArrays<MapVector>& map);

}  // namespace deepcabin::skills
