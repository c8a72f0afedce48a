// A skill that tries to get a key by inheriting from it.
#include "vehicle/broker.h"

namespace deepcabin::skills {

#ifdef MUST_COMPILE
struct Forged {};
#else
struct Forged : vehicle::ActuatorKey {
  Forged() : vehicle::ActuatorKey() {}
};
#endif

Forged Forge() { return Forged(); }

}  // namespace deepcabin::skills
