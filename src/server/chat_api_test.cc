// The car as a provider, over real sockets with a scripted model.

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/text.h"
#include "server/server_test_support.h"

namespace deepcabin::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Does what it is told; may hold every conversation at a gate.
class ScriptedModel final : public llm::ChatModel {
 public:
  using Script = std::function<Result<llm::ChatReply>(const llm::ChatRequest&, llm::ChatListener&, const std::stop_token&)>;

  Result<llm::ChatReply> Chat(const llm::ChatRequest& request, llm::ChatListener& listener, const std::stop_token& stop) override {
    const std::stop_callback wake(stop, [this] {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
    });
    {
      std::unique_lock lock(mutex_);
      asked_.push_back(request);
      changed_.notify_all();
      changed_.wait(lock, [&] { return gate_open_ || stop.stop_requested(); });
      if (stop.stop_requested()) {
        ++stopped_;
        changed_.notify_all();
        return FailedPrecondition("the request was cancelled");
      }
    }
    return script(request, listener, stop);
  }

  void CloseGate() {
    const std::lock_guard lock(mutex_);
    gate_open_ = false;
  }
  void OpenGate() {
    const std::lock_guard lock(mutex_);
    gate_open_ = true;
    changed_.notify_all();
  }
  bool AwaitAsked(std::size_t count) {
    return Await([&] { return asked_.size() >= count; });
  }
  bool AwaitStopped(int count) {
    return Await([&] { return stopped_ >= count; });
  }
  void CountStop() {
    const std::lock_guard lock(mutex_);
    ++stopped_;
    changed_.notify_all();
  }
  std::vector<llm::ChatRequest> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  Script script = [](const llm::ChatRequest& request, llm::ChatListener& listener, const std::stop_token&) -> Result<llm::ChatReply> {
    llm::ChatReply reply;
    reply.message.role = llm::Role::kAssistant;
    if (request.thinking) {
      listener.OnReasoning("想一");
      listener.OnReasoning("想");
      reply.message.reasoning = "想一想";
    }
    listener.OnContent("你");
    listener.OnContent("好");
    reply.message.content = "你好";
    reply.usage = {.input_tokens = 12, .cached_tokens = 4, .output_tokens = 7, .reasoning_tokens = 3};
    reply.endpoint = "home";
    reply.model = "r1";
    return reply;
  };

 private:
  bool Await(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<llm::ChatRequest> asked_;
  bool gate_open_ = true;
  int stopped_ = 0;
};

// What a stream said, put together.
struct Heard {
  std::string role, content, reasoning, finish, calls;
  std::vector<Json> events;
  bool done = false;
};

class ChatApiTest : public ServerTest {
 protected:
  ChatApiTest() : directory_(std::filesystem::temp_directory_path() / fmt::format("deepcabin_chat_{}", ::getpid())) {
    std::filesystem::create_directories(directory_);
  }
  ~ChatApiTest() override {
    model_.OpenGate();
    static_cast<void>(StopServer());
    std::filesystem::remove_all(directory_);
  }

  Services MakeServices() override {
    Services services = ServerTest::MakeServices();
    services.chat = &model_;
    services.models = [] { return OrderedJson::array({{{"endpoint", "home"}, {"model", "r1"}, {"state", "closed"}}}); };
    services.model_usage = [](int days) { return OrderedJson{{"rows", OrderedJson::array()}, {"asked_for", days}}; };
    return services;
  }

  std::filesystem::path Secret(const std::string& name, const std::string& text) {
    const auto file = directory_ / name;
    std::ofstream(file) << text;
    ::chmod(file.c_str(), 0600);
    return file;
  }

  static std::string Body(const std::string& text, const std::string& more = "") {
    return fmt::format(R"({{"model":"auto","messages":[{{"role":"user","content":"{}"}}]{}}})", text, more);
  }

  void Ask(Client& client, const std::string& body, const std::string& key = "") {
    const std::string auth = key.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", key);
    client.Send(fmt::format("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:{}\r\n{}Content-Length: {}\r\n\r\n{}", port(), auth,
                            body.size(), body));
  }
  Answer Chat(const std::string& body, const std::string& key = "") {
    return Send("POST", "/v1/chat/completions", body, key.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", key));
  }

  static Heard ReadStream(Client& client) {
    std::string text;
    for (std::string chunk = client.NextChunk(); !chunk.empty(); chunk = client.NextChunk()) text += chunk;
    Heard heard;
    while (!text.empty()) {
      const std::size_t end = text.find("\n\n");
      if (!text.starts_with("data: ") || end == std::string::npos) ADD_FAILURE() << text;
      const std::string data = text.substr(6, end - 6);
      text.erase(0, end + 2);
      if (data == "[DONE]") {
        heard.done = true;
        continue;
      }
      heard.events.push_back(*ParseJson(data));
      const Json& event = heard.events.back();
      if (!event.contains("choices") || event["choices"].empty()) continue;
      const Json& choice = event["choices"][0];
      heard.role += choice["delta"].value("role", "");
      heard.content += choice["delta"].value("content", "");
      heard.reasoning += choice["delta"].value("reasoning_content", "");
      if (choice["delta"].contains("tool_calls")) heard.calls += DumpJson(choice["delta"]["tool_calls"]);
      if (choice["finish_reason"].is_string()) heard.finish += choice["finish_reason"].get<std::string>();
    }
    return heard;
  }

  // Until the desk has so many.
  void AwaitDesk(const std::string& what, std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (Get("/v1/models/usage", owner_).json()["desk"][what] != count) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what << " never was " << count;
    }
  }

  const std::filesystem::path directory_;
  std::string owner_;  // header with the token, where there is one
  ScriptedModel model_;
};

TEST_F(ChatApiTest, StreamsReasoningContentAndUsage) {
  StartServer();
  Client client(port());
  for (int again = 0; again < 2; ++again) {  // the connection is used again
    Ask(client, Body("hi", R"(,"stream":true,"stream_options":{"include_usage":true},"reasoning_effort":"high")"));
    const Answer head = client.Receive();
    ASSERT_EQ(head.status, 200);
    EXPECT_EQ(head.headers.at("content-type"), "text/event-stream; charset=utf-8");
    EXPECT_EQ(head.headers.at("cache-control"), "no-store");
    const Heard heard = ReadStream(client);
    EXPECT_EQ(heard.role, "assistant");
    EXPECT_EQ(heard.reasoning, "想一想");
    EXPECT_EQ(heard.content, "你好");
    EXPECT_EQ(heard.finish, "stop");
    EXPECT_TRUE(heard.done);
    const Json& last = heard.events.back();
    EXPECT_EQ(last["usage"]["total_tokens"], 19);
    EXPECT_EQ(last["usage"]["prompt_tokens_details"]["cached_tokens"], 4);
    EXPECT_EQ(last["answered_by"]["endpoint"], "home");
    EXPECT_EQ(last["model"], "auto");
    EXPECT_EQ(last["id"], heard.events.front()["id"]);
  }
  EXPECT_TRUE(model_.asked()[0].thinking);
}

TEST_F(ChatApiTest, AnswersWholeToo) {
  StartServer();
  const Json json = Chat(Body("hi", R"(,"thinking":{"type":"enabled"})")).json();
  EXPECT_EQ(json["object"], "chat.completion");
  EXPECT_EQ(json["choices"][0]["message"]["content"], "你好");
  EXPECT_EQ(json["choices"][0]["message"]["reasoning_content"], "想一想");
  EXPECT_EQ(json["usage"]["completion_tokens_details"]["reasoning_tokens"], 3);
  EXPECT_FALSE(Chat(Body("hi")).json()["choices"][0]["message"].contains("reasoning_content"));
}

TEST_F(ChatApiTest, PassesTheWholeConversationOn) {
  StartServer();
  const std::string body =
      R"({"model":"r1","max_tokens":50,"temperature":1.5,
    "metadata":{"task":"planning","privacy":"general"},"messages":[
    {"role":"developer","content":"be short"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
    {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[
      {"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"c1","content":"42"}],
    "tools":[{"type":"function","function":{"name":"f","description":"d",
      "parameters":{"type":"object","properties":{"x":{"type":"integer"}}}}}]})";
  ASSERT_EQ(Chat(body).status, 200);
  const llm::ChatRequest asked = model_.asked()[0];
  EXPECT_EQ(asked.endpoint, "home");
  EXPECT_EQ(asked.tokens_max, 50);
  EXPECT_EQ(asked.temperature, 1.5);
  EXPECT_EQ(asked.task, llm::Task::kPlanning);
  EXPECT_EQ(asked.privacy, llm::Privacy::kGeneral);
  ASSERT_EQ(asked.messages.size(), 4u);
  EXPECT_EQ(asked.messages[0].role, llm::Role::kSystem);
  EXPECT_EQ(asked.messages[1].content, "ab");
  EXPECT_EQ(asked.messages[2].reasoning, "hm");
  EXPECT_EQ(asked.messages[2].tool_calls[0].id, "c1");
  EXPECT_EQ(asked.messages[3].tool_call_id, "c1");
  ASSERT_EQ(asked.tools.size(), 1u);
  EXPECT_EQ(asked.tools[0].parameters["properties"]["x"]["type"], "integer");
  ASSERT_EQ(Chat(Body("hi")).status, 200);
  EXPECT_EQ(model_.asked()[1].privacy, llm::Privacy::kPersonal);  // unless somebody says otherwise
}

TEST_F(ChatApiTest, StreamsToolCalls) {
  model_.script = [](const llm::ChatRequest&, llm::ChatListener&, const std::stop_token&) -> Result<llm::ChatReply> {
    llm::ChatReply reply;
    reply.message.tool_calls = {{"c1", "open", R"({"zone":"all"})"}, {"c2", "close", "{}"}};
    reply.finish = llm::FinishReason::kToolCalls;
    return reply;
  };
  StartServer();
  Client client(port());
  Ask(client, Body("hi", R"(,"stream":true)"));
  ASSERT_EQ(client.Receive().status, 200);
  const Heard heard = ReadStream(client);
  EXPECT_EQ(heard.finish, "tool_calls");
  EXPECT_THAT(heard.calls, HasSubstr(R"({"function":{"arguments":"","name":"open"},"id":"c1","index":0,"type":"function"})"));
  EXPECT_THAT(heard.calls, HasSubstr(R"({"function":{"arguments":"{\"zone\":\"all\"}"},"index":0})"));
  EXPECT_THAT(heard.calls, HasSubstr(R"("id":"c2","index":1)"));
  const Json whole = Chat(Body("hi")).json()["choices"][0];
  EXPECT_TRUE(whole["message"]["content"].is_null());
  EXPECT_EQ(whole["message"]["tool_calls"][1]["function"]["name"], "close");
}

TEST_F(ChatApiTest, RefusesWhatItDoesNotServe) {
  StartServer();
  for (const char* more : {R"(,"n":2)", R"(,"stop":["x"])", R"(,"response_format":{"type":"json_object"})", R"(,"tool_choice":"required")",
                           R"(,"temperature":3)", R"(,"max_tokens":0)", R"(,"max_tokens":1.5)", R"(,"stream":"yes")", R"(,"tools":{})",
                           R"(,"tools":[{"type":"function","function":{"name":"a b"}}])", R"(,"metadata":{"task":"war"})"}) {
    const Answer answer = Chat(Body("hi", more));
    EXPECT_EQ(answer.status, 400) << more << answer.body;
    EXPECT_EQ(answer.json()["error"]["type"], "invalid_request_error");
    EXPECT_TRUE(answer.json()["error"]["param"].is_null());
  }
  for (const char* body :
       {"", "[]", "{}", R"({"model":"auto"})", R"({"model":"auto","messages":[]})",
        R"({"model":"auto","messages":[{"role":"king","content":""}]})", R"({"model":"auto","messages":[{"role":"user"}]})",
        R"({"model":"auto","messages":[{"role":"tool","content":"x"}]})",
        R"({"model":"auto","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]})"}) {
    EXPECT_EQ(Chat(body).status, 400) << body;
  }
  EXPECT_EQ(Chat(std::string(100, '[')).status, 413);
  const Answer unknown = Chat(R"({"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]})");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.json()["error"]["code"], "model_not_found");
  EXPECT_EQ(model_.asked().size(), 0u);
  EXPECT_EQ(
      Chat(Body("hi", R"(,"tool_choice":"none","tools":[{"function":{"name":"a"}}],"top_p":1,"user":"me","stop":null,"seed":3)")).status,
      200);
  EXPECT_TRUE(model_.asked()[0].tools.empty());
}

TEST_F(ChatApiTest, ErrorsAreOpenAis) {
  Error error;
  model_.script = [&](const llm::ChatRequest&, llm::ChatListener&, const std::stop_token&) -> Result<llm::ChatReply> { return error; };
  StartServer();
  struct Case {
    ErrorCode code;
    int status;
    const char* type;
  };
  for (const Case& c :
       {Case{ErrorCode::kUnavailable, 503, "server_error"}, Case{ErrorCode::kDeadlineExceeded, 504, "server_error"},
        Case{ErrorCode::kResourceExhausted, 429, "rate_limit_error"}, Case{ErrorCode::kPermissionDenied, 403, "permission_error"},
        Case{ErrorCode::kInvalidArgument, 400, "invalid_request_error"}, Case{ErrorCode::kFailedPrecondition, 404, "invalid_request_error"},
        Case{ErrorCode::kInternal, 500, "server_error"}}) {
    error = {c.code, "what happened"};
    for (const char* more : {"", R"(,"stream":true)"}) {  // before the first word a stream has a status too
      const Answer answer = Chat(Body("hi", more));
      EXPECT_EQ(answer.status, c.status);
      EXPECT_EQ(answer.json()["error"]["type"], c.type);
      EXPECT_EQ(answer.headers.count("retry-after"), c.status == 429 || c.status == 503 ? 1u : 0u);
      EXPECT_EQ(answer.body.find("what happened") != std::string::npos, c.code != ErrorCode::kInternal);
    }
  }
}

TEST_F(ChatApiTest, AStreamThatBreaksOffSaysSo) {
  StartServer();
  Client client(port());
  model_.script = [&](const llm::ChatRequest&, llm::ChatListener& listener, const std::stop_token&) -> Result<llm::ChatReply> {
    listener.OnContent("half");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!listener.IsCommitted() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();  // until it has been sent
    EXPECT_TRUE(listener.IsCommitted());
    return Unavailable("the answer broke off");
  };
  Ask(client, Body("hi", R"(,"stream":true)"));
  EXPECT_EQ(client.Receive().status, 200);
  const Heard heard = ReadStream(client);
  EXPECT_EQ(heard.content, "half");
  ASSERT_FALSE(heard.done);
  EXPECT_EQ(heard.events.back()["error"]["message"], "the answer broke off");
}

TEST_F(ChatApiTest, AClientThatGoesAwayEndsItsConversation) {
  StartServer();
  model_.CloseGate();
  int gone = 0;
  for (const char* more : {"", R"(,"stream":true)"}) {
    Client client(port());
    Ask(client, Body("hi", more));
    ASSERT_TRUE(model_.AwaitAsked(static_cast<std::size_t>(gone) + 1));
    client.Close();
    EXPECT_TRUE(model_.AwaitStopped(++gone)) << more;
  }
  AwaitDesk("running", 0);
}

TEST_F(ChatApiTest, AWaitingClientThatGoesAwayIsForgotten) {
  ServerOptions options = LoopbackOptions();
  options.limits.chat.running_max = 1;
  StartServer(options);
  model_.CloseGate();
  Client first(port());
  Ask(first, Body("first"));
  ASSERT_TRUE(model_.AwaitAsked(1));
  {
    Client second(port());
    Ask(second, Body("second"));
    AwaitDesk("waiting", 1);
  }
  AwaitDesk("waiting", 0);
  model_.OpenGate();
  EXPECT_EQ(first.Receive().status, 200);
  EXPECT_EQ(model_.asked().size(), 1u);
}

TEST_F(ChatApiTest, ASlowReaderHoldsUpNobodyAndIsBounded) {
  std::size_t said = 0;
  model_.script = [&](const llm::ChatRequest&, llm::ChatListener& listener, const std::stop_token& stop) -> Result<llm::ChatReply> {
    const std::string piece(1'000, 'x');
    listener.OnContent(piece);
    while (!listener.IsCommitted() && !stop.stop_requested()) std::this_thread::yield();
    for (; !stop.stop_requested() && said < 64u << 20; said += piece.size()) listener.OnContent(piece);
    model_.CountStop();
    return FailedPrecondition("the request was cancelled");
  };
  ServerOptions options = LoopbackOptions();
  options.limits.send_buffer_bytes = 4'096;
  StartServer(options);
  Client slow(port(), 4'096);
  Ask(slow, Body("hi", R"(,"stream":true)"));
  ASSERT_TRUE(model_.AwaitStopped(1));
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_LT(said, 4u << 20);  // what is unread, what is on its way, and what the kernel holds
  ASSERT_EQ(slow.Receive().status, 200);
  const Heard heard = ReadStream(slow);
  ASSERT_FALSE(heard.events.empty());
  EXPECT_THAT(DumpJson(heard.events.back()), HasSubstr("waited to be read"));
}

TEST_F(ChatApiTest, AReaderThatTakesNothingIsEnded) {
  model_.script = [&](const llm::ChatRequest&, llm::ChatListener& listener, const std::stop_token& stop) -> Result<llm::ChatReply> {
    listener.OnContent(std::string(200'000, 'x'));  // more than the kernel takes
    while (!stop.stop_requested()) std::this_thread::yield();
    model_.CountStop();
    return FailedPrecondition("the request was cancelled");
  };
  ServerOptions options = LoopbackOptions();
  options.limits.send_buffer_bytes = 4'096;
  options.limits.write_timeout = std::chrono::milliseconds(100);
  StartServer(options);
  Client client(port(), 4'096);
  Ask(client, Body("hi", R"(,"stream":true)"));
  EXPECT_TRUE(model_.AwaitStopped(1));
}

TEST_F(ChatApiTest, KeysOpenTheModelsAndNothingElse) {
  ServerOptions options = LoopbackOptions();
  options.token_file = Secret("token", "the-token-of-the-car\n");
  options.client_keys_file = Secret("clients.yaml", "clients:\n  - {name: maps, key: maps-0123456789abcdef, requests_per_minute: 2}\n");
  StartServer(options);
  const std::string maps = "maps-0123456789abcdef";
  const std::string bearer = fmt::format("Authorization: Bearer {}\r\n", maps);
  for (const std::string& key : {std::string(), std::string("maps-0123456789abcdee")}) {
    const Answer answer = Chat(Body("hi"), key);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.json()["error"]["code"], "invalid_api_key");
    EXPECT_EQ(answer.json()["error"]["type"], "authentication_error");
  }
  EXPECT_EQ(Chat(Body("hi"), maps).status, 200);
  EXPECT_EQ(Get("/v1/models", bearer).status, 200);
  for (const char* path : {"/v1/audit", "/v1/signals", "/v1/models/usage", "/metrics"}) EXPECT_EQ(Get(path, bearer).status, 401) << path;
  EXPECT_EQ(Send("POST", "/v1/turns", R"({"text":"打开车窗"})", bearer).status, 401);
  EXPECT_EQ(Chat(Body("hi"), maps).status, 200);
  const Answer third = Chat(Body("hi"), maps);
  EXPECT_EQ(third.status, 429);
  EXPECT_EQ(third.json()["error"]["code"], "rate_limit_exceeded");
  EXPECT_THAT(third.body, HasSubstr("maps has made its 2 requests of this minute"));
  const int retry_after = std::stoi(third.headers.at("retry-after"));
  EXPECT_GE(retry_after, 1);
  EXPECT_LE(retry_after, 60);
  EXPECT_EQ(Chat(Body("hi"), "the-token-of-the-car").status, 200);  // the owner has a quota of his own
  const Json usage = Get("/v1/models/usage?days=3", "Authorization: Bearer the-token-of-the-car\r\n").json();
  EXPECT_EQ(usage["usage"]["asked_for"], 3);
  EXPECT_EQ(usage["desk"]["clients"][0]["client"], "maps");
  EXPECT_EQ(usage["desk"]["clients"][0]["requests_today"], 2);
  EXPECT_EQ(usage["desk"]["clients"][0]["tokens_today"], 38);
}

TEST_F(ChatApiTest, ListsModels) {
  StartServer();
  const Json json = Get("/v1/models").json();
  ASSERT_EQ(json["data"].size(), 2u);
  EXPECT_EQ(json["data"][0]["id"], "auto");
  EXPECT_EQ(json["data"][1]["id"], "home");
  EXPECT_EQ(Get("/v1/models?x=1").status, 400);
  EXPECT_EQ(Get("/v1/models/usage?days=0").status, 400);
  EXPECT_EQ(Get("/v1/models/usage").json()["days"], 30);
}

TEST_F(ChatApiTest, ClientsAreServedInTurn) {
  ServerOptions options = LoopbackOptions();
  options.client_keys_file =
      Secret("clients.yaml", "clients:\n  - {name: a, key: aaaaaaaaaaaaaaaa}\n  - {name: b, key: bbbbbbbbbbbbbbbb}\n");
  options.limits.chat.running_max = 1;
  StartServer(options);
  model_.CloseGate();
  std::vector<std::unique_ptr<Client>> clients;
  const auto ask = [&](const std::string& text) {
    clients.push_back(std::make_unique<Client>(port()));
    Ask(*clients.back(), Body(text), std::string(16, text[0]));
  };
  ask("a1");
  ASSERT_TRUE(model_.AwaitAsked(1));
  std::size_t waiting = 0;
  for (const char* text : {"a2", "a3", "a4", "b1", "b2"}) {
    ask(text);
    AwaitDesk("waiting", ++waiting);
  }
  model_.OpenGate();
  for (const auto& client : clients) EXPECT_EQ(client->Receive().status, 200);
  std::vector<std::string> order;
  for (const llm::ChatRequest& request : model_.asked()) order.push_back(request.messages[0].content);
  EXPECT_THAT(order, ElementsAre("a1", "a2", "b1", "a3", "b2", "a4"));
}

TEST_F(ChatApiTest, OneClientCannotTakeEveryPlace) {
  ServerOptions options = LoopbackOptions();
  options.client_keys_file =
      Secret("clients.yaml", "clients:\n  - {name: a, key: aaaaaaaaaaaaaaaa}\n  - {name: b, key: bbbbbbbbbbbbbbbb}\n");
  options.limits.chat.running_max = 3;
  options.limits.chat.running_per_client_max = 2;
  StartServer(options);
  model_.CloseGate();
  std::vector<std::unique_ptr<Client>> clients;
  for (const char key : {'a', 'a', 'a', 'b'}) {
    clients.push_back(std::make_unique<Client>(port()));
    Ask(*clients.back(), Body("hi"), std::string(16, key));
    if (clients.size() == 3) AwaitDesk("waiting", 1);
  }
  AwaitDesk("running", 3);  // two of a and one of b
  AwaitDesk("waiting", 1);
  model_.OpenGate();
  for (const auto& client : clients) EXPECT_EQ(client->Receive().status, 200);
}

TEST_F(ChatApiTest, WhatFindsNoPlaceIsToldSoAtOnce) {
  ServerOptions options = LoopbackOptions();
  options.limits.chat.running_max = 2;
  options.limits.chat.waiting_per_client_max = 1;
  StartServer(options);
  model_.CloseGate();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Client>(port()));
    Ask(*clients.back(), Body("hi", R"(,"stream":true)"));
  }
  AwaitDesk("running", 2);
  AwaitDesk("waiting", 1);
  std::vector<double> took_ms;
  for (int i = 0; i < 21; ++i) {
    const auto before = std::chrono::steady_clock::now();
    const Answer answer = Chat(Body("hi"));
    took_ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count());
    ASSERT_EQ(answer.status, 503);
    EXPECT_GE(std::stoi(answer.headers.at("retry-after")), 1);
    EXPECT_EQ(answer.json()["error"]["type"], "server_error");
    EXPECT_THAT(ToLowerAscii(answer.body), Not(HasSubstr("busy")));
    EXPECT_THAT(answer.body, Not(HasSubstr("繁忙")));
  }
  std::sort(took_ms.begin(), took_ms.end());
  RecordProperty("refusal_ms_median", std::to_string(took_ms[10]));
  RecordProperty("refusal_ms_worst", std::to_string(took_ms.back()));
  EXPECT_LE(took_ms[10], 50);
  EXPECT_EQ(Send("POST", "/v1/turns", R"({"text":"打开车窗"})").status, 200);  // the car itself goes on
  model_.OpenGate();
  for (const auto& client : clients) EXPECT_EQ(client->Receive().status, 200);
}

TEST_F(ChatApiTest, NobodyWaitsForEver) {
  ServerOptions options = LoopbackOptions();
  options.limits.chat.running_max = 1;
  options.limits.chat.waiting_time_max = std::chrono::milliseconds(50);
  StartServer(options);
  model_.CloseGate();
  Client first(port());
  Ask(first, Body("first"));
  ASSERT_TRUE(model_.AwaitAsked(1));
  const Answer answer = Chat(Body("second"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("no large model became free within 50 ms"));
  model_.OpenGate();
  EXPECT_EQ(first.Receive().status, 200);
}

TEST_F(ChatApiTest, FiveHundredConnectionsAreBounded) {
  ServerOptions options = LoopbackOptions();
  options.limits.connections_max = options.limits.connections_per_peer_max = 64;
  options.limits.evict_after = std::chrono::seconds(60);
  options.limits.chat.running_max = 4;
  options.limits.chat.waiting_per_client_max = 8;
  StartServer(options);
  model_.CloseGate();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(std::make_unique<Client>(port()));
    Ask(*clients.back(), Body("hi", R"(,"stream":true)"));
  }
  AwaitDesk("running", 4);
  AwaitDesk("waiting", 8);
  for (int i = 12; i < 500; ++i) {
    clients.push_back(std::make_unique<Client>(port()));
    Ask(*clients.back(), Body("hi"));
  }
  for (std::size_t i = 12; i < clients.size(); ++i) {
    const Answer answer = clients[i]->Receive();
    EXPECT_TRUE(answer.status == 503 || answer.status == 429 || answer.status == 0) << answer.status;
    EXPECT_EQ(answer.headers.count("retry-after"), answer.status == 0 ? 0u : 1u);
  }
  EXPECT_EQ(model_.asked().size(), 4u);
  model_.OpenGate();
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(clients[i]->Receive().status, 200);
    EXPECT_TRUE(ReadStream(*clients[i]).done);
  }
}

TEST_F(ChatApiTest, StoppingTheServerEndsConversations) {
  ServerOptions options = LoopbackOptions();
  options.limits.drain_timeout = std::chrono::milliseconds(50);
  StartServer(options);
  model_.CloseGate();
  Client client(port());
  Ask(client, Body("hi", R"(,"stream":true)"));
  ASSERT_TRUE(model_.AwaitAsked(1));
  EXPECT_TRUE(StopServer());
  EXPECT_TRUE(model_.AwaitStopped(1));
}

}  // namespace
}  // namespace deepcabin::server
