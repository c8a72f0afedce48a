#pragma once
// What an endpoint's error means, in words that may be shown.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "llm/client.h"
#include "llm/dialect.h"

namespace deepcabin::llm {

inline constexpr std::size_t kErrorBodyBytesMax = 16 * 1024;
inline constexpr std::size_t kFaultMessageBytesMax = 300;

inline Fault MakeFault(FaultKind kind, std::string message) { return {kind, 0, std::nullopt, std::move(message)}; }

// A member that is text, or a whole number as text; "" where there is none. `object` may be any value.
std::string TextOf(const Json& object, std::string_view key);

// `text` without `key`, pieces of it, and other things that look like keys; without control characters; cut to kFaultMessageBytesMax.
std::string Presentable(std::string_view text, std::string_view key);

// From an HTTP answer that is an error. Bodies are {"error":{…}}, {"code","message"}, or text. `body` is at most kErrorBodyBytesMax.
Fault HttpFault(const Dialect& dialect, int status, std::string_view body, std::string_view key);

// Whether a chunk of a stream is an error in disguise; HttpFault's rules, with the code as status where it is one, else 500.
bool IsErrorObject(const Json& chunk);
Fault ErrorObjectFault(const Dialect& dialect, const Json& chunk, std::string_view key);

}  // namespace deepcabin::llm
