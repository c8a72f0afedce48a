#pragma once
// Reading hand-written YAML strictly: every complaint names file, line and reason. Throws Broken, caught by the loader that uses it.

#include <cmath>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/result.h"
#include "base/text.h"

namespace deepcabin {

struct Broken {
  std::string message;
};

class YamlReader {
 public:
  explicit YamlReader(std::string file) : file_(std::move(file)) {}

  [[noreturn]] void Fail(const YAML::Node& node, std::string_view reason) const {
    throw Broken{fmt::format("{}: {}", Where(node), reason)};
  }
  std::string Where(const YAML::Node& node) const { return fmt::format("{}:{}", file_, node.Mark().line + 1); }

  std::string String(const YAML::Node& node) const {
    if (!node.IsScalar()) Fail(node, "a word is expected here");
    std::string text(Trim(node.as<std::string>()));
    if (!IsValidUtf8(text)) Fail(node, "not UTF-8");
    return text;
  }
  YAML::Node Sequence(const YAML::Node& node) const {
    if (!node.IsSequence()) Fail(node, "a list is expected here");
    return node;
  }
  YAML::Node Map(const YAML::Node& node) const {
    if (!node.IsMap()) Fail(node, "a map is expected here");
    return node;
  }
  double Number(const YAML::Node& node) const {
    double number = 0;
    if (!node.IsScalar() || !YAML::convert<double>::decode(node, number) || !std::isfinite(number)) Fail(node, "a number is expected here");
    return number;
  }
  // Of a member that may be missing.
  std::string String(const YAML::Node& node, const char* key) const { return node[key] ? String(node[key]) : std::string(); }
  double Number(const YAML::Node& node, const char* key, double min, double max, double fallback) const {
    const double number = node[key] ? Number(node[key]) : fallback;
    if (node[key] && (number < min || number > max)) Fail(node[key], fmt::format("{} is beyond {} to {}", number, min, max));
    return number;
  }
  std::vector<std::string> Strings(const YAML::Node& node, const char* key) const {
    std::vector<std::string> out;
    if (node[key])
      for (const YAML::Node& item : Sequence(node[key])) out.push_back(String(item));
    return out;
  }
  void AllowKeys(const YAML::Node& node, std::initializer_list<std::string_view> allowed) const {
    std::set<std::string> seen;
    for (const auto& entry : Map(node)) {
      const std::string key = String(entry.first);
      bool known = false;
      for (const std::string_view name : allowed) known = known || name == key;
      if (!known) Fail(entry.first, fmt::format("unknown key `{}`", key));
      if (!seen.insert(key).second) Fail(entry.first, fmt::format("key `{}` stands twice", key));
    }
  }

 private:
  std::string file_;
};

// Runs `read`, which reads `file`; what it throws about the text comes back as kInvalidArgument.
template <typename Read>
Status ReadStrictly(const std::string& file, const Read& read) {
  try {
    read(YamlReader(file));
    return {};
  } catch (const Broken& broken) {
    return InvalidArgument(broken.message);
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("{}:{}: {}", file, e.mark.line + 1, e.msg));
  }
}

// Every *.yaml under `directory`, by path relative to it ("zh/core.yaml"). kNotFound when there is none.
inline Result<std::map<std::string, std::string>> ReadYamlTree(const std::filesystem::path& directory, std::size_t bytes_max) {
  std::map<std::string, std::string> files;
  std::error_code error;
  for (auto it = std::filesystem::recursive_directory_iterator(directory, error);
       !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    if (it->path().extension() != ".yaml") continue;
    std::ifstream in(it->path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return Unavailable(fmt::format("cannot read {}", it->path().string()));
    if (text.str().size() > bytes_max) return ResourceExhausted(fmt::format("{} exceeds {} bytes", it->path().string(), bytes_max));
    files.emplace(std::filesystem::relative(it->path(), directory).generic_string(), text.str());
  }
  if (files.empty()) return NotFound(fmt::format("no *.yaml under {}", directory.string()));
  return files;
}

}  // namespace deepcabin
