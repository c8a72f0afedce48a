#include "agent/slow_path.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "agent/replies.h"
#include "agent/speech.h"
#include "agent/tools.h"
#include "base/clock.h"
#include "base/text.h"

namespace deepcabin::agent {
namespace {

constexpr int kTokensMax = 1024, kPlanTokensMax = 2048;
constexpr std::size_t kSearchCount = 8, kStateCount = 5;
constexpr JsonLimits kArgumentLimits{.bytes_max = kToolArgumentsBytesMax, .depth_max = 8, .nodes_max = 200};

llm::Task TaskOf(Escalation kind) {
  switch (kind) {
    case Escalation::kCreate: return llm::Task::kCreative;
    case Escalation::kPlan: return llm::Task::kPlanning;
    case Escalation::kClarify: return llm::Task::kTools;
    default: return llm::Task::kQuestion;
  }
}

// Ends the model's work when the turn is cancelled or has taken too long.
class Deadline {
 public:
  Deadline(const std::stop_token& outer, std::chrono::milliseconds limit)
      : on_outer_(outer, [this] { source_.request_stop(); }), watch_([this, limit](const std::stop_token& done) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any wake;
          if (!wake.wait_for(lock, done, limit, [&] { return done.stop_requested(); })) source_.request_stop();
        }) {}
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::stop_callback<std::function<void()>> on_outer_;
  std::jthread watch_;
};

llm::Message MessageOf(llm::Role role, std::string content) {
  llm::Message message;
  message.role = role;
  message.content = std::move(content);
  return message;
}

std::string ErrorResult(std::string_view message) { return DumpJson(OrderedJson{{"error", ReplaceInvalidUtf8(message.substr(0, 400))}}); }

}  // namespace

// One turn's conversation. Runs once.
class SlowPath::Conversation final : private llm::ChatListener {
 public:
  Conversation(const SlowPath& path, const SlowTurn& turn, CallCarrier& carrier, const std::stop_token& stop)
      : parts_(path.parts_), path_(path), turn_(turn), carrier_(carrier), outer_stop_(stop), deadline_(stop, kThinkingTimeMax),
        speech_({.language = turn.language,
                 .length_max = parts_.actuator.State().motion == safety::Motion::kParked ? kSpokenParkedMax : kSpokenMovingMax,
                 .strict = turn.kind == Escalation::kCreate,
                 .say = [this](std::string_view piece) {
                   Emit("turn.piece", {{"piece", piece}});
                 }}) {}

  SlowAnswer Run();

 private:
  void Introduce();
  Result<llm::ChatReply> Ask(bool with_tools);
  void CallTools(const llm::ChatReply& reply);
  std::string UseTool(const llm::ToolCall& call);
  std::string CarCall(const Json& arguments);
  std::string FromOutside(const OutsideTool& tool, const Json& arguments);
  void Report(const llm::ChatReply& reply);
  bool IsToBeImproved(const llm::ChatReply& reply, bool is_last);
  void Conclude();
  void Excuse(const Error& error);
  void StartOver(std::string_view why);
  void Emit(std::string_view type, const OrderedJson& fields) const;

  void OnReasoning(std::string_view piece) override {
    if (answer_.reasoning.size() + piece.size() > kReasoningBytesMax) return;
    answer_.reasoning += piece;
    Emit("turn.reasoning", {{"piece", piece}});
  }
  void OnContent(std::string_view piece) override { speech_.Push(piece); }
  void OnRestart() override {
    answer_.reasoning.clear();
    StartOver("another endpoint took over");
  }
  bool IsCommitted() const override { return false; }  // nothing is spoken before the turn's reply

  bool zh() const { return turn_.language == Language::kChinese; }
  const Retrieval& retrieval() const { return *path_.retrieval_.get(); }

  const Cockpit::Parts& parts_;
  const SlowPath& path_;
  const SlowTurn& turn_;
  CallCarrier& carrier_;
  std::stop_token outer_stop_;
  Deadline deadline_;
  Speech speech_;
  llm::ChatRequest request_;
  SlowAnswer answer_;
  std::size_t tool_calls_ = 0;
  int works_ = 0;                      // written and checked
  std::vector<std::string> findings_;  // of the last one
  bool has_acted_ = false, was_asked_again_ = false;
};

void SlowPath::Conversation::Emit(std::string_view type, const OrderedJson& fields) const {
  if (!path_.sink_) return;
  OrderedJson event = {{"type", type}, {"session", turn_.session}, {"turn", turn_.turn}};
  event.update(fields);
  path_.sink_(event);
}

void SlowPath::Conversation::StartOver(std::string_view why) {
  if (!speech_.said().empty()) Emit("turn.restart", {{"reason", why}});
  speech_.Reset();
}

// What stays the same comes first: system prompt, tools, what was said before. What is of this moment comes last.
void SlowPath::Conversation::Introduce() {
  request_.task = TaskOf(turn_.kind);
  request_.privacy = llm::Privacy::kPersonal;
  request_.thinking = turn_.kind == Escalation::kPlan;
  request_.tokens_max = turn_.kind == Escalation::kPlan ? kPlanTokensMax : kTokensMax;
  request_.temperature = turn_.kind == Escalation::kCreate ? 0.8 : 0.3;
  request_.messages.push_back(MessageOf(llm::Role::kSystem, std::string(SystemPrompt(turn_.language))));
  for (const PastTurn& past : turn_.history) {
    request_.messages.push_back(MessageOf(llm::Role::kUser, past.said));
    request_.messages.push_back(MessageOf(llm::Role::kAssistant, past.answered));
    answer_.is_tainted = answer_.is_tainted || past.is_tainted;
  }
  Retrieval::Query query{turn_.text, turn_.history.empty() ? "" : turn_.history.back().said, turn_.hints, turn_.recent};
  const std::string cards = CapabilityCards(parts_.catalogue, retrieval().Find(query, kCardsCount));
  const std::string around = Surroundings(parts_.actuator.State(), parts_.clock, turn_.speaker, turn_.language);
  request_.messages.push_back(MessageOf(llm::Role::kUser, fmt::format("{}\n\n[{}{}capabilities:\n{}]", turn_.text,
                                                                      turn_.rules.empty() ? "" : turn_.rules + "\n", around, cards)));
}

SlowAnswer SlowPath::Conversation::Run() {
  Introduce();
  for (int round = 1; round <= kRoundsMax; ++round) {
    const bool is_last = round == kRoundsMax;
    auto reply = Ask(!is_last);
    if (!reply) {
      Excuse(reply.error());
      return std::move(answer_);
    }
    Report(*reply);
    speech_.Finish();
    if (!reply->message.tool_calls.empty() && !is_last) {
      StartOver("tools were called");
      CallTools(*reply);
      if (outer_stop_.stop_requested()) break;
      continue;
    }
    // It says that something was done, and nothing was: it may say so again, truly.
    if (speech_.claimed() && !has_acted_ && !was_asked_again_ && !is_last) {
      was_asked_again_ = true;
      request_.messages.push_back(MessageOf(llm::Role::kAssistant, reply->message.content.substr(0, kHistoryTextBytesMax)));
      request_.messages.push_back(MessageOf(
          llm::Role::kUser, zh()
                                ? "（车：你没有调用任何工具，车里什么都没有变。要做就调用 car_call；做不了就照实说。）"
                                : "(The car: you called no tool, nothing has changed. Call car_call, or say truly that it was not done.)"));
      StartOver("it claimed what was not done");
      continue;
    }
    if (IsToBeImproved(*reply, is_last)) continue;
    break;
  }
  Conclude();
  return std::move(answer_);
}

// A work of a strict form goes back with what does not hold, a few times.
bool SlowPath::Conversation::IsToBeImproved(const llm::ChatReply& reply, bool is_last) {
  if (!turn_.check || !reply.message.tool_calls.empty()) return false;
  findings_ = turn_.check(speech_.written());
  if (findings_.empty() || is_last || ++works_ >= kWorkTriesMax || outer_stop_.stop_requested()) return false;
  std::string found;
  for (const std::string& finding : findings_) found += "- " + finding + "\n";
  request_.messages.push_back(MessageOf(llm::Role::kAssistant, reply.message.content.substr(0, kHistoryTextBytesMax)));
  request_.messages.push_back(MessageOf(llm::Role::kUser, fmt::format("（车：这些还不合格律：\n{}请改好，只写改好的全文。）", found)));
  StartOver("the form does not hold");
  return true;
}

Result<llm::ChatReply> SlowPath::Conversation::Ask(bool with_tools) {
  request_.tools = with_tools ? path_.tools_ : std::vector<llm::Tool>();
  if (deadline_.token().stop_requested()) return FailedPrecondition("cancelled");
  const Stopwatch asking;
  auto reply = parts_.chat->Chat(request_, *this, deadline_.token());
  answer_.endpoint_ms += asking.ElapsedMs();
  if (reply && !IsValidUtf8(reply->message.content)) reply->message.content = ReplaceInvalidUtf8(reply->message.content);
  // An endpoint that does not stream, or a listener that missed a piece: the whole counts.
  if (reply && speech_.written().empty()) speech_.Push(reply->message.content);
  if (reply && answer_.reasoning.empty()) answer_.reasoning = reply->message.reasoning.substr(0, kReasoningBytesMax);
  return reply;
}

void SlowPath::Conversation::Report(const llm::ChatReply& reply) {
  answer_.endpoint = reply.endpoint.empty() ? "?" : reply.endpoint;
  Emit("turn.endpoint", {{"endpoint", answer_.endpoint},
                         {"model", reply.model},
                         {"cost", reply.cost},
                         {"tokens",
                          {{"input", reply.usage.input_tokens},
                           {"cached", reply.usage.cached_tokens},
                           {"output", reply.usage.output_tokens},
                           {"reasoning", reply.usage.reasoning_tokens}}},
                         {"first_token_ms", reply.first_token_ms},
                         {"tries", reply.tries}});
}

// Carries out what a reply asks for, in order. Of two calls with one id the second is none: nobody could tell their results apart.
void SlowPath::Conversation::CallTools(const llm::ChatReply& reply) {
  llm::Message said = MessageOf(llm::Role::kAssistant, reply.message.content);
  said.reasoning = reply.message.reasoning;
  std::vector<llm::Message> results;
  std::set<std::string> ids;
  for (llm::ToolCall call : reply.message.tool_calls) {
    if (said.tool_calls.size() >= 2 * kToolCallsMax) break;
    if (call.id.empty()) call.id = fmt::format("call-{}", request_.messages.size() + said.tool_calls.size());
    if (call.id.size() > 128 || !ids.insert(call.id).second) continue;
    llm::Message result = MessageOf(llm::Role::kTool, "");
    result.tool_call_id = call.id;
    if (tool_calls_ >= kToolCallsMax) result.content = ErrorResult(fmt::format("no more than {} calls in a turn", kToolCallsMax));
    else if (deadline_.token().stop_requested()) result.content = ErrorResult("the turn was cancelled");
    else result.content = UseTool(call);
    if (result.content.size() > kToolResultBytesMax) result.content = ReplaceInvalidUtf8(result.content.substr(0, kToolResultBytesMax));
    ++tool_calls_;
    if (call.arguments.size() > kToolArgumentsBytesMax) call.arguments = "{}";  // not sent back in full
    said.tool_calls.push_back(std::move(call));
    results.push_back(std::move(result));
  }
  request_.messages.push_back(std::move(said));
  for (llm::Message& result : results) request_.messages.push_back(std::move(result));
}

std::string SlowPath::Conversation::UseTool(const llm::ToolCall& call) {
  const auto arguments = ParseJson(call.arguments.empty() ? "{}" : std::string_view(call.arguments), kArgumentLimits);
  if (!arguments) return ErrorResult(fmt::format("the arguments cannot be read: {}", arguments.error().message));
  if (!arguments->is_object()) return ErrorResult("the arguments are not an object");
  if (call.name == kCallTool) return CarCall(*arguments);
  if (call.name == kSearchTool || call.name == kStateTool) {
    if (!arguments->contains("query") || !(*arguments)["query"].is_string()) return ErrorResult("`query` is missing");
    const auto& words = (*arguments)["query"].get_ref<const std::string&>();
    const Capability* exact = parts_.catalogue.FindCapability(words);
    auto found = retrieval().Find({words, "", exact != nullptr ? std::vector{exact->id} : std::vector<CapabilityId>(), {}},
                                  call.name == kSearchTool ? kSearchCount : kStateCount);
    if (call.name == kSearchTool) return found.empty() ? ErrorResult("nothing of that kind") : CapabilityCards(parts_.catalogue, found);
    if (exact != nullptr) found = {exact->id};
    StateText state = ReadState(parts_.catalogue, parts_.signals, found, turn_.language);
    answer_.is_tainted = answer_.is_tainted || state.is_untrusted;
    return state.text;
  }
  for (const OutsideTool& tool : parts_.outside_tools) {
    if (tool.name == call.name) return FromOutside(tool, *arguments);
  }
  return ErrorResult(fmt::format("there is no tool \"{:.60}\"", call.name));
}

std::string SlowPath::Conversation::FromOutside(const OutsideTool& tool, const Json& arguments) {
  const auto text = tool.run(arguments, deadline_.token());
  // An error message may carry words of the outside just as well.
  if (tool.is_untrusted) answer_.is_tainted = true;
  return AsData(tool.name, text ? *text : "error: " + text.error().message);
}

std::string SlowPath::Conversation::CarCall(const Json& arguments) {
  const auto call = CallFromJson(arguments, parts_.catalogue);
  if (!call) {
    std::string known;
    if (arguments.contains("capability") && arguments["capability"].is_string()) {
      const auto near = retrieval().Find({arguments["capability"].get<std::string>(), turn_.text, {}, {}}, 4);
      if (parts_.catalogue.FindCapability(arguments["capability"].get<std::string>()) == nullptr)
        known = CapabilityCards(parts_.catalogue, near);
    }
    return ErrorResult(call.error().message) + (known.empty() ? "" : "\n" + known);
  }
  const Capability& capability = parts_.catalogue.capability(call->capability);
  if (!capability.Can(call->op)) {
    return ErrorResult(fmt::format("{} cannot {}", capability.name, OpName(call->op))) + "\n" + CapabilityCard(capability);
  }
  if (call->op == Op::kQuery && !capability.is_service()) {
    StateText state = ReadState(parts_.catalogue, parts_.signals, {capability.id}, turn_.language);
    answer_.is_tainted = answer_.is_tainted || state.is_untrusted;
    return state.text;
  }
  const auto origin = answer_.is_tainted ? safety::Origin::kUntrusted : safety::Origin::kModel;
  const Execution execution = carrier_.Carry(*call, origin);
  const CallResult& result = execution.result;
  has_acted_ = has_acted_ || result.outcome == Outcome::kDone || result.outcome == Outcome::kScheduled;
  OrderedJson json = {{"outcome", result.outcome == Outcome::kConfirm ? "needs_yes" : OutcomeName(result.outcome)}};
  if (!result.reason.empty()) json["reason"] = result.reason;
  if (std::string told = carrier_.Tell(execution); !told.empty()) json["receipt"] = std::move(told);
  return DumpJson(json);
}

// The reply is what may be said of what was written; what was done the turn says itself.
void SlowPath::Conversation::Conclude() {
  answer_.reply = speech_.said();
  answer_.written = speech_.claimed() ? speech_.said() : speech_.written();
  if (outer_stop_.stop_requested()) {
    answer_.was_cancelled = true;
    if (answer_.reply.empty()) answer_.reply = Stopped(turn_.language);
    return;
  }
  if (speech_.claimed() && !has_acted_) answer_.reply = NothingWasDone(turn_.language);
  else if (answer_.reply.empty() && tool_calls_ == 0) answer_.reply = NoAnswer(ErrorCode::kUnavailable, turn_.language);
  else if (speech_.cut() && parts_.actuator.State().motion != safety::Motion::kParked) answer_.reply += AskToGoOn(turn_.language);
  if (!findings_.empty() && !answer_.reply.empty()) answer_.reply += NotInForm(findings_, turn_.language);
}

// No model answered. What it said before it broke off may stand; then an honest word on what still works.
void SlowPath::Conversation::Excuse(const Error& error) {
  speech_.Finish();
  answer_.written = answer_.reply = speech_.said();
  if (outer_stop_.stop_requested()) {
    answer_.was_cancelled = true;
    answer_.reply = Stopped(turn_.language);
  } else if (!answer_.reply.empty()) {
    answer_.reply += BrokenOff(turn_.language);
  } else if (turn_.kind == Escalation::kClarify && !turn_.hints.empty()) {
    answer_.reply = DidYouMean(parts_.catalogue.capability(turn_.hints.front()), turn_.language);
  } else if (turn_.kind == Escalation::kClarify) {
    answer_.reply = EscalationReply(Escalation::kClarify, turn_.language);
  } else {
    const bool too_slow = deadline_.token().stop_requested();
    answer_.reply = NoAnswer(too_slow ? ErrorCode::kDeadlineExceeded : error.code, turn_.language);
  }
}

SlowPath::SlowPath(const Cockpit::Parts& parts, const EventSink& sink)
    : parts_(parts), sink_(sink), tools_(ModelTools(parts.outside_tools)),
      retrieval_(std::async(std::launch::async, [&parts]() -> std::shared_ptr<const Retrieval> {
                   return std::make_shared<const Retrieval>(parts.catalogue, parts.phrasebook);
                 }).share()) {}

SlowAnswer SlowPath::Run(const SlowTurn& turn, CallCarrier& carrier, const std::stop_token& stop) const {
  return Conversation(*this, turn, carrier, stop).Run();
}

}  // namespace deepcabin::agent
