#include "cli/outside.h"

#include <algorithm>
#include <array>
#include <iostream>

#include <fmt/format.h>

#include "base/yaml.h"
#include "base/yaml_reader.h"
#include "llm/redaction.h"
#include "skills/map/http_map.h"

namespace deepcabin::cli {
namespace {

using skills::Outside;

constexpr std::size_t kFileBytesMax = 64 * 1024;
constexpr double kTimeoutMsMin = 100, kTimeoutMsMax = 120'000;
constexpr std::chrono::seconds kPaintingTime{60};

template <auto kMake>
void Weather(OutsideServices& made, Outside outside) {
  made.weather = kMake(std::move(outside));
}
template <skills::WebSearch::Kind kKind>
void Search(OutsideServices& made, Outside outside) {
  made.search = std::make_unique<skills::WebSearch>(kKind, std::move(outside));
}
template <auto kMake>
void Map(OutsideServices& made, Outside outside) {
  made.map = kMake(std::move(outside));
}

void Calendar(OutsideServices& made, Outside outside) { made.calendar = skills::MakeCalendar(std::move(outside)); }

void Painter(OutsideServices& made, Outside outside) { made.painter = creative::MakePainter(std::move(outside)); }

// Every source that there is. An address that it has no use for is "-", one that has no default "".
struct Source {
  std::string_view section, name, url, air_url, search_url;
  bool needs_key;
  void (*make)(OutsideServices& made, Outside outside);
};
using Kind = skills::WebSearch::Kind;
constexpr std::string_view kMeteo = "https://api.open-meteo.com", kMeteoAir = "https://air-quality-api.open-meteo.com",
                           kMeteoPlaces = "https://geocoding-api.open-meteo.com";
constexpr auto kSources = std::to_array<Source>({
    {"weather", "open-meteo", kMeteo, kMeteoAir, kMeteoPlaces, false, &Weather<&skills::MakeOpenMeteo>},
    {"weather", "qweather", "", "-", "-", true, &Weather<&skills::MakeQWeather>},
    {"search", "searxng", "", "-", "-", false, &Search<Kind::kSearxng>},
    {"search", "tavily", "https://api.tavily.com", "-", "-", true, &Search<Kind::kTavily>},
    {"search", "bocha", "https://api.bochaai.com", "-", "-", true, &Search<Kind::kBocha>},
    {"map", "valhalla", "", "-", "", false, &Map<&skills::MakeValhallaMap>},
    {"map", "amap", "https://restapi.amap.com", "-", "-", true, &Map<&skills::MakeAmap>},
    {"calendar", "ics", "", "-", "-", false, &Calendar},
    {"pictures", "openai", "https://api.openai.com/v1", "-", "-", false, &Painter},
});

void ReadSection(const YamlReader& reader, const std::string& section, const YAML::Node& node, const llm::Environment& environment,
                 OutsideServices& made) {
  reader.AllowKeys(node, {"source", "url", "air_url", "search_url", "model", "key", "ca_file", "insecure", "timeout_ms"});
  if (!node["source"]) reader.Fail(node, "`source` is missing");
  const std::string name = reader.String(node["source"]);
  const auto is_it = [&](const Source& s) { return s.section == section && s.name == name; };
  const auto* source = std::find_if(kSources.begin(), kSources.end(), is_it);
  if (source == kSources.end()) reader.Fail(node["source"], fmt::format("no source `{:.40}` of {}", name, section));
  const std::string insecure = node["insecure"] ? reader.String(node["insecure"]) : "false";
  if (insecure != "true" && insecure != "false") reader.Fail(node["insecure"], "true or false is expected here");
  Outside outside;
  const auto read = [&](const char* key, std::string_view usual, std::string& url) {
    const YAML::Node given = node[key];
    if (given && usual == "-") reader.Fail(given, fmt::format("{} has no `{}`", name, key));
    if (!given && usual.empty()) reader.Fail(node, fmt::format("`{}` is missing", key));
    if (given || usual != "-") url = given ? reader.String(given) : std::string(usual);
    const bool is_file = section == "calendar" && url.starts_with("file:/");
    const std::string fault = given && !is_file ? llm::UrlFault(url, insecure == "true") : "";
    if (!fault.empty()) reader.Fail(given, fmt::format("`{}` {}", key, fault));
    while (url.ends_with('/')) url.pop_back();
  };
  read("url", source->url, outside.url);
  read("air_url", source->air_url, outside.air_url);
  read("search_url", source->search_url, outside.search_url);
  if (node["model"] && section != "pictures") reader.Fail(node["model"], fmt::format("{} has no `model`", name));
  if (node["model"]) outside.model = reader.String(node["model"]);
  if (section == "pictures") outside.timeout = kPaintingTime;
  if (node["ca_file"]) outside.ca_file = reader.String(node["ca_file"]);
  if (node["timeout_ms"]) {
    const double timeout = reader.Number(node["timeout_ms"]);
    if (timeout < kTimeoutMsMin || timeout > kTimeoutMsMax)
      reader.Fail(node["timeout_ms"], fmt::format("{} lies outside {} to {}", timeout, kTimeoutMsMin, kTimeoutMsMax));
    outside.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout));
  }
  if (!node["key"] && source->needs_key) reader.Fail(node, "`key` is missing");
  if (node["key"]) {
    auto key = llm::ReadKey(reader.String(node["key"]), environment);
    if (!key) reader.Fail(node["key"], key.error().message);
    outside.key = *std::move(key);
    if (outside.key.empty()) {
      made.off.push_back(fmt::format("{}: {} holds no key", section, reader.String(node["key"])));
      return;
    }
  }
  source->make(made, std::move(outside));
}

std::string WithoutSecrets(std::string_view text, const llm::RedactingClient::Secrets& secrets) {
  const auto dictionary = secrets ? secrets() : std::make_shared<const llm::SecretDictionary>();
  return llm::Redaction(*dictionary).Hide(text);
}

}  // namespace

Result<OutsideServices> ParseOutside(const std::string& text, const std::string& file, const llm::Environment& environment) {
  DC_ASSIGN_OR_RETURN(const auto documents, ParseYaml({{file, text}}));
  const YAML::Node root = documents.begin()->second;
  OutsideServices made;
  if (root.IsNull()) return made;
  try {
    const YamlReader reader(file);
    reader.AllowKeys(root, {"weather", "search", "map", "calendar", "pictures"});
    for (const auto& section : root) ReadSection(reader, reader.String(section.first), section.second, environment, made);
  } catch (const Broken& e) {
    return InvalidArgument(e.message);
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("{}:{}: {}", file, e.mark.line + 1, e.msg));
  }
  return made;
}

Result<OutsideServices> LoadOutside(const std::filesystem::path& given, const llm::Environment& environment) {
  std::filesystem::path path = given.empty() ? std::filesystem::path(environment("DEEPCABIN_SERVICES")) : given;
  if (path.empty()) path = std::filesystem::path(environment("HOME")) / ".config/deepcabin/services.yaml";
  std::error_code ignored;
  if (given.empty() && !std::filesystem::exists(path, ignored)) return OutsideServices{};
  DC_ASSIGN_OR_RETURN(const std::string text, llm::ReadFile(path, kFileBytesMax));
  DC_ASSIGN_OR_RETURN(OutsideServices made, ParseOutside(text, path.string(), environment));
  for (const std::string& word : made.off) std::cerr << fmt::format("deepcabin: without {}\n", word);
  return made;
}

std::unique_ptr<agent::Pictures> MakePictures(const OutsideServices& outside, llm::RedactingClient::Secrets secrets) {
  if (outside.painter == nullptr) return nullptr;
  return std::make_unique<agent::Pictures>(
      [&painter = *outside.painter, secrets = std::move(secrets)](std::string_view wish, const std::stop_token& stop) {
        return painter.Paint(WithoutSecrets(wish, secrets), stop);
      });
}

std::vector<agent::OutsideTool> OutsideTools(const OutsideServices& outside, llm::RedactingClient::Secrets secrets) {
  if (outside.search == nullptr) return {};
  agent::OutsideTool tool{
      .name = "web_search",
      .description = "Searches the web; gives titles, addresses and short pieces of text. For news and facts.",
      .parameters = {{"type", "object"}, {"properties", {{"query", {{"type", "string"}}}}}, {"required", OrderedJson::array({"query"})}},
      .run = {}};
  tool.run = [&search = *outside.search, secrets = std::move(secrets)](const Json& arguments,
                                                                       const std::stop_token& stop) -> Result<std::string> {
    const Json& query = skills::At(arguments, "query");
    if (!query.is_string()) return InvalidArgument("`query` is missing");
    DC_ASSIGN_OR_RETURN(const auto hits, search.Search(WithoutSecrets(query.get_ref<const std::string&>(), secrets), stop));
    return skills::HitsText(hits);
  };
  return {tool};
}

}  // namespace deepcabin::cli
