// Grammar::Pack and Unpack: the compiled phrasebook as bytes, so that a cockpit starts without reading YAML.

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "understanding/grammar.h"

namespace deepcabin::understanding {
namespace {

constexpr std::string_view kMagic = "deepcabin phrasebook 2";
constexpr std::uint32_t kCountMax = 1u << 24;  // of anything in one file

// One description of the format for both directions: Visit(archive, x) writes or reads x.
class Writer {
 public:
  template <typename T>
  bool Plain(const T& value) {
    out_.Plain(value);
    return true;
  }
  bool Text(const std::string& text) {
    out_.Text(text);
    return true;
  }
  template <typename T>
  bool Size(const std::vector<T>& items) {
    return Plain(static_cast<std::uint32_t>(items.size()));
  }
  ByteWriter& bytes() { return out_; }

 private:
  ByteWriter out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : in_(bytes) {}
  template <typename T>
  bool Plain(T& value) {
    auto read = in_.Plain<T>();
    if (read) value = *read;
    return read.has_value();
  }
  bool Text(std::string& text) {
    auto read = in_.Text();
    if (read) text = std::move(*read);
    return read.has_value();
  }
  template <typename T>
  bool Size(std::vector<T>& items) {
    std::uint32_t size = 0;
    if (!Plain(size) || size > kCountMax) return false;
    items.resize(size);
    return true;
  }
  ByteReader& bytes() { return in_; }

 private:
  ByteReader in_;
};

template <typename Archive, typename Items, typename Each>
bool Every(Archive& archive, Items& items, Each each) {
  if (!archive.Size(items)) return false;
  for (auto& item : items) {
    if (!each(item)) return false;
  }
  return true;
}

bool VisitValue(Writer& out, const SpokenValue& value) {
  out.Plain(static_cast<std::uint8_t>(value.index()));
  if (const auto* number = std::get_if<double>(&value)) return out.Plain(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return out.Text(*text);
  return true;
}

bool VisitValue(Reader& in, SpokenValue& value) {
  std::uint8_t index = 0;
  if (!in.Plain(index) || index > 2) return false;
  if (index == 0) return true;
  double number = 0;
  std::string text;
  const bool read = index == 1 ? in.Plain(number) : in.Text(text);
  if (index == 1) value = number;
  else value = std::move(text);
  return read;
}

template <typename Archive, typename T>
bool Visit(Archive& a, T& bilingual) requires requires {
  bilingual.zh;
}
{ return a.Text(bilingual.zh) && a.Text(bilingual.en); }

template <typename Archive, typename T>
bool VisitState(Archive& a, T& s) {
  return a.Plain(s.signal) && a.Plain(s.capability) && a.Plain(s.zone) && a.Plain(s.zone_is_speaker) && a.Text(s.comparison) &&
         VisitValue(a, s.value);
}

template <typename Archive, typename T>
bool VisitCall(Archive& a, T& c) {
  return a.Plain(c.capability) && a.Plain(c.op) && a.Plain(c.zone) && a.Plain(c.zone_is_speaker) && VisitValue(a, c.value) &&
         a.Text(c.unit) && a.Text(c.text);
}

template <typename Archive, typename T>
bool VisitRemedy(Archive& a, T& r) {
  return Every(a, r.conditions, [&](auto& s) { return VisitState(a, s); }) && Every(a, r.calls, [&](auto& c) { return VisitCall(a, c); }) &&
         Visit(a, r.because) && Visit(a, r.say) && Visit(a, r.clarify) && a.Plain(r.escalation);
}

template <typename Archive, typename T>
bool VisitNeed(Archive& a, T& n) {
  return a.Text(n.name) && a.Text(n.about) && Every(a, n.remedies, [&](auto& r) { return VisitRemedy(a, r); });
}

template <typename Archive, typename T>
bool VisitPhrase(Archive& a, T& p) {
  return a.Plain(p.kind) && a.Plain(p.op) && a.Plain(p.capability) && VisitValue(a, p.value) && a.Text(p.unit) && a.Plain(p.need) &&
         a.Plain(p.dialogue) && a.Text(p.dimension) && a.Plain(p.escalation) && a.Plain(p.language) && a.Text(p.text) && a.Text(p.source);
}

template <typename Archive, typename Groups>
bool VisitMeanings(Archive& a, Groups& groups) {
  return Every(a, groups, [&](auto& meanings) { return Every(a, meanings, [&](auto& m) { return a.Plain(m); }); });
}

template <typename Archive, typename Phrases, typename Needs, typename Conditions>
bool VisitTables(Archive& a, Phrases& phrases, Needs& needs, Conditions& conditions) {
  return Every(a, phrases, [&](auto& p) { return VisitPhrase(a, p); }) && Every(a, needs, [&](auto& n) { return VisitNeed(a, n); }) &&
         Every(a, conditions, [&](auto& c) { return a.Text(c.name) && VisitState(a, c.state); });
}

}  // namespace

std::string Grammar::Pack() const {
  Writer out;
  out.Text(std::string(kMagic));
  VisitTables(out, phrases_, needs_, conditions_);
  VisitMeanings(out, names_);
  VisitMeanings(out, words_);
  std::vector<std::pair<std::string, Symbol>> lists;
  for (const auto& [name, symbol] : lists_) {
    if (!name.starts_with('|')) lists.emplace_back(name, symbol);  // the nameless ones live in the tries
  }
  std::sort(lists.begin(), lists.end());
  Every(out, lists, [&](auto& list) { return out.Text(list.first) && out.Plain(list.second); });
  out.Plain(symbol_count_);
  lexicon_.Save(out.bytes());
  sounds_.Save(out.bytes());
  sequences_.Save(out.bytes());
  out.Plain(HashBytes(out.bytes().bytes()));
  return out.bytes().bytes();
}

Result<Grammar> Grammar::Unpack(std::string_view bytes, const Catalogue& catalogue) {
  const Error broken{ErrorCode::kDataLoss, "not a compiled phrasebook of this version, or damaged"};
  if (bytes.size() < sizeof(std::uint64_t)) return broken;
  const std::string_view body = bytes.substr(0, bytes.size() - sizeof(std::uint64_t));
  std::uint64_t sum = 0;
  std::memcpy(&sum, bytes.data() + body.size(), sizeof(sum));
  if (sum != HashBytes(body)) return broken;
  Reader in(body);
  Grammar grammar;
  grammar.catalogue_ = &catalogue;
  std::string magic;
  std::vector<std::pair<std::string, Symbol>> lists;
  const bool read = in.Text(magic) && magic == kMagic && VisitTables(in, grammar.phrases_, grammar.needs_, grammar.conditions_) &&
                    VisitMeanings(in, grammar.names_) && VisitMeanings(in, grammar.words_) &&
                    Every(in, lists, [&](auto& list) { return in.Text(list.first) && in.Plain(list.second); }) &&
                    in.Plain(grammar.symbol_count_) && grammar.symbol_count_ >= kSlotSymbols && grammar.symbol_count_ <= kCountMax;
  if (!read) return broken;
  grammar.lists_.insert(lists.begin(), lists.end());
  DC_ASSIGN_OR_RETURN(grammar.lexicon_, Trie::Load(in.bytes()));
  DC_ASSIGN_OR_RETURN(grammar.sounds_, Sounds::Load(in.bytes()));
  grammar.by_sound_ = LexiconBySound(grammar.lexicon_, grammar.sounds_);
  DC_ASSIGN_OR_RETURN(grammar.sequences_, Trie::Load(in.bytes()));
  if (!grammar.sequences_.looks_ahead()) return broken;
  return grammar;
}

}  // namespace deepcabin::understanding
