// `deepcabin ask`: one utterance, or a line of JSON per request with --batch.

#include <iostream>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/dialogue.h"

namespace deepcabin::cli {
namespace {

OrderedJson ErrorJson(const Error& error) { return {{"code", ErrorCodeName(error.code)}, {"message", error.message}}; }

OrderedJson RunLine(SimulatedCar& car, const Catalogue& catalogue, const Result<std::string>& line, bool& bad) {
  OrderedJson out;
  const auto fail = [&](const Error& error) {
    bad = true;
    out["error"] = ErrorJson(error);
    return out;
  };
  if (!line) return fail(line.error());
  const auto json = ParseJson(*line, {.bytes_max = kLineBytesMax});
  if (!json) return fail(json.error());
  if (json->is_object() && json->contains("id")) out["id"] = (*json)["id"];
  const auto dialogue = Dialogue::FromJson(*json);
  if (!dialogue) return fail(dialogue.error());
  const auto results = RunDialogue(car, *dialogue);
  if (!results) return fail(results.error());
  out["turns"] = OrderedJson::array();
  for (const auto& result : *results) out["turns"].push_back(agent::TurnToJson(result, catalogue));
  return out;
}

int Batch(SimulatedCar& car, const Catalogue& catalogue) {
  bool bad = false;
  while (auto line = ReadLine(std::cin)) {
    if (*line && Trim(**line).empty()) continue;
    std::cout << DumpJson(RunLine(car, catalogue, *line, bad)) << '\n' << std::flush;
  }
  return bad ? kBadInput : kOk;
}

void PrintForPeople(const agent::TurnResult& result, const Catalogue& catalogue) {
  std::cout << result.reply << "\n";
  for (const auto& call : result.results) {
    const Capability& capability = catalogue.capability(call.call.capability);
    std::cout << fmt::format("  {:<10} {} {} {}{}{}\n", agent::OutcomeName(call.outcome), capability.name, ZoneName(call.call.zone),
                             OpName(call.call.op), call.reason.empty() ? "" : "  – " + call.reason,
                             call.rule.empty() ? "" : " [" + call.rule + "]");
  }
}

}  // namespace

int Ask(const std::filesystem::path& home, const AskOptions& options) {
  Json request = {{"turns", Json::array({options.text})}, {"speaker", options.speaker}, {"lang", options.language}};
  if (!options.state.empty()) {
    auto state = ParseJson(options.state);
    if (!state) return Complain({ErrorCode::kInvalidArgument, "--state: " + state.error().message});
    request["state"] = std::move(*state);
  }
  const auto dialogue = options.batch ? Result<Dialogue>(Dialogue{}) : Dialogue::FromJson(request);
  if (!dialogue) return Complain(dialogue.error());
  const auto knowledge = Knowledge::Load(home);
  if (!knowledge) return Complain(knowledge.error());
  const auto outside = LoadOutside(options.services, llm::SystemEnvironment);
  if (!outside) return Complain(outside.error());
  SimulatedCar car(**knowledge, nullptr, {}, &*outside);
  if (options.batch) return Batch(car, (*knowledge)->catalogue);
  const auto results = RunDialogue(car, *dialogue);
  if (!results) return Complain(results.error());
  if (options.json) std::cout << DumpJson(agent::TurnToJson(results->back(), (*knowledge)->catalogue)) << "\n";
  else PrintForPeople(results->back(), (*knowledge)->catalogue);
  return kOk;
}

}  // namespace deepcabin::cli
