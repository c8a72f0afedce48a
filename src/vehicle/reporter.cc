#include "vehicle/reporter.h"

#include <algorithm>

namespace deepcabin::vehicle {

Reporter::Reporter(SignalStore& store) : store_(store), held_(store.catalogue().signals().size()), frozen_(held_.size()) {}

SignalId Reporter::Find(std::string_view path) const { return store_.catalogue().FindSignal(path).value_or(kNoId); }

double Reporter::Number(SignalId signal, double fallback) const { return store_.Number(signal).value_or(fallback); }

void Reporter::Report(SignalId signal, double number) {
  if (signal == kNoId) return;
  const SignalSpec& spec = store_.catalogue().signal(signal);
  if (spec.type != DataType::kBoolean && !IsNumeric(spec.type)) return;  // another car's idea of this signal
  number = std::max(number, std::max(spec.min.value_or(TypeMin(spec.type)), TypeMin(spec.type)));
  number = std::min(number, std::min(spec.max.value_or(TypeMax(spec.type)), TypeMax(spec.type)));
  Write(signal, NumberToValue(number, spec.type));
}

void Reporter::Report(SignalId signal, std::string_view word) {
  if (signal != kNoId) Write(signal, Value(std::string(word)));
}

void Reporter::Freeze(SignalId signal, bool frozen) {
  frozen_[signal] = frozen;
  store_.SetFrozen(signal, frozen);
}

void Reporter::Write(SignalId signal, Value value) {
  if (held_[signal] || frozen_[signal]) return;
  const Publication publication{signal, std::move(value)};
  // A word or a type that this car's catalogue does not have is refused by the store; the signal then simply stays as it is.
  const bool reported = store_.Publish({&publication, 1}).has_value();
  if (!reported || store_.catalogue().signal(signal).node != NodeType::kActuator) return;
  static_cast<void>(store_.ReportTarget(signal, std::nullopt));  // the car moved it: what was asked before is over
}

}  // namespace deepcabin::vehicle
