// `deepcabin privacy log`: what left the car, newest last.

#include <iostream>

#include <fmt/format.h>

#include "cli/commands.h"
#include "llm/outbound_log.h"

namespace deepcabin::cli {

int PrivacyCommand(const PrivacyOptions& options) {
  const auto records = llm::OutboundLog::Read(options.directory, options.count);
  if (!records) return Complain(records.error());
  for (const Json& record : *records) {
    if (options.json) {
      std::cout << DumpJson(record) << "\n";
      continue;
    }
    std::string hidden;
    for (const auto& [kind, count] : record.value("replaced", Json::object()).items()) {
      hidden += fmt::format("{}{} {}", hidden.empty() ? "hidden: " : ", ", DumpJson(count), kind);
    }
    std::cout << fmt::format("{}  {}  {}  {} bytes{}  {}\n{}\n", record.value("time", ""), record.value("endpoint", ""),
                             record.value("task", ""), record.value("bytes", 0), record.value("in_clear", false) ? " in clear" : "", hidden,
                             record.value("text", ""));
  }
  return kOk;
}

}  // namespace deepcabin::cli
