#pragma once
// One line of `ask --batch` or of an evaluation file: turns of one dialogue in one vehicle.

#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "cli/car.h"

namespace deepcabin::cli {

struct Dialogue {
  std::string id;
  Json id_json;
  std::vector<std::string> turns;
  Zone speaker = Zone::kRow1Left;
  std::optional<Language> language;
  Json state;

  // Strict about types, lenient about further fields (evaluation lines carry gold).
  static Result<Dialogue> FromJson(const Json& json);
};

inline constexpr std::size_t kLineBytesMax = 4u << 20;
inline constexpr std::size_t kTurnsMax = 50;

std::optional<Language> ParseLanguage(const std::string& name);  // zh, en; auto = none

// Reads a line of at most kLineBytesMax; the rest of a longer one is skipped. nullopt at the end.
std::optional<Result<std::string>> ReadLine(std::istream& in);

// Starts the car over and runs the turns.
Result<std::vector<agent::TurnResult>> RunDialogue(SimulatedCar& car, const Dialogue& dialogue);

}  // namespace deepcabin::cli
