#include "cli/dialogue.h"

#include <fmt/format.h>

namespace deepcabin::cli {

std::optional<Language> ParseLanguage(const std::string& name) {
  if (name == "zh") return Language::kChinese;
  if (name == "en") return Language::kEnglish;
  return std::nullopt;
}

std::optional<Result<std::string>> ReadLine(std::istream& in) {
  std::string line;
  bool too_long = false;
  bool any = false;
  for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    any = true;
    if (c == '\n') break;
    if (line.size() >= kLineBytesMax) too_long = true;
    else line.push_back(static_cast<char>(c));
  }
  if (!any) return std::nullopt;
  if (too_long) return ResourceExhausted(fmt::format("a line exceeds {} bytes", kLineBytesMax));
  return line;
}

Result<Dialogue> Dialogue::FromJson(const Json& json) {
  if (!json.is_object()) return InvalidArgument("a request is a JSON object");
  Dialogue dialogue;
  if (json.contains("id")) {
    dialogue.id_json = json["id"];
    if (!dialogue.id_json.is_string() && !dialogue.id_json.is_number()) return InvalidArgument("`id` is a text or a number");
    dialogue.id = dialogue.id_json.is_string() ? dialogue.id_json.get<std::string>() : DumpJson(dialogue.id_json);
  }
  const Json turns = json.contains("turns") ? json["turns"] : json.contains("text") ? Json::array({json["text"]}) : Json();
  if (!turns.is_array() || turns.empty() || turns.size() > kTurnsMax) {
    return InvalidArgument(fmt::format("`turns` is a list of 1 to {} texts", kTurnsMax));
  }
  for (const Json& turn : turns) {
    if (!turn.is_string()) return InvalidArgument("every turn is a text");
    dialogue.turns.push_back(turn.get<std::string>());
  }
  if (json.contains("speaker") && !json["speaker"].is_null()) {
    const auto zone = json["speaker"].is_string() ? ParseZone(json["speaker"].get<std::string>()) : std::nullopt;
    if (!zone || !IsSeat(*zone)) return InvalidArgument(fmt::format("unknown speaker zone {:.60}", DumpJson(json["speaker"])));
    dialogue.speaker = *zone;
  }
  if (json.contains("lang") && !json["lang"].is_null()) {
    const std::string name = json["lang"].is_string() ? json["lang"].get<std::string>() : "?";
    dialogue.language = ParseLanguage(name);
    if (!dialogue.language && name != "auto") return InvalidArgument(fmt::format("`lang` is zh, en or auto, not {:.20}", name));
  }
  if (json.contains("state") && !json["state"].is_null()) dialogue.state = json["state"];
  return dialogue;
}

Result<std::vector<agent::TurnResult>> RunDialogue(SimulatedCar& car, const Dialogue& dialogue) {
  car.StartOver();
  if (!dialogue.state.is_null()) DC_RETURN_IF_ERROR(car.SetState(dialogue.state));
  std::vector<agent::TurnResult> results;
  for (const std::string& text : dialogue.turns) {
    DC_ASSIGN_OR_RETURN(auto result, car.cockpit().Run({"", text, dialogue.speaker, dialogue.language, false}));
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace deepcabin::cli
