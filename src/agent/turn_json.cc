// A turn as JSON: design §4.3, the form that the command line, the API and the tests share.

#include <cmath>

#include "agent/cockpit.h"

namespace deepcabin::agent {
namespace {

double Rounded(double milliseconds) { return std::round(milliseconds * 1000) / 1000; }

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDone: return "done";
    case Outcome::kConfirm: return "confirm";
    case Outcome::kDenied: return "denied";
    case Outcome::kFailed: return "failed";
    case Outcome::kScheduled: return "scheduled";
  }
  return "failed";
}

OrderedJson CallResultToJson(const CallResult& result, const Catalogue& catalogue) {
  OrderedJson call = CallToJson(result.call, catalogue);
  call["outcome"] = OutcomeName(result.outcome);
  call["reason"] = result.reason;
  if (!result.rule.empty()) call["rule"] = result.rule;
  if (!result.card.is_null()) call["card"] = result.card;
  return call;
}

OrderedJson TimesToJson(const StageTimes& times) {
  return {{"normalise", Rounded(times.normalise_ms)}, {"phrasebook", Rounded(times.phrasebook_ms)}, {"student", Rounded(times.student_ms)},
          {"endpoint", Rounded(times.endpoint_ms)},   {"guard", Rounded(times.guard_ms)},           {"vehicle", Rounded(times.vehicle_ms)},
          {"total", Rounded(times.total_ms)}};
}

OrderedJson TurnToJson(const TurnResult& turn, const Catalogue& catalogue) {
  OrderedJson json = FrameToJson(turn.frame, catalogue);
  for (std::size_t i = 0; i < turn.results.size() && i < json["calls"].size(); ++i) {
    json["calls"][i] = CallResultToJson(turn.results[i], catalogue);
  }
  json["reply"] = turn.reply;
  if (!turn.card.is_null()) json["card"] = turn.card;
  json["reasoning"] = turn.reasoning;
  json["latency_ms"] = TimesToJson(turn.times);
  return json;
}

}  // namespace deepcabin::agent
