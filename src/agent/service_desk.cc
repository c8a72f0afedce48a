#include "agent/service_desk.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "skills/memory/statements.h"

namespace deepcabin::agent {
namespace {

constexpr std::string_view kOwner = "owner";  // until faces or keys tell people apart
constexpr std::size_t kFactsToldMax = 6;

const std::string& In(const skills::Spoken& spoken, Language language) { return language == Language::kChinese ? spoken.zh : spoken.en; }

std::string Pick(Language language, std::string_view zh, std::string_view en) {
  return std::string(language == Language::kChinese ? zh : en);
}

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool IsAboutSpice(std::string_view text) { return Has(text, "不辣") || Has(text, "not spicy") || Has(text, "mild"); }

}  // namespace

ServiceDesk::ServiceDesk(Skills skills, const Catalogue& catalogue, const vehicle::SignalReader& signals, const Clock& clock)
    : skills_(std::move(skills)), catalogue_(catalogue), signals_(signals), clock_(clock) {}

bool ServiceDesk::Handles(const Call& call) const {
  constexpr std::array<std::string_view, 5> kOurs{"navi.route", "navi.waypoint", "navi.poi", "navi.preference", "navi.info"};
  const std::string& name = catalogue_.capability(call.capability).name;
  return skills_.navigation != nullptr && std::find(kOurs.begin(), kOurs.end(), name) != kOurs.end();
}

ServiceAnswer ServiceDesk::Run(const Call& call, Language language) {
  skills_.navigation->SetSettings(Settings());
  const std::string& name = catalogue_.capability(call.capability).name;
  if (name == "navi.route") return Navigate(call, language);
  if (name == "navi.waypoint") return Waypoint(call, language);
  if (name == "navi.poi") return Search(call.text, language);
  if (name == "navi.info") return Tell(language);
  const auto* wish = std::get_if<std::string>(&call.value);
  if (wish != nullptr && *wish == "avoid_toll")
    return Done(skills_.navigation->Edit({.kind = skills::TripEdit::Kind::kAvoidTolls}, Now()), language);
  return {.done = false,
          .said = Pick(language, "这个路线偏好我还不会", "I cannot prefer routes by that yet"),
          .asks = false,
          .destination = {}};
}

ServiceAnswer ServiceDesk::Accept(Language language) { return Done(skills_.navigation->AcceptSuggestion(Now()), language); }

void ServiceDesk::Decline() {
  if (skills_.navigation != nullptr) skills_.navigation->DropSuggestion();
}

OrderedJson ServiceDesk::Trip() const {
  return skills_.navigation != nullptr ? skills_.navigation->PlanJson() : OrderedJson{{"active", false}};
}

ServiceAnswer ServiceDesk::Navigate(const Call& call, Language language) {
  skills::Navigation& navigation = *skills_.navigation;
  if (call.op == Op::kStop || call.op == Op::kCancel) {
    const bool was_active = navigation.is_active();
    navigation.Stop();
    return {.done = true,
            .said = was_active ? Pick(language, "导航结束了", "The route is ended") : Pick(language, "现在没有导航", "There is no route"),
            .asks = false,
            .destination = {}};
  }
  if (call.op == Op::kQuery) return Tell(language);
  if (call.text.empty() && call.to.empty()) return Accept(language);
  const std::string& to = call.text.empty() ? call.to : call.text;
  return Done(navigation.RouteTo(to, {}, Now()), language);
}

// A charger on the way is charged at before everything else; another stop lies where it fits.
ServiceAnswer ServiceDesk::Waypoint(const Call& call, Language language) {
  skills::Navigation& navigation = *skills_.navigation;
  if (call.op == Op::kCancel) {
    return Done(navigation.Edit({.kind = skills::TripEdit::Kind::kRemove, .text = call.text}, Now()), language);
  }
  if (skills::ReadWish(call.text).category == skills::Category::kCharger) return Done(navigation.ChargeFirst(Now()), language);
  if (!navigation.is_active()) return Done(navigation.RouteTo(call.text, {}, Now()), language);
  return Done(navigation.Edit({.kind = skills::TripEdit::Kind::kAddStop, .text = call.text}, Now()), language);
}

ServiceAnswer ServiceDesk::Search(const std::string& text, Language language) {
  skills::Navigation& navigation = *skills_.navigation;
  if (IsAboutSpice(text)) {
    if (navigation.is_active())
      return Done(navigation.Edit({.kind = skills::TripEdit::Kind::kReplace, .not_spicy = true}, Now()), language);
    skills::NavigationSettings mild = Settings();
    mild.not_spicy = true;
    navigation.SetSettings(std::move(mild));
    return Done(navigation.Suggest({}, Now()), language);
  }
  return Done(navigation.Suggest(skills::ReadWish(text), Now()), language);
}

ServiceAnswer ServiceDesk::Tell(Language language) const {
  const OrderedJson trip = Trip();
  if (!trip.value("active", false))
    return {.done = true, .said = Pick(language, "现在没有导航", "There is no route"), .asks = false, .destination = {}};
  const auto position = Now().position;
  const auto guidance = skills_.navigation->GuidanceAt(position);
  if (!guidance)
    return {.done = false, .said = Pick(language, "现在读不到位置", "I do not know where we are"), .asks = false, .destination = {}};
  const std::string kilometres = skills::KilometreText(guidance->metres_left);
  const std::string next = In(guidance->said, language);
  return {.done = true,
          .said = language == Language::kChinese ? fmt::format("还有{}公里，{}", kilometres, next)
                                                 : fmt::format("{} km to go; {}", kilometres, next),
          .asks = false,
          .destination = {}};
}

ServiceAnswer ServiceDesk::Done(const skills::Answer& answer, Language language) const {
  ServiceAnswer out{.done = answer.done, .said = In(answer.said, language), .asks = answer.asks, .destination = {}};
  if (out.asks || !out.done) return out;
  const OrderedJson trip = Trip();
  if (trip.contains("destination")) out.destination = trip["destination"].value(language == Language::kChinese ? "zh" : "en", "");
  return out;
}

std::optional<double> ServiceDesk::Number(std::string_view path) const {
  const auto id = catalogue_.FindSignal(path);
  if (!id) return std::nullopt;
  const auto current = signals_.Get(*id).current;
  return current ? AsNumber(*current) : std::nullopt;
}

skills::Situation ServiceDesk::Now() const {
  skills::Situation now;
  now.position = {Number("Vehicle.CurrentLocation.Latitude").value_or(skills::kDemoStart.lat),
                  Number("Vehicle.CurrentLocation.Longitude").value_or(skills::kDemoStart.lon)};
  now.battery_percent = Number("Vehicle.Powertrain.TractionBattery.StateOfCharge.Current").value_or(50);
  const auto utc = std::chrono::duration_cast<std::chrono::seconds>(clock_.WallTime().time_since_epoch());
  now.now = skills::LocalTime(utc + skills_.utc_offset);
  now.conditions.outside_celsius = Number("Vehicle.Exterior.AirTemperature").value_or(20);
  return now;
}

// What people told the car about food and places, on top of what it was delivered with.
skills::NavigationSettings ServiceDesk::Settings() const {
  skills::NavigationSettings settings = skills_.navigation_settings;
  if (skills_.memory != nullptr) {
    const auto facts = skills_.memory->Recall({.occupant = std::string(kOwner), .key = {}, .kind = {}, .text = {}});
    for (const memory::Fact& fact : facts ? *facts : std::vector<memory::Fact>{}) {
      const std::string cuisine = skills::ReadWish(fact.value).cuisine;
      if (fact.key == "food.like" && !cuisine.empty()) settings.preferences.favourite_cuisines.push_back(cuisine);
      if (fact.key == "food.avoid" && !cuisine.empty()) settings.disliked_cuisines.push_back(cuisine);
      if (fact.key == "food.avoid" && Has(fact.value, "辣")) settings.not_spicy = true;
      const bool home = fact.key == "家" || fact.key == "home", company = fact.key == "公司" || fact.key == "company";
      if (fact.kind != memory::FactKind::kPlace || (!home && !company) || skills_.map == nullptr) continue;
      const auto found = skills_.map->Search({.text = fact.value, .near = Now().position, .radius_m = 100'000, .count_max = 1});
      if (found && !found->empty()) (home ? settings.home : settings.company) = found->front().position;
    }
  }
  return settings;
}

std::optional<ServiceAnswer> ServiceDesk::TakeStatement(std::string_view text, Language language) {
  if (skills_.memory == nullptr || text.size() > memory::kStatementBytesMax) return std::nullopt;
  const memory::Statements read = memory::ParseStatements(text);
  if (read.all.empty() || !Trim(read.rest).empty()) return std::nullopt;
  ServiceAnswer answer{.done = true, .said = {}, .asks = false, .destination = {}};
  const auto add = [&](const std::string& sentence) { answer.said += (answer.said.empty() ? "" : Pick(language, "，", ". ")) + sentence; };
  for (const memory::Statement& statement : read.all) {
    switch (statement.act) {
      case memory::StatementAct::kRemember: {
        memory::Fact fact;
        fact.occupant = kOwner;
        fact.kind = statement.kind;
        fact.key = statement.key;
        fact.value = statement.value;
        if (fact.value == memory::kHere) {
          const skills::Position here = Now().position;
          fact.value = fmt::format("{:.5f},{:.5f}", here.lat, here.lon);
        }
        fact.source = std::string(text);
        fact.at = clock_.WallTime();
        const auto kept = skills_.memory->Remember(fact);
        answer.done = answer.done && kept.has_value();
        add(kept ? Pick(language, "记住了：", "I will remember: ") + statement.value
                 : Pick(language, "没能记住", "I could not keep that") + " (" + kept.error().message + ")");
        break;
      }
      case memory::StatementAct::kForget: {
        const auto gone = skills_.memory->Forget(memory::ForgetFilter(statement, kOwner));
        answer.done = answer.done && gone.has_value();
        if (!gone) add(Pick(language, "没能忘掉", "I could not forget that"));
        else if (*gone == 0) add(Pick(language, "我没有记过这个", "I had not kept that"));
        else add(Pick(language, "忘掉了", "Forgotten"));
        break;
      }
      case memory::StatementAct::kForgetEverything:
        return ServiceAnswer{.done = false,
                             .said = Pick(language, "要把我记住的都忘掉吗？", "Shall I forget everything I have kept?"),
                             .asks = true,
                             .destination = {}};
      case memory::StatementAct::kList: {
        const auto facts = skills_.memory->Recall({.occupant = std::string(kOwner), .key = {}, .kind = {}, .text = {}});
        if (!facts || facts->empty()) {
          add(Pick(language, "我还没有记住什么", "I have kept nothing yet"));
          break;
        }
        std::string told;
        for (std::size_t i = 0; i < std::min(facts->size(), kFactsToldMax); ++i)
          told += (i == 0 ? "" : Pick(language, "；", "; ")) + (*facts)[i].source;
        add(Pick(language, "我记得您说过：", "You told me: ") + told);
        break;
      }
    }
  }
  answer.said += Pick(language, "。", ".");
  return answer;
}

ServiceAnswer ServiceDesk::ForgetEverything(Language language) {
  const auto gone = skills_.memory->ForgetEverything(std::string(kOwner));
  return {.done = gone.has_value(),
          .said = gone ? Pick(language, "记住的都忘掉了", "All of it is forgotten") : Pick(language, "没能忘掉", "I could not forget it"),
          .asks = false,
          .destination = {}};
}

}  // namespace deepcabin::agent
