#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "catalogue/call.h"

namespace deepcabin::agent {

// What a turn is asked with.
struct TurnRequest {
  std::string session;  // "" = "default"
  std::string text;     // UTF-8, at most kUtteranceBytesMax
  Zone speaker = Zone::kRow1Left;
  std::optional<Language> language;  // none: told from the text
  bool touched = false;              // the yes of an offer came by touch on the driver's display
};
inline constexpr std::size_t kUtteranceBytesMax = 4096;

}  // namespace deepcabin::agent
