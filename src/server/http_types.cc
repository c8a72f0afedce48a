#include "server/http_types.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/json.h"
#include "base/text.h"

namespace deepcabin::server {
namespace {

bool IsForDevelopers(ErrorCode code) { return code == ErrorCode::kInternal || code == ErrorCode::kDataLoss; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `plus_is_space`: in queries, as forms write them.
Result<std::string> Decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return InvalidArgument("the address holds a broken percent escape");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return InvalidArgument("the address holds a control character");
    out += c;
  }
  if (!IsValidUtf8(out)) return InvalidArgument("the address is not UTF-8");
  return out;
}

}  // namespace

Result<Target> ParseTarget(std::string_view target) {
  if (target.size() > kTargetBytesMax) {
    return InvalidArgument(fmt::format("the address has {} bytes, at most {}", target.size(), kTargetBytesMax));
  }
  if (target.empty() || target.front() != '/') return InvalidArgument("the address is not an absolute path");
  const std::size_t mark = target.find('?');
  Target result;
  DC_ASSIGN_OR_RETURN(result.path, Decode(target.substr(0, mark), false));
  if (mark == std::string_view::npos) return result;
  for (const std::string_view field : Split(target.substr(mark + 1), '&')) {
    if (field.empty()) continue;
    const std::size_t equals = field.find('=');
    DC_ASSIGN_OR_RETURN(std::string name, Decode(field.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      DC_ASSIGN_OR_RETURN(value, Decode(field.substr(equals + 1), true));
    }
    if (result.query.size() >= kQueryFieldsMax) return InvalidArgument(fmt::format("more than {} query fields", kQueryFieldsMax));
    if (!result.query.emplace(name, std::move(value)).second) {
      return InvalidArgument(fmt::format("query field `{:.64}` stands twice", name));
    }
  }
  return result;
}

Response JsonResponse(std::string json, int status) {
  Response response;
  response.status = status;
  response.body = std::make_shared<const std::string>(std::move(json));
  return response;
}

Response ErrorResponse(const Error& error, int status) {
  if (status == 0) status = HttpStatusOf(error.code);
  if (status >= 500 && status != 503) spdlog::error("request failed: {}", DumpJson(Json{{ErrorCodeName(error.code), error.message}}));
  Response response = JsonResponse(ErrorBody(error), status);
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

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
