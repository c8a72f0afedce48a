#pragma once
// The car's sentences, Chinese and English, short. "Done" is said only of what was read back; every sentence is made of results, never of
// intentions.

#include <string>
#include <vector>

#include "agent/cockpit.h"
#include "safety/guard.h"
#include "understanding/missing.h"

namespace deepcabin::agent {

const std::string& In(const safety::Reason& reason, Language language);

// "主驾" / "the driver's"; empty for the whole car.
std::string ZoneLabel(Zone zone, Language language);
// The thing a call is about: "副驾座椅加热" / "passenger seat heating".
std::string ThingLabel(const Capability& capability, Zone zone, Language language);

std::string NotThere(const Capability& capability, Zone zone, Language language);
std::string NotConnected(const Capability& capability, Language language);
std::string CannotBe(const Capability& capability, const Call& call, const Error& error, Language language);
std::string Stuck(const Capability& capability, Zone zone, const std::optional<Value>& where, Language language);
std::string OnItsWay(Language language);
std::string TooMany(Language language);
std::string ConditionNotMet(Language language);
// What a large model hears of a service's answer.
std::string ToldTheDriver(Language language);
std::string NeedsRoute(Language language);
// What is put off to a moment.
std::string Planned(std::string_view moment, const Capability& capability, const Call& call, Language language);

// One sentence for one result; `values` are the read-back values of its interfaces (for what is done and for questions).
std::string Sentence(const CallResult& result, const Catalogue& catalogue, const std::vector<Value>& values, Language language);
// The question of an offer.
// "您是要打开副驾座椅加热吗？"
std::string GuessQuestion(const std::vector<CallResult>& results, const Catalogue& catalogue, Language language);
std::string Question(const std::vector<CallResult>& results, const Catalogue& catalogue, bool touch, Language language);
// Asks for what a call lacks.
std::string AskFor(const understanding::OpenCall& open, Language language);
// What is said when a sentence was not a command, or was not understood, and no large model is connected.
std::string EscalationReply(Escalation escalation, Language language);

// Of the slow path: why there is no answer and what still works, a turn that was stopped, a text that broke off, more than may be said at
// once, and what a model said to have done though nothing was done.
std::string NoAnswer(ErrorCode why, Language language);
std::string DidYouMean(const Capability& capability, Language language);
std::string Stopped(Language language);
std::string BrokenOff(Language language);
std::string AskToGoOn(Language language);
std::string NothingWasDone(Language language);
// A call that text from outside led to may not be put off to a later time.
std::string NotInForm(const std::vector<std::string>& findings, Language language);
std::string NotForLater(Language language);

// `hidden`: it is not shown to the driver now.
std::string Painted(bool done, bool hidden, Language language);
std::string NobodyPaints(Language language);
std::string NoneWaits(const Capability& capability, Language language);
// A routine whose time passed while the program did not run.
std::string Missed(std::string_view thing, std::string_view text, Language language);

std::string Undone(std::size_t count, bool refused, Language language);
std::string NothingToUndo(Language language);
std::string Declined(Language language);
std::string Acknowledged(Language language);
std::string OfferGone(Language language);

}  // namespace deepcabin::agent
