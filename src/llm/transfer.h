#pragma once
// One exchange on its way, for curl_client.cc: what libcurl needs, what has come, and who listens.

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "llm/client.h"
#include "llm/dialect.h"
#include "llm/reply_decoder.h"
#include "llm/sse.h"

namespace deepcabin::llm {

// All but Silence belongs to one thread: the caller's until the client takes it over, the network thread's from then on.
class Transfer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `dialect` may be nullptr: there is none of that name.
  Transfer(const Endpoint& endpoint, const ChatRequest& request, const Dialect* dialect, const std::string& proxy,
           ExchangeListener& listener);

  // Thread-safe. The listener hears nothing more once this has returned.
  void Silence();

  CURL* easy() const { return easy_.get(); }
  const std::optional<Fault>& fault() const { return fault_; }  // known already: end with it
  bool over() const { return over_; }                           // the listener heard the end, or left
  void End(Fault fault);
  // libcurl is through with it.
  void OnFinished(CURLcode code);
  // When OnDeadline wants to be called next.
  Time NextDeadline() const;
  // False: take it away.
  bool OnDeadline(Time now);

 private:
  static std::size_t OnBytes(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t OnHeader(char* bytes, std::size_t size, std::size_t count, void* self);

  void SetUp(const Endpoint& endpoint, const std::string& proxy);
  bool Take(std::string_view bytes);
  bool TakeEvent(std::string_view data);
  bool TakeFed(SseParser::Fed fed);
  void Tell(const Heard& heard);
  // The stream has ended, or need not be waited for: the reply, or a fault.
  void Conclude();
  Fault FaultOf(CURLcode code) const;
  Fault StatusFault() const;
  long Status() const;

  const std::string name_, key_;
  const Dialect* dialect_;
  const std::chrono::milliseconds first_token_timeout_, idle_timeout_, total_timeout_;
  const Time started_ = std::chrono::steady_clock::now();
  std::string body_, model_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_{nullptr, &curl_easy_cleanup};
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers_{nullptr, &curl_slist_free_all};
  char error_[CURL_ERROR_SIZE] = {};

  enum class Form : std::uint8_t { kUnknown, kEvents, kJson, kError };
  Form form_ = Form::kUnknown;
  SseParser events_;
  std::optional<ReplyDecoder> decoder_;
  std::string whole_;  // an answer that does not stream, or an error's body
  std::size_t header_bytes_ = 0;
  std::optional<Time> first_token_;
  Time last_token_, linger_until_;
  std::optional<Fault> fault_;
  bool over_ = false;

  std::atomic<bool> silenced_{false};  // so that a busy stream does not keep Silence from the lock
  std::mutex mutex_;                   // held while the listener is called
  ExchangeListener* listener_;
};

}  // namespace deepcabin::llm
