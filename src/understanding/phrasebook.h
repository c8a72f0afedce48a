#pragma once
// The first understander of a turn: text → frame by the phrasebook alone, in microseconds. What it does not recognise whole it escalates.

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "understanding/context.h"
#include "understanding/grammar.h"
#include "understanding/matcher.h"
#include "understanding/normalise.h"

namespace deepcabin::understanding {

struct Timings {
  double normalise_ms = 0, phrasebook_ms = 0, student_ms = 0;
};

ReadAs HowRead(const Understood& read);

class Phrasebook {
 public:
  // Reads the YAML under `directory`, or takes the compiled form at `compiled` if that was made from exactly this YAML and catalogue
  // (then the sampler does not work on it). `catalogue` outlives it. Errors as Grammar::Parse and Normaliser::Create.
  static Result<Phrasebook> Load(const std::filesystem::path& directory, const Catalogue& catalogue,
                                 const std::filesystem::path& compiled = {});
  // The bytes of a compiled form.
  static Result<std::string> Compile(const std::filesystem::path& directory, const Catalogue& catalogue);

  // Thread-safe. kInvalidArgument: not UTF-8. The frame's route is "phrasebook" when it was recognised whole, else "none" with an
  // escalation.
  Result<Understood> Understand(std::string_view text, const Context& context, Timings* timings = nullptr) const;

  const Grammar& grammar() const { return *grammar_; }
  const Normaliser& normaliser() const { return *normaliser_; }

 private:
  std::optional<Understood> ReadByEar(const Normalised& text, const Context& context) const;

  std::shared_ptr<const Normaliser> normaliser_;
  std::shared_ptr<const Grammar> grammar_;
};

}  // namespace deepcabin::understanding
