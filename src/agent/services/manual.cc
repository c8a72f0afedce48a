#include "agent/services/manual.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "agent/speech.h"
#include "base/text.h"

namespace deepcabin::agent {
namespace {

constexpr std::size_t kPagesForTheModel = 3, kSectionBytesMax = 2'000;

// What may be a sign of danger is not left with "not found".
bool IsAboutALamp(std::string_view text) {
  constexpr std::array<std::string_view, 7> kWords{"灯", "警", "故障", "light", "lamp", "warning", "symbol"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return text.find(word) != text.npos; });
}

}  // namespace

ServiceAnswer ManualService::Run(const ServiceRequest& request) {
  const auto& [call, capability, speaker, language, said] = request;
  const bool zh = language == Language::kChinese;
  if (call.text.empty()) {
    return {.done = true,
            .said = zh ? fmt::format("手册有 {} 页，想知道什么可以直接问我", manual_.pages())
                       : fmt::format("The manual has {} pages; just ask me", manual_.pages())};
  }
  const auto answer = manual_.Ask(call.text);
  if (!answer) {
    ServiceAnswer none{.said = Either(language, "手册里没有找到这一条", "I did not find that in the manual")};
    if (IsAboutALamp(call.text))
      none.said += Either(language, "。红色的灯亮着就请在安全的地方停车，并联系服务",
                          ". If a red light is on, stop where it is safe and call service");
    return none;
  }
  const std::string title = WithoutMarkdown(answer->title), quote = WithoutMarkdown(answer->quote);
  const std::string comma = title.empty() ? "" : zh ? "，" : ", ";
  const std::string where = fmt::format("{} {}{}{}{}", zh ? "（手册第" : " (manual, page", answer->page, zh ? " 页" : "", comma, title);
  return {.done = true,
          .said = quote + where + (zh ? "）" : ")"),
          .card = {{"kind", "manual"}, {"title", title}, {"page", answer->page}, {"quote", quote}}};
}

manual::Synonyms SynonymsOf(const Catalogue& catalogue, std::string_view more) {
  manual::Synonyms groups;
  for (const Capability& capability : catalogue.capabilities()) {
    auto& group = groups.emplace_back(capability.names_zh);
    group.insert(group.end(), capability.names_en.begin(), capability.names_en.end());
  }
  for (const std::string_view line : Split(more, '\n')) {
    if (line.starts_with('#')) continue;
    auto& group = groups.emplace_back();
    for (const std::string_view word : Split(line, ',')) group.emplace_back(Trim(word));
  }
  return groups;
}

OutsideTool OwnersManual(const manual::Manual& manual) {
  OutsideTool tool;
  tool.name = "owners_manual";
  tool.description = "Looks up this car's manual; gives the text of the pages that fit best. Answer from it alone, and name the page.";
  tool.parameters = {{"type", "object"}, {"properties", {{"query", {{"type", "string"}}}}}, {"required", {"query"}}};
  tool.is_untrusted = !manual.is_all_shipped();
  tool.run = [&manual](const Json& arguments, const std::stop_token&) -> Result<std::string> {
    const auto query = arguments.find("query");
    if (query == arguments.end() || !query->is_string()) return InvalidArgument("`query` is missing");
    std::string out;
    for (const manual::Hit& hit : manual.Find(query->get_ref<const std::string&>(), kPagesForTheModel)) {
      const manual::Section& section = *hit.section;
      out += fmt::format("page {}: {} / {}\n{}\n", section.page, section.chapter, section.title,
                         ReplaceInvalidUtf8(std::string_view(section.text).substr(0, kSectionBytesMax)));
    }
    if (out.empty()) return NotFound("the manual says nothing about that");
    return out;
  };
  return tool;
}

}  // namespace deepcabin::agent
