// TLS, with a certificate made for the occasion.

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "server/server_test_support.h"

namespace deepcabin::server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

class HelloModel final : public llm::ChatModel {
 public:
  Result<llm::ChatReply> Chat(const llm::ChatRequest&, llm::ChatListener& listener, const std::stop_token&) override {
    for (int i = 0; i < 1'000; ++i) listener.OnContent("hello ");
    return llm::ChatReply{};
  }
};

class TlsTest : public ServerTest {
 protected:
  TlsTest() {
    std::filesystem::create_directories(directory_);
    MakeCertificate();
    std::ofstream(directory_ / "token") << "correct-horse-battery\n";
    for (const char* name : {"token", "key.pem"}) std::filesystem::permissions(directory_ / name, std::filesystem::perms(0600));
  }
  ~TlsTest() override {
    static_cast<void>(StopServer());
    std::filesystem::remove_all(directory_);
  }

  void MakeCertificate() const {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_sign(certificate, key, EVP_sha256());
    FILE* file = std::fopen((directory_ / "cert.pem").c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
    file = std::fopen((directory_ / "key.pem").c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }

  ServerOptions TlsOptions(const std::string& listen) const {
    ServerOptions options;
    options.listen = listen;
    options.token_file = directory_ / "token";
    options.tls_certificate_file = directory_ / "cert.pem";
    options.tls_key_file = directory_ / "key.pem";
    return options;
  }

  // The status of a GET over TLS; 0 when there is none.
  unsigned SecureGet(const std::string& host, const std::string& token, int tls_version_max = 0) const {
    asio::io_context io;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    if (tls_version_max != 0) SSL_CTX_set_max_proto_version(tls.native_handle(), tls_version_max);
    asio::ssl::stream<asio::ip::tcp::socket> stream(io, tls);
    stream.next_layer().connect({asio::ip::address_v4::loopback(), port()});
    boost::system::error_code error;
    stream.handshake(asio::ssl::stream_base::client, error);
    if (error) return 0;
    http::request<http::empty_body> request(http::verb::get, "/v1/scenario", 11);
    request.set(http::field::host, host);
    if (!token.empty()) request.set(http::field::authorization, "Bearer " + token);
    http::write(stream, request, error);
    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(stream, buffer, response, error);
    return response.result_int();
  }

  Services MakeServices() override {
    Services services = ServerTest::MakeServices();
    services.chat = &model_;
    services.models = [] { return OrderedJson::array({{{"endpoint", "home"}, {"model", "r1"}}}); };
    return services;
  }

  HelloModel model_;
  const std::filesystem::path directory_ = std::filesystem::temp_directory_path() / fmt::format("deepcabin_tls_test_{}", ::getpid());
};

TEST_F(TlsTest, ServesEveryAddressWithTokenAndTls) {
  StartServer(TlsOptions("0.0.0.0:0"));
  EXPECT_THAT(server_->Url(), ::testing::StartsWith("https://0.0.0.0:"));
  EXPECT_EQ(SecureGet("localhost", "correct-horse-battery"), 200u);
  EXPECT_EQ(SecureGet("localhost", ""), 401u);
  EXPECT_EQ(SecureGet("evil.example", "correct-horse-battery"), 403u);
  EXPECT_EQ(SecureGet("10.9.8.7", "correct-horse-battery"), 403u);  // not the address that was called
}

TEST_F(TlsTest, RefusesOldTlsPlainTextAndOpenKeys) {
  StartServer(TlsOptions("127.0.0.1:0"));
  EXPECT_EQ(SecureGet("localhost", "correct-horse-battery", TLS1_1_VERSION), 0u);
  EXPECT_EQ(SecureGet("localhost", "correct-horse-battery", TLS1_2_VERSION), 200u);
  EXPECT_EQ(Get("/healthz").status, 0);
  std::filesystem::permissions(directory_ / "key.pem", std::filesystem::perms(0640));
  const auto server = Server::Create(TlsOptions("127.0.0.1:0"), MakeServices());
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, ::testing::HasSubstr("mode is 0640"));
}

// The listening for a client that goes away ends with the stream, and the connection lives on.
TEST_F(TlsTest, StreamsOneAnswerAfterAnother) {
  StartServer(TlsOptions("127.0.0.1:0"));
  asio::io_context io;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  asio::ssl::stream<asio::ip::tcp::socket> stream(io, tls);
  stream.next_layer().connect({asio::ip::address_v4::loopback(), port()});
  stream.handshake(asio::ssl::stream_base::client);
  boost::beast::flat_buffer buffer;
  for (int i = 0; i < 20; ++i) {
    http::request<http::string_body> request(http::verb::post, "/v1/chat/completions", 11);
    request.set(http::field::host, "localhost");
    request.set(http::field::authorization, "Bearer correct-horse-battery");
    request.body() = R"({"model":"auto","stream":true,"messages":[{"role":"user","content":"hi"}]})";
    request.prepare_payload();
    http::write(stream, request);
    http::response<http::string_body> response;
    http::read(stream, buffer, response);
    ASSERT_EQ(response.result_int(), 200u);
    ASSERT_TRUE(response.keep_alive());
    EXPECT_THAT(response.body(), ::testing::EndsWith("data: [DONE]\n\n"));
  }
}

}  // namespace
}  // namespace deepcabin::server
