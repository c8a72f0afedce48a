// `deepcabin catalogue list | show NAME | search TEXT | check | export`.

#include <iostream>

#include <fmt/format.h>

#include "catalogue/call.h"
#include "cli/commands.h"

namespace deepcabin::cli {
namespace {

OrderedJson InterfaceJson(const Interface& interface, const Catalogue& catalogue) {
  const Capability& c = catalogue.capability(interface.capability);
  OrderedJson json = {{"interface", interface.path}, {"capability", c.name}};
  if (interface.zone != Zone::kWhole) json["zone"] = ZoneName(interface.zone);
  json["area"] = c.area;
  json["safety"] = SafetyClassName(c.safety);
  return json;
}

OrderedJson CapabilityJson(const Capability& c, const Catalogue& catalogue) {
  OrderedJson json = {{"capability", c.name}, {"area", c.area}, {"about", c.about}};
  if (c.is_service()) json["skill"] = c.skill;
  else json["signal"] = c.signal_pattern;
  OrderedJson zones = OrderedJson::array();
  c.zones.ForEach([&](Zone zone) { zones.push_back(ZoneName(zone)); });
  json["zones"] = zones;
  OrderedJson value = {{"type", DataTypeName(c.value.type)}};
  if (c.value.has_range) {
    value["min"] = c.value.min;
    value["max"] = c.value.max;
    value["step"] = c.value.step;
  }
  if (!c.value.unit.empty()) value["unit"] = c.value.unit;
  if (c.value.levels > 0) value["levels"] = c.value.levels;
  for (const Word& word : c.value.words) value["words"].push_back(word.name);
  json["value"] = value;
  json["ops"] = OrderedJson::array();
  for (int op = 0; op < kOpCount; ++op) {
    if (c.Can(static_cast<Op>(op))) json["ops"].push_back(OpName(static_cast<Op>(op)));
  }
  json["names"] = {{"zh", c.names_zh}, {"en", c.names_en}};
  json["safety"] = SafetyClassName(c.safety);
  json["shared"] = c.shared;
  for (const Interface& interface : catalogue.interfaces()) {
    if (interface.capability == c.id) json["interfaces"].push_back(interface.path);
  }
  json["file"] = c.file;
  return json;
}

int List(const Catalogue& catalogue, bool as_json) {
  if (!as_json) {
    for (const Interface& interface : catalogue.interfaces()) {
      std::cout << fmt::format("{:<34}{:<13}{}\n", catalogue.capability(interface.capability).name, ZoneName(interface.zone),
                               interface.path);
    }
    std::cout << fmt::format("{} interfaces of {} capabilities\n", catalogue.interfaces().size(), catalogue.capabilities().size());
    return kOk;
  }
  OrderedJson all = OrderedJson::array();
  for (const Interface& interface : catalogue.interfaces()) all.push_back(InterfaceJson(interface, catalogue));
  std::cout << DumpJson(all) << "\n";
  return kOk;
}

int Show(const Catalogue& catalogue, const std::string& name) {
  const Capability* c = catalogue.FindCapability(name);
  if (c == nullptr) {
    std::string hint;
    for (const auto& hit : catalogue.Search(name, 3))
      hint += (hint.empty() ? "; did you mean " : ", ") + catalogue.capability(hit.capability).name;
    return Complain(NotFound(fmt::format("no capability \"{:.80}\"{}", name, hint)));
  }
  std::cout << DumpJson(CapabilityJson(*c, catalogue), 2) << "\n";
  return kOk;
}

int Search(const Catalogue& catalogue, const std::string& text, bool as_json) {
  OrderedJson all = OrderedJson::array();
  for (const auto& hit : catalogue.Search(text, 20)) {
    const Capability& c = catalogue.capability(hit.capability);
    if (as_json) all.push_back({{"capability", c.name}, {"score", hit.score}});
    else std::cout << fmt::format("{:.2f}  {:<34}{} / {}\n", hit.score, c.name, c.names_zh.front(), c.names_en.front());
  }
  if (as_json) std::cout << DumpJson(all) << "\n";
  return kOk;
}

}  // namespace

int CatalogueCommand(const std::filesystem::path& home, const CatalogueOptions& options) {
  const auto catalogue = Catalogue::Load(home / "catalogue");
  if (!catalogue) return Complain(catalogue.error());
  if (options.command == "list") return List(*catalogue, options.json);
  if (options.command == "show") return Show(*catalogue, options.argument);
  if (options.command == "search") return Search(*catalogue, options.argument, options.json);
  if (options.command == "check") {
    std::cout << fmt::format("{} capabilities, {} interfaces, {} signals: the catalogue is sound\n", catalogue->capabilities().size(),
                             catalogue->interfaces().size(), catalogue->signals().size());
    return kOk;
  }
  if (options.format != "vss-json")
    return Complain(InvalidArgument(fmt::format("unknown format \"{:.40}\"; known is vss-json", options.format)));
  std::cout << DumpJson(catalogue->ExportVssJson(), 2) << "\n";
  return kOk;
}

}  // namespace deepcabin::cli
