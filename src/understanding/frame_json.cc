#include "understanding/frame_json.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace deepcabin::understanding {
namespace {

constexpr std::array<std::string_view, 5> kWhenKinds{"if", "once", "at", "after", "before_arrival"};
constexpr double kExactMax = 1e15;  // below it, whole numbers are written without a fraction

void AppendInteger(std::int64_t number, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

bool IsWhole(double number) { return number == std::floor(number) && std::abs(number) < kExactMax; }

// As a JSON library writes a floating number: 600.0
void AppendDouble(double number, std::string& out) {
  if (IsWhole(number)) {
    AppendInteger(static_cast<std::int64_t>(number), out);
    out += ".0";
    return;
  }
  std::array<char, 40> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void AppendText(std::string_view key, std::string_view text, std::string& out) {
  if (text.empty()) return;
  out += ",\"";
  out += key;
  out += "\":";
  AppendJsonString(text, out);
}

void AppendSpoken(const SpokenValue& value, std::string& out) {
  if (const auto* number = std::get_if<double>(&value)) {
    out += ",\"value\":";
    if (IsWhole(*number)) AppendInteger(static_cast<std::int64_t>(*number), out);
    else AppendDouble(*number, out);
  } else if (const auto* word = std::get_if<std::string>(&value)) {
    out += ",\"value\":";
    AppendJsonString(*word, out);
  }
}

void AppendCondition(const Condition& condition, std::string& out) {
  const std::size_t begin = out.size();
  AppendText("signal", condition.signal, out);
  AppendText("capability", condition.capability, out);
  if (condition.zone != Zone::kWhole) AppendText("zone", ZoneName(condition.zone), out);
  AppendText("comparison", condition.comparison, out);
  AppendSpoken(condition.value, out);
  AppendText("text", condition.text, out);
  if (out.size() > begin) out[begin] = '{';  // in place of the first comma
  else out += '{';
  out += '}';
}

void AppendWhen(const When& when, std::string& out) {
  out += ",\"when\":{\"kind\":";
  AppendJsonString(kWhenKinds[static_cast<std::size_t>(when.kind)], out);
  switch (when.kind) {
    case WhenKind::kAfter:
    case WhenKind::kBeforeArrival:
      out += ",\"seconds\":";
      AppendInteger(std::llround(when.seconds), out);
      break;
    case WhenKind::kAt:
      AppendText("time", when.time, out);
      AppendText("day", when.day, out);
      AppendText("repeat", when.repeat, out);
      break;
    case WhenKind::kIf:
    case WhenKind::kOnce:
      out += ",\"condition\":";
      AppendCondition(when.condition, out);
      break;
  }
  out += '}';
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  std::size_t plain = 0;  // begin of what needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += fmt::format("\\u{:04x}", byte);
    }
  }
  out += text.substr(plain);
  out += '"';
}

void AppendJsonValue(const Value& value, std::string& out) {
  if (const auto* flag = std::get_if<bool>(&value)) out += *flag ? "true" : "false";
  else if (const auto* integer = std::get_if<std::int64_t>(&value)) AppendInteger(*integer, out);
  else if (const auto* number = std::get_if<double>(&value)) AppendDouble(*number, out);
  else if (const auto* text = std::get_if<std::string>(&value)) AppendJsonString(*text, out);
  else out += ValueToJson(value).dump();
}

void AppendCallJson(const Call& call, const Catalogue& catalogue, std::string& out) {
  out += "{\"capability\":";
  AppendJsonString(catalogue.capability(call.capability).name, out);
  if (call.zone != Zone::kWhole) AppendText("zone", ZoneName(call.zone), out);
  AppendText("op", OpName(call.op), out);
  AppendSpoken(call.value, out);
  AppendText("unit", call.unit, out);
  AppendText("text", call.text, out);
  AppendText("to", call.to, out);
  if (call.for_seconds) {
    out += ",\"for\":";
    AppendDouble(*call.for_seconds, out);
  }
  if (call.when) AppendWhen(*call.when, out);
  out += '}';
}

void AppendCallsJson(std::span<const Call> calls, const Catalogue& catalogue, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i > 0) out += ',';
    AppendCallJson(calls[i], catalogue, out);
  }
  out += ']';
}

void AppendFrameJson(std::span<const Call> calls, Escalation escalation, const Catalogue& catalogue, std::string& out) {
  out += "{\"calls\":";
  AppendCallsJson(calls, catalogue, out);
  out += ",\"escalation\":";
  if (escalation == Escalation::kNone) out += "null";
  else AppendJsonString(EscalationName(escalation), out);
  out += '}';
}

}  // namespace deepcabin::understanding
