#pragma once
// What the proposer cannot read from signals: where the car is among the places of its people, what lies ahead, what they usually do at
// this hour. Learns habits from turns; tells all of it as the facts that proposals/names.yaml declares.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "agent/cockpit.h"
#include "agent/services/agenda.h"
#include "agent/services/navigation.h"
#include "agent/services/weather.h"
#include "skills/memory/memory.h"

namespace deepcabin::agent {

class Proposer;

// Thread-safe.
class Foresight {
 public:
  struct Parts {
    const skills::Navigation& navigation;
    const NavigationService& service;
    const skills::MapSource* map;  // null where looking ahead would ask somebody outside
    memory::Memory* memory;        // null: no habits
    const Catalogue& catalogue;
    const Agenda* agenda = nullptr;     // null: no calendar
    WeatherService* weather = nullptr;  // null: no weather
  };
  explicit Foresight(const Parts& parts) : parts_(parts) {}

  // What was done in the turn: a temperature that was wished for, a meal that was driven to, home and work.
  void Learn(const TurnResult& turn);
  // Facts by name as they are now; nullopt: not known. A search of the map and of memory for each: some times a minute is plenty.
  std::map<std::string, std::optional<Value>> Facts();
  void Tell(Proposer& proposer);
  // Asks weather and calendar, which may take seconds; what they say counts until they are asked again. Every few minutes is plenty.
  void AskOutside();

 private:
  enum class Whither : std::uint8_t { kElsewhere, kHome, kCompany };

  std::string LabelOf(const skills::Position& position, const skills::NavigationSettings& settings);
  std::optional<Value> HeadingFor(const skills::Situation& now, const skills::NavigationSettings& settings);
  std::optional<Value> KilometresTo(skills::Category category, const skills::Situation& now,
                                    const std::function<bool(const skills::Place&)>& suits = {}) const;
  std::optional<double> UsualTemperature(int minute) const;
  std::optional<double> Usual(std::string_view what, int minute) const;
  void LearnFrom(const Call& call, int minute);
  std::optional<skills::Position> PositionOf(const std::string& address);
  void AddFromOutside(std::map<std::string, std::optional<Value>>& facts) const;

  const Parts parts_;
  mutable std::mutex mutex_;
  std::map<std::string, std::optional<skills::Position>> addresses_;  // of places in memory, as the map has them
  std::vector<skills::Appointment> appointments_;                     // with a place, of the next day
  std::optional<bool> rain_today_;
};

}  // namespace deepcabin::agent
