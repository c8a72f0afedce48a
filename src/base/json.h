#pragma once
// JSON with limits: everything that comes from outside goes through ParseJson.

#include <cstddef>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace deepcabin {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

struct JsonLimits {
  std::size_t bytes_max = 1 << 20;
  int depth_max = 32;
  std::size_t nodes_max = 100'000;
};

// Parses one JSON value. Refuses: more than the limits (kResourceExhausted), bad syntax, bad UTF-8, duplicate keys,
// non-finite numbers (kInvalidArgument). The message names the byte. Thread-safe.
Result<Json> ParseJson(std::string_view text, const JsonLimits& limits = {});

// Serialises; invalid UTF-8 becomes U+FFFD instead of an exception.
std::string DumpJson(const Json& value, int indent = -1);
std::string DumpJson(const OrderedJson& value, int indent = -1);

}  // namespace deepcabin
