#include "understanding/grammar.h"

namespace deepcabin::understanding {
namespace {

const std::vector<std::string> kNone;

template <typename Map, typename Key>
const std::vector<std::string>& Find(const Map& map, const Key& key) {
  const auto it = map.find(key);
  return it == map.end() ? kNone : it->second;
}

}  // namespace

Symbol Grammar::ListSymbol(std::string_view name) const {
  const auto it = lists_.find(std::string(name));
  return it == lists_.end() ? kNoId : it->second;
}

std::string Grammar::ListKey(Language language, std::string_view list) {
  return std::string(LanguageName(language)) + ":" + std::string(list);
}

std::uint64_t Grammar::NameKey(Language language, CapabilityId id, Op op) {
  return (std::uint64_t{static_cast<std::uint8_t>(language)} << 60) | (std::uint64_t{id} << 8) | static_cast<std::uint8_t>(op);
}

std::uint64_t Grammar::WordKey(Language language, CapabilityId id, std::uint32_t word) {
  return (std::uint64_t{static_cast<std::uint8_t>(language)} << 60) | (std::uint64_t{id} << 16) | word;
}

const std::vector<std::string>& Grammar::ListWords(Language language, std::string_view list) const {
  return Find(list_words_, ListKey(language, list));
}

const std::vector<std::string>& Grammar::NamesOf(Language language, CapabilityId id, Op op) const {
  return Find(surface_names_, NameKey(language, id, op));
}

const std::vector<std::string>& Grammar::WordsOf(Language language, CapabilityId id, std::uint32_t word) const {
  return Find(surface_words_, WordKey(language, id, word));
}

}  // namespace deepcabin::understanding
