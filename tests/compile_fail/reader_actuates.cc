// Who was given a reader wants to move something.
#include "vehicle/broker.h"

namespace deepcabin::skills {

void Look(vehicle::SignalReader& reader) {
#ifdef MUST_COMPILE
  static_cast<void>(reader.Get(0));
#else
  static_cast<void>(reader.actuator({}));
#endif
}

}  // namespace deepcabin::skills
