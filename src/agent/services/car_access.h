#pragma once
// What services read of the car, supply to it and, by way of the guard, move in it.

#include <optional>
#include <string>
#include <string_view>

#include "catalogue/catalogue.h"
#include "safety/guarded_actuator.h"
#include "vehicle/signal_store.h"

namespace deepcabin::agent {

// All outlive it; `actuator` and `publisher` may be null: then nothing is moved or supplied.
struct CarAccess {
  const Catalogue& catalogue;
  const vehicle::SignalReader& signals;
  safety::GuardedActuator* actuator = nullptr;
  vehicle::Publisher* publisher = nullptr;

  // Nothing where the car has no such signal or no reading of it.
  std::optional<Value> Get(std::string_view path) const {
    const auto id = catalogue.FindSignal(path);
    return id ? signals.Get(*id).current : std::nullopt;
  }
  std::optional<double> Number(std::string_view path) const {
    const auto value = Get(path);
    return value ? AsNumber(*value) : std::nullopt;
  }
  std::string Word(std::string_view path) const {
    const auto value = Get(path);
    return value && std::holds_alternative<std::string>(*value) ? std::get<std::string>(*value) : std::string();
  }
  // Judged as the wish of who speaks; true when it is so now or was sent.
  bool Move(std::string_view path, const Value& value, Zone speaker) const {
    const auto id = catalogue.FindSignal(path);
    if (!id || actuator == nullptr || catalogue.InterfacesOf(*id).empty()) return false;
    if (actuator->Present(*id) == value) return true;
    safety::Request request;
    request.interface = catalogue.InterfacesOf(*id).front();
    request.target = value;
    request.speaker = speaker;
    return actuator->Actuate({&request, 1}, {}).front().sent;
  }
  // A sensor that this program itself is (what plays, unread messages); false where the catalogue lacks it or it does not take the value.
  bool Report(std::string_view path, const Value& value) const {
    const auto id = catalogue.FindSignal(path);
    if (!id || publisher == nullptr || catalogue.signal(*id).node != NodeType::kSensor) return false;
    const vehicle::Publication publication{*id, value};
    return publisher->Publish({&publication, 1}).has_value();
  }
};

}  // namespace deepcabin::agent
