#include "base/yaml.h"

#include <atomic>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin {
namespace {

struct Document {
  const std::string* name;
  const std::string* text;
  YAML::Node root;
  std::string error;
};

void Parse(Document& document) {
  if (!IsValidUtf8(*document.text)) {
    document.error = fmt::format("{}:1: not UTF-8", *document.name);
    return;
  }
  try {
    document.root = YAML::Load(*document.text);
  } catch (const YAML::Exception& e) {
    document.error = fmt::format("{}:{}: {}", *document.name, e.mark.line + 1, e.msg);
  }
}

}  // namespace

Result<std::map<std::string, YAML::Node>> ParseYaml(const std::map<std::string, std::string>& files) {
  std::vector<Document> documents;
  for (const auto& [name, text] : files) documents.push_back({&name, &text, {}, {}});
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < documents.size(); i = next++) Parse(documents[i]);
  };
  {
    const std::jthread other(work);
    work();
  }
  std::map<std::string, YAML::Node> roots;
  for (Document& document : documents) {
    if (!document.error.empty()) return InvalidArgument(std::move(document.error));
    roots.emplace(*document.name, document.root);
  }
  return roots;
}

}  // namespace deepcabin
