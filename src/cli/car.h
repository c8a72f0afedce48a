#pragma once
// Makes the objects of a cockpit and hands them down; the one place where they are put together.

#include <filesystem>
#include <memory>

#include "agent/cockpit.h"
#include "agent/foresight.h"
#include "agent/proposals/rulebook.h"
#include "agent/service_desk.h"
#include "agent/services/after_sales.h"
#include "agent/services/manual.h"
#include "agent/services/media.h"
#include "agent/services/navigation.h"
#include "agent/services/phone.h"
#include "agent/services/vehicle.h"
#include "agent/services/weather.h"
#include "base/clock.h"
#include "cli/outside.h"
#include "safety/audit_log.h"
#include "safety/guard.h"
#include "safety/guarded_actuator.h"
#include "skills/map/embedded_map.h"
#include "skills/memory/memory.h"
#include "understanding/student.h"
#include "vehicle/simulator.h"

namespace deepcabin::cli {

// What is loaded once and never changes: catalogue, phrasebook, the student's weights, policy, the map.
struct Knowledge {
  // `home` holds catalogue/, phrasebook/, policy/, proposals/ and data/; models/student.gguf may be missing, and one that does not
  // suit is left aside with a word on standard error. `map`: a map file or a small extract; "" = the fictional city.
  // `manuals`: files to answer from in place of data/manual/.
  static Result<std::unique_ptr<Knowledge>> Load(const std::filesystem::path& home, const std::filesystem::path& map = {},
                                                 const std::vector<std::string>& manuals = {});

  Catalogue catalogue;
  std::optional<understanding::Phrasebook> phrasebook;
  std::optional<understanding::Student> student;  // where the home has models/student.gguf
  std::optional<safety::Guard> guard;
  std::optional<agent::Rulebook> proposals;
  std::unique_ptr<skills::EmbeddedMap> map;
  std::unique_ptr<manual::Manual> manual;  // may be empty
  skills::NavigationSettings navigation;   // as delivered: in the fictional city somebody lives and works somewhere

  media::LocalLibrary media;
  phone::Content telephone;
  health::Plan service_plan;

  // What a large model may look things up with, besides the car itself.
  // `secrets` may be null; it and `outside` outlive the tools.
  std::vector<agent::OutsideTool> OutsideTools(const OutsideServices& outside, llm::RedactingClient::Secrets secrets) const;
  const understanding::Student* student_or_null() const { return student ? &*student : nullptr; }
};

// Where catalogue/, phrasebook/ and policy/ lie: `given`, else $DEEPCABIN_HOME, else beside the program or above it, else
// /usr/share/deepcabin.
std::filesystem::path FindHome(const std::string& given);

// The manuals in `files`, or those of data/manual/ where none is given; there may be none.
Result<std::unique_ptr<manual::Manual>> ReadManuals(const std::filesystem::path& home, const Catalogue& catalogue,
                                                    const std::vector<std::string>& files);

// The phrasebook as the build leaves it beside the program; where it is missing or stale, the YAML is read.
std::filesystem::path CompiledPhrasebook();

// The skills of one car and the desk before them.
class ServiceSet {
 public:
  // `memory` and `outside` may be null; all outlive it. `state_directory`: where files for people are left; "" leaves none.
  ServiceSet(const Knowledge& knowledge, vehicle::SignalStore& store, safety::GuardedActuator& actuator, const Clock& clock,
             memory::Memory* memory, const OutsideServices* outside = nullptr, const std::filesystem::path& state_directory = {});
  agent::ServiceDesk& desk() { return desk_; }
  agent::Foresight& foresight() { return foresight_; }
  skills::Navigation& navigation() { return navigation_skill_; }
  const agent::NavigationService& navigation_service() const { return navigation_; }

 private:
  skills::Navigation navigation_skill_;
  agent::NavigationService navigation_;
  phone::SimulatedHandset handset_;
  aftersales::SimulatedWorkshop workshop_;
  agent::CarAccess car_;
  std::unique_ptr<agent::Service> media_, phone_, vehicle_, after_sales_;
  agent::ManualService manual_;
  agent::WeatherService weather_;
  agent::Agenda agenda_;
  agent::Foresight foresight_;
  agent::ServiceDesk desk_;
};

// A car on simulated time: what moves has arrived before a reply is written, and no wall time passes. One thread at a time.
class SimulatedCar {
 public:
  // `chat`, `outside` and `pictures` may be null; all outlive it.
  explicit SimulatedCar(const Knowledge& knowledge, llm::ChatModel* chat = nullptr, std::vector<agent::OutsideTool> outside_tools = {},
                        const OutsideServices* outside = nullptr, agent::Pictures* pictures = nullptr);

  // Back to the default vehicle, all dialogues forgotten.
  void StartOver();
  // Sets signals ({"Vehicle.Speed": 80}); all or nothing.
  Status SetState(const Json& state) { return simulator_.SetState(state); }
  agent::Cockpit& cockpit() { return *cockpit_; }
  agent::ServiceDesk& services() { return services_->desk(); }
  vehicle::SignalStore& store() { return store_; }

 private:
  const Knowledge& knowledge_;
  llm::ChatModel* chat_;
  const std::vector<agent::OutsideTool> outside_tools_;
  const OutsideServices* const outside_;
  agent::Pictures* const pictures_;
  SimulatedClock clock_;
  vehicle::SignalStore store_;
  vehicle::Simulator simulator_;
  std::unique_ptr<safety::AuditLog> audit_;
  safety::GuardedActuator actuator_;
  std::unique_ptr<memory::Memory> memory_;
  std::unique_ptr<ServiceSet> services_;
  std::unique_ptr<agent::Cockpit> cockpit_;
};

}  // namespace deepcabin::cli
