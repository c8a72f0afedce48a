#pragma once
// The text of a PDF, by poppler's pdftotext.

#include <filesystem>
#include <string>

#include "base/result.h"

namespace deepcabin::manual {

// Every page ends with a form feed. kNotFound: no such file; kInvalidArgument: no PDF; kResourceExhausted: file, pages or text over the
// limits of book.h; kUnavailable: no pdftotext, or it gave up.
Result<std::string> PdfText(const std::filesystem::path& path);

}  // namespace deepcabin::manual
