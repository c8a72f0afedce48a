#include "cli/car.h"

#include <cstdlib>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "base/mapped_file.h"
#include "base/yaml.h"
#include "base/yaml_reader.h"

namespace deepcabin::cli {

namespace {

std::filesystem::path ProgramFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

constexpr std::string_view kHandset = "handset.yaml", kServicePlan = "maintenance.yaml";
constexpr std::size_t kDataBytesMax = 1 << 20;
constexpr std::string_view kDemoCity = "demo_city.osm", kDemoHome = "竹溪花园", kDemoCompany = "云帆大厦";

std::optional<skills::Position> PlaceNamed(const skills::MapSource& map, std::string_view name) {
  const auto found = map.Search({.text = std::string(name), .near = skills::kDemoStart, .radius_m = 100'000, .count_max = 1});
  if (!found || found->empty()) return std::nullopt;
  return found->front().position;
}

// What the everyday services know. A file that is missing leaves its service empty-handed; a broken one is refused.
Status LoadData(const std::filesystem::path& data, Knowledge& knowledge) {
  DC_ASSIGN_OR_RETURN(auto files, ReadYamlTree(data, kDataBytesMax));
  std::erase_if(files, [](const auto& f) { return !f.first.starts_with("media/") && f.first != kHandset && f.first != kServicePlan; });
  DC_ASSIGN_OR_RETURN(auto documents, ParseYaml(files));
  if (const auto node = documents.extract(std::string(kHandset))) {
    DC_ASSIGN_OR_RETURN(knowledge.telephone, phone::ReadContent(node.key(), node.mapped()));
  }
  if (const auto node = documents.extract(std::string(kServicePlan))) {
    DC_ASSIGN_OR_RETURN(knowledge.service_plan, health::ReadPlan(node.key(), node.mapped()));
  }
  DC_ASSIGN_OR_RETURN(knowledge.media, media::LocalLibrary::Make(documents));
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(data / "media", error)) {
    if (file.path().extension() != ".m3u" || file.file_size(error) > kDataBytesMax) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    DC_RETURN_IF_ERROR(knowledge.media.AddPlaylist("media/" + file.path().filename().string(), text));
  }
  return {};
}

const skills::MapSource& MapOf(const Knowledge& knowledge, const OutsideServices* outside) {
  return outside != nullptr && outside->map != nullptr ? *outside->map : *knowledge.map;
}

}  // namespace

std::filesystem::path CompiledPhrasebook() { return ProgramFolder() / "phrasebook.pack"; }

Result<std::unique_ptr<Knowledge>> Knowledge::Load(const std::filesystem::path& home, const std::filesystem::path& map,
                                                   const std::vector<std::string>& manuals) {
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
  DC_RETURN_IF_ERROR(LoadData(home / "data", *knowledge));
  DC_ASSIGN_OR_RETURN(knowledge->manual, ReadManuals(home, knowledge->catalogue, manuals));
  if (map.empty()) {
    knowledge->navigation.home = PlaceNamed(*knowledge->map, kDemoHome);
    knowledge->navigation.company = PlaceNamed(*knowledge->map, kDemoCompany);
  }
  return knowledge;
}

Result<std::unique_ptr<manual::Manual>> ReadManuals(const std::filesystem::path& home, const Catalogue& catalogue,
                                                    const std::vector<std::string>& files) {
  const std::filesystem::path data = home / "data";
  std::vector<std::filesystem::path> paths(files.begin(), files.end());
  std::error_code error;
  for (const char* language : {"zh", "en"}) {
    if (files.empty() && std::filesystem::is_directory(data / "manual" / language, error)) paths.push_back(data / "manual" / language);
  }
  std::vector<manual::Book> books;
  for (const auto& path : paths) {
    DC_ASSIGN_OR_RETURN(manual::Book book, manual::ReadBook(path));
    book.is_shipped = files.empty();
    books.push_back(std::move(book));
  }
  const auto words = MappedFile::Open(data / "manual_words.txt");
  const std::string_view more = words ? std::string_view(reinterpret_cast<const char*>(words->bytes().data()), words->bytes().size()) : "";
  return std::make_unique<manual::Manual>(std::move(books), agent::SynonymsOf(catalogue, more));
}

std::vector<agent::OutsideTool> Knowledge::OutsideTools(const OutsideServices& outside, llm::RedactingClient::Secrets secrets) const {
  std::vector<agent::OutsideTool> tools = cli::OutsideTools(outside, std::move(secrets));
  if (!manual->is_empty()) tools.push_back(agent::OwnersManual(*manual));
  return tools;
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

ServiceSet::ServiceSet(const Knowledge& knowledge, vehicle::SignalStore& store, safety::GuardedActuator& actuator, const Clock& clock,
                       memory::Memory* memory, const OutsideServices* outside, const std::filesystem::path& state_directory)
    : navigation_skill_(MapOf(knowledge, outside), knowledge.navigation), navigation_({.navigation = navigation_skill_,
                                                                                       .map = MapOf(knowledge, outside),
                                                                                       .settings = knowledge.navigation,
                                                                                       .catalogue = knowledge.catalogue,
                                                                                       .signals = store,
                                                                                       .clock = clock,
                                                                                       .memory = memory}),
      handset_(knowledge.telephone, clock), car_{knowledge.catalogue, store, &actuator, &store},
      media_(agent::MakeMediaService(car_, knowledge.media, clock)), phone_(agent::MakePhoneService(car_, handset_)),
      vehicle_(agent::MakeVehicleService(car_, knowledge.service_plan, clock)),
      after_sales_(agent::MakeAfterSalesService(
          car_, {workshop_, MapOf(knowledge, outside), clock, state_directory.empty() ? state_directory : state_directory / "claims"})),
      manual_(*knowledge.manual),
      weather_({.source = outside != nullptr ? outside->weather.get() : nullptr, .navigation = navigation_, .clock = clock}),
      agenda_({.source = outside != nullptr ? outside->calendar.get() : nullptr, .clock = clock}),
      foresight_({.navigation = navigation_skill_,
                  .service = navigation_,
                  .map = outside != nullptr && outside->map != nullptr ? nullptr : knowledge.map.get(),
                  .memory = memory,
                  .catalogue = knowledge.catalogue,
                  .agenda = &agenda_,
                  .weather = &weather_}),
      desk_({.by_skill = {{"navigation", &navigation_},
                          {"media", media_.get()},
                          {"phone", phone_.get()},
                          {"vehicle", vehicle_.get()},
                          {"service", after_sales_.get()},
                          {"manual", &manual_},
                          {"weather", &weather_}},
             .by_capability = {{"media.playback", media_.get()}, {"navi.traffic", &navigation_}},
             .navigation = &navigation_,
             .memory = memory,
             .agenda = &agenda_},
            knowledge.catalogue, clock) {}

SimulatedCar::SimulatedCar(const Knowledge& knowledge, llm::ChatModel* chat, std::vector<agent::OutsideTool> outside_tools,
                           const OutsideServices* outside, agent::Pictures* pictures)
    : knowledge_(knowledge), chat_(chat), outside_tools_(std::move(outside_tools)), outside_(outside), pictures_(pictures),
      store_(knowledge.catalogue, clock_), simulator_(store_), audit_(safety::AuditLog::InMemory(clock_)),
      actuator_(store_, *knowledge.guard, clock_, audit_.get()) {
  StartOver();
}

void SimulatedCar::StartOver() {
  simulator_.Reset();
  actuator_.StartOver();
  cockpit_.reset();  // before what it uses
  auto memory = memory::Memory::Open({}, clock_);
  memory_ = memory ? std::move(*memory) : nullptr;
  services_ = std::make_unique<ServiceSet>(knowledge_, store_, actuator_, clock_, memory_.get(), outside_);
  cockpit_ = std::make_unique<agent::Cockpit>(agent::Cockpit::Parts{
      knowledge_.catalogue, *knowledge_.phrasebook, store_, actuator_, clock_, [this](Nanos limit) { simulator_.Settle(clock_, limit); },
      knowledge_.student_or_null(), chat_, outside_tools_, &services_->desk(), nullptr, pictures_});
}

}  // namespace deepcabin::cli
