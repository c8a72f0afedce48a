#include "understanding/place.h"

#include <algorithm>

namespace deepcabin::understanding {
namespace {

// The group word for exactly these zones, if there is one.
Zone GroupOf(ZoneSet wanted, ZoneSet placed) {
  for (const Zone group : {Zone::kFront, Zone::kRear, Zone::kLeft, Zone::kRight}) {
    if (ExpandZone(group, placed) == wanted) return group;
  }
  return Zone::kAll;
}

Zone OwnZone(const Capability& c, const Catalogue& catalogue, Zone speaker) {
  if (c.zones.empty() || c.shared) return Zone::kWhole;
  ZoneSet own;
  for (const InterfaceId id : catalogue.Resolve(c, Zone::kWhole, speaker)) own.Add(catalogue.interface(id).zone);
  if (own.size() != 1) return GroupOf(own, c.zones);
  Zone only = Zone::kAll;
  own.ForEach([&](Zone zone) { only = zone; });
  return only;
}

// "The other one": across the aisle, or at the other end.
Zone Mirror(Zone zone) {
  switch (zone) {
    case Zone::kRow1Left: return Zone::kRow1Right;
    case Zone::kRow1Right: return Zone::kRow1Left;
    case Zone::kRow2Left: return Zone::kRow2Right;
    case Zone::kRow2Right: return Zone::kRow2Left;
    case Zone::kRow3Left: return Zone::kRow3Right;
    case Zone::kRow3Right: return Zone::kRow3Left;
    case Zone::kFront: return Zone::kRear;
    case Zone::kRear: return Zone::kFront;
    case Zone::kLeft: return Zone::kRight;
    case Zone::kRight: return Zone::kLeft;
    default: return zone;
  }
}

Zone Named(const ZoneMention& mention, const Whereabouts& whereabouts) {
  switch (mention.kind) {
    case ZoneMention::Kind::kSpeaker: return whereabouts.speaker;
    case ZoneMention::Kind::kOther: return Mirror(whereabouts.last == Zone::kWhole ? whereabouts.speaker : whereabouts.last);
    case ZoneMention::Kind::kNamed: break;
  }
  return mention.zone;
}

// Everything the thing has but these, as few words as say it.
std::vector<Zone> AllBut(const ZoneMentions& mentions, const Capability& c, const Whereabouts& whereabouts) {
  ZoneSet out;
  for (const ZoneMention& mention : mentions) {
    if (mention.except) out = out | ExpandZone(Named(mention, whereabouts), c.zones);
  }
  ZoneSet rest;
  c.zones.ForEach([&](Zone zone) {
    if (!out.Has(zone)) rest.Add(zone);
  });
  const Zone group = GroupOf(rest, c.zones);
  if (group != Zone::kAll) return {group};
  std::vector<Zone> zones;
  rest.ForEach([&](Zone zone) { zones.push_back(zone); });
  return zones;
}

// 先去加油站再去公司: the way there leads by the first.
std::vector<Call> RouteBy(const Draft& route, const Catalogue& catalogue) {
  const Capability* stop = catalogue.FindCapability("navi.waypoint");
  Call last;
  last.capability = route.capability;
  last.op = route.op;
  last.text = route.text;
  if (stop == nullptr) return {last};
  Call by;
  by.capability = stop->id;
  by.op = Op::kSet;
  by.text = route.to;
  return {by, last};
}

}  // namespace

std::vector<Zone> PlacesOf(const ZoneMentions& mentions, const Capability& c, const Whereabouts& whereabouts) {
  if (std::any_of(mentions.begin(), mentions.end(), [](const ZoneMention& m) { return m.except; })) return AllBut(mentions, c, whereabouts);
  std::vector<Zone> zones;
  for (const ZoneMention& mention : mentions) {
    const Zone zone = Named(mention, whereabouts);
    if (std::find(zones.begin(), zones.end(), zone) == zones.end()) zones.push_back(zone);
  }
  return zones;
}

std::vector<Call> PlaceDraft(const Draft& draft, const Catalogue& catalogue, const Whereabouts& whereabouts) {
  const Capability& c = catalogue.capability(draft.capability);
  if (c.name == "navi.route" && !draft.to.empty() && !draft.text.empty()) return RouteBy(draft, catalogue);
  Call call;
  call.capability = draft.capability;
  call.op = draft.op;
  call.value = draft.value;
  call.unit = draft.unit;
  call.text = draft.text;
  call.to = draft.to;
  call.for_seconds = draft.for_seconds;
  const bool fact = c.ops == (1u << static_cast<unsigned>(Op::kQuery));  // tyre pressure: all of it, where no place is named
  if (draft.zones.empty() && fact) return {call};
  if (draft.zones.empty() || c.zones.empty()) {
    call.zone = OwnZone(c, catalogue, whereabouts.speaker);
    return {call};
  }
  std::vector<Call> calls;
  for (const Zone zone : PlacesOf(draft.zones, c, whereabouts)) {
    call.zone = zone;
    call.zone_spoken = true;
    calls.push_back(call);
  }
  return calls;
}

}  // namespace deepcabin::understanding
