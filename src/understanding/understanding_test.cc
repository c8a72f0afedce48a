// The phrasebook as people meet it: sentences in, frames out. Runs over the shipped catalogue and phrasebook.

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "understanding/numbers.h"
#include "understanding/phrasebook.h"

namespace deepcabin::understanding {
namespace {

class Understanding : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto catalogue = Catalogue::Load(DEEPCABIN_SOURCE_DIR "/catalogue");
    ASSERT_TRUE(catalogue) << catalogue.error().message;
    catalogue_ = new Catalogue(std::move(*catalogue));
    auto book = Phrasebook::Load(DEEPCABIN_SOURCE_DIR "/phrasebook", *catalogue_);
    ASSERT_TRUE(book) << book.error().message;
    book_ = new Phrasebook(std::move(*book));
  }
  static void TearDownTestSuite() {
    delete book_;
    delete catalogue_;
  }

  // "hvac.temperature row1.left set 23C; …" or "chat"
  static std::string Read(const std::string& text, const Context& context = {}) {
    const auto understood = book_->Understand(text, context);
    if (!understood) return "error: " + understood.error().message;
    std::string out;
    for (const Call& call : understood->frame.calls) {
      const OrderedJson json = CallToJson(call, *catalogue_);
      out += (out.empty() ? "" : "; ") + json["capability"].get<std::string>();
      if (json.contains("zone")) out += " " + json["zone"].get<std::string>();
      out += " " + json["op"].get<std::string>();
      if (json.contains("value")) out += " " + (json["value"].is_string() ? json["value"].get<std::string>() : json["value"].dump());
      if (json.contains("unit")) out += json["unit"].get<std::string>();
      if (json.contains("when")) out += " when " + json["when"]["kind"].get<std::string>();
    }
    return out.empty() ? std::string(EscalationName(understood->frame.escalation)) : out;
  }

  static Catalogue* catalogue_;
  static Phrasebook* book_;
};
Catalogue* Understanding::catalogue_ = nullptr;
Phrasebook* Understanding::book_ = nullptr;

TEST_F(Understanding, PlainCommands) {
  EXPECT_EQ(Read("打开空调"), "hvac.power on");
  EXPECT_EQ(Read("空调调到二十三度"), "hvac.temperature row1.left set 23C");
  EXPECT_EQ(Read("把主驾车窗打开一半"), "window row1.left set mid");
  EXPECT_EQ(Read("打開座椅加熱"), "seat.heating row1.left on");
  EXPECT_EQ(Read("ＴＵＲＮ ｏｎ the seat heating"), "seat.heating row1.left on");
  EXPECT_EQ(Read("close the rear windows"), "window rear close");
}

TEST_F(Understanding, SeveralInOneBreath) {
  EXPECT_EQ(Read("副驾座椅加热开到二档，再把后面的窗关上"), "seat.heating row1.right set 2level; window rear close");
  EXPECT_EQ(Read("空调和座椅加热都关了"), "hvac.power off; seat.heating row1.left off");
  EXPECT_EQ(Read("打开主驾和副驾的座椅加热"), "seat.heating front on");
}

TEST_F(Understanding, ZonesFollowTheSpeaker) {
  Context context;
  context.speaker = Zone::kRow2Right;
  EXPECT_EQ(Read("打开座椅加热", context), "seat.heating row2.right on");
  EXPECT_EQ(Read("把我这边的车窗打开", context), "window row2.right open");
}

TEST_F(Understanding, TimesAttach) {
  EXPECT_EQ(Read("十分钟后关闭空调"), "hvac.power off when after");
  EXPECT_EQ(Read("明天早上七点半打开空调"), "hvac.power on when at");
}

TEST_F(Understanding, EllipsisFillsFromWhatWasSaid) {
  Context context;
  const auto before = book_->Understand("副驾座椅加热开到二档", context);
  ASSERT_TRUE(before);
  context.last_calls = before->frame.calls;
  EXPECT_EQ(Read("三档", context), "seat.heating row1.right set 3level");
  EXPECT_EQ(Read("关掉", context), "seat.heating row1.right off");
}

TEST_F(Understanding, CorrectionsCount) { EXPECT_EQ(Read("座椅加热开到二档，哦不，一档"), "seat.heating row1.left set 1level"); }

TEST_F(Understanding, StoriesAndQuestionsMoveNothing) {
  for (const char* text : {"昨天打开空调的时候被吓了一跳", "为什么打开空调会有味道", "我昨天说打开车窗他没听见", "座椅加热是谁发明的",
                           "yesterday I turned on the heating and it smelled", "why did you turn on the radio", "讲个笑话"}) {
    const auto understood = book_->Understand(text, {});
    ASSERT_TRUE(understood) << text;
    for (const Call& call : understood->frame.calls) EXPECT_EQ(call.op, Op::kQuery) << text;
  }
}

TEST_F(Understanding, NeedsLookAtTheCar) {
  Context closed;
  closed.state = [](SignalId) { return std::optional<Value>(); };
  EXPECT_EQ(Read("我有点冷", closed), "hvac.temperature row1.left increase");
  const auto window = catalogue_->FindSignal("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position");
  ASSERT_TRUE(window);
  Context open;
  open.state = [&](SignalId id) { return id == *window ? std::optional<Value>(std::int64_t{60}) : std::nullopt; };
  EXPECT_EQ(Read("我有点冷", open), "window row1.left close");
}

TEST_F(Understanding, BadTextIsAnswered) {
  EXPECT_EQ(Read("\xff\xfe").rfind("error", 0), 0u);
  EXPECT_FALSE(Read(std::string(100'000, 'a')).empty());
  EXPECT_FALSE(Read(std::string(3000, '(')).empty());
}

TEST_F(Understanding, SafeDirectionCommandsAreAlwaysKnown) {
  std::ifstream in(DEEPCABIN_SOURCE_DIR "/phrasebook/safe_direction.txt");
  ASSERT_TRUE(in);
  std::string line;
  int count = 0;
  std::string missed;
  while (std::getline(in, line)) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    ++count;
    const std::string wanted = line.substr(0, tab);
    const std::string sentence = line.substr(tab + 1);
    const auto understood = book_->Understand(sentence, {});
    ASSERT_TRUE(understood) << sentence;
    bool found = false;
    for (const Call& call : understood->frame.calls) {
      const std::string got = catalogue_->capability(call.capability).name + " " + std::string(OpName(call.op));
      found = found || got == wanted;
    }
    if (!found) missed += "\n  " + line + "  read as  " + Read(sentence);
  }
  EXPECT_GE(count, 150);
  EXPECT_EQ(missed, "");
}

struct NumberCase {
  const char32_t* text;
  double value;
};

TEST(Numbers, ReadAsSaid) {
  for (const NumberCase& c : {NumberCase{U"二十六", 26},
                              {U"二十六点五", 26.5},
                              {U"一百零五", 105},
                              {U"两百", 200},
                              {U"十", 10},
                              {U"26.5", 26.5},
                              {U"twenty three", 23},
                              {U"a hundred and five", 105},
                              {U"twenty-one", 21},
                              {U"三百五", 350},
                              {U"八十", 80}}) {
    const auto read = ReadNumber(c.text, 0);
    ASSERT_TRUE(read);
    EXPECT_DOUBLE_EQ(read->value, c.value);
    EXPECT_EQ(read->end, std::u32string_view(c.text).size());
  }
  EXPECT_FALSE(ReadNumber(U"空调", 0));
}

TEST(Numbers, AmountsAndTimes) {
  const auto first = [](const char32_t* text) { return ReadAmounts(text, 0).front(); };
  EXPECT_EQ(first(U"百分之五十").unit, "percent");
  EXPECT_DOUBLE_EQ(first(U"三成").value, 30);
  EXPECT_DOUBLE_EQ(first(U"三分之一").value, 33);
  EXPECT_DOUBLE_EQ(first(U"零下十八度").value, -18);
  EXPECT_DOUBLE_EQ(ReadDuration(U"一个半小时", 0)->seconds, 5400);
  EXPECT_DOUBLE_EQ(ReadDuration(U"half an hour", 0)->seconds, 1800);
  EXPECT_EQ(ReadWhen(U"明天早上七点半", 0)->when.time, "07:30");
  EXPECT_EQ(ReadWhen(U"tomorrow at 7:30 pm", 0)->when.time, "19:30");
  EXPECT_DOUBLE_EQ(ReadWhen(U"in ten minutes", 0)->when.seconds, 600);
}

TEST(PhraseLanguage, RefusesWhatIsBroken) {
  for (const char* text : {"", "(a|b", "a]", "@nothing", "<on", "((((((((((a))))))))))"}) EXPECT_FALSE(ParsePhrase(text)) << text;
  const auto phrase = ParsePhrase("[把] @things (a|b) <on>");
  ASSERT_TRUE(phrase);
  EXPECT_EQ(ExpandPhrase(*phrase, 10)->size(), 4u);
  EXPECT_FALSE(ExpandPhrase(*phrase, 3));
}

// The compiled form reads like the YAML; a stale or damaged one is passed over.
TEST_F(Understanding, AnErrandTakesAllThatComesAfterIt) {
  for (const char* text : {"提醒我，打开空调，有点闷", "提醒我,turn on the ac,it's stuffy"}) {
    const auto understood = book_->Understand(text, {});
    ASSERT_TRUE(understood);
    ASSERT_EQ(understood->frame.calls.size(), 1U) << text;
    EXPECT_EQ(catalogue_->capability(understood->frame.calls[0].capability).name, "reminder");
  }
}

TEST_F(Understanding, CompiledFormIsTheSame) {
  const std::filesystem::path home = DEEPCABIN_SOURCE_DIR "/phrasebook";
  const auto bytes = Phrasebook::Compile(home, *catalogue_);
  ASSERT_TRUE(bytes) << bytes.error().message;
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "phrasebook.pack";
  const auto load = [&](const std::string& content) {
    std::ofstream(file, std::ios::binary) << content;
    auto book = Phrasebook::Load(home, *catalogue_, file);
    EXPECT_TRUE(book);
    return std::move(*book);
  };
  const Phrasebook compiled = load(*bytes);
  EXPECT_FALSE(compiled.grammar().has_surfaces());
  for (const char* text :
       {"我有点冷", "副驾座椅加热开到二档，再把后面的窗关上", "set the temperature to 22 degrees", "讲个笑话", "十分钟后关空调"}) {
    const auto a = book_->Understand(text, {});
    const auto b = compiled.Understand(text, {});
    ASSERT_TRUE(a && b);
    EXPECT_EQ(DumpJson(FrameToJson(a->frame, *catalogue_)), DumpJson(FrameToJson(b->frame, *catalogue_)));
  }
  std::string stale = *bytes;
  stale[0] = static_cast<char>(stale[0] ^ 1);
  EXPECT_TRUE(load(stale).grammar().has_surfaces());
  std::string damaged = *bytes;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  EXPECT_TRUE(load(damaged).grammar().has_surfaces());
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace deepcabin::understanding
