#include "agent/proposals/rulebook.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#include "base/yaml_reader.h"

namespace deepcabin::agent {
namespace {

constexpr std::size_t kFileBytesMax = 256 * 1024;
constexpr std::size_t kNameBytesMax = 48;

// A plain scalar is a number or a truth where it looks like one; a quoted one is text.
Json YamlToJson(const YamlReader& yaml, const YAML::Node& node, int depth = 0) {
  if (depth > 8) yaml.Fail(node, "a call nests too deep");
  if (node.IsMap()) {
    Json json = Json::object();
    for (const auto& entry : node) json[yaml.String(entry.first)] = YamlToJson(yaml, entry.second, depth + 1);
    return json;
  }
  if (node.IsSequence()) {
    Json json = Json::array();
    for (const auto& item : node) json.push_back(YamlToJson(yaml, item, depth + 1));
    return json;
  }
  double number = 0;
  bool truth = false;
  if (node.Tag() != "!" && YAML::convert<double>::decode(node, number)) return number;
  if (node.Tag() != "!" && (node.Scalar() == "true" || node.Scalar() == "false") && YAML::convert<bool>::decode(node, truth)) return truth;
  return node.Scalar();
}

}  // namespace

// Reads names from all files first, then the rules.
class RulebookReader {
 public:
  explicit RulebookReader(const Catalogue& catalogue) : catalogue_(catalogue) {
    book_.catalogue_ = &catalogue;
    AddInput({"time", kNoId, DataType::kDouble});
    AddInput({"workday", kNoId, DataType::kBoolean});
  }

  void ReadNames(const std::string& file, const YAML::Node& root) {
    const YamlReader yaml(file);
    yaml.AllowKeys(root, {"about", "inputs", "facts", "definitions", "proposals"});
    if (root["inputs"]) {
      for (const auto& entry : yaml.Map(root["inputs"])) ReadInput(yaml, NewName(yaml, entry.first, names_), entry.second);
    }
    if (root["facts"]) {
      for (const auto& entry : yaml.Map(root["facts"])) {
        const std::string kind = yaml.String(entry.second);
        const DataType type = kind == "number" ? DataType::kDouble : kind == "text" ? DataType::kString : DataType::kBoolean;
        if (type == DataType::kBoolean && kind != "yes_no") yaml.Fail(entry.second, "a fact is `number`, `text` or `yes_no`");
        AddInput({NewName(yaml, entry.first, names_), kNoId, type});
      }
    }
    if (root["definitions"]) {
      for (const auto& entry : yaml.Map(root["definitions"])) {
        book_.names_.definitions.emplace(NewName(yaml, entry.first, names_), yaml.String(entry.second));
        definitions_.push_back({file, entry.second});
      }
    }
  }

  void ReadRules(const std::string& file, const YAML::Node& root) {
    const YamlReader yaml(file);
    if (!root["proposals"]) return;
    for (const YAML::Node& node : yaml.Sequence(root["proposals"])) ReadRule(yaml, node);
  }

  Rulebook Finish() && {
    for (const auto& [file, node] : definitions_) {  // those that no rule uses too
      if (const auto parsed = ParseCondition(node.Scalar(), book_.names_, catalogue_); !parsed) {
        YamlReader(file).Fail(node, parsed.error().message);
      }
    }
    std::stable_sort(book_.rules_.begin(), book_.rules_.end(),
                     [](const ProposalRule& a, const ProposalRule& b) { return a.priority > b.priority; });
    return std::move(book_);
  }

 private:
  InputIndex AddInput(ProposalInput input) {
    const auto index = static_cast<InputIndex>(book_.names_.inputs.size());
    book_.names_.by_name.emplace(input.name, index);
    book_.names_.inputs.push_back(std::move(input));
    return index;
  }

  std::string NewName(const YamlReader& yaml, const YAML::Node& node, std::set<std::string>& taken) const {
    std::string name = yaml.String(node);
    const bool plain = !name.empty() && name.size() <= kNameBytesMax &&
                       name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string::npos && name[0] >= 'a';
    static const std::set<std::string_view> kReserved{"and", "or", "not", "any", "all", "for", "within", "until", "time", "workday"};
    if (!plain || kReserved.contains(name)) yaml.Fail(node, fmt::format("`{:.60}` cannot be a name", name));
    if (!taken.insert(name).second) yaml.Fail(node, fmt::format("`{}` is named twice", name));
    return name;
  }

  void ReadInput(const YamlReader& yaml, const std::string& name, const YAML::Node& node) {
    if (!node.IsSequence()) {
      AddInput(InputOf(yaml, name, node));
      return;
    }
    std::vector<InputIndex> group;
    for (std::size_t i = 0; i < node.size(); ++i) {
      group.push_back(AddInput(InputOf(yaml, fmt::format("{}#{}", name, i + 1), node[i])));
      if (book_.names_.inputs[group[0]].type != book_.names_.inputs[group[i]].type) yaml.Fail(node[i], "a group has one type");
    }
    if (group.empty()) yaml.Fail(node, "a group of nothing");
    book_.names_.groups.emplace(name, std::move(group));
  }

  ProposalInput InputOf(const YamlReader& yaml, std::string name, const YAML::Node& node) const {
    const std::string path = yaml.String(node);
    const auto signal = catalogue_.FindSignal(path);
    if (!signal) yaml.Fail(node, fmt::format("no signal `{}` in the catalogue", path));
    const DataType type = catalogue_.signal(*signal).type;
    if (type == DataType::kStringArray) yaml.Fail(node, "lists of text cannot be compared");
    return {std::move(name), *signal, type};
  }

  void ReadRule(const YamlReader& yaml, const YAML::Node& node) {
    yaml.AllowKeys(node,
                   {"proposal", "when", "say", "do", "to", "unasked", "again", "priority", "cooldown", "expires", "per_hour", "quiet"});
    if (book_.rules_.size() >= kProposalRulesMax) yaml.Fail(node, fmt::format("more than {} proposals", kProposalRulesMax));
    for (const char* key : {"proposal", "when", "say"}) {
      if (!node[key]) yaml.Fail(node, fmt::format("`{}` is missing", key));
    }
    ProposalRule rule;
    rule.name = NewName(yaml, node["proposal"], rule_names_);
    rule.where = yaml.Where(node);
    rule.when = yaml.String(node["when"]);
    auto condition = ParseCondition(rule.when, book_.names_, catalogue_);
    if (!condition) yaml.Fail(node["when"], condition.error().message);
    rule.condition = std::move(*condition);
    for (const ConditionNode& part : rule.condition) {
      for (const InputIndex input : {part.input, part.minus}) {
        if (input != kNoInput && std::find(rule.inputs.begin(), rule.inputs.end(), input) == rule.inputs.end())
          rule.inputs.push_back(input);
      }
    }
    yaml.AllowKeys(node["say"], {"zh", "en"});
    rule.zh = Say(yaml, node["say"], "zh", kSayCharactersMaxZh);
    rule.en = Say(yaml, node["say"], "en", kSayCharactersMaxEn);
    ReadLimits(yaml, node, rule);
    if (node["do"]) {
      for (const YAML::Node& call : yaml.Sequence(node["do"])) ReadCall(yaml, call, rule);
    }
    if (rule.calls.size() > kProposalCallsMax) yaml.Fail(node["do"], fmt::format("more than {} calls", kProposalCallsMax));
    if (rule.unasked) CheckUnasked(yaml, node, rule);
    book_.rules_.push_back(std::move(rule));
  }

  SayText Say(const YamlReader& yaml, const YAML::Node& say, const char* language, std::size_t characters_max) const {
    if (!say[language]) yaml.Fail(say, fmt::format("`{}` is missing", language));
    const std::string text = yaml.String(say[language]);
    if (text.empty() || DecodeUtf8(text).size() > characters_max) {
      yaml.Fail(say[language], fmt::format("what is said has 1 to {} characters", characters_max));
    }
    SayText parts;
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t open = text.find('{', at);
      parts.push_back({text.substr(at, open - at)});
      if (open == std::string::npos) break;
      const std::size_t close = text.find('}', open);
      if (close == std::string::npos) yaml.Fail(say[language], "`{` without `}`");
      const std::string inside = text.substr(open + 1, close - open - 1);
      const std::size_t slash = inside.find('/');
      const auto input = book_.names_.by_name.find(inside.substr(0, slash));
      if (input == book_.names_.by_name.end()) yaml.Fail(say[language], fmt::format("`{}` is no input or fact", inside));
      parts.back().input = input->second;
      if (slash != std::string::npos) {
        const auto [end, error] = std::from_chars(inside.data() + slash + 1, inside.data() + inside.size(), parts.back().divisor);
        if (error != std::errc() || end != inside.data() + inside.size() || !(parts.back().divisor > 0)) {
          yaml.Fail(say[language], fmt::format("`{}`: a number above 0 divides", inside));
        }
      }
      at = close + 1;
    }
    return parts;
  }

  void ReadLimits(const YamlReader& yaml, const YAML::Node& node, ProposalRule& rule) const {
    const auto whole = [&](const char* key, int low, int high, int& out) {
      if (!node[key]) return;
      const double number = yaml.Number(node[key]);
      if (number < low || number > high || number != static_cast<int>(number)) {
        yaml.Fail(node[key], fmt::format("`{}` is a whole number from {} to {}", key, low, high));
      }
      out = static_cast<int>(number);
    };
    const auto duration = [&](const char* key, Nanos& out) {
      if (!node[key]) return;
      const auto parsed = ParseDuration(yaml.String(node[key]));
      if (!parsed || parsed->count() == 0) yaml.Fail(node[key], fmt::format("`{}` is a duration like 30s, 20min, 2h", key));
      out = *parsed;
    };
    const auto flag = [&](const char* key, bool& out) {
      if (node[key] && !YAML::convert<bool>::decode(node[key], out)) yaml.Fail(node[key], "yes or no is expected here");
    };
    whole("priority", 0, 100, rule.priority);
    whole("per_hour", 1, 60, rule.per_hour);
    duration("cooldown", rule.cooldown);
    duration("expires", rule.expires);
    flag("unasked", rule.unasked);
    flag("again", rule.again);
    if (rule.priority >= kUrgentPriority) rule.quiet = std::nullopt;
    if (node["to"]) {
      const auto zone = ParseZone(yaml.String(node["to"]));
      if (!zone || !IsSeat(*zone)) yaml.Fail(node["to"], "`to` is a seat");
      rule.to = *zone;
    }
    if (!node["quiet"]) return;
    const std::string text = yaml.String(node["quiet"]);
    const auto from = ParseMinutes(text.substr(0, 5)), to = text.size() == 11 ? ParseMinutes(text.substr(6)) : std::nullopt;
    if (text != "never" && (!from || !to)) yaml.Fail(node["quiet"], "`quiet` is like 22:00-07:00, or never");
    rule.quiet = text == "never" ? std::nullopt : std::optional(std::pair(*from, *to));
  }

  // A value "{fact|22}" is the fact's where it is known, else 22.
  void ReadCall(const YamlReader& yaml, const YAML::Node& node, ProposalRule& rule) const {
    Json json = YamlToJson(yaml, node);
    std::optional<InputIndex> from;
    if (json.is_object() && json.contains("value") && json["value"].is_string() && json["value"].get<std::string>().starts_with('{')) {
      const std::string text = json["value"].get<std::string>();
      const std::size_t bar = text.find('|');
      const auto input = book_.names_.by_name.find(text.substr(1, bar == std::string::npos ? bar : bar - 1));
      double otherwise = 0;
      if (bar == std::string::npos || !text.ends_with('}') || input == book_.names_.by_name.end() ||
          std::from_chars(text.data() + bar + 1, text.data() + text.size() - 1, otherwise).ec != std::errc()) {
        yaml.Fail(node, fmt::format("`{}` is not like {{fact|22}}", text));
      }
      json["value"] = otherwise;
      from = input->second;
    }
    const auto call = CallFromJson(json, catalogue_);
    if (!call) yaml.Fail(node, call.error().message);
    const Capability& capability = catalogue_.capability(call->capability);
    if (!capability.Can(call->op)) yaml.Fail(node, fmt::format("{} cannot {}", capability.name, OpName(call->op)));
    const auto interfaces = catalogue_.Resolve(capability, call->zone, rule.to);
    if (interfaces.empty()) yaml.Fail(node, fmt::format("{} is not there", capability.name));
    const SignalId signal = catalogue_.interface(interfaces.front()).signal;
    if (signal != kNoId && call->op != Op::kQuery) {
      const auto target = TargetValue(capability, call->op, call->value, call->unit, catalogue_.signal(signal).initial);
      if (!target && target.error().code != ErrorCode::kFailedPrecondition) yaml.Fail(node, target.error().message);
    }
    rule.calls.push_back(*call);
    rule.value_from.push_back(from);
  }

  // The guard lets the cockpit do comfort by itself, everything else it wants a yes for (policy/actions.yaml, S02.proposed).
  void CheckUnasked(const YamlReader& yaml, const YAML::Node& node, const ProposalRule& rule) const {
    if (rule.calls.empty()) yaml.Fail(node, "`unasked` and nothing to do");
    if (rule.priority < kUrgentPriority) yaml.Fail(node, fmt::format("`unasked` is for safety: priority {} and more", kUrgentPriority));
    for (const Call& call : rule.calls) {
      const Capability& capability = catalogue_.capability(call.capability);
      if (capability.safety != SafetyClass::kComfort) yaml.Fail(node, fmt::format("{} is never done unasked", capability.name));
    }
  }

  const Catalogue& catalogue_;
  Rulebook book_;
  std::set<std::string> names_, rule_names_;
  std::vector<std::pair<std::string, YAML::Node>> definitions_;
};

Result<Rulebook> Rulebook::Parse(const std::map<std::string, std::string>& files, const Catalogue& catalogue) {
  DC_ASSIGN_OR_RETURN(const auto documents, ParseYaml(files));
  RulebookReader reader(catalogue);
  std::string file;
  try {
    for (const auto& [name, root] : documents) reader.ReadNames(file = name, root);
    for (const auto& [name, root] : documents) reader.ReadRules(file = name, root);
    return std::move(reader).Finish();
  } catch (const Broken& broken) {
    return InvalidArgument(broken.message);
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("{}:{}: {}", file, e.mark.line + 1, e.msg));
  }
}

Result<Rulebook> Rulebook::Load(const std::filesystem::path& directory, const Catalogue& catalogue) {
  DC_ASSIGN_OR_RETURN(const auto files, ReadYamlTree(directory, kFileBytesMax));
  return Parse(files, catalogue);
}

const ProposalRule* Rulebook::Find(std::string_view name) const {
  const auto it = std::find_if(rules_.begin(), rules_.end(), [&](const ProposalRule& rule) { return rule.name == name; });
  return it == rules_.end() ? nullptr : &*it;
}

}  // namespace deepcabin::agent
