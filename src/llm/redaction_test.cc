// What must not leave does not leave: canaries of every kind in many forms, and the way back.

#include <sys/stat.h>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/text.h"
#include "llm/redacting_client.h"
#include "llm/units.h"

namespace deepcabin::llm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const SecretDictionary& Known() {
  static const SecretDictionary dictionary({{"name", "王小明"},
                                            {"name", "Anna-Lena Schmidt"},
                                            {"name", "老爸"},
                                            {"home", "上海市浦东新区世纪大道100号8楼"},
                                            {"company", "北京市海淀区中关村软件园12号楼"},
                                            {"home", "221B Baker Street, London"}});
  return dictionary;
}

struct Canary {
  std::string kind, written, core;  // core: the bare digits or letters that must not be left
};

std::string Number(Random& random, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<char>('0' + random.Below(10)));
  return out;
}

std::string Spell(const std::string& digits, const std::vector<std::string>& words, const std::string& between) {
  std::string out;
  for (const char c : digits)
    out += (out.empty() ? "" : between) + (c >= '0' && c <= '9' ? words[static_cast<std::size_t>(c - '0')] : std::string(1, c));
  return out;
}

std::string Grouped(const std::string& text, const std::vector<std::size_t>& sizes, const std::string& between) {
  std::string out;
  std::size_t at = 0;
  for (const std::size_t size : sizes) {
    out += (out.empty() ? "" : between) + text.substr(at, size);
    at += size;
  }
  return out + text.substr(std::min(at, text.size()));
}

const std::vector<std::string> kHan{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
const std::vector<std::string> kHanRadio{"洞", "幺", "两", "三", "四", "五", "六", "拐", "八", "勾"};
const std::vector<std::string> kCapital{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"};
const std::vector<std::string> kWide{"０", "１", "２", "３", "４", "５", "６", "７", "８", "９"};
const std::vector<std::string> kArabic{"٠", "١", "٢", "٣", "٤", "٥", "٦", "٧", "٨", "٩"};
const std::vector<std::string> kEnglish{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
const std::vector<std::string> kEnglishOh{"oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
const std::vector<std::string> kKeycap{"0️⃣", "1️⃣", "2️⃣", "3️⃣", "4️⃣",
                                       "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣"};

void Phones(Random& random, std::vector<Canary>& out) {
  const std::string mobile = std::string("1") + std::string(1, static_cast<char>('3' + random.Below(7))) + Number(random, 9);
  for (const std::string& written : {mobile,
                                     Grouped(mobile, {3, 4}, " "),
                                     Grouped(mobile, {3, 4}, "-"),
                                     Grouped(mobile, {3, 4}, "."),
                                     Grouped(mobile, {3, 4}, "，"),
                                     "+86 " + mobile,
                                     "(+86)" + mobile,
                                     "0086-" + mobile,
                                     "86" + mobile,
                                     Grouped(mobile, {1, 2, 2, 2, 2}, " "),
                                     Spell(mobile, kHan, ""),
                                     Spell(mobile, kHanRadio, ""),
                                     Spell(mobile, kHan, "，"),
                                     Spell(mobile, kHan, " "),
                                     Spell(mobile, kWide, ""),
                                     Spell(mobile, kCapital, ""),
                                     Spell(mobile, kEnglish, " "),
                                     Spell(mobile, kEnglishOh, ", "),
                                     Spell(mobile, kKeycap, ""),
                                     Spell(mobile, kArabic, ""),
                                     mobile.substr(0, 3) + Spell(mobile.substr(3), kHan, ""),
                                     Grouped(mobile, {3, 4}, "—"),
                                     Grouped(mobile, {3, 4}, "\u200b"),
                                     Grouped(mobile, {5}, "\n"),
                                     Grouped(mobile, {3, 3}, " dash ")}) {
    out.push_back({"phone", written, mobile});
  }
  const std::string line = std::to_string(2 + random.Below(7)) + Number(random, 7);
  for (const std::string& written :
       {"021-" + line, "(010)" + line, "0755 " + line, line, Spell(line, kHan, ""), "021-" + line + "转8001",
        Spell("021" + line, kEnglish, " "), "+44 20 " + Grouped(line, {4}, " "), "400-" + line.substr(0, 3) + "-" + line.substr(3, 4)}) {
    out.push_back({"phone", written, line.substr(0, 7)});
  }
}

// Forms that nobody had in mind when the finder was written.
void HeldOut(Random& random, std::vector<Canary>& out) {
  const std::string mobile = "13" + Number(random, 9);
  const std::vector<std::string> bold{"𝟎", "𝟏", "𝟐", "𝟑", "𝟒", "𝟓", "𝟔", "𝟕", "𝟖", "𝟗"};
  const std::vector<std::string> devanagari{"०", "१", "२", "३", "४", "५", "६", "७", "८", "९"};
  const std::vector<std::string> shouted{"ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE"};
  for (const std::string& written :
       {Spell(mobile, bold, ""), Spell(mobile, devanagari, " "), Spell(mobile, shouted, "-"), Grouped(mobile, {3, 4}, " / "),
        Grouped(mobile, {3, 4}, "__"), "1" + Spell(mobile.substr(1), kHan, "、"),
        Spell(mobile.substr(0, 5), kWide, "") + Spell(mobile.substr(5), kHan, ""),
        Spell(mobile.substr(0, 5), kEnglish, " ") + " " + mobile.substr(5), Grouped(mobile, {3, 4}, "\t"),
        "（" + mobile.substr(0, 3) + "）" + mobile.substr(3), Grouped(mobile, {3, 4}, "‐"), Grouped(mobile, {2, 2, 2, 2, 2}, "\u00a0"),
        "+861" + Grouped(mobile.substr(1), {2, 4}, " ")}) {
    out.push_back({"phone", written, mobile});
  }
}

void Papers(Random& random, std::vector<Canary>& out) {
  const std::string id = "310115" + std::to_string(1950 + random.Below(60)) + "0" + std::to_string(1 + random.Below(9)) + "1" +
                         std::to_string(random.Below(10)) + Number(random, 3);
  for (const std::string& last : {std::string("X"), std::string("x"), std::to_string(random.Below(10))}) {
    out.push_back({"id", id + last, id});
    out.push_back({"id", Grouped(id + last, {6, 8}, " "), id});
    out.push_back({"id", Spell(id + last, kHan, ""), id});
  }
  const std::string card = "62" + Number(random, 17);
  for (const std::string& written : {card, Grouped(card, {4, 4, 4, 4}, " "), Grouped(card.substr(0, 16), {4, 4, 4}, "-"),
                                     Spell(card, kHan, ""), Spell(card.substr(0, 16), kEnglish, " ")}) {
    out.push_back({"card", written, card.substr(0, 16)});
  }
  const std::string plate = Number(random, 5);
  for (const std::string head : {"京A", "沪B", "粤E", "使1"}) out.push_back({"plate", head + plate, plate});
  for (const std::string& written : {"京A·" + plate, "沪 C " + plate, "粤b-" + plate, "苏AD" + plate, "浙A" + plate + "F",
                                     "川A" + Spell(plate, kHan, ""), "鄂A" + Spell(plate, kHanRadio, ""), "京Ａ" + Spell(plate, kWide, ""),
                                     "粤Z" + plate.substr(0, 4) + "港", "皖A" + Grouped(plate, {2}, " ")}) {
    out.push_back({"plate", written, plate.substr(0, 4)});
  }
  out.push_back({"plate", "车牌号是A8K" + plate.substr(0, 3), "A8K" + plate.substr(0, 3)});
  out.push_back({"plate", "my plate is ABC " + plate.substr(0, 4), "ABC" + plate.substr(0, 4)});
  const std::string vin = "LSVAA4182E2" + Number(random, 6);
  for (const std::string& written : {vin, ToLowerAscii(vin), Grouped(vin, {3, 6}, " "), Grouped(vin, {4, 4, 4}, "-"),
                                     "车架号 " + Grouped(vin, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, " ")}) {
    out.push_back({"vin", written, vin});
  }
}

void Mails(Random& random, std::vector<Canary>& out) {
  const std::string user = "zhang.san" + Number(random, 3);
  for (const std::string& written : {user + "@example.com", user + "＠qq.com", user + " @ 163 . com", user + " at gmail dot com",
                                     user + "艾特qq点com", user + "[at]mail.example[dot]cn", "li_si-" + user + "@corp.example.co.uk",
                                     user + "(at)example.org", "zhang dot " + user + " at outlook dot com"}) {
    out.push_back({"email", written, user});
  }
}

void Names(std::vector<Canary>& out) {
  for (const char* written : {"王小明", "王 小 明", "王\u200b小明", "王·小明"}) out.push_back({"name", written, "王小明"});
  for (const char* written : {"Anna-Lena Schmidt", "anna-lena schmidt", "ANNA LENA SCHMIDT", "Ａnna-Lena Schmidt"})
    out.push_back({"name", written, "schmidt"});
  for (const char* written : {"老爸", "上海市浦东新区世纪大道100号8楼", "世纪大道100号8楼", "浦东新区 世纪大道100号8楼",
                              "北京市海淀区中关村软件园12号楼", "中关村软件园12号楼", "221B Baker Street, London", "221b baker street"}) {
    out.push_back({"place", written, written});
  }
}

// What is left for a reader who knows how to read spoken digits: letters and digits of everything outside placeholders.
std::string LeftOver(std::string text) {
  for (std::size_t at; (at = text.find("⟦")) != std::string::npos;) text.replace(at, text.find("⟧", at) + 3 - at, "|");
  std::string out;
  for (const Unit& unit : UnitsOf(text)) {
    if (unit.kind != UnitKind::kSeparator) AppendUtf8(unit.c, out);
  }
  return ToLowerAscii(out);
}

std::vector<Canary> Canaries() {
  Random random(20260302);
  std::vector<Canary> canaries;
  for (int round = 0; round < 6; ++round) {
    Phones(random, canaries);
    HeldOut(random, canaries);
    Papers(random, canaries);
    Mails(random, canaries);
  }
  Names(canaries);
  return canaries;
}

TEST(Redaction, NoCanaryLeaves) {
  const std::vector<Canary> canaries = Canaries();
  ASSERT_GE(canaries.size(), 300u);
  const std::vector<std::pair<std::string, std::string>> around{{"给", "发消息说我晚点到"},
                                                                {"记一下", ""},
                                                                {"call ", " please, I'm late"},
                                                                {"{\"text\":\"", "\"}"},
                                                                {"帮我查查：", "。顺便看看天气"}};
  int left = 0;
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    const Canary& canary = canaries[i];
    for (const auto& [before, after] : around) {
      Redaction redaction(Known());
      const std::string hidden = redaction.Hide(before + canary.written + after);
      const bool leaves =
          hidden.find(canary.written) != std::string::npos || LeftOver(hidden).find(LeftOver(canary.core)) != std::string::npos;
      left += leaves ? 1 : 0;
      EXPECT_FALSE(leaves) << canary.kind << ": " << before << canary.written << after << " left as " << hidden;
      EXPECT_EQ(redaction.Restore(hidden), WithoutInvisible(before + canary.written + after));
    }
  }
  RecordProperty("canaries", static_cast<int>(canaries.size() * around.size()));
  EXPECT_EQ(left, 0);
}

TEST(Redaction, OrdinarySentencesStayAsTheyAre) {
  for (const char* text :
       {"把空调调到二十三度，风量三档", "2026-03-02 08:00，明天早上七点半叫我", "Set it to 22.5 degrees and play track 12",
        "速度80，续航420公里，电量65%", "从一数到五", "打开主驾车窗一半", "新能源车一年要多少钱", "open the sunroof at 3 pm, dot the i",
        "我在京东买了2个杯子", "one or two degrees warmer, please", "湘菜川菜粤菜都行", "look at that one, it has 4 doors"}) {
    Redaction redaction(Known());
    EXPECT_EQ(redaction.Hide(text), text);
  }
}

TEST(Redaction, PositionsBecomeCoarse) {
  Redaction redaction(Known());
  EXPECT_EQ(redaction.Hide("我在31.230416,121.473701附近"), "我在31.23,121.47附近");
  EXPECT_EQ(redaction.Hide("北纬31°13'49.5\""), "北纬31°13'");
  EXPECT_EQ(redaction.Hide("三十一度也就是31度13分49秒"), "三十一度也就是31度13分");
  EXPECT_EQ(redaction.Hide(R"({"lat":31.2304161,"lon":-121.4737012})"), R"({"lat":31.23,"lon":-121.47})");
}

TEST(Redaction, TheSameThingGetsTheSameMark) {
  Redaction redaction(Known());
  EXPECT_EQ(redaction.Hide("13812345678 和 138-1234-5678，还有 13900001111"), "⟦phone1⟧ 和 ⟦phone1⟧，还有 ⟦phone2⟧");
  EXPECT_EQ(redaction.Hide("王小明"), "⟦name1⟧");
  EXPECT_EQ(redaction.Hide("⟦phone1⟧"), "[phone1]") << "a mark that somebody says is no mark of ours";
  EXPECT_EQ(redaction.counts().at("phone"), 2);
}

TEST(Redaction, ComesBackHoweverItIsWritten) {
  Redaction redaction(Known());
  redaction.Hide("13812345678 王小明 沪A12345");
  for (const char* text : {"⟦phone1⟧", "[phone1]", "【phone1】", "⟦Phone 1⟧", "⟦phone_1⟧", "[[phone1]]", "⟦电话1⟧", "phone1", "<phone1>",
                           "⟦ phone1 ⟧", "`phone1`"}) {
    EXPECT_EQ(redaction.Restore(std::string("拨打") + text + "吗"), "拨打13812345678吗") << text;
  }
  for (const char* text : {"⟦phone9⟧", "phone11", "telephone1", "[note]", "a phone 1 km away", "（一）⟦"})
    EXPECT_EQ(redaction.Restore(text), text);
  EXPECT_EQ(redaction.RestoreJson(R"({"to":"\u27e6name1\u27e7","n":[1,"⟦plate1⟧"]})"), R"({"n":[1,"沪A12345"],"to":"王小明"})");
  EXPECT_EQ(redaction.HideJson(R"({"to":"王小明","n":13812345678})"), R"({"n":"⟦phone1⟧","to":"⟦name1⟧"})");
}

TEST(Redaction, ComesBackFromEverySplit) {
  Redaction redaction(Known());
  redaction.Hide("13812345678 王小明");
  const std::string answer = "好的，给⟦name1⟧打 ⟦Phone 1⟧。(备注) [phone1] name1";
  const std::string whole = redaction.Restore(answer);
  EXPECT_THAT(whole, HasSubstr("给王小明打 13812345678。(备注) 13812345678 王小明"));
  for (std::size_t first = 0; first <= answer.size(); ++first) {
    RestoreStream stream(redaction);
    std::string out = stream.Push(answer.substr(0, first));
    out += stream.Push(answer.substr(first));
    EXPECT_EQ(out + stream.Finish(), whole) << first;
  }
  RestoreStream bytes(redaction);
  std::string out;
  for (const char c : answer) out += bytes.Push(std::string(1, c));
  EXPECT_EQ(out + bytes.Finish(), whole);
}

// An endpoint that answers at once with what it was sent.
class Echo final : public ChatClient {
 public:
  std::unique_ptr<Exchange> Start(const Endpoint&, const ChatRequest& request, ExchangeListener& listener) override {
    seen = request;
    const std::string& said = request.messages.back().content;
    listener.OnContent(said.substr(0, said.size() / 2));
    listener.OnContent(said.substr(said.size() / 2));
    ChatReply reply;
    reply.message.content = said;
    reply.message.tool_calls.push_back({"1", "send", R"({"to":"⟦phone1⟧"})"});
    listener.OnDone(std::move(reply));
    return std::make_unique<Exchange>();
  }
  ChatRequest seen;
};

class Heard final : public ExchangeListener {
 public:
  void OnReasoning(std::string_view) override {}
  void OnContent(std::string_view piece) override { content += piece; }
  void OnDone(ChatReply done) override { reply = std::move(done); }
  void OnFault(Fault fault) override { faults.push_back(std::move(fault)); }
  std::string content;
  ChatReply reply;
  std::vector<Fault> faults;
};

class Outward : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::path(::testing::TempDir()) / ("outbound" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory_);
    auto log = OutboundLog::Open(directory_, clock_);
    ASSERT_TRUE(log) << log.error().message;
    log_ = std::move(*log);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string LogBytes() const {
    std::ifstream in(directory_ / "outbound.jsonl");
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void Say(Outbound outbound, const std::string& text) {
    RedactingClient client(
        echo_, [] { return std::make_shared<const SecretDictionary>(); }, log_.get());
    Endpoint endpoint;
    endpoint.name = "cloud";
    endpoint.outbound = outbound;
    ChatRequest request;
    request.messages.resize(2);
    request.messages[0].role = Role::kSystem;
    request.messages[0].content = "You are a car.";
    request.messages[1].content = text;
    client.Start(endpoint, request, heard_);  // the exchange ends here, and with it whatever still wants to be told
  }

  SimulatedClock clock_;
  std::filesystem::path directory_;
  std::unique_ptr<OutboundLog> log_;
  Echo echo_;
  Heard heard_;
};

TEST_F(Outward, HidesOnTheWayOutAndRestoresOnTheWayBack) {
  Say(Outbound::kRedacted, "发给13812345678");
  EXPECT_EQ(echo_.seen.messages.back().content, "发给⟦phone1⟧");
  EXPECT_THAT(echo_.seen.messages.front().content, HasSubstr("⟦phone1⟧ stand for"));
  EXPECT_EQ(heard_.content, "发给13812345678");
  EXPECT_EQ(heard_.reply.message.content, "发给13812345678");
  EXPECT_EQ(heard_.reply.message.tool_calls[0].arguments, R"({"to":"13812345678"})");
}

TEST_F(Outward, TheLogTellsWhatLeftAndNoSecret) {
  Say(Outbound::kRedacted, "发给13812345678");
  Say(Outbound::kFull, "身份证310115198001011234");
  EXPECT_THAT(LogBytes(), Not(HasSubstr("1381234")));
  EXPECT_THAT(LogBytes(), Not(HasSubstr("310115")));
  const auto records = OutboundLog::Read(directory_, 10);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0]["endpoint"], "cloud");
  EXPECT_EQ((*records)[0]["time"], "2026-03-02T08:00:00Z");
  EXPECT_EQ((*records)[0]["replaced"]["phone"], 1);
  EXPECT_EQ((*records)[0]["text"], "user: 发给⟦phone1⟧\n");
  EXPECT_EQ((*records)[1]["in_clear"], true);
  struct stat about {};
  ASSERT_EQ(::stat((directory_ / "outbound.jsonl").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0600u);
}

TEST_F(Outward, NothingGoesWhereNothingMay) {
  Say(Outbound::kNothing, "hello");
  EXPECT_TRUE(echo_.seen.messages.empty());
  ASSERT_EQ(heard_.faults.size(), 1u);
  EXPECT_EQ(heard_.faults[0].kind, FaultKind::kBadRequest);
}

TEST_F(Outward, TheLogIsBounded) {
  const OutboundRecord record{"cloud", "m", "question", std::string(100'000, 'x'), {}, false};
  for (int i = 0; i < 1200; ++i) ASSERT_TRUE(log_->Append(record));
  std::uintmax_t total = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory_)) total += file.file_size();
  EXPECT_LE(total, 2 * kOutboundFileBytesMax);
  EXPECT_LE(LogBytes().find('\n'), kOutboundTextBytesMax + 512);
}

}  // namespace
}  // namespace deepcabin::llm
