#pragma once
// SHA-256 as lower-case hex, for the audit chain, the policy's hash and the binding of offers.

#include <string>
#include <string_view>

namespace deepcabin::safety {

inline constexpr std::size_t kSha256HexLength = 64;
// Thread-safe.
std::string Sha256Hex(std::string_view bytes);

}  // namespace deepcabin::safety
