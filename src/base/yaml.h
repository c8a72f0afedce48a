#pragma once
// YAML documents parsed side by side: the parser takes most of the time of a start, and files do not depend on one another.

#include <map>
#include <string>

#include <yaml-cpp/yaml.h>

#include "base/result.h"

namespace deepcabin {

// File name → text to file name → document, on two threads. kInvalidArgument "file:line: reason" for the first (by name) that is not YAML
// or not UTF-8.
Result<std::map<std::string, YAML::Node>> ParseYaml(const std::map<std::string, std::string>& files);

}  // namespace deepcabin
