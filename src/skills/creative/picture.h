#pragma once
// Pictures painted to a wish, by a service with OpenAI's images endpoint (POST …/images/generations).

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "skills/outside.h"

namespace deepcabin::creative {

inline constexpr std::size_t kPictureBytesMax = 8u << 20;

struct Picture {
  std::string content_type, bytes;  // image/png, image/jpeg or image/webp: by what the bytes say, not the service
};

// Whether a wish is for a picture: "画一只会飞的猫", "draw me a lighthouse".
bool PictureWanted(std::string_view wish);

// Thread-safe.
class Painter {
 public:
  virtual ~Painter() = default;
  // Takes up to `timeout`. The wish leaves the car. Errors of Exchange; kUnavailable too for what is no picture.
  virtual Result<Picture> Paint(std::string_view wish, const std::stop_token& stop) const = 0;
};

// `outside.model` names the model; "" leaves the choice to the service.
std::unique_ptr<Painter> MakePainter(skills::Outside outside);

}  // namespace deepcabin::creative
