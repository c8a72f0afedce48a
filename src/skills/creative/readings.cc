#include "skills/creative/readings.h"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace deepcabin::creative {
namespace {

// All readings of characters that have several, or that ICU reads in the rarer way. 5 is the neutral tone.
constexpr std::array<std::pair<char32_t, std::string_view>, 109> kSeveral{
    {{U'看', "kan1 kan4"},      {U'为', "wei2 wei4"},     {U'长', "chang2 zhang3"}, {U'重', "chong2 zhong4"}, {U'还', "hai2 huan2"},
     {U'行', "xing2 hang2"},    {U'乐', "le4 yue4"},      {U'兴', "xing1 xing4"},   {U'中', "zhong1 zhong4"}, {U'教', "jiao1 jiao4"},
     {U'思', "si1 si4"},        {U'论', "lun4 lun2"},     {U'听', "ting1 ting4"},   {U'望', "wang4 wang2"},   {U'过', "guo4 guo1"},
     {U'胜', "sheng4 sheng1"},  {U'应', "ying1 ying4"},   {U'当', "dang1 dang4"},   {U'间', "jian1 jian4"},   {U'空', "kong1 kong4"},
     {U'难', "nan2 nan4"},      {U'分', "fen1 fen4"},     {U'更', "geng1 geng4"},   {U'相', "xiang1 xiang4"}, {U'少', "shao3 shao4"},
     {U'只', "zhi3 zhi1"},      {U'尽', "jin3 jin4"},     {U'正', "zheng4 zheng1"}, {U'将', "jiang1 jiang4"}, {U'朝', "chao2 zhao1"},
     {U'调', "tiao2 diao4"},    {U'降', "jiang4 xiang2"}, {U'了', "le5 liao3"},     {U'着', "zhe5 zhuo2"},    {U'得', "de2 de5"},
     {U'地', "di4 de5"},        {U'都', "dou1 du1"},      {U'曾', "ceng2 zeng1"},   {U'传', "chuan2 zhuan4"}, {U'藏', "cang2 zang4"},
     {U'冠', "guan1 guan4"},    {U'观', "guan1 guan4"},   {U'量', "liang4 liang2"}, {U'凉', "liang2 liang4"}, {U'没', "mei2 mo4"},
     {U'几', "ji3 ji1"},        {U'奇', "qi2 ji1"},       {U'强', "qiang2 qiang3"}, {U'曲', "qu1 qu3"},       {U'薄', "bo2 bao2 bo4"},
     {U'宿', "su4 xiu3 xiu4"},  {U'担', "dan1 dan4"},     {U'弹', "dan4 tan2"},     {U'禁', "jin4 jin1"},     {U'鲜', "xian1 xian3"},
     {U'宁', "ning2 ning4"},    {U'咽', "yan1 yan4 ye4"}, {U'要', "yao4 yao1"},     {U'与', "yu3 yu4 yu2"},   {U'扇', "shan4 shan1"},
     {U'盛', "sheng4 cheng2"},  {U'王', "wang2 wang4"},   {U'发', "fa1 fa4"},       {U'干', "gan1 gan4"},     {U'缝', "feng2 feng4"},
     {U'号', "hao4 hao2"},      {U'和', "he2 he4 huo4"},  {U'荷', "he2 he4"},       {U'横', "heng2 heng4"},   {U'结', "jie2 jie1"},
     {U'累', "lei4 lei3 lei2"}, {U'蒙', "meng2 meng3"},   {U'磨', "mo2 mo4"},       {U'泊', "bo2 po1"},       {U'铺', "pu1 pu4"},
     {U'切', "qie1 qie4"},      {U'塞', "sai1 sai4 se4"}, {U'丧', "sang1 sang4"},   {U'说', "shuo1 shui4"},   {U'挑', "tiao1 tiao3"},
     {U'旋', "xuan2 xuan4"},    {U'燕', "yan4 yan1"},     {U'殷', "yin1 yan1"},     {U'予', "yu2 yu3"},       {U'晕', "yun1 yun4"},
     {U'占', "zhan1 zhan4"},    {U'钻', "zuan1 zuan4"},   {U'作', "zuo4 zuo1"},     {U'斜', "xie2 xia2"},     {U'车', "che1 ju1"},
     {U'骑', "qi2 ji4"},        {U'衰', "shuai1 cui1"},   {U'差', "cha1 cha4 ci1"}, {U'称', "cheng1 chen4"},  {U'澄', "cheng2 deng4"},
     {U'单', "dan1 shan4"},     {U'的', "de5 di2 di4"},   {U'佛', "fo2 fu2"},       {U'系', "xi4 ji4"},       {U'衣', "yi1 yi4"},
     {U'雨', "yu3 yu4"},        {U'吹', "chui1 chui4"},   {U'醒', "xing3 xing1"},   {U'漫', "man4 man2"},     {U'患', "huan4 huan2"},
     {U'汗', "han4 han2"},      {U'便', "bian4 pian2"},   {U'熨', "yun4 yu4"},      {U'教', "jiao1 jiao4"}}};

struct Rhyme {
  std::string_view final;
  int rhyme;
};
constexpr std::array<Rhyme, 36> kRhymes{
    {{"a", 1},    {"ia", 1},    {"ua", 1}, {"o", 2},  {"e", 2},   {"uo", 2},   {"ie", 3},    {"ue", 3},    {"ve", 3},   {"ai", 4},
     {"uai", 4},  {"ei", 5},    {"ui", 5}, {"ao", 6}, {"iao", 6}, {"ou", 7},   {"iu", 7},    {"an", 8},    {"ian", 8},  {"uan", 8},
     {"van", 8},  {"en", 9},    {"in", 9}, {"un", 9}, {"vn", 9},  {"ang", 10}, {"iang", 10}, {"uang", 10}, {"eng", 11}, {"ing", 11},
     {"ong", 11}, {"iong", 11}, {"i", 12}, {"v", 12}, {"er", 12}, {"u", 14}}};
constexpr int kBuzzed = 13;  // the vowel of zhi, chi, shi, ri, zi, ci, si

void Add(std::string_view syllable, int tone, Reading& reading) {
  const bool is_neutral = tone == 0 || tone == 5;
  if (tone <= 2 || is_neutral) {
    reading.may_be_level = true;
    if (const int rhyme = RhymeClass(syllable); rhyme > 0) reading.level_rhymes |= 1u << rhyme;
  }
  if (tone == 3 || tone == 4 || is_neutral) reading.may_be_oblique = true;
}

// "zhǎng" taken apart into letters and marks → "zhang" and 3; ü becomes v.
void AddMarked(const icu::UnicodeString& apart, Reading& reading) {
  std::string syllable;
  int tone = 0;
  for (std::int32_t i = 0; i < apart.length(); ++i) {
    const char16_t c = apart[i];
    if (c >= u'a' && c <= u'z') syllable += static_cast<char>(c);
    else if (c == 0x308 && !syllable.empty()) syllable.back() = 'v';
    else if (c == 0x304) tone = 1;
    else if (c == 0x301) tone = 2;
    else if (c == 0x30C) tone = 3;
    else if (c == 0x300) tone = 4;
    else if (c != u' ') return;  // no reading: the character itself came back
  }
  if (!syllable.empty()) Add(syllable, tone, reading);
}

}  // namespace

struct Readings::State {
  std::unique_ptr<icu::Transliterator> to_latin;
  const icu::Normalizer2* apart = nullptr;
};

Readings::Readings() : state_(std::make_unique<State>()) {
  UErrorCode error = U_ZERO_ERROR;
  state_->to_latin.reset(icu::Transliterator::createInstance("Han-Latin", UTRANS_FORWARD, error));
  state_->apart = icu::Normalizer2::getNFDInstance(error);
  if (U_FAILURE(error) != 0) state_->to_latin.reset();  // ICU without its data: nothing is known
}

Readings::~Readings() = default;

Reading Readings::Of(char32_t c) const {
  Reading reading;
  const auto several = std::find_if(kSeveral.begin(), kSeveral.end(), [c](const auto& entry) { return entry.first == c; });
  if (several != kSeveral.end()) {
    for (const std::string_view one : Split(several->second, ' ')) Add(one.substr(0, one.size() - 1), one.back() - '0', reading);
    return reading;
  }
  if (!IsHan(c) || state_->to_latin == nullptr) return reading;
  icu::UnicodeString text(static_cast<UChar32>(c));
  state_->to_latin->transliterate(text);
  UErrorCode error = U_ZERO_ERROR;
  const icu::UnicodeString apart = state_->apart->normalize(text, error);
  if (U_SUCCESS(error) != 0) AddMarked(apart, reading);
  return reading;
}

int RhymeClass(std::string_view syllable) {
  const std::size_t vowel = syllable.find_first_of("aeiouv");
  if (vowel == std::string_view::npos) return 0;
  const std::string_view initial = syllable.substr(0, vowel), rest = syllable.substr(vowel);
  constexpr std::string_view kBuzzing = "zh ch sh r z c s", kFront = "jqxy";
  const bool is_front = initial.size() == 1 && kFront.find(initial) != std::string_view::npos;
  if (rest == "i" && !initial.empty() && kBuzzing.find(initial) != std::string_view::npos) return kBuzzed;
  if (rest == "u" && is_front) return 12;
  if (rest == "e" && initial == "y") return 3;
  const auto found = std::find_if(kRhymes.begin(), kRhymes.end(), [rest](const Rhyme& rhyme) { return rhyme.final == rest; });
  return found == kRhymes.end() ? 0 : found->rhyme;
}

}  // namespace deepcabin::creative
