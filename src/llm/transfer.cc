#include "llm/transfer.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "llm/curl_client.h"
#include "llm/fault.h"

namespace deepcabin::llm {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

double MillisecondsSince(Transfer::Time start) { return std::chrono::duration<double, std::milli>(steady_clock::now() - start).count(); }

std::set<std::string> ToolCallIds(const ChatRequest& request) {
  std::set<std::string> ids;
  for (const Message& message : request.messages) {
    for (const ToolCall& call : message.tool_calls) ids.insert(call.id);
  }
  return ids;
}

}  // namespace

Transfer::Transfer(const Endpoint& endpoint, const ChatRequest& request, const Dialect* dialect, const std::string& proxy,
                   ExchangeListener& listener)
    : name_(endpoint.name), key_(endpoint.key), dialect_(dialect), first_token_timeout_(endpoint.first_token_timeout),
      idle_timeout_(endpoint.idle_timeout), total_timeout_(endpoint.total_timeout), model_(endpoint.model), listener_(&listener) {
  if (dialect == nullptr) {
    fault_ = MakeFault(FaultKind::kNotFound, fmt::format("no dialect '{}' in dialects.yaml", endpoint.dialect));
    return;
  }
  if (const auto address = CheckAddress(endpoint.url); !address) {
    fault_ = MakeFault(FaultKind::kNotFound, address.error().message);
    return;
  }
  if (std::any_of(key_.begin(), key_.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    fault_ = MakeFault(FaultKind::kBadKey, "the key holds characters that no key has");
    return;
  }
  body_ = BuildBody(*dialect, endpoint, request);
  if (body_.size() > kRequestBytesMax) {
    fault_ = MakeFault(FaultKind::kBadRequest, fmt::format("a request of {} bytes, at most {}", body_.size(), kRequestBytesMax));
    return;
  }
  decoder_.emplace(*dialect, ToolCallIds(request), key_);
  SetUp(endpoint, proxy);
}

void Transfer::SetUp(const Endpoint& endpoint, const std::string& proxy) {
  easy_.reset(curl_easy_init());
  DC_CHECK(easy_ != nullptr);
  const auto add = [this](const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    DC_CHECK(longer != nullptr);
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  };
  add("Content-Type: application/json");
  add("Accept: text/event-stream, application/json");
  add("Expect:");  // no round trip before a long body
  if (!key_.empty()) add("Authorization: Bearer " + key_);
  const auto set = [this](CURLoption option, auto value) { DC_CHECK(curl_easy_setopt(easy_.get(), option, value) == CURLE_OK); };
  set(CURLOPT_URL, (endpoint.url + (endpoint.url.ends_with('/') ? "" : "/") + "chat/completions").c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, proxy.c_str());
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!endpoint.ca_file.empty()) {
    set(CURLOPT_CAINFO, endpoint.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name that resolves slowly must not hold up the thread when its exchange is taken away
  set(CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, static_cast<long>(endpoint.connect_timeout.count())));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  // libcurl reads from one connection as long as there is something to read: an endpoint that floods us would hold up all others.
  set(CURLOPT_BUFFERSIZE, kReadBytes);
  set(CURLOPT_MAX_RECV_SPEED_LARGE, static_cast<curl_off_t>(kBytesPerSecondMax));
  set(CURLOPT_USERAGENT, "deepcabin");
  set(CURLOPT_HTTPHEADER, headers_.get());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  set(CURLOPT_POSTFIELDS, body_.c_str());
  set(CURLOPT_WRITEFUNCTION, &Transfer::OnBytes);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_ERRORBUFFER, error_);
  set(CURLOPT_PRIVATE, this);
}

void Transfer::Silence() {
  silenced_ = true;
  const std::lock_guard lock(mutex_);
  listener_ = nullptr;
}

std::size_t Transfer::OnBytes(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->Take({bytes, size * count}) ? size * count : 0;
}

std::size_t Transfer::OnHeader(char*, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.header_bytes_ += size * count;
  if (transfer.header_bytes_ <= kHeaderBytesMax) return size * count;
  transfer.fault_ = MakeFault(FaultKind::kBroken, fmt::format("headers of more than {} bytes", kHeaderBytesMax));
  return 0;
}

// False: enough, take the exchange away.
bool Transfer::Take(std::string_view bytes) {
  if (over_) return true;
  if (silenced_) return false;
  if (form_ == Form::kUnknown) {
    if (Status() >= 300) {
      form_ = Form::kError;
    } else {
      bytes = bytes.substr(std::min(bytes.find_first_not_of(" \r\n"), bytes.size()));
      if (bytes.empty()) return true;
      form_ = bytes.front() == '{' ? Form::kJson : Form::kEvents;
    }
  }
  if (form_ == Form::kEvents) return TakeFed(events_.Feed(bytes, [this](std::string_view data) { return TakeEvent(data); }));
  const std::size_t bytes_max = form_ == Form::kJson ? kReplyBytesMax : kErrorBodyBytesMax;
  whole_ += bytes.substr(0, bytes_max - whole_.size() + 1);
  if (whole_.size() <= bytes_max) return true;
  whole_.resize(bytes_max);
  fault_ = form_ == Form::kError ? StatusFault() : MakeFault(FaultKind::kBroken, fmt::format("a reply of more than {} bytes", bytes_max));
  return false;
}

bool Transfer::TakeFed(SseParser::Fed fed) {
  if (fed == SseParser::Fed::kTooLong)
    fault_ = MakeFault(FaultKind::kBroken, fmt::format("a line of more than {} bytes", kSseLineBytesMax));
  return !fault_;
}

bool Transfer::TakeEvent(std::string_view data) {
  if (over_) return true;
  Heard heard;
  fault_ = decoder_->Take(data, heard);
  Tell(heard);
  if (!fault_ && decoder_->done()) Conclude();
  return !fault_;
}

void Transfer::Tell(const Heard& heard) {
  if (heard.progress) {
    last_token_ = steady_clock::now();
    if (!first_token_) first_token_ = last_token_;
  }
  if (silenced_ || (heard.reasoning.empty() && heard.content.empty())) return;
  const std::lock_guard lock(mutex_);
  if (listener_ == nullptr) return;
  if (!heard.reasoning.empty()) listener_->OnReasoning(heard.reasoning);
  if (!heard.content.empty()) listener_->OnContent(heard.content);
}

void Transfer::Conclude() {
  ChatReply reply;
  reply.endpoint = name_;
  reply.model = model_;
  Heard heard;
  if (auto fault = decoder_->Finish(reply, heard)) {
    fault_ = std::move(fault);
    return;
  }
  Tell(heard);
  reply.total_ms = MillisecondsSince(started_);
  reply.first_token_ms = first_token_ ? std::chrono::duration<double, std::milli>(*first_token_ - started_).count() : reply.total_ms;
  over_ = true;
  linger_until_ = steady_clock::now() + kLingerTime;
  const std::lock_guard lock(mutex_);
  if (listener_ != nullptr) std::exchange(listener_, nullptr)->OnDone(std::move(reply));
}

void Transfer::End(Fault fault) {
  if (std::exchange(over_, true)) return;
  linger_until_ = {};
  const std::lock_guard lock(mutex_);
  if (listener_ != nullptr) std::exchange(listener_, nullptr)->OnFault(std::move(fault));
}

void Transfer::OnFinished(CURLcode code) {
  if (over_) return;
  if (!fault_ && Status() >= 300) fault_ = StatusFault();
  if (!fault_ && form_ == Form::kJson && code == CURLE_OK) {
    if (TakeEvent(whole_)) TakeEvent("[DONE]");
  } else if (!fault_ && (code == CURLE_OK || decoder_->may_be_done())) {
    if (form_ == Form::kEvents) TakeFed(events_.Finish([this](std::string_view data) { return TakeEvent(data); }));
    if (!fault_ && !over_) Conclude();
  }
  if (!over_) End(fault_ ? *fault_ : FaultOf(code));
}

Fault Transfer::FaultOf(CURLcode code) const {
  const std::string_view reason = error_[0] != '\0' ? error_ : curl_easy_strerror(code);
  switch (code) {
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return MakeFault(FaultKind::kCut, Presentable(fmt::format("the connection broke: {}", reason), key_));
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_OUT_OF_MEMORY: return MakeFault(FaultKind::kBroken, Presentable(reason, key_));
    default: return MakeFault(FaultKind::kUnreachable, Presentable(reason, key_));  // name, connection, TLS
  }
}

Fault Transfer::StatusFault() const {
  Fault fault = HttpFault(*dialect_, static_cast<int>(Status()), whole_, key_);
  curl_off_t seconds = 0;  // libcurl reads both forms: seconds, and a date
  curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
  constexpr curl_off_t kMax = std::chrono::seconds(kRetryAfterMax).count();
  if (seconds > 0) fault.retry_after = std::chrono::seconds(std::min(seconds, kMax));
  return fault;
}

long Transfer::Status() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

Transfer::Time Transfer::NextDeadline() const {
  if (over_) return linger_until_;
  return std::min(started_ + total_timeout_, first_token_ ? last_token_ + idle_timeout_ : started_ + first_token_timeout_);
}

bool Transfer::OnDeadline(Time now) {
  if (now < NextDeadline()) return true;
  if (over_) return false;
  if (form_ == Form::kError) {
    End(StatusFault());
  } else if (decoder_->may_be_done()) {
    Conclude();
    if (fault_) End(*fault_);
  } else if (now >= started_ + total_timeout_) {
    End(MakeFault(FaultKind::kSilent, fmt::format("no end of the reply within {} ms", total_timeout_.count())));
  } else if (first_token_) {
    End(MakeFault(FaultKind::kSilent, fmt::format("nothing further within {} ms", idle_timeout_.count())));
  } else {
    End(MakeFault(FaultKind::kSilent, fmt::format("no first token within {} ms", first_token_timeout_.count())));
  }
  return false;
}

}  // namespace deepcabin::llm
