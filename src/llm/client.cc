#include "llm/client.h"

namespace deepcabin::llm {

std::string_view FaultKindName(FaultKind kind) {
  switch (kind) {
    case FaultKind::kBadRequest: return "bad_request";
    case FaultKind::kBadKey: return "bad_key";
    case FaultKind::kNoFunds: return "no_funds";
    case FaultKind::kNotFound: return "not_found";
    case FaultKind::kBusy: return "busy";
    case FaultKind::kServerFault: return "server_fault";
    case FaultKind::kUnreachable: return "unreachable";
    case FaultKind::kSilent: return "silent";
    case FaultKind::kCut: return "cut";
    case FaultKind::kBroken: return "broken";
    case FaultKind::kCancelled: return "cancelled";
  }
  return "";
}

}  // namespace deepcabin::llm
