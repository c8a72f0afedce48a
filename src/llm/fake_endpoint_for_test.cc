#include "llm/fake_endpoint_for_test.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/json.h"
#include "base/text.h"

namespace deepcabin::llm {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::milliseconds kKeepAlivePeriod{10};

struct Certificate {
  std::string certificate_pem, key_pem;
};

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

// For "localhost", signed by itself.
Certificate MakeCertificate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
  X509_add_ext(certificate, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate, key, EVP_sha256());
  BIO* certificate_out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_out, certificate);
  BIO* key_out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_out, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return {TextOf(certificate_out), TextOf(key_out)};
}

std::string Chunk(std::string_view bytes) { return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }

}  // namespace

struct FakeEndpoint::State {
  explicit State(Transport how) : transport(how), acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    if (transport == Transport::kTls) {
      const Certificate made = MakeCertificate();
      tls.use_certificate_chain(asio::buffer(made.certificate_pem));
      tls.use_private_key(asio::buffer(made.key_pem), asio::ssl::context::pem);
      certificate_file = std::filesystem::temp_directory_path() /
                         fmt::format("deepcabin_fake_endpoint_{}_{}.pem", ::getpid(), acceptor.local_endpoint().port());
      std::ofstream(certificate_file) << made.certificate_pem;
    }
    fallback = ErrorReply(404, "no script");
  }

  asio::awaitable<void> Accept() {
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
      socket.set_option(tcp::no_delay(true));
      Count(connections);
      if (transport == Transport::kTls) {
        asio::co_spawn(io, Serve(asio::ssl::stream<tcp::socket>(std::move(socket), tls)), asio::detached);
      } else {
        asio::co_spawn(io, Serve(std::move(socket)), asio::detached);
      }
    }
  }

  template <typename Stream>
  asio::awaitable<void> Serve(Stream stream) {
    bool answering = false;
    try {
      if constexpr (requires { stream.async_handshake(asio::ssl::stream_base::server, use_awaitable); }) {
        co_await stream.async_handshake(asio::ssl::stream_base::server, use_awaitable);
      }
      boost::beast::flat_buffer buffer;
      for (;;) {
        http::request_parser<http::string_body> parser;
        parser.body_limit(32u << 20);
        co_await http::async_read(stream, buffer, parser, use_awaitable);
        const Script script = ScriptFor(parser.get());
        answering = true;
        for (const Script::Step& step : script.steps()) co_await Play(stream, step);
        co_await asio::async_write(stream, asio::buffer(std::string_view("0\r\n\r\n")), use_awaitable);
        answering = false;
      }
    } catch (const boost::system::system_error&) {
      if (answering) Count(gone);
    }
  }

  template <typename Stream>
  asio::awaitable<void> Play(Stream& stream, const Script::Step& step) {
    using Kind = Script::Step::Kind;
    const auto write = [&stream](std::string bytes) -> asio::awaitable<void> {
      co_await asio::async_write(stream, asio::buffer(bytes), use_awaitable);
    };
    asio::steady_timer timer(io);
    switch (step.kind) {
      case Kind::kRaw: co_await write(step.bytes); break;
      case Kind::kSend: co_await write(Chunk(step.bytes)); break;
      case Kind::kMade: co_await write(Chunk(step.make())); break;
      case Kind::kByteByByte:
        for (const char c : step.bytes) co_await write(Chunk({&c, 1}));
        break;
      case Kind::kPause:
        timer.expires_after(step.pause);
        co_await timer.async_wait(use_awaitable);
        break;
      case Kind::kStall: {
        const int release = releases;
        Count(stalls);
        while (release == releases) {
          timer.expires_after(kKeepAlivePeriod);
          co_await timer.async_wait(use_awaitable);
          if (!step.bytes.empty()) co_await write(Chunk(step.bytes));
          char byte;
          const auto peeked = ::recv(stream.lowest_layer().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
          if (peeked >= 0) throw boost::system::system_error(asio::error::eof);  // a client says nothing more unless it goes
        }
        break;
      }
      case Kind::kEndless:
        for (const std::string chunk = Chunk(step.bytes);;) co_await write(chunk);
      case Kind::kCut:
        stream.lowest_layer().set_option(asio::socket_base::linger(true, 0));
        stream.lowest_layer().close();
        break;
    }
  }

  Script ScriptFor(const http::request<http::string_body>& request) {
    RecordedRequest recorded{std::string(request.target()), request.body(), {}};
    for (const auto& field : request) recorded.headers[ToLowerAscii(field.name_string())] = field.value();
    const std::lock_guard lock(mutex);
    requests.push_back(std::move(recorded));
    news.notify_all();
    if (scripts.empty()) return fallback;
    Script script = std::move(scripts.front());
    scripts.pop_front();
    return script;
  }

  void Count(int& counter) {
    const std::lock_guard lock(mutex);
    ++counter;
    news.notify_all();
  }
  template <typename Condition>
  bool WaitFor(Condition condition) {
    std::unique_lock lock(mutex);
    return news.wait_for(lock, kPatience, condition);
  }

  const Transport transport;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  std::string certificate_file;
  std::atomic<int> releases{0};

  std::mutex mutex;
  std::condition_variable news;
  std::deque<Script> scripts;
  Script fallback;
  std::vector<RecordedRequest> requests;
  int connections = 0, stalls = 0, gone = 0;
  std::jthread thread;
};

FakeEndpoint::FakeEndpoint(Transport transport) : state_(std::make_unique<State>(transport)) {
  asio::co_spawn(state_->io, state_->Accept(), asio::detached);
  state_->thread = std::jthread([state = state_.get()] { state->io.run(); });
}

FakeEndpoint::~FakeEndpoint() {
  state_->io.stop();
  state_->thread.join();
  if (!state_->certificate_file.empty()) std::filesystem::remove(state_->certificate_file);
}

std::string FakeEndpoint::Url() const {
  return state_->transport == Transport::kTls ? fmt::format("https://localhost:{}/v1", port())
                                              : fmt::format("http://127.0.0.1:{}/v1", port());
}
std::uint16_t FakeEndpoint::port() const { return state_->acceptor.local_endpoint().port(); }
const std::string& FakeEndpoint::certificate_file() const { return state_->certificate_file; }

void FakeEndpoint::Push(Script script) {
  const std::lock_guard lock(state_->mutex);
  state_->scripts.push_back(std::move(script));
}
void FakeEndpoint::Always(Script script) {
  const std::lock_guard lock(state_->mutex);
  state_->fallback = std::move(script);
}
void FakeEndpoint::Release() { ++state_->releases; }

std::vector<RecordedRequest> FakeEndpoint::Requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}
int FakeEndpoint::Connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->connections;
}
bool FakeEndpoint::WaitForRequests(int count) const {
  return state_->WaitFor([&] { return static_cast<int>(state_->requests.size()) >= count; });
}
bool FakeEndpoint::WaitForStalls(int count) const {
  return state_->WaitFor([&] { return state_->stalls >= count; });
}
bool FakeEndpoint::WaitForGone(int count) const {
  return state_->WaitFor([&] { return state_->gone >= count; });
}

Script& Script::Head(int status, const std::vector<std::string>& headers) {
  std::string head = fmt::format("HTTP/1.1 {} Scripted\r\nTransfer-Encoding: chunked\r\n", status);
  for (const std::string& header : headers) head += header + "\r\n";
  return SendRaw(head + "\r\n");
}

std::string Event(std::string_view data) { return fmt::format("data: {}\n\n", data); }
std::string DeltaEvent(std::string_view delta_json) {
  return Event(fmt::format(R"({{"model":"fake-model","choices":[{{"index":0,"delta":{},"finish_reason":null}}]}})", delta_json));
}
std::string ContentEvent(std::string_view text) { return DeltaEvent(fmt::format(R"({{"content":{}}})", DumpJson(Json(text)))); }
std::string ReasoningEvent(std::string_view text) { return DeltaEvent(fmt::format(R"({{"reasoning_content":{}}})", DumpJson(Json(text)))); }
std::string FinishEvent(std::string_view reason) {
  return Event(fmt::format(R"({{"model":"fake-model","choices":[{{"index":0,"delta":{{}},"finish_reason":"{}"}}]}})", reason));
}
std::string UsageEvent(int input, int cached, int output) {
  return Event(fmt::format(
      R"({{"choices":[],"usage":{{"prompt_tokens":{},"completion_tokens":{},"prompt_tokens_details":{{"cached_tokens":{}}}}}}})", input,
      output, cached));
}
std::string DoneEvent() { return Event("[DONE]"); }

Script TextReply(std::string_view text) {
  return Script().Head().Send(ContentEvent(text)).Send(FinishEvent()).Send(UsageEvent(10, 4, 5)).Send(DoneEvent());
}
Script ErrorReply(int status, std::string body, std::vector<std::string> headers) {
  headers.emplace_back("Content-Type: application/json");
  return Script().Head(status, headers).Send(std::move(body));
}
Script JsonReply(std::string body, int status) { return ErrorReply(status, std::move(body)); }

}  // namespace deepcabin::llm
