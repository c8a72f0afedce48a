#include "llm/think_tags.h"

#include <algorithm>
#include <utility>

namespace deepcabin::llm {
namespace {

constexpr std::string_view kOpen = "<think>", kClose = "</think>", kSpace = " \t\r\n";

// How many bytes at the end of `text` may be the beginning of `tag`.
std::size_t OpenEnd(std::string_view text, std::string_view tag) {
  for (std::size_t size = std::min(text.size(), tag.size() - 1); size > 0; --size) {
    if (text.ends_with(tag.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

ThinkTags::Pieces ThinkTags::Take(std::string_view piece) {
  Pieces out;
  if (state_ == State::kAnswer) {
    out.content = piece;
    return out;
  }
  held_ += piece;
  if (state_ == State::kStart) {
    const std::size_t at = std::min(held_.find_first_not_of(kSpace), held_.size());
    const std::string_view rest = std::string_view(held_).substr(at);
    opened_ = rest.starts_with(kOpen);
    if (!opened_ && kOpen.starts_with(rest)) return out;
    if (opened_) held_.erase(0, at + kOpen.size());
    state_ = opened_ || expect_ == Expect::kOpenMissing ? State::kThinking : State::kAnswer;
  }
  if (state_ == State::kThinking) {
    const std::size_t end = held_.find(kClose);
    const std::size_t reasoning_size = end == std::string::npos ? held_.size() - OpenEnd(held_, kClose) : end;
    out.reasoning = held_.substr(0, reasoning_size);
    held_.erase(0, end == std::string::npos ? reasoning_size : end + kClose.size());
    if (end == std::string::npos) return out;
    state_ = State::kBeforeAnswer;
  }
  if (state_ == State::kBeforeAnswer) {
    held_.erase(0, held_.find_first_not_of(kSpace));
    if (held_.empty()) return out;
    state_ = State::kAnswer;
  }
  out.content = std::exchange(held_, {});
  return out;
}

ThinkTags::Pieces ThinkTags::Finish() {
  Pieces out;
  (state_ == State::kThinking ? out.reasoning : out.content) = std::exchange(held_, {});
  return out;
}

}  // namespace deepcabin::llm
