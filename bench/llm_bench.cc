// What the endpoint client, and the matrix over it, add to a stream, against a scripted server in another process on loopback: time to the
// first token and to each further one, beside a bare socket that reads the same stream; and the memory of 200 streams at once. Prints one
// JSON object a line. Where other programs want the processors too, the slowest percent is the wait for one, not work of ours: see
// cpu_per_token_ms.
//   build/llm_bench [home]

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "llm/curl_client.h"
#include "llm/ear_for_test.h"
#include "llm/fake_endpoint_for_test.h"
#include "llm/matrix.h"

namespace deepcabin::llm {
namespace {

constexpr int kRequests = 200, kTokens = 30, kStreams = 200;

double Now() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// The scripted server, in a process of its own; ends with this object.
class ServerProcess {
 public:
  ServerProcess(FakeEndpoint::Transport transport, const Script& script) {
    int to_us[2], to_child[2];
    if (::pipe(to_us) != 0 || ::pipe(to_child) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::close(to_child[1]);
      FakeEndpoint server(transport);
      server.Always(script);
      const std::string where = server.Url() + "\n" + server.certificate_file() + "\n";
      if (::write(to_us[1], where.data(), where.size()) < 0) std::abort();
      ::close(to_us[1]);
      char end;
      while (::read(to_child[0], &end, 1) > 0) continue;
      std::filesystem::remove(server.certificate_file());
      ::_exit(0);
    }
    ::close(to_us[1]);
    ::close(to_child[0]);
    end_ = to_child[1];
    std::string where;
    char buffer[512];
    for (ssize_t count; (count = ::read(to_us[0], buffer, sizeof buffer)) > 0;) where.append(buffer, static_cast<std::size_t>(count));
    ::close(to_us[0]);
    url = where.substr(0, where.find('\n'));
    certificate_file = where.substr(url.size() + 1, where.size() - url.size() - 2);
  }
  ~ServerProcess() {
    ::close(end_);
    ::waitpid(child_, nullptr, 0);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::string url, certificate_file;

 private:
  pid_t child_ = 0;
  int end_ = -1;
};

Script Stamped() {
  Script script = Script().Head();
  for (int i = 0; i < kTokens; ++i) {
    script.SendMade([] { return ContentEvent(fmt::format("{:.4f}", Now())); });
    script.Pause(std::chrono::milliseconds(2));
  }
  return script.Send(FinishEvent() + DoneEvent());
}

struct Delays {
  std::clock_t cpu_start = std::clock();
  std::vector<double> first, further;  // ms: from the start of the request; from when the server made the token
  void Print(std::string_view what) {
    for (auto* delays : {&first, &further}) std::sort(delays->begin(), delays->end());
    const auto at = [](const std::vector<double>& sorted, double share) {
      return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
    };
    const auto tokens = static_cast<double>(first.size() + further.size());
    fmt::print("{{\"what\":\"{}\",", what);
    fmt::print("\"first_token_ms\":{{\"p50\":{:.3f},\"p99\":{:.3f}}},", at(first, 0.5), at(first, 0.99));
    fmt::print("\"further_token_ms\":{{\"p50\":{:.3f},\"p99\":{:.3f}}},", at(further, 0.5), at(further, 0.99));
    fmt::print("\"cpu_per_token_ms\":{:.4f}}}\n", 1000.0 * static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC / tokens);
  }
  void Note(double start, std::string_view stamp, bool is_first) {
    double made = 0;
    std::from_chars(stamp.data(), stamp.data() + stamp.size(), made);
    if (is_first) first.push_back(Now() - start);
    else further.push_back(Now() - made);
  }
};

class StampEar final : public ExchangeListener {
 public:
  StampEar(Delays& delays, double start) : delays_(delays), start_(start) {}
  void OnReasoning(std::string_view) override {}
  void OnContent(std::string_view piece) override { delays_.Note(start_, piece, tokens_++ == 0); }
  void OnDone(ChatReply reply) override { end_.OnDone(std::move(reply)); }
  void OnFault(Fault fault) override { end_.OnFault(std::move(fault)); }
  bool Wait() { return end_.WaitForEnd() && end_.reply; }

 private:
  Delays& delays_;
  const double start_;
  int tokens_ = 0;
  Ear end_;
};

ChatRequest Question() {
  ChatRequest request;
  request.messages = {{Role::kUser, "hello", "", {}, ""}};
  return request;
}

void MeasureClient(const Dialects& dialects, const ServerProcess& server, std::string_view what) {
  CurlClient client(dialects);
  Endpoint endpoint;
  endpoint.dialect = "generic";
  endpoint.url = server.url;
  endpoint.ca_file = server.certificate_file;
  Delays delays;
  for (int i = 0; i < kRequests; ++i) {
    if (i == 1) delays = {};  // the first one connects
    StampEar ear(delays, Now());
    const auto exchange = client.Start(endpoint, Question(), ear);
    if (!ear.Wait()) std::abort();
  }
  delays.Print(what);
}

class StampListener final : public ChatListener {
 public:
  StampListener(Delays& delays, double start) : delays_(delays), start_(start) {}
  void OnReasoning(std::string_view) override {}
  void OnContent(std::string_view piece) override { delays_.Note(start_, piece, tokens_++ == 0); }
  void OnRestart() override {}
  bool IsCommitted() const override { return false; }

 private:
  Delays& delays_;
  const double start_;
  int tokens_ = 0;
};

void MeasureMatrix(const Dialects& dialects, const ServerProcess& server) {
  const SystemClock clock;
  const std::filesystem::path file = std::filesystem::temp_directory_path() / fmt::format("llm_bench_{}.db", ::getpid());
  {
    const auto meter = Meter::Open(file, clock);
    if (!meter) std::abort();
    CurlClient client(dialects);
    Models models;
    models.endpoints.resize(1);
    models.endpoints[0].name = models.endpoints[0].model = "a";
    models.endpoints[0].dialect = "generic";
    models.endpoints[0].url = server.url;
    Matrix matrix(models, client, **meter, clock);
    Delays delays;
    for (int i = 0; i < kRequests; ++i) {
      if (i == 1) delays = {};
      StampListener listener(delays, Now());
      if (!matrix.Chat(Question(), listener, {})) std::abort();
    }
    delays.Print("matrix, http");
  }
  for (const char* rest : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + rest);
}

void MeasureBareSocket(const ServerProcess& server) {
  namespace asio = boost::asio;
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  const auto port = static_cast<std::uint16_t>(std::stoi(server.url.substr(server.url.rfind(':') + 1)));
  socket.connect({asio::ip::address_v4::loopback(), port});
  socket.set_option(asio::ip::tcp::no_delay(true));
  Delays delays;
  for (int i = 0; i < kRequests; ++i) {
    const double start = Now();
    asio::write(socket,
                asio::buffer(std::string_view("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")));
    std::string text;
    int tokens = 0;
    while (!text.ends_with("0\r\n\r\n")) {
      char buffer[4096];
      const std::size_t count = socket.read_some(asio::buffer(buffer));
      text.append(buffer, count);
      constexpr std::string_view kMark = "\"content\":\"";
      const std::size_t at = std::string_view(buffer, count).find(kMark);
      if (at != std::string_view::npos) delays.Note(start, std::string_view(buffer, count).substr(at + kMark.size()), tokens++ == 0);
    }
    if (i == 0) delays = {};
  }
  delays.Print("bare socket");
}

double MemoryMb() {
  std::ifstream file("/proc/self/statm");
  long all = 0, resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

void MeasureMemory(const Dialects& dialects, const ServerProcess& server, std::string_view what) {
  const double before = MemoryMb();
  CurlClient client(dialects);
  Endpoint endpoint;
  endpoint.dialect = "generic";
  endpoint.url = server.url;
  endpoint.ca_file = server.certificate_file;
  endpoint.connect_timeout = endpoint.first_token_timeout = endpoint.idle_timeout = std::chrono::seconds(60);
  std::vector<Ear> ears(kStreams);
  std::vector<std::unique_ptr<Exchange>> exchanges;
  for (Ear& ear : ears) exchanges.push_back(client.Start(endpoint, Question(), ear));
  for (Ear& ear : ears) {
    if (!ear.WaitForPieces(1)) std::abort();
  }
  fmt::print("{{\"what\":\"{} streams, {}\",\"memory_before_mb\":{:.1f},\"memory_with_mb\":{:.1f}}}\n", kStreams, what, before, MemoryMb());
}

int Run(const std::string& home) {
  const Script waiting = Script().Head().Send(ContentEvent(std::string(200, 'x'))).Stall();
  const ServerProcess stamped(FakeEndpoint::Transport::kPlain, Stamped()), stamped_tls(FakeEndpoint::Transport::kTls, Stamped()),
      plain(FakeEndpoint::Transport::kPlain, waiting), tls(FakeEndpoint::Transport::kTls, waiting);
  const auto dialects = Dialects::Load(home + "/models");
  if (!dialects) {
    fmt::print(stderr, "{}\n", dialects.error().message);
    return 1;
  }
  MeasureMemory(*dialects, plain, "http");
  MeasureMemory(*dialects, tls, "https");
  MeasureBareSocket(stamped);
  MeasureClient(*dialects, stamped, "client, http");
  MeasureMatrix(*dialects, stamped);
  MeasureClient(*dialects, stamped_tls, "client, https");
  return 0;
}

}  // namespace
}  // namespace deepcabin::llm

int main(int argc, char** argv) { return deepcabin::llm::Run(argc > 1 ? argv[1] : "."); }
