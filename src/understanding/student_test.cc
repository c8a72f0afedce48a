// The student's language: what can be said, what comes back, and that nothing else can be written.

#include <algorithm>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "understanding/frame_automaton.h"
#include "understanding/student_lines.h"
#include "understanding/tokenizer_for_test.h"
#include "understanding/understander.h"

namespace deepcabin::understanding {
namespace {

class StudentLanguage : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto catalogue = Catalogue::Load(DEEPCABIN_SOURCE_DIR "/catalogue");
    ASSERT_TRUE(catalogue);
    catalogue_ = new Catalogue(std::move(*catalogue));
    auto book = Phrasebook::Load(DEEPCABIN_SOURCE_DIR "/phrasebook", *catalogue_);
    ASSERT_TRUE(book);
    book_ = new Phrasebook(std::move(*book));
    language_ = new FrameLanguage(*catalogue_, book_->grammar().conditions());
  }
  static void TearDownTestSuite() {
    delete language_;
    delete book_;
    delete catalogue_;
  }

  static Frame FrameOf(std::string_view calls) {
    Frame frame;
    const Json json = ParseJson(calls).value();
    for (const Json& call : json) frame.calls.push_back(CallFromJson(call, *catalogue_).value());
    return frame;
  }
  static std::string Written(std::string_view calls, std::string_view said = "") {
    const auto parts = language_->Encode(FrameOf(calls), said);
    return parts ? ToText(*parts) : "refused: " + parts.error().message;
  }

  static Catalogue* catalogue_;
  static Phrasebook* book_;
  static FrameLanguage* language_;
};
Catalogue* StudentLanguage::catalogue_ = nullptr;
Phrasebook* StudentLanguage::book_ = nullptr;
FrameLanguage* StudentLanguage::language_ = nullptr;

TEST_F(StudentLanguage, SymbolsAreDifferent) {
  const auto symbols = language_->Symbols();
  EXPECT_EQ(std::set<std::string>(symbols.begin(), symbols.end()).size(), symbols.size());
}

TEST_F(StudentLanguage, WritesShortly) {
  EXPECT_EQ(Written(R"([{"capability":"window","zone":"row1.right","op":"set","value":30,"unit":"percent"}])"),
            "<window><@row1.right><!set><3><0><%percent>");
  EXPECT_EQ(Written(R"([{"capability":"media.music","op":"play","text":"周杰伦"}])", "放周杰伦的歌"), "<media.music><!play><:text>周杰伦");
  EXPECT_EQ(Written(R"([{"capability":"media.music","op":"play","text":"let it go"}])", "play let it go"),
            "<media.music><!play><:text> let it go");  // with the pieces that it has in what was said
  EXPECT_EQ(Written(R"([{"capability":"hvac.power","op":"on","when":{"kind":"after","seconds":600}}])"),
            "<hvac.power><!on><:after><1><0><%min>");
  EXPECT_EQ(Written(R"([{"capability":"hvac.temperature","op":"set","value":22.5,"unit":"C"}])"),
            "<hvac.temperature><!set><2><2><.><5><%C>");
}

TEST_F(StudentLanguage, RefusesWhatCannotBe) {
  EXPECT_TRUE(Written(R"([{"capability":"media.music","op":"play","text":"林俊杰"}])", "放周杰伦的歌").starts_with("refused"));
  EXPECT_TRUE(Written(R"([{"capability":"window","op":"play"}])").starts_with("refused"));
  EXPECT_TRUE(Written(R"([{"capability":"window","op":"set","value":300,"unit":"percent"}])").starts_with("refused"));
  EXPECT_TRUE(Written(R"([{"capability":"window","op":"set"}])").starts_with("refused"));
  EXPECT_TRUE(Written(R"([{"capability":"drive.mode","op":"set","value":"no such mode"}])").starts_with("refused"));
}

TEST_F(StudentLanguage, WhatIsWrittenComesBack) {
  const std::string said = "放周杰伦的歌 let it go";
  for (const std::string_view calls :
       {R"([{"capability":"media.music","op":"play","text":"it go"}])",
        R"([{"capability":"window","zone":"row1.right","op":"set","value":30,"unit":"percent"},{"capability":"trunk","op":"open"}])",
        R"([{"capability":"media.music","op":"play","text":"周杰伦","for":1800}])",
        R"([{"capability":"hvac.power","op":"on","when":{"kind":"at","time":"07:30","day":"tomorrow"}}])",
        R"([{"capability":"hvac.power","op":"on","when":{"kind":"if","condition":{"text":"周杰伦的歌"}}}])",
        R"([{"capability":"hvac.power","op":"on","when":{"kind":"before_arrival","seconds":5400}}])"}) {
    const Frame frame = FrameOf(calls);
    const auto parts = language_->Encode(frame, said);
    ASSERT_TRUE(parts) << parts.error().message;
    const auto back = language_->Decode(*parts);
    ASSERT_TRUE(back) << ToText(*parts);
    ASSERT_EQ(back->calls.size(), frame.calls.size());
    for (std::size_t i = 0; i < frame.calls.size(); ++i) {
      EXPECT_EQ(CallToJson(back->calls[i], *catalogue_), CallToJson(frame.calls[i], *catalogue_));
    }
  }
  EXPECT_FALSE(language_->Decode({{true, "<window>"}}));
  EXPECT_FALSE(language_->Decode({}));
}

TEST_F(StudentLanguage, ConditionsWithNamesAreOneSymbol) {
  ASSERT_FALSE(language_->conditions().empty());
  Context context;
  const auto understood = book_->Understand("如果下雨就关上车窗", context);
  ASSERT_TRUE(understood);
  ASSERT_EQ(understood->frame.calls.size(), 1U);
  const auto parts = language_->Encode(understood->frame, "如果下雨就关上车窗");
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_NE(ToText(*parts).find("<&rain>"), std::string::npos) << ToText(*parts);
  const auto back = language_->Decode(*parts);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->calls[0].when->condition.signal, understood->frame.calls[0].when->condition.signal);
}

TEST_F(StudentLanguage, IntroductionIsShort) {
  Frame before = FrameOf(R"([{"capability":"window","zone":"row1.right","op":"open","when":{"kind":"after","seconds":60}}])");
  const std::string start = "<@row2.left><window><@row1.right><!open>";
  EXPECT_EQ(ToText(language_->Introduction(Zone::kRow2Left, before.calls, ReadAs::kNothing, {})), start + "<:said>");
  EXPECT_EQ(ToText(language_->Introduction(Zone::kRow2Left, before.calls, ReadAs::kLoosely, before)),
            start + "<:if><window><@row1.right><!open><:after><:said>");
  Frame beyond = FrameOf(R"([{"capability":"hvac.temperature","op":"set","value":22,"unit":"C"}])");
  beyond.calls[0].value = 400.0;  // the language has no such number: as if nothing was read
  EXPECT_EQ(ToText(language_->Introduction(Zone::kRow2Left, {}, ReadAs::kWhole, beyond)), "<@row2.left><:said>");
  Frame talk;
  talk.escalation = Escalation::kChat;
  EXPECT_EQ(ToText(language_->Introduction(Zone::kRow1Left, {}, ReadAs::kWhole, talk)), "<@row1.left><:value><?chat><:said>");
}

// Whatever the model wants, by chance here: what comes out is a frame, and its calls are calls.
TEST_F(StudentLanguage, ChanceWritesOnlyLegalFrames) {
  const engine::Tokenizer tokenizer = TokenizerForTest(language_->Symbols()).Load();
  const auto automaton = FrameAutomaton::Compile(*language_, tokenizer);
  ASSERT_TRUE(automaton) << automaton.error().message;
  const std::string said = "to 周杰伦 a 7<window>é";
  const FrameSentence sentence(*automaton, said);
  Random random(7);
  std::vector<std::uint64_t> scratch((tokenizer.vocab_size() + 63) / 64);
  std::vector<bool> begins_call(tokenizer.vocab_size());
  for (const Capability& c : catalogue_->capabilities()) {
    begins_call[static_cast<std::size_t>(tokenizer.Symbol(FrameLanguage::CapabilitySymbol(c)).value())] = true;
  }
  std::size_t numbers = 0;
  std::size_t texts = 0;
  for (int round = 0; round < 200000; ++round) {
    engine::AutomatonState state = sentence.Start();
    std::vector<engine::TokenId> tokens;
    std::vector<engine::TokenId> allowed;
    while (tokens.empty() || tokens.back() != tokenizer.eos()) {
      ASSERT_LT(tokens.size(), 400U) << "it does not end";
      std::fill(scratch.begin(), scratch.end(), 0);
      const engine::Choice choice = sentence.Next(state, scratch);
      allowed.clear();
      std::vector<engine::TokenId> few;  // the end and values are rare among a thousand capabilities: chosen more often
      for (std::size_t i = 0; i < tokenizer.vocab_size(); ++i) {
        if ((choice.mask[i / 64] >> (i % 64) & 1) == 0) continue;
        const auto token = static_cast<engine::TokenId>(i);
        allowed.push_back(token);
        if (!begins_call[i]) few.push_back(token);
      }
      ASSERT_FALSE(allowed.empty()) << tokenizer.Decode(tokens);
      const auto& from = few.empty() || random.Chance(0.2) ? allowed : few;
      tokens.push_back(from[random.Below(from.size())]);
      state = sentence.Advance(state, tokens.back());
    }
    const FrameParts parts = automaton->PartsOf(tokens);
    const auto frame = language_->Decode(parts);
    ASSERT_TRUE(frame) << tokenizer.Decode(tokens);
    ASSERT_TRUE(!frame->calls.empty() || frame->escalation != Escalation::kNone);
    for (const Call& call : frame->calls) {
      OrderedJson json = CallToJson(call, *catalogue_);
      ASSERT_TRUE(CallFromJson(ParseJson(DumpJson(json)).value(), *catalogue_)) << DumpJson(json);
      const Capability& c = catalogue_->capability(call.capability);
      ASSERT_TRUE(c.Can(call.op));
      ASSERT_TRUE(call.zone == Zone::kWhole || !ExpandZone(call.zone, c.zones).empty());
      ASSERT_TRUE(call.text.empty() || said.find(call.text) != std::string::npos);
      const bool has_value = !std::holds_alternative<std::monostate>(call.value);
      if (call.op == Op::kSet && has_value && !c.is_service()) {
        const auto target = TargetValue(c, call.op, call.value, call.unit, std::nullopt);
        ASSERT_TRUE(target) << DumpJson(json) << " " << target.error().message;
      }
      numbers += std::holds_alternative<double>(call.value) ? 1 : 0;
      texts += call.text.empty() ? 0 : 1;
    }
    const auto again = language_->Encode(*frame, said);
    if (again) {  // not all that is legal is how we would write it: 7.0 for 7
      ASSERT_EQ(ToText(language_->Encode(language_->Decode(*again).value(), said).value()), ToText(*again));
    }
  }
  EXPECT_GT(numbers, 1000U);
  EXPECT_GT(texts, 100U);
}

TEST_F(StudentLanguage, EveryLineCanBeWritten) {
  const engine::Tokenizer tokenizer = TokenizerForTest(language_->Symbols()).Load();
  const auto automaton = FrameAutomaton::Compile(*language_, tokenizer);
  ASSERT_TRUE(automaton);
  StudentLines lines(*language_, *book_);
  Sampler sampler(*book_, {}, 3);
  Random random(3);
  std::vector<std::uint64_t> scratch((tokenizer.vocab_size() + 63) / 64);
  int written = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto line = lines.Of(sampler.Next(), random);
    if (!line) continue;
    const FrameSentence sentence(*automaton, line->said);
    engine::AutomatonState state = sentence.Start();
    auto tokens = tokenizer.EncodeWithSymbols(line->target).value();
    tokens.push_back(tokenizer.eos());
    for (const engine::TokenId token : tokens) {
      std::fill(scratch.begin(), scratch.end(), 0);
      const engine::Choice choice = sentence.Next(state, scratch);
      const auto at = static_cast<std::size_t>(token);
      ASSERT_TRUE(choice.mask[at / 64] >> (at % 64) & 1) << line->target << " at " << tokenizer.Text(token);
      state = sentence.Advance(state, token);
    }
    ++written;
  }
  EXPECT_GT(written, 1000);
}

TEST_F(StudentLanguage, LessonsBecomeLines) {
  const std::string file = testing::TempDir() + "/lessons.jsonl";
  std::ofstream(file) << R"({"id":"a","speaker":"row1.left","turns":["open the passenger window","just a crack"],)"
                      << R"("gold":[[{"capability":"window","op":"open","zone":"row1.right"}],)"
                      << R"([{"capability":"window","op":"set","value":10,"unit":"percent","zone":"row1.right"}]]})"
                      << "\n";
  StudentLines lines(*language_, *book_);
  const auto lessons = lines.ReadLessons(file);
  ASSERT_TRUE(lessons) << lessons.error().message;
  ASSERT_EQ(lessons->size(), 1U);
  ASSERT_EQ(lessons->front().lines.size(), 2U);
  const StudentLine& second = lessons->front().lines[1];
  EXPECT_EQ(lines.SourceOf(second, false), "<@row1.left><window><@row1.right><!open><:said>just a crack");
  EXPECT_EQ(lines.SourceOf(lessons->front().lines[0], true),
            "<@row1.left><:value><window><@row1.right><!open><:said>open the passenger window");
  EXPECT_EQ(lessons->front().lines[1].target, "<window><@row1.right><!set><1><0><%percent>");
  std::ofstream(file) << "{\"turns\":[\"x\"],\"gold\":[]}\n";
  EXPECT_NE(lines.ReadLessons(file).error().message.find(":1:"), std::string::npos);
  EXPECT_EQ(lines.ReadLessons("no such file").error().code, ErrorCode::kNotFound);
}

TEST_F(StudentLanguage, StumblingKeepsWhatDecidesAndJoiningNeedsCommands) {
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    std::string said = "把后面的窗户打开";
    Stumble(said, random);
    ASSERT_NE(said.find("后面"), std::string::npos);
    ASSERT_NE(said.find("开"), std::string::npos);
  }
  const StudentLine open{Zone::kRow1Left, {}, "打开车窗", "<window><!open>"};
  const auto both = Joined(open, open, random);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->target, "<window><!open><window><!open>");
  EXPECT_FALSE(Joined(open, {Zone::kRow1Left, {}, "讲个笑话", "<?create>"}, random));
  EXPECT_FALSE(Joined(open, {Zone::kRow1Left, {}, "open it", "<window><!open>"}, random));
  EXPECT_FALSE(Joined(open, {Zone::kRow2Left, {}, "打开空调", "<hvac.power><!on>"}, random));
  EXPECT_FALSE(IsCopied({Zone::kRow1Left, {}, "放歌", "<media.music><!play><:text>周杰伦"}));
}

TEST_F(StudentLanguage, WeightsThatDoNotSuitAreRefused) {
  EXPECT_EQ(Student::Load("no/such/file.gguf", *catalogue_, book_->grammar()).error().code, ErrorCode::kNotFound);
  const auto other = Student::Load(DEEPCABIN_SOURCE_DIR "/src/engine/testdata/tiny_q8.gguf", *catalogue_, book_->grammar());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(other.error().message.find("docs/student.md"), std::string::npos) << other.error().message;
  const engine::Tokenizer lacking = TokenizerForTest({"<window>"}).Load();
  EXPECT_EQ(FrameAutomaton::Compile(*language_, lacking).error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(StudentLanguage, WithoutAStudentThePhrasebookStands) {
  const Understander alone(*book_);
  Timings timings;
  const auto understood = alone.Understand("打开空调", {}, &timings);
  ASSERT_TRUE(understood);
  EXPECT_EQ(understood->frame.route, "phrasebook");
  EXPECT_EQ(timings.student_ms, 0);
  EXPECT_TRUE(LooksLikeQuestion(book_->normaliser().Run("怎么打开天窗").value()));
  EXPECT_FALSE(LooksLikeQuestion(book_->normaliser().Run("打开天窗").value()));
}

}  // namespace
}  // namespace deepcabin::understanding
