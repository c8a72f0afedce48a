#pragma once
// An endpoint: an address that serves a chat model, as models.yaml describes it.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "llm/chat.h"

namespace deepcabin::llm {

// What may be sent to an endpoint: nothing of a person's, only what redaction leaves, or all.
enum class Outbound : std::uint8_t { kNothing, kRedacted, kFull };
std::string_view OutboundName(Outbound outbound);

struct Price {  // per million tokens
  double cached = 0, input = 0, output = 0;
};

struct Endpoint {
  std::string name;     // of our own choice: [a-z0-9-]{1,32}
  std::string dialect;  // a name in dialects.yaml: how this vendor's API differs
  std::string url;      // up to and without /chat/completions
  std::string model;
  std::string key;  // resolved from its source; "" where none is needed. Never in a log, an error or a page.
  Price price;
  int context_tokens = 32'768;
  std::vector<Task> good_at;  // empty: everything
  Outbound outbound = Outbound::kRedacted;
  double budget_per_day = 0;  // 0 = no limit
  std::chrono::milliseconds connect_timeout{2'000}, first_token_timeout{8'000}, idle_timeout{10'000}, total_timeout{120'000};
  std::string ca_file;  // for a private certificate authority; "" = the system's
};

}  // namespace deepcabin::llm
