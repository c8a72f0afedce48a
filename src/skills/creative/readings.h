#pragma once
// How Chinese characters are read in today's Mandarin, as far as verse needs it: level or oblique, and the class of the rhyme.
//
// Readings come from ICU's Han-Latin, which knows one for each character; a table of our own adds the others of some hundred characters
// that poems use much. Old entering tones (白, 国, 笛) are read as today. Rhymes are the fourteen classes of today's finals (中华新韵).

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace deepcabin::creative {

struct Reading {
  bool may_be_level = false, may_be_oblique = false;  // both false: not known, and then nothing is held against it
  std::uint32_t level_rhymes = 0;                     // a bit for each class, of its level readings

  bool is_known() const { return may_be_level || may_be_oblique; }
  bool is_level() const { return may_be_level && !may_be_oblique; }
  bool is_oblique() const { return may_be_oblique && !may_be_level; }
};

class Readings {
 public:
  Readings();  // takes some tens of milliseconds
  ~Readings();
  Reading Of(char32_t c) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Of one syllable without tone ("zhuang", "lv"): 1 to 14, or 0.
int RhymeClass(std::string_view syllable);

}  // namespace deepcabin::creative
