#include "llm/secrets.h"

#include <algorithm>
#include <array>

namespace deepcabin::llm {
namespace {

constexpr std::size_t kDigitsMin = 7;  // fewer are a number among others
constexpr std::size_t kGapMax = 3;     // separators in a row inside one number
constexpr std::u32string_view kProvinces = U"京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使";
constexpr std::u32string_view kPlateEnds = U"挂学警港澳领使";
constexpr std::array<std::u32string_view, 14> kTopDomains{U"COM", U"CN",   U"NET", U"ORG", U"EDU", U"GOV", U"IO",
                                                          U"ME",  U"INFO", U"DE",  U"UK",  U"HK",  U"TW",  U"CC"};

class Finder {
 public:
  Finder(std::string_view text, const std::vector<Unit>& units) : text_(text), units_(units), taken_(units.size()) {}

  void Dictionary(const SecretDictionary& dictionary);
  void Mail();
  void Vehicle();
  void Plates();
  void Positions();
  void Numbers();
  std::vector<Found> Take() &&;

 private:
  std::size_t size() const { return units_.size(); }
  bool Is(std::size_t i, std::u32string_view text) const;
  std::size_t SkipSpaces(std::size_t i) const {
    while (i < size() && units_[i].is_space) ++i;
    return i;
  }
  // One past the letters and digits that follow each other from `i`.
  std::size_t WordEnd(std::size_t i) const {
    while (i < size() && units_[i].is_word() && !taken_[i]) ++i;
    return i;
  }
  std::size_t Digits(std::size_t begin, std::size_t end) const;
  std::size_t AfterDot(std::size_t i) const;
  std::size_t AfterAt(std::size_t i) const;
  bool IsPlateWord(std::size_t begin, std::size_t end) const;
  std::size_t MailBegin(std::size_t at) const;
  std::size_t DateEnd(std::size_t i) const;
  bool VehicleFrom(std::size_t begin, bool is_named);
  bool DecimalFrom(std::size_t begin);
  bool ArcFrom(std::size_t begin);
  std::string KindOf(const std::u32string& digits, bool ends_in_x) const;
  void Mark(std::size_t begin, std::size_t end, std::string kind, std::string coarse = {});

  std::string_view text_;
  const std::vector<Unit>& units_;
  std::vector<bool> taken_;
  std::vector<Found> found_;
};

void Finder::Mark(std::size_t begin, std::size_t end, std::string kind, std::string coarse) {
  if (std::find(taken_.begin() + static_cast<std::ptrdiff_t>(begin), taken_.begin() + static_cast<std::ptrdiff_t>(end), true) !=
      taken_.begin() + static_cast<std::ptrdiff_t>(end))
    return;
  std::fill(taken_.begin() + static_cast<std::ptrdiff_t>(begin), taken_.begin() + static_cast<std::ptrdiff_t>(end), true);
  found_.push_back({begin, end, std::move(kind), std::move(coarse)});
}

std::vector<Found> Finder::Take() && {
  std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) { return a.begin < b.begin; });
  return std::move(found_);
}

bool Finder::Is(std::size_t i, std::u32string_view text) const {
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (i + k >= size() || units_[i + k].c != text[k]) return false;
  }
  return true;
}

std::size_t Finder::Digits(std::size_t begin, std::size_t end) const {
  std::size_t count = 0;
  for (std::size_t i = begin; i < end; ++i) count += units_[i].digits;
  return count;
}

// Spaces, also inside a name, do not count; a Latin name ends where its word ends.
void Finder::Dictionary(const SecretDictionary& dictionary) {
  const auto is_latin = [&](std::size_t i) { return i < size() && units_[i].is_word() && units_[i].end - units_[i].begin == 1; };
  for (std::size_t begin = 0; begin < size(); ++begin) {
    const auto* entries = units_[begin].is_space || taken_[begin] ? nullptr : dictionary.StartingWith(units_[begin].c);
    if (entries == nullptr || (begin > 0 && is_latin(begin) && is_latin(begin - 1))) continue;
    for (const auto& entry : *entries) {
      std::size_t i = begin;
      std::size_t matched = 0;
      while (i < size() && matched < entry.folded.size()) {
        if (units_[i].is_space || units_[i].c == U'·' || units_[i].c == U'-') {
          ++i;
          continue;
        }
        if (units_[i].c != entry.folded[matched]) break;
        ++matched;
        ++i;
      }
      if (matched < entry.folded.size() || (is_latin(i) && is_latin(i - 1))) continue;
      Mark(begin, i, entry.kind);
      break;
    }
  }
}

// One past "." (or dot, 点) with the spaces around it; 0 when there is none.
std::size_t Finder::AfterDot(std::size_t i) const {
  std::size_t at = SkipSpaces(i);
  if (Is(at, U".") || Is(at, U"点")) return SkipSpaces(at + 1);
  for (const std::u32string_view word : {U"[DOT]", U"(DOT)"}) {
    if (Is(at, word)) return SkipSpaces(at + word.size());
  }
  if (at > i && Is(at, U"DOT") && at + 3 < size() && units_[at + 3].is_space) return SkipSpaces(at + 3);
  return 0;
}

std::size_t Finder::AfterAt(std::size_t i) const {
  const std::size_t at = SkipSpaces(i);
  for (const std::u32string_view word : {U"@", U"[AT]", U"(AT)", U"艾特", U"圈A"}) {
    if (Is(at, word)) return SkipSpaces(at + word.size());
  }
  if (at > i && Is(at, U"AT") && at + 2 < size() && units_[at + 2].is_space) return SkipSpaces(at + 2);
  return 0;
}

std::size_t Finder::MailBegin(std::size_t at) const {
  std::size_t begin = at;
  while (begin > 0 && units_[begin - 1].is_space) --begin;
  constexpr std::size_t kLocalMax = 64;
  while (begin > 0 && at - begin < kLocalMax) {
    const Unit& unit = units_[begin - 1];
    const bool joins = unit.c == U'.' || unit.c == U'_' || unit.c == U'-' || unit.c == U'+' || unit.c == U'%' || unit.c == U'点';
    const bool is_latin = unit.is_word();
    if (is_latin || joins) {
      --begin;
      continue;
    }
    // "zhang dot san": a spoken dot joins two words.
    if (unit.is_space && begin >= 5 && Is(begin - 4, U"DOT") && units_[begin - 5].is_space) {
      begin -= 5;
      continue;
    }
    break;
  }
  return begin;
}

void Finder::Mail() {
  for (std::size_t i = 1; i < size(); ++i) {
    std::size_t at = AfterAt(i);
    if (at == 0) continue;
    const bool is_sign = Is(SkipSpaces(i), U"@");
    std::size_t end = 0;
    for (std::size_t word = at; word < size();) {
      std::size_t stop = WordEnd(word);
      while (stop < size() && (units_[stop].c == U'-' || units_[stop].c == U'_') && WordEnd(stop + 1) > stop + 1) stop = WordEnd(stop + 1);
      if (stop == word) break;
      const std::u32string name = FoldedText(units_, word, stop);
      const bool is_top = std::find(kTopDomains.begin(), kTopDomains.end(), name) != kTopDomains.end();
      if (word != at && (is_sign || is_top)) end = stop;
      word = AfterDot(stop);
      if (word == 0) break;
    }
    const std::size_t begin = MailBegin(i);
    if (end > 0 && begin < SkipSpaces(begin)) continue;
    if (end > 0 && begin < i) Mark(begin, end, "email");
  }
}

// Seventeen letters and digits, together or in groups; in any grouping where a word says what they are.
bool Finder::VehicleFrom(std::size_t begin, bool is_named) {
  constexpr std::size_t kLength = 17;
  std::size_t letters = 0;
  std::size_t digits = 0;
  std::size_t i = begin;
  for (std::size_t in_group = 0; i < size() && letters + digits < kLength; ++i) {
    const Unit& unit = units_[i];
    if (taken_[i]) return false;
    if (unit.is_word()) {
      ++in_group;
      ++(unit.kind == UnitKind::kDigit ? digits : letters);
      if (unit.c == U'I' || unit.c == U'O' || unit.c == U'Q') return false;
      continue;
    }
    const bool between = unit.kind == UnitKind::kSeparator && (is_named || in_group <= 6);
    if (!between || (!is_named && in_group == 0)) return false;
    in_group = 0;
  }
  if (letters + digits < kLength || letters < 2 || digits < 4 || (i < size() && units_[i].is_word())) return false;
  Mark(begin, i, "vin");
  return true;
}

void Finder::Vehicle() {
  for (std::size_t i = 0; i < size(); ++i) {
    for (const std::u32string_view word : {U"VIN", U"车架", U"识别码", U"识别代号", U"CHASSIS"}) {
      if (!Is(i, word)) continue;
      for (std::size_t begin = i + word.size(); begin < std::min(size(), i + 24); ++begin) {
        if (units_[begin].is_word() && VehicleFrom(begin, true)) break;
      }
    }
    const bool is_start = units_[i].is_word() && (i == 0 || !units_[i - 1].is_word());
    if (is_start && !taken_[i]) VehicleFrom(i, false);
  }
}

bool Finder::IsPlateWord(std::size_t begin, std::size_t end) const {
  const std::size_t length = end - begin;
  return length >= 3 && length <= 8 && Digits(begin, end) >= 2;
}

void Finder::Plates() {
  for (std::size_t i = 0; i < size(); ++i) {
    if (kProvinces.find(units_[i].c) != std::u32string_view::npos) {
      std::size_t at = i + 1;
      std::size_t count = 0;
      std::size_t end = i;
      while (at < size() && (units_[at].c == U'牌' || units_[at].c == U'照')) ++at;
      for (std::size_t gap = 0; at < size() && gap <= 2 && count < 8; ++at) {
        if (units_[at].is_word() && !taken_[at]) {
          if (count == 0 && units_[at].kind != UnitKind::kLetter && units_[i].c != U'使') break;
          ++count;
          gap = 0;
          end = at + 1;
        } else if (units_[at].kind == UnitKind::kSeparator) {
          ++gap;
        } else {
          break;
        }
      }
      const bool has_end = end < size() && kPlateEnds.find(units_[end].c) != std::u32string_view::npos;
      if (count + (has_end ? 1 : 0) < 6 || Digits(i, end) < 1) continue;
      if (has_end) ++end;
      Mark(i, end, "plate");
    }
    for (const std::u32string_view word : {U"车牌", U"牌照", U"牌号", U"PLATE"}) {
      if (!Is(i, word)) continue;
      for (std::size_t begin = i + word.size(); begin < std::min(size(), i + 24);) {
        std::size_t end = WordEnd(begin);
        if (IsPlateWord(begin, end)) {
          while (begin > i + word.size() + 2 && units_[begin - 1].kind == UnitKind::kSeparator &&
                 units_[begin - 2].kind == UnitKind::kLetter) {
            begin -= 2;  // "ABC 1234"
            while (begin > i + word.size() && units_[begin - 1].kind == UnitKind::kLetter) --begin;
            break;
          }
          while (end + 1 < size() && units_[end].kind == UnitKind::kSeparator && IsPlateWord(end + 1, WordEnd(end + 1)))
            end = WordEnd(end + 1);
          Mark(begin, end, "plate");
          break;
        }
        begin = std::max(end, begin + 1);
      }
    }
  }
}

// 31.230416 stays as 31.23. A second point makes it something else (a telephone number, a version).
bool Finder::DecimalFrom(std::size_t begin) {
  std::size_t at = begin;
  while (at < size() && units_[at].kind == UnitKind::kDigit) ++at;
  if (at == begin || at - begin > 3 || at >= size()) return false;
  if (units_[at].c != U'.' && units_[at].c != U'点') return false;
  const std::size_t fraction = at + 1;
  std::size_t end = fraction;
  while (end < size() && units_[end].kind == UnitKind::kDigit) ++end;
  if (end - fraction < 3) return false;
  const bool goes_on = end + 1 < size() && units_[end].c == U'.' && units_[end + 1].kind == UnitKind::kDigit;
  if (goes_on) return false;
  if (end - fraction == 8 && at - begin == 3 && units_[begin].c == U'1' && units_[begin + 1].c >= U'3') return false;  // 138.12345678
  const std::size_t from = units_[begin].begin;
  Mark(begin, end, "position", std::string(text_.substr(from, units_[fraction + 1].end - from)));
  return true;
}

// 31°13'49" stays as 31°13'.
bool Finder::ArcFrom(std::size_t begin) {
  const auto number = [&](std::size_t i, std::u32string_view signs) -> std::size_t {
    i = SkipSpaces(i);
    const std::size_t first = i;
    while (i < size() && (units_[i].kind == UnitKind::kDigit || (i > first && units_[i].c == U'.'))) ++i;
    const std::size_t after = SkipSpaces(i);
    return i > first && after < size() && signs.find(units_[after].c) != std::u32string_view::npos ? after + 1 : 0;
  };
  const std::size_t degrees = number(begin, U"°度º");
  const std::size_t minutes = degrees == 0 ? 0 : number(degrees, U"'′’分");
  const std::size_t seconds = minutes == 0 ? 0 : number(minutes, U"\"″”'秒");
  if (seconds == 0) return false;
  const std::size_t from = units_[begin].begin;
  Mark(begin, seconds, "position", std::string(text_.substr(from, units_[minutes - 1].end - from)));
  return true;
}

void Finder::Positions() {
  for (std::size_t i = 0; i < size(); ++i) {
    if (taken_[i] || units_[i].kind != UnitKind::kDigit || (i > 0 && units_[i - 1].kind == UnitKind::kDigit)) continue;
    if (i > 1 && units_[i - 1].c == U'.' && units_[i - 2].kind == UnitKind::kDigit) continue;
    if (!ArcFrom(i)) DecimalFrom(i);
  }
}

// One past 2026-03-02 or 2026/3/2; 0 when it is no date.
std::size_t Finder::DateEnd(std::size_t i) const {
  std::array<std::size_t, 3> parts{};
  for (std::size_t part = 0; part < 3; ++part) {
    const std::size_t first = i;
    while (i < size() && units_[i].kind == UnitKind::kDigit && i - first < 4) parts[part] = parts[part] * 10 + (units_[i++].c - U'0');
    const std::size_t length = i - first;
    if (part == 0 ? length != 4 : length < 1 || length > 2) return 0;
    if (part < 2 && (i >= size() || (units_[i].c != U'-' && units_[i].c != U'/'))) return 0;
    if (part < 2) ++i;
  }
  const bool is_date = parts[0] >= 1900 && parts[0] < 2100 && parts[1] >= 1 && parts[1] <= 12 && parts[2] >= 1 && parts[2] <= 31;
  return is_date && (i >= size() || units_[i].kind != UnitKind::kDigit) ? i : 0;
}

std::string Finder::KindOf(const std::u32string& digits, bool ends_in_x) const {
  const std::size_t n = digits.size();
  if (ends_in_x || n == 18 || n == 15) return "id";
  const bool has_country = digits.starts_with(U"86") || digits.starts_with(U"0086");
  if (n <= 11 || (n <= 15 && has_country) || (n == 12 && digits[0] == U'0')) return "phone";
  return n >= 16 && n <= 19 ? "card" : "number";
}

void Finder::Numbers() {
  for (std::size_t i = 0; i < size();) {
    if (taken_[i] || units_[i].kind != UnitKind::kDigit) {
      ++i;
      continue;
    }
    if (const std::size_t date = DateEnd(i); date != 0) {
      i = date;
      continue;
    }
    std::size_t end = i;
    std::size_t gap = 0;
    std::u32string digits;
    for (std::size_t at = i; at < size() && gap <= kGapMax && !taken_[at]; ++at) {
      if (units_[at].kind == UnitKind::kDigit) {
        digits.push_back(units_[at].c);
        gap = 0;
        end = at + 1;
      } else if (units_[at].kind == UnitKind::kSeparator) {
        ++gap;
      } else {
        break;
      }
    }
    const bool ends_in_x = digits.size() == 17 && end < size() && units_[end].c == U'X';
    if (Digits(i, end) >= kDigitsMin) {
      const bool has_plus = i > 0 && (units_[i - 1].c == U'+' || units_[i - 1].c == U'(') && !taken_[i - 1];
      Mark(has_plus ? i - 1 : i, ends_in_x ? end + 1 : end, KindOf(digits, ends_in_x));
    }
    i = end;
  }
}

}  // namespace

std::u32string FoldedText(const std::vector<Unit>& units, std::size_t begin, std::size_t end) {
  std::u32string out;
  for (std::size_t i = begin; i < end; ++i) {
    if (units[i].kind != UnitKind::kSeparator) out.push_back(units[i].c);
  }
  return out;
}

std::vector<Found> FindSecrets(std::string_view text, const std::vector<Unit>& units, const SecretDictionary& dictionary) {
  Finder finder(text, units);
  finder.Dictionary(dictionary);
  finder.Mail();
  finder.Vehicle();
  finder.Plates();
  finder.Positions();
  finder.Numbers();
  return std::move(finder).Take();
}

}  // namespace deepcabin::llm
