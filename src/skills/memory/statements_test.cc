// Sentences that people say, and sentences that only look alike.

#include "skills/memory/statements.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace deepcabin::memory {
namespace {

struct Case {
  std::string_view text, wanted;  // "remember preference food.avoid=香菜"
};

std::string Describe(const Statement& s) {
  switch (s.act) {
    case StatementAct::kRemember: return fmt::format("{} {}={}", FactKindName(s.kind), s.key, s.value);
    case StatementAct::kForget: return fmt::format("forget {}={}", s.key, s.value);
    case StatementAct::kForgetEverything: return "forget everything";
    case StatementAct::kList: return "list";
    case StatementAct::kTell: return fmt::format("tell {} {}", FactKindName(s.kind), s.key);
  }
  return {};
}

std::string Describe(std::string_view text) {
  const Statements statements = ParseStatements(text);
  std::string out;
  for (const Statement& s : statements.all) out += (out.empty() ? "" : "; ") + Describe(s);
  if (!statements.rest.empty()) out += " | " + statements.rest;
  return out;
}

constexpr Case kSaid[] = {
    {"我不吃香菜", "preference food.avoid=香菜"},
    {"记住我不吃辣", "preference food.avoid=辣"},
    {"请记住，我不吃辣的", "preference food.avoid=辣的"},
    {"帮我记一下我从来不吃羊肉", "preference food.avoid=羊肉"},
    {"我不能吃海鲜。", "preference food.avoid=海鲜"},
    {"我不爱吃胡萝卜", "preference food.avoid=胡萝卜"},
    {"我不吃香菜，也不吃葱", "preference food.avoid=香菜; preference food.avoid=葱"},
    {"我对花生过敏", "preference allergy=花生"},
    {"记住我对青霉素过敏", "preference allergy=青霉素"},
    {"我吃素", "preference food.diet=素食"},
    {"我是回民", "preference food.diet=回民"},
    {"我喜欢吃川菜", "preference food.like=川菜"},
    {"我最爱吃火锅！", "preference food.like=火锅"},
    {"我喜欢听周杰伦", "preference media.like=周杰伦"},
    {"我爱听相声", "preference media.like=相声"},
    {"我不喜欢堵车", "preference dislike=堵车"},
    {"我讨厌烟味", "preference dislike=烟味"},
    {"我更喜欢走高速", "preference like=走高速"},
    {"我习惯 24 度", "preference hvac.temperature=24"},
    {"我习惯二十四度", "preference hvac.temperature=24"},
    {"我一般习惯空调开到26度", "preference hvac.temperature=26"},
    {"记住我习惯把温度调到23度", "preference hvac.temperature=23"},
    {"我习惯音量20", "preference sound.volume=20"},
    {"我习惯早点出门", "habit habit=早点出门"},
    {"我平时习惯走内环", "habit habit=走内环"},
    {"我一般十二点吃午饭", "habit meal.午饭=12"},
    {"这里是我家", "place 家=@here"},
    {"记住这里就是我公司", "place 公司=@here"},
    {"这儿是我妈家", "place 妈家=@here"},
    {"我妈家在中山路88号", "place 妈家=中山路88号"},
    {"我爸妈家在绍兴", "place 爸妈家=绍兴"},
    {"我公司在世纪大道8号", "place 公司=世纪大道8号"},
    {"我的公司地址是张江路666号", "place 公司=张江路666号"},
    {"我家在阳光花园3栋", "place 家=阳光花园3栋"},
    {"我住在滨江路", "place 家=滨江路"},
    {"我奶奶住在乡下", "place 奶奶家=乡下"},
    {"我女儿的幼儿园在文一路", "place 幼儿园=文一路"},
    {"我女儿叫小满", "person 女儿=小满"},
    {"记住我老婆叫王芳", "person 老婆=王芳"},
    {"我家的狗叫豆豆", "person 狗=豆豆"},
    {"我叫李雷", "person self=李雷"},
    {"我女儿叫什么", "tell person 女儿"},
    {"你还记得我老婆叫什么名字吗？", "tell person 老婆"},
    {"我叫什么", "tell person self"},
    {"你知道我是谁吗", "tell person self"},
    {"我妈的生日是哪天", "tell person birthday.妈"},
    {"我公司在哪", "tell place 公司"},
    {"我妈家在哪儿来着？", "tell place 妈家"},
    {"我不能吃什么", "tell preference food.avoid"},
    {"我对什么过敏", "tell preference allergy"},
    {"What's my daughter's name?", "tell person daughter"},
    {"do you remember what my wife's name is", "tell person wife"},
    {"who am I?", "tell person self"},
    {"where do I live?", "tell place home"},
    {"以后叫我老板", "person self=老板"},
    {"你可以叫我小王", "person self=小王"},
    {"我的生日是5月3号", "person birthday=5月3号"},
    {"我老婆的生日是8月8号", "person birthday.老婆=8月8号"},
    {"记住车停在B2层", "note note=车停在B2层"},
    {"帮我记一下停车号是A18", "note note=停车号是A18"},
    {"我不吃辣，帮我找个餐厅", "preference food.avoid=辣 | 帮我找个餐厅"},
    {"忘掉我去过那里", "forget =那里"},
    {"忘掉我不吃辣", "forget food.avoid=辣"},
    {"别再记我喜欢吃火锅", "forget food.like=火锅"},
    {"忘记我去过西湖", "forget =西湖"},
    {"忘掉关于我前女友的一切", "forget =我前女友"},
    {"把我的地址从记忆里删掉", "forget =我的地址"},
    {"忘掉我的一切", "forget everything"},
    {"删除我的所有数据", "forget everything"},
    {"清空你的记忆", "forget everything"},
    {"你都记住了我什么", "list"},
    {"你知道关于我的哪些事？", "list"},
    {"remember that I don't eat cilantro", "preference food.avoid=cilantro"},
    {"I never eat pork.", "preference food.avoid=pork"},
    {"I'm allergic to peanuts", "preference allergy=peanuts"},
    {"I’m allergic to Nuts", "preference allergy=Nuts"},
    {"I am a vegetarian", "preference food.diet=vegetarian"},
    {"I love eating sushi", "preference food.like=sushi"},
    {"I like to listen to jazz", "preference media.like=jazz"},
    {"please remember that I prefer country roads", "preference like=country roads"},
    {"I hate traffic jams", "preference dislike=traffic jams"},
    {"I usually set the temperature to 21", "preference hvac.temperature=21"},
    {"I'm used to 22 degrees", "preference hvac.temperature=22"},
    {"My office is at 5 Main Street", "place office=5 Main Street"},
    {"my mom's house is in Springfield", "place mom=Springfield"},
    {"this is my home", "place home=@here"},
    {"I live at 12 Oak Road", "place home=12 Oak Road"},
    {"my daughter's name is Lily", "person daughter=Lily"},
    {"call me Sam", "person self=Sam"},
    {"my name is Alex", "person self=Alex"},
    {"remember I parked on level 3", "note note=I parked on level 3"},
    {"forget that I don't eat pork", "forget food.avoid=pork"},
    {"forget that I was there", "forget =there"},
    {"forget I went to the casino", "forget =the casino"},
    {"forget everything about me", "forget everything"},
    {"delete my memory", "forget everything"},
    {"what do you know about me", "list"},
};

constexpr std::string_view kNotSaid[] = {
    "打开空调",
    "我有点冷",
    "我饿了",
    "我不吃了",
    "我不吃饭",
    "我吃饱了",
    "附近有不辣的餐厅吗",
    "我是不是对花生过敏",
    "我不吃香菜吗",
    "我喜欢这首歌",
    "我喜欢你",
    "我不喜欢这个",
    "导航去我妈家",
    "我妈在家",
    "我在家",
    "我要回家",
    "明天七点叫我起床",
    "叫我一声",
    "我叫不醒他",
    "我叫了外卖",
    "记住这个座椅位置",
    "记住当前位置",
    "记住座椅位置二",
    "记得提醒我吃药",
    "记住明天提醒我开会",
    "别忘了提醒我买菜",
    "我忘了带钥匙",
    "忘了带手机怎么办",
    "取消",
    "算了",
    "这里是什么地方",
    "这里是我第一次来的地方",
    "如果我不吃辣呢",
    "他说我不吃辣",
    "我过敏了",
    "空调调到24度",
    "把温度调到二十四度",
    "音量20",
    "删除这首歌",
    "清空播放列表",
    "忘掉烦恼",
    "我习惯什么温度",
    "给我老婆打电话",
    "",
    "I'm cold",
    "do I like jazz",
    "I like it",
    "I like this song",
    "forget it",
    "forget about it",
    "never mind",
    "call me a taxi",
    "call mom",
    "remember to call mom",
    "remember this seat position",
    "where is my office",
    "is my office far",
    "my phone is dead",
    "delete the route",
    "clear the playlist",
    "how do you like jazz",
    "take me to my mom's house",
    "remind me to buy milk",
    "can you remember that I like tea",
};

TEST(Statements, AreUnderstood) {
  static_assert(std::size(kSaid) >= 80);
  for (const Case& c : kSaid) EXPECT_EQ(Describe(c.text), c.wanted) << c.text;
}

TEST(Statements, WhatOnlyLooksAlikeIsNone) {
  for (const std::string_view text : kNotSaid) EXPECT_EQ(Describe(text), "") << text;
}

TEST(Statements, AreBoundedWhateverComes) {
  EXPECT_EQ(Describe(std::string(100000, 'x')), "");
  EXPECT_EQ(Describe("我不吃\xFF"), "");
  EXPECT_EQ(Describe("我不吃" + std::string(400, 'x')), "");
  std::string many = "我不吃葱";
  for (int i = 0; i < 20; ++i) many += "，也不吃蒜";
  EXPECT_LE(ParseStatements(many).all.size(), kClausesMax);
}

TEST(Statements, WhatIsToBeForgottenBecomesAFilter) {
  const FactFilter known = ForgetFilter(ParseStatements("忘掉我不吃辣").all.at(0), "owner");
  EXPECT_EQ(known.occupant, "owner");
  EXPECT_EQ(known.key, "food.avoid");
  EXPECT_EQ(known.kind, FactKind::kPreference);
  EXPECT_EQ(known.text, "辣");
  const FactFilter text = ForgetFilter(ParseStatements("忘记我去过西湖").all.at(0), "owner");
  EXPECT_FALSE(text.key);
  EXPECT_FALSE(text.kind);
  EXPECT_EQ(text.text, "西湖");
}

}  // namespace
}  // namespace deepcabin::memory
