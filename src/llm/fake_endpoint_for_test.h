#pragma once
// A chat endpoint on loopback that follows a script: for tests and measurements. Link deepcabin_fake_endpoint.
//
//   FakeEndpoint server;
//   server.Push(Script().Head().Send(ContentEvent("hel")).Stall());
//   … server.WaitForStalls(1); server.Release();

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace deepcabin::llm {

// What one request is answered with. Without Cut the answer ends as HTTP wants it and the connection serves the next request.
class Script {
 public:
  struct Step {
    enum class Kind : std::uint8_t { kRaw, kSend, kByteByByte, kMade, kPause, kStall, kEndless, kCut };
    Kind kind = Kind::kSend;
    std::string bytes{};
    std::function<std::string()> make{};
    std::chrono::microseconds pause{0};
  };

  // Status line and header lines; what follows is sent in chunks (transfer encoding).
  Script& Head(int status = 200, const std::vector<std::string>& headers = {"Content-Type: text/event-stream"});
  Script& Send(std::string bytes) { return Add({.kind = Step::Kind::kSend, .bytes = std::move(bytes)}); }
  Script& SendByteByByte(std::string bytes) { return Add({.kind = Step::Kind::kByteByByte, .bytes = std::move(bytes)}); }
  Script& SendMade(std::function<std::string()> make) { return Add({.kind = Step::Kind::kMade, .make = std::move(make)}); }
  Script& SendRaw(std::string bytes) { return Add({.kind = Step::Kind::kRaw, .bytes = std::move(bytes)}); }  // no chunk around it
  Script& Pause(std::chrono::microseconds time) { return Add({.kind = Step::Kind::kPause, .pause = time}); }
  // Until Release() or until the client goes; meanwhile `keep_alive` is sent every 10 ms.
  Script& Stall(std::string keep_alive = "") { return Add({.kind = Step::Kind::kStall, .bytes = std::move(keep_alive)}); }
  Script& Endless(std::string bytes) { return Add({.kind = Step::Kind::kEndless, .bytes = std::move(bytes)}); }  // until the client goes
  Script& Cut() { return Add({.kind = Step::Kind::kCut}); }                                                      // reset

  const std::vector<Step>& steps() const { return steps_; }

 private:
  Script& Add(Step step) {
    steps_.push_back(std::move(step));
    return *this;
  }
  std::vector<Step> steps_;
};

// Events of a stream in OpenAI's form, each with its blank line.
std::string Event(std::string_view data);
std::string DeltaEvent(std::string_view delta_json);  // {"content":"…"} as a chunk
std::string ContentEvent(std::string_view text);
std::string ReasoningEvent(std::string_view text);
std::string FinishEvent(std::string_view reason = "stop");
std::string UsageEvent(int input, int cached, int output);
std::string DoneEvent();
Script TextReply(std::string_view text);  // a whole answer
Script JsonReply(std::string body, int status = 200);
Script ErrorReply(int status, std::string body, std::vector<std::string> headers = {});

struct RecordedRequest {
  std::string target, body;
  std::map<std::string, std::string> headers;  // names in lower case
};

class FakeEndpoint {
 public:
  enum class Transport : std::uint8_t { kPlain, kTls };
  // Listens when this returns.
  explicit FakeEndpoint(Transport transport = Transport::kPlain);
  ~FakeEndpoint();
  FakeEndpoint(const FakeEndpoint&) = delete;
  FakeEndpoint& operator=(const FakeEndpoint&) = delete;

  std::string Url() const;  // http://127.0.0.1:PORT/v1, or https://localhost:PORT/v1
  std::uint16_t port() const;
  const std::string& certificate_file() const;  // for Endpoint::ca_file

  void Push(Script script);    // for the next request that has none
  void Always(Script script);  // where none was pushed; at first 404
  void Release();              // ends the stalls of now

  std::vector<RecordedRequest> Requests() const;
  int Connections() const;  // accepted so far
  // False after 20 s. Counts are from the beginning.
  bool WaitForRequests(int count) const;
  bool WaitForStalls(int count) const;  // begun
  bool WaitForGone(int count) const;    // clients that left in the middle of an answer

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deepcabin::llm
