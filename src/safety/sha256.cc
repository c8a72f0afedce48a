#include "safety/sha256.h"

#include <array>

#include <openssl/evp.h>

#include "base/check.h"

namespace deepcabin::safety {

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  // Fails only when OpenSSL was built without SHA-256.
  DC_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  hex.reserve(kSha256HexLength);
  for (unsigned int i = 0; i < length; ++i) {
    hex += kHex[digest[i] >> 4];
    hex += kHex[digest[i] & 15u];
  }
  return hex;
}

}  // namespace deepcabin::safety
