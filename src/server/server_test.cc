// The HTTP half, over real sockets.

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "server/routes.h"
#include "server/server_test_support.h"

namespace deepcabin::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Turn(std::string_view text) { return DumpJson(Json{{"text", text}}); }

TEST_F(ServerTest, AnswersATurn) {
  StartServer();
  const Answer answer =
      Send("POST", "/v1/turns", R"({"text":"把窗打开","session":"offering","speaker":"row2.left","lang":"en","touched":true})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json json = answer.json();
  EXPECT_EQ(json["session"], "offering");
  EXPECT_EQ(json["turn"], "offering-1");
  EXPECT_EQ(json["text"], "把窗打开");
  EXPECT_EQ(json["lang"], "zh");
  EXPECT_EQ(json["reply"], "主驾车窗已经全开");
  EXPECT_EQ(json["offer"]["expires_ms"], 15000);
  EXPECT_EQ(turns_.last.speaker, Zone::kRow2Left);
  EXPECT_EQ(turns_.last.language, Language::kEnglish);
  EXPECT_TRUE(turns_.last.touched);
  EXPECT_TRUE(Send("POST", "/v1/turns", Turn("x")).json()["offer"].is_null());
  EXPECT_EQ(turns_.last.session, "default");
}

TEST_F(ServerTest, RefusesBadTurns) {
  StartServer();
  const auto status = [this](const std::string& body) { return Send("POST", "/v1/turns", body).status; };
  EXPECT_EQ(status(""), 400);
  EXPECT_EQ(status("{"), 400);
  EXPECT_EQ(status("[]"), 400);
  EXPECT_EQ(status("{}"), 400);
  EXPECT_EQ(status(R"({"text":1})"), 400);
  EXPECT_EQ(status(R"({"text":"  "})"), 400);
  EXPECT_EQ(status(R"({"text":"a","text":"b"})"), 400);
  EXPECT_EQ(status(R"({"text":"a","colour":"b"})"), 400);
  EXPECT_EQ(status(R"({"text":"a","speaker":"roof"})"), 400);
  EXPECT_EQ(status(R"({"text":"a","speaker":"all"})"), 400);
  EXPECT_EQ(status(R"({"text":"a","speaker":""})"), 400);
  EXPECT_EQ(status(R"({"text":"a","lang":"fr"})"), 400);
  EXPECT_EQ(status(R"({"text":"a","touched":"yes"})"), 400);
  EXPECT_EQ(status(R"({"text":"a","session":"a/../b\n"})"), 400);
  EXPECT_EQ(status("{\"text\":\"\xff\xfe\"}"), 400);
  EXPECT_EQ(status(R"({"text":"\ud800"})"), 400);
  EXPECT_EQ(status(R"({"text":1e999})"), 400);
  EXPECT_EQ(status("{\"text\":" + std::string(100, '[') + std::string(100, ']') + "}"), 413);
  EXPECT_EQ(status(Turn(std::string(agent::kUtteranceBytesMax + 1, 'a'))), 413);
  EXPECT_EQ(status(Turn(std::string(agent::kUtteranceBytesMax, 'a'))), 200);
  const Answer error = Send("POST", "/v1/turns", "{");
  EXPECT_EQ(error.code(), "invalid_argument");
  EXPECT_THAT(error.body, HasSubstr("malformed JSON at byte"));
}

TEST_F(ServerTest, TellsNothingOfItsInside) {
  StartServer();
  for (const char* text : {"explode", "broken"}) {
    const Answer answer = Send("POST", "/v1/turns", Turn(text));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.code(), "internal");
    EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
    EXPECT_THAT(answer.body, Not(HasSubstr("/srv")));
  }
  const Answer crowded = Send("POST", "/v1/turns", Turn("crowded"));
  EXPECT_EQ(crowded.status, 429);
  EXPECT_EQ(crowded.headers.at("retry-after"), "1");
}

TEST_F(ServerTest, ShowsSignals) {
  StartServer();
  EXPECT_EQ(Get("/v1/signals").json()["signals"].size(), 6u);
  EXPECT_EQ(Get("/v1/signals?prefix=Vehicle.Cabin").json()["signals"].size(), 4u);
  EXPECT_EQ(Get("/v1/signals?changed=true").json()["signals"].size(), 0u);
  ASSERT_EQ(Send("PUT", std::string("/v1/signals/") + kSpeed, R"({"value":42.5})").status, 200);
  const Json changed = Get("/v1/signals?changed=true").json()["signals"];
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0]["path"], kSpeed);
  EXPECT_EQ(changed[0]["current"], 42.5);
  EXPECT_EQ(changed[0]["unit"], "km/h");
  EXPECT_GE(changed[0]["age_ms"], 0);
  const Json one = Get(std::string("/v1/signals/") + kWindow).json();
  EXPECT_EQ(one["node"], "actuator");
  EXPECT_EQ(one["type"], "uint8");
  EXPECT_TRUE(one["current"].is_null());
  EXPECT_TRUE(one["age_ms"].is_null());
  EXPECT_EQ(Get("/v1/signals/Vehicle%2ESpeed").status, 200);
  EXPECT_EQ(Get("/v1/signals/Vehicle.speed").status, 404);
  EXPECT_EQ(Get("/v1/signals/Vehicle/Speed").status, 404);
  EXPECT_EQ(Get("/v1/signals?changed=maybe").status, 400);
  EXPECT_EQ(Get("/v1/signals?colour=red").status, 400);
  EXPECT_EQ(Get("/v1/signals?prefix=a&prefix=b").status, 400);
}

TEST_F(ServerTest, SetsSimulatedSensorsOnly) {
  StartServer();
  const auto put = [this](const std::string& path, const std::string& body) { return Send("PUT", "/v1/signals/" + path, body); };
  EXPECT_EQ(put(kSpeed, R"({"value":80})").json()["current"], 80);
  const Answer actuator = put(kWindow, R"({"value":100})");
  EXPECT_EQ(actuator.status, 403);
  EXPECT_EQ(actuator.code(), "permission_denied");
  EXPECT_FALSE(store_.Get(Id(kWindow)).current.has_value());
  EXPECT_FALSE(store_.Get(Id(kWindow)).target.has_value());
  EXPECT_EQ(put("Vehicle.Wings", R"({"value":1})").code(), "not_found");
  EXPECT_EQ(put(kSpeed, R"({"value":"fast"})").code(), "invalid_argument");
  EXPECT_EQ(put(kSpeed, R"({"value":null})").code(), "invalid_argument");
  EXPECT_EQ(put(kSpeed, R"({})").code(), "invalid_argument");
  EXPECT_EQ(put(kSpeed, R"({"value":1,"force":true})").code(), "invalid_argument");
  const Answer beyond = put(kSpeed, R"({"value":9000})");
  EXPECT_EQ(beyond.status, 400);
  EXPECT_EQ(beyond.code(), "out_of_range");
  EXPECT_THAT(beyond.body, HasSubstr("9000"));
  EXPECT_EQ(put("Vehicle.TraveledDistance", R"({"value":-1})").code(), "out_of_range");
  EXPECT_EQ(put("Vehicle.TraveledDistance", R"({"value":1.5})").code(), "invalid_argument");
  EXPECT_EQ(store_.Get(Id(kSpeed)).current, Value(80.0));
}

TEST_F(ServerTest, TwoWritersAtOnceBothSucceed) {
  StartServer();
  const auto write = [this](int first) {
    Client client(port());
    for (int i = 0; i < 100; ++i) {
      const std::string body = fmt::format(R"({{"value":{}}})", first + i);
      client.Send(fmt::format("PUT /v1/signals/Vehicle.TraveledDistance HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}",
                              body.size(), body));
      EXPECT_EQ(client.Receive().status, 200);
    }
  };
  std::thread one(write, 1000);
  write(2000);
  one.join();
  const auto last = AsNumber(*store_.Get(Id("Vehicle.TraveledDistance")).current);
  EXPECT_TRUE(last == 1099 || last == 2099) << *last;
}

TEST_F(ServerTest, SetsScenarios) {
  StartServer();
  EXPECT_EQ(Get("/v1/scenario").json()["name"], "parked");
  EXPECT_EQ(Send("POST", "/v1/scenario", R"({"name":"city","seed":7})").json()["name"], "city");
  EXPECT_EQ(Get("/v1/scenario").json()["name"], "city");
  EXPECT_EQ(Send("POST", "/v1/scenario", R"({"name":"moon"})").status, 400);
  EXPECT_EQ(Send("POST", "/v1/scenario", R"({"name":"city","seed":-1})").status, 400);
  EXPECT_EQ(Send("POST", "/v1/scenario", R"({"seed":1})").status, 400);
}

TEST_F(ServerTest, SaysSoWhenItHasNoEarsNoVoiceAndNoSimulator) {
  StartServer();
  EXPECT_EQ(Get("/v1/pictures/00ff").status, 404);
  EXPECT_EQ(Get("/v1/audio").json(), (Json{{"transcription", false}, {"speech", false}}));
  EXPECT_EQ(Send("POST", "/v1/audio/transcriptions", "RIFF").status, 409);
  EXPECT_EQ(Send("POST", "/v1/audio/speech", R"({"input":"x"})").status, 409);
  EXPECT_EQ(Send("POST", "/v1/audio/speech", R"({"input":1})").status, 400);
  EXPECT_EQ(Get("/v1/simulation/faults").status, 404);
  EXPECT_EQ(Send("POST", "/v1/simulation/faults", R"({"name":"model_down","on":true})").status, 404);
}

TEST_F(ServerTest, ShowsCatalogueAuditHealthAndMetrics) {
  StartServer();
  const Json all = Get("/v1/catalogue").json();
  EXPECT_EQ(all["capabilities"].size(), 3u);
  EXPECT_EQ(all["interfaces"].size(), 6u);
  EXPECT_EQ(all["capabilities"][0]["names"]["zh"][0], "车窗");
  const Json found = Get("/v1/catalogue?search=%E8%BD%A6%E7%AA%97").json();
  ASSERT_GE(found["capabilities"].size(), 1u);
  EXPECT_EQ(found["capabilities"][0]["capability"], "window.position");
  EXPECT_EQ(Get("/v1/catalogue?search=" + std::string(300, 'a')).status, 400);

  for (int i = 0; i < 5; ++i) audit_.Append({{"what", i}});
  EXPECT_EQ(Get("/v1/audit").json()["records"].size(), 5u);
  EXPECT_EQ(Get("/v1/audit?count=2").json()["records"][1]["what"], 4);
  for (const char* count : {"0", "-1", "1001", "x", "", "1x"}) EXPECT_EQ(Get(std::string("/v1/audit?count=") + count).status, 400) << count;

  EXPECT_EQ(Get("/healthz").body, R"({"status":"ok"})");
  Send("POST", "/v1/turns", Turn("x"));
  const Answer metrics = Get("/metrics");
  EXPECT_THAT(metrics.headers.at("content-type"), HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(metrics.body, HasSubstr("deepcabin_turns_total{route=\"phrasebook\",outcome=\"done\"} 1\n"));
  EXPECT_THAT(metrics.body, HasSubstr("deepcabin_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1\n"));
  EXPECT_THAT(metrics.body, HasSubstr("deepcabin_turn_seconds_bucket{le=\"0.005\"} 1\n"));
  EXPECT_THAT(metrics.body, HasSubstr("process_resident_memory_bytes "));
}

TEST_F(ServerTest, ServesThePageAndNothingElse) {
  StartServer();
  const Answer page = Get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("<!doctype html>"));
  EXPECT_THAT(page.headers.at("content-security-policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(page.headers.at("x-frame-options"), "DENY");
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(page.headers.at("referrer-policy"), "no-referrer");
  EXPECT_EQ(Get("/index.html").body, page.body);
  const Answer head = Send("HEAD", "/", "");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), page.headers.at("content-length"));
  for (const char* path : {"/../etc/passwd", "/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "//etc/passwd", "/assets/../index.html",
                           "/assets/%2e%2e/index.html", "/./index.html", "/index.html/", "/INDEX.HTML", "/index.html%00.js", "/%", "/%zz",
                           "/%c0%ae%c0%ae/x", "/\\..\\x"}) {
    const int status = Get(path).status;
    EXPECT_TRUE(status == 404 || status == 400) << path << " gives " << status;
  }
}

TEST_F(ServerTest, KnowsItsMethods) {
  StartServer();
  const Answer answer = Send("DELETE", std::string("/v1/signals/") + kSpeed, "");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD, PUT");
  EXPECT_EQ(Send("OPTIONS", "/v1/turns", "").status, 405);
  EXPECT_EQ(Send("BREW", "/v1/turns", "").status, 405);
  EXPECT_EQ(Get("/v2/turns").status, 404);
  EXPECT_EQ(Get("/v1/events").status, 426);
}

TEST_F(ServerTest, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  StartServer();
  Client client(port());
  client.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /v1/scenario HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.Receive().json()["status"], "ok");
  EXPECT_EQ(client.Receive().json()["name"], "parked");
  client.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{\"text\":\"x\"}\r\n0\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 200);
  client.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 100);
  client.Send(R"({"text":"x"})");
  EXPECT_EQ(client.Receive().status, 200);
}

TEST_F(ServerTest, RefusesRequestsThatCouldBeReadTwoWays) {
  StartServer();
  const auto status = [this](const std::string& raw) {
    Client client(port());
    client.Send(raw);
    const int result = client.Receive().status;
    EXPECT_TRUE(client.IsClosedByServer()) << raw;
    return result;
  };
  EXPECT_EQ(status("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(status("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde"), 400);
  EXPECT_EQ(status("GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n"), 400);
  EXPECT_EQ(status("GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n"), 400);
  EXPECT_EQ(status("\x16\x03\x01 this is TLS\r\n\r\n"), 400);
}

TEST_F(ServerTest, BoundsHeadersAndBodies) {
  StartServer();
  EXPECT_EQ(Get("/healthz", "X-Big: " + std::string(17'000, 'a') + "\r\n").status, 431);
  std::string many;
  for (int i = 0; i < 101; ++i) many += fmt::format("X-{}: a\r\n", i);
  EXPECT_EQ(Get("/healthz", many).status, 431);
  EXPECT_EQ(Get("/" + std::string(10'000, 'a')).status, 400);
  const Answer big = Send("POST", "/v1/turns", std::string((1u << 20) + 1, 'a'));
  EXPECT_EQ(big.status, 413);
  EXPECT_EQ(big.code(), "resource_exhausted");
  EXPECT_EQ(Send("POST", "/v1/turns", Turn(std::string(1'000'000, 'a'))).status, 413);
  Client liar(port());
  liar.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n");
  EXPECT_EQ(liar.Receive().status, 413);
  Client endless(port());
  endless.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 80 && endless.Send("4000\r\n" + std::string(0x4000, 'a') + "\r\n"); ++i) {
  }
  EXPECT_EQ(endless.Receive().status, 413);
}

TEST_F(ServerTest, DropsSlowHeadersAndBodies) {
  ServerOptions options = LoopbackOptions();
  options.limits.header_timeout = std::chrono::milliseconds(100);
  options.limits.body_timeout = std::chrono::milliseconds(100);
  options.limits.keep_alive_timeout = std::chrono::milliseconds(100);
  StartServer(options);
  Client silent(port());
  Client slow_header(port());
  slow_header.Send("GET /healthz HTTP/1.1\r\nHost: loc");
  Client slow_body(port());
  slow_body.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
  Client idle(port());
  idle.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(idle.Receive().status, 200);
  EXPECT_TRUE(silent.IsClosedByServer());
  EXPECT_TRUE(slow_header.IsClosedByServer());
  EXPECT_TRUE(slow_body.IsClosedByServer());
  EXPECT_TRUE(idle.IsClosedByServer());
}

TEST_F(ServerTest, SurvivesClientsThatGoAway) {
  StartServer();
  turns_.CloseGate();
  {
    Client gone(port());
    gone.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{\"text\":\"x\"}");
    turns_.AwaitWaiting(1);
    Client half(port());
    half.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{\"te");
  }
  turns_.OpenGate();
  EXPECT_EQ(Send("POST", "/v1/turns", Turn("y")).status, 200);
}

TEST_F(ServerTest, LimitsConnectionsPerPeerAndInAll) {
  for (const bool per_peer : {true, false}) {
    ServerOptions options = LoopbackOptions();
    (per_peer ? options.limits.connections_per_peer_max : options.limits.connections_max) = 4;
    options.limits.evict_after = std::chrono::hours(1);
    StartServer(options);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 4; ++i) {
      clients.push_back(std::make_unique<Client>(port()));
      clients.back()->Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      EXPECT_EQ(clients.back()->Receive().status, 200);
    }
    const Answer refused = Get("/healthz");
    EXPECT_EQ(refused.status, per_peer ? 429 : 503);
    EXPECT_EQ(refused.headers.at("retry-after"), "1");
    EXPECT_EQ(refused.code(), per_peer ? "resource_exhausted" : "unavailable");
    EXPECT_TRUE(StopServer());
  }
}

TEST_F(ServerTest, LongWaitingConnectionsMakeRoom) {
  ServerOptions options = LoopbackOptions();
  options.limits.connections_per_peer_max = 2;
  options.limits.evict_after = std::chrono::milliseconds(0);
  StartServer(options);
  Client waits(port());
  waits.Send("GET /healthz HTTP/1.1\r\nHost: loc");
  turns_.CloseGate();
  Client busy(port());
  busy.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{\"text\":\"x\"}");
  turns_.AwaitWaiting(1);
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_TRUE(waits.IsClosedByServer());
  Client slow_body(port());
  slow_body.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(slow_body.Receive().status, 100);
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_TRUE(slow_body.IsClosedByServer());
  turns_.OpenGate();
  EXPECT_EQ(busy.Receive().status, 200);  // who is being served is never sent away
}

TEST_F(ServerTest, TurnsDoNotHoldUpTheRestAndTheirQueueIsBounded) {
  ServerOptions options = LoopbackOptions();
  options.limits.turn_threads = 1;
  options.limits.turn_queue_max = 1;
  StartServer(options);
  turns_.CloseGate();
  const std::string request = "POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{\"text\":\"x\"}";
  Client running(port());
  running.Send(request);
  turns_.AwaitWaiting(1);
  std::vector<std::unique_ptr<Client>> others;
  for (int i = 0; i < 2; ++i) {
    others.push_back(std::make_unique<Client>(port()));
    others.back()->Send(request);
  }
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/v1/scenario").status, 200);
  // One of the two waits, the other is refused at once.
  const Answer refused = Send("POST", "/v1/turns", Turn("x"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  turns_.OpenGate();
  EXPECT_EQ(running.Receive().status, 200);
  EXPECT_EQ(others[0]->Receive().status + others[1]->Receive().status, 200 + 503);
}

TEST_F(ServerTest, RefusesForeignHostsAndOrigins) {
  ServerOptions options = LoopbackOptions();
  options.allow_hosts = {"car.local", "dev.local:5173"};
  StartServer(options);
  const auto with_host = [this](const std::string& host) { return Get("/healthz", "Host: " + host + "\r\n").status; };
  EXPECT_EQ(with_host("localhost"), 200);
  EXPECT_EQ(with_host("LOCALHOST:9"), 200);
  EXPECT_EQ(with_host("127.0.0.1:80"), 200);
  EXPECT_EQ(with_host("[::1]:80"), 200);
  EXPECT_EQ(with_host("car.local:80"), 200);
  EXPECT_EQ(with_host("dev.local:5173"), 200);
  EXPECT_EQ(with_host("dev.local:80"), 403);
  EXPECT_EQ(with_host("evil.example"), 403);
  EXPECT_EQ(with_host("localhost.evil.example"), 403);
  EXPECT_EQ(with_host("localhost@evil.example"), 403);
  EXPECT_EQ(with_host("127.0.0.1.evil.example:80"), 403);
  EXPECT_EQ(with_host("192.168.1.1"), 403);
  EXPECT_EQ(with_host("localhost:80\r\nHost: evil.example"), 400);
  EXPECT_EQ(with_host(""), 400);

  const auto with_origin = [this](const std::string& origin) {
    return Send("POST", "/v1/turns", Turn("x"), "Host: localhost:80\r\nOrigin: " + origin + "\r\n").status;
  };
  EXPECT_EQ(with_origin("http://localhost:80"), 200);
  EXPECT_EQ(with_origin("http://dev.local:5173"), 200);
  EXPECT_EQ(with_origin("http://localhost:3000"), 403);
  EXPECT_EQ(with_origin("https://localhost:80"), 403);
  EXPECT_EQ(with_origin("http://evil.example"), 403);
  EXPECT_EQ(with_origin("null"), 403);
  EXPECT_EQ(Get("/v1/signals", "Sec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_EQ(Get("/v1/signals", "Sec-Fetch-Site: same-origin\r\n").status, 200);
  EXPECT_EQ(Get("/", "Sec-Fetch-Site: cross-site\r\n").status, 200);  // a link to the page
  EXPECT_THAT(Get("/v1/signals").headers, Not(::testing::Contains(::testing::Key("access-control-allow-origin"))));
}

class TokenTest : public ServerTest {
 protected:
  ~TokenTest() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path Write(const std::string& name, const std::string& text, std::filesystem::perms mode) {
    std::filesystem::create_directories(directory_);
    const auto file = directory_ / name;
    std::ofstream(file) << text;
    std::filesystem::permissions(file, mode);
    return file;
  }
  static constexpr auto kOwnerOnly = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  const std::filesystem::path directory_ = std::filesystem::temp_directory_path() / fmt::format("deepcabin_server_test_{}", ::getpid());
};

TEST_F(TokenTest, EveryRouteButHealthAndPageWantsTheToken) {
  ServerOptions options = LoopbackOptions();
  options.token_file = Write("token", "correct-horse-battery\n", kOwnerOnly);
  StartServer(options);
  for (const Route& route : Routes()) {
    std::string path(route.pattern);
    path = path.substr(0, path.find('{')) + (path.ends_with("{path}") ? kSpeed : path.ends_with("{id}") ? "1" : "");
    if (path == "/assets/") continue;  // there may be no such file
    const int without = Send(std::string(route.method), path, "{}").status;
    EXPECT_EQ(without == 401, route.needs_token) << route.method << " " << route.pattern << " gives " << without;
  }
  EXPECT_EQ(Get("/v1/scenario", "Authorization: Bearer correct-horse-battery\r\n").status, 200);
  EXPECT_EQ(Get("/v1/scenario", "Authorization: bearer correct-horse-battery\r\n").status, 200);
  const Answer wrong = Get("/v1/scenario", "Authorization: Bearer correct-horse-batterz\r\n");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.code(), "unauthenticated");
  EXPECT_EQ(wrong.headers.at("www-authenticate"), "Bearer");
  EXPECT_EQ(Get("/v1/scenario", "Authorization: Basic correct-horse-battery\r\n").status, 401);
  EXPECT_EQ(Get("/v1/scenario", "Authorization: Bearer \r\n").status, 401);
  EXPECT_EQ(Get("/v1/scenario?access_token=correct-horse-battery").status, 401);  // WebSockets only
}

TEST_F(TokenTest, RefusesToStartUnsafely) {
  const auto error = [this](const ServerOptions& options) {
    const auto server = Server::Create(options, MakeServices());
    return server ? std::string() : server.error().message;
  };
  ServerOptions options = LoopbackOptions();
  options.listen = "0.0.0.0:0";
  EXPECT_THAT(error(options), HasSubstr("needs --token-file, --tls-cert and --tls-key"));
  options.token_file = Write("token", "correct-horse-battery", kOwnerOnly);
  EXPECT_THAT(error(options), HasSubstr("needs --token-file"));
  options = LoopbackOptions();
  options.token_file = Write("open", "correct-horse-battery", std::filesystem::perms(0644));
  EXPECT_THAT(error(options), HasSubstr("mode is 0644"));
  options.token_file = Write("short", "abc", kOwnerOnly);
  EXPECT_THAT(error(options), HasSubstr("16..4096"));
  options.token_file = directory_ / "missing";
  EXPECT_THAT(error(options), HasSubstr("cannot be read"));
  options = LoopbackOptions();
  options.tls_certificate_file = "x.pem";
  EXPECT_THAT(error(options), HasSubstr("go together"));
  options.tls_key_file = Write("key.pem", "no key", kOwnerOnly);
  options.tls_certificate_file = Write("cert.pem", "no certificate", kOwnerOnly);
  EXPECT_THAT(error(options), HasSubstr("not a readable PEM certificate"));
  for (const char* listen : {"", "8080", "example.com:80", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:80x", "::1:80:"}) {
    options = LoopbackOptions();
    options.listen = listen;
    EXPECT_NE(error(options), "") << listen;
  }
}

TEST_F(ServerTest, RefusesATakenPort) {
  StartServer();
  ServerOptions options = LoopbackOptions();
  options.listen = fmt::format("127.0.0.1:{}", port());
  const auto second = Server::Create(options, MakeServices());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

TEST_F(ServerTest, FinishesRunningTurnsWhenStopped) {
  StartServer();
  turns_.CloseGate();
  Client busy(port());
  busy.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{\"text\":\"x\"}");
  turns_.AwaitWaiting(1);
  Client idle(port());
  idle.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(idle.Receive().status, 200);
  const std::uint16_t old_port = port();
  server_->Stop();
  EXPECT_TRUE(idle.IsClosedByServer());
  EXPECT_THROW(Client late(old_port), boost::system::system_error);
  turns_.OpenGate();
  const Answer answer = busy.Receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  busy.Close();
  EXPECT_TRUE(StopServer());
}

TEST_F(ServerTest, DoesNotWaitForeverWhenStopped) {
  ServerOptions options = LoopbackOptions();
  options.limits.drain_timeout = std::chrono::milliseconds(50);
  StartServer(options);
  turns_.CloseGate();
  Client busy(port());
  busy.Send("POST /v1/turns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{\"text\":\"x\"}");
  turns_.AwaitWaiting(1);
  server_->Stop();
  EXPECT_EQ(busy.Receive().status, 0);
  const Status status = StopServer();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace deepcabin::server
