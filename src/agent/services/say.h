#pragma once
// Short answers of services in both languages, with what they are about filled in.

#include <fmt/format.h>

#include "agent/service.h"

namespace deepcabin::agent {

template <typename... Args>
std::string Say(Language language, std::string_view zh, std::string_view en, const Args&... args) {
  return fmt::vformat(language == Language::kChinese ? zh : en, fmt::make_format_args(args...));
}

// A sentence begins with a capital.
inline std::string Capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

template <typename... Args>
ServiceAnswer Done(Language language, std::string_view zh, std::string_view en, const Args&... args) {
  return {.done = true, .said = Say(language, zh, en, args...)};
}

template <typename... Args>
ServiceAnswer NotDone(Language language, std::string_view zh, std::string_view en, const Args&... args) {
  return {.done = false, .said = Say(language, zh, en, args...)};
}

}  // namespace deepcabin::agent
