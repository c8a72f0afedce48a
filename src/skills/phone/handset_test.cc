#include "skills/phone/handset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/yaml.h"

namespace deepcabin::phone {
namespace {

using ::testing::HasSubstr;

Result<Content> Read(const std::string& text) {
  auto files = ParseYaml({{"handset.yaml", text}});
  if (!files) return files.error();
  return ReadContent("handset.yaml", files->begin()->second);
}

std::vector<std::string> Names(const std::string& wanted) {
  const auto content = Read(R"(
contacts:
  - {name: 王芳（物业）, also: [王芳], work: "1"}
  - {name: 王芳（同学）, also: [王芳], mobile: "2"}
  - {name: Tom Green, mobile: "3"}
  - {name: 妈妈, also: [mom], home: "4"}
)");
  EXPECT_TRUE(content) << content.error().message;
  std::vector<std::string> names;
  for (const Contact& contact : FindContacts(content->contacts, wanted)) names.push_back(contact.name);
  return names;
}

TEST(HandsetTest, FindsWhoIsMeant) {
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  EXPECT_THAT(Names("王芳"), ElementsAre("王芳（物业）", "王芳（同学）"));
  EXPECT_THAT(Names("王芳同学"), ElementsAre("王芳（同学）"));
  EXPECT_THAT(Names("tom"), ElementsAre("Tom Green"));
  EXPECT_THAT(Names("MOM"), ElementsAre("妈妈"));
  EXPECT_THAT(Names("李四"), IsEmpty());
  EXPECT_THAT(Names(" \t"), IsEmpty());
  EXPECT_THAT(Names(std::string(100'000, 'x')), IsEmpty());
}

TEST(HandsetTest, CallsGoThroughTheirStates) {
  SimulatedClock clock;
  SimulatedHandset handset({}, clock);
  EXPECT_FALSE(handset.Do(Action::kAnswer, {}, {}));
  EXPECT_FALSE(handset.Do(Action::kHangUp, {}, {}));
  ASSERT_TRUE(handset.Do(Action::kDial, {"妈妈", "4", ""}, {}));
  EXPECT_EQ(handset.Look().state, CallState::kDialling);
  EXPECT_FALSE(handset.Do(Action::kDial, {"x", "5", ""}, {})) << "one call at a time";
  EXPECT_FALSE(handset.Do(Action::kRing, {"x", "5", ""}, {}));
  clock.Advance(std::chrono::seconds(3));
  EXPECT_EQ(handset.Look().state, CallState::kActive);
  ASSERT_TRUE(handset.Do(Action::kHangUp, {}, {}));
  ASSERT_TRUE(handset.Do(Action::kRing, {"", "6", ""}, {}));
  ASSERT_TRUE(handset.Do(Action::kHangUp, {}, {}));
  ASSERT_TRUE(handset.Do(Action::kRing, {"", "7", ""}, {}));
  ASSERT_TRUE(handset.Do(Action::kAnswer, {}, {}));
  const Content content = handset.Look();
  EXPECT_EQ(content.state, CallState::kActive);
  ASSERT_EQ(content.calls.size(), 3u);
  EXPECT_EQ(content.calls[0].way, "in");
  EXPECT_EQ(content.calls[1].way, "missed");
  EXPECT_EQ(content.calls[2].way, "out");
}

TEST(HandsetTest, ListsAndTextsAreBounded) {
  SimulatedClock clock;
  SimulatedHandset handset({}, clock);
  for (std::size_t i = 0; i < 2 * kKeptMax; ++i) ASSERT_TRUE(handset.Do(Action::kSend, {"x", "1", ""}, std::string(10'000, 'a')));
  EXPECT_EQ(handset.Look().sent.size(), kKeptMax);
  EXPECT_LE(handset.Look().sent[0].text.size(), kMessageCharactersMax + 3);
}

TEST(HandsetTest, StrangersTextIsCleanedDamageIsRefused) {
  const auto content = Read("messages:\n  - {from: \"x\xE2\x80\xAE\", text: \"a\\nb<script>\"}\n");
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(content->unread[0].who, "x");
  EXPECT_EQ(content->unread[0].text, "a bscript");
  EXPECT_THAT(Read("contacts:\n  - {name: x}\n").error().message, HasSubstr("handset.yaml:2: a name and a number are needed"));
  EXPECT_THAT(Read("contacts:\n  - {name: x, phone: y}\n").error().message, HasSubstr("handset.yaml:2: unknown key `phone`"));
  EXPECT_THAT(Read("contacts: 5\n").error().message, HasSubstr("handset.yaml:1: a list is expected"));
  EXPECT_THAT(Read("calls: [\n").error().message, HasSubstr("handset.yaml:"));
}

}  // namespace
}  // namespace deepcabin::phone
