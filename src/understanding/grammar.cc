#include "understanding/grammar.h"

namespace deepcabin::understanding {
namespace {

const std::vector<std::string> kNone;

}  // namespace

Symbol Grammar::ListSymbol(std::string_view name) const {
  const auto it = lists_.find(std::string(name));
  return it == lists_.end() ? kNoId : it->second;
}

const std::vector<std::string>& Grammar::ListWords(Language language, std::string_view list) const {
  const auto it = list_words_.find(std::string(LanguageName(language)) + ":" + std::string(list));
  return it == list_words_.end() ? kNone : it->second;
}

const std::vector<std::string>& Grammar::NamesOf(Language language, CapabilityId id, Op op) const {
  const auto key = (std::uint64_t{static_cast<std::uint8_t>(language)} << 60) | (std::uint64_t{id} << 8) | static_cast<std::uint8_t>(op);
  const auto it = surface_names_.find(key);
  return it == surface_names_.end() ? kNone : it->second;
}

const std::vector<std::string>& Grammar::WordsOf(Language language, CapabilityId id, std::uint32_t word) const {
  const auto key = (std::uint64_t{static_cast<std::uint8_t>(language)} << 60) | (std::uint64_t{id} << 16) | word;
  const auto it = surface_words_.find(key);
  return it == surface_words_.end() ? kNone : it->second;
}

}  // namespace deepcabin::understanding
