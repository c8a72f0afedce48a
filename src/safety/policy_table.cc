#include "safety/policy_table.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/text.h"
#include "safety/sha256.h"

namespace deepcabin::safety {
namespace {

constexpr std::size_t kRulesMax = 4096;
constexpr std::size_t kReasonWordsMax = 12;       // a driver hears it while driving
constexpr std::size_t kReasonCharactersMax = 24;  // about the same in Chinese
constexpr int kClassCount = 20;

// Thrown inside this file only, caught in ParsePolicy.
struct Broken {
  std::string message;
};

template <typename T>
using Names = std::vector<std::pair<std::string_view, T>>;

// One word for an act in each class's own language.
const Names<std::uint8_t> kActs{{"on", Bit(Act::kOn)},
                                {"open", Bit(Act::kOn)},
                                {"lock", Bit(Act::kOn)},
                                {"off", Bit(Act::kOff)},
                                {"close", Bit(Act::kOff) | Bit(Act::kLess)},
                                {"unlock", Bit(Act::kOff) | Bit(Act::kLess)},
                                {"less", Bit(Act::kLess)},
                                {"stop", Bit(Act::kStop)},
                                {"send", Bit(Act::kSend)},
                                {"search", Bit(Act::kSearch)},
                                {"call", Bit(Act::kCall)}};
const Names<std::uint8_t> kMotions{{"parked", 1}, {"creep", 2}, {"moving", 4}};
const Names<std::uint8_t> kSpeakers{{"driver", 1}, {"own", 2}, {"shared", 4}, {"other", 8}, {"unknown", 16}};
const Names<std::uint8_t> kPlaces{{"driver", 1}, {"front_passenger", 2}, {"rear", 4}, {"whole", 8}};
const Names<std::uint8_t> kOrigins{{"spoken", 1}, {"touched", 2}, {"proposed", 4}, {"untrusted", 8}, {"model", 16}, {"guessed", 32}};
const Names<Fact> kFacts{{"child", Fact::kChild},      {"child_here", Fact::kChildHere},   {"raining", Fact::kRaining},
                         {"dark", Fact::kDark},        {"window_lock", Fact::kWindowLock}, {"anti_pinch", Fact::kAntiPinch},
                         {"power_on", Fact::kPowerOn}, {"crashed", Fact::kCrashed},        {"cruise_active", Fact::kCruiseActive},
                         {"known", Fact::kKnown}};
const Names<DecisionKind> kDecisions{{"allow", DecisionKind::kAllow},
                                     {"confirm", DecisionKind::kConfirm},
                                     {"confirm_touch", DecisionKind::kConfirmTouch},
                                     {"deny", DecisionKind::kDeny}};
const Names<Act> kWordActs{{"on", Act::kOn}, {"off", Act::kOff}, {"less", Act::kLess}, {"stop", Act::kStop}};

template <typename T>
const T* Find(const Names<T>& names, std::string_view name) {
  for (const auto& [known, value] : names) {
    if (known == name) return &value;
  }
  return nullptr;
}

bool Matches(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

}  // namespace

bool Limit::Within(CapabilityId capability, const std::optional<Value>& target) const {
  const CapabilityLimit& limit = by_capability[capability];
  if (!limit.listed) return unlisted_within;
  if (limit.min == -kInfinite && limit.max == kInfinite) return true;
  const auto number = target ? AsNumber(*target) : std::nullopt;
  return number && *number >= limit.min && *number <= limit.max;
}

// Reads one file after the other into a table.
class PolicyReader {
 public:
  explicit PolicyReader(const Catalogue& catalogue) : catalogue_(catalogue) {
    const std::size_t count = catalogue.capabilities().size();
    out_.by_capability.resize(count);
    reversed_.resize(count);
  }

  void Read(const std::string& file, const std::string& text) {
    file_ = file;
    lists_.clear();
    const YAML::Node root = YAML::Load(text);
    AllowKeys(root, {"policy", "lists", "limits", "reversed", "words", "rules"});
    if (root["lists"]) ReadLists(root["lists"]);
    if (root["limits"]) ReadLimits(root["limits"]);
    if (root["reversed"]) {
      for (const std::string& pattern : Patterns(root["reversed"])) {
        for (const Capability& c : catalogue_.capabilities()) reversed_[c.id] = reversed_[c.id] || Matches(pattern, c.name);
      }
    }
    if (root["words"]) ReadWords(root["words"]);
    if (!root["rules"]) Fail(root, "`rules` is missing");
    for (const YAML::Node& node : Sequence(root["rules"])) ReadRule(node);
  }

  PolicyTable Finish() && {
    for (int i = 0; i < kClassCount; ++i) {
      if (classes_ruled_.contains(i)) continue;
      throw Broken{fmt::format("{}:1: class `{}` has no rule", file_, SafetyClassName(static_cast<SafetyClass>(i)))};
    }
    for (const Capability& c : catalogue_.capabilities()) out_.senses.push_back(SenseOf(c, reversed_[c.id]));
    out_.unmatched.assign(unmatched_.begin(), unmatched_.end());
    return std::move(out_);
  }

 private:
  [[noreturn]] void Fail(const YAML::Node& node, const std::string& reason) const {
    throw Broken{fmt::format("{}:{}: {}", file_, node.Mark().line + 1, reason)};
  }
  YAML::Node Sequence(const YAML::Node& node) const {
    if (!node.IsSequence()) Fail(node, "a list is expected here");
    return node;
  }
  std::string String(const YAML::Node& node) const {
    if (!node.IsScalar()) Fail(node, "a word is expected here");
    return node.as<std::string>();
  }
  double Number(const YAML::Node& node) const {
    double number = 0;
    if (!node.IsScalar() || !YAML::convert<double>::decode(node, number) || !std::isfinite(number)) Fail(node, "a number is expected here");
    return number;
  }
  bool Bool(const YAML::Node& node) const {
    bool value = false;
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value)) Fail(node, "true or false is expected here");
    return value;
  }
  void AllowKeys(const YAML::Node& node, const std::set<std::string, std::less<>>& allowed) const {
    if (!node.IsMap()) Fail(node, "a map is expected here");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = String(entry.first);
      if (!allowed.contains(key)) Fail(entry.first, fmt::format("unknown key `{}`", key));
      if (!seen.insert(key).second) Fail(entry.first, fmt::format("key `{}` stands twice", key));
    }
  }

  // A list of capability names, `prefix*` patterns and `$lists`.
  std::vector<std::string> Patterns(const YAML::Node& node) {
    std::vector<std::string> patterns;
    for (const YAML::Node& item : Sequence(node)) {
      const std::string name = String(item);
      if (name.starts_with('$')) {
        const auto it = lists_.find(name.substr(1));
        if (it == lists_.end()) Fail(item, fmt::format("there is no list `{}`", name));
        patterns.insert(patterns.end(), it->second.begin(), it->second.end());
        continue;
      }
      const auto& all = catalogue_.capabilities();
      if (std::none_of(all.begin(), all.end(), [&](const Capability& c) { return Matches(name, c.name); })) unmatched_.insert(name);
      patterns.push_back(name);
    }
    return patterns;
  }

  void ReadLists(const YAML::Node& node) {
    if (!node.IsMap()) Fail(node, "a map is expected here");
    for (const auto& entry : node) {
      std::vector<std::string> patterns = Patterns(entry.second);
      if (!lists_.emplace(String(entry.first), std::move(patterns)).second) Fail(entry.first, "this list stands twice");
    }
  }

  void ReadLimits(const YAML::Node& node) {
    if (!node.IsMap()) Fail(node, "a map is expected here");
    for (const auto& entry : node) {
      AllowKeys(entry.second, {"unlisted", "capabilities"});
      if (out_.limits.size() == kLimitsMax) Fail(entry.first, fmt::format("more than {} limits", kLimitsMax));
      Limit limit;
      limit.name = String(entry.first);
      limit.by_capability.resize(catalogue_.capabilities().size());
      if (!entry.second["unlisted"] || !entry.second["capabilities"]) Fail(entry.second, "`unlisted` and `capabilities` are needed");
      const std::string unlisted = String(entry.second["unlisted"]);
      if (unlisted != "within" && unlisted != "beyond") Fail(entry.second["unlisted"], "`unlisted` is within or beyond");
      limit.unlisted_within = unlisted == "within";
      for (const auto& item : entry.second["capabilities"]) ReadCapabilityLimit(item.first, item.second, limit);
      out_.limits.push_back(std::move(limit));
    }
  }

  void ReadCapabilityLimit(const YAML::Node& name_node, const YAML::Node& range, Limit& limit) {
    CapabilityLimit out;
    out.listed = true;
    if (range.IsMap()) {
      AllowKeys(range, {"min", "max"});
      if (range["min"]) out.min = Number(range["min"]);
      if (range["max"]) out.max = Number(range["max"]);
    } else if (String(range) != "any") {
      Fail(range, "a limit is {min, max} or any");
    }
    const std::string name = String(name_node);
    const Capability* capability = catalogue_.FindCapability(name);
    if (capability == nullptr) unmatched_.insert(name);
    else limit.by_capability[capability->id] = out;
  }

  void ReadWords(const YAML::Node& node) {
    if (!node.IsMap()) Fail(node, "a map is expected here");
    for (const auto& entry : node) {
      const Act* act = Find(kWordActs, String(entry.first));
      if (act == nullptr) Fail(entry.first, "directions are on off less stop");
      for (const YAML::Node& item : Sequence(entry.second)) {
        if (!out_.words.emplace(String(item), *act).second) Fail(item, fmt::format("word `{}` stands twice", String(item)));
      }
    }
  }

  std::uint8_t Bits(const YAML::Node& node, const Names<std::uint8_t>& names) const {
    std::uint8_t bits = 0;
    for (const YAML::Node& item : Sequence(node)) {
      const std::uint8_t* bit = Find(names, String(item));
      if (bit == nullptr) Fail(item, fmt::format("`{}` is not known here", String(item)));
      bits = static_cast<std::uint8_t>(bits | *bit);
    }
    if (bits == 0) Fail(node, "an empty list fits nothing");
    return bits;
  }

  std::uint8_t LimitBit(const YAML::Node& node) const {
    for (std::size_t i = 0; i < out_.limits.size(); ++i) {
      if (out_.limits[i].name == String(node)) return static_cast<std::uint8_t>(1u << i);
    }
    Fail(node, fmt::format("there is no limit `{}`", String(node)));
  }

  std::set<int> Classes(const YAML::Node& when) const {
    std::set<int> classes;
    const bool is_negative = bool(when["not_class"]);
    if (bool(when["class"]) == is_negative) Fail(when, "exactly one of `class` and `not_class` is needed");
    const YAML::Node node = is_negative ? when["not_class"] : when["class"];
    const auto add = [&](const YAML::Node& item) {
      const std::string name = String(item);
      const auto safety = ParseSafetyClass(name);
      if (!safety && name != "any") Fail(item, fmt::format("unknown class `{}`", name));
      for (int i = 0; i < kClassCount; ++i) {
        if (name == "any" || i == static_cast<int>(*safety)) classes.insert(i);
      }
    };
    if (node.IsSequence())
      for (const YAML::Node& item : node) add(item);
    else add(node);
    if (!is_negative) return classes;
    std::set<int> others;
    for (int i = 0; i < kClassCount; ++i) {
      if (!classes.contains(i)) others.insert(i);
    }
    return others;
  }

  void ReadFacts(const YAML::Node& when, Rule& rule) const {
    for (const auto& [name, fact] : kFacts) {
      const YAML::Node node = when[std::string(name)];
      if (!node) continue;
      rule.facts_asked = static_cast<FactSet>(rule.facts_asked | Bit(fact));
      if (Bool(node)) rule.facts_wanted = static_cast<FactSet>(rule.facts_wanted | Bit(fact));
    }
  }

  void ReadWhen(const YAML::Node& when, Rule& rule) {
    AllowKeys(when, {"class",     "not_class",   "capability", "not_capability", "act",     "motion",        "speaker",
                     "place",     "origin",      "over_kmh",   "upto_kmh",       "to_over", "to_upto",       "step_over",
                     "step_upto", "within",      "beyond",     "word",           "child",   "child_here",    "raining",
                     "dark",      "window_lock", "anti_pinch", "power_on",       "crashed", "cruise_active", "known"});
    if (when["act"]) rule.acts = Bits(when["act"], kActs);
    if (when["motion"]) rule.motions = Bits(when["motion"], kMotions);
    if (when["speaker"]) rule.speakers = Bits(when["speaker"], kSpeakers);
    if (when["place"]) rule.places = Bits(when["place"], kPlaces);
    if (when["origin"]) rule.origins = Bits(when["origin"], kOrigins);
    if (when["over_kmh"]) rule.kmh.over = Number(when["over_kmh"]);
    if (when["upto_kmh"]) rule.kmh.upto = Number(when["upto_kmh"]);
    if (when["to_over"]) rule.reach.over = Number(when["to_over"]);
    if (when["to_upto"]) rule.reach.upto = Number(when["to_upto"]);
    if (when["step_over"]) rule.step.over = Number(when["step_over"]);
    if (when["step_upto"]) rule.step.upto = Number(when["step_upto"]);
    if (when["within"]) rule.within = LimitBit(when["within"]);
    if (when["beyond"]) rule.beyond = LimitBit(when["beyond"]);
    if (when["word"])
      for (const YAML::Node& item : Sequence(when["word"])) rule.words.push_back(String(item));
    ReadFacts(when, rule);
  }

  Reason ReadWhy(const YAML::Node& node) const {
    AllowKeys(node, {"zh", "en"});
    if (!node["zh"] || !node["en"]) Fail(node, "a reason needs zh and en");
    Reason why{String(node["zh"]), String(node["en"])};
    const auto words = Split(why.en, ' ');
    const auto said = std::count_if(words.begin(), words.end(), [](std::string_view word) { return !word.empty(); });
    if (said == 0 || said > static_cast<std::ptrdiff_t>(kReasonWordsMax))
      Fail(node["en"], fmt::format("a reason has 1 to {} words", kReasonWordsMax));
    const std::size_t characters = DecodeUtf8(why.zh).size();
    if (characters == 0 || characters > kReasonCharactersMax)
      Fail(node["zh"], fmt::format("a reason has 1 to {} characters", kReasonCharactersMax));
    return why;
  }

  void ReadRule(const YAML::Node& node) {
    AllowKeys(node, {"rule", "when", "then", "answer", "safe", "why"});
    for (const char* key : {"rule", "when", "then", "why"}) {
      if (!node[key]) Fail(node, fmt::format("`{}` is missing", key));
    }
    Rule rule;
    rule.id = String(node["rule"]);
    rule.where = fmt::format("{}:{}", file_, node.Mark().line + 1);
    if (!ids_.insert(rule.id).second) Fail(node["rule"], fmt::format("rule `{}` stands twice", rule.id));
    const DecisionKind* then = Find(kDecisions, String(node["then"]));
    if (then == nullptr) Fail(node["then"], "`then` is allow, confirm, confirm_touch or deny");
    rule.then = *then;
    if (node["answer"]) {
      if (String(node["answer"]) != "driver") Fail(node["answer"], "`answer` can only be driver");
      rule.by_driver = true;
    }
    if (node["safe"]) rule.safe = Bool(node["safe"]);
    rule.why = ReadWhy(node["why"]);
    ReadWhen(node["when"], rule);
    rule.is_broad = Index(node["when"]);
    if (out_.rules.size() == kRulesMax) Fail(node, fmt::format("more than {} rules", kRulesMax));
    out_.rules.push_back(std::move(rule));
  }

  // Notes the rule about to be added with every capability that its class and names fit. True when it is for every class.
  bool Index(const YAML::Node& when) {
    const std::set<int> classes = Classes(when);
    const bool is_broad = bool(when["not_class"]) || (when["class"].IsScalar() && String(when["class"]) == "any");
    if (!is_broad) classes_ruled_.insert(classes.begin(), classes.end());
    const auto wanted = when["capability"] ? Patterns(when["capability"]) : std::vector<std::string>{"*"};
    const auto unwanted = when["not_capability"] ? Patterns(when["not_capability"]) : std::vector<std::string>{};
    const auto any_of = [](const std::vector<std::string>& patterns, const std::string& name) {
      return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return Matches(pattern, name); });
    };
    for (const Capability& c : catalogue_.capabilities()) {
      if (!classes.contains(static_cast<int>(c.safety)) || !any_of(wanted, c.name) || any_of(unwanted, c.name)) continue;
      out_.by_capability[c.id].push_back(static_cast<std::uint16_t>(out_.rules.size()));
    }
    return is_broad;
  }

  const Catalogue& catalogue_;
  std::string file_;
  PolicyTable out_;
  std::map<std::string, std::vector<std::string>, std::less<>> lists_;
  std::vector<bool> reversed_;
  std::set<std::string> ids_, unmatched_;
  std::set<int> classes_ruled_;
};

Result<PolicyTable> ParsePolicy(const std::map<std::string, std::string>& files, const Catalogue& catalogue) {
  if (files.empty()) return NotFound("no policy files");
  std::string all;
  std::string reading;
  try {
    PolicyReader reader(catalogue);
    for (const auto& [file, text] : files) {
      reading = file;
      all += fmt::format("{}\n{}\n{}", file, text.size(), text);
      if (!IsValidUtf8(text)) return InvalidArgument(fmt::format("{}:1: not UTF-8", file));
      reader.Read(file, text);
    }
    PolicyTable table = std::move(reader).Finish();
    table.hash = Sha256Hex(all);
    return table;
  } catch (const Broken& broken) {
    return InvalidArgument(broken.message);
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("{}:{}: {}", reading, e.mark.line + 1, e.msg));
  }
}

}  // namespace deepcabin::safety
