#pragma once
// The model matrix: many endpoints that look like one chat model which answers. Chooses (router.h), asks a second one when the first is
// late or fails (race.h), leaves those alone that fail again and again (health.h), and keeps to budgets (meter.h). It does not redact: that
// is done for what stands under or over it, by Endpoint::outbound.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/random.h"
#include "llm/health.h"
#include "llm/meter.h"
#include "llm/models_file.h"
#include "llm/race.h"
#include "llm/router.h"

namespace deepcabin::llm {

struct MatrixOptions {
  std::uint64_t seed = 1;
  Patience patience;
  RaceTimes times;
};

// Hears of each request, from the thread that asks:
// {"type":"model.route","request":n,"task":…,"order":[{"endpoint","why"}…],"refused":[{"endpoint","why"}…]}
// {"type":"model.try","request":n,"endpoint":…,"kind":"first"|"retry"|"hedge"}
// {"type":"model.failed","request":n,"endpoint":…,"fault":…,"status":n,"message":…}
// {"type":"model.restart","request":n,"endpoint":…}
// {"type":"model.done","request":n,"endpoint","model","tries","first_token_ms","total_ms","cost","currency","input_tokens",
//  "cached_tokens","output_tokens","reasoning_tokens"}, or with "error" in place of all after the request
using Observer = std::function<void(const OrderedJson& event)>;

class Matrix final : public ChatModel {
 public:
  // What is given by reference outlives the matrix. The clock runs at the pace of real time.
  Matrix(Models models, ChatClient& client, Meter& meter, const Clock& clock, Observer observer = {}, MatrixOptions options = {});

  Result<ChatReply> Chat(const ChatRequest& request, ChatListener& listener, const std::stop_token& stop) override;

  // All thread-safe; requests that run keep what they began with.
  void SetModels(Models models);
  void SetUrl(std::string_view endpoint, const std::string& url);  // of a local server; "" = it does not run
  // [{"endpoint","model","outbound","state","why","first_token_ms","error_share","spent_today","budget_per_day"}…]
  OrderedJson StatusJson() const;

 private:
  friend class Turn;
  std::shared_ptr<const Models> models() const;
  Route Plan(const Models& models, const ChatRequest& request);
  void Tell(const OrderedJson& event) const;

  ChatClient& client_;
  Meter& meter_;
  const Clock& clock_;
  const Observer observer_;
  const MatrixOptions options_;
  Health health_;
  TryBudget budget_;
  std::atomic<std::uint64_t> requests_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const Models> models_;
  Random random_;
};

}  // namespace deepcabin::llm
