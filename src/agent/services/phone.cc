#include "agent/services/phone.h"

#include <algorithm>
#include <array>

#include "agent/services/say.h"
#include "base/text.h"
#include "skills/map/names.h"

namespace deepcabin::agent {
namespace {

using phone::Action;
using phone::CallState;
using phone::Contact;
using phone::PastCall;

constexpr std::size_t kDigitsMin = 3, kDigitsMax = 20, kToldMax = 3, kToldCharactersMax = 120;

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

const std::string& NameOf(const PastCall& call) { return call.name.empty() ? call.number : call.name; }

class PhoneService final : public Service {
 public:
  PhoneService(const CarAccess& car, phone::Handset& handset) : car_(car), handset_(handset) {}

  bool Handles(const ServiceRequest& request) const override {
    constexpr std::array<std::string_view, 7> kOurs{
        "phone.call", "phone.redial", "phone.message", "phone.call_log", "phone.quick_reply", "phone.favourite_contact", "phone.emergency"};
    return std::find(kOurs.begin(), kOurs.end(), request.capability.name) != kOurs.end();
  }

  bool Knows(const ServiceRequest& request) const override { return !Find(request.call, handset_.Look()).name.empty(); }

  // Nobody is asked for a yes to a message without words, or to one for nobody.
  std::optional<ServiceAnswer> Missing(const ServiceRequest& request) override {
    const auto& [call, capability, speaker, language, said] = request;
    if (capability.name != "phone.message" || call.op != Op::kSend) return std::nullopt;
    if (call.to.empty()) return NotDone(language, "发给谁，说什么？", "Who is it for, and what shall it say?");
    if (Find(call, handset_.Look()).number.empty()) return WhichOne(call.to, language);
    if (skills::CleanName(call.text).empty()) return NotDone(language, "给{}说什么？", "What shall I tell {}?", skills::CleanName(call.to));
    return std::nullopt;
  }

  ServiceAnswer Run(const ServiceRequest& request) override {
    const auto& [call, capability, speaker, language, said] = request;
    const std::string& name = capability.name;
    constexpr std::array<std::string_view, 7> kHelp{"110", "112", "119", "120", "122", "911", "999"};
    const bool wants_help = call.op == Op::kCall && std::find(kHelp.begin(), kHelp.end(), Find(call, {}).number) != kHelp.end();
    if (name == "phone.emergency" || wants_help)
      return NotDone(language, "这里的手机是模拟的，打不通，请马上用您的手机拨打120或122",
                     "the telephone here is simulated and reaches nobody. Call the emergency number from your own phone now");
    // A question passes the guard from every seat; what it would tell is the driver's.
    if (call.op == Op::kQuery && speaker != Zone::kRow1Left)
      return NotDone(language, "通话和消息只告诉主驾", "calls and messages are for the driver only");
    // The car may know that it rings before the handset tells who it is; where a call is on already this changes nothing.
    if (car_.Number("Vehicle.DeepCabin.Phone.IsRinging").value_or(0) > 0)
      static_cast<void>(handset_.Do(Action::kRing, {"", Either(language, "未知号码", "an unknown number"), ""}, {}));
    ServiceAnswer answer;
    if (call.op == Op::kCall) answer = Dial(request);
    else if (name == "phone.call") answer = Control(call.op, language);
    else if (call.op == Op::kSend) answer = Send(request);
    else if (name == "phone.message") answer = Read(call.op == Op::kPlay, language);
    else answer = Log(Has(call.text, "未接") || Has(call.text, "missed"), language);
    Mirror();
    return answer;
  }

 private:
  // Whom a call means; the name is empty for a bare number, the number where nobody or more than one fits.
  static PastCall Find(const Call& call, const phone::Content& content) {
    const std::string& text = call.to.empty() ? call.text : call.to;
    std::string digits = text;
    std::erase_if(digits, [](char c) { return c < '0' || c > '9'; });
    if (digits.size() >= kDigitsMin && digits.size() <= kDigitsMax) return {"", digits, ""};
    // "No, text her": who is being called. Who was called before may be somebody else than is meant.
    if (content.state != CallState::kIdle && !text.empty() && Has("|他|她|他们|她们|him|her|them|", fmt::format("|{}|", text)))
      return content.other;
    constexpr std::array<std::pair<std::string_view, std::string Contact::*>, 4> kPlaces{
        {{"", nullptr}, {"手机|'s mobile", &Contact::mobile}, {"公司|单位|'s work", &Contact::work}, {"家里|家|'s home", &Contact::home}}};
    for (const auto& [words, number] : kPlaces) {
      for (const std::string_view word : Split(words, '|')) {
        if (!Has(text, word)) continue;
        const auto found = phone::FindContacts(content.contacts, word.empty() ? text : ReplaceAll(text, word, ""));
        if (found.size() == 1) return {found[0].name, number != nullptr ? found[0].*number : found[0].Number(), ""};
        if (!found.empty()) return {};
      }
    }
    return {};
  }

  ServiceAnswer WhichOne(std::string_view text, Language language) const {
    const std::string name = skills::CleanName(text);
    if (name.empty()) return NotDone(language, "要联系谁？", "Who shall it be?");
    const auto found = phone::FindContacts(handset_.Look().contacts, text);
    if (found.size() < 2) return NotDone(language, "通讯录里没有{}的这个号码", "there is no such number of {}", name);
    std::string names;
    OrderedJson rows = OrderedJson::array();
    for (const Contact& contact : found) {
      if (rows.size() < kToldMax) names += (names.empty() ? "" : Either(language, "、", ", ")) + contact.name;
      rows.push_back({{"name", contact.name}, {"number", contact.Number()}});
    }
    ServiceAnswer answer = NotDone(language, "有{}位：{}，请说全名", "there are {}: {}. Please say the full name", found.size(), names);
    answer.card = {{"kind", "contacts"}, {"contacts", rows}};
    return answer;
  }

  ServiceAnswer Dial(const ServiceRequest& request) {
    const Language language = request.language;
    const phone::Content content = handset_.Look();
    PastCall to = Find(request.call, content);
    if (request.capability.name == "phone.redial") {
      if (content.calls.empty()) return NotDone(language, "还没有通话记录", "there are no calls yet");
      to = content.calls.front();
    }
    if (to.number.empty()) return WhichOne(request.call.text, language);
    if (!handset_.Do(Action::kDial, to, {})) return NotDone(language, "正在通话，请先挂断", "a call is on; please end it first");
    return Done(language, "正在呼叫{}", "Calling {}", NameOf(to));
  }

  ServiceAnswer Control(Op op, Language language) {
    const phone::Content content = handset_.Look();
    const std::string name = NameOf(content.other);
    const bool rings = content.state == CallState::kRinging;
    if (op == Op::kStart)
      return handset_.Do(Action::kAnswer, {}, {}) ? Done(language, "已接听{}", "Answered {}", name)
                                                  : NotDone(language, "现在没有来电", "no call comes in");
    if (op != Op::kQuery && !handset_.Do(Action::kHangUp, {}, {})) return NotDone(language, "现在没有通话", "no call is on");
    if (op != Op::kQuery) return rings ? Done(language, "已拒接{}", "Rejected {}", name) : Done(language, "已挂断", "Hung up");
    if (content.state == CallState::kIdle) return Done(language, "现在没有通话", "No call is on");
    if (rings) return Done(language, "{}来电", "{} is calling", name);
    return content.state == CallState::kActive ? Done(language, "正在和{}通话", "Talking to {}", name)
                                               : Done(language, "正在呼叫{}", "Calling {}", name);
  }

  ServiceAnswer Send(const ServiceRequest& request) {
    const auto& [call, capability, speaker, language, said] = request;
    if (auto missing = Missing(request)) return *missing;
    const phone::Content content = handset_.Look();
    const bool is_reply = capability.name == "phone.quick_reply";
    if (is_reply && content.state != CallState::kRinging) return NotDone(language, "现在没有来电", "no call comes in");
    const PastCall to = is_reply ? content.other : Find(call, content);
    const std::string text = call.text.empty() ? Either(language, "在开车，稍后联系", "I am driving and will call back")
                                               : skills::CleanName(call.text, phone::kMessageCharactersMax);
    const bool is_sent = (!is_reply || handset_.Do(Action::kHangUp, {}, {})) && handset_.Do(Action::kSend, to, text);
    if (!is_sent) return NotDone(language, "没有发出去", "it was not sent");
    return Done(language, "已发给{}：{}", "Sent to {}: {}", NameOf(to), text);
  }

  ServiceAnswer Read(bool aloud, Language language) {
    const auto unread = handset_.Look().unread;
    if (unread.empty()) return Done(language, "没有未读消息", "There are no unread messages");
    if (!aloud) return Done(language, "有{}条未读，最近一条来自{}", "{} unread, the latest from {}", unread.size(), unread[0].who);
    ServiceAnswer answer = Done(language, "{}条未读", "{} unread", unread.size());
    for (std::size_t i = 0; i < std::min(unread.size(), kToldMax); ++i)
      answer.said +=
          Say(language, "；{}说：“{}”", "; {} says: \"{}\"", unread[i].who, skills::CleanName(unread[i].text, kToldCharactersMax));
    answer.card = {{"kind", "message"}, {"from", unread[0].who}, {"text", unread[0].text}};
    if (!handset_.Do(Action::kMarkRead, {}, {})) answer.said += Say(language, "，没能标为已读", "; they stay unread");
    return answer;
  }

  ServiceAnswer Log(bool missed_only, Language language) const {
    OrderedJson rows = OrderedJson::array();
    std::string names;
    for (const PastCall& past : handset_.Look().calls) {
      if (missed_only && past.way != "missed") continue;
      if (rows.size() < kToldMax) names += (names.empty() ? "" : Either(language, "、", ", ")) + NameOf(past);
      rows.push_back({{"name", past.name}, {"number", past.number}, {"way", past.way}});
    }
    if (rows.empty()) return Done(language, "没有通话记录", "There are none");
    ServiceAnswer answer = missed_only ? Done(language, "{}个未接：{}", "{} missed: {}", rows.size(), names)
                                       : Done(language, "最近的通话：{}", "The latest calls: {}", names);
    answer.card = {{"kind", "contacts"}, {"contacts", rows}};
    return answer;
  }

  void Mirror() const {
    const std::string of = "Vehicle.DeepCabin.Phone.";
    const phone::Content content = handset_.Look();
    car_.Report(of + "IsRinging", content.state == CallState::kRinging);
    car_.Report(of + "IsInCall", content.state == CallState::kActive || content.state == CallState::kDialling);
    car_.Report(of + "UnreadMessages", static_cast<std::int64_t>(content.unread.size()));
  }

  const CarAccess car_;
  phone::Handset& handset_;
};

}  // namespace

std::unique_ptr<Service> MakePhoneService(const CarAccess& car, phone::Handset& handset) {
  return std::make_unique<PhoneService>(car, handset);
}

}  // namespace deepcabin::agent
