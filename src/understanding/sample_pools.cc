#include "understanding/sample_pools.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::understanding {
namespace {

constexpr std::array<std::string_view, 10> kHanDigits{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
constexpr std::array<std::string_view, 20> kSmall{"zero",     "one",     "two",     "three",     "four",     "five",    "six",
                                                  "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
                                                  "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<std::string_view, 10> kTens{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};

std::string_view Digit(int d) { return kHanDigits[static_cast<std::size_t>(d)]; }

std::string HanBelowHundred(int n) {
  if (n < 10) return std::string(Digit(n));
  return fmt::format("{}十{}", n < 20 ? "" : Digit(n / 10), n % 10 == 0 ? "" : Digit(n % 10));
}

std::string Han(int n) {
  if (n < 100) return HanBelowHundred(n);
  const int rest = n % 100;
  std::string hundreds = fmt::format("{}百", Digit(n / 100));
  if (rest == 0) return hundreds;
  if (rest < 10) return hundreds + "零" + std::string(Digit(rest));
  return hundreds + (rest < 20 ? "一" : "") + HanBelowHundred(rest);
}

std::string English(int n) {
  if (n < 20) return std::string(kSmall[static_cast<std::size_t>(n)]);
  if (n < 100) return fmt::format("{}{}", kTens[static_cast<std::size_t>(n / 10)], n % 10 == 0 ? "" : " " + English(n % 10));
  return fmt::format("{} hundred{}", English(n / 100), n % 100 == 0 ? "" : " and " + English(n % 100));
}

std::string InDigits(double number) { return fmt::format("{:g}", number); }

// How a number with a unit is said: what stands before and after it.
struct UnitForm {
  std::string_view unit;  // of the catalogue; "level" of things with levels, "" of all
  Language language;
  std::string_view before, after;
};
constexpr Language kZh = Language::kChinese;
constexpr Language kEn = Language::kEnglish;
constexpr std::array<UnitForm, 34> kForms{{{"level", kZh, "", "档"},
                                           {"level", kZh, "", "级"},
                                           {"level", kZh, "", "挡"},
                                           {"level", kZh, "", "格"},
                                           {"level", kEn, "level ", ""},
                                           {"level", kEn, "", " bars"},
                                           {"level", kEn, "", " notches"},
                                           {"percent", kZh, "百分之", ""},
                                           {"percent", kZh, "", "%"},
                                           {"percent", kEn, "", " percent"},
                                           {"percent", kEn, "", "%"},
                                           {"celsius", kZh, "", "度"},
                                           {"celsius", kZh, "", "摄氏度"},
                                           {"celsius", kEn, "", " degrees"},
                                           {"celsius", kEn, "", ""},
                                           {"km/h", kZh, "", "公里"},
                                           {"km/h", kZh, "", "迈"},
                                           {"km/h", kEn, "", " kilometers per hour"},
                                           {"km/h", kEn, "", " km/h"},
                                           {"degrees", kZh, "", "度"},
                                           {"degrees", kEn, "", " degrees"},
                                           {"mm", kZh, "", "毫米"},
                                           {"mm", kZh, "", "厘米"},
                                           {"mm", kEn, "", " cm"},
                                           {"cm", kZh, "", "厘米"},
                                           {"cm", kEn, "", " cm"},
                                           {"s", kZh, "", "秒"},
                                           {"s", kEn, "", " seconds"},
                                           {"min", kZh, "", "分钟"},
                                           {"min", kEn, "", " minutes"},
                                           {"A", kZh, "", "安"},
                                           {"A", kEn, "", " amps"},
                                           {"ratio", kZh, "", "倍"},
                                           {"x", kZh, "", "倍"}}};

// Evenly spread numbers of the capability's range, in the unit of the form.
std::vector<double> NumbersFor(const ValueSpec& v, std::string_view unit) {
  std::vector<double> numbers;
  if (unit == "level") {
    for (int level = std::max(1, v.first_level); level <= std::min(v.levels, 30); ++level) numbers.push_back(level);
    return numbers;
  }
  const bool in_cm = unit == "mm" && v.max >= 20;
  const double low = std::max(0.0, v.min);
  const double high = std::min(999.0, in_cm ? v.max / 10 : v.max);
  if (high < low) return numbers;
  constexpr double kCountMax = 30;
  const double step = std::max(1.0, std::ceil((high - low) / kCountMax));
  for (double n = low; n <= high; n += step) numbers.push_back(std::round(n));
  if (unit == "celsius") {
    for (double n = low + 0.5; n < high; n += 1) numbers.push_back(n);
  }
  return numbers;
}

}  // namespace

std::string NumberInWords(double number, Language language) {
  const int whole = static_cast<int>(std::floor(number));
  const int tenths = static_cast<int>(std::lround((number - whole) * 10));
  if (language == Language::kChinese) return tenths == 0 ? Han(whole) : fmt::format("{}点{}", Han(whole), Digit(tenths));
  return tenths == 0 ? English(whole) : fmt::format("{} point {}", English(whole), English(tenths));
}

// Phrases ---------------------------------------------------------------------------------------------------------------------

Plans::Plans(const Grammar& grammar) : grammar_(grammar) {
  for (const Phrase& phrase : grammar.phrases()) {
    std::uint32_t slots = 0;
    const PlanRange range = Add(phrase.tree, phrase, slots);
    phrases_.push_back(range);
    slots_.push_back(slots);
  }
}

PlanRange Plans::Add(const Part& part, const Phrase& phrase, std::uint32_t& slots) {
  std::vector<PlanStep> flat;
  Flatten(part, phrase, slots, flat);
  const auto begin = static_cast<std::uint32_t>(steps_.size());
  steps_.insert(steps_.end(), flat.begin(), flat.end());
  return {begin, static_cast<std::uint32_t>(steps_.size())};
}

void Plans::Flatten(const Part& part, const Phrase& phrase, std::uint32_t& slots, std::vector<PlanStep>& out) {
  PlanStep step;
  switch (part.kind) {
    case Part::Kind::kSequence:
      for (const Part& inner : part.parts) Flatten(inner, phrase, slots, out);
      return;
    case Part::Kind::kLiteral:
      step.kind = PlanStep::Kind::kLiteral;
      step.text = part.text;
      break;
    case Part::Kind::kList:
      step.kind = PlanStep::Kind::kList;
      step.words = &grammar_.ListWords(phrase.language, part.text);
      break;
    case Part::Kind::kSlot:
      step.kind = PlanStep::Kind::kSlot;
      step.slot = part.slot;
      slots |= 1u << static_cast<unsigned>(part.slot);
      break;
    case Part::Kind::kChoice: {
      std::vector<PlanRange> ranges;
      for (const Part& inner : part.parts) ranges.push_back(Add(inner, phrase, slots));
      step.kind = PlanStep::Kind::kChoice;
      step.first = static_cast<std::uint32_t>(branches_.size());
      step.count = static_cast<std::uint32_t>(ranges.size());
      branches_.insert(branches_.end(), ranges.begin(), ranges.end());
      break;
    }
  }
  out.push_back(step);
}

// Pools -----------------------------------------------------------------------------------------------------------------------

SamplePools::SamplePools(const Phrasebook& phrasebook) : phrasebook_(phrasebook), grammar_(phrasebook.grammar()) {
  for (const Language language : {kZh, kEn}) {
    of_[Index(language)].resize(grammar_.catalogue().capabilities().size());
    GatherZones(language);
    for (const Capability& c : grammar_.catalogue().capabilities()) {
      GatherNames(language, c);
      GatherValues(language, c);
      for (const SaidZone& zone : AnyZones(language)) {
        const bool is_there = std::all_of(zone.mentions.begin(), zone.mentions.end(), [&](const ZoneMention& mention) {
          return mention.kind != ZoneMention::Kind::kNamed || !ExpandZone(mention.zone, c.zones).empty();
        });
        if (!c.zones.empty() && is_there) of_[Index(language)][c.id].zones.push_back(zone);
      }
    }
    GatherTimes(language);
  }
  GatherConditions();
}

std::uint32_t SamplePools::IdOf(std::string_view text, LexKind kind) const {
  const auto normalised = phrasebook_.normaliser().Run(text);
  if (!normalised) return kNoId;
  std::uint32_t node = Trie::kRoot;
  for (const char32_t c : normalised->text) {
    node = grammar_.lexicon().Child(node, c);
    if (node == Trie::kRoot) return kNoId;
  }
  for (const std::uint32_t packed : grammar_.lexicon().Values(node)) {
    const LexItem item = LexItem::Of(packed);
    if (item.kind == kind) return item.id;
  }
  return kNoId;
}

void SamplePools::GatherNames(Language language, const Capability& c) {
  OfCapability& out = of_[Index(language)][c.id];
  std::map<std::string_view, std::uint32_t> ops;
  for (int op = 0; op < kOpCount; ++op) {
    for (const std::string& name : grammar_.NamesOf(language, c.id, static_cast<Op>(op))) ops[name] |= 1u << static_cast<unsigned>(op);
  }
  for (const auto& [name, bits] : ops) {
    const std::uint32_t id = IdOf(name, LexKind::kName);
    if (id != kNoId) out.names.push_back({name, id, bits});
  }
  for (std::uint32_t index = 0; index < c.value.words.size(); ++index) {
    for (const std::string& word : grammar_.WordsOf(language, c.id, index)) {
      const std::uint32_t id = IdOf(word, LexKind::kWord);
      if (id != kNoId) out.words.push_back({word, id});
    }
  }
}

// Kept when the reader of numbers reads all of it, and as a value of the capability.
void SamplePools::AddValue(const std::string& text, const Capability& c, std::vector<SaidValue>& out) const {
  constexpr float kCostMax = 0.4F;
  const std::u32string decoded = DecodeUtf8(text);
  for (const AmountRead& read : ReadAmounts(decoded, 0)) {
    if (read.end != decoded.size()) continue;
    const Amount amount{read.value, read.unit};
    const auto cost = ValueFits(c, amount);
    if (cost && *cost < kCostMax) out.push_back({text, amount});
    return;
  }
}

void SamplePools::GatherValues(Language language, const Capability& c) {
  const ValueSpec& v = c.value;
  auto& out = of_[Index(language)][c.id].values;
  if (!v.has_range) {  // "preset two", an episode
    constexpr int kCountMax = 20;
    for (int n = 1; n <= kCountMax; ++n) {
      AddValue(std::to_string(n), c, out);
      AddValue(NumberInWords(n, language), c, out);
    }
    return;
  }
  const std::string_view own = v.levels > 0 ? std::string_view("level") : std::string_view(v.unit);
  for (const UnitForm& form : kForms) {
    if (form.language != language || form.unit != own) continue;
    for (const double number : NumbersFor(v, form.unit)) {
      for (const std::string& said : {InDigits(number), NumberInWords(number, language)})
        AddValue(fmt::format("{}{}{}", form.before, said, form.after), c, out);
    }
  }
  for (const double number : NumbersFor(v, own)) {
    AddValue(InDigits(number), c, out);
    if (number != 1) AddValue(NumberInWords(number, language), c, out);
  }
  if (v.unit == "percent" && v.levels > 0) {
    for (const int share : {20, 50, 80})
      AddValue(language == kZh ? fmt::format("百分之{}", Han(share)) : fmt::format("{} percent", share), c, out);
  }
  for (const char* extreme : {"max", "min", "mid"}) {
    constexpr std::size_t kEach = 6;  // of the values, a small part
    const auto& words = grammar_.ListWords(language, extreme);
    for (std::size_t i = 0; i < std::min(kEach, words.size()); ++i) out.push_back({words[i], {std::string(extreme), ""}});
  }
}

void SamplePools::GatherZones(Language language) {
  std::map<std::string_view, std::size_t> places;
  auto& out = zones_[Index(language)];
  for (const Grammar::Surface& surface : grammar_.ZoneWords(language)) {
    ZoneMention mention;
    if (surface.id < kSpeakerZone) mention.zone = static_cast<Zone>(surface.id);
    else mention.kind = surface.id == kSpeakerZone ? ZoneMention::Kind::kSpeaker : ZoneMention::Kind::kOther;
    const auto [at, is_new] = places.emplace(surface.text, out.size());
    if (is_new) out.push_back({surface.text, {}});
    out[at->second].mentions.push_back(mention);
  }
}

void SamplePools::GatherTimes(Language language) {
  std::vector<std::string> spans, times;
  const bool zh = language == kZh;
  for (int n = 1; n < 60; ++n) {
    const std::string words = n == 2 && zh ? "两" : NumberInWords(n, language);
    for (const std::string& number : {std::to_string(n), words}) {
      spans.push_back(number + (zh ? "分钟" : n == 1 ? " minute" : " minutes"));
      if (n % 5 == 0) spans.push_back(number + (zh ? "秒" : " seconds"));
      if (n <= 12) spans.push_back(number + (zh ? "个小时" : n == 1 ? " hour" : " hours"));
      if (n <= 6 && zh) spans.push_back(number + "小时");
    }
  }
  if (zh) spans.insert(spans.end(), {"半小时", "半个小时", "一个半小时", "一刻钟", "两个半小时"});
  else spans.insert(spans.end(), {"half an hour", "an hour", "a minute", "an hour and a half", "a quarter of an hour"});
  for (const std::string& span : spans) {
    if (zh) times.insert(times.end(), {span + "后", span + "之后", span + "以后", "过" + span});
    else times.insert(times.end(), {"in " + span, "after " + span, span + " from now"});
    if (span.size() % 3 == 0) times.push_back(zh ? "到家前" + span : span + " before we arrive");
  }
  static constexpr std::array<std::string_view, 16> kDaysZh{"明天早上", "明天下午", "明天晚上", "今晚", "今天下午",   "后天早上",
                                                            "每天早上", "每天晚上", "下午",     "晚上", "工作日早上", "周一早上",
                                                            "周六上午", "明早",     "周末下午", "早上"};
  static constexpr std::array<std::string_view, 3> kMinutesZh{"", "半", "十分"};
  static constexpr std::array<std::string_view, 9> kDaysEn{
      " tomorrow", " today", " tonight", " every day", " on weekdays", " on monday", " on friday", " on saturday", ""};
  for (int hour = 1; hour <= 12; ++hour) {
    for (const std::string_view day : kDaysZh) {
      if (!zh) break;
      for (const std::string& number : {std::to_string(hour), hour == 2 ? std::string("两") : NumberInWords(hour, language)})
        for (const std::string_view minutes : kMinutesZh) times.push_back(fmt::format("{}{}点{}", day, number, minutes));
    }
    for (const std::string_view day : kDaysEn) {
      if (zh) break;
      for (const char* half : {"am", "pm"}) {
        times.push_back(fmt::format("at {} {}{}", hour, half, day));
        times.push_back(fmt::format("at {}:30 {}{}", hour, half, day));
        times.push_back(fmt::format("at {} {}{}", NumberInWords(hour, language), half, day));
      }
    }
  }
  for (const std::string& span : spans) {
    const std::u32string text = DecodeUtf8(span);
    const auto read = ReadDuration(text, 0);
    if (read && read->end == text.size()) durations_[Index(language)].push_back({span, read->seconds});
  }
  for (const std::string& time : times) {
    const std::u32string text = DecodeUtf8(time);
    auto read = ReadWhen(text, 0);
    if (read && read->end == text.size()) whens_[Index(language)].push_back({time, std::move(read->when)});
  }
}

// Words for conditions, evenly chosen, each with a mark before or after it, as the matcher reads it.
void SamplePools::GatherConditions() {
  constexpr std::size_t kOfEach = 20;
  static constexpr std::array<std::pair<const char*, const char*>, 4> kMarksZh{
      {{"如果", ""}, {"要是", "的话"}, {"等", "了"}, {"", "的时候"}}};
  static constexpr std::array<std::pair<const char*, const char*>, 3> kMarksEn{{{"if ", ""}, {"when ", ""}, {"as soon as ", ""}}};
  ConditionWords words;
  std::u32string text;
  WalkConditions(Trie::kRoot, text, words);
  std::size_t turn = 0;
  for (const auto& [key, said] : words) {
    const std::size_t count = std::min(kOfEach, said.size());
    for (std::size_t i = 0; i < count; ++i, ++turn) {
      const auto& [before, after] = key.first == kZh ? kMarksZh[turn % kMarksZh.size()] : kMarksEn[turn % kMarksEn.size()];
      const std::string marked = before + said[i * said.size() / count] + after;
      const auto normalised = phrasebook_.normaliser().Run(marked);
      if (!normalised) continue;
      const Reading reading = Match(grammar_, *normalised, {});
      const bool whole = reading.items.size() == 1 && reading.items.front().kind == Item::Kind::kWhen;
      if (whole) conditions_[Index(key.first)].push_back({marked, reading.items.front().when});
    }
  }
}

void SamplePools::WalkConditions(std::uint32_t node, std::u32string& text, ConditionWords& words) const {
  const Trie& lexicon = grammar_.lexicon();
  for (const std::uint32_t packed : lexicon.Values(node)) {
    const LexItem item = LexItem::Of(packed);
    if (item.kind == LexKind::kCondition) words[{IsHan(text.front()) ? kZh : kEn, item.id}].push_back(EncodeUtf8(text));
  }
  for (std::uint32_t child = lexicon.ChildrenBegin(node); child < lexicon.ChildrenEnd(node); ++child) {
    text.push_back(lexicon.label(child));
    WalkConditions(child, text, words);
    text.pop_back();
  }
}

}  // namespace deepcabin::understanding
