#include "agent/replies.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

namespace deepcabin::agent {
namespace {

bool Zh(Language language) { return language == Language::kChinese; }
std::string Pick(Language language, std::string_view zh, std::string_view en) { return std::string(Zh(language) ? zh : en); }

constexpr std::array<std::string_view, 13> kZonesZh{"主驾", "副驾", "左后", "后排中间", "右后", "第三排左侧", "第三排右侧", "前排",
                                                    "后排", "左侧", "右侧", "全车",     ""};
constexpr std::array<std::string_view, 13> kZonesEn{
    "driver's", "passenger's", "rear left", "rear middle", "rear right", "third row left", "third row right", "front", "rear", "left",
    "right",    "all",         ""};

const std::string& NameOf(const Capability& capability, Language language) {
  return Zh(language) ? capability.names_zh.front() : capability.names_en.front();
}

// All values alike, described once; unlike ones only as "different".
std::string Described(const Capability& capability, const std::vector<Value>& values, Language language) {
  std::set<std::string> texts;
  for (const Value& value : values) texts.insert(DescribeValue(capability, value, language));
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : Zh(language) ? "、" : ", ") + text;
  return out;
}

bool AllAlike(const std::vector<Value>& values) {
  return std::all_of(values.begin(), values.end(), [&](const Value& v) { return v == values.front(); });
}

enum class Opened : std::uint8_t { kClosed, kPartly, kFully };

// How far something that opens stands open; nothing where it does not open, or where several stand differently.
std::optional<Opened> OpenedOf(const Capability& capability, const std::vector<Value>& values) {
  const auto number = AsNumber(values.front());
  if (!capability.Can(Op::kOpen) || !capability.value.has_range || !number || !AllAlike(values)) return std::nullopt;
  const double closed = capability.value.off ? AsNumber(*capability.value.off).value_or(0) : capability.value.min;
  const double open = capability.value.on ? AsNumber(*capability.value.on).value_or(100) : capability.value.max;
  return *number == closed ? Opened::kClosed : *number == open ? Opened::kFully : Opened::kPartly;
}

std::string Done(const CallResult& result, const Capability& capability, const std::vector<Value>& values, Language language) {
  const std::string thing = ThingLabel(capability, result.call.zone, language);
  if (values.empty()) return Pick(language, thing + "好了", thing + " done");
  if (const auto opened = OpenedOf(capability, values)) {
    if (*opened == Opened::kClosed) return Zh(language) ? thing + "已关上" : fmt::format("The {} is closed", thing);
    if (*opened == Opened::kFully) return Zh(language) ? thing + "已打开" : fmt::format("The {} is open", thing);
    const std::string value = DescribeValue(capability, values.front(), language);
    return Zh(language) ? fmt::format("{}开到{}", thing, value) : fmt::format("The {} is at {}", thing, value);
  }
  const std::string value = Described(capability, values, language);
  if (std::holds_alternative<bool>(values.front()) && AllAlike(values)) {
    return Zh(language) ? fmt::format("{}已{}", thing, value) : fmt::format("The {} is {}", thing, value);
  }
  return Zh(language) ? fmt::format("{}已经是{}", thing, value) : fmt::format("The {} is at {}", thing, value);
}

std::string Told(const CallResult& result, const Capability& capability, const std::vector<Value>& values, Language language) {
  const std::string thing = ThingLabel(capability, result.call.zone, language);
  if (values.empty()) return Zh(language) ? fmt::format("{}现在没有读数", thing) : fmt::format("There is no reading of the {}", thing);
  const std::string value = Described(capability, values, language);
  if (const auto opened = OpenedOf(capability, values)) {
    if (*opened == Opened::kClosed) return Zh(language) ? thing + "关着" : fmt::format("The {} is closed", thing);
    if (*opened == Opened::kFully) return Zh(language) ? thing + "全开着" : fmt::format("The {} is fully open", thing);
    return Zh(language) ? fmt::format("{}开着{}", thing, value) : fmt::format("The {} is open, {}", thing, value);
  }
  const auto* is_on = std::get_if<bool>(&values.front());
  if (is_on != nullptr && AllAlike(values) && Zh(language))
    return thing + (!capability.states_zh.empty() ? "已" + value : *is_on ? "开着" : "关着");
  return Zh(language) ? fmt::format("{}现在是{}", thing, value) : fmt::format("The {} is {}", thing, value);
}

// Without its last mark: sentences are joined, and the whole gets one.
std::string_view Unended(std::string_view sentence) {
  for (const std::string_view mark : {"。", "."}) {
    if (sentence.ends_with(mark)) sentence.remove_suffix(mark.size());
  }
  return sentence;
}

}  // namespace

const std::string& In(const safety::Reason& reason, Language language) { return Zh(language) ? reason.zh : reason.en; }

std::string ZoneLabel(Zone zone, Language language) {
  return std::string((Zh(language) ? kZonesZh : kZonesEn)[static_cast<std::size_t>(zone)]);
}

std::string ThingLabel(const Capability& capability, Zone zone, Language language) {
  const std::string where = capability.zones.empty() ? "" : ZoneLabel(zone, language);
  return where.empty() ? NameOf(capability, language) : where + (Zh(language) ? "" : " ") + NameOf(capability, language);
}

std::string NotThere(const Capability& capability, Zone zone, Language language) {
  return Zh(language) ? fmt::format("{}没有{}", ZoneLabel(zone, language), NameOf(capability, language))
                      : fmt::format("there is no {} at {}", NameOf(capability, language), ZoneName(zone));
}

std::string NotConnected(const Capability& capability, Language language) {
  return Zh(language) ? fmt::format("{}还没有接入", NameOf(capability, language))
                      : fmt::format("{} is not connected yet", NameOf(capability, language));
}

std::string CannotBe(const Capability& capability, const Call& call, const Error& error, Language language) {
  const ValueSpec& v = capability.value;
  if (error.code == ErrorCode::kOutOfRange && v.has_range) {
    const bool levels = call.unit == "level" && v.levels > 0;
    const double low = levels ? v.first_level : v.min;
    const double high = levels ? v.levels : v.max;
    const std::string_view unit_zh = levels ? "档" : v.unit == "celsius" ? "度" : v.unit == "percent" ? "%" : "";
    const std::string_view unit_en = levels ? "" : v.unit == "celsius" ? " °C" : v.unit == "percent" ? "%" : "";
    return Zh(language) ? fmt::format("{}只能在{:g}到{:g}{}之间", NameOf(capability, language), low, high, unit_zh)
                        : fmt::format("the {} goes from {:g} to {:g}{}", NameOf(capability, language), low, high, unit_en);
  }
  if (error.code == ErrorCode::kFailedPrecondition) {
    return Zh(language) ? fmt::format("读不到{}现在的状态", NameOf(capability, language))
                        : fmt::format("the present state of the {} is not known", NameOf(capability, language));
  }
  return Zh(language) ? fmt::format("{}不能这样调", NameOf(capability, language))
                      : fmt::format("the {} cannot be set like that", NameOf(capability, language));
}

std::string Stuck(const Capability& capability, Zone zone, const std::optional<Value>& where, Language language) {
  const std::string thing = ThingLabel(capability, zone, language);
  if (!where) return Zh(language) ? fmt::format("{}没有回应", thing) : fmt::format("the {} does not answer", thing);
  const std::string value = DescribeValue(capability, *where, language);
  return Zh(language) ? fmt::format("{}没有到位，停在{}", thing, value)
                      : fmt::format("the {} did not get there, it stands at {}", thing, value);
}

std::string OnItsWay(Language language) { return Pick(language, "正在动作", "on its way"); }
std::string TooMany(Language language) { return Pick(language, "一次最多做八件事", "no more than eight things at once"); }
std::string ConditionNotMet(Language language) {
  return Pick(language, "条件现在不成立，没有动", "the condition does not hold now, so nothing was done");
}
std::string ToldTheDriver(Language language) { return Pick(language, "已经告诉驾驶员", "the driver was told"); }
std::string NeedsRoute(Language language) {
  return Pick(language, "现在没有导航，不知道什么时候到", "there is no route, so I cannot tell when we arrive");
}

std::string NotInForm(const std::vector<std::string>& findings, Language language) {
  const std::size_t count = findings.size();
  const std::string more = count < 2 ? "" : Zh(language) ? fmt::format("，共{}处", count) : fmt::format(", {} in all", count);
  return Zh(language) ? fmt::format("（格律还没全对：{}{}。）", findings.front(), more)
                      : fmt::format(" (Not all of its form holds: {}{}.)", findings.front(), more);
}

std::string Sentence(const CallResult& result, const Catalogue& catalogue, const std::vector<Value>& values, Language language) {
  const Capability& capability = catalogue.capability(result.call.capability);
  const std::string thing = ThingLabel(capability, result.call.zone, language);
  switch (result.outcome) {
    case Outcome::kDone:
      if ((capability.is_service() || !result.card.is_null() || result.call.op == Op::kQuery) && !result.reason.empty())
        return std::string(Unended(result.reason));
      if (result.call.op == Op::kQuery) return Told(result, capability, values, language);
      return Done(result, capability, values, language) + (result.reason.empty() ? "" : (Zh(language) ? "；" : "; ") + result.reason);
    case Outcome::kScheduled:
      if (!result.call.when)
        return Zh(language) ? fmt::format("{}{}", thing, result.reason) : fmt::format("The {} is {}", thing, result.reason);
      return Zh(language) ? fmt::format("记下了，{}", result.reason) : fmt::format("Noted: {}", result.reason);
    case Outcome::kConfirm: return {};
    case Outcome::kDenied:
      return Zh(language) ? fmt::format("{}没有动：{}", thing, result.reason)
                          : fmt::format("I left the {} alone: {}", thing, result.reason);
    case Outcome::kFailed:
      if (capability.skill == "navigation" || result.reason.ends_with('?')) return std::string(Unended(result.reason));
      return Zh(language) ? result.reason : fmt::format("Sorry, {}", result.reason);
  }
  return {};
}

std::string Question(const std::vector<CallResult>& results, const Catalogue& catalogue, bool touch, Language language) {
  std::string things;
  std::string reason;
  for (const CallResult& result : results) {
    if (result.outcome != Outcome::kConfirm) continue;
    const Capability& capability = catalogue.capability(result.call.capability);
    things += (things.empty() ? "" : Zh(language) ? "、" : ", ") + ThingLabel(capability, result.call.zone, language);
    // What is sent is read back before the yes.
    if (result.call.op == Op::kSend && !result.call.text.empty())
      things += Zh(language) ? fmt::format("给{}：“{}”", result.call.to, result.call.text)
                             : fmt::format(" to {}: \"{}\"", result.call.to, result.call.text);
    if (reason.empty()) reason = result.reason;
  }
  if (touch) return fmt::format("{}{}{}", things, Zh(language) ? "：" : ": ", reason);  // such a reason itself says to touch the screen
  return Zh(language) ? fmt::format("{}：{}，说“好”我就做", things, reason)
                      : fmt::format("{}: {}{} Say yes and I will do it.", things, reason, reason.ends_with('?') ? "" : ".");
}

namespace {

std::pair<std::string_view, std::string_view> VerbOf(Op op) {
  switch (op) {
    case Op::kOn: return {"打开", "switch on"};
    case Op::kOpen: return {"打开", "open"};
    case Op::kOff: return {"关掉", "switch off"};
    case Op::kClose: return {"关上", "close"};
    case Op::kSet: return {"调节", "set"};
    case Op::kIncrease: return {"调高", "turn up"};
    case Op::kDecrease: return {"调低", "turn down"};
    case Op::kStart: return {"开始", "start"};
    case Op::kStop: return {"停止", "stop"};
    case Op::kPlay: return {"播放", "play"};
    case Op::kPause: return {"暂停", "pause"};
    case Op::kNext: return {"切换下一个", "go on with"};
    case Op::kPrev: return {"切换上一个", "go back with"};
    case Op::kCall: return {"打电话：", "call:"};
    case Op::kSend: return {"发送", "send"};
    case Op::kSearch: return {"查找", "look for"};
    case Op::kCancel: return {"取消", "cancel"};
    case Op::kToggle: return {"切换", "switch"};
    default: return {"查看", "look at"};
  }
}

// The value that was spoken, for people; "" without one.
std::string SpokenText(const Call& call, Language language) {
  if (const auto* word = std::get_if<std::string>(&call.value)) {
    if (*word == "max") return Pick(language, "最大", "maximum");
    if (*word == "min") return Pick(language, "最小", "minimum");
    return *word;
  }
  const auto* number = std::get_if<double>(&call.value);
  if (number == nullptr) return "";
  const std::string unit = call.unit == "percent" ? "%"
                           : call.unit == "C"     ? "°C"
                           : call.unit == "level" ? Zh(language) ? "档" : ""
                                                  : call.unit;
  return ValueToString(Value(*number)) + unit;
}

// What is wanted: 关掉空调, "set temperature (24°C)".
std::string Wish(const Capability& capability, const Call& call, Language language) {
  std::string thing = ThingLabel(capability, call.zone, language);
  for (const std::string* text : {&call.to, &call.text}) {
    if (!text->empty()) thing += Zh(language) ? fmt::format("“{}”", *text) : fmt::format(" \"{}\"", *text);
  }
  const auto [zh, en] = VerbOf(call.op);
  std::string wish = Zh(language) ? fmt::format("{}{}", zh, thing) : fmt::format("{} {}", en, thing);
  const std::string value = SpokenText(call, language);
  if (value.empty()) return wish;
  return wish + (Zh(language) ? fmt::format("（{}）", value) : fmt::format(" ({})", value));
}

}  // namespace

std::string GuessQuestion(const std::vector<CallResult>& results, const Catalogue& catalogue, Language language) {
  std::string wishes;
  for (const CallResult& result : results) {
    wishes += wishes.empty() ? "" : Pick(language, "，", ", and ");
    wishes += Wish(catalogue.capability(result.call.capability), result.call, language);
  }
  return Zh(language) ? fmt::format("您是要{}吗？", wishes) : fmt::format("Do you want me to {}?", wishes);
}

std::string Planned(std::string_view moment, const Capability& capability, const Call& call, Language language) {
  if (!capability.is_service()) return fmt::format("{}{}{}", moment, Zh(language) ? "" : ": ", Wish(capability, call, language));
  if (!call.when) return Zh(language) ? fmt::format("{}响", moment) : fmt::format("set, {}", moment);  // after the name of the timer
  const bool is_alarm = capability.name == "timer" && call.when->kind == WhenKind::kAt;
  const std::string thing = is_alarm ? Pick(language, "闹钟", "alarm") : ThingLabel(capability, call.zone, language);
  return fmt::format("{} {}{}{}", moment, thing, call.text.empty() ? "" : " ", call.text);
}

std::string EscalationReply(Escalation escalation, Language language) {
  switch (escalation) {
    case Escalation::kAnswer:
      return Pick(language, "这个问题要大模型来答，现在还没有接上；车里的事可以直接吩咐我。",
                  "That needs a large model, and none is connected yet. Ask me anything about the car itself.");
    case Escalation::kChat:
      return Pick(language, "我在听。闲聊要接上大模型才行，车里的事现在就能做。",
                  "I'm listening. Small talk needs a large model, which is not connected yet; the car I can run right now.");
    case Escalation::kCreate:
      return Pick(language, "写东西要接上大模型才行，现在还没有。", "Writing needs a large model, and none is connected yet.");
    case Escalation::kClarify: return Pick(language, "没完全听明白，您想调哪一样？", "I did not quite get that. Which thing do you mean?");
    case Escalation::kPlan: return Pick(language, "行程规划还没有接上，可以先告诉我目的地。", "Trip planning is not connected yet.");
    case Escalation::kRefuse: return Pick(language, "这个我不能做。", "I can't do that.");
    case Escalation::kCancel: return Pick(language, "好的，不动了。", "All right, leaving it.");
    case Escalation::kNone: break;
  }
  return {};
}

std::string NoAnswer(ErrorCode why, Language language) {
  switch (why) {
    case ErrorCode::kPermissionDenied:
      return Pick(language, "按您的隐私设置，这句话不能发到车外去问；车里的事照样可以吩咐我。",
                  "Your privacy settings keep this from leaving the car. Anything about the car itself I can still do.");
    case ErrorCode::kResourceExhausted:
      return Pick(language, "今天给大模型的额度用完了，这个先答不了；车里的事照样可以吩咐我。",
                  "Today's budget for large models is used up. Anything about the car itself I can still do.");
    case ErrorCode::kDeadlineExceeded:
      return Pick(language, "想了太久还没有答案，我先停下；车里的事照样可以吩咐我。",
                  "That took too long, so I stopped. Anything about the car itself I can still do.");
    default:
      return Pick(language, "现在连不上大模型，这个先答不了；车里的事照样可以吩咐我。",
                  "No large model can be reached just now. Anything about the car itself I can still do.");
  }
}
std::string DidYouMean(const Capability& capability, Language language) {
  return Zh(language)
             ? fmt::format("没听准，您说的是{}吗？请再说一遍要怎么调。", NameOf(capability, language))
             : fmt::format("I'm not sure I got that. Is it about the {}? Please say again what you want.", NameOf(capability, language));
}
std::string Stopped(Language language) { return Pick(language, "好的，不说了。", "All right, I'll stop."); }
std::string BrokenOff(Language language) { return Pick(language, "（后面的断了）", " (The rest was cut off.)"); }
std::string AskToGoOn(Language language) { return Pick(language, "要接着听就说继续。", " Say go on for the rest."); }
std::string NothingWasDone(Language language) {
  return Pick(language, "这件事其实没有做，车里什么都没动。", "That was not actually done; nothing in the car has changed.");
}
std::string NotForLater(Language language) {
  return Pick(language, "外来内容提出的事不能定在以后，请您自己说一遍",
              "what text from outside suggests cannot be put off to later; please say it yourself");
}

std::string Undone(std::size_t count, bool refused, Language language) {
  if (count == 0) return Pick(language, "现在不能改回去。", "I can't change that back now.");
  if (refused) return Pick(language, "改回去了一部分，其余现在不能动。", "Some of it is back as it was; the rest must stay for now.");
  return Pick(language, "已经改回去了。", "It is back as it was.");
}
std::string Painted(bool done, bool hidden, Language language) {
  if (!done) return Zh(language) ? "没能画出来：画图的服务没有应答。" : "I could not paint it: the service does not answer.";
  if (hidden) return Zh(language) ? "画好了，停车后给您看。" : "It is painted; you will see it once we are parked.";
  return Zh(language) ? "画好了。" : "Here it is.";
}

std::string NobodyPaints(Language language) {
  return Zh(language) ? "画图要接上画图的服务才行，现在还没有。" : "Painting needs a service for pictures, and none is connected yet.";
}

std::string NoneWaits(const Capability& capability, Language language) {
  return Zh(language) ? fmt::format("现在没有{}", NameOf(capability, language))
                      : fmt::format("There is no {}", NameOf(capability, language));
}

std::string Missed(std::string_view thing, std::string_view text, Language language) {
  return Zh(language) ? fmt::format("刚才没开机，错过了{}{}{}。", thing, text.empty() ? "" : "：", text)
                      : fmt::format("I was off and missed the {}{}{}.", thing, text.empty() ? "" : ": ", text);
}

std::string AskFor(const understanding::OpenCall& open, Language language) {
  const bool zh = Zh(language);
  if (open.slot == CallSlot::kWhen) return zh ? "什么时候？" : "When?";
  if (open.slot == CallSlot::kTo) return zh ? "发给谁？" : "To whom?";
  if (open.call.op == Op::kCall) return zh ? "打给谁？" : "Whom shall I call?";
  if (open.call.to.empty()) return zh ? "要说什么？" : "What shall it say?";
  return zh ? fmt::format("要对{}说什么？", open.call.to) : fmt::format("What shall I say to {}?", open.call.to);
}

std::string NothingToUndo(Language language) { return Pick(language, "没有可以撤销的操作。", "There is nothing to undo."); }
std::string Declined(Language language) { return Pick(language, "好的，不动。", "All right, I'll leave it."); }
std::string Acknowledged(Language language) { return Pick(language, "好的。", "Okay."); }
std::string OfferGone(Language language) {
  return Pick(language, "刚才的确认已经失效，请再说一遍。", "That question has lapsed, please say it again.");
}

}  // namespace deepcabin::agent
