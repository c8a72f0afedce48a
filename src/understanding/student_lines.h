#pragma once
// Training lines for the student: what people say, as the sampler and the lessons have it, beside the frame in the student's language.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "understanding/frame_language.h"
#include "understanding/sampler.h"

namespace deepcabin::understanding {

// What was said, normalised, after which calls, and what it means in the student's language.
struct StudentLine {
  Zone speaker = Zone::kRow1Left;
  std::vector<Call> before;
  std::string said, target;
};

// One dialogue of a lessons file, cut into lines: every turn with the calls that were right before it as its context.
struct Lesson {
  std::string id;
  std::vector<StudentLine> lines;
};

class StudentLines {
 public:
  // Both outlive it. `default_state`: the vehicle as it stands, for needs whose remedy depends on it.
  StudentLines(const FrameLanguage& language, const Phrasebook& phrasebook);

  // Turns that the language cannot say are left out and counted. Errors name the line.
  Result<std::vector<Lesson>> ReadLessons(const std::filesystem::path& file);
  // nullopt where the sample means nothing that can be said, or is passed over: capabilities that no lesson uses come less often.
  std::optional<StudentLine> Of(const Sample& sample, Random& random);

  // What stands before and at the words; `is_read`: with what the phrasebook makes of them in the vehicle as it is delivered.
  std::string SourceOf(const StudentLine& line, bool is_read) const;

  // Reason → how many frames the language could not say.
  const std::map<std::string, int>& refused() const { return refused_; }

 private:
  Result<std::optional<StudentLine>> Turn(const std::string& text, Zone speaker, const std::vector<Call>& before, Frame frame);
  Status ReadLesson(const Json& json, std::vector<Lesson>& lessons);
  Result<Frame> FrameOf(const Json& gold) const;
  std::optional<Frame> MeantBy(const Sample& sample) const;
  Result<Understood> Read(const std::string& text, Zone speaker, const std::vector<Call>& before) const;

  const FrameLanguage& language_;
  const Phrasebook& phrasebook_;
  std::vector<bool> is_common_;  // by capability: some lesson uses it
  std::map<std::string, int> refused_;
};

// As people stumble: a small word more, a character less; never one that turns the meaning round. Not always; the same `random`, the same
// text.
void Stumble(std::string& said, Random& random);
// Every text that the target copies was still said.
bool IsCopied(const StudentLine& line);
// Two commands in one breath. nullopt where one is no command, or they do not belong together.
std::optional<StudentLine> Joined(const StudentLine& first, const StudentLine& second, Random& random);

// One in ten lessons is kept apart, by its id, to choose thresholds and to measure on.
bool IsHeldOut(std::string_view lesson_id);

}  // namespace deepcabin::understanding
