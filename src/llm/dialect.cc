#include "llm/dialect.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/yaml.h"

namespace deepcabin::llm {
namespace {

constexpr std::size_t kFileBytesMax = 256 * 1024;

[[noreturn]] void Refuse(const YAML::Node& node, const std::string& reason) { throw YAML::Exception(node.Mark(), reason); }

Json ObjectOf(const YAML::Node& node) {
  auto json = ParseJson(node.as<std::string>());
  if (!json || !json->is_object()) Refuse(node, fmt::format("'{}' is no JSON object", node.as<std::string>()));
  return std::move(*json);
}

ThinkTags::Expect ExpectOf(const YAML::Node& node) {
  const auto word = node.as<std::string>();
  if (word == "never") return ThinkTags::Expect::kNever;
  if (word == "tagged") return ThinkTags::Expect::kTagged;
  if (word == "open_missing") return ThinkTags::Expect::kOpenMissing;
  Refuse(node, fmt::format("think_tags is '{}': never, tagged or open_missing", word));
}

// The value of an enumeration, up to `last`, that has this name.
template <typename Value>
Value Named(const YAML::Node& node, Value last, std::string_view (*name_of)(Value), std::string_view what) {
  const auto word = node.as<std::string>();
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (name_of(static_cast<Value>(i)) == word) return static_cast<Value>(i);
  }
  Refuse(node, fmt::format("'{}' is no {}", word, what));
}

struct Setting {
  std::string_view name;
  void (*apply)(Dialect& dialect, const YAML::Node& value);
};

constexpr Setting kSettings[] = {
    {"like", [](Dialect&, const YAML::Node&) {}},
    {"always", [](Dialect& d, const YAML::Node& v) { d.always = ObjectOf(v); }},
    {"thinking_on", [](Dialect& d, const YAML::Node& v) { d.thinking_on = ObjectOf(v); }},
    {"thinking_off", [](Dialect& d, const YAML::Node& v) { d.thinking_off = ObjectOf(v); }},
    {"with_tools", [](Dialect& d, const YAML::Node& v) { d.with_tools = ObjectOf(v); }},
    {"tokens_field", [](Dialect& d, const YAML::Node& v) { d.tokens_field = v.as<std::string>(); }},
    {"sends_temperature", [](Dialect& d, const YAML::Node& v) { d.sends_temperature = v.as<bool>(); }},
    {"system_role", [](Dialect& d, const YAML::Node& v) { d.system_role = v.as<bool>(); }},
    {"tool_choice_required", [](Dialect& d, const YAML::Node& v) { d.tool_choice_required = v.as<bool>(); }},
    {"reasoning_back", [](Dialect& d, const YAML::Node& v) { d.reasoning_back = v.as<std::string>(); }},
    {"reasoning_fields", [](Dialect& d, const YAML::Node& v) { d.reasoning_fields = v.as<std::vector<std::string>>(); }},
    {"think_tags", [](Dialect& d, const YAML::Node& v) { d.think_tags = ExpectOf(v); }},
    {"cached_tokens",
     [](Dialect& d, const YAML::Node& v) {
       d.cached_tokens = v.as<std::vector<std::string>>();
       for (const std::string& at : d.cached_tokens) {
         if (!at.starts_with('/') || at.find('~') != std::string::npos) Refuse(v, fmt::format("'{}' is no JSON pointer", at));
       }
     }},
    {"faults",
     [](Dialect& d, const YAML::Node& v) {
       for (const auto& entry : v)
         d.faults[entry.first.as<std::string>()] = Named(entry.second, FaultKind::kCancelled, FaultKindName, "kind of fault");
     }},
    {"finish",
     [](Dialect& d, const YAML::Node& v) {
       for (const auto& entry : v)
         d.finish[entry.first.as<std::string>()] = Named(entry.second, FinishReason::kContentFilter, FinishReasonName, "finish reason");
     }},
};

void Apply(Dialect& dialect, const YAML::Node& node) {
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    const auto* setting = std::find_if(std::begin(kSettings), std::end(kSettings), [&](const Setting& s) { return s.name == key; });
    if (setting == std::end(kSettings)) Refuse(entry.first, fmt::format("a dialect has no '{}'", key));
    setting->apply(dialect, entry.second);
  }
}

}  // namespace

Result<Dialects> Dialects::Load(const std::filesystem::path& models) {
  std::ifstream file(models / "dialects.yaml", std::ios::binary);
  if (!file) return NotFound(fmt::format("{} cannot be read", (models / "dialects.yaml").string()));
  std::string text(std::istreambuf_iterator<char>(file), {});
  return Parse(std::move(text));
}

Result<Dialects> Dialects::Parse(std::string text) {
  if (text.size() > kFileBytesMax) return ResourceExhausted(fmt::format("dialects.yaml: more than {} bytes", kFileBytesMax));
  DC_ASSIGN_OR_RETURN(const auto documents, ParseYaml({{"dialects.yaml", std::move(text)}}));
  Dialects dialects;
  try {
    const YAML::Node& root = documents.at("dialects.yaml");
    if (!root.IsMap()) Refuse(root, "names of dialects are wanted");
    for (const auto& entry : root) {
      Dialect dialect;
      if (const YAML::Node like = entry.second["like"]) {
        const Dialect* model = dialects.Find(like.as<std::string>());
        if (model == nullptr) Refuse(like, fmt::format("no dialect '{}' above", like.as<std::string>()));
        dialect = *model;
      }
      dialect.name = entry.first.as<std::string>();
      Apply(dialect, entry.second);
      if (!dialects.by_name_.emplace(dialect.name, dialect).second) Refuse(entry.first, fmt::format("'{}' stands twice", dialect.name));
    }
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("dialects.yaml:{}: {}", e.mark.line + 1, e.msg));
  }
  return dialects;
}

const Dialect* Dialects::Find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : &it->second;
}

std::vector<std::string> Dialects::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, dialect] : by_name_) names.push_back(name);
  return names;
}

}  // namespace deepcabin::llm
