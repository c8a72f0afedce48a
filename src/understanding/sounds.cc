#include "understanding/sounds.h"

#include <map>
#include <memory>
#include <string>

#include <unicode/translit.h>
#include <unicode/unistr.h>

#include "base/text.h"

namespace deepcabin::understanding {
namespace {

// "zhuang" → "zuan": sounds that many speakers, and recognisers, do not keep apart.
std::string Canonical(std::string syllable) {
  for (const char* initial : {"zh", "ch", "sh"}) {
    if (syllable.starts_with(initial)) syllable.erase(1, 1);
  }
  if (syllable.ends_with("ng")) syllable.pop_back();
  return syllable;
}

class WordsBySound {
 public:
  WordsBySound(const Trie& lexicon, const Sounds& sounds) : lexicon_(lexicon), sounds_(sounds) {}

  Trie Run() {
    Walk(Trie::kRoot, Trie::kRoot, 0);
    return by_sound_.Build();
  }

 private:
  void Walk(std::uint32_t node, std::uint32_t sound_node, int length) {
    constexpr int kLengthMin = 2;
    if (length >= kLengthMin && !lexicon_.Values(node).empty()) by_sound_.Values(sound_node).push_back(node);
    for (std::uint32_t child = lexicon_.ChildrenBegin(node); child < lexicon_.ChildrenEnd(node); ++child) {
      const std::uint32_t c = lexicon_.label(child);
      const std::uint16_t syllable = sounds_.Of(c);
      if (syllable != 0) Walk(child, by_sound_.Extend(sound_node, syllable), length + 1);
    }
  }

  const Trie& lexicon_;
  const Sounds& sounds_;
  TrieBuilder by_sound_;
};

}  // namespace

Result<Sounds> Sounds::Create() {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::Transliterator> latin(
      icu::Transliterator::createInstance("Han-Latin; NFD; [:Mn:] Remove; Lower", UTRANS_FORWARD, status));
  if (U_FAILURE(status) || latin == nullptr) return Unavailable("ICU's pronunciations of Chinese are missing");
  icu::UnicodeString all;
  for (char32_t c = kFirst; c <= kLast; ++c) all.append(static_cast<UChar32>(c)).append(u'\n');
  latin->transliterate(all);
  std::string text;
  all.toUTF8String(text);
  Sounds sounds;
  std::map<std::string, std::uint16_t> numbers;
  char32_t c = kFirst;
  for (const std::string_view line : Split(text, '\n')) {
    if (c > kLast) break;
    const std::string syllable(Trim(line));
    const bool is_latin = !syllable.empty() && syllable.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
    if (is_latin) {
      const auto number = static_cast<std::uint16_t>(numbers.size() + 1);
      sounds.syllables_[c - kFirst] = numbers.emplace(Canonical(syllable), number).first->second;
    }
    ++c;
  }
  return sounds;
}

Result<Sounds> Sounds::Load(ByteReader& in) {
  Sounds sounds;
  const std::size_t size = sounds.syllables_.size();
  DC_ASSIGN_OR_RETURN(sounds.syllables_, in.Array<std::uint16_t>());
  if (sounds.syllables_.size() != size) return Error{ErrorCode::kDataLoss, "not a table of sounds"};
  return sounds;
}

Trie LexiconBySound(const Trie& lexicon, const Sounds& sounds) { return WordsBySound(lexicon, sounds).Run(); }

}  // namespace deepcabin::understanding
