#include "cli/car.h"

#include <cstdlib>
#include <iostream>

#include <fmt/format.h>

namespace deepcabin::cli {

namespace {

std::filesystem::path ProgramFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

// The build leaves it beside the program; where it is missing or stale, the YAML is read.
std::filesystem::path CompiledPhrasebook() { return ProgramFolder() / "phrasebook.pack"; }

constexpr std::string_view kDemoCity = "demo_city.osm", kDemoHome = "竹溪花园", kDemoCompany = "云帆大厦";

std::optional<skills::Position> PlaceNamed(const skills::MapSource& map, std::string_view name) {
  const auto found = map.Search({.text = std::string(name), .near = skills::kDemoStart, .radius_m = 100'000, .count_max = 1});
  if (!found || found->empty()) return std::nullopt;
  return found->front().position;
}

const skills::MapSource& MapOf(const Knowledge& knowledge, const OutsideServices* outside) {
  return outside != nullptr && outside->map != nullptr ? *outside->map : *knowledge.map;
}

}  // namespace

Result<std::unique_ptr<Knowledge>> Knowledge::Load(const std::filesystem::path& home, const std::filesystem::path& map) {
  auto knowledge = std::make_unique<Knowledge>();
  DC_ASSIGN_OR_RETURN(knowledge->catalogue, Catalogue::Load(home / "catalogue"));
  DC_ASSIGN_OR_RETURN(auto phrasebook, understanding::Phrasebook::Load(home / "phrasebook", knowledge->catalogue, CompiledPhrasebook()));
  knowledge->phrasebook.emplace(std::move(phrasebook));
  auto student = understanding::Student::Load(home / "models" / "student.gguf", knowledge->catalogue, knowledge->phrasebook->grammar());
  if (student) knowledge->student.emplace(std::move(*student));
  else if (student.error().code != ErrorCode::kNotFound)
    std::cerr << fmt::format("deepcabin: without the student: {}\n", student.error().message);
  DC_ASSIGN_OR_RETURN(auto guard, safety::Guard::Load(home / "policy", knowledge->catalogue));
  knowledge->guard.emplace(std::move(guard));
  DC_ASSIGN_OR_RETURN(auto proposals, agent::Rulebook::Load(home / "proposals", knowledge->catalogue));
  knowledge->proposals.emplace(std::move(proposals));
  DC_ASSIGN_OR_RETURN(knowledge->map, skills::EmbeddedMap::Open(map.empty() ? home / "data" / kDemoCity : map));
  if (map.empty()) {
    knowledge->navigation.home = PlaceNamed(*knowledge->map, kDemoHome);
    knowledge->navigation.company = PlaceNamed(*knowledge->map, kDemoCompany);
  }
  return knowledge;
}

std::filesystem::path FindHome(const std::string& given) {
  if (!given.empty()) return given;
  if (const char* home = std::getenv("DEEPCABIN_HOME"); home != nullptr && *home != '\0') return home;
  std::error_code error;
  std::filesystem::path at = ProgramFolder();
  for (int up = 0; up < 3 && !at.empty(); ++up, at = at.parent_path()) {
    if (std::filesystem::is_directory(at / "catalogue", error) && std::filesystem::is_directory(at / "policy", error)) return at;
  }
  return "/usr/share/deepcabin";
}

ServiceSet::ServiceSet(const Knowledge& knowledge, const vehicle::SignalReader& signals, const Clock& clock, memory::Memory* memory,
                       const OutsideServices* outside)
    : navigation_skill_(MapOf(knowledge, outside), knowledge.navigation), navigation_({.navigation = navigation_skill_,
                                                                                       .map = MapOf(knowledge, outside),
                                                                                       .settings = knowledge.navigation,
                                                                                       .catalogue = knowledge.catalogue,
                                                                                       .signals = signals,
                                                                                       .clock = clock,
                                                                                       .memory = memory}),
      weather_({.source = outside != nullptr ? outside->weather.get() : nullptr, .navigation = navigation_, .clock = clock}),
      desk_({.by_skill = {{"navigation", &navigation_}, {"weather", &weather_}}, .navigation = &navigation_, .memory = memory},
            knowledge.catalogue, clock) {}

SimulatedCar::SimulatedCar(const Knowledge& knowledge, llm::ChatModel* chat, std::vector<agent::OutsideTool> outside_tools,
                           const OutsideServices* outside)
    : knowledge_(knowledge), chat_(chat), outside_tools_(std::move(outside_tools)), outside_(outside), store_(knowledge.catalogue, clock_),
      simulator_(store_), audit_(safety::AuditLog::InMemory(clock_)), actuator_(store_, *knowledge.guard, clock_, audit_.get()) {
  StartOver();
}

void SimulatedCar::StartOver() {
  simulator_.Reset();
  actuator_.StartOver();
  cockpit_.reset();  // before what it uses
  auto memory = memory::Memory::Open({}, clock_);
  memory_ = memory ? std::move(*memory) : nullptr;
  services_ = std::make_unique<ServiceSet>(knowledge_, store_, clock_, memory_.get(), outside_);
  cockpit_ = std::make_unique<agent::Cockpit>(agent::Cockpit::Parts{
      knowledge_.catalogue, *knowledge_.phrasebook, store_, actuator_, clock_, [this](Nanos limit) { simulator_.Settle(clock_, limit); },
      knowledge_.student_or_null(), chat_, outside_tools_, &services_->desk()});
}

}  // namespace deepcabin::cli
