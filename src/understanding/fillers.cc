#include "understanding/fillers.h"

#include <set>

#include "base/yaml.h"
#include "base/yaml_reader.h"

namespace deepcabin::understanding {

class FillersReader {
 public:
  explicit FillersReader(const Catalogue& catalogue) : catalogue_(catalogue) {
    out_.of_capability_.resize(catalogue.capabilities().size());
  }

  void ReadWords(const std::string& file, const YAML::Node& root) {
    const YamlReader reader(file);
    reader.AllowKeys(root, {"fillers"});
    if (!root["fillers"]) reader.Fail(root, "`fillers` is expected here");
    const bool is_chinese = file.starts_with("zh");
    if (!is_chinese && !file.starts_with("en")) reader.Fail(root, "the file's name begins with zh or en, its language");
    auto& kinds = out_.kinds_[static_cast<std::size_t>(is_chinese ? Language::kChinese : Language::kEnglish)];
    for (const auto& entry : reader.Map(root["fillers"])) {
      const std::string kind = reader.String(entry.first);
      if (kinds.contains(kind)) reader.Fail(entry.first, fmt::format("fillers `{}` stand twice", kind));
      std::set<std::string> seen;
      for (const YAML::Node& item : reader.Sequence(entry.second)) {
        std::string word = reader.String(item);
        if (word.empty()) reader.Fail(item, "an empty filler");
        if (!seen.insert(word).second) reader.Fail(item, fmt::format("`{}` stands twice among `{}`", word, kind));
        kinds[kind].push_back(std::move(word));
      }
      if (seen.empty()) reader.Fail(entry.second, fmt::format("no fillers for `{}`", kind));
    }
  }

  void ReadSlots(const std::string& file, const YAML::Node& root) {
    const YamlReader reader(file);
    reader.AllowKeys(root, {"otherwise", "slots"});
    if (!root["otherwise"] || !root["slots"]) reader.Fail(root, "`otherwise` and `slots` are expected here");
    ReadKinds(reader, root["otherwise"], out_.otherwise_);
    for (const Fillers::Kinds& kinds : out_.otherwise_) {
      if (kinds.empty()) reader.Fail(root["otherwise"], "`text` and `to` need kinds that both languages have");
    }
    std::set<std::string> seen;
    for (const auto& entry : reader.Map(root["slots"])) {
      const std::string name = reader.String(entry.first);
      const Capability* c = catalogue_.FindCapability(name);
      if (c == nullptr) reader.Fail(entry.first, fmt::format("capability `{}` is not in the catalogue", name));
      if (!seen.insert(name).second) reader.Fail(entry.first, fmt::format("`{}` stands twice", name));
      ReadKinds(reader, entry.second, out_.of_capability_[c->id]);
    }
  }

  Fillers Finish() && { return std::move(out_); }

 private:
  void ReadKinds(const YamlReader& reader, const YAML::Node& node, std::array<Fillers::Kinds, 4>& out) {
    reader.AllowKeys(node, {"text", "to"});
    for (const OpenSlot slot : {OpenSlot::kText, OpenSlot::kTo}) {
      const YAML::Node kinds = node[slot == OpenSlot::kText ? "text" : "to"];
      if (!kinds) continue;
      for (const YAML::Node& item : reader.Sequence(kinds)) {
        const std::string kind = reader.String(item);
        bool known = false;
        for (const Language language : {Language::kChinese, Language::kEnglish}) {
          const Fillers::Words* words = out_.Kind(language, kind);
          if (words == nullptr) continue;
          known = true;
          out[Fillers::Place(language, slot)].push_back(words);
        }
        if (!known) reader.Fail(item, fmt::format("there are no fillers `{}`", kind));
      }
    }
  }

  const Catalogue& catalogue_;
  Fillers out_;
};

Result<Fillers> Fillers::Load(const std::filesystem::path& directory, const Catalogue& catalogue) {
  constexpr std::size_t kFileBytesMax = 4u << 20;
  DC_ASSIGN_OR_RETURN(const auto files, ReadYamlTree(directory, kFileBytesMax));
  return Parse(files, catalogue);
}

Result<Fillers> Fillers::Parse(const std::map<std::string, std::string>& files, const Catalogue& catalogue) {
  constexpr const char* kSlots = "slots.yaml";
  DC_ASSIGN_OR_RETURN(const auto roots, ParseYaml(files));
  try {
    FillersReader reader(catalogue);
    bool has_slots = false;
    for (const auto& [name, root] : roots) {
      if (name != kSlots) reader.ReadWords(name, root);
    }
    for (const auto& [name, root] : roots) {  // refers to the words
      if (name != kSlots) continue;
      reader.ReadSlots(name, root);
      has_slots = true;
    }
    if (!has_slots) return InvalidArgument(fmt::format("{} is missing", kSlots));
    return std::move(reader).Finish();
  } catch (const Broken& broken) {
    return InvalidArgument(fmt::format("fillers/{}", broken.message));
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("fillers, line {}: {}", e.mark.line + 1, e.msg));
  }
}

const Fillers::Kinds& Fillers::For(Language language, CapabilityId capability, OpenSlot slot) const {
  const std::size_t place = Place(language, slot);
  if (capability != kNoId && !of_capability_[capability][place].empty()) return of_capability_[capability][place];
  return otherwise_[place];
}

const Fillers::Words* Fillers::Kind(Language language, const std::string& kind) const {
  const auto& kinds = kinds_[static_cast<std::size_t>(language)];
  const auto it = kinds.find(kind);
  return it == kinds.end() ? nullptr : &it->second;
}

}  // namespace deepcabin::understanding
