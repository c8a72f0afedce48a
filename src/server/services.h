#pragma once
// What the server needs from the rooms below, and nothing more: the program wires the real ones, tests wire fakes.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/turn_request.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "catalogue/catalogue.h"
#include "llm/chat.h"
#include "safety/audit_log.h"
#include "vehicle/broker.h"

namespace deepcabin::server {

// The cockpit as the server sees it. Thread-safe; Run may take seconds and is called from worker threads only.
class TurnRunner {
 public:
  virtual ~TurnRunner() = default;
  // One turn as the JSON of agent::TurnToJson with "turn" and "lang"; the server adds "session", "text" and "offer".
  virtual Result<OrderedJson> Run(const agent::TurnRequest& request) = 0;
  // The open offer of a session, or null.
  virtual OrderedJson OpenOffer(const std::string& session) = 0;
};

// Everything outlives the server and is thread-safe.
struct Services {
  const Catalogue& catalogue;
  vehicle::SignalReader& signals;
  TurnRunner& turns;
  safety::AuditLog& audit;
  const Clock& clock;
  // Sets a simulated sensor. The server has checked that the signal is a sensor and that the value has its type; the range is checked here.
  std::function<Status(SignalId signal, const Value& value)> set_sensor;
  // Sets a driving scenario; kNotFound or kInvalidArgument for an unknown name. Without a seed the scenario's own is taken.
  std::function<Status(const std::string& name, std::optional<std::uint64_t> seed)> set_scenario;
  // {"name","names":[…]}
  std::function<OrderedJson()> scenario;
  // The large models, for other programs in the car (docs/models.md). What it is given may be personal: what must not leave the car is
  // taken out below. Null: there are none.
  llm::ChatModel* chat = nullptr;
  std::function<OrderedJson()> models{};               // llm::Matrix::StatusJson
  std::function<OrderedJson(int days)> model_usage{};  // llm::Meter::ToJson
  std::function<Result<OrderedJson>()> memory{};       // {"facts":[…],"habits":[…]}; empty: nothing is remembered
  std::function<Status(std::int64_t id)> forget{};     // one fact; kNotFound
  std::function<OrderedJson()> trip{};                 // {"active":false}, or the trip as the page draws it
  // Roads of the car's own map in a box {west, south, east, north}, as a GeoJSON FeatureCollection of lines.
  std::function<OrderedJson(const std::array<double, 4>& box)> roads{};
  struct Picture {
    std::string content_type;
    std::shared_ptr<const std::string> bytes;
  };
  // A painted picture by its id. Empty: nothing is painted here.
  std::function<std::optional<Picture>(std::string_view id)> picture{};
  // Ears and mouth: a WAV sound to text (`language` "zh", "en" or ""), and text to a WAV sound. Empty: there are none.
  std::function<Result<std::string>(const std::string& wav, const std::string& language)> transcribe{};
  std::function<Result<std::string>(const std::string& text)> speak{};
  // Faults that can be put into a simulated car: {"faults":[{"name","on"}…]}; kNotFound for a name that is none. Empty: the car is a real
  // one, and the route is as if it did not exist.
  std::function<OrderedJson()> faults{};
  std::function<Status(const std::string& name, bool on)> set_fault{};
};

}  // namespace deepcabin::server
