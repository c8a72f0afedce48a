#pragma once
// A search of the web by a service outside. What it finds is anybody's text: bounded, cleaned of what hides, and never obeyed.

#include <string>
#include <string_view>
#include <vector>

#include "skills/outside.h"

namespace deepcabin::skills {

inline constexpr std::size_t kHitsMax = 8, kHitCharactersMax = 300, kQueryCharactersMax = 200;

struct WebHit {
  std::string title, url, text;
};

// Thread-safe.
class WebSearch {
 public:
  enum class Kind : std::uint8_t { kSearxng, kTavily, kBocha };
  WebSearch(Kind kind, Outside outside) : kind_(kind), outside_(std::move(outside)) {}

  // kInvalidArgument: nothing is asked for. Nothing found is no error.
  Result<std::vector<WebHit>> Search(std::string_view query, const std::stop_token& stop = {}) const;

 private:
  const Kind kind_;
  const Outside outside_;
};

// One hit a line: number, title, host, text.
std::string HitsText(const std::vector<WebHit>& hits);

}  // namespace deepcabin::skills
