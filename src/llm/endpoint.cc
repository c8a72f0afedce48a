#include "llm/endpoint.h"

namespace deepcabin::llm {

std::string_view OutboundName(Outbound outbound) {
  switch (outbound) {
    case Outbound::kNothing: return "nothing";
    case Outbound::kRedacted: return "redacted";
    case Outbound::kFull: return "full";
  }
  return "";
}

}  // namespace deepcabin::llm
