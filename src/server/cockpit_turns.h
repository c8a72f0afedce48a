#pragma once
// The real cockpit behind the server's interface. In a header, so that only the program that has a cockpit links it.

#include "agent/cockpit.h"
#include "server/services.h"

namespace deepcabin::server {

class CockpitTurns final : public TurnRunner {
 public:
  // Both outlive this.
  CockpitTurns(agent::Cockpit& cockpit, const Catalogue& catalogue) : cockpit_(cockpit), catalogue_(catalogue) {}

  Result<OrderedJson> Run(const agent::TurnRequest& request) override {
    DC_ASSIGN_OR_RETURN(const agent::TurnResult result, cockpit_.Run(request));
    OrderedJson json = {{"turn", result.turn}, {"lang", LanguageName(result.language)}};
    json.update(agent::TurnToJson(result, catalogue_));
    return json;
  }
  OrderedJson OpenOffer(const std::string& session) override { return cockpit_.OpenOffer(session); }

 private:
  agent::Cockpit& cockpit_;
  const Catalogue& catalogue_;
};

}  // namespace deepcabin::server
