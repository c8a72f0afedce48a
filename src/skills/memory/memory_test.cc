// Memory on real files: what is kept, found, bounded, forgotten to the byte, and what happens to a damaged file.

#include "skills/memory/memory.h"

#include <sys/stat.h>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/random.h"

namespace deepcabin::memory {
namespace {

using std::chrono::hours;

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class MemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "memory-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    file_ = folder_ / "memory.db";
    Reopen();
  }
  void TearDown() override {
    memory_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Reopen() {
    memory_.reset();
    auto opened = Memory::Open(file_, clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    memory_ = std::move(*opened);
  }
  void Remember(std::string occupant, FactKind kind, std::string key, std::string value, std::string source = "") {
    const auto id = memory_->Remember({.occupant = std::move(occupant),
                                       .kind = kind,
                                       .key = std::move(key),
                                       .value = std::move(value),
                                       .source = std::move(source),
                                       .at = {}});
    ASSERT_TRUE(id) << id.error().message;
  }
  std::vector<std::string> Values(const FactFilter& filter) {
    std::vector<std::string> values;
    const auto facts = memory_->Recall(filter);
    for (const Fact& fact : *facts) values.push_back(fact.value);
    return values;
  }
  // How often `needle` stands in any byte of any file of the folder.
  int OnDisk(std::string_view needle) {
    int found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      const std::string bytes = ReadAll(entry.path());
      for (std::size_t at = bytes.find(needle); at != std::string::npos; at = bytes.find(needle, at + 1)) ++found;
    }
    return found;
  }

  std::filesystem::path folder_, file_;
  SimulatedClock clock_;
  std::unique_ptr<Memory> memory_;
};

TEST_F(MemoryTest, KeepsFactsWithSourceAndAgeOverARestart) {
  Remember("owner", FactKind::kPreference, "food.avoid", "香菜", "我不吃香菜");
  Remember("owner", FactKind::kPlace, "公司", "世纪大道 8 号", "我公司在世纪大道 8 号");
  Remember("guest", FactKind::kPreference, "food.avoid", "辣");
  clock_.Advance(hours(5));
  Reopen();
  EXPECT_EQ(memory_->notice(), "");
  const auto facts = memory_->Recall({.occupant = "owner", .key = "food.avoid", .kind = {}, .text = {}});
  ASSERT_TRUE(facts);
  ASSERT_EQ(facts->size(), 1u);
  EXPECT_EQ((*facts)[0].value, "香菜");
  EXPECT_EQ((*facts)[0].source, "我不吃香菜");
  EXPECT_EQ((*facts)[0].age, hours(5));
  EXPECT_THAT(Values({.occupant = {}, .key = "food.avoid", .kind = {}, .text = {}}), testing::UnorderedElementsAre("香菜", "辣"));
  EXPECT_THAT(Values({.occupant = "owner", .key = {}, .kind = FactKind::kPlace, .text = {}}), testing::ElementsAre("世纪大道 8 号"));
  EXPECT_THAT(Values({.occupant = {}, .key = {}, .kind = {}, .text = "世纪"}), testing::ElementsAre("世纪大道 8 号"));
}

TEST_F(MemoryTest, SaidTwiceIsKnownOnceAndFresh) {
  Remember("owner", FactKind::kPreference, "food.avoid", "香菜", "first");
  clock_.Advance(hours(1));
  Remember("owner", FactKind::kPreference, "food.avoid", "香菜", "second");
  const auto facts = *memory_->Recall({});
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].source, "second");
  EXPECT_EQ(facts[0].age, hours(0));
}

TEST_F(MemoryTest, TheFileIsForItsOwnerOnly) {
  Remember("owner", FactKind::kNote, "note", "x");
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    struct stat status {};
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u) << entry.path();
  }
}

TEST_F(MemoryTest, IsBounded) {
  const auto refuse = [&](Fact fact) { return memory_->Remember(fact).error().code; };
  EXPECT_EQ(refuse({.occupant = "", .kind = FactKind::kNote, .key = "k", .value = "v", .source = "", .at = {}}),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(refuse({.occupant = "o", .kind = FactKind::kNote, .key = "k", .value = "", .source = "", .at = {}}),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(refuse({.occupant = "o", .kind = FactKind::kNote, .key = "k", .value = "\xFF", .source = "", .at = {}}),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(
      refuse({.occupant = "o", .kind = FactKind::kNote, .key = "k", .value = std::string(kTextBytesMax + 1, 'x'), .source = "", .at = {}}),
      ErrorCode::kResourceExhausted);
  for (std::size_t i = 0; i < kOccupantsMax; ++i) Remember(fmt::format("person{}", i), FactKind::kNote, "k", "v");
  EXPECT_EQ(refuse({.occupant = "one more", .kind = FactKind::kNote, .key = "k", .value = "v", .source = "", .at = {}}),
            ErrorCode::kResourceExhausted);
  Remember("person0", FactKind::kNote, "k", "still");
  EXPECT_FALSE(memory_->Observe("owner", "hvac.temperature", 1440, 24));
  EXPECT_FALSE(memory_->Observe("owner", "hvac.temperature", 0, std::nan("")));
  EXPECT_FALSE(memory_->PutState("x", std::string(kStateBytesMax + 1, 'x')));
}

TEST_F(MemoryTest, TextIsDataEvenWhenItLooksLikeSql) {
  const std::string hostile = "'); DELETE FROM facts; --";
  Remember(hostile, FactKind::kNote, hostile, hostile, hostile);
  Remember("owner", FactKind::kNote, "k", "v");
  EXPECT_THAT(Values({.occupant = hostile, .key = {}, .kind = {}, .text = {}}), testing::ElementsAre(hostile));
  EXPECT_EQ(*memory_->Forget({.occupant = {}, .key = {}, .kind = {}, .text = "' OR 1=1 --"}), 0u);
  EXPECT_EQ(memory_->Recall({})->size(), 2u);
  EXPECT_EQ(*memory_->Forget({.occupant = {}, .key = {}, .kind = {}, .text = "%"}), 0u);  // no wild cards either
}

TEST_F(MemoryTest, ForgetsByTextKeyKindOccupant) {
  for (const char* who : {"owner", "guest"}) {
    Remember(who, FactKind::kPreference, "food.avoid", "香菜");
    Remember(who, FactKind::kPlace, "公司", "世纪大道");
    Remember(who, FactKind::kNote, "note", "去过西湖");
  }
  EXPECT_FALSE(memory_->Forget({}));
  EXPECT_EQ(*memory_->Forget({.occupant = "owner", .key = {}, .kind = {}, .text = "西湖"}), 1u);
  EXPECT_EQ(*memory_->Forget({.occupant = {}, .key = "公司", .kind = FactKind::kPlace, .text = {}}), 2u);
  EXPECT_EQ(*memory_->Forget({.occupant = {}, .key = {}, .kind = FactKind::kPreference, .text = {}}), 2u);
  EXPECT_THAT(Values({}), testing::ElementsAre("去过西湖"));
  EXPECT_EQ(*memory_->ForgetEverything("guest"), 1u);
  EXPECT_TRUE(memory_->Recall({})->empty());
}

TEST_F(MemoryTest, WhatIsForgottenIsInNoByteOfTheFiles) {
  Random random(11);
  std::vector<std::string> canaries;
  for (int i = 0; i < 120; ++i) {
    std::string canary = fmt::format("CANARY{:03}-", i);
    for (int k = 0; k < 20; ++k) canary += static_cast<char>('a' + random.Below(26));
    canaries.push_back(canary);
    Remember(i % 2 == 0 ? "owner" : "guest", static_cast<FactKind>(i % 5), "key " + canary, canary, "said " + canary);
    ASSERT_TRUE(memory_->Observe("owner", "habit " + canary, 600, i));
  }
  ASSERT_TRUE(memory_->PutState("proposals", "STATE-CANARY"));
  ASSERT_GT(OnDisk("CANARY"), 400);
  for (int i = 0; i < 120; i += 3) {  // a third, one by one: pages are split, merged and freed
    ASSERT_GE(*memory_->Forget({.occupant = {}, .key = {}, .kind = {}, .text = canaries[static_cast<std::size_t>(i)]}), 1u);
    EXPECT_EQ(OnDisk(canaries[static_cast<std::size_t>(i)]), 0) << i;
  }
  EXPECT_GT(OnDisk(canaries[1]), 0);  // the others are still there
  ASSERT_TRUE(memory_->ForgetEverything("owner"));
  for (int i = 0; i < 120; i += 2) EXPECT_EQ(OnDisk(canaries[static_cast<std::size_t>(i)]), 0) << i;
  ASSERT_TRUE(memory_->ForgetEverything(std::nullopt));
  EXPECT_EQ(OnDisk("CANARY"), 0);
  memory_.reset();
  EXPECT_EQ(OnDisk("CANARY"), 0);
}

TEST_F(MemoryTest, WhileAnotherReadsItSaysThatItCouldNotForget) {  // "forgotten" is never said of what is still there
  Remember("owner", FactKind::kNote, "note", "CANARY");
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN; SELECT * FROM facts;", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto forgotten = memory_->Forget({.occupant = "owner", .key = {}, .kind = {}, .text = {}});
  EXPECT_FALSE(forgotten);
  sqlite3_close(other);
  ASSERT_TRUE(memory_->Forget({.occupant = "owner", .key = {}, .kind = {}, .text = {}}));
  EXPECT_EQ(OnDisk("CANARY"), 0);
}

TEST_F(MemoryTest, ExportsEverythingOfOnePerson) {
  Remember("owner", FactKind::kPerson, "女儿", "小满", "我女儿叫小满");
  Remember("guest", FactKind::kNote, "note", "x");
  ASSERT_TRUE(memory_->Observe("owner", "hvac.temperature", 480, 24));
  const auto json = memory_->Export("owner");
  ASSERT_TRUE(json);
  ASSERT_EQ((*json)["facts"].size(), 1u);
  EXPECT_EQ((*json)["facts"][0]["kind"], "person");
  EXPECT_EQ((*json)["facts"][0]["value"], "小满");
  ASSERT_EQ((*json)["habits"].size(), 1u);
  EXPECT_EQ((*json)["habits"][0]["value"], 24);
  EXPECT_EQ((*memory_->Export(std::nullopt))["facts"].size(), 2u);
}

TEST_F(MemoryTest, AHabitNeedsEvidenceAndIsOfATimeOfDay) {
  const auto usual = [&](int minute) { return *memory_->UsualValue("owner", "hvac.temperature", minute); };
  ASSERT_TRUE(memory_->Observe("owner", "hvac.temperature", 480, 24));
  ASSERT_TRUE(memory_->Observe("owner", "hvac.temperature", 490, 24));
  EXPECT_FALSE(usual(480));  // twice is no habit
  ASSERT_TRUE(memory_->Observe("owner", "hvac.temperature", 470, 24));
  ASSERT_TRUE(usual(480));
  EXPECT_EQ(usual(480)->value, 24);
  EXPECT_EQ(usual(480)->times, 3);
  EXPECT_GT(usual(480)->confidence, 0.99);
  EXPECT_FALSE(usual(1000));  // in the afternoon nothing is known
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(memory_->Observe("owner", "hvac.temperature", 480, 20));
  EXPECT_FALSE(usual(480));  // half and half
  EXPECT_FALSE(*memory_->UsualValue("guest", "hvac.temperature", 480));
}

TEST_F(MemoryTest, AHabitFadesAndANewOneTakesItsPlace) {
  const auto usual = [&] { return *memory_->UsualValue("owner", "sound.volume", 10); };
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(memory_->Observe("owner", "sound.volume", 1430, 30));  // before midnight counts after it
  ASSERT_TRUE(usual());
  clock_.Advance(hours(24 * 21));
  ASSERT_TRUE(usual());
  EXPECT_NEAR(usual()->evidence, 3, 0.01);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(memory_->Observe("owner", "sound.volume", 10, 20));
  ASSERT_TRUE(usual());
  EXPECT_EQ(usual()->value, 20);
  clock_.Advance(hours(24 * 90));
  EXPECT_FALSE(usual());
}

TEST_F(MemoryTest, StatesAreKeptOverARestart) {
  EXPECT_FALSE(*memory_->GetState("proposals"));
  ASSERT_TRUE(memory_->PutState("proposals", "{}"));
  ASSERT_TRUE(memory_->PutState("proposals", R"({"rain":1})"));
  Reopen();
  EXPECT_EQ(*memory_->GetState("proposals"), R"({"rain":1})");
}

TEST_F(MemoryTest, ADamagedFileIsSetAsideAndSaidSo) {
  for (int i = 0; i < 200; ++i) Remember("owner", FactKind::kNote, fmt::format("k{}", i), std::string(200, 'v'));
  memory_.reset();
  const std::string whole = ReadAll(file_);
  const std::vector<std::string> broken{std::string("no database at all, but some text that is long enough to be read"),
                                        std::string(4096, '\xFF'), whole.substr(0, whole.size() / 2), [&] {
                                          std::string flipped = whole;
                                          for (std::size_t i = 4096 + 8; i < flipped.size(); i += 97)
                                            flipped[i] = static_cast<char>(~flipped[i]);
                                          return flipped;
                                        }()};
  for (const std::string& bytes : broken) {
    clock_.Advance(hours(1));
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
    Reopen();
    EXPECT_THAT(memory_->notice(), testing::HasSubstr(".damaged-"));
    EXPECT_TRUE(memory_->Recall({})->empty());
    Remember("owner", FactKind::kNote, "k", "new");
    Reopen();
    EXPECT_EQ(memory_->notice(), "");
    EXPECT_EQ(memory_->Recall({})->size(), 1u);
    memory_.reset();
  }
}

TEST_F(MemoryTest, ForgettingTakesDamagedFilesAlong) {
  Remember("owner", FactKind::kNote, "note", "CANARY");
  memory_.reset();
  std::ofstream(file_, std::ios::binary | std::ios::in) << "no header any more";
  Reopen();
  EXPECT_GT(OnDisk("CANARY"), 0);
  ASSERT_TRUE(memory_->Forget({.occupant = "owner", .key = {}, .kind = {}, .text = {}}));
  EXPECT_EQ(OnDisk("CANARY"), 0);
}

TEST_F(MemoryTest, AFolderThatIsNotThereIsNoCrash) {
  EXPECT_EQ(Memory::Open(folder_ / "nowhere" / "memory.db", clock_).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Memory::Open(folder_, clock_).error().code, ErrorCode::kUnavailable);
  std::filesystem::create_symlink("/etc/passwd", folder_ / "link.db");
  EXPECT_EQ(Memory::Open(folder_ / "link.db", clock_).error().code, ErrorCode::kUnavailable);
}

TEST_F(MemoryTest, ManyThreads) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 25; ++i) {
        EXPECT_TRUE(memory_->Remember({.occupant = fmt::format("p{}", t),
                                       .kind = FactKind::kNote,
                                       .key = "k",
                                       .value = fmt::format("v{}", i),
                                       .source = "",
                                       .at = {}}));
        EXPECT_TRUE(memory_->Recall({.occupant = fmt::format("p{}", t), .key = {}, .kind = {}, .text = {}}));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(memory_->Recall({})->size(), 100u);
}

}  // namespace
}  // namespace deepcabin::memory
