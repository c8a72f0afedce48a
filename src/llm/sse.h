#pragma once
// Server-sent events (the WHATWG format): bytes in any pieces go in, the data of whole events comes out. Comments, names and ids of events
// mean nothing to a chat stream and are dropped.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace deepcabin::llm {

inline constexpr std::size_t kSseLineBytesMax = 1 << 20;  // of a line, and of an event's data

class SseParser {
 public:
  enum class Fed : std::uint8_t { kMore, kStopped, kTooLong };
  using OnData = std::function<bool(std::string_view data)>;  // false: feed no more

  Fed Feed(std::string_view bytes, const OnData& on_data);
  // The stream has ended: an event whose lines are whole but that no blank line ended is told, half a line is not.
  Fed Finish(const OnData& on_data);

 private:
  Fed TakeLine(std::string_view line, const OnData& on_data);
  Fed Tell(const OnData& on_data);

  std::string line_, data_;
  bool has_data_ = false, at_start_ = true, skip_line_feed_ = false;
};

}  // namespace deepcabin::llm
