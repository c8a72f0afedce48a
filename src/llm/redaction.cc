#include "llm/redaction.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "llm/secrets.h"

namespace deepcabin::llm {
namespace {

constexpr std::size_t kSecretCharactersMin = 2;
constexpr std::size_t kTailCharactersMin = 4;
constexpr double kLongNumber = 1e6;  // in JSON: seven digits and more
constexpr std::u32string_view kPlaceEnds = U"省市区县镇乡";
constexpr std::size_t kKindBytesMax = 12;
// What a model may write in a placeholder's stead: other brackets, and the word in Chinese.
constexpr std::array<std::string_view, 12> kOpening{"⟦", "[", "【", "{", "<", "〔", "「", "《", "（", "(", "〚", "`"};
constexpr std::array<std::string_view, 12> kClosing{"⟧", "]", "】", "}", ">", "〕", "」", "》", "）", ")", "〛", "`"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTranslated{{{"电话", "phone"},
                                                                                     {"手机", "phone"},
                                                                                     {"姓名", "name"},
                                                                                     {"联系人", "name"},
                                                                                     {"车牌", "plate"},
                                                                                     {"邮箱", "email"},
                                                                                     {"银行卡", "card"},
                                                                                     {"身份证", "id"},
                                                                                     {"车架号", "vin"},
                                                                                     {"号码", "number"},
                                                                                     {"家", "home"},
                                                                                     {"公司", "company"}}};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Calls f(text) → text on every string of a JSON value, and on long numbers as text.
template <typename J, typename F>
void EachText(J& json, const F& f) {
  if (json.is_string()) {
    json = f(json.template get_ref<const std::string&>());
  } else if (json.is_number() && std::abs(json.template get<double>()) >= kLongNumber) {
    const std::string written = json.dump();
    std::string changed = f(written);
    if (changed != written) json = std::move(changed);
  } else if (json.is_structured()) {
    for (auto& value : json) EachText(value, f);
  }
}

}  // namespace

SecretDictionary::SecretDictionary(const std::vector<Secret>& secrets) {
  for (std::size_t i = 0; i < secrets.size() && i < kSecretsMax; ++i) {
    const Secret& secret = secrets[i];
    Add(secret.text, secret.kind);
    if (secret.kind == "name") continue;
    const std::u32string whole = DecodeUtf8(secret.text);
    for (std::size_t at = 0; at + kTailCharactersMin < whole.size(); ++at) {
      const bool ends = kPlaceEnds.find(whole[at]) != std::u32string_view::npos || (whole[at] == U',' && whole.size() - at > 8);
      if (ends) Add(Trim(EncodeUtf8(whole.substr(at + 1))), secret.kind);
    }
    if (const auto comma = secret.text.find(','); comma != std::string::npos && comma >= 8) Add(secret.text.substr(0, comma), secret.kind);
  }
  for (auto& [first, entries] : by_first_) {
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.folded.size() > b.folded.size(); });
  }
}

void SecretDictionary::Add(std::string_view text, const std::string& kind) {
  const std::string clean = WithoutInvisible(text);
  std::u32string folded;
  for (const Unit& unit : UnitsOf(clean)) {
    if (!unit.is_space && unit.c != U'·' && unit.c != U'-') folded.push_back(unit.c);
  }
  if (folded.size() >= kSecretCharactersMin) by_first_[folded.front()].push_back({folded, kind});
}

const std::vector<SecretDictionary::Entry>* SecretDictionary::StartingWith(char32_t c) const {
  const auto it = by_first_.find(c);
  return it == by_first_.end() ? nullptr : &it->second;
}

std::string Redaction::Placeholder(const std::string& kind, const std::string& key, std::string_view text) {
  const auto [it, is_new] = placeholders_.try_emplace(kind + ":" + key);
  if (is_new) {
    const std::string name = fmt::format("{}{}", kind, ++counts_[kind]);
    it->second = fmt::format("⟦{}⟧", name);
    secrets_[name] = std::string(text);
  }
  return it->second;
}

std::string Redaction::Hide(std::string_view text) {
  const std::string clean = WithoutInvisible(text);
  const std::vector<Unit> units = UnitsOf(clean);
  std::string out;
  std::size_t at = 0;
  for (const Found& found : FindSecrets(clean, units, dictionary_)) {
    const std::size_t begin = units[found.begin].begin;
    const std::size_t end = units[found.end - 1].end;
    out.append(clean, at, begin - at);
    if (found.kind == "position") {
      out += found.coarse;
      ++counts_["position"];
    } else {
      out += Placeholder(found.kind, EncodeUtf8(FoldedText(units, found.begin, found.end)),
                         std::string_view(clean).substr(begin, end - begin));
    }
    at = end;
  }
  return out.append(clean, at);
}

std::string Redaction::HideJson(std::string_view text) {
  auto json = ParseJson(text);
  if (!json) return Hide(text);
  EachText(*json, [this](std::string_view inside) { return Hide(inside); });
  return DumpJson(*json);
}

std::string Redaction::RestoreJson(std::string_view text) const {
  auto json = ParseJson(text);
  if (!json) return Restore(text);
  EachText(*json, [this](std::string_view inside) { return Restore(inside); });
  return DumpJson(*json);
}

Redaction::Match Redaction::MatchAt(std::string_view text, std::size_t position) const {
  constexpr Match kPartial{Match::Kind::kPartial};
  std::size_t at = position;
  const auto starts = [&](const auto& words) -> std::size_t {
    for (const std::string_view word : words) {
      if (text.substr(at).starts_with(word)) return word.size();
    }
    return 0;
  };
  // The beginning of a bracket's bytes at the end of a piece.
  const auto is_cut = [&](const auto& words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return word.starts_with(text.substr(at)); });
  };
  std::size_t brackets = 0;
  for (std::size_t n = 0; brackets < 3 && at < text.size() && (n = starts(kOpening)) != 0; ++brackets) at += n;
  if (brackets > 0) {
    while (at < text.size() && text[at] == ' ' && at - position < 16) ++at;
  }
  if (at >= text.size() || (is_cut(kOpening) && starts(kOpening) == 0)) return kPartial;
  std::string name;
  const std::size_t word = at;
  while (at < text.size() && IsLetter(text[at]) && at - word < kKindBytesMax) name.push_back(static_cast<char>(text[at++] | 0x20));
  if (name.empty() && brackets > 0) {
    for (const auto& [translated, kind] : kTranslated) {
      if (text.substr(at).starts_with(translated)) {
        name = kind;
        at += translated.size();
        break;
      }
      if (translated.starts_with(text.substr(at))) return kPartial;
    }
  }
  if (name.empty()) return {};
  const bool may_be = std::any_of(counts_.begin(), counts_.end(), [&](const auto& entry) { return entry.first.starts_with(name); });
  if (!may_be) return {};
  const std::size_t between = at;
  while (at < text.size() && at - between < 2 &&
         (text[at] == '_' || text[at] == '-' || (brackets > 0 && (text[at] == ' ' || text[at] == ':'))))
    ++at;
  if (at >= text.size()) return kPartial;
  const std::size_t first_digit = at;
  while (at < text.size() && IsDigit(text[at]) && at - first_digit < 5) name.push_back(text[at++]);
  const auto secret = secrets_.find(name);
  if (at >= text.size()) return {Match::Kind::kPartial, at, secret == secrets_.end() || brackets > 1 ? nullptr : &secret->second};
  if (secret == secrets_.end() || (brackets == 0 && (IsLetter(text[at]) || IsDigit(text[at])))) return {};
  const std::size_t bare = at;
  for (std::size_t closed = 0; closed < brackets; ++closed) {
    while (at < text.size() && text[at] == ' ' && closed == 0 && at - bare < 4) ++at;
    const std::size_t n = at < text.size() ? starts(kClosing) : 0;
    if (n == 0 && (at >= text.size() || is_cut(kClosing))) return {Match::Kind::kPartial, at, brackets > 1 ? nullptr : &secret->second};
    if (n == 0 && brackets > 1) return {};  // the outer one belongs to the sentence
    if (n == 0) break;
    at += n;
  }
  return {Match::Kind::kWhole, at, &secret->second};
}

std::string Redaction::Restore(std::string_view text) const {
  RestoreStream stream(*this);
  std::string out = stream.Push(text);
  return out + stream.Finish();
}

std::string RestoreStream::Push(std::string_view piece) {
  held_ += piece;
  return Drain(false);
}

std::string RestoreStream::Finish() { return Drain(true); }

std::string RestoreStream::Drain(bool is_end) {
  constexpr std::size_t kHeldMax = 48;
  std::string out;
  std::size_t at = 0;
  while (at < held_.size()) {
    const char c = held_[at];
    const bool inside_word = (IsLetter(c) || IsDigit(c)) && (IsLetter(before_) || IsDigit(before_));
    const auto match = inside_word ? Redaction::Match{} : redaction_.MatchAt(held_, at);
    if (match.kind == Redaction::Match::Kind::kPartial && !is_end && held_.size() - at < kHeldMax) break;
    const bool is_whole = match.kind == Redaction::Match::Kind::kWhole || (is_end && match.secret != nullptr);
    if (is_whole && match.secret != nullptr) {
      out += *match.secret;
      at = match.end;
      before_ = ' ';
      continue;
    }
    out.push_back(c);
    before_ = c;
    ++at;
  }
  held_.erase(0, at);
  return out;
}

}  // namespace deepcabin::llm
