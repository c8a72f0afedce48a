#pragma once

#include <string_view>

namespace deepcabin::agent {

// Whose memory it is, until faces or keys tell people apart.
inline constexpr std::string_view kOwner = "owner";

}  // namespace deepcabin::agent
