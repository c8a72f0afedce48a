#include "server/error_mapping.h"

#include "base/json.h"

namespace deepcabin::server {
namespace {

bool IsForDevelopers(ErrorCode code) { return code == ErrorCode::kInternal || code == ErrorCode::kDataLoss; }

}  // namespace

int HttpStatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return 400;
    case ErrorCode::kOutOfRange: return 400;
    case ErrorCode::kUnauthenticated: return 401;
    case ErrorCode::kPermissionDenied: return 403;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kFailedPrecondition: return 409;
    case ErrorCode::kResourceExhausted: return 429;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kDeadlineExceeded: return 504;
    case ErrorCode::kDataLoss: return 500;
    case ErrorCode::kInternal: return 500;
  }
  return 500;
}

std::string ErrorBody(const Error& error) {
  const std::string message = IsForDevelopers(error.code) ? "something went wrong inside; the log has more" : error.message;
  return DumpJson(OrderedJson{{"error", {{"code", ErrorCodeName(error.code)}, {"message", message}}}});
}

}  // namespace deepcabin::server
