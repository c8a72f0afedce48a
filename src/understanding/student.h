#pragma once
// The small model that reads what the phrasebook does not: text and context → frame, in milliseconds, with no network.

#include <filesystem>
#include <memory>
#include <string_view>

#include "understanding/context.h"
#include "understanding/frame_language.h"
#include "understanding/normalise.h"
#include "understanding/phrasebook.h"

namespace deepcabin::understanding {

class Student {
 public:
  // Loads the weights. `catalogue` and `grammar` outlive it. kNotFound: there is no such file, the car runs without it.
  // kFailedPrecondition: it was trained for another catalogue (the message says what to do). Otherwise as engine::Model::Load.
  static Result<Student> Load(const std::filesystem::path& file, const Catalogue& catalogue, const Grammar& grammar);
  Student(Student&&) noexcept;
  Student& operator=(Student&&) noexcept;
  ~Student();

  // Thread-safe; turns wait for one another. The frame's route is "student", its confidence the probability of the whole frame among all
  // that could be written. kResourceExhausted: the text, or what it means, is too long.
  // `first`, where given, gets the probability of the first symbol alone.
  Result<Understood> Understand(const Normalised& text, const Context& context, double* first = nullptr) const;

  // The same in its own language: `introduction` as FrameLanguage::Introduction, `said` normalised.
  struct Written {
    FrameParts parts;
    double confidence = 0;
    double first = 0;  // of the first symbol alone: whether it is a command at all, and about what
  };
  Result<Written> Write(std::string_view introduction, std::string_view said) const;

 private:
  struct State;
  explicit Student(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace deepcabin::understanding
