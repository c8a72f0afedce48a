#include "safety/audit_log.h"

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/random.h"
#include "safety/audit_file.h"

namespace deepcabin::safety {
namespace {

namespace fs = std::filesystem;

class AuditLogTest : public testing::Test {
 protected:
  AuditLogTest() {
    std::string pattern = (fs::temp_directory_path() / "deepcabin-audit-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~AuditLogTest() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }
  std::unique_ptr<AuditLog> Open(std::uint64_t file_bytes = 4u << 20, int files = 8) {
    auto log =
        AuditLog::Open({.directory = directory_, .file_bytes_max = file_bytes, .files_max = files, .reserve_bytes = 64u << 10}, clock_);
    EXPECT_TRUE(log) << (log ? "" : log.error().message);
    return log ? std::move(log).value() : nullptr;
  }
  static std::string ReadFile(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
  }
  static void WriteFile(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary | std::ios::trunc) << text; }
  std::string VerifyError() const {
    const Status status = AuditLog::Verify(directory_);
    return status ? "" : status.error().message;
  }

  SimulatedClock clock_;
  fs::path directory_;
};

TEST_F(AuditLogTest, WritesAChainThatVerifies) {
  {
    auto log = Open();
    for (int i = 0; i < 100; ++i) log->Append({{"n", i}});
    const auto tail = log->Tail(3);
    ASSERT_EQ(tail.size(), 3u);
    EXPECT_EQ(tail[0]["n"], 97);
    EXPECT_EQ(tail[2]["seq"], 100);
    EXPECT_EQ(tail[2]["prev"], tail[1]["hash"]);
    EXPECT_EQ(tail[0]["time"], "2026-03-02T08:00:00.000Z");
  }
  EXPECT_EQ(VerifyError(), "");
  auto log = Open();
  log->Append({{"n", 100}});
  EXPECT_EQ(log->Tail(1)[0]["seq"], 101);
  EXPECT_EQ(VerifyError(), "");
}

TEST_F(AuditLogTest, MemoryLogKeepsTheNewest) {
  auto log = AuditLog::InMemory(clock_, 3);
  for (int i = 0; i < 5; ++i) log->Append({{"n", i}});
  const auto tail = log->Tail(10);
  ASSERT_EQ(tail.size(), 3u);
  EXPECT_EQ(tail[0]["n"], 2);
  EXPECT_EQ(tail[2]["seq"], 5);
}

TEST_F(AuditLogTest, RotatesAndKeepsTheChainAcrossFiles) {
  {
    auto log = Open(2000, 3);
    for (int i = 0; i < 200; ++i) log->Append({{"n", i}, {"text", "一些内容"}});
  }
  const auto files = ListAuditFiles(directory_);
  EXPECT_EQ(files.size(), 3u);
  for (const AuditFile& file : files) EXPECT_LE(fs::file_size(file.path), 2000u);
  EXPECT_EQ(VerifyError(), "");
  fs::remove(files[1].path);
  EXPECT_NE(VerifyError().find("the file before it is missing"), std::string::npos);
}

// T47: what people say cannot forge a record or reach a terminal raw.
TEST_F(AuditLogTest, NewlinesAndEscapesStayInsideTheirRecord) {
  {
    auto log = Open();
    log->Append({{"utterance", "hi\n{\"seq\":99,\"decision\":\"allow\"}\r\n\x1b[2J\x00 \xff\xfe"}});
    log->Append({{"utterance", "next"}});
  }
  const std::string text = ReadFile(ListAuditFiles(directory_)[0].path);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(VerifyError(), "");
}

TEST_F(AuditLogTest, EveryFlippedBitIsFound) {
  {
    auto log = Open();
    for (int i = 0; i < 3; ++i) log->Append({{"n", i}, {"decision", "deny"}});
  }
  const fs::path path = ListAuditFiles(directory_)[0].path;
  const std::string good = ReadFile(path);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ (1u << bit));
      WriteFile(path, bad);
      ASSERT_FALSE(AuditLog::Verify(directory_)) << "byte " << i << " bit " << bit;
    }
  }
}

TEST_F(AuditLogTest, RemovedAndReorderedRecordsAreFoundWithTheirLine) {
  {
    auto log = Open();
    for (int i = 0; i < 5; ++i) log->Append({{"n", i}});
  }
  const fs::path path = ListAuditFiles(directory_)[0].path;
  std::istringstream in(ReadFile(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  WriteFile(path, lines[0] + lines[1] + lines[3] + lines[4]);
  EXPECT_NE(VerifyError().find("audit-000001.jsonl:3: does not follow"), std::string::npos) << VerifyError();
  WriteFile(path, lines[0] + lines[2] + lines[1] + lines[3]);
  EXPECT_NE(VerifyError().find(":2: "), std::string::npos);
}

TEST_F(AuditLogTest, ATornLastLineIsSetAside) {
  { Open()->Append({{"n", 1}}); }
  const fs::path path = ListAuditFiles(directory_)[0].path;
  std::ofstream(path, std::ios::app) << "{\"n\":2,\"hal";
  EXPECT_NE(VerifyError(), "");
  auto log = Open();
  log->Append({{"n", 3}});
  EXPECT_EQ(VerifyError(), "");
  EXPECT_EQ(log->Tail(1)[0]["seq"], 2);
  EXPECT_EQ(ReadFile(path.string() + ".torn"), "{\"n\":2,\"hal\n");
}

// Found by the kill test: killed after a rotation, before the new file's first record.
TEST_F(AuditLogTest, TheChainGoesOnAfterAnEmptyNewestFile) {
  { Open()->Append({{"n", 1}}); }
  WriteFile(AuditFilePath(directory_, 2), "");
  {
    auto log = Open();
    ASSERT_EQ(log->Tail(1).size(), 1u);
    log->Append({{"n", 2}});
    EXPECT_EQ(log->Tail(1)[0]["seq"], 2);
  }
  WriteFile(AuditFilePath(directory_, 3), "{\"torn");
  Open()->Append({{"n", 3}});
  EXPECT_EQ(VerifyError(), "");
}

TEST_F(AuditLogTest, ADamagedEndIsKeptAsEvidenceAndTheLogGoesOn) {
  { Open()->Append({{"n", 1}}); }
  const fs::path path = ListAuditFiles(directory_)[0].path;
  std::ofstream(path, std::ios::app) << "{\"n\":2,\"forged\":true}\n";
  auto log = Open();
  ASSERT_NE(log, nullptr);
  log->Append({{"n", 3}});
  EXPECT_FALSE(log->degraded());
  EXPECT_NE(VerifyError().find("audit-000001.jsonl:2: "), std::string::npos) << VerifyError();
}

TEST_F(AuditLogTest, TwoProcessesCannotShareADirectory) {
  auto first = Open();
  const auto second = AuditLog::Open({.directory = directory_}, clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

TEST_F(AuditLogTest, HugeRecordsAreCutNotLost) {
  {
    auto log = Open();
    log->Append({{"text", std::string(1u << 20, 'x')}});
    log->Append(Json::array({1, 2}));
  }
  EXPECT_EQ(VerifyError(), "");
}

TEST_F(AuditLogTest, ManyThreadsMakeOneChain) {
  {
    auto log = Open(20'000, 1000);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&log, t] {
        for (int i = 0; i < 250; ++i) log->Append({{"t", t}, {"i", i}});
      });
    threads.clear();
    EXPECT_EQ(log->Tail(1)[0]["seq"], 1000);
  }
  EXPECT_EQ(VerifyError(), "");
}

// Runs `body` in a child that ends without destructors; for limits and signals that must not hit the test itself.
template <typename Body>
pid_t Fork(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  return child;
}
int WaitFor(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

// F18: kill -9 at random moments; nothing acknowledged is lost and the chain holds.
TEST_F(AuditLogTest, SurvivesKillNineAtRandomMoments) {
  Random random(11);
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 25; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = Fork([&] {
      close(pipe_ends[0]);
      auto log = AuditLog::Open({.directory = directory_, .file_bytes_max = 20'000, .files_max = 10'000, .reserve_bytes = 4096}, clock_);
      if (!log) _exit(3);
      for (;;) {
        (*log)->Append({{"text", "某人说了一些话"}});
        const std::uint64_t seq = (*log)->Tail(1)[0]["seq"];
        if (write(pipe_ends[1], &seq, sizeof seq) != sizeof seq) _exit(4);
      }
    });
    close(pipe_ends[1]);
    // Let it write a random number of records, then kill it in the middle of whatever it does.
    const std::size_t records = 1 + random.Below(150);
    for (std::size_t i = 0; i < records; ++i)
      ASSERT_EQ(read(pipe_ends[0], &acknowledged, sizeof acknowledged), static_cast<ssize_t>(sizeof acknowledged));
    kill(child, SIGKILL);
    std::uint64_t seq = 0;
    while (read(pipe_ends[0], &seq, sizeof seq) == static_cast<ssize_t>(sizeof seq)) acknowledged = seq;
    close(pipe_ends[0]);
    EXPECT_TRUE(WIFSIGNALED(WaitFor(child)));
    auto log = Open(20'000, 10'000);
    ASSERT_NE(log, nullptr);
    ASSERT_FALSE(log->Tail(1).empty());
    EXPECT_GE(log->Tail(1)[0]["seq"].get<std::uint64_t>(), acknowledged) << "round " << round;
    EXPECT_EQ(VerifyError(), "") << "round " << round;
  }
}

// F16, by a limit on file size: writes begin to fail, nothing stops, and all is written once there is room.
TEST_F(AuditLogTest, AFailingDiskDegradesAndHeals) {
  const int status = WaitFor(Fork([&] {
    signal(SIGXFSZ, SIG_IGN);
    auto log = AuditLog::Open({.directory = directory_, .reserve_bytes = 4096}, clock_);
    ASSERT_TRUE(log);
    const rlimit small{16u << 10, RLIM_INFINITY};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 200; ++i) (*log)->Append({{"n", i}});
    EXPECT_TRUE((*log)->degraded());
    EXPECT_EQ((*log)->Tail(1)[0]["n"], 199);
    const rlimit large{RLIM_INFINITY, RLIM_INFINITY};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &large), 0);
    (*log)->Append({{"n", 200}});
    EXPECT_FALSE((*log)->degraded());
  }));
  EXPECT_EQ(status, 0);
  EXPECT_EQ(VerifyError(), "");
  EXPECT_EQ(Open()->Tail(1)[0]["n"], 200);
}

// F16 on a really full disk: a tmpfs of 256 KiB, where mounting is possible.
TEST_F(AuditLogTest, AFullDiskUsesTheReserveThenDegradesAndHeals) {
  if (mount("none", directory_.c_str(), "tmpfs", 0, "size=256k") != 0) GTEST_SKIP() << "mounting a tmpfs is not permitted here";
  {
    auto log = Open();
    log->Append({{"n", 0}});
    std::ofstream filler(directory_ / "filler", std::ios::binary);
    for (int i = 0; i < 300 && filler; ++i) filler << std::string(1024, 'x') << std::flush;
    filler.close();
    for (int i = 1; i <= 100; ++i) log->Append({{"n", i}});
    EXPECT_FALSE(log->degraded()) << "the reserve has room for these";
    EXPECT_FALSE(fs::exists(directory_ / "reserve"));
    for (int i = 101; i <= 2000; ++i) log->Append({{"n", i}});
    EXPECT_TRUE(log->degraded());
    fs::remove(directory_ / "filler");
  }
  {
    // The pending records of a log that was closed while degraded are gone; what was written holds.
    EXPECT_EQ(VerifyError(), "");
    auto log = Open();
    log->Append({{"n", 3000}});
    EXPECT_FALSE(log->degraded());
  }
  EXPECT_EQ(VerifyError(), "");
  umount(directory_.c_str());
}

}  // namespace
}  // namespace deepcabin::safety
