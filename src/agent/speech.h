#pragma once
// What a large model writes, made fit to be said: sentence by sentence, without Markdown, not longer than the driver may hear, and without
// claims that something was done. What was done the receipts tell; a sentence here that says so is dropped, true or not.

#include <functional>
#include <string>
#include <string_view>

#include "catalogue/catalogue.h"

namespace deepcabin::agent {

// Does `sentence` say that something of the car was done? `strict`: only in so many words ("I've opened it for you"), for stories and talk.
bool ClaimsAction(std::string_view sentence, Language language, bool strict);

std::string WithoutMarkdown(std::string_view line);

// In Chinese characters; a Latin word counts as two.
std::size_t SpokenLength(std::string_view text);
inline constexpr std::size_t kSpokenMovingMax = 40;  // about eight seconds
inline constexpr std::size_t kSpokenParkedMax = 400;
inline constexpr std::size_t kWrittenBytesMax = 64u << 10;  // of one reply; the rest is not looked at

class Speech {
 public:
  struct Options {
    Language language = Language::kChinese;
    std::size_t length_max = kSpokenParkedMax;
    bool strict = false;
    std::function<void(std::string_view)> say;  // every piece as soon as it is sure
  };
  explicit Speech(Options options) : options_(std::move(options)) {}

  void Push(std::string_view piece);
  void Finish();
  // Starts anew.
  void Reset();

  const std::string& said() const { return said_; }
  const std::string& written() const { return written_; }
  bool claimed() const { return claimed_; }
  bool cut() const { return cut_; }  // there was more than may be said

 private:
  void Sentence(std::string_view sentence);

  Options options_;
  std::string written_, pending_, said_;
  std::size_t length_ = 0;
  bool claimed_ = false, cut_ = false, in_code_ = false;
};

}  // namespace deepcabin::agent
