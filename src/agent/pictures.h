#pragma once
// Pictures that were painted for the people in the car. The last few are kept in memory, each at an address that nobody can guess.

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "skills/creative/picture.h"

namespace deepcabin::agent {

inline constexpr std::size_t kPicturesMax = 8;

// Thread-safe.
class Pictures {
 public:
  using Paint = std::function<Result<creative::Picture>(std::string_view wish, const std::stop_token& stop)>;
  explicit Pictures(Paint paint) : paint_(std::move(paint)) {}

  // Paints and keeps one: its id, 32 hexadecimal digits. Takes as long as the painter does; errors of it.
  Result<std::string> Make(std::string_view wish, const std::stop_token& stop);
  // Null where there is none of that id (any more).
  std::shared_ptr<const creative::Picture> Find(std::string_view id) const;

 private:
  struct Kept {
    std::string id;
    std::shared_ptr<const creative::Picture> picture;
  };
  const Paint paint_;
  mutable std::mutex mutex_;
  std::deque<Kept> kept_;
};

}  // namespace deepcabin::agent
