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

  // What it takes the words to mean, with route "student" and the probability of the whole frame among all that could be written as its
  // confidence; and how likely it holds it that nothing is to be done: talk, a question about the world and the like.
  struct Thought {
    Understood understood;
    double no_order = 0;
  };
  // Thread-safe; turns wait for one another. kResourceExhausted: the text, or what it means, is too long.
  // `read`: what the phrasebook makes of it.
  Result<Thought> Understand(const Normalised& text, const Context& context, const Understood& read) const;

  // How likely it holds it that what was said means what was read. Errors as FrameLanguage::Encode.
  Result<double> Probability(const Understood& read, const Normalised& text, const Context& context) const;

  // The same as Understand in its own language: `introduction` as FrameLanguage::Introduction, `said` normalised.
  struct Written {
    FrameParts parts;
    double confidence = 0;
    double no_order = 0;  // the probability of all frames without a call
  };
  Result<Written> Write(std::string_view introduction, std::string_view said) const;

 private:
  struct State;
  explicit Student(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace deepcabin::understanding
