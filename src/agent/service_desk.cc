#include "agent/service_desk.h"

#include <algorithm>

#include <fmt/format.h>

#include "agent/owner.h"
#include "base/text.h"
#include "skills/memory/statements.h"

namespace deepcabin::agent {
namespace {

constexpr std::size_t kFactsToldMax = 6;

}  // namespace

Service* ServiceDesk::Behind(const Call& call, Zone speaker, Language language) const {
  const Capability& capability = catalogue_.capability(call.capability);
  auto found = skills_.by_skill.find(capability.skill);
  if (found == skills_.by_skill.end()) {
    found = skills_.by_capability.find(capability.name);
    if (found == skills_.by_capability.end()) return nullptr;
  }
  const ServiceRequest request{call, capability, speaker, language};
  if (!found->second->Handles(request)) return nullptr;
  return call.when && !found->second->TakesTime(request) ? nullptr : found->second;
}

bool ServiceDesk::Knows(const Call& call, Zone speaker, Language language) const {
  const Service* service = Behind(call, speaker, language);
  return service != nullptr && service->Knows({call, catalogue_.capability(call.capability), speaker, language});
}

std::optional<ServiceAnswer> ServiceDesk::Missing(const Call& call, Zone speaker, Language language) const {
  Service* service = Behind(call, speaker, language);
  return service != nullptr ? service->Missing({call, catalogue_.capability(call.capability), speaker, language}) : std::nullopt;
}

ServiceAnswer ServiceDesk::Run(const Call& call, Zone speaker, Language language, std::string_view said) {
  Service* service = Behind(call, speaker, language);
  if (service == nullptr) return {};
  ServiceAnswer answer = service->Run({call, catalogue_.capability(call.capability), speaker, language, said});
  if (answer.asks) {
    const std::lock_guard lock(mutex_);
    asking_ = service;
  }
  return answer;
}

ServiceAnswer ServiceDesk::Accept(Language language) {
  Service* service = nullptr;
  {
    const std::lock_guard lock(mutex_);
    service = std::exchange(asking_, nullptr);
  }
  return service != nullptr ? service->Accept(language) : ServiceAnswer{};
}

void ServiceDesk::Decline() {
  const std::lock_guard lock(mutex_);
  if (asking_ != nullptr) asking_->Decline();
  asking_ = nullptr;
}

OrderedJson ServiceDesk::Trip() const {
  return skills_.navigation != nullptr ? skills_.navigation->Trip() : OrderedJson{{"active", false}};
}

std::optional<ServiceAnswer> ServiceDesk::TakeStatement(std::string_view text, Language language) {
  if (skills_.memory == nullptr || text.size() > memory::kStatementBytesMax) return std::nullopt;
  const memory::Statements read = memory::ParseStatements(text);
  if (read.all.empty() || !Trim(read.rest).empty()) return std::nullopt;
  ServiceAnswer answer{.done = true, .said = {}};
  const auto add = [&](const std::string& sentence) {
    answer.said += (answer.said.empty() ? "" : Either(language, "，", ". ")) + sentence;
  };
  for (const memory::Statement& statement : read.all) {
    switch (statement.act) {
      case memory::StatementAct::kRemember: {
        memory::Fact fact;
        fact.occupant = kOwner;
        fact.kind = statement.kind;
        fact.key = statement.key;
        fact.value = statement.value;
        if (fact.value == memory::kHere && skills_.navigation != nullptr) {
          const skills::Position here = skills_.navigation->Here();
          fact.value = fmt::format("{:.5f},{:.5f}", here.lat, here.lon);
        }
        fact.source = std::string(text);
        fact.at = clock_.WallTime();
        const auto kept = skills_.memory->Remember(fact);
        answer.done = answer.done && kept.has_value();
        add(kept ? Either(language, "记住了：", "I will remember: ") + statement.value
                 : Either(language, "没能记住", "I could not keep that") + " (" + kept.error().message + ")");
        break;
      }
      case memory::StatementAct::kForget: {
        const auto gone = skills_.memory->Forget(memory::ForgetFilter(statement, kOwner));
        answer.done = answer.done && gone.has_value();
        if (!gone) add(Either(language, "没能忘掉", "I could not forget that"));
        else if (*gone == 0) add(Either(language, "我没有记过这个", "I had not kept that"));
        else add(Either(language, "忘掉了", "Forgotten"));
        break;
      }
      case memory::StatementAct::kTell: {
        const auto facts =
            skills_.memory->Recall({.occupant = std::string(kOwner), .key = statement.key, .kind = statement.kind, .text = {}});
        if (!facts || facts->empty()) add(Either(language, "这个您还没有告诉过我", "You have not told me that yet"));
        else add(facts->front().value + Either(language, "，您说过：", ", you told me: ") + facts->front().source);
        break;
      }
      case memory::StatementAct::kForgetEverything:
        return ServiceAnswer{
            .done = false, .said = Either(language, "要把我记住的都忘掉吗？", "Shall I forget everything I have kept?"), .asks = true};
      case memory::StatementAct::kList: {
        const auto facts = skills_.memory->Recall({.occupant = std::string(kOwner), .key = {}, .kind = {}, .text = {}});
        if (!facts || facts->empty()) {
          add(Either(language, "我还没有记住什么", "I have kept nothing yet"));
          break;
        }
        std::string told;
        for (std::size_t i = 0; i < std::min(facts->size(), kFactsToldMax); ++i)
          told += (i == 0 ? "" : Either(language, "；", "; ")) + (*facts)[i].source;
        add(Either(language, "我记得您说过：", "You told me: ") + told);
        break;
      }
    }
  }
  answer.said += Either(language, "。", ".");
  return answer;
}

std::optional<ServiceAnswer> ServiceDesk::Planned(std::string_view said, Language language) const {
  if (skills_.agenda == nullptr || !skills_.agenda->has_calendar()) return std::nullopt;
  return skills_.agenda->Told(said, language);
}

ServiceAnswer ServiceDesk::ForgetEverything(Language language) {
  const auto gone = skills_.memory->ForgetEverything(std::string(kOwner));
  return {
      .done = gone.has_value(),
      .said = gone ? Either(language, "记住的都忘掉了", "All of it is forgotten") : Either(language, "没能忘掉", "I could not forget it")};
}

}  // namespace deepcabin::agent
