// Lines of the audit log, as a crash or a thief may have left them.

#include "base/json.h"
#include "fuzz/fuzz.h"
#include "safety/audit_file.h"

using namespace deepcabin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  static_cast<void>(safety::CheckAuditLine(text));
  const auto json = ParseJson(text);
  if (json && json->is_object() && !json->empty() && !json->contains("hash")) {
    const std::string sealed = safety::SealAuditLine(DumpJson(*json));
    fuzz::Promise(safety::CheckAuditLine(sealed).has_value(), "a sealed line checks");
  }
  return 0;
}
