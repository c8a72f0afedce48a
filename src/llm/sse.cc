#include "llm/sse.h"

#include <utility>

namespace deepcabin::llm {
namespace {
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
}

SseParser::Fed SseParser::Feed(std::string_view bytes, const OnData& on_data) {
  while (!bytes.empty()) {
    if (std::exchange(skip_line_feed_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > kSseLineBytesMax) return Fed::kTooLong;
    if (end == std::string_view::npos) {
      line_.append(piece);
      return Fed::kMore;
    }
    skip_line_feed_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    Fed fed;
    if (line_.empty()) {
      fed = TakeLine(piece, on_data);
    } else {
      line_.append(piece);
      fed = TakeLine(std::exchange(line_, {}), on_data);
    }
    if (fed != Fed::kMore) return fed;
  }
  return Fed::kMore;
}

SseParser::Fed SseParser::Finish(const OnData& on_data) { return line_.empty() ? Tell(on_data) : Fed::kMore; }

SseParser::Fed SseParser::TakeLine(std::string_view line, const OnData& on_data) {
  if (std::exchange(at_start_, false) && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  if (line.empty()) return Tell(on_data);
  const std::size_t colon = line.find(':');
  if (line.substr(0, colon) != "data") return Fed::kMore;
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (data_.size() + value.size() + 1 > kSseLineBytesMax) return Fed::kTooLong;
  if (std::exchange(has_data_, true)) data_ += '\n';
  data_ += value;
  return Fed::kMore;
}

SseParser::Fed SseParser::Tell(const OnData& on_data) {
  if (!std::exchange(has_data_, false)) return Fed::kMore;
  return on_data(std::exchange(data_, {})) ? Fed::kMore : Fed::kStopped;
}

}  // namespace deepcabin::llm
