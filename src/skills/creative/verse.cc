#include "skills/creative/verse.h"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::creative {
namespace {

// All readings of characters that have several, or that ICU reads in the rarer way; 5 is the neutral tone.
constexpr std::u32string_view kSeveral =
    U"看kan1,kan4 为wei2,wei4 长chang2,zhang3 重chong2,zhong4 还hai2,huan2 行xing2,hang2 乐le4,yue4 兴xing1,xing4 "
    U"中zhong1,zhong4 教jiao1,jiao4 思si1,si4 论lun4,lun2 听ting1,ting4 望wang4,wang2 过guo4,guo1 胜sheng4,sheng1 "
    U"应ying1,ying4 当dang1,dang4 间jian1,jian4 空kong1,kong4 难nan2,nan4 分fen1,fen4 更geng1,geng4 相xiang1,xiang4 "
    U"少shao3,shao4 只zhi3,zhi1 尽jin3,jin4 正zheng4,zheng1 将jiang1,jiang4 朝chao2,zhao1 调tiao2,diao4 降jiang4,xiang2 "
    U"了le5,liao3 着zhe5,zhuo2 得de2,de5 地di4,de5 都dou1,du1 曾ceng2,zeng1 传chuan2,zhuan4 藏cang2,zang4 冠guan1,guan4 "
    U"观guan1,guan4 量liang4,liang2 凉liang2,liang4 没mei2,mo4 几ji3,ji1 奇qi2,ji1 强qiang2,qiang3 曲qu1,qu3 薄bo2,bao2,bo4 "
    U"宿su4,xiu3,xiu4 担dan1,dan4 弹dan4,tan2 禁jin4,jin1 鲜xian1,xian3 宁ning2,ning4 咽yan1,yan4,ye4 要yao4,yao1 "
    U"与yu3,yu4,yu2 扇shan4,shan1 盛sheng4,cheng2 王wang2,wang4 发fa1,fa4 干gan1,gan4 缝feng2,feng4 号hao4,hao2 "
    U"和he2,he4,huo4 荷he2,he4 横heng2,heng4 结jie2,jie1 累lei4,lei3,lei2 蒙meng2,meng3 磨mo2,mo4 泊bo2,po1 铺pu1,pu4 "
    U"切qie1,qie4 塞sai1,sai4,se4 丧sang1,sang4 说shuo1,shui4 挑tiao1,tiao3 旋xuan2,xuan4 燕yan4,yan1 殷yin1,yan1 予yu2,yu3 "
    U"晕yun1,yun4 占zhan1,zhan4 钻zuan1,zuan4 作zuo4,zuo1 斜xie2,xia2 车che1,ju1 骑qi2,ji4 衰shuai1,cui1 差cha1,cha4,ci1 "
    U"称cheng1,chen4 澄cheng2,deng4 单dan1,shan4 的de5,di2,di4 佛fo2,fu2 系xi4,ji4 衣yi1,yi4 雨yu3,yu4 吹chui1,chui4 "
    U"醒xing3,xing1 漫man4,man2 患huan4,huan2 汗han4,han2 便bian4,pian2 熨yun4,yu4 ";

// The fourteen rhyme classes of today's finals (中华新韵), y and w left out.
constexpr std::array<std::string_view, 14> kRhymes{
    " a ia ua ",        " o e uo ",      " ie ue ve ",      " ai uai ",           " ei ui ",  " ao iao ", " ou iu ",
    " an ian uan van ", " en in un vn ", " ang iang uang ", " eng ing ong iong ", " i v er ", " -i ",     " u "};

struct Reading {
  bool level = false, oblique = false;  // what it may be; neither: not known, and then nothing is held against it
  std::uint32_t rhymes = 0;             // a bit for each class, of its level readings

  bool is_level() const { return level && !oblique; }
  bool is_oblique() const { return oblique && !level; }
  bool CanOppose(const Reading& other) const { return IsOpen(other) || (level && other.oblique) || (oblique && other.level); }
  bool CanMatch(const Reading& other) const { return IsOpen(other) || (level && other.level) || (oblique && other.oblique); }
  bool IsOpen(const Reading& other) const { return !(level || oblique) || !(other.level || other.oblique); }
};

// Of a syllable without tone ("zhuang", "lv").
std::uint32_t RhymeOf(const std::string& syllable) {
  const std::size_t vowel = std::min(syllable.find_first_of("aeiouv"), syllable.size());
  const std::string initial = syllable.substr(0, vowel);
  std::string end = syllable.substr(vowel);
  const auto is_one_of = [&](std::string_view initials) { return initials.find(" " + initial + " ") != initials.npos; };
  if (end == "i" && is_one_of(" zh ch sh r z c s ")) end = "-i";
  if (end == "u" && is_one_of(" j q x y ")) end = "v";
  if (end == "e" && is_one_of(" y ")) end = "ie";
  for (std::size_t i = 0; i < kRhymes.size(); ++i) {
    if (kRhymes[i].find(" " + end + " ") != kRhymes[i].npos) return 1u << i;
  }
  return 0;
}

class Readings {
 public:
  Readings() : to_latin_(icu::Transliterator::createInstance("Han-Latin", UTRANS_FORWARD, error_)) {
    apart_ = icu::Normalizer2::getNFDInstance(error_);
  }

  Reading Of(char32_t c) const {
    Reading reading;
    if (const std::size_t at = kSeveral.find(c); at != kSeveral.npos) {
      const std::string all = EncodeUtf8(kSeveral.substr(at + 1, kSeveral.find(U' ', at) - at - 1));
      for (const std::string_view one : Split(all, ',')) Add(std::string(one.substr(0, one.size() - 1)), one.back() - '0', reading);
      return reading;
    }
    UErrorCode error = error_;
    if (!IsHan(c) || U_FAILURE(error) != 0) return reading;
    icu::UnicodeString text(static_cast<UChar32>(c));
    to_latin_->transliterate(text);
    const icu::UnicodeString apart = apart_->normalize(text, error);
    std::string syllable;
    int tone = 0;
    for (std::int32_t i = 0; i < apart.length(); ++i) {  // "zhǎng" is now z h a ˇ n g
      constexpr std::u16string_view kMarks = u"\u0304\u0301\u030C\u0300";
      const std::size_t mark = kMarks.find(apart[i]);
      if (apart[i] >= u'a' && apart[i] <= u'z') syllable += static_cast<char>(apart[i]);
      else if (mark != kMarks.npos) tone = static_cast<int>(mark) + 1;
      else if (apart[i] == 0x308 && !syllable.empty()) syllable.back() = 'v';
    }
    if (!syllable.empty()) Add(syllable, tone, reading);  // else the character itself came back
    return reading;
  }

 private:
  static void Add(const std::string& syllable, int tone, Reading& reading) {
    const bool is_neutral = tone == 0 || tone == 5;
    if (tone <= 2 || is_neutral) reading.rhymes |= RhymeOf(syllable);
    reading.level = reading.level || tone <= 2 || is_neutral;
    reading.oblique = reading.oblique || tone == 3 || tone == 4 || is_neutral;
  }

  UErrorCode error_ = U_ZERO_ERROR;
  std::unique_ptr<icu::Transliterator> to_latin_;
  const icu::Normalizer2* apart_ = nullptr;
};

std::string One(char32_t c) { return EncodeUtf8(std::u32string(1, c)); }

// The unbroken stretches of Han characters.
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

class Judge {
 public:
  explicit Judge(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) clauses_.push_back(Clauses(line));
  }

  std::vector<std::string> Couplet();
  std::vector<std::string> Verse(std::size_t length);

 private:
  template <typename... Args>
  void Find(fmt::format_string<Args...> text, Args&&... args) {
    if (findings_.size() < kFindingsMax) findings_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }
  void Rhymes();

  const Readings readings_{};
  std::vector<std::vector<std::u32string>> clauses_;
  std::vector<std::string> findings_;
};

std::vector<std::string> Judge::Couplet() {
  const auto& upper = clauses_[0];
  const auto& lower = clauses_[1];
  const auto alike = [](const std::u32string& a, const std::u32string& b) { return a.size() == b.size(); };
  if (upper.empty() || !std::equal(upper.begin(), upper.end(), lower.begin(), lower.end(), alike)) return {"上下联字数和断句要相同"};
  const char32_t up_end = upper.back().back(), low_end = lower.back().back();
  if (readings_.Of(up_end).is_level()) Find("上联末字“{}”应仄", One(up_end));
  if (readings_.Of(low_end).is_oblique()) Find("下联末字“{}”应平", One(low_end));
  std::u32string all, seen;
  for (const auto& clause : lower) all += clause;
  for (std::size_t i = 0; i < upper.size(); ++i) {
    const std::size_t size = upper[i].size();
    for (std::size_t at = 0; at < size; ++at) {
      const char32_t up = upper[i][at], low = lower[i][at];
      const bool is_beat = (at % 2 == 1 && size <= 7) || at + 1 == size;
      const bool is_end = i + 1 == upper.size() && at + 1 == size;  // that has a rule of its own
      if (is_beat && !is_end && !readings_.Of(up).CanOppose(readings_.Of(low))) Find("“{}”与“{}”要平仄相对", One(up), One(low));
      if (all.find(up) != all.npos && seen.find(up) == seen.npos) Find("上下联都用了“{}”", One(up));
      seen += up;
    }
  }
  return std::move(findings_);
}

std::vector<std::string> Judge::Verse(std::size_t length) {
  if (length == 0 && !clauses_[0].empty()) length = clauses_[0][0].size();
  if (length != 5 && length != 7) return {"每句要五个字或七个字"};
  for (std::size_t line = 0; line < clauses_.size(); ++line) {
    if (clauses_[line].size() != 1 || clauses_[line][0].size() != length) Find("第{}句要一气{}个字", line + 1, length);
  }
  if (!findings_.empty()) return std::move(findings_);
  for (std::size_t line = 0; line < clauses_.size(); ++line) {
    const std::u32string& text = clauses_[line][0];
    for (std::size_t at = 1; at + 2 < length; at += 2) {
      if (!readings_.Of(text[at]).CanOppose(readings_.Of(text[at + 2])))
        Find("第{}句“{}”与“{}”要平仄相反", line + 1, One(text[at]), One(text[at + 2]));
    }
    if (std::all_of(text.end() - 3, text.end(), [this](char32_t c) { return readings_.Of(c).is_level(); }))
      Find("第{}句末三字都是平声", line + 1);
    const Reading second = readings_.Of(text[1]), before = line > 0 ? readings_.Of(clauses_[line - 1][0][1]) : Reading();
    if (line % 2 == 1 && !second.CanOppose(before)) Find("第{}句与第{}句失对：第二字要平仄相反", line, line + 1);
    if (line % 2 == 0 && !second.CanMatch(before)) Find("第{}句与第{}句失粘：第二字要平仄相同", line, line + 1);
  }
  Rhymes();
  return std::move(findings_);
}

// Even lines rhyme, the first one may.
void Judge::Rhymes() {
  std::uint32_t shared = ~0u;
  std::u32string used;
  for (std::size_t line = 0; line < clauses_.size(); ++line) {
    const char32_t last = clauses_[line][0].back();
    const Reading reading = readings_.Of(last);
    const bool rhymes = line % 2 == 1 || (line == 0 && reading.is_level());
    if (!rhymes && reading.is_level()) Find("第{}句末字“{}”应仄", line + 1, One(last));
    if (!rhymes) continue;
    if (reading.is_oblique()) Find("第{}句末字“{}”应平", line + 1, One(last));
    if (used.find(last) != used.npos) Find("韵脚“{}”用了两次", One(last));
    used += last;
    if (reading.rhymes == 0) continue;
    if ((shared & reading.rhymes) == 0) Find("第{}句末字“{}”不押韵", line + 1, One(last));
    else shared &= reading.rhymes;
  }
}

std::size_t Length(std::string_view line) {
  std::size_t length = 0;
  for (const auto& clause : Clauses(line)) length += clause.size();
  return length;
}

// What the labels name, or the first two lines of one length.
std::vector<std::string> CoupletIn(std::string_view written) {
  constexpr std::string_view kUpper = "上联", kLower = "下联";
  written = written.substr(0, written.find("横批"));
  const auto first_line = [](std::string_view text) {
    for (const std::string_view line : Split(text, '\n')) {
      if (Length(line) > 0) return std::string(line);
    }
    return std::string();
  };
  const std::size_t upper = written.find(kUpper), lower = written.find(kLower, std::min(upper, written.size()));
  if (lower != written.npos)
    return {first_line(written.substr(upper + kUpper.size(), lower - upper - kUpper.size())),
            first_line(written.substr(lower + kLower.size()))};
  std::string_view before;
  for (const std::string_view line : Split(written, '\n')) {
    if (Length(line) >= 3 && Length(line) == Length(before)) return {std::string(before), std::string(line)};
    if (Length(line) > 0) before = line;
  }
  return {};
}

}  // namespace

std::optional<Form> FormWanted(std::string_view wish) {
  const auto names = [wish](std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [wish](std::string_view word) { return wish.find(word) != wish.npos; });
  };
  if (names({"对联", "春联", "楹联", "喜联", "婚联", "寿联", "挽联", "门联"})) return Form{.is_couplet = true, .lines = 2};
  const bool quatrain = names({"绝句", "七绝", "五绝"});
  if (!quatrain && !names({"律诗", "七律", "五律"})) return std::nullopt;
  return Form{.lines = quatrain ? 4u : 8u, .length = names({"五言", "五绝", "五律"}) ? 5u : names({"七言", "七绝", "七律"}) ? 7u : 0u};
}

std::string RulesOf(const Form& form) {
  if (form.is_couplet)
    return "只写对联，上联一行，下联一行：字数相等，不用相同的字；按普通话声调，上联末字仄（三、四声），下联末字平（一、二声），"
           "第二、四、六字上下平仄相反。";
  return fmt::format(
      "只写诗，一句一行，共{}句，每句{}字；按普通话声调：第二、四、六字平仄交替，同联相对，邻联相粘，双句押同一平声韵，"
      "其余单句仄收（第一句可押韵），句末不连三平。",
      form.lines, form.length > 0 ? std::to_string(form.length) : "五（或都七）");
}

std::vector<std::string> LinesOf(const Form& form, std::string_view written) {
  written = written.substr(0, kVerseBytesMax);
  if (form.is_couplet) return CoupletIn(written);
  const auto clauses = Clauses(written);
  for (std::size_t i = 0; i + form.lines <= clauses.size(); ++i) {
    const std::size_t length = form.length > 0 ? form.length : clauses[i].size();
    std::vector<std::string> lines;
    for (std::size_t k = i; k < i + form.lines && clauses[k].size() == length; ++k) lines.push_back(EncodeUtf8(clauses[k]));
    if (lines.size() == form.lines && (length == 5 || length == 7)) return lines;
  }
  return {};
}

std::vector<std::string> Verify(const Form& form, const std::vector<std::string>& lines) {
  if (lines.size() != form.lines) return {form.is_couplet ? "没有找到上下两联" : fmt::format("没有找到整齐的{}句", form.lines)};
  Judge judge(lines);
  return form.is_couplet ? judge.Couplet() : judge.Verse(form.length);
}

}  // namespace deepcabin::creative
