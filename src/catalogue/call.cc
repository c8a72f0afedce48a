#include "catalogue/call.h"

#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace deepcabin {
namespace {

constexpr std::array<std::string_view, 8> kEscalations{"", "answer", "chat", "create", "clarify", "plan", "refuse", "cancel"};
constexpr std::array<std::string_view, 5> kWhenKinds{"if", "once", "at", "after", "before_arrival"};
constexpr std::size_t kTextBytesMax = 4096;

void PutValue(OrderedJson& json, const SpokenValue& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    if (*number == std::floor(*number) && std::abs(*number) < 1e15) json["value"] = static_cast<std::int64_t>(*number);
    else json["value"] = *number;
  } else if (const auto* word = std::get_if<std::string>(&value)) {
    json["value"] = *word;
  }
}

OrderedJson ConditionToJson(const Condition& c) {
  OrderedJson json = OrderedJson::object();
  if (!c.signal.empty()) json["signal"] = c.signal;
  if (!c.capability.empty()) json["capability"] = c.capability;
  if (c.zone != Zone::kWhole) json["zone"] = ZoneName(c.zone);
  if (!c.comparison.empty()) json["comparison"] = c.comparison;
  PutValue(json, c.value);
  if (!c.text.empty()) json["text"] = c.text;
  return json;
}

OrderedJson WhenToJson(const When& when) {
  OrderedJson json = {{"kind", kWhenKinds[static_cast<std::size_t>(when.kind)]}};
  switch (when.kind) {
    case WhenKind::kAfter:
    case WhenKind::kBeforeArrival: json["seconds"] = std::llround(when.seconds); break;
    case WhenKind::kAt:
      if (!when.time.empty()) json["time"] = when.time;
      if (!when.day.empty()) json["day"] = when.day;
      if (!when.repeat.empty()) json["repeat"] = when.repeat;
      break;
    case WhenKind::kIf:
    case WhenKind::kOnce: json["condition"] = ConditionToJson(when.condition); break;
  }
  return json;
}

// Reads the fields of one JSON object strictly; the first problem is kept.
class Fields {
 public:
  Fields(const Json& json, std::string_view what) : json_(json), what_(what) {
    if (!json.is_object()) Fail("is not an object");
  }
  std::string Text(const char* key) {
    const Json* field = Take(key);
    if (field == nullptr) return {};
    if (!field->is_string() || field->get_ref<const std::string&>().size() > kTextBytesMax) {
      Fail(fmt::format("has a `{}` that is not a short text", key));
      return {};
    }
    return field->get<std::string>();
  }
  std::optional<double> Number(const char* key) {
    const Json* field = Take(key);
    if (field == nullptr) return std::nullopt;
    if (!field->is_number() || !std::isfinite(field->get<double>())) {
      Fail(fmt::format("has a `{}` that is not a number", key));
      return std::nullopt;
    }
    return field->get<double>();
  }
  SpokenValue Spoken(const char* key) {
    const Json* field = ok() && json_.contains(key) ? &json_[key] : nullptr;
    if (field != nullptr && field->is_boolean()) {
      Take(key);
      return SpokenValue(std::string(field->get<bool>() ? "on" : "off"));
    }
    if (field != nullptr && field->is_number()) return SpokenValue(*Number(key));
    std::string text = Text(key);
    return text.empty() ? SpokenValue() : SpokenValue(std::move(text));
  }
  const Json* Take(const char* key) {
    if (!ok() || !json_.contains(key)) return nullptr;
    seen_.insert(key);
    return json_[key].is_null() ? nullptr : &json_[key];
  }
  void Fail(std::string reason) {
    if (error_.empty()) error_ = fmt::format("{} {}", what_, reason);
  }
  bool ok() const { return error_.empty(); }
  // Call last: a field that nobody asked for is a mistake too.
  Status Finish() {
    if (ok()) {
      for (const auto& [key, value] : json_.items()) {
        if (!seen_.contains(key)) Fail(fmt::format("has an unknown field `{:.40}`", key));
      }
    }
    if (ok()) return {};
    return InvalidArgument(error_);
  }

 private:
  const Json& json_;
  std::string what_, error_;
  std::set<std::string> seen_;
};

Result<Condition> ConditionFromJson(const Json& json) {
  Condition c;
  if (json.is_string()) {
    c.text = json.get<std::string>();
    return c;
  }
  Fields fields(json, "condition");
  c.signal = fields.Text("signal");
  c.capability = fields.Text("capability");
  c.comparison = fields.Text("comparison");
  c.text = fields.Text("text");
  c.value = fields.Spoken("value");
  if (const std::string zone = fields.Text("zone"); !zone.empty()) {
    if (const auto known = ParseZone(zone)) c.zone = *known;
    else fields.Fail(fmt::format("names an unknown zone `{:.40}`", zone));
  }
  DC_RETURN_IF_ERROR(fields.Finish());
  return c;
}

Result<When> WhenFromJson(const Json& json) {
  Fields fields(json, "when");
  When when;
  const std::string kind = fields.Text("kind");
  bool known = false;
  for (std::size_t i = 0; i < kWhenKinds.size(); ++i) {
    if (kWhenKinds[i] == kind) {
      when.kind = static_cast<WhenKind>(i);
      known = true;
    }
  }
  if (!known) fields.Fail(fmt::format("has an unknown kind `{:.40}`", kind));
  when.seconds = fields.Number("seconds").value_or(0);
  if (when.seconds < 0 || when.seconds > 366.0 * 86400) fields.Fail("lies more than a year ahead or in the past");
  when.time = fields.Text("time");
  when.day = fields.Text("day");
  when.repeat = fields.Text("repeat");
  if (const Json* condition = fields.Take("condition")) {
    DC_ASSIGN_OR_RETURN(when.condition, ConditionFromJson(*condition));
  }
  DC_RETURN_IF_ERROR(fields.Finish());
  return when;
}

}  // namespace

std::string_view EscalationName(Escalation escalation) { return kEscalations[static_cast<std::size_t>(escalation)]; }

std::optional<Escalation> ParseEscalation(std::string_view name) {
  for (std::size_t i = 1; i < kEscalations.size(); ++i) {
    if (kEscalations[i] == name) return static_cast<Escalation>(i);
  }
  return std::nullopt;
}

OrderedJson CallToJson(const Call& call, const Catalogue& catalogue) {
  const Capability& c = catalogue.capability(call.capability);
  OrderedJson json = {{"capability", c.name}};
  if (call.zone != Zone::kWhole) json["zone"] = ZoneName(call.zone);
  json["op"] = OpName(call.op);
  PutValue(json, call.value);
  if (!call.unit.empty()) json["unit"] = call.unit;
  if (!call.text.empty()) json["text"] = call.text;
  if (!call.to.empty()) json["to"] = call.to;
  if (call.for_seconds) json["for"] = *call.for_seconds;
  if (call.when) json["when"] = WhenToJson(*call.when);
  const auto interfaces = catalogue.Resolve(c, call.zone, Zone::kRow1Left);
  if (interfaces.size() == 1) {
    json["interface"] = catalogue.interface(interfaces.front()).path;
  } else {
    for (const InterfaceId id : interfaces) json["interfaces"].push_back(catalogue.interface(id).path);
  }
  return json;
}

OrderedJson FrameToJson(const Frame& frame, const Catalogue& catalogue) {
  OrderedJson json;
  json["calls"] = OrderedJson::array();
  for (const Call& call : frame.calls) json["calls"].push_back(CallToJson(call, catalogue));
  json["escalation"] = frame.escalation == Escalation::kNone ? OrderedJson(nullptr) : OrderedJson(EscalationName(frame.escalation));
  json["confidence"] = std::round(frame.confidence * 1000) / 1000;
  json["route"] = frame.route;
  return json;
}

Result<Call> CallFromJson(const Json& json, const Catalogue& catalogue) {
  Fields fields(json, "call");
  Call call;
  const std::string name = fields.Text("capability");
  if (const Capability* c = catalogue.FindCapability(name)) call.capability = c->id;
  else fields.Fail(fmt::format("names an unknown capability `{:.60}`", name));
  const std::string op_name = fields.Text("op");
  const auto op = ParseOp(op_name);
  if (op) call.op = *op;
  else fields.Fail(fmt::format("names an unknown op `{:.40}`", op_name));
  if (const std::string zone = fields.Text("zone"); !zone.empty()) {
    const auto known = ParseZone(zone);
    if (known) call.zone = *known;
    else fields.Fail(fmt::format("names an unknown zone `{:.40}`", zone));
    call.zone_spoken = true;
  }
  call.value = fields.Spoken("value");
  call.unit = fields.Text("unit");
  call.text = fields.Text("text");
  call.to = fields.Text("to");
  call.for_seconds = fields.Number("for");
  if (const Json* when = fields.Take("when")) {
    DC_ASSIGN_OR_RETURN(call.when, WhenFromJson(*when));
  }
  fields.Take("interface");  // follows from capability and zone
  fields.Take("interfaces");
  DC_RETURN_IF_ERROR(fields.Finish());
  return call;
}

}  // namespace deepcabin
