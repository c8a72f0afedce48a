#include "speech/settings.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"

namespace deepcabin::speech {
namespace {

constexpr std::size_t kTextMax = 512, kKeyBytesMax = 4096;

// Thrown inside this file only, caught in ParseSettings.
struct Broken {
  int line;
  std::string reason;
};

[[noreturn]] void Fail(const YAML::Node& node, std::string reason) { throw Broken{node.Mark().line + 1, std::move(reason)}; }

void AllowKeys(const YAML::Node& node, std::initializer_list<std::string_view> keys) {
  if (!node.IsMap()) Fail(node, "keys and values are expected here");
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) Fail(entry.first, fmt::format("unknown key `{:.40}`", key));
    if (!seen.insert(key).second) Fail(entry.first, fmt::format("`{}` stands here twice", key));
  }
}

std::string Text(const YAML::Node& node) {
  if (!node.IsScalar() || node.Scalar().empty()) Fail(node, "a text is expected here");
  if (node.Scalar().size() > kTextMax) Fail(node, fmt::format("a text of {} bytes, at most {}", node.Scalar().size(), kTextMax));
  if (std::any_of(node.Scalar().begin(), node.Scalar().end(), [](unsigned char c) { return c < 0x20; }))
    Fail(node, "a control character in a text");
  return node.Scalar();
}

// What somebody says in the car must not travel in the clear.
std::string Url(const YAML::Node& node) {
  constexpr std::array<std::string_view, 3> kHere{"http://127.0.0.1", "http://localhost", "http://[::1]"};
  std::string url = Text(node);
  if (url.find_first_of("@?# ") != std::string::npos) Fail(node, "a url has no user name, query or fragment here");
  const bool here = std::any_of(kHere.begin(), kHere.end(), [&](std::string_view start) {
    return url.starts_with(start) && url.size() > start.size() && (url[start.size()] == ':' || url[start.size()] == '/');
  });
  if (!here && !(url.starts_with("https://") && url.size() > 8)) Fail(node, "the url is neither https nor http on this machine");
  return url;
}

std::string Key(const YAML::Node& node, const Environment& environment) {
  const std::string source = Text(node);
  if (source.starts_with("env:")) {
    std::string key = environment(source.substr(4));
    if (key.empty()) Fail(node, fmt::format("{} is not set", source.substr(4)));
    return key;
  }
  if (!source.starts_with("file:")) Fail(node, "a key comes from env:NAME or file:PATH; it does not stand here itself");
  namespace fs = std::filesystem;
  const fs::path path = source.substr(5);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::is_regular_file(status)) Fail(node, fmt::format("no key file {}", path.string()));
  if ((status.permissions() & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none) {
    Fail(node, fmt::format("others may read the key file {}; chmod 0600", path.string()));
  }
  if (fs::file_size(path, error) > kKeyBytesMax) Fail(node, fmt::format("the key file has over {} bytes", kKeyBytesMax));
  std::ifstream in(path);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return std::string(Trim(text));
}

Endpoint ReadEndpoint(const YAML::Node& node, bool speaks, const Environment& environment) {
  if (speaks) AllowKeys(node, {"url", "model", "key", "voices"});
  else AllowKeys(node, {"url", "model", "key"});
  Endpoint endpoint;
  if (!node["url"]) Fail(node, "`url` is missing");
  endpoint.url = Url(node["url"]);
  if (node["model"]) endpoint.model = Text(node["model"]);
  if (node["key"]) endpoint.key = Key(node["key"], environment);
  if (const YAML::Node voices = node["voices"]) {
    AllowKeys(voices, {"zh", "en"});
    if (voices["zh"]) endpoint.voice_zh = Text(voices["zh"]);
    if (voices["en"]) endpoint.voice_en = Text(voices["en"]);
  }
  return endpoint;
}

}  // namespace

std::filesystem::path SettingsPath(const Environment& environment) {
  if (const std::string path = environment("DEEPCABIN_SPEECH"); !path.empty()) return path;
  const std::string home = environment("HOME");
  return home.empty() ? std::filesystem::path() : std::filesystem::path(home) / ".config/deepcabin/speech.yaml";
}

Result<Settings> ParseSettings(const std::string& text, const std::string& file, const Environment& environment) {
  if (text.size() > kSettingsBytesMax)
    return InvalidArgument(fmt::format("{}: {} bytes, at most {}", file, text.size(), kSettingsBytesMax));
  DC_ASSIGN_OR_RETURN(const auto documents, ParseYaml({{file, text}}));
  const YAML::Node& root = documents.at(file);
  Settings settings;
  if (root.IsNull()) return settings;
  try {
    AllowKeys(root, {"transcription", "speech"});
    if (root["transcription"]) settings.transcription = ReadEndpoint(root["transcription"], false, environment);
    if (root["speech"]) settings.speech = ReadEndpoint(root["speech"], true, environment);
  } catch (const Broken& broken) {
    return InvalidArgument(fmt::format("{}:{}: {}", file, broken.line, broken.reason));
  }
  return settings;
}

Result<Settings> LoadSettings(const std::filesystem::path& path, const Environment& environment) {
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return Settings{};
  std::ifstream in(path, std::ios::binary);
  std::string text(kSettingsBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return ParseSettings(text, path.filename().string(), environment);
}

}  // namespace deepcabin::speech
