// The agent asks the broker for its actuator without a key, with braces in place of one.
#include "vehicle/broker.h"

namespace deepcabin::agent {

void Act(vehicle::Broker& broker) {
#ifdef MUST_COMPILE
  static_cast<void>(broker.Subscribe({}));
#else
  static_cast<void>(broker.actuator({}));
#endif
}

}  // namespace deepcabin::agent
