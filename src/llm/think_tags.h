#pragma once
// Text that may begin with <think>…</think>, divided into reasoning and answer while it streams.

#include <cstdint>
#include <string>
#include <string_view>

namespace deepcabin::llm {

class ThinkTags {
 public:
  // kNever: a tag is text like any other. kOpenMissing: the prompt already ended with the opening tag, so the reply starts inside.
  enum class Expect : std::uint8_t { kNever, kTagged, kOpenMissing };
  struct Pieces {
    std::string reasoning, content;
  };

  explicit ThinkTags(Expect expect) : expect_(expect), state_(expect == Expect::kNever ? State::kAnswer : State::kStart) {}

  Pieces Take(std::string_view piece);
  Pieces Finish();  // what was held back because it might have become a tag
  // Still inside reasoning that no tag opened: it may as well have been the answer.
  bool only_assumed() const { return state_ == State::kThinking && !opened_; }

 private:
  enum class State : std::uint8_t { kStart, kThinking, kBeforeAnswer, kAnswer };

  Expect expect_;
  State state_;
  bool opened_ = false;
  std::string held_;
};

}  // namespace deepcabin::llm
