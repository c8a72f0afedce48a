#include "llm/curl_client.h"

#include <curl/curl.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "llm/fault.h"
#include "llm/transfer.h"

namespace deepcabin::llm {
namespace {
constexpr std::chrono::milliseconds kPollMax{1'000};
}

// What the network thread works on. Exchanges share it, so that they may outlive the client.
class CurlClient::Core {
 public:
  explicit Core(CurlClientOptions options) : options_(std::move(options)) {
    DC_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    multi_ = curl_multi_init();
    DC_CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
  }
  ~Core() {
    added_.clear();
    curl_multi_cleanup(multi_);
    curl_global_cleanup();
  }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Handed to whoever started the exchange.
  class Handle final : public Exchange {
   public:
    Handle(std::shared_ptr<Core> core, std::shared_ptr<Transfer> transfer) : core_(std::move(core)), transfer_(std::move(transfer)) {}
    ~Handle() override {
      transfer_->Silence();
      core_->Cancel(std::move(transfer_));
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

   private:
    std::shared_ptr<Core> core_;
    std::shared_ptr<Transfer> transfer_;
  };

  const CurlClientOptions& options() const { return options_; }

  void Add(std::shared_ptr<Transfer> transfer) { Post(added_, std::move(transfer)); }
  void Cancel(std::shared_ptr<Transfer> transfer) { Post(cancelled_, std::move(transfer)); }
  void WakeUp() { curl_multi_wakeup(multi_); }

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      TakeNews();
      int running = 0;
      curl_multi_perform(multi_, &running);
      TakeFinished();
      const auto wait = CheckDeadlines();
      curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()), nullptr);
    }
    for (const auto& transfer : transfers_) {
      EndByShutdown(*transfer);
      Detach(*transfer);
    }
    transfers_.clear();
    for (;;) {  // a listener may start another exchange when it hears of this
      std::vector<std::shared_ptr<Transfer>> added;
      {
        const std::lock_guard lock(mutex_);
        cancelled_.clear();
        added.swap(added_);
        stopped_ = added.empty();
        if (stopped_) return;
      }
      for (const auto& transfer : added) EndByShutdown(*transfer);
    }
  }

 private:
  void Post(std::vector<std::shared_ptr<Transfer>>& queue, std::shared_ptr<Transfer> transfer) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
      queue.push_back(std::move(transfer));
    }
    curl_multi_wakeup(multi_);
  }

  void TakeNews() {
    std::vector<std::shared_ptr<Transfer>> added, cancelled;
    {
      const std::lock_guard lock(mutex_);
      added.swap(added_);
      cancelled.swap(cancelled_);
    }
    for (auto& transfer : added) {
      if (transfer->fault()) {
        transfer->End(*transfer->fault());
      } else if (transfers_.size() >= options_.exchanges_max) {
        transfer->End(MakeFault(FaultKind::kBusy, fmt::format("more than {} exchanges at once", options_.exchanges_max)));
      } else {
        curl_multi_add_handle(multi_, transfer->easy());
        transfers_.push_back(std::move(transfer));
      }
    }
    for (const auto& transfer : cancelled) {
      if (!transfer->over()) Remove(transfer.get());  // one that is over may linger for its connection's sake
    }
  }

  void TakeFinished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      transfer->OnFinished(code);
      Remove(transfer);
    }
  }

  // How long to wait for news at most.
  std::chrono::milliseconds CheckDeadlines() {
    const auto now = std::chrono::steady_clock::now();
    auto next = now + kPollMax;
    std::erase_if(transfers_, [&](const std::shared_ptr<Transfer>& transfer) {
      const bool stays = transfer->OnDeadline(now);
      if (stays) next = std::min(next, transfer->NextDeadline());
      else Detach(*transfer);
      return !stays;
    });
    return std::chrono::ceil<std::chrono::milliseconds>(next - now);
  }

  void Remove(const Transfer* transfer) {
    const auto it = std::find_if(transfers_.begin(), transfers_.end(), [&](const auto& t) { return t.get() == transfer; });
    if (it == transfers_.end()) return;
    Detach(**it);
    std::swap(*it, transfers_.back());
    transfers_.pop_back();
  }
  static void EndByShutdown(Transfer& transfer) { transfer.End(MakeFault(FaultKind::kCancelled, "the client was shut down")); }
  void Detach(const Transfer& transfer) { curl_multi_remove_handle(multi_, transfer.easy()); }

  const CurlClientOptions options_;
  CURLM* multi_ = nullptr;
  std::vector<std::shared_ptr<Transfer>> transfers_;  // the network thread's

  std::mutex mutex_;
  std::vector<std::shared_ptr<Transfer>> added_, cancelled_;
  bool stopped_ = false;
};

CurlClient::CurlClient(const Dialects& dialects, CurlClientOptions options)
    : dialects_(dialects), core_(std::make_shared<Core>(std::move(options))), thread_([core = core_](const std::stop_token& stop) {
        sigset_t all;  // signals are the main thread's business; a write to a closed socket must not end the program
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        core->Run(stop);
      }) {}

CurlClient::~CurlClient() {
  thread_.request_stop();
  core_->WakeUp();
}

std::unique_ptr<Exchange> CurlClient::Start(const Endpoint& endpoint, const ChatRequest& request, ExchangeListener& listener) {
  auto transfer = std::make_shared<Transfer>(endpoint, request, dialects_.Find(endpoint.dialect), core_->options().proxy, listener);
  core_->Add(transfer);
  return std::make_unique<Core::Handle>(core_, std::move(transfer));
}

}  // namespace deepcabin::llm
