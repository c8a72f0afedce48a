#include "skills/memory/statements.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace deepcabin::memory {
namespace {

using enum FactKind;
using enum StatementAct;
using View = std::string_view;

// (a|b|) is one of these, {a|b} too and kept, * keeps any text, # keeps a number. $1 and $2 are what was kept, in order.
struct Row {
  View pattern;
  StatementAct act;
  FactKind kind;
  View key, value;
};

// clang-format off
#define KIN "{爸|妈|爸妈|爸爸|妈妈|父母|爷爷|奶奶|外公|外婆|姥姥|姥爷|岳父|岳母|公公|婆婆|哥哥|姐姐|弟弟|妹妹|男朋友|女朋友|朋友}"
#define FAMILY "{女儿|儿子|孩子|老婆|老公|妻子|丈夫|太太|爱人|爸爸|妈妈|爸|妈|哥哥|姐姐|弟弟|妹妹|女朋友|男朋友|老板|狗|猫|猫咪}"
#define FAMILY_EN "{mom|mum|mother|dad|father|parents|wife|husband|son|daughter|grandma|grandpa|sister|brother|dog|cat|friend|boss}"
#define PLEASE "(请|帮我|)"
#define KNOW "(你|)(还|)(记得|知道|记不记得|知不知道|)"
#define KNOW_EN "(do you remember |do you know |do you still remember |)"
#define WHEN "(什么时候|哪一天|哪天|几月几号|几号)"
#define ASKED "(吗|)(？|?|)"
// The first row that fits wins: the narrow ones stand before the wide ones.
constexpr std::array kRows{
    // Questions about what was told
    Row{KNOW "我" FAMILY "(的名字|)(叫|是)(什么|啥)(名字|)(来着|)" ASKED, kTell, kPerson, "$1", ""},
    Row{KNOW "我(叫|是)(什么|啥|谁)(名字|)(来着|)" ASKED, kTell, kPerson, "self", ""},
    Row{KNOW "我(的|)生日(是|在|)" WHEN "(来着|)" ASKED, kTell, kPerson, "birthday", ""},
    Row{KNOW "我" FAMILY "(的|)生日(是|在|)" WHEN "(来着|)" ASKED, kTell, kPerson, "birthday.$1", ""},
    Row{KNOW "我(的|){家|公司|单位|学校|办公室}在(哪儿|哪里|哪)(来着|)" ASKED, kTell, kPlace, "$1", ""},
    Row{KNOW "我" KIN "(的|)家在(哪儿|哪里|哪)(来着|)" ASKED, kTell, kPlace, "$1家", ""},
    Row{KNOW "我(不能|不爱|不喜欢|不)吃(什么|啥)(来着|)" ASKED, kTell, kPreference, "food.avoid", ""},
    Row{KNOW "我(最|)(喜欢|爱)吃(什么|啥)(来着|)" ASKED, kTell, kPreference, "food.like", ""},
    Row{KNOW "我(最|)(喜欢|爱)听(什么|啥|谁的)(歌|音乐|)(来着|)" ASKED, kTell, kPreference, "media.like", ""},
    Row{KNOW "我对(什么|啥)过敏(来着|)" ASKED, kTell, kPreference, "allergy", ""},
    Row{KNOW_EN "what('s| is) my " FAMILY_EN "('s|s) name" ASKED, kTell, kPerson, "$1", ""},
    Row{KNOW_EN "what my " FAMILY_EN "('s|s) name is" ASKED, kTell, kPerson, "$1", ""},
    Row{KNOW_EN "(what's my name|what is my name|who am i|who i am|what my name is)" ASKED, kTell, kPerson, "self", ""},
    Row{KNOW_EN "(when's my birthday|when is my birthday|when my birthday is)" ASKED, kTell, kPerson, "birthday", ""},
    Row{KNOW_EN "(where do i live|where i live)" ASKED, kTell, kPlace, "home", ""},
    Row{KNOW_EN "what (am i allergic to|i am allergic to|i'm allergic to)" ASKED, kTell, kPreference, "allergy", ""},
    Row{KNOW_EN "what (do i like to eat|i like to eat)" ASKED, kTell, kPreference, "food.like", ""},
    // Chinese: likes and habits
    Row{"我(平时|一般|通常|)(都|)习惯(于|)(把|)(空调|车里|车内|)(温度|)(是|开|开到|调到|设到|设在|设成|)#度", kRemember, kPreference, "hvac.temperature", "$1"},
    Row{"我(平时|一般|通常|)(都|)习惯(把|)音量(是|开到|调到|设到|)#", kRemember, kPreference, "sound.volume", "$1"},
    Row{"(我|我也|也)(从来|从|绝对|)不(能|爱|)吃*", kRemember, kPreference, "food.avoid", "$1"},
    Row{"我对*过敏", kRemember, kPreference, "allergy", "$1"},
    Row{"我(是|)吃素(的|)", kRemember, kPreference, "food.diet", "素食"},
    Row{"我是{素食主义者|素食者|回民|穆斯林}", kRemember, kPreference, "food.diet", "$1"},
    Row{"(我|我也|也)(最|很|比较|特别|就|)(喜欢|爱)吃*", kRemember, kPreference, "food.like", "$1"},
    Row{"(我|我也|也)(最|很|比较|特别|就|)(喜欢|爱)听*", kRemember, kPreference, "media.like", "$1"},
    Row{"(我|我也|也)(很|特别|)不(喜欢|爱)(听|)*", kRemember, kPreference, "dislike", "$1"},
    Row{"我(很|最|特别|)(讨厌|受不了)*", kRemember, kPreference, "dislike", "$1"},
    Row{"(我|我也|也)(最|更|很|比较|特别|)(喜欢|偏好)*", kRemember, kPreference, "like", "$1"},
    Row{"我(平时|一般|通常|)(都|)习惯*", kRemember, kHabit, "habit", "$1"},
    Row{"我(一般|通常|平时|每天)(都|)#点(半|多|左右|)吃{早饭|午饭|晚饭|早餐|午餐|晚餐}", kRemember, kHabit, "meal.$2", "$1"},
    // Chinese: places
    Row{"(这里|这儿|这)(就|)是我(的|){家|公司|单位|学校|办公室}", kRemember, kPlace, "$1", "@here"},
    Row{"(这里|这儿|这)(就|)是我" KIN "(的|)家", kRemember, kPlace, "$1家", "@here"},
    Row{"我(的|们|){家|公司|单位|学校|办公室}(在|就在|是在|的地址是|地址是)*", kRemember, kPlace, "$1", "$2"},
    Row{"我" KIN "(的|)家(的地址|地址|)(在|就在|是在|住在)*", kRemember, kPlace, "$1家", "$2"},
    Row{"我(女儿|儿子|孩子|小孩)的{学校|幼儿园}(在|就在|是在)*", kRemember, kPlace, "$1", "$2"},
    Row{"我" KIN "住(在|)*", kRemember, kPlace, "$1家", "$2"},
    Row{"我住(在)*", kRemember, kPlace, "家", "$1"},
    // Chinese: people
    Row{"我" FAMILY "(的名字|)(叫|名叫|名字叫)*", kRemember, kPerson, "$1", "$2"},
    Row{"我(家|)(的|)(狗狗|狗)(的名字|)叫*", kRemember, kPerson, "狗", "$1"},
    Row{"(我|我的)名字(叫|是)*", kRemember, kPerson, "self", "$1"},
    Row{"我叫*", kRemember, kPerson, "self", "$1"},
    Row{"(以后|今后|你可以|以后你就|你就)(都|)(叫|称呼)我*", kRemember, kPerson, "self", "$1"},
    Row{"我(的|)生日(是|在)*", kRemember, kPerson, "birthday", "$1"},
    Row{"我" FAMILY "(的|)生日(是|在)*", kRemember, kPerson, "birthday.$1", "$2"},
    // Chinese: forgetting, listing
    Row{PLEASE "(忘掉|忘记|删掉|删除|清除|清空)(关于|)(我|你)(的|说过的|)(所有|个人|)(一切|全部|信息|记忆|数据)", kForgetEverything, kNote, "", ""},
    Row{PLEASE "(忘掉|忘记|删掉|删除|清除|清空)(所有|全部|一切|你的|)(的|)(记忆|记住的东西|你知道的一切|一切|关于我的一切)", kForgetEverything, kNote, "", ""},
    Row{PLEASE "(忘掉|忘记|忘了)(关于|有关)*(的事|的一切|)", kForget, kNote, "", "$1"},
    Row{PLEASE "(忘掉|忘记|忘了|删掉)我(去过|到过|来过|说过|说的|说我|的){那里|那儿|这里|这儿}", kForget, kPlace, "", "$1"},
    Row{PLEASE "(忘掉|忘记|忘了|删掉)我(去过|到过|来过|说过)*(这件事|的事|这事|)", kForget, kNote, "", "$1"},
    Row{PLEASE "(忘掉|忘记|忘了|删掉|别再记|不要再记|不用再记|不用记)(着|住|得|)我*", kForget, kNote, "?", "我$1"},
    Row{"(把|将)*从(你的|)(记忆|记忆里|记忆中)(里|)(删掉|删除|清除|抹掉|去掉)", kForget, kNote, "", "$1"},
    Row{"你(都|)(还|)(记住|记得|知道|记)(了|)(关于|)我(的|)(什么|哪些|哪些事|些什么|多少事)(？|?|)", kList, kNote, "", ""},
    Row{"(列出|看看|显示)(你|)(记住|关于我)的(一切|东西|记忆|事)", kList, kNote, "", ""},
    // English
    Row{"i (usually|always) (set|keep) the (temperature|climate) (at|to) #( degrees|)", kRemember, kPreference, "hvac.temperature", "$1"},
    Row{"i('m| am) used to # degrees", kRemember, kPreference, "hvac.temperature", "$1"},
    Row{"i (don't|do not|never|can't|cannot) eat *", kRemember, kPreference, "food.avoid", "$1"},
    Row{"i('m| am) allergic to *", kRemember, kPreference, "allergy", "$1"},
    Row{"i('m| am) (a |){vegetarian|vegan|halal}", kRemember, kPreference, "food.diet", "$1"},
    Row{"i (really |)(like|love) (to eat|eating) *", kRemember, kPreference, "food.like", "$1"},
    Row{"i (really |)(like|love) (to listen|listening) to *", kRemember, kPreference, "media.like", "$1"},
    Row{"i (really |)(don't like|do not like|hate|dislike) *", kRemember, kPreference, "dislike", "$1"},
    Row{"i (really |)(like|love|prefer) *", kRemember, kPreference, "like", "$1"},
    Row{"i('m| am) used to *", kRemember, kHabit, "habit", "$1"},
    Row{"this is my {home|house|office|work|company|school}", kRemember, kPlace, "$1", "@here"},
    Row{"this is where i {live|work}", kRemember, kPlace, "$1", "@here"},
    Row{"my {home|house|office|work|company|workplace} is (at|on|in) *", kRemember, kPlace, "$1", "$2"},
    Row{"my " FAMILY_EN "('s|s'|') (house|place|home|flat|office|school) is (at|on|in) *", kRemember, kPlace, "$1", "$2"},
    Row{"i live (at|on|in) *", kRemember, kPlace, "home", "$1"},
    Row{"my " FAMILY_EN "('s name is| is called| is named) *", kRemember, kPerson, "$1", "$2"},
    Row{"my name is *", kRemember, kPerson, "self", "$1"},
    Row{"call me *", kRemember, kPerson, "self", "$1"},
    Row{"my birthday is (on |)*", kRemember, kPerson, "birthday", "$1"},
    Row{"(please |)(forget|delete|erase) (everything|all)( you know| i told you|)( about me|)", kForgetEverything, kNote, "", ""},
    Row{"(please |)(forget|delete|erase|clear) (all |)(my|your) (data|memory|memories|personal data)", kForgetEverything, kNote, "", ""},
    Row{"(please |)(forget|delete) (that |)(i was|i have been|i've been|i went|we went) (at |to |){there|here}", kForget, kPlace, "", "$1"},
    Row{"(please |)forget (that |)(i was|i have been|i've been|i went|we went) (at |to |in )*", kForget, kNote, "", "$1"},
    Row{"(please |)forget (that |)i *", kForget, kNote, "?", "i $1"},
    Row{"(please |)(forget|delete) (what you know |everything |)about *", kForget, kNote, "", "$1"},
    Row{"what do you (know|remember) about me(?|)", kList, kNote, "", ""},
};
#undef KIN
#undef FAMILY
#undef FAMILY_EN
#undef PLEASE
#undef KNOW
#undef KNOW_EN
#undef WHEN
#undef ASKED
// clang-format on

constexpr std::array<View, 9> kRememberWords{"请记住", "帮我记住", "帮我记一下", "你要记住", "你记住", "记住", "记一下", "记下来", "记着"};
constexpr std::array<View, 5> kRememberWordsEn{"please remember that ", "please remember ", "remember that ", "remember ",
                                               "keep in mind that "};

// Where a sentence asks, wonders or supposes, it states nothing.
constexpr std::array<View, 17> kAsking{"吗",     "呢",   "什么", "怎么",   "哪",     "是不是", "谁", "几点", "多少",
                                       "为什么", "如果", "要是", "会不会", "能不能", "有没有", "？", "?"};
constexpr std::array<View, 19> kAskingEn{"do ",    "does ", "did ", "what ",   "what's ", "where ", "when ", "who ",   "how ", "can ",
                                         "could ", "is ",   "are ", "should ", "why ",    "if ",    "will ", "would ", "may "};
// A value that begins like this points at something in the moment, or the sentence is another one.
constexpr std::array<View, 37> kNoValue{"了",   "这",   "那",   "它",   "你",    "不",    "饭",       "东西", "早饭", "午饭",
                                        "晚饭", "早餐", "起床", "一声", "醒",    "过",    "完",       "你们", "这样", "她",
                                        "他",   "a ",   "an ",  "back", "when ", "later", "tomorrow", "it",   "this", "that",
                                        "you",  "him",  "her",  "them", "your",  "to ",   "what"};
// After "remember": for the seat memory, a reminder, an idiom, not for us.
constexpr std::array<View, 16> kNotToNote{"座椅",   "坐椅", "当前",      "现在的",  "这个位置", "这个座椅", "位置", "提醒",
                                          "后视镜", "to ",  "this seat", "my seat", "me ",      "when ",    "the ", "路线"};

template <typename Words>
bool BeginsWithAny(View text, const Words& words) {
  return std::any_of(words.begin(), words.end(), [&](View word) { return text.starts_with(word); });
}

// "24", "二十四", "十八": as digits; "" where it is none.
std::string Number(View text) {
  if (!text.empty() && text.find_first_not_of("0123456789.") == View::npos) return std::string(text);
  int total = 0, digit = 0;
  for (const char32_t c : DecodeUtf8(text)) {
    const std::size_t at = std::u32string_view(U"零一二三四五六七八九").find(c == U'两' ? U'二' : c);
    if (c == U'十') total += (digit == 0 ? 1 : digit) * 10;
    else if (at == std::u32string_view::npos) return {};
    digit = c == U'十' ? 0 : static_cast<int>(at);
  }
  total += digit;
  return text.empty() ? std::string() : std::to_string(total);
}

// Matches a pattern against a whole text; backtracks, patterns and texts are short.
class Matcher {
 public:
  explicit Matcher(View text) : text_(text), lower_(ToLowerAscii(text)) {}
  bool Fits(View pattern) {
    kept_.clear();
    return Match(pattern, 0);
  }
  // `form` with $1, $2 filled in.
  std::string Fill(View form) const {
    std::string out(form);
    for (std::size_t i = 0; i < kept_.size(); ++i) out = ReplaceAll(std::move(out), i == 0 ? "$1" : "$2", kept_[i]);
    return out;
  }

 private:
  bool Match(View pattern, std::size_t at) {
    if (pattern.empty()) return at == lower_.size();
    const char kind = pattern[0];
    if (kind == '(' || kind == '{') return MatchOneOf(pattern, at);
    if (kind == '*' || kind == '#') return MatchSlot(pattern, at);
    return at < lower_.size() && lower_[at] == kind && Match(pattern.substr(1), at + 1);
  }
  bool MatchOneOf(View pattern, std::size_t at) {
    const std::size_t close = pattern.find(pattern[0] == '(' ? ')' : '}');
    for (const View one : Split(pattern.substr(1, close - 1), '|')) {
      if (View(lower_).substr(at, one.size()) != one) continue;
      if (pattern[0] == '{') kept_.push_back(text_.substr(at, one.size()));
      if (Match(pattern.substr(close + 1), at + one.size())) return true;
      if (pattern[0] == '{') kept_.pop_back();
    }
    return false;
  }
  bool MatchSlot(View pattern, std::size_t at) {
    for (std::size_t end = pattern.size() == 1 ? lower_.size() : at + 1; end <= lower_.size() && end > at; ++end) {
      const View slot = Trim(View(text_).substr(at, end - at));
      const std::string kept = pattern[0] == '#' ? Number(slot) : std::string(slot);
      if (kept.empty() || !IsValidUtf8(kept)) continue;
      kept_.push_back(kept);
      if (Match(pattern.substr(1), end)) return true;
      kept_.pop_back();
    }
    return false;
  }

  std::string text_, lower_;
  std::vector<std::string> kept_;
};

bool IsValue(View value) {
  return value == kHere || (!value.empty() && DecodeUtf8(value).size() <= 60 && !BeginsWithAny(ToLowerAscii(value), kNoValue));
}

std::optional<Statement> ParseRow(View clause) {
  Matcher matcher(clause);
  for (const Row& row : kRows) {
    if (!matcher.Fits(row.pattern)) continue;
    Statement statement{row.act, row.kind, matcher.Fill(row.key), matcher.Fill(row.value)};
    if (statement.key == "?") {  // what is to be forgotten may be a statement itself
      statement.key.clear();
      auto inner = ParseRow(statement.value);
      if (inner && inner->act == kRemember) return Statement{kForget, inner->kind, inner->key, inner->value};
      statement.value = statement.value.substr(statement.value.starts_with("我") ? std::string("我").size() : 2);
    }
    if (statement.act == kRemember && !IsValue(statement.value)) return std::nullopt;
    if (statement.act == kForget && (statement.value == "it" || statement.value == "that" || statement.value == "this"))
      return std::nullopt;
    return statement;
  }
  return std::nullopt;
}

std::optional<Statement> ParseClause(View clause) {
  if (auto statement = ParseRow(clause); statement && statement->act == kTell) return statement;
  if (BeginsWithAny(ToLowerAscii(clause), kAskingEn) && !ToLowerAscii(clause).starts_with("what do you")) return std::nullopt;
  if (auto statement = ParseRow(clause)) {
    const auto asks = [&](View word) { return clause.find(word) != View::npos; };
    if (statement->act == kRemember && std::any_of(kAsking.begin(), kAsking.end(), asks)) return std::nullopt;
    return statement;
  }
  const std::string lower = ToLowerAscii(clause);
  const auto after = [&](const auto& words) -> std::optional<Statement> {
    for (const View word : words) {
      if (!lower.starts_with(word)) continue;
      const View rest = Trim(clause.substr(word.size()));
      if (auto inner = ParseClause(rest)) return inner->act == kRemember ? inner : std::nullopt;
      const auto asks = [&](View asked) { return rest.find(asked) != View::npos; };
      if (rest.empty() || BeginsWithAny(ToLowerAscii(rest), kNotToNote) || rest.find("提醒") != View::npos) return std::nullopt;
      if (std::any_of(kAsking.begin(), kAsking.end(), asks)) return std::nullopt;
      return Statement{kRemember, kNote, "note", std::string(rest)};
    }
    return std::nullopt;
  };
  if (auto note = after(kRememberWords)) return note;
  return after(kRememberWordsEn);
}

// No spaces beside Chinese characters, none doubled; ’ is '.
std::string Clean(View text) {
  std::string out;
  bool han_before = true;
  for (const char32_t c : DecodeUtf8(ReplaceAll(std::string(Trim(text)), "’", "'"))) {
    const bool han = c > 0x2E7F;
    if (han && !out.empty() && out.back() == ' ') out.pop_back();
    if (c == U' ' && (han_before || (!out.empty() && out.back() == ' '))) continue;
    AppendUtf8(c, out);
    han_before = han;
  }
  return out;
}

// Without what only closes the sentence.
View Bare(View clause) {
  constexpr std::array<View, 11> kEndings{"。", "！", "!", ".", "了吧", "哦", "啊", "吧", "啦", "哈", "谢谢"};
  for (bool again = true; again;) {
    again = false;
    clause = Trim(clause);
    for (const View ending : kEndings) {
      if (!clause.ends_with(ending)) continue;
      clause.remove_suffix(ending.size());
      again = true;
    }
  }
  return clause;
}

}  // namespace

Statements ParseStatements(View text) {
  Statements statements;
  if (text.size() > kStatementBytesMax || !IsValidUtf8(text)) return statements;
  std::string clean = Clean(text);
  for (const View mark : {View("，"), View("；"), View("。"), View("; "), View(", ")}) clean = ReplaceAll(std::move(clean), mark, "\n");
  const auto clauses = Split(clean, '\n');
  std::string remember;  // "记住，我不吃辣"
  for (std::size_t i = 0; i < clauses.size() && i < kClausesMax; ++i) {
    const View clause = Bare(clauses[i]);
    if (clause.empty()) continue;
    const bool only_remember = std::any_of(kRememberWords.begin(), kRememberWords.end(), [&](View word) { return clause == word; });
    if (i == 0 && only_remember) {
      remember = std::string(clause);
      continue;
    }
    auto statement = ParseClause(clause);
    if (!statement && !remember.empty()) statement = ParseClause(remember + std::string(clause));
    if (statement) {
      statements.all.push_back(std::move(*statement));
      continue;
    }
    if (statements.all.empty()) return {};
    for (; i < clauses.size(); ++i) statements.rest += (statements.rest.empty() ? "" : "，") + std::string(clauses[i]);
  }
  return statements;
}

FactFilter ForgetFilter(const Statement& statement, View occupant) {
  FactFilter filter;
  filter.occupant = std::string(occupant);
  if (!statement.key.empty()) {
    filter.key = statement.key;
    filter.kind = statement.kind;
  }
  filter.text = statement.value;
  return filter;
}

}  // namespace deepcabin::memory
