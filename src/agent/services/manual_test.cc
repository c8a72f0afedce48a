#include "agent/services/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcabin::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ManualServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto catalogue = Catalogue::Load(DEEPCABIN_SOURCE_DIR "/catalogue");
    ASSERT_TRUE(catalogue) << catalogue.error().message;
    catalogue_ = std::move(*catalogue);
    auto book = manual::ReadMarkdown(
        "<!-- page 21 -->\n# 黄色三角灯\n黄色三角灯亮起，表示**车身稳定系统**有故障。\n<!-- page 30 -->\n# Wiper blades\nLift the arm, "
        "press the "
        "clip and pull the blade off.\n<!-- page 31 -->\n# 雨刮\n雨刮片要每年更换。\n");
    ASSERT_TRUE(book) << book.error().message;
    book->is_shipped = is_shipped_;
    std::vector<manual::Book> books;
    books.push_back(std::move(*book));
    manual_ = std::make_unique<manual::Manual>(std::move(books), SynonymsOf(catalogue_, "# words\n雨刷, 雨刮\n"));
    service_ = std::make_unique<ManualService>(*manual_);
  }

  ServiceAnswer Ask(const std::string& text, Language language) {
    const Capability& capability = *catalogue_.FindCapability("manual");
    Call call;
    call.capability = capability.id;
    call.op = Op::kQuery;
    call.text = text;
    return service_->Run({call, capability, Zone::kRow1Left, language});
  }

  bool is_shipped_ = true;
  Catalogue catalogue_;
  std::unique_ptr<manual::Manual> manual_;
  std::unique_ptr<ManualService> service_;
};

TEST_F(ManualServiceTest, QuotesWithTitleAndPage) {
  const auto answer = Ask("黄色的三角灯亮了是什么意思", Language::kChinese);
  EXPECT_TRUE(answer.done);
  EXPECT_EQ(answer.said, "黄色三角灯亮起，表示车身稳定系统有故障。（手册第 21 页，黄色三角灯）");
  EXPECT_EQ(DumpJson(answer.card),
            R"({"kind":"manual","title":"黄色三角灯","page":21,"quote":"黄色三角灯亮起，表示车身稳定系统有故障。"})");
  EXPECT_EQ(Ask("how do I change the wiper blades", Language::kEnglish).said,
            "Lift the arm, press the clip and pull the blade off. (manual, page 30, Wiper blades)");
  EXPECT_EQ(Ask("雨刷怎么换", Language::kChinese).card["page"], 31);
}

TEST_F(ManualServiceTest, WhatIsNotThereIsSaidSo) {
  const auto lamp = Ask("蓝色的雪花灯是什么意思", Language::kChinese);
  EXPECT_FALSE(lamp.done);
  EXPECT_THAT(lamp.said, HasSubstr("安全的地方停车"));
  EXPECT_TRUE(lamp.card.is_null());
  EXPECT_THAT(Ask("冰箱怎么用", Language::kChinese).said, Not(HasSubstr("停车")));
  EXPECT_THAT(Ask("", Language::kEnglish).said, HasSubstr("31 pages"));
}

TEST_F(ManualServiceTest, TheModelGetsPages) {
  const OutsideTool tool = OwnersManual(*manual_);
  EXPECT_FALSE(tool.is_untrusted);
  EXPECT_THAT(*tool.run({{"query", "黄色三角灯"}}, {}), HasSubstr("page 21:"));
  EXPECT_FALSE(tool.run({{"query", "zzz"}}, {}));
  EXPECT_FALSE(tool.run({{"query", 7}}, {}));
  is_shipped_ = false;
  SetUp();
  EXPECT_TRUE(OwnersManual(*manual_).is_untrusted) << "an imported manual may be anybody's";
}

}  // namespace
}  // namespace deepcabin::agent
