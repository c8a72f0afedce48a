#pragma once
// Text → frame, as a turn asks for it: the phrasebook first, then the student, which decides where the phrasebook did not read the sentence
// whole, or where it is surer.

#include "understanding/phrasebook.h"
#include "understanding/student.h"

namespace deepcabin::understanding {

class Understander {
 public:
  // Both outlive it; `student` may be null. Thread-safe.
  explicit Understander(const Phrasebook& phrasebook, const Student* student = nullptr) : phrasebook_(phrasebook), student_(student) {}

  // As Phrasebook::Understand. What goes wrong in the student is no error: the phrasebook's answer stands. A call that lacks what it needs
  // (missing.h) is left open, and what is said next may fill it.
  Result<Understood> Understand(std::string_view text, const Context& context, Timings* timings = nullptr) const;

 private:
  Result<Understood> Read(std::string_view text, const Context& context, Timings* timings) const;
  // Whether the student's reading counts and not the phrasebook's.
  bool Decides(const Student::Thought& thought, const Understood& read, const Normalised& text, const Context& context) const;
  std::optional<Understood> ReadAsFilling(const Understood& read, std::string_view text, const Context& context) const;

  const Phrasebook& phrasebook_;
  const Student* student_;
};

// It has a question mark or the words of a question.
bool LooksLikeQuestion(const Normalised& text);

}  // namespace deepcabin::understanding
