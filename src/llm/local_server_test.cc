#include "llm/local_server.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcabin::llm {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

// What a fake server writes down before it goes on; $0.notes is beside it.
constexpr const char* kNotes = "#!/bin/sh\nenv > $0.env; ulimit -v > $0.limit; echo \"$@\" > $0.args; echo $$ >> $0.pid\n";

class LocalServerTest : public testing::Test {
 protected:
  LocalServerTest() {
    folder_ = testing::TempDir() + "local_server_test";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "model.gguf") << "GGUF";
    options_.gguf = folder_ / "model.gguf";
    options_.back_off = milliseconds(10);
    options_.health_every = milliseconds(20);
  }
  ~LocalServerTest() override { std::filesystem::remove_all(folder_); }

  void Program(const std::string& text) {
    options_.program = folder_ / "fake";
    std::ofstream(options_.program) << text;
    chmod(options_.program.c_str(), 0700);
  }
  std::string Note(const std::string& what) {
    std::ifstream in(folder_ / ("fake." + what));
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }
  std::unique_ptr<LocalServer> Start(LocalServer::Health health) {
    auto server = LocalServer::Start(
        options_,
        [this](LocalState state, const std::string& word) {
          const std::lock_guard lock(mutex_);
          states_.emplace_back(state, word);
          changed_.notify_all();
        },
        std::move(health));
    EXPECT_TRUE(server) << server.error().message;
    return *std::move(server);
  }
  // The word with which it came into that state; waits for it.
  std::string Reached(LocalState state, std::size_t times = 1) {
    std::unique_lock lock(mutex_);
    std::string word = "never";
    changed_.wait_for(lock, std::chrono::seconds(30), [&] {
      std::size_t seen = 0;
      for (const auto& [s, w] : states_) {
        if (s == state && ++seen == times) word = w;
      }
      return seen >= times;
    });
    return word;
  }
  // Whether a process ends soon; it need not be a child of ours.
  static bool Ends(pid_t pid) {
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) return errno == ESRCH;
    pollfd wait{fd, POLLIN, 0};
    const bool ended = poll(&wait, 1, 10'000) == 1;
    close(fd);
    return ended;
  }

  std::filesystem::path folder_;
  LocalServerOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<LocalState, std::string>> states_;
};

TEST_F(LocalServerTest, StartsServesAndGoesWithUs) {
  Program(std::string(kNotes) + "exec sleep 1000\n");
  options_.memory_mib = 3'000;
  setenv("DEEPSEEK_API_KEY", "sk-secret", 1);
  auto server = Start([this](std::uint16_t) { return !Note("pid").empty(); });
  EXPECT_EQ(Reached(LocalState::kServing), "");
  EXPECT_EQ(server->state(), LocalState::kServing);
  EXPECT_THAT(server->url(), testing::MatchesRegex("http://127.0.0.1:[0-9]+/v1"));
  EXPECT_THAT(Note("args"), HasSubstr("--host 127.0.0.1 --port " + server->url().substr(17, server->url().size() - 20)));
  EXPECT_THAT(Note("args"), HasSubstr("--model " + options_.gguf.string() + " --ctx-size 8192"));
  EXPECT_EQ(Note("limit"), fmt::format("{}\n", 3'000 * 1'024));
  EXPECT_THAT(Note("env"), testing::AllOf(HasSubstr("PATH="), Not(HasSubstr("sk-secret"))));
  const auto pid = static_cast<pid_t>(std::stoi(Note("pid")));
  EXPECT_EQ(kill(pid, 0), 0);
  server.reset();
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(Reached(LocalState::kStopped), "");
  unsetenv("DEEPSEEK_API_KEY");
}

TEST_F(LocalServerTest, AfterThreeCrashesItIsLeftAloneWithAWord) {
  Program(std::string(kNotes) + "exit 3\n");
  const auto server = Start([](std::uint16_t) { return false; });
  EXPECT_EQ(Reached(LocalState::kGivenUp), "it ended with status 3; 3 times within 60 s, so it is not started again");
  EXPECT_EQ(Reached(LocalState::kWaiting), "it ended with status 3");
  const std::string pids = Note("pid");
  EXPECT_EQ(std::count(pids.begin(), pids.end(), '\n'), 3);
}

TEST_F(LocalServerTest, OneThatFallsIsStartedAgain) {
  Program(std::string(kNotes) + "exec sleep 1000\n");
  const auto server = Start([this](std::uint16_t) { return !Note("pid").empty(); });
  ASSERT_EQ(Reached(LocalState::kServing), "");
  ASSERT_EQ(kill(static_cast<pid_t>(std::stoi(Note("pid"))), SIGKILL), 0);
  EXPECT_EQ(Reached(LocalState::kWaiting), "it was ended by signal 9");
  EXPECT_EQ(Reached(LocalState::kServing, 2), "");
}

TEST_F(LocalServerTest, OneThatHangsIsStartedAgain) {
  Program("#!/bin/sh\nexec sleep 1000\n");
  options_.health_late = milliseconds(100);
  std::atomic<bool> well{true};
  const auto server = Start([&](std::uint16_t) { return well.load(); });
  ASSERT_EQ(Reached(LocalState::kServing), "");
  well = false;
  EXPECT_EQ(Reached(LocalState::kWaiting), "it hung");
  well = true;
  EXPECT_EQ(Reached(LocalState::kServing, 2), "");
}

TEST_F(LocalServerTest, OneThatNeverServesIsGivenUp) {
  Program("#!/bin/sh\nexec sleep 1000\n");
  options_.start_max = milliseconds(100);
  const auto server = Start([](std::uint16_t) { return false; });
  EXPECT_THAT(Reached(LocalState::kGivenUp), HasSubstr("it did not serve within 100 ms"));
}

TEST_F(LocalServerTest, OneThatIgnoresSigtermIsKilled) {
  Program(std::string("#!/bin/sh\ntrap '' TERM\n") + (kNotes + 10) + "while :; do sleep 1000; done\n");
  options_.stop_max = milliseconds(100);
  auto server = Start([this](std::uint16_t) { return !Note("pid").empty(); });
  ASSERT_EQ(Reached(LocalState::kServing), "");
  const auto pid = static_cast<pid_t>(std::stoi(Note("pid")));
  server.reset();
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(LocalServerTest, ItDiesWithUsEvenWhenWeAreKilled) {
  Program(std::string(kNotes) + "exec sleep 1000\n");
  const pid_t us = fork();
  if (us == 0) {
    const auto server = Start([this](std::uint16_t) { return !Note("pid").empty(); });
    Reached(LocalState::kServing);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(us, &status, 0), us);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(Ends(static_cast<pid_t>(std::stoi(Note("pid")))));
}

TEST_F(LocalServerTest, WithoutProgramOrModelItSaysSo) {
  options_.program = "no-such-program";
  auto server = LocalServer::Start(options_, {});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kNotFound);
  Program("#!/bin/sh\n");
  options_.gguf = folder_ / "none.gguf";
  server = LocalServer::Start(options_, {});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kNotFound);
}

// Over a real socket: 503 while it loads, then 200, as llama-server does.
TEST_F(LocalServerTest, AsksForHealthOverHttp) {
  Program(R"(#!/usr/bin/env python3
import http.server, sys
asked = 0
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        asked += 1
        self.send_response(200 if self.path == "/health" and asked > 2 else 503)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
)");
  std::atomic<int> noes{0};
  const auto server = Start([&](std::uint16_t port) {
    const bool yes = AsksWell(port);
    noes += !yes;
    return yes;
  });
  EXPECT_EQ(Reached(LocalState::kServing), "");
  EXPECT_GE(noes, 2);
}

}  // namespace
}  // namespace deepcabin::llm
