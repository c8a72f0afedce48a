// A skill that makes itself a key to the actuators.
#include "safety/guarded_actuator.h"

namespace deepcabin::skills {

void OpenTheDoor(vehicle::Broker& broker, safety::GuardedActuator& guarded) {
#ifdef MUST_COMPILE
  static_cast<void>(broker.Get(0));
  static_cast<void>(guarded.Actuate({}, {}));
#else
  static_cast<void>(guarded);
  const vehicle::Actuation open{0, Value(true)};
  static_cast<void>(broker.actuator(vehicle::ActuatorKey()).Actuate({&open, 1}));
#endif
}

}  // namespace deepcabin::skills
