#pragma once
// The page: hmi/dist, embedded into the program when it was built, or a page that says how to build it. There is no file system behind
// it, so no path can lead out of it.

#include <span>
#include <string_view>

namespace deepcabin::server {

struct StaticFile {
  std::string_view path;  // "/index.html", "/assets/app-1a2b.js"
  std::string_view bytes;
};

// What was embedded; made by embed_assets.cmake.
std::span<const StaticFile> EmbeddedFiles();

// Null when there is none; "/" is "/index.html". Exact match.
const StaticFile* FindStaticFile(std::string_view path);

// By the name's ending; "application/octet-stream" for an unknown one.
std::string_view ContentTypeOf(std::string_view path);

// Names under assets/ hold a hash of what they hold, so a browser may keep them for ever.
bool IsImmutable(std::string_view path);

// What the page may load and do; sent with every file.
extern const std::string_view kContentSecurityPolicy;

}  // namespace deepcabin::server
