// The default vehicle: what every signal reads before anything has happened.

#include <algorithm>

#include "vehicle/signal_check.h"
#include "vehicle/signal_store.h"

namespace deepcabin::vehicle {
namespace {

Value Plain(const SignalSpec& spec) {
  if (spec.type == DataType::kStringArray) return Value(std::vector<std::string>{});
  if (spec.type == DataType::kString) return Value(spec.allowed.empty() ? std::string() : spec.allowed.front());
  if (spec.type == DataType::kBoolean) return Value(false);
  double number = 0;
  if (spec.min) number = std::max(number, *spec.min);
  if (spec.max) number = std::min(number, *spec.max);
  return NumberToValue(number, spec.type);
}

}  // namespace

void DefaultVehicle(SignalStore& store) {
  for (SignalId id = 0; id < store.catalogue().signals().size(); ++id) {
    const SignalSpec& spec = store.catalogue().signal(id);
    const bool has_initial = spec.initial && CheckValue(spec, *spec.initial).has_value();
    const Publication publication{id, has_initial ? *spec.initial : Plain(spec)};
    static_cast<void>(store.Publish({&publication, 1}));  // fails only where the catalogue leaves no legal value at all
  }
}

}  // namespace deepcabin::vehicle
