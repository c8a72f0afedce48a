#include "llm/fault.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::llm {
namespace {

constexpr std::size_t kKeyPieceBytes = 8;  // a run that shares so many bytes with the key is taken out
constexpr std::string_view kMask = "***";

bool IsKeyCharacter(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; }

// Marks what of `text` is a piece of `key`.
void MarkKey(std::string_view text, std::string_view key, std::vector<bool>& marked) {
  const std::size_t piece = std::min(key.size(), kKeyPieceBytes);
  if (piece == 0) return;
  for (std::size_t i = 0; i + piece <= text.size(); ++i) {
    if (key.find(text.substr(i, piece)) != std::string_view::npos)
      std::fill_n(marked.begin() + static_cast<std::ptrdiff_t>(i), piece, true);
  }
}

// A gateway may tell its own key, which we do not know: those of most vendors begin with sk-.
void MarkForeignKeys(std::string_view text, std::vector<bool>& marked) {
  for (std::size_t at = text.find("sk-"); at != std::string_view::npos; at = text.find("sk-", at + 1)) {
    std::size_t end = at;
    while (end < text.size() && (IsKeyCharacter(text[end]) || text[end] == '*')) ++end;
    if (end - at > kKeyPieceBytes)
      std::fill(marked.begin() + static_cast<std::ptrdiff_t>(at), marked.begin() + static_cast<std::ptrdiff_t>(end), true);
  }
}

// The error itself, wherever it stands in the object.
const Json& ErrorOf(const Json& object) {
  const auto error = object.find("error");
  return error != object.end() && error->is_object() ? *error : object;
}

// By the dialect's table: a name as a whole, then up to its first dot.
std::optional<FaultKind> Known(const Dialect& dialect, std::string_view word) {
  auto it = dialect.faults.find(word);
  if (it == dialect.faults.end()) it = dialect.faults.find(word.substr(0, word.find('.')));
  if (it == dialect.faults.end()) return std::nullopt;
  return it->second;
}

FaultKind KindOf(const Dialect& dialect, int status, const Json& body) {
  if (body.is_object()) {
    const Json& error = ErrorOf(body);
    for (const char* key : {"code", "type"}) {
      if (const auto kind = Known(dialect, TextOf(error, key))) return *kind;
    }
  }
  if (const auto kind = Known(dialect, std::to_string(status))) return *kind;
  switch (status) {
    case 401:
    case 403: return FaultKind::kBadKey;
    case 402: return FaultKind::kNoFunds;
    case 404: return FaultKind::kNotFound;
    case 408:
    case 429:
    case 503:
    case 529: return FaultKind::kBusy;
    default: break;
  }
  if (status < 400) return FaultKind::kNotFound;  // a redirect: the address in the settings is not the right one
  return status < 500 ? FaultKind::kBadRequest : FaultKind::kServerFault;
}

std::string MessageOf(const Json& body) {
  for (const char* key : {"message", "detail", "error"}) {
    std::string text = TextOf(ErrorOf(body), key);
    if (!text.empty()) return text;
  }
  return DumpJson(body);
}

}  // namespace

std::string TextOf(const Json& object, std::string_view key) {
  if (!object.is_object()) return "";
  const auto it = object.find(key);
  if (it == object.end()) return "";
  if (it->is_string()) return it->get<std::string>();
  return it->is_number_integer() ? DumpJson(*it) : "";
}

std::string Presentable(std::string_view text, std::string_view key) {
  std::vector<bool> marked(text.size(), false);
  MarkKey(text, key, marked);
  MarkForeignKeys(text, marked);
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (marked[i]) {
      if (i == 0 || !marked[i - 1]) clean += kMask;
    } else {
      clean += static_cast<unsigned char>(text[i]) < ' ' || text[i] == '\x7F' ? ' ' : text[i];
    }
  }
  clean = std::string(Trim(clean));
  if (clean.size() > kFaultMessageBytesMax) {
    std::size_t end = kFaultMessageBytesMax;
    while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80) --end;
    clean = clean.substr(0, end) + "…";
  }
  return ReplaceInvalidUtf8(clean);
}

Fault HttpFault(const Dialect& dialect, int status, std::string_view body, std::string_view key) {
  const auto parsed = ParseJson(body, {.bytes_max = kErrorBodyBytesMax});
  const Json json = parsed && parsed->is_object() ? *parsed : Json();
  const std::string_view text = Trim(body);
  std::string message = json.is_object() ? MessageOf(json) : text.starts_with('<') ? "a page of HTML" : std::string(text);
  if (status < 400) message = "a redirect, which is not followed: correct the address";
  return {KindOf(dialect, status, json), status, std::nullopt, Presentable(fmt::format("HTTP {}: {}", status, message), key)};
}

bool IsErrorObject(const Json& chunk) {
  const auto error = chunk.find("error");
  if (error != chunk.end() && !error->is_null()) return true;
  return !chunk.contains("choices") && chunk.contains("code") && chunk.contains("message");
}

Fault ErrorObjectFault(const Dialect& dialect, const Json& chunk, std::string_view key) {
  const auto code = ErrorOf(chunk).find("code");
  const bool is_status = code != ErrorOf(chunk).end() && code->is_number_integer() && *code >= 400 && *code < 600;
  return {KindOf(dialect, is_status ? code->get<int>() : 500, chunk), 0, std::nullopt, Presentable(MessageOf(chunk), key)};
}

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
