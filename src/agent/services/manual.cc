#include "agent/services/manual.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace deepcabin::agent {
namespace {

constexpr std::size_t kPagesForTheModel = 3, kSectionBytesMax = 2'000;

// Of what people say besides the catalogue's names. "灯亮" says of no lamp which one; what matters is that it is one.
const manual::Synonyms& EverydayWords() {
  static const manual::Synonyms kWords = {{"雨刷", "雨刮", "雨刮器", "雨刷器"},
                                          {"后备箱", "后备厢", "尾箱", "行李厢", "尾门"},
                                          {"前机盖", "引擎盖", "机舱盖", "发动机盖", "前备箱", "前舱盖"},
                                          {"电瓶", "蓄电池", "12V电池", "12 V 蓄电池", "小电瓶", "低压电池"},
                                          {"动力电池", "高压电池", "电池包"},
                                          {"警告灯", "报警灯", "故障灯", "警示灯", "指示灯", "提示灯"},
                                          {"儿童座椅", "安全座椅", "宝宝座椅", "儿童安全座椅", "ISOFIX"},
                                          {"手刹", "驻车制动", "电子手刹", "停车制动"},
                                          {"刹车", "制动"},
                                          {"爆胎", "扎胎", "漏气", "补胎", "轮胎损坏"},
                                          {"玻璃水", "洗涤液", "清洗液", "风挡清洗液"},
                                          {"抛锚", "拖车", "牵引"},
                                          {"搭电", "跨接", "借电", "亏电", "没电"},
                                          {"双闪", "危险警告灯", "危险报警闪光灯"},
                                          {"HUD", "抬头显示"},
                                          {"没电", "电量耗尽", "亏电"},
                                          {"车机", "中控屏", "屏幕", "中央显示屏"},
                                          {"升级", "更新", "OTA"},
                                          {"保养", "维护"},
                                          {"trunk", "boot", "tailgate", "luggage compartment"},
                                          {"hood", "bonnet", "frunk"},
                                          {"tyre", "tire", "tyres", "tires"},
                                          {"flat tyre", "flat tire", "puncture"},
                                          {"warning light", "warning lamp", "telltale", "indicator light", "warning lights"},
                                          {"turn signal", "indicator", "blinker"},
                                          {"hazard lights", "hazards", "hazard warning lights"},
                                          {"parking brake", "handbrake", "hand brake", "emergency brake"},
                                          {"child seat", "car seat", "baby seat", "child restraint", "isofix"},
                                          {"jump start", "jumper cables", "dead battery", "flat battery"},
                                          {"washer fluid", "windscreen washer", "screen wash"},
                                          {"windscreen", "windshield"},
                                          {"aircon", "air conditioning", "climate control", "a/c"},
                                          {"tow", "towing", "tow hook", "towing eye"},
                                          {"update", "software update", "ota"}};
  return kWords;
}

std::string Where(const manual::Answer& answer, Language language) {
  const std::string title = answer.title.empty() ? "" : (language == Language::kChinese ? "，" : ", ") + answer.title;
  return language == Language::kChinese ? fmt::format("（手册第 {} 页{}）", answer.page, title)
                                        : fmt::format(" (manual, page {}{})", answer.page, title);
}

OrderedJson Card(const manual::Answer& answer) {
  return {{"kind", "manual"}, {"title", answer.title}, {"page", answer.page}, {"quote", answer.quote}};
}

// What may be a sign of danger is not left with "not found".
bool IsAboutALamp(std::string_view text) {
  constexpr std::array<std::string_view, 8> kWords{"灯", "警告", "报警", "故障", "light", "lamp", "warning", "symbol"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

ServiceAnswer ManualService::Run(const ServiceRequest& request) {
  const auto& [call, capability, speaker, language] = request;
  if (call.text.empty()) {
    const std::string said = language == Language::kChinese ? fmt::format("手册有 {} 页，想知道什么可以直接问我", manual_.pages())
                                                            : fmt::format("The manual has {} pages; just ask me", manual_.pages());
    return {.done = true, .said = said};
  }
  if (const auto answer = manual_.Ask(call.text))
    return {.done = true, .said = answer->quote + Where(*answer, language), .card = Card(*answer)};
  if (IsAboutALamp(call.text)) {
    return {.said = Either(language, "手册里没有找到这一条。红色的灯亮着请在安全的地方停车，并联系服务",
                           "I did not find that in the manual. If the light is red, stop where it is safe and call service")};
  }
  return {.said = Either(language, "手册里没有找到这一条", "I did not find that in the manual")};
}

manual::Synonyms SynonymsOf(const Catalogue& catalogue) {
  manual::Synonyms groups = EverydayWords();
  for (const Capability& capability : catalogue.capabilities()) {
    auto& group = groups.emplace_back(capability.names_zh);
    group.insert(group.end(), capability.names_en.begin(), capability.names_en.end());
  }
  return groups;
}

OutsideTool OwnersManual(const manual::Manual& manual) {
  OutsideTool tool;
  tool.name = "owners_manual";
  tool.description =
      "Looks up the owner's manual of this car; gives the text of the pages that fit best. Answer from it alone and name the page.";
  tool.parameters = {{"type", "object"}, {"properties", {{"query", {{"type", "string"}}}}}, {"required", {"query"}}};
  tool.is_untrusted = !manual.is_all_shipped();
  tool.run = [&manual](const Json& arguments, const std::stop_token&) -> Result<std::string> {
    const auto query = arguments.find("query");
    if (query == arguments.end() || !query->is_string()) return InvalidArgument("`query` is missing");
    std::string out;
    for (const manual::Hit& hit : manual.Find(query->get_ref<const std::string&>(), kPagesForTheModel)) {
      out += fmt::format("page {}: {} / {}\n{}\n", hit.section->page, hit.section->chapter, hit.section->title,
                         ReplaceInvalidUtf8(std::string_view(hit.section->text).substr(0, kSectionBytesMax)));
    }
    if (out.empty()) return NotFound("the manual says nothing about that");
    return out;
  };
  return tool;
}

}  // namespace deepcabin::agent
