#include "agent/pictures.h"

#include <openssl/rand.h>

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace deepcabin::agent {

Result<std::string> Pictures::Make(std::string_view wish, const std::stop_token& stop) {
  DC_ASSIGN_OR_RETURN(creative::Picture picture, paint_(wish, stop));
  std::array<unsigned char, 16> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return Unavailable("no random numbers");
  Kept kept{fmt::format("{:02x}", fmt::join(random, "")), std::make_shared<const creative::Picture>(std::move(picture))};
  const std::lock_guard lock(mutex_);
  kept_.push_back(kept);
  if (kept_.size() > kPicturesMax) kept_.pop_front();
  return kept.id;
}

std::shared_ptr<const creative::Picture> Pictures::Find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  for (const Kept& kept : kept_) {
    if (kept.id == id) return kept.picture;
  }
  return nullptr;
}

}  // namespace deepcabin::agent
