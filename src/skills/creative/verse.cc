#include "skills/creative/verse.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "skills/creative/readings.h"

namespace deepcabin::creative {
namespace {

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string One(char32_t c) { return EncodeUtf8(std::u32string(1, c)); }

// Its unbroken stretches of Han characters.
std::vector<std::u32string> Clauses(std::string_view line) {
  std::vector<std::u32string> out;
  bool goes_on = false;
  for (const char32_t c : DecodeUtf8(line)) {
    const bool is_han = IsHan(c);
    if (is_han && !goes_on) out.emplace_back();
    if (is_han) out.back() += c;
    goes_on = is_han;
  }
  return out;
}

std::size_t HanCount(std::string_view line) {
  std::size_t count = 0;
  for (const auto& clause : Clauses(line)) count += clause.size();
  return count;
}

bool CanOppose(const Reading& a, const Reading& b) {
  return !a.is_known() || !b.is_known() || (a.may_be_level && b.may_be_oblique) || (a.may_be_oblique && b.may_be_level);
}
bool CanMatch(const Reading& a, const Reading& b) {
  return !a.is_known() || !b.is_known() || (a.may_be_level && b.may_be_level) || (a.may_be_oblique && b.may_be_oblique);
}

class Judge {
 public:
  explicit Judge(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) clauses_.push_back(Clauses(line));
  }

  std::vector<std::string> Couplet();
  std::vector<std::string> Verse(const Form& form);

 private:
  template <typename... Args>
  void Find(fmt::format_string<Args...> text, Args&&... args) {
    if (findings_.size() < kFindingsMax) findings_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }
  void Ends(std::size_t line, char32_t c, bool level) {
    const Reading reading = readings_.Of(c);
    if (level && reading.is_oblique()) Find("第{}句末字“{}”应平", line + 1, One(c));
    if (!level && reading.is_level()) Find("第{}句末字“{}”应仄", line + 1, One(c));
  }
  void Tones(std::size_t line, const std::u32string& text);
  void Rhymes();

  const Readings readings_{};
  std::vector<std::vector<std::u32string>> clauses_;
  std::vector<std::string> findings_;
};

std::vector<std::string> Judge::Couplet() {
  const auto& upper = clauses_[0];
  const auto& lower = clauses_[1];
  const auto alike = [](const std::u32string& a, const std::u32string& b) { return a.size() == b.size(); };
  if (upper.empty() || upper.size() != lower.size() || !std::equal(upper.begin(), upper.end(), lower.begin(), alike)) {
    Find("上下联字数和断句要相同");
    return std::move(findings_);
  }
  for (std::size_t i = 0; i < upper.size(); ++i) {
    const std::u32string &up = upper[i], &low = lower[i];
    const bool is_last = i + 1 == upper.size();
    for (std::size_t at = 1; at < up.size(); ++at) {
      const bool counts = (at % 2 == 1 && up.size() <= 7) || at + 1 == up.size();
      if (!counts || (is_last && at + 1 == up.size())) continue;  // the last one has a rule of its own
      if (!CanOppose(readings_.Of(up[at]), readings_.Of(low[at]))) Find("“{}”与“{}”要平仄相对", One(up[at]), One(low[at]));
    }
  }
  if (readings_.Of(upper.back().back()).is_level()) Find("上联末字“{}”应仄", One(upper.back().back()));
  if (readings_.Of(lower.back().back()).is_oblique()) Find("下联末字“{}”应平", One(lower.back().back()));
  std::u32string seen;
  for (const auto& clause : upper) {
    for (const char32_t c : clause) {
      const bool twice = std::any_of(lower.begin(), lower.end(), [c](const std::u32string& other) { return other.find(c) != other.npos; });
      if (twice && seen.find(c) == seen.npos) Find("上下联都用了“{}”", One(c));
      seen += c;
    }
  }
  return std::move(findings_);
}

// Within one line: the second, fourth and sixth alternate, and the end is not all level.
void Judge::Tones(std::size_t line, const std::u32string& text) {
  for (std::size_t at = 1; at + 2 < text.size(); at += 2) {
    if (!CanOppose(readings_.Of(text[at]), readings_.Of(text[at + 2])))
      Find("第{}句第{}字“{}”与第{}字“{}”要平仄相反", line + 1, at + 1, One(text[at]), at + 3, One(text[at + 2]));
  }
  if (std::all_of(text.end() - 3, text.end(), [this](char32_t c) { return readings_.Of(c).is_level(); }))
    Find("第{}句末三字都是平声", line + 1);
}

void Judge::Rhymes() {
  std::uint32_t shared = ~0u;
  std::u32string used;
  for (std::size_t line = 0; line < clauses_.size(); ++line) {
    const char32_t last = clauses_[line].front().back();
    const Reading reading = readings_.Of(last);
    const bool is_even = line % 2 == 1;
    if (!is_even && (line > 0 || !reading.is_level())) {
      if (line > 0) Ends(line, last, false);
      continue;
    }
    Ends(line, last, true);
    if (used.find(last) != used.npos) Find("韵脚“{}”用了两次", One(last));
    used += last;
    if (reading.level_rhymes == 0) continue;
    if ((shared & reading.level_rhymes) == 0) Find("第{}句末字“{}”不押韵", line + 1, One(last));
    else shared &= reading.level_rhymes;
  }
}

std::vector<std::string> Judge::Verse(const Form& form) {
  const std::size_t length = form.length > 0 ? form.length : clauses_[0].empty() ? 7 : clauses_[0][0].size();
  for (std::size_t line = 0; line < clauses_.size(); ++line) {
    const std::size_t count = clauses_[line].size() == 1 ? clauses_[line][0].size() : 0;
    if (count != length) Find("第{}句要一气{}个字", line + 1, length);
  }
  if (length != 5 && length != 7) Find("每句要五个字或七个字");
  if (!findings_.empty()) return std::move(findings_);
  for (std::size_t line = 0; line < clauses_.size(); ++line) {
    const std::u32string& text = clauses_[line][0];
    Tones(line, text);
    if (line == 0) continue;
    const Reading before = readings_.Of(clauses_[line - 1][0][1]), now = readings_.Of(text[1]);
    if (line % 2 == 1 && !CanOppose(before, now)) Find("第{}句与第{}句失对：第二字要平仄相反", line, line + 1);
    if (line % 2 == 0 && !CanMatch(before, now)) Find("第{}句与第{}句失粘：第二字要平仄相同", line, line + 1);
  }
  Rhymes();
  return std::move(findings_);
}

std::string WithoutLabel(std::string_view line, std::string_view label) {
  const std::size_t at = line.find(label);
  std::string_view rest = at == std::string_view::npos ? line : line.substr(at + label.size());
  for (const std::string_view mark : {"：", ":", "】", "*"}) {
    while (rest.starts_with(mark)) rest.remove_prefix(mark.size());
  }
  return std::string(Trim(rest));
}

std::vector<std::string> CoupletIn(std::string_view written) {
  std::string upper, lower;
  std::vector<std::string> plain;
  for (const std::string_view raw : Split(written, '\n')) {
    const std::string_view line = Trim(raw);
    if (HanCount(line) < 3 || Has(line, "横批") || Has(line, "横额")) continue;
    if (Has(line, "上联") && Has(line, "下联")) {  // both in one line
      const std::size_t middle = line.find("下联");
      return {WithoutLabel(line.substr(0, middle), "上联"), WithoutLabel(line.substr(middle), "下联")};
    }
    if (Has(line, "上联") && upper.empty()) upper = WithoutLabel(line, "上联");
    else if (Has(line, "下联") && lower.empty()) lower = WithoutLabel(line, "下联");
    else plain.emplace_back(line);
  }
  if (!upper.empty() && !lower.empty()) return {upper, lower};
  for (std::size_t i = 0; i + 1 < plain.size(); ++i) {
    if (HanCount(plain[i]) == HanCount(plain[i + 1])) return {plain[i], plain[i + 1]};
  }
  for (const std::string& line : plain) {  // "春风…，瑞雪…。"
    const auto clauses = Clauses(line);
    if (clauses.size() == 2 && clauses[0].size() == clauses[1].size()) return {EncodeUtf8(clauses[0]), EncodeUtf8(clauses[1])};
  }
  return {};
}

}  // namespace

std::optional<Form> FormWanted(std::string_view wish) {
  for (const std::string_view word : {"对联", "春联", "楹联", "喜联", "婚联", "寿联", "挽联", "门联"}) {
    if (Has(wish, word)) return Form{.is_couplet = true, .lines = 2};
  }
  const bool quatrain = Has(wish, "绝句") || Has(wish, "七绝") || Has(wish, "五绝");
  const bool regulated = Has(wish, "律诗") || Has(wish, "七律") || Has(wish, "五律");
  if (!quatrain && !regulated) return std::nullopt;
  Form form{.lines = quatrain ? 4u : 8u};
  for (const std::string_view word : {"五言", "五绝", "五律"}) form.length = Has(wish, word) ? 5 : form.length;
  for (const std::string_view word : {"七言", "七绝", "七律"}) form.length = Has(wish, word) ? 7 : form.length;
  return form;
}

std::string RulesOf(const Form& form) {
  if (form.is_couplet)
    return "上联、下联各写一行，字数相等，不用相同的字；按普通话声调，上联末字仄声（三、四声），下联末字平声（一、二声），"
           "第二、四、六字上下平仄相反。只写对联本身。";
  const std::string length = form.length == 5 ? "五个字" : form.length == 7 ? "七个字" : "五个字（或都七个字）";
  return fmt::format(
      "共{}句，每句{}"
      "，一句一行；按普通话声调：第二、四、六字平仄交替，同联相对，邻联相粘，双句押同一平声韵，其余单句（第一句可押韵）仄声收尾，"
      "句末不连三平。只写诗本身。",
      form.lines, length);
}

std::vector<std::string> LinesOf(const Form& form, std::string_view written) {
  written = written.substr(0, kVerseBytesMax);
  if (form.is_couplet) return CoupletIn(written);
  const auto clauses = Clauses(written);
  for (std::size_t i = 0; i + form.lines <= clauses.size(); ++i) {
    const std::size_t length = form.length > 0 ? form.length : clauses[i].size();
    if (length != 5 && length != 7) continue;
    std::vector<std::string> lines;
    for (std::size_t k = i; k < i + form.lines && clauses[k].size() == length; ++k) lines.push_back(EncodeUtf8(clauses[k]));
    if (lines.size() == form.lines) return lines;
  }
  return {};
}

std::vector<std::string> Verify(const Form& form, const std::vector<std::string>& lines) {
  if (lines.size() != form.lines) return {form.is_couplet ? "没有找到上下两联" : fmt::format("没有找到整齐的{}句", form.lines)};
  Judge judge(lines);
  return form.is_couplet ? judge.Couplet() : judge.Verse(form);
}

}  // namespace deepcabin::creative
