#include "server/static_files.h"

#include <algorithm>
#include <array>
#include <utility>

namespace deepcabin::server {
namespace {

constexpr std::string_view kFallbackPage = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>DeepCabin</title></head>
<body><h1>DeepCabin is running</h1>
<p>The cockpit page was not built into this program. Run <code>./dev build</code>, which builds hmi/ first.</p>
<p>The API under /v1 works as it is.</p>
</body></html>
)";
constexpr StaticFile kFallback{"/index.html", kFallbackPage};

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kContentTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".json", "application/json; charset=utf-8"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
}};

}  // namespace

const std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; manifest-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const StaticFile* FindStaticFile(std::string_view path) {
  if (path == "/") path = "/index.html";
  const auto files = EmbeddedFiles();
  const auto it = std::find_if(files.begin(), files.end(), [&](const StaticFile& file) { return file.path == path; });
  if (it != files.end()) return &*it;
  return files.empty() && path == kFallback.path ? &kFallback : nullptr;
}

std::string_view ContentTypeOf(std::string_view path) {
  for (const auto& [ending, type] : kContentTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

bool IsImmutable(std::string_view path) { return path.starts_with("/assets/"); }

}  // namespace deepcabin::server
