#include "skills/creative/verse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/text.h"

namespace deepcabin::creative {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr Form kCouplet{.is_couplet = true, .lines = 2}, kFive{.lines = 4, .length = 5}, kSeven{.lines = 4, .length = 7};

TEST(Verse, FormsAreNamed) {
  EXPECT_TRUE(FormWanted("给我写一副春联")->is_couplet);
  EXPECT_EQ(FormWanted("写一首七言绝句，写秋天的雨")->length, 7u);
  EXPECT_EQ(FormWanted("来首五律")->lines, 8u);
  EXPECT_EQ(FormWanted("写首绝句")->length, 0u);
  for (const char* text : {"写一首现代诗", "讲个故事", "write a poem", ""}) EXPECT_FALSE(FormWanted(text)) << text;
}

TEST(Verse, CoupletsAreHeldToTheirRules) {
  EXPECT_THAT(Verify(kCouplet, {"一帆风顺年年好", "万事如意步步高"}), SizeIs(1)) << "顺 and 意 are both oblique";
  EXPECT_THAT(Verify(kCouplet, {"海阔凭鱼跃", "天高任鸟飞"}), IsEmpty());
  EXPECT_THAT(Verify(kCouplet, {"天高任鸟飞", "海阔凭鱼跃"}), ElementsAre("上联末字“飞”应仄", "下联末字“跃”应平"));
  EXPECT_THAT(Verify(kCouplet, {"海阔凭鱼跃", "海高任鸟飞"}), ElementsAre("上下联都用了“海”"));
  EXPECT_THAT(Verify(kCouplet, {"海阔凭鱼跃", "天高任飞"}), ElementsAre("上下联字数和断句要相同"));
  EXPECT_THAT(Verify(kCouplet, {}), SizeIs(1));
  EXPECT_THAT(Verify(kCouplet, {"", ""}), SizeIs(1));
}

TEST(Verse, QuatrainsAreHeldToTheirRules) {
  // Written for this test: 仄仄平平仄 / 平平仄仄平 / 平平平仄仄 / 仄仄仄平平, rhymes 庚.
  EXPECT_THAT(Verify(kFive, {"夜静溪声远", "山深月色明", "松风吹客袖", "一路伴归程"}), IsEmpty());
  EXPECT_THAT(Verify(kFive, {"夜静溪声远", "山深月色明", "松风吹客袖", "一路伴归船"}), Contains("第4句末字“船”不押韵"));
  EXPECT_THAT(Verify(kFive, {"夜静溪声远", "山深月色亮", "松风吹客袖", "一路伴归程"}), Contains("第2句末字“亮”应平"));
  EXPECT_THAT(Verify(kFive, {"夜静溪声远", "月色满山明", "松风吹客袖", "一路伴归程"}), Contains(HasSubstr("失对")));
  EXPECT_THAT(Verify(kFive, {"夜静溪声远", "山深月色明", "客袖松风起", "一路伴归程"}), Contains(HasSubstr("失粘")));
  EXPECT_THAT(Verify(kFive, {"夜静溪声远", "山深月色明", "松风吹客袖", "一路伴月明"}), Contains("韵脚“明”用了两次"));
  EXPECT_THAT(Verify(kFive, {"夜静溪声远", "山深月色明", "松风客袖", "一路伴归程"}), ElementsAre("第3句要一气5个字"));
  EXPECT_THAT(Verify(kFive, {"夜静溪声", "", "", "x"}), SizeIs(4));
}

TEST(Verse, RhymesAreThoseOfToday) {
  const auto rhymes = [](const char* first, const char* second) {
    const auto found = Verify(kFive, {"夜静溪声远", std::string("山深月色") + first, "松风吹客袖", std::string("一路伴归") + second});
    return found.empty();
  };
  // A pair of each class, and one that only looks alike.
  for (const auto& [a, b] : std::initializer_list<std::pair<const char*, const char*>>{{"家", "花"},
                                                                                       {"歌", "波"},
                                                                                       {"靴", "爷"},
                                                                                       {"来", "怀"},
                                                                                       {"飞", "归"},
                                                                                       {"高", "桥"},
                                                                                       {"秋", "楼"},
                                                                                       {"山", "圆"},
                                                                                       {"春", "人"},
                                                                                       {"香", "光"},
                                                                                       {"明", "东"},
                                                                                       {"衣", "鱼"},
                                                                                       {"诗", "丝"},
                                                                                       {"湖", "乌"}}) {
    EXPECT_TRUE(rhymes(a, b)) << a << b;
  }
  for (const auto& [a, b] :
       std::initializer_list<std::pair<const char*, const char*>>{{"诗", "衣"}, {"湖", "鱼"}, {"春", "明"}, {"歌", "爷"}, {"山", "香"}}) {
    EXPECT_FALSE(rhymes(a, b)) << a << b;
  }
}

TEST(Verse, AnyReadingCounts) {
  for (const char* last : {"看", "间", "传"}) {  // each both level and oblique
    for (const auto& line : Verify(kCouplet, {std::string("海阔凭鱼") + last, "天高任鸟飞"})) EXPECT_THAT(line, Not(HasSubstr("末字")));
    for (const auto& line : Verify(kCouplet, {"海阔凭鱼跃", std::string("天高任鸟") + last})) EXPECT_THAT(line, Not(HasSubstr("末字")));
  }
  EXPECT_THAT(Verify(kCouplet, {"海阔凭鱼白", "天高任鸟飞"}), ElementsAre("上联末字“白”应仄")) << "entering tones are read as today";
  EXPECT_THAT(Verify(kCouplet, {"海阔凭鱼の", "天高任鸟飞"}), IsEmpty()) << "what is not known is not held against it";
}

TEST(Verse, TheWorkIsFoundInWhatIsWritten) {
  for (const char* written :
       {"好的！\n**上联：**海阔凭鱼跃\n（写海）\n**下联：**天高任鸟飞\n横批：自在人间", "上联：海阔凭鱼跃；下联：天高任鸟飞 横批：自在",
        "【上联】\n海阔凭鱼跃\n【下联】\n天高任鸟飞", "好的！\n海阔凭鱼跃\n天高任鸟飞\n希望您喜欢这副对联"}) {
    EXPECT_THAT(Verify(kCouplet, LinesOf(kCouplet, written)), IsEmpty()) << written;
  }
  EXPECT_THAT(LinesOf(kCouplet, "上联：只有这一句"), IsEmpty());
  EXPECT_THAT(LinesOf(kFive, "《山中夜行》\n夜静溪声远，山深月色明。\n松风吹客袖，一路伴归程。\n希望您喜欢！"),
              ElementsAre("夜静溪声远", "山深月色明", "松风吹客袖", "一路伴归程"));
  EXPECT_THAT(LinesOf({.lines = 4}, "夜静溪声远，山深月色明。松风吹客袖，一路伴归程。"), SizeIs(4));
  EXPECT_THAT(LinesOf(kSeven, "I cannot."), IsEmpty());
}

TEST(Verse, AnyBytesEndWell) {
  Random random(11);
  const std::string seed = "上联：海阔凭鱼跃\n下联：天高任鸟飞\n夜静溪声远，山深月色明。松风吹客袖，一路伴归程。";
  for (int i = 0; i < 40; ++i) {
    std::string bytes = seed;
    for (int n = 0; n < 6; ++n) bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    for (const Form& form : {kCouplet, kFive}) EXPECT_LE(Verify(form, LinesOf(form, bytes)).size(), kFindingsMax);
  }
  EXPECT_THAT(LinesOf(kFive, std::string(1u << 22, '\xE5')), IsEmpty());
}

}  // namespace
}  // namespace deepcabin::creative
