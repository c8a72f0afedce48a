#include "understanding/missing.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "understanding/numbers.h"

namespace deepcabin::understanding {
namespace {

// What comes before the words themselves: "就说我晚点到", "tell him I'll be late".
constexpr std::array<std::u32string_view, 20> kLeads{
    U"告诉他", U"告诉她",    U"跟他说",    U"跟她说",     U"你就说",    U"就说", U"内容是",  U"说",    U"发给", U"打给",
    U"给",     U"tell him ", U"tell her ", U"tell them ", U"just say ", U"say ", U"saying ", U"that ", U"to ",  U"call "};

std::string Words(const Normalised& said) {
  std::size_t begin = 0, end = said.text.size();
  const auto is_mark = [&](std::size_t at) { return said.text[at] == U' ' || said.text[at] == U',' || said.text[at] == U'.'; };
  for (bool again = true; again;) {
    again = false;
    while (begin < end && is_mark(begin)) ++begin;
    for (const std::u32string_view lead : kLeads) {
      if (end - begin <= lead.size() || said.text.compare(begin, lead.size(), lead) != 0) continue;
      begin += lead.size();
      again = lead.size() > 1 && begin < end && is_mark(begin);
      break;
    }
  }
  while (end > begin && is_mark(end - 1)) --end;
  return said.Original(begin, end);
}

// The first time that is spoken of, be it a point or how long from now.
std::optional<When> TimeIn(const Normalised& said) {
  for (std::size_t at = 0; at < said.text.size(); ++at) {
    if (auto read = ReadWhen(said.text, at)) return std::move(read->when);
    if (const auto span = ReadDuration(said.text, at)) {
      When when;
      when.seconds = span->seconds;
      return when;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<CallSlot> MissingSlot(const Call& call, const Catalogue& catalogue) {
  const auto& needs = catalogue.capability(call.capability).needs;
  const auto slots = needs.find(call.op);
  if (slots == needs.end()) return std::nullopt;
  const auto missing = std::find_if(slots->second.begin(), slots->second.end(), [&](CallSlot slot) {
    switch (slot) {
      case CallSlot::kText: return call.text.empty();
      case CallSlot::kTo: return call.to.empty();
      case CallSlot::kWhen: return !call.when && !call.for_seconds;
    }
    return false;
  });
  return missing != slots->second.end() ? std::optional(*missing) : std::nullopt;
}

std::optional<Call> Filled(const OpenCall& open, const Normalised& said) {
  Call call = open.call;
  if (open.slot == CallSlot::kWhen) {
    call.when = TimeIn(said);
    return call.when ? std::optional(std::move(call)) : std::nullopt;
  }
  std::string& slot = open.slot == CallSlot::kText ? call.text : call.to;
  slot = Words(said);
  return slot.empty() ? std::nullopt : std::optional(std::move(call));
}

}  // namespace deepcabin::understanding
