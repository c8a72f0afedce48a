#pragma once
// What people put into open slots: songs, places, people, messages. Lists by kind and language, and a table that says which kinds suit
// which capability (phrasebook/fillers/*.yaml). Immutable after loading.

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalogue/catalogue.h"

namespace deepcabin::understanding {

enum class OpenSlot : std::uint8_t { kText, kTo };

class Fillers {
 public:
  using Words = std::vector<std::string>;
  // One of these lists, each as likely as the others; never empty.
  using Kinds = std::vector<const Words*>;

  // From phrasebook/fillers: zh*.yaml, en*.yaml and slots.yaml. kInvalidArgument "file:line: reason": broken YAML, a filler that stands
  // twice in its list, an unknown kind or capability. `catalogue` need not outlive it.
  static Result<Fillers> Load(const std::filesystem::path& directory, const Catalogue& catalogue);
  // The same from memory: file name → text.
  static Result<Fillers> Parse(const std::map<std::string, std::string>& files, const Catalogue& catalogue);

  Fillers(Fillers&&) = default;
  Fillers& operator=(Fillers&&) = default;
  Fillers(const Fillers&) = delete;
  Fillers& operator=(const Fillers&) = delete;

  // What may stand in that slot of a phrase that means `capability`; kNoId: of a phrase that means none.
  const Kinds& For(Language language, CapabilityId capability, OpenSlot slot) const;
  // Null when the language has no such kind.
  const Words* Kind(Language language, const std::string& kind) const;

 private:
  friend class FillersReader;
  Fillers() = default;
  static std::size_t Place(Language language, OpenSlot slot) {
    return static_cast<std::size_t>(language) * 2 + static_cast<std::size_t>(slot);
  }

  std::array<std::map<std::string, Words>, 2> kinds_;  // by language
  std::array<Kinds, 4> otherwise_;                     // by language and slot
  std::vector<std::array<Kinds, 4>> of_capability_;    // by capability; empty: as otherwise
};

}  // namespace deepcabin::understanding
