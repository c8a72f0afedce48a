#include "skills/manual/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include <fmt/format.h>

#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "skills/manual/book.h"

namespace deepcabin::manual {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kMarkdown = R"(# 警告灯
<!-- page 21 -->
## 黄色三角警告灯
黄色三角灯亮起，表示车身稳定系统有故障。请减速慢行，**尽快**联系服务中心检查。
<!-- page 22 -->
## 红色电池灯
红色电池灯亮起，表示低压蓄电池不再充电。
请在安全的地方停车，
关闭不必要的用电设备。

| 灯 | 颜色 | 该做什么 |
|---|---|---|
| 机油 | 红色 | 立即停车 |
<!-- page 30 -->
# 雨刮
## 更换雨刮片
1. 把雨刮停在维修位置。
2. 按住卡扣，把雨刮片拉下来。
)";

constexpr std::string_view kHtml = R"(<html><head><title>no</title><script>var a = "<p>evil</p>";</script></head><body>
<!-- page 3 --><h1>Warning lights</h1><p>The yellow <b>triangle</b> means that stability control has failed.
Drive slowly.</p><!-- page 4 --><h2>Wiper blades</h2><ul><li>Lift the arm.</li><li>Press the clip &amp; pull.</li></ul></body></html>)";

Book Read(Result<Book> book) {
  EXPECT_TRUE(book) << (book ? "" : book.error().message);
  return book ? *std::move(book) : Book();
}

Manual Of(std::string_view markdown, const Synonyms& synonyms = {}) {
  std::vector<Book> books;
  books.push_back(Read(ReadMarkdown(markdown)));
  return Manual(std::move(books), synonyms);
}

// A PDF of one page for each text, as small as it can be.
std::string Pdf(const std::vector<std::string>& pages) {
  std::string kids;
  for (std::size_t i = 0; i < pages.size(); ++i) kids += fmt::format("{} 0 R ", 4 + 2 * i);
  std::vector<std::string> objects{"<< /Type /Catalog /Pages 2 0 R >>",
                                   fmt::format("<< /Type /Pages /Kids [{}] /Count {} >>", kids, pages.size()),
                                   "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"};
  for (std::size_t i = 0; i < pages.size(); ++i) {
    objects.push_back(
        fmt::format("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
                    "/Contents {} 0 R >>",
                    5 + 2 * i));
    const std::string stream = "BT /F1 12 Tf 72 700 Td 14 TL " + pages[i] + " ET";
    objects.push_back(fmt::format("<< /Length {} >>\nstream\n{}\nendstream", stream.size(), stream));
  }
  std::string pdf = "%PDF-1.4\n", table;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    table += fmt::format("{:010d} 00000 n \n", pdf.size());
    pdf += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, objects[i]);
  }
  return fmt::format("{}xref\n0 {}\n0000000000 65535 f \n{}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{}\n%%EOF\n", pdf,
                     objects.size() + 1, table, objects.size() + 1, pdf.size());
}

std::filesystem::path Written(const std::string& name, std::string_view bytes) {
  const auto path = std::filesystem::path(::testing::TempDir()) / name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(Book, MarkdownBecomesPagesAndParagraphs) {
  const Book book = Read(ReadMarkdown(kMarkdown));
  ASSERT_EQ(book.sections.size(), 3u);
  EXPECT_EQ(book.sections[0].page, 21);
  EXPECT_EQ(book.sections[0].chapter, "警告灯");
  EXPECT_EQ(book.sections[0].title, "黄色三角警告灯");
  EXPECT_EQ(book.sections[0].text, "黄色三角灯亮起，表示车身稳定系统有故障。请减速慢行，**尽快**联系服务中心检查。\n");
  EXPECT_THAT(book.sections[1].text, HasSubstr("请在安全的地方停车，关闭不必要的用电设备。\n"));
  EXPECT_THAT(book.sections[1].text, HasSubstr("机油：红色；立即停车\n"));
  EXPECT_THAT(book.sections[1].text, Not(HasSubstr("---")));
  EXPECT_THAT(book.sections[1].text, Not(HasSubstr("该做什么"))) << "the head of a table says nothing";
  EXPECT_EQ(book.sections[2].page, 30);
  EXPECT_THAT(book.sections[2].text, HasSubstr("2. 按住卡扣"));
}

TEST(Book, WithoutPageMarksAHeadingBeginsAPage) {
  const Book book = Read(ReadMarkdown("# One\na\n## Two\nb\n### Still two\nc\n# Three\nd\n"));
  std::vector<int> pages;
  for (const Section& section : book.sections) pages.push_back(section.page);
  EXPECT_THAT(pages, ElementsAre(1, 2, 2, 3));
}

TEST(Book, HtmlBecomesPagesAndParagraphs) {
  const Book book = Read(ReadHtml(kHtml));
  ASSERT_EQ(book.sections.size(), 2u);
  EXPECT_EQ(book.sections[0].page, 3);
  EXPECT_EQ(book.sections[0].title, "Warning lights");
  EXPECT_EQ(book.sections[0].text, "The yellow triangle means that stability control has failed. Drive slowly.\n");
  EXPECT_EQ(book.sections[1].chapter, "Warning lights");
  EXPECT_EQ(book.sections[1].text, "Lift the arm.\nPress the clip & pull.\n");
}

TEST(Book, PdfBecomesPages) {
  const auto path =
      Written("manual_ok.pdf", Pdf({"(Warning lights) Tj T* (The yellow triangle is a long first sentence about stability.) Tj",
                                    "(Wiper blades) Tj T* (Lift the arm.) Tj"}));
  const Book book = Read(ReadBook(path));
  ASSERT_EQ(book.sections.size(), 2u);
  EXPECT_EQ(book.name, "manual_ok.pdf");
  EXPECT_EQ(book.sections[1].page, 2);
  EXPECT_EQ(book.sections[1].title, "Wiper blades");
  EXPECT_THAT(book.sections[1].text, HasSubstr("Lift the arm."));
}

TEST(Book, APdfWithoutTextIsRefusedClearly) {
  const auto book = ReadBook(Written("scan.pdf", Pdf({"", ""})));
  ASSERT_FALSE(book);
  EXPECT_EQ(book.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(book.error().message, HasSubstr("only pictures of pages"));
}

TEST(Book, WhatIsNoManualIsRefused) {
  const auto code = [](const Result<Book>& book) { return book ? ErrorCode::kInternal : book.error().code; };
  EXPECT_EQ(code(ReadBook(Written("no.pdf", "hello"))), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(ReadBook(Written("broken.pdf", "%PDF-1.4 nothing more"))), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(ReadBook(Written("a.docx", "x"))), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(ReadBook(::testing::TempDir() + "/none.md")), ErrorCode::kNotFound);
  EXPECT_EQ(code(ReadMarkdown("\xC3\x28")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(ReadHtml("\xC3\x28")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(ReadMarkdown("# only a title\n")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(ReadMarkdown("<!-- page 99999 -->\na\n")), ErrorCode::kResourceExhausted);
  EXPECT_EQ(code(ReadMarkdown(std::string(2 * kTextBytesMax + 1, 'a'))), ErrorCode::kResourceExhausted);
  std::string many;
  for (std::size_t i = 0; i <= kSectionsMax; ++i) many += "### a\nb\n";
  EXPECT_EQ(code(ReadMarkdown(many)), ErrorCode::kResourceExhausted);
}

TEST(Book, HtmlNeedNotBeWhole) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<div><h1>";
  EXPECT_EQ(Read(ReadHtml(deep + "x</h1>y")).sections.at(0).text, "y\n");
  for (const char* html : {"a<", "a</", "a<!--", "a<script>b", "a<script", "a<h1", "a<!-- page 1"})
    EXPECT_EQ(Read(ReadHtml(html)).sections.at(0).text, "a\n") << html;
}

TEST(Book, LongTextsAreCut) {
  for (const char* end : {"", "\n", "\n\n"}) {
    std::string text;
    for (int i = 0; i < 2'000; ++i) text += "雨刮片要每年更换。" + std::string(end);
    const Book book = Read(ReadMarkdown(text));
    EXPECT_GE(book.sections.size(), *end == '\0' ? 1u : 5u);
    for (const Section& section : book.sections) EXPECT_LE(section.text.size(), 66u << 10);
  }
}

TEST(Book, HiddenCharactersGo) {
  const Book book = Read(ReadMarkdown("# a\x07\xE2\x80\xAE title\nb\xE2\x80\x8B\x1B[31mc\n"));
  EXPECT_EQ(book.sections[0].title, "a title");
  EXPECT_EQ(book.sections[0].text, "b[31mc\n");
}

// Bytes changed, cut and doubled: read or refused, and what is read is text.
TEST(Book, AnyBytesEndWell) {
  Random random(7);
  for (int i = 0; i < 400; ++i) {
    std::string bytes(i % 2 == 0 ? kMarkdown : kHtml);
    for (int n = 0; n < 8; ++n) bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    bytes.resize(random.Below(bytes.size()) + 1);
    for (const auto& book :
         {ReadMarkdown(bytes), ReadHtml(bytes), ReadMarkdown(ReplaceInvalidUtf8(bytes)), ReadHtml(ReplaceInvalidUtf8(bytes))}) {
      if (!book) continue;
      for (const Section& section : book->sections) {
        ASSERT_TRUE(IsValidUtf8(section.text) && IsValidUtf8(section.title)) << bytes;
        ASSERT_GE(section.page, 1);
      }
    }
  }
}

TEST(Manual, QuotesThePageThatAnswers) {
  const Manual manual = Of(kMarkdown);
  const auto answer = manual.Ask("黄色的三角灯亮了是什么意思");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->page, 21);
  EXPECT_EQ(answer->title, "黄色三角警告灯");
  EXPECT_EQ(answer->quote, "黄色三角灯亮起，表示车身稳定系统有故障。请减速慢行，**尽快**联系服务中心检查。");
  EXPECT_EQ(manual.Ask("雨刮片怎么更换")->page, 30);
  EXPECT_THAT(manual.Ask("雨刮片怎么更换")->quote, HasSubstr("2. 按住卡扣"));
}

TEST(Manual, WordsThatMeanTheSameFindThePage) {
  const Manual manual = Of(kMarkdown, {{"雨刷", "雨刮"}});
  EXPECT_EQ(manual.Find("雨刷怎么换", 1).at(0).section->page, 30);
  EXPECT_EQ(manual.Ask("雨刷怎么换").value_or(Answer()).page, 30);
}

TEST(Manual, WhatIsNotThereIsNotAnswered) {
  const Manual manual = Of(kMarkdown);
  for (const char* text : {"法国的首都是哪里", "给我讲个故事", "what is the capital of France", "", "？？", "\xE2\x80\x8B"})
    EXPECT_FALSE(manual.Ask(text)) << text;
  EXPECT_FALSE(Manual().Ask("雨刮片怎么更换"));
}

TEST(Manual, AQuestionIsAnsweredInItsLanguage) {
  std::vector<Book> books{Read(ReadMarkdown(kMarkdown)), Read(ReadHtml(kHtml))};
  const Manual manual(std::move(books));
  EXPECT_EQ(manual.Ask("what does the yellow triangle mean")->page, 3);
  EXPECT_EQ(manual.Ask("黄色三角灯是什么")->page, 21);
}

TEST(Manual, LongQuotesAndQuestionsAreBounded) {
  std::string text = "# Title\n";
  for (int i = 0; i < 1'000; ++i) text += "雨刮";
  std::string question;
  for (int i = 0; i < 100'000; ++i) question += "雨";
  const Manual manual = Of(text);
  EXPECT_FALSE(manual.Find(question, 3).empty());
  EXPECT_LE(DecodeUtf8(manual.Ask("雨刮")->quote).size(), 2 * kQuoteCharsMax + 1);
}

// Of this thread: other programs on the machine do not count.
double CpuMs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// Asks every question; prints and returns the 99th of a hundred times.
double SlowestMs(const Manual& manual, const std::vector<std::string>& questions,
                 const std::function<void(const std::vector<Hit>&)>& look) {
  std::vector<double> times_ms;
  for (const std::string& question : questions) {
    const double start = CpuMs();
    const auto hits = manual.Find(question, 3);
    times_ms.push_back(CpuMs() - start);
    look(hits);
  }
  std::sort(times_ms.begin(), times_ms.end());
  const double p99 = times_ms[times_ms.size() * 99 / 100];
  std::cout << fmt::format("{} questions: p50 {:.2f} ms, p99 {:.2f} ms of processor time\n", times_ms.size(), times_ms[times_ms.size() / 2],
                           p99);
  return p99;
}

// A thick manual: 3,000 pages of words drawn by lot, and 1,000 groups of words that mean the same.
TEST(Manual, AThickManualIsSearchedInTime) {
  Random random(3);
  const std::u32string kWords = U"雨刮车窗座椅空调电池充电灯警告制动轮胎气囊安全儿童后备箱机盖钥匙屏幕导航系统更换检查打开关闭按住调节";
  const auto words = [&](std::size_t count) {
    std::u32string out;
    for (std::size_t i = 0; i < count; ++i) out += kWords[random.Below(kWords.size())];
    return EncodeUtf8(out);
  };
  std::string text;
  for (int i = 0; i < 3'000; ++i) text += fmt::format("# {}\n{}。{}。{}。\n", words(6), words(40), words(40), words(40));
  Synonyms synonyms;
  for (int i = 0; i < 1'000; ++i) synonyms.push_back({words(2), words(3), words(3)});
  const Manual manual = Of(text, synonyms);
  std::vector<std::string> questions;
  for (int i = 0; i < 200; ++i) questions.push_back(words(12));
  EXPECT_LE(SlowestMs(manual, questions, [](const auto& hits) { EXPECT_EQ(hits.size(), 3u); }), 20);
}

// The manual of this car and its questions: the numbers of docs/manual.md.
TEST(Manual, TheCarsOwnManualAnswersItsQuestions) {
  const std::filesystem::path home = DEEPCABIN_SOURCE_DIR;
  if (!std::filesystem::exists(home / "eval/manual.jsonl")) GTEST_SKIP() << "the car has no manual";
  std::vector<Book> books{Read(ReadBook(home / "data/manual/zh")), Read(ReadBook(home / "data/manual/en"))};
  std::ifstream more(home / "data/manual_words.txt"), in(home / "eval/manual.jsonl");
  Synonyms synonyms;  // without the catalogue's names, which make it better
  for (std::string line; std::getline(more, line);) {
    auto& group = synonyms.emplace_back();
    for (const std::string_view word : Split(line, ',')) group.emplace_back(Trim(word));
  }
  const Manual manual(std::move(books), synonyms);
  std::vector<std::string> questions;
  std::vector<std::vector<int>> pages;
  for (std::string line; std::getline(in, line);) {
    const auto json = ParseJson(line);
    ASSERT_TRUE(json) << line;
    questions.push_back((*json)["q"].get<std::string>());
    pages.push_back((*json)["pages"].get<std::vector<int>>());
  }
  ASSERT_GE(questions.size(), 150u);
  std::size_t asked = 0, found = 0;
  const auto look = [&](const std::vector<Hit>& hits) {
    const auto& right = pages[asked];
    const bool is_found = std::any_of(
        hits.begin(), hits.end(), [&](const Hit& hit) { return std::find(right.begin(), right.end(), hit.section->page) != right.end(); });
    found += is_found ? 1u : 0u;
    if (!is_found) std::cout << "missed: " << questions[asked] << "\n";
    ++asked;
  };
  EXPECT_LE(SlowestMs(manual, questions, look), 20);
  std::cout << fmt::format("recall@3 {} of {}\n", found, asked);
  EXPECT_GE(static_cast<double>(found), 0.95 * static_cast<double>(asked));
}

}  // namespace
}  // namespace deepcabin::manual
